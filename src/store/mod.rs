//! The store: the narrow waist `kv`, its backends, and what is laid on it. Knows neither HTTP nor providers.

pub mod attention;
pub mod directory;
pub mod embedded;
pub mod endpoints;
mod errors;
pub mod feed;
pub mod grants;
mod hashed;
pub mod inbox;
pub mod keys;
pub mod kv;
mod listed;
pub mod records;
pub mod redis;
pub mod register;
pub mod sealed;
pub mod settings;
pub mod sites;
pub mod tallies;
pub mod tickets;
pub mod traces;
mod values;
pub mod work;
