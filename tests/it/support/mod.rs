//! What the tests stand on: fixtures, a browser. Asserts nothing about greenroom.

pub(crate) mod browser;
pub(crate) mod fixtures;
mod mapping;
pub(crate) mod memory;
