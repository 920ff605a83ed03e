//! Zoom: settings, OAuth, meetings, wire shapes, errors. Knows neither the store nor the web.

pub mod settings;
