//! How handlers take what a request says: bodies, queries, ids, preconditions. Refusals are problems.

mod body;
mod json;
mod object;
mod parameters;
mod preconditions;
mod whole;

pub use crate::web::extract::body::read_body;
pub use crate::web::extract::body::read_body_within;
pub use crate::web::extract::json::BATCH_LIMIT;
pub use crate::web::extract::json::BODY_LIMIT;
pub use crate::web::extract::json::BatchJson;
pub use crate::web::extract::json::Field;
pub use crate::web::extract::json::Json;
pub use crate::web::extract::object::Object;
pub use crate::web::extract::parameters::NoParameters;
pub use crate::web::extract::parameters::PathId;
pub use crate::web::extract::parameters::PathParameter;
pub use crate::web::extract::parameters::Query;
pub(in crate::web) use crate::web::extract::parameters::invalid_id;
pub(in crate::web) use crate::web::extract::parameters::raw_parameter;
pub use crate::web::extract::preconditions::IfMatch;
pub use crate::web::extract::preconditions::PreferWait;
pub use crate::web::extract::whole::whole;
