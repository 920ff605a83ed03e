//! Zoom: settings, OAuth, meetings, wire shapes, errors. Knows neither the store nor the web.

mod address;
mod error;
pub mod meetings;
pub mod oauth;
pub mod parts;
mod rest;
mod retry_after;
mod scopes;
pub mod settings;
mod token_error;
pub mod users;
mod wire;
