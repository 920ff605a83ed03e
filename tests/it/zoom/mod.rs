//! Zoom's adapter against fixtures and broken connections: what goes out, and what each answer means.

mod adapter;
mod meetings;
mod meetings_errors;
mod oauth;
mod simulated;
mod transport;
mod users;
