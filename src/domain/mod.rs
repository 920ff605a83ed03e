//! Values and decisions. No I/O, no clock, no randomness, no async: time and entropy are arguments.

pub mod entropy;
pub mod id;
