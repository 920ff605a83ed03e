//! The public listener's pages: the portal, the way back from Zoom, join addresses. Knows no JSON but
//! the answer to a webhook.

mod asking;
mod assets;
mod connecting;
mod cookies;
mod custom_link;
mod disconnecting;
mod joining;
mod leaving;
mod manage;
mod opening;
mod pages;
mod reader;
mod refusal;
mod router;
mod shell;
mod state;
mod visiting;
mod waiting;
mod webhooks;
mod words;

pub use crate::web::public::router::router;
pub use crate::web::public::webhooks::webhooks;
