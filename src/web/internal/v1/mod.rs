//! The provider-neutral API, version 1 (contract.md section 3): a handler extracts, calls one use case, answers.

mod account_body;
mod accounts;
mod answer;
mod course_link;
mod custom_link;
mod deliveries;
mod event_body;
mod events;
mod explain;
mod history;
mod host_link;
mod link;
mod link_body;
mod links_batch;
mod paging;
mod portal_links;
mod services;
mod sessions;
mod sessions_batch;
mod sessions_list;
mod sites;
mod visibility;
mod warning_body;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::internal::state::Internal;

pub use crate::web::internal::v1::event_body::event_json;

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
        .routes(routes!(sessions_list::list))
        .routes(routes!(sessions_batch::put))
        .routes(routes!(course_link::put, course_link::find, course_link::remove))
        .routes(routes!(explain::explain))
        .routes(routes!(history::list))
        .routes(routes!(host_link::find))
        .routes(routes!(deliveries::record))
        .routes(routes!(deliveries::stale))
        .routes(routes!(events::read))
}
