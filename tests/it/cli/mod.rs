//! Commands, run as a person runs them.

mod keys;
mod serve;
mod zoom_simulator;
