//! Fills the settings of minting from `[minting]`.

use std::time::Duration;

use crate::app::settings::Minting;
use crate::config::section::Section;

/// Reads `[minting]`.
pub(super) fn fill(mut section: Section<'_>) -> Option<Minting> {
    let wait = section.number("default_wait_seconds", 0..=30).or(5);
    let reserve = section.number("reserve_percent", 0..=90).or(20);
    let settle = section.number("settle_seconds", 1..=3600).or(60);
    let post_timeout = section.number("post_timeout_seconds", 1..=60).or(15);
    section.finish();
    Some(Minting {
        default_wait: Duration::from_secs(wait?),
        reserve_percent: u8::try_from(reserve?).ok()?,
        settle: Duration::from_secs(settle?),
        post_timeout: Duration::from_secs(post_timeout?),
    })
}
