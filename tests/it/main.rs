//! Tests through HTTP, the command line and the store only.

mod simulator;
