//! What the tests stand on: fixtures, a browser, servers of their own. Asserts nothing about greenroom.

pub(crate) mod browser;
pub(crate) mod clock;
pub(crate) mod dice;
pub(crate) mod fixtures;
mod mapping;
pub(crate) mod memory;
pub(crate) mod port;
pub(crate) mod program;
pub(crate) mod proxy;
pub(crate) mod receiver;
pub(crate) mod redis;
pub(crate) mod shift_clock;
pub(crate) mod visitor;
pub(crate) mod written;
