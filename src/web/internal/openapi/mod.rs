//! Owns the OpenAPI document and the page to read it. Each route describes itself; this adds what all have in common.
//!
//! A new route stands in one place: the handler, with `#[utoipa::path(…)]` on it, and its name in a `routes!(…)`.
//! 1. The doc comment: its first line is the summary, the rest the description.
//! 2. `params(…)` names the extractors of the signature that tell the caller something: `OnSite<needs::X>` or
//!    `Authorized<needs::X>` (the scopes and the site), `PathId<T>`, `IfMatch`, `PreferWait`. `Query<T>` is found by
//!    itself; its `T` derives `IntoParams`.
//! 3. `request_body = T`, where `T` derives `ToSchema`; `responses(…)` are the good answers only.
//! 4. `extensions(("x-problems" = json!([Code::UnknownSession])))`: the refusals that only this route makes. Those that
//!    follow from its shape (token, scope, site, ids, query, body, `If-Match`, load) are added in `problems`.
//! 5. Fields of bodies: a doc comment each; shared words come from `web::schema` (`value_type = Id`); nullable fields of
//!    answers are `required`, bodies have `examples(json!(…))`, and one Rust name is given to one schema only
//!    (`as = …`): two of one name overwrite each other.
//!
//! `tests/it/web/openapi.rs` says what is missing.

mod problems;
mod shape;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header;
use axum::middleware::Next;
use axum::middleware::from_fn;
use axum::response::Response;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::Config;
use utoipa_swagger_ui::SwaggerUi;

use crate::web::problem;

/// What the page of the documentation may load: it writes styles into itself, and draws its pictures from `data:`.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'; \
                           connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "greenroom",
        description = "The meeting-link gateway of a bookings platform: connects Zoom or a custom link, makes a meeting for \
                       every session, hands links out. Times are RFC 3339 in UTC, unknown fields are refused, and refusals \
                       are problems (RFC 9457).",
    ),
    servers((url = "/", description = "The internal listener that serves this document.")),
    tags(
        (name = "Sites", description = "The businesses on the platform."),
        (name = "Accounts", description = "With what a site and its staff host: Zoom, or a custom link."),
        (name = "Portal", description = "The way of people into the pages where accounts are connected."),
        (name = "Services", description = "What a site sells: appointments, classes, courses."),
        (name = "Sessions", description = "What is booked: one occurrence of a service at a time."),
        (name = "Links", description = "What participants open to get into a session."),
        (name = "Events", description = "What customers could notice, in the order it happened."),
        (name = "Service", description = "The state and the description of the gateway itself. Needs no token."),
    ),
    components(schemas(problem::Body, problem::FieldError, problem::Code)),
)]
struct Common;

/// Puts the descriptions of routers together, and adds what all operations have in common.
pub(super) fn complete<const N: usize>(parts: [utoipa::openapi::OpenApi; N]) -> Value {
    let mut document = Common::openapi();
    for part in parts {
        document.merge(part);
    }
    if let Some(components) = &mut document.components {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let token = token.description(Some(
            "A token of an issuer in auth.issuers; its scopes and sites say what it may do.",
        ));
        components.add_security_scheme("bearer", SecurityScheme::Http(token.build()));
    }
    let mut document = serde_json::to_value(document).expect("the document is plain JSON");
    shape::complete(&mut document);
    document
}

/// What describes `/openapi.json` itself.
pub(super) fn described() -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(document))
}

/// `/openapi.json` with this text, and the page at `/docs` that shows it.
pub(super) fn router(text: String) -> Router {
    let described = Router::from(described()).layer(axum::Extension(Text::from(text)));
    described.merge(page())
}

/// The text that is served.
type Text = std::sync::Arc<str>;

/// Read this document
///
/// The OpenAPI document of the internal listener, made from the code that answers.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "readOpenApi",
    tag = "Service",
    responses((
        status = 200,
        description = "The document.",
        body = Object,
        content_type = "application/json",
        example = json!({"openapi": "3.1.0", "info": {"title": "greenroom", "version": "0.1.0"}, "paths": {}}),
    )),
)]
async fn document(
    axum::Extension(text): axum::Extension<Text>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "application/json")], text.to_string())
}

/// Swagger UI, from the program itself: nothing is loaded from elsewhere.
fn page() -> Router {
    let config = Config::from("/openapi.json").validator_url("none").deep_linking(true);
    Router::from(SwaggerUi::new("/docs").config(config)).layer(from_fn(as_page))
}

async fn as_page(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
    response
}
