//! Commands, run as a person runs them.

mod keys;
mod zoom_simulator;
