//! Who calls, what they may do, and on which sites (R35). The only room that makes a [`CheckedSite`].

mod cache;
mod caller;
mod claims;
mod guard;
mod jwks;
mod key;
mod refusal;
pub mod settings;
mod verifier;

pub use crate::web::auth::caller::Caller;
pub use crate::web::auth::caller::CheckedSite;
pub use crate::web::auth::caller::Scope;
pub use crate::web::auth::caller::Sites;
pub use crate::web::auth::guard::Authorized;
pub use crate::web::auth::guard::Needs;
pub use crate::web::auth::guard::OnSite;
pub use crate::web::auth::guard::authenticated;
pub use crate::web::auth::guard::needs;
pub use crate::web::auth::jwks::FetchFailed;
pub use crate::web::auth::jwks::FetchKeys;
pub use crate::web::auth::refusal::Refusal;
pub use crate::web::auth::verifier::Verifier;
