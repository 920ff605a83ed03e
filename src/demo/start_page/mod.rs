//! The demo's start page: plays the platform whose owner, staff and customers a person acts for. It knows the
//! gateway by its HTTP API alone.

mod acts;
mod page;
pub(super) mod router;
mod shown;
pub(super) mod start;
