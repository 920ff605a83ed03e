//! The tour: the whole main job over real sockets, as booking core, as people in a browser, and as Zoom saw it.
//! Looks at nothing but answers.

mod asked;
mod booking;
mod browser;
mod changing;
mod connecting;
mod html;
mod joining;
mod ledger;
mod route;
mod wrong;

pub use crate::demo::tour::route::Stop;
pub use crate::demo::tour::route::run;
pub use crate::demo::tour::wrong::Wrong;
