//! The portal and the join address, through HTTP on a real socket.

mod accounts;
mod connecting;
mod defence;
mod flow;
mod grants;
mod joining;
mod language;
mod lapses;
mod off_boarding;
mod opening;
mod pictures;
mod provider;
mod world;
