//! Keyring and envelope: seals and opens bytes. Knows neither records nor Redis.

pub mod settings;
