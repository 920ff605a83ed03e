//! The store: the narrow waist `kv`, its backends, and what is laid on it. Knows neither HTTP nor providers.

pub mod settings;
