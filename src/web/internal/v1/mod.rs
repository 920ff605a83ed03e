//! The provider-neutral API, version 1 (contract.md section 3): a handler extracts, calls one use case, answers.

mod account_body;
mod accounts;
mod answer;
mod custom_link;
mod link;
mod link_body;
mod links_batch;
mod paging;
mod portal_links;
mod services;
mod sessions;
mod sites;
mod visibility;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::internal::state::Internal;

/// The routes, each with its description; the caller puts authentication around them.
pub(super) fn router() -> OpenApiRouter<Internal> {
    OpenApiRouter::default()
        .routes(routes!(sites::put, sites::find, sites::remove))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::put_default, accounts::find_default, accounts::remove_default))
        .routes(routes!(accounts::put_staff, accounts::find_staff, accounts::remove_staff))
        .routes(routes!(links_batch::read))
        .routes(routes!(portal_links::create))
        .routes(routes!(services::put, services::find, services::remove))
        .routes(routes!(sessions::put, sessions::find, sessions::cancel))
        .routes(routes!(link::put, link::find, link::remove))
}
