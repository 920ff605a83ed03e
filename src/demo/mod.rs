//! The stateful Zoom simulator, the sample site and the tour (feature `demo`).

pub mod simulator;
