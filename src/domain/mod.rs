//! Values and decisions. No I/O, no clock, no randomness, no async: time and entropy are arguments.

pub mod account;
pub mod budget;
pub mod cause;
pub mod concealed;
pub mod custom_link;
pub mod delivery;
pub mod entropy;
pub mod epoch;
pub mod event;
#[cfg(test)]
mod fixture;
pub mod grant;
pub mod hash;
pub mod history;
pub mod id;
pub mod join;
pub mod leftover;
pub mod link;
pub mod locale;
pub mod meeting;
pub mod minting;
pub mod overlap;
pub mod pace;
pub mod pause;
pub mod portal;
pub mod resolve;
pub mod service;
pub mod session;
pub mod settle;
pub mod site;
pub mod step;
pub mod tally;
pub mod time_zone;
pub mod token;
pub mod upkeep;
pub mod venue;
pub mod visibility;
