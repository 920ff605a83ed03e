//! The provider-neutral API, version 1 (contract.md section 3): a handler extracts, calls one use case, answers.

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
mod links_batch;
mod paging;
mod portal_links;
mod services;
mod sessions;
mod sessions_batch;
mod sessions_list;
mod sites;
mod visibility;

use axum::Router;
use axum::routing::get;
use axum::routing::post;
use axum::routing::put;

use crate::web::internal::state::Internal;

/// The routes; the caller puts authentication around them.
pub(super) fn router() -> Router<Internal> {
    let site = "/v1/sites/{site_id}";
    let below = |rest: &str| format!("{site}/{rest}");
    Router::new()
        .route(site, put(sites::put).get(sites::find).delete(sites::remove))
        .route(&below("accounts"), get(accounts::list))
        .route(
            &below("accounts/default"),
            put(accounts::put_default).get(accounts::find_default).delete(accounts::remove_default),
        )
        .route(
            &below("accounts/staff/{staff_id}"),
            put(accounts::put_staff).get(accounts::find_staff).delete(accounts::remove_staff),
        )
        .route(&below("links:batch"), post(links_batch::read))
        .route(&below("portal-links"), post(portal_links::create))
        .route(
            &below("services/{service_id}"),
            put(services::put).get(services::find).delete(services::remove),
        )
        .route(&below("sessions"), get(sessions_list::list))
        .route(
            &below("services/{service_id}/link"),
            put(course_link::put).get(course_link::find).delete(course_link::remove),
        )
        .route(
            &below("sessions/{session_id}"),
            put(sessions::put).get(sessions::find).delete(sessions::cancel),
        )
        .route("/v1/events", get(events::read))
        .route(&below("stale-deliveries"), get(deliveries::stale))
        .route(&below("sessions/{session_id}/deliveries"), post(deliveries::record))
        .route(&below("sessions/{session_id}/link/history"), get(history::list))
        .route(&below("sessions:batch"), post(sessions_batch::put))
        .route(&below("sessions/{session_id}/host-link"), get(host_link::find))
        .route(&below("sessions/{session_id}/link/explain"), get(explain::explain))
        .route(&below("sessions/{session_id}/link"), put(link::put).get(link::find).delete(link::remove))
}
