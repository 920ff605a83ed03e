//! `/problems/{code}`: what each problem means and what to do, as a page or as plain text.

use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::problem::Code;
use crate::web::problem::Problem;

/// The pages that problems point to, for the internal listener.
pub fn pages<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S> {
    OpenApiRouter::default().routes(routes!(page))
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ code.title() }}</title>
<h1>{{ code.title() }}</h1>
<p><code>{{ code.name() }}</code>, answered with status {{ code.status().as_u16() }}.</p>
<p>{{ code.doc() }}</p>
<p><a href="/docs/">The API's documentation</a></p>
</html>
"#
)]
struct Page {
    code: Code,
}

/// Explain a problem
///
/// What a problem code means and what to do about it: a page for browsers, plain text for whoever does not accept HTML.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    operation_id = "explainProblem",
    tag = "Service",
    params(("code" = Code, Path, description = "The code of a problem.", example = "invalid_body")),
    responses((status = 200, description = "The page.", content(
        (String = "text/html", example = "<!doctype html>…<h1>Invalid body</h1>…"),
        (String = "text/plain", example = "invalid_body (422)\nInvalid body\n…"),
    ))),
    extensions(("x-problems" = json!([Code::NotFound]))),
)]
async fn page(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let code = Code::find(&name);
    let code = code.ok_or_else(|| Problem::new(Code::NotFound, "There is no such problem code."))?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        let page = Page { code }.render().map_err(|error| {
            tracing::error!(%error, "a problem's page cannot be written");
            Problem::internal()
        })?;
        return Ok(Html(page).into_response());
    }
    let status = code.status().as_u16();
    Ok(format!("{} ({status})\n{}\n\n{}\n", code.name(), code.title(), code.doc()).into_response())
}
