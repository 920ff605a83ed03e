//! Commands, run as a person runs them.

mod accounts;
mod doctor;
mod jobs;
mod keys;
mod orders;
mod serve;
mod zoom_simulator;
