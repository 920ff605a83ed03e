//! Zoom: settings, OAuth, meetings, wire shapes, errors. Knows neither the store nor the web.

mod address;
mod error;
pub mod meetings;
pub mod oauth;
pub mod parts;
mod rest;
mod scopes;
pub mod settings;
mod token_error;
pub mod users;
pub mod webhooks;
mod wire;
