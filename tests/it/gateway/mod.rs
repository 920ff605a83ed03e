//! The main job, end to end: a whole gateway on a real store, the simulator as Zoom, a browser, booking core.

mod account_warnings;
mod bad_days;
mod batches;
mod booking;
mod browser;
mod by_hand;
mod course_link;
mod deliveries;
mod events;
mod explaining;
mod history;
mod hosting;
mod joining;
mod lists;
mod overlaps;
mod reading;
mod refusals;
mod search;
mod second_eyes;
mod secrecy;
mod start;
mod stored;
mod tenancy;
pub(crate) mod world;
