//! The provider-neutral API, version 1 (contract.md section 3): a handler extracts, calls one use case, answers.

mod account_body;
mod accounts;
mod answer;
mod course_link;
mod custom_link;
mod deliveries;
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

use axum::routing::get;
use axum::routing::post;
use axum::routing::put;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::internal::state::Internal;

/// The routes, each with its description; the caller puts authentication around them.
pub(super) fn router() -> OpenApiRouter<Internal> {
    let site = "/v1/sites/{site_id}";
    let below = |rest: &str| format!("{site}/{rest}");
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
        .route(&below("sessions"), get(sessions_list::list))
        .route(
            &below("services/{service_id}/link"),
            put(course_link::put).get(course_link::find).delete(course_link::remove),
        )
        .route("/v1/events", get(events::read))
        .route(&below("stale-deliveries"), get(deliveries::stale))
        .route(&below("sessions/{session_id}/deliveries"), post(deliveries::record))
        .route(&below("sessions/{session_id}/link/history"), get(history::list))
        .route(&below("sessions:batch"), post(sessions_batch::put))
        .route(&below("sessions/{session_id}/host-link"), get(host_link::find))
        .route(&below("sessions/{session_id}/link/explain"), get(explain::explain))
}
