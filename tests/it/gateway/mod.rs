//! The main job, end to end: a whole gateway on a real store, the simulator as Zoom, a browser, booking core.

mod bad_days;
mod booking;
mod browser;
mod by_hand;
mod joining;
mod reading;
mod refusals;
mod search;
mod second_eyes;
mod secrecy;
mod start;
mod stored;
pub(crate) mod world;
