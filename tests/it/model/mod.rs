//! The protocol of correctness.md section 2 as an explicit-state model: two workers, a store, a provider and people, and
//! everything that can happen to them within bounds.
//!
//! The workers decide by the product's own domain functions, so what is searched is the code that ships.

mod calls;
mod fails;
mod holds;
mod house;
mod promises;
mod records;
mod rest;
mod saving;
mod search;
mod steps;
mod telling;
mod variant;
mod world;
