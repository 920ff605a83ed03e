//! Three replicas, a store and Zoom in one thread on virtual time: whatever a seed does to them, there is one meeting for
//! each session in the end.
//!
//! A run is told by its seed alone. Everything that could differ is drawn from it: when each call of the store and of Zoom
//! takes effect and answers, which of them go wrong and how, who asks for what, which replica dies when. The parts run one
//! after the other, each until it waits; then time goes on to the next thing that happens.

mod deeds;
mod dice;
mod exchanges;
mod faithful;
mod guard;
mod line;
mod links;
mod observer;
mod points;
mod replica;
mod runtime;
mod schedule;
mod seeds;
mod shelf;
mod timeline;
mod trace;
mod verdict;
mod visit;
mod weather;
mod wire;
mod wishes;
mod world;
mod years;
mod zoom;
