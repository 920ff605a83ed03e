//! Owns what a caller is told when a request is refused: RFC 9457 problems with stable codes (contract.md 2).

use std::borrow::Cow;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use serde::Serializer;
use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::Type;

use crate::domain::id::RequestId;

macro_rules! codes {
    ($($variant:ident, $name:literal, $status:ident, $title:literal, $doc:literal;)*) => {
        /// Why a request is refused: stable names that callers are written against.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $doc] $variant,)*
        }

        impl Code {
            /// Every code, in the order of contract.md section 2.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name callers know it by.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The status it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// The same few words each time.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What it means and what to do, for the page at `/problems/<code>`.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

codes! {
    InvalidId, "invalid_id", BAD_REQUEST, "Invalid id",
        "An id in the path is not 1 to 64 of A-Z a-z 0-9 . _ ~ -, or is \".\" or \"..\". Send the id as you created it.";
    MalformedJson, "malformed_json", BAD_REQUEST, "Malformed JSON",
        "The body is not JSON in UTF-8, nests too deep, or says a key twice. Send one JSON value.";
    Unauthenticated, "unauthenticated", UNAUTHORIZED, "Not authenticated",
        "There is no bearer token, or it cannot be accepted. Ask the issuer for a new one.";
    MissingScope, "missing_scope", FORBIDDEN, "Missing scope",
        "The token is good but does not carry the scope that this call needs. Ask the issuer for a token with it.";
    SelfServiceDisabled, "self_service_disabled", FORBIDDEN, "Self-service is off",
        "Staff of this site do not set up their own accounts. The owner can do it, or switch `staff_self_service` on.";
    NotEntitled, "not_entitled", FORBIDDEN, "Not in the plan",
        "The site's plan has no video. Upgrade it, then set entitled on the site.";
    NotYourAccount, "not_your_account", FORBIDDEN, "Not your account",
        "A staff member manages only their own account. Ask the owner.";
    BadSignature, "bad_signature", UNAUTHORIZED, "Bad signature",
        "The webhook is not signed with a secret that is held here, or is too old. Check the secret token of the app.";
    InvalidQuery, "invalid_query", BAD_REQUEST, "Invalid query",
        "The query has an unknown parameter, or a value that does not fit. Correct it as the detail says.";
    NotFound, "not_found", NOT_FOUND, "Not found",
        "There is nothing at this address. Look at the list of routes in /openapi.json.";
    UnknownSite, "unknown_site", NOT_FOUND, "Unknown site",
        "There is no such site, or the token may not touch it. Create it with PUT, or ask for a token that names it.";
    UnknownService, "unknown_service", NOT_FOUND, "Unknown service",
        "The site has no such service. Create it with PUT first.";
    UnknownSession, "unknown_session", NOT_FOUND, "Unknown session",
        "The site has no such session, or it was cancelled. Create it with PUT first.";
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed",
        "The address is right, the method is not. The Allow header names those that are.";
    NotACourse, "not_a_course", CONFLICT, "Not a course",
        "Only a course has a link of its own. Set the link on the session.";
    NoSessionsYet, "no_sessions_yet", CONFLICT, "No sessions yet",
        "A course gets its link once it has a session. Create a session first.";
    DefaultAccountRequired, "default_account_required", CONFLICT, "Default account required",
        "Staff accounts come after the site's default account. Connect that first.";
    NoLink, "no_link", CONFLICT, "No link",
        "The session has no meeting to host. Look at its link for the reason.";
    ReauthorizationRequired, "reauthorization_required", CONFLICT, "Reauthorization required",
        "The Zoom account no longer lets us in. Its owner must reconnect it in the portal.";
    ProviderUnavailable, "provider_unavailable", SERVICE_UNAVAILABLE, "Provider unavailable",
        "The provider does not answer. Try again a little later.";
    RevisionMismatch, "revision_mismatch", PRECONDITION_FAILED, "Revision mismatch",
        "The resource changed since the revision in If-Match. Read it again, then decide.";
    TooLarge, "too_large", PAYLOAD_TOO_LARGE, "Too large",
        "The body is larger than this address takes. Send less at a time.";
    UnsupportedMediaType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type",
        "The body must be JSON. Send it with Content-Type: application/json.";
    InvalidBody, "invalid_body", UNPROCESSABLE_ENTITY, "Invalid body",
        "The body is JSON, but not what this address takes. Each error points to a place in it.";
    Overloaded, "overloaded", SERVICE_UNAVAILABLE, "Overloaded",
        "There is more to do than can be done. Try again after the time in Retry-After.";
    StoreUnavailable, "store_unavailable", SERVICE_UNAVAILABLE, "Store unavailable",
        "Records cannot be read or saved. Try again after the time in Retry-After.";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error",
        "Something is wrong here. Report the `request_id` to the operator.";
    RequestTimeout, "request_timeout", REQUEST_TIMEOUT, "Request timeout",
        "The body did not arrive in time. Send it again.";
    KeysUnavailable, "keys_unavailable", SERVICE_UNAVAILABLE, "Keys unavailable",
        "The keys of the token's issuer cannot be fetched. Try again a little later.";
}

impl Code {
    /// The code of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|code| code.name());
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        schema.description(Some("Why a request is refused. Each has a page at `/problems/<code>`.")).into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}

/// One place in a body that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The place, as a JSON pointer (RFC 6901).
    #[schema(examples("/url"))]
    pub pointer: String,
    /// What is wrong there.
    #[schema(value_type = String, examples("is required"))]
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// Names a place and what is wrong there.
    pub fn new(pointer: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// The most places that one refusal names.
const MOST_ERRORS: usize = 100;

/// A refusal, as handlers answer it. The frame around every request writes its body and adds the request id, so a
/// handler cannot forget it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    challenge: Option<&'static str>,
}

impl Problem {
    /// A refusal with a code, and a sentence that says what to do next.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None, challenge: None }
    }

    /// A body that is JSON but not what is asked for: 422 `invalid_body`. The first hundred places are named.
    pub fn invalid_body(mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MOST_ERRORS);
        let detail = "Correct the places that the errors point to, then send the body again.";
        Self { errors, ..Self::new(Code::InvalidBody, detail) }
    }

    /// The answer for a site that does not exist, and for one that the token may not touch (R35).
    pub fn unknown_site() -> Self {
        Self::new(Code::UnknownSite, Code::UnknownSite.doc())
    }

    /// Something that is our fault and nobody else's business: log the cause where this is made.
    pub fn internal() -> Self {
        Self::new(Code::Internal, Code::Internal.doc())
    }

    /// More than can be done at once.
    pub fn overloaded(retry_after: Duration) -> Self {
        Self::new(Code::Overloaded, Code::Overloaded.doc()).with_retry_after(retry_after)
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(self, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }

    /// Says how to authenticate (RFC 6750 section 3).
    #[must_use]
    pub(in crate::web) fn with_challenge(self, challenge: &'static str) -> Self {
        Self { challenge: Some(challenge), ..self }
    }

    /// Why the request is refused.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the caller is told to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The places that are wrong.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The JSON form (contract.md 2), which also stands inside of batch answers.
    pub fn body(&self, request: &RequestId) -> Body {
        Body {
            kind: format!("/problems/{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            code: self.code,
            request_id: request.as_str().to_owned(),
            errors: self.errors.clone(),
        }
    }

    /// The whole answer, naming the request.
    pub(in crate::web) fn answer(&self, request: &RequestId) -> Response {
        let content = serde_json::to_vec(&self.body(request)).expect("a problem is plain JSON");
        let mut response = (self.code.status(), content).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves the body to the frame, which knows the request id.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A refusal (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, examples(json!({
    "type": "/problems/invalid_body",
    "title": "Invalid body",
    "status": 422,
    "detail": "Correct the places that the errors point to, then send the body again.",
    "code": "invalid_body",
    "request_id": "r-1",
    "errors": [{"pointer": "/url", "detail": "is required"}],
})))]
pub struct Body {
    /// Where the page about it is.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", examples("/problems/invalid_body"))]
    kind: String,
    /// The same few words each time.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What the caller is to do next.
    #[schema(value_type = String)]
    detail: Cow<'static, str>,
    /// The stable name that callers are written against.
    code: Code,
    /// Names the request, as the header `X-Request-Id` does.
    request_id: String,
    /// The places in the body that are wrong, one or more; only for `invalid_body`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, min_items = 1)]
    errors: Vec<FieldError>,
}

/// Answers an address that leads nowhere: 404 `not_found`.
pub async fn not_found() -> Problem {
    Problem::new(Code::NotFound, Code::NotFound.doc())
}

/// Answers a method that an address does not take: 405 `method_not_allowed`.
pub async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, Code::MethodNotAllowed.doc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_code_status_and_request() {
        let problem = Problem::invalid_body(vec![FieldError::new("/url", "is required")]);
        let body = serde_json::to_value(problem.body(&RequestId::parse("r-1").unwrap())).unwrap();
        let expected = serde_json::json!({
            "type": "/problems/invalid_body",
            "title": "Invalid body",
            "status": 422,
            "detail": "Correct the places that the errors point to, then send the body again.",
            "code": "invalid_body",
            "request_id": "r-1",
            "errors": [{"pointer": "/url", "detail": "is required"}],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn names_are_used_once() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
