//! Configuration: defaults < file < environment; one section a file, filling the types the rooms own.

mod address;
mod auth;
mod crypto;
mod events;
mod example;
mod layers;
mod listeners;
mod load;
mod minting;
mod portal;
mod problem;
mod reading;
mod secret;
mod section;
mod store;
pub mod telemetry;
pub mod watch;
mod zoom;

pub use crate::config::example::EXAMPLE;
pub use crate::config::load::Config;
pub use crate::config::load::load;
pub use crate::config::problem::ConfigProblem;
pub use crate::config::problem::ConfigProblems;
