//! Commands, run as a person runs them.

mod jobs;
mod keys;
mod orders;
mod serve;
mod zoom_simulator;
