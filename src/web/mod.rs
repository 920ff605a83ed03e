//! The two listeners: public pages and the internal API. Knows no provider's words.

pub mod internal;
pub mod public;
pub mod settings;
