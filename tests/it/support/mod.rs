//! What tests start and drive. Each piece stops what it started.

pub(crate) mod clock;
pub(crate) mod proxy;
pub(crate) mod redis;
