//! Meetings as Zoom keeps them: create, find, update, delete, list (zoom/facts.md 2).

pub(super) mod change;
pub(super) mod cursor;
pub(super) mod draft;
mod effective;
pub(super) mod list;
pub(super) mod record;
pub(super) mod render;
