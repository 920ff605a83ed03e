//! Tests through HTTP, the command line and the store only.

#[cfg(test)]
mod simulator;
