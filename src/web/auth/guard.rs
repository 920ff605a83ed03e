//! Stands before every handler of `/v1`: 401, then 403, then tenancy, then the site's id (contract.md section 2).

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::response::Response;
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::path::ParameterIn;

use crate::domain::id::SiteId;
use crate::web::auth::caller::Caller;
use crate::web::auth::caller::CheckedSite;
use crate::web::auth::caller::Scope;
use crate::web::auth::refusal::Refusal;
use crate::web::auth::verifier::Verifier;
use crate::web::extract;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::problem::method_not_allowed;
use crate::web::schema;

/// How a caller is asked for a token, and told that the one it sent is no good (RFC 6750 section 3).
const CHALLENGE: &str = "Bearer realm=\"greenroom\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"greenroom\", error=\"invalid_token\"";
/// How long a caller is asked to stay away while an issuer's keys cannot be fetched: the time between two tries.
const KEYS_RETRY: Duration = Duration::from_secs(30);

/// Lets only requests with a good token reach a router's routes, and learn which methods they take; [`Authorized`] and
/// [`OnSite`] need it.
pub fn authenticated<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    verifier: Arc<Verifier>,
) -> Router<S> {
    router.method_not_allowed_fallback(method_not_allowed).layer(from_fn_with_state(verifier, authenticate))
}

async fn authenticate(State(verifier): State<Arc<Verifier>>, mut request: Request, next: Next) -> Response {
    let checked = match bearer(request.headers()) {
        Some(token) => verifier.verify(token).await,
        None => Err(Refusal::Missing),
    };
    match checked {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => {
            tracing::debug!(error = %refusal, "token refused");
            unauthenticated(refusal).into_response()
        }
    }
}

/// The one bearer token of a request.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (given.next(), given.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthenticated(refusal: Refusal) -> Problem {
    let detail = sentence(refusal);
    match refusal {
        Refusal::KeysUnavailable => Problem::new(Code::KeysUnavailable, detail).with_retry_after(KEYS_RETRY),
        Refusal::Missing => Problem::new(Code::Unauthenticated, detail).with_challenge(CHALLENGE),
        Refusal::Malformed
        | Refusal::DangerousHeader
        | Refusal::Issuer
        | Refusal::Signature
        | Refusal::Audience
        | Refusal::Expired
        | Refusal::NotYet
        | Refusal::LivesTooLong => {
            Problem::new(Code::Unauthenticated, detail).with_challenge(CHALLENGE_INVALID)
        }
    }
}

/// The refusal's text as a sentence.
fn sentence(refusal: Refusal) -> String {
    let text = refusal.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).chain(['.']).collect()
}

/// The scopes of which a route needs one; the types are in [`needs`].
pub trait Needs: Send {
    /// Any one of these is enough.
    const ANY_OF: &'static [Scope];
}

/// What routes need, one type each.
pub mod needs {
    use crate::web::auth::caller::Scope;
    use crate::web::auth::guard::Needs;

    macro_rules! needs {
        ($($(#[$doc:meta])* $name:ident = [$($scope:ident),+];)*) => {$(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}

            impl Needs for $name {
                const ANY_OF: &'static [Scope] = &[$(Scope::$scope),+];
            }
        )*};
    }

    needs! {
        /// `sites:write`
        SitesWrite = [SitesWrite];
        /// Reading a site: `sites:write` or `links:read`.
        SitesRead = [SitesWrite, LinksRead];
        /// `accounts:read`
        AccountsRead = [AccountsRead];
        /// `accounts:write`
        AccountsWrite = [AccountsWrite];
        /// `links:read`
        LinksRead = [LinksRead];
        /// `links:write`
        LinksWrite = [LinksWrite];
        /// `links:host`
        LinksHost = [LinksHost];
        /// `events:read`
        EventsRead = [EventsRead];
    }
}

/// A caller with a scope that the route needs: the first argument of a handler whose route names no site.
///
/// Refuses with 403 `missing_scope`.
#[derive(Debug)]
pub struct Authorized<N: Needs> {
    /// Who calls.
    pub caller: Arc<Caller>,
    needs: PhantomData<N>,
}

impl<S: Send + Sync, N: Needs> FromRequestParts<S> for Authorized<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { caller: authorize(parts, N::ANY_OF)?, needs: PhantomData })
    }
}

/// A caller with a scope that the route needs, and the site of the path, which the token names: the first argument of a
/// handler under `/v1/sites/{site_id}`.
///
/// Refuses in this order: 403 `missing_scope`, 404 `unknown_site`, 400 `invalid_id`.
#[derive(Debug)]
pub struct OnSite<N: Needs> {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The site, checked.
    pub site: CheckedSite,
    needs: PhantomData<N>,
}

impl<S: Send + Sync, N: Needs> FromRequestParts<S> for OnSite<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = authorize(parts, N::ANY_OF)?;
        let text = extract::raw_parameter(parts, "site_id").await?;
        if !caller.may_touch(&text) {
            return Err(Problem::unknown_site());
        }
        let site = SiteId::parse(&text).map_err(|error| extract::invalid_id("site_id", error))?;
        Ok(Self { caller, site: CheckedSite::new(site), needs: PhantomData })
    }
}

impl<N: Needs> IntoParams for Authorized<N> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![schema::scopes(N::ANY_OF)]
    }
}

impl<N: Needs> IntoParams for OnSite<N> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![schema::scopes(N::ANY_OF), schema::path_id("site_id")]
    }
}

fn authorize(parts: &Parts, any_of: &[Scope]) -> Result<Arc<Caller>, Problem> {
    let Some(caller) = parts.extensions.get::<Arc<Caller>>() else {
        tracing::error!("route asks for a caller but lies outside of the authenticated router");
        return Err(Problem::internal());
    };
    if any_of.iter().any(|scope| caller.scopes.contains(scope)) {
        return Ok(Arc::clone(caller));
    }
    let names: Vec<_> = any_of.iter().map(|scope| scope.name()).collect();
    let detail = format!("Ask the issuer for a token with the scope {}.", names.join(" or "));
    Err(Problem::new(Code::MissingScope, detail))
}
