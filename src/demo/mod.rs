//! The stateful Zoom simulator, the sample site, its start page and the tour (feature `demo`).

mod addresses;
mod folder;
mod issuer;
mod platform;
mod ports;
mod sample;
pub mod simulator;
pub mod stage;
mod start_page;
pub mod tour;
mod written;
