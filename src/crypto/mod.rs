//! Keyring and envelope: seals and opens bytes. Knows neither records nor Redis.

pub mod data_key;
pub mod encoding;
pub mod entropy;
pub mod envelope;
pub mod keyring;
pub mod place;
pub mod settings;
