//! Owns the complete example that `greenroom config example` prints.

/// A complete configuration with every key explained; it can be used once the files it names exist.
pub const EXAMPLE: &str = include_str!("example.toml");
