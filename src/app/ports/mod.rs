//! What the use cases need from outside: clock, provider, store.

pub mod attention;
pub mod clock;
pub mod outgoing;
pub mod provider;
pub mod register;
pub mod store;
pub mod stored;
pub mod tallies;
pub mod traces;
pub mod webhooks;
