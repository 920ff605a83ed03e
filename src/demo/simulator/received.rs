//! Owns a request as it arrived, read whole, so that it can also be carried out later.

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::http::header;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::demo::simulator::user::UserId;

/// A request, read whole.
#[derive(Clone)]
pub(super) struct Received {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What the path names, after `/v2/users/` or `/v2/meetings/`.
    pub(super) subject: String,
    /// Who sent it, when that was clear on arrival: a request carried out late does not lose its token meanwhile.
    pub(super) accepted_as: Option<UserId>,
}

impl<S: Send + Sync> FromRequest<S> for Received {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let uri = request.uri().clone();
        let headers = request.headers().clone();
        let body =
            Bytes::from_request(request, state).await.map_err(axum::response::IntoResponse::into_response)?;
        Ok(Self { uri, headers, body, subject: String::new(), accepted_as: None })
    }
}

impl Received {
    /// The same request, with what its path names.
    pub(super) fn naming(self, subject: String) -> Self {
        Self { subject, ..self }
    }

    /// The meeting id in the path, when the path holds a number.
    pub(super) fn meeting(&self) -> Option<u64> {
        self.subject.parse().ok()
    }

    /// The bearer token.
    pub(super) fn bearer(&self) -> Option<&str> {
        self.authorization("Bearer ")
    }

    /// The client id and secret of HTTP Basic.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        let decoded = STANDARD.decode(self.authorization("Basic ")?).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    fn authorization(&self, scheme: &str) -> Option<&str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (start, rest) = value.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }

    /// The query.
    pub(super) fn query(&self) -> Parameters {
        Parameters::parse(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// The body of a form; `None` when it does not say that it is one.
    pub(super) fn form(&self) -> Option<Parameters> {
        self.is("application/x-www-form-urlencoded").then(|| Parameters::parse(&self.body))
    }

    /// Whether the body says that it is of this type.
    pub(super) fn is(&self, content_type: &str) -> bool {
        let value = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| {
            value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(content_type)
        })
    }
}

/// Names and values of a query or a form, in order, repeats included.
#[derive(Clone, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of a name, when it is there exactly once and not empty.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(each, _)| each == name).map(|(_, value)| value.as_str());
        let value = values.next().filter(|value| !value.is_empty())?;
        values.next().is_none().then_some(value)
    }

    /// Whether a name is there at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| each == name)
    }

    /// A name that is there more than once.
    pub(super) fn repeated(&self) -> Option<&str> {
        self.0
            .iter()
            .enumerate()
            .find(|(place, (name, _))| self.0.iter().take(*place).any(|(each, _)| each == name))
            .map(|(_, (name, _))| name.as_str())
    }
}
