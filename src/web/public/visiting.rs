//! Lets browsers with a session through to the portal's pages, and only our own forms to its posts (correctness.md
//! section 5).

use axum::body::Body;
use axum::extract::Form;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;
use url::Url;
use url::form_urlencoded;

use crate::app::portal;
use crate::app::portal::Visitor;
use crate::domain::account::Owner;
use crate::domain::id::StaffId;
use crate::web::extract::read_body;
use crate::web::public::cookies;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::state::Public;

/// The longest form: a description of 4,000 characters, escaped.
pub(super) const FORM_LIMIT: usize = 64 * 1024;

/// A browser with a session looks at a page.
#[derive(Debug)]
pub(super) struct Visiting {
    /// Who reads.
    pub(super) reader: Reader,
    /// Who acts.
    pub(super) visitor: Visitor,
}

impl FromRequestParts<Public> for Visiting {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, public: &Public) -> Result<Self, Refusal> {
        let Ok(reader) = Reader::from_request_parts(parts, public).await;
        let Some(token) = cookies::session(public.base_url(), &parts.headers) else {
            return Err(reader.refuse(Why::SessionOver));
        };
        let found = portal::session(&public.gateway, &token).await;
        let session = found.map_err(|error| reader.refuse(error))?;
        let visiting =
            Self { reader: reader.linked(session.visit.locale), visitor: Visitor { token, session } };
        visiting.remember_language(public).await
    }
}

impl Visiting {
    /// A language chosen during the visit replaces the one that the platform asked for.
    async fn remember_language(mut self, public: &Public) -> Result<Self, Refusal> {
        let chosen = self.reader.chosen();
        if chosen.is_none() || chosen == self.visitor.session.visit.locale {
            return Ok(self);
        }
        let change = portal::change_session(&public.gateway, &self.visitor.token, |session| {
            session.visit.locale = chosen;
        });
        self.visitor.session = change.await.map_err(|error| self.reader.refuse(error))?;
        Ok(self)
    }
}

/// A browser with a session sends a form of ours.
#[derive(Debug)]
pub(super) struct Posted<F> {
    /// Who reads the answer.
    pub(super) reader: Reader,
    /// Who acts.
    pub(super) visitor: Visitor,
    /// What was filled in.
    pub(super) fields: F,
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(super) struct NoFields {}

#[derive(Deserialize)]
struct WithToken<F> {
    #[serde(default)]
    form_token: String,
    #[serde(flatten)]
    fields: F,
}

impl<F: DeserializeOwned + Send> FromRequest<Public> for Posted<F> {
    type Rejection = Refusal;

    async fn from_request(request: Request, public: &Public) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let Visiting { reader, visitor } = Visiting::from_request_parts(&mut parts, public).await?;
        if !is_ours(public.base_url(), &parts.headers) {
            return Err(reader.refuse(Why::Forged));
        }
        let Ok(body) = read_body(body, FORM_LIMIT).await else {
            return Err(reader.refuse(Why::Malformed));
        };
        let request = Request::from_parts(parts, Body::from(body));
        let Ok(Form(form)) = Form::<WithToken<F>>::from_request(request, public).await else {
            return Err(reader.refuse(Why::Malformed));
        };
        let token = visitor.session.form_token.expose().as_bytes();
        if !bool::from(token.ct_eq(form.form_token.as_bytes())) {
            return Err(reader.refuse(Why::Forged));
        }
        Ok(Self { reader, visitor, fields: form.fields })
    }
}

/// A form of ours, sent by a browser that has no session yet.
#[derive(Debug)]
pub(super) struct OurForm;

impl FromRequestParts<Public> for OurForm {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, public: &Public) -> Result<Self, Response> {
        let Ok(reader) = Reader::from_request_parts(parts, public).await;
        if is_ours(public.base_url(), &parts.headers) {
            Ok(Self)
        } else {
            Err(reader.refuse(Why::Forged).into_response())
        }
    }
}

/// Whether a browser says that one of our own pages sends this. Browsers too old to say either rely on the token.
fn is_ours(base_url: &Url, headers: &HeaderMap) -> bool {
    let site = headers.get(HeaderName::from_static("sec-fetch-site"));
    let origin = headers.get(header::ORIGIN);
    let ours = base_url.origin().ascii_serialization();
    site.is_none_or(|site| site == "same-origin") && origin.is_none_or(|origin| *origin == ours)
}

/// The account that a page is about: `owner=default`, `owner=staff/<id>` or `staff_id=<id>`.
#[derive(Debug, Clone)]
pub(super) struct About(pub(super) Option<Owner>);

impl FromRequestParts<Public> for About {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, public: &Public) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut named = form_urlencoded::parse(query).filter_map(|(name, value)| match &*name {
            "owner" => Some(Owner::parse(&value)),
            "staff_id" => Some(StaffId::parse(value.trim()).ok().map(Owner::Staff)),
            _ => None,
        });
        match (named.next(), named.next()) {
            (None, _) => Ok(Self(None)),
            (Some(Some(owner)), None) => Ok(Self(Some(owner))),
            (Some(None), _) | (Some(_), Some(_)) => {
                let Ok(reader) = Reader::from_request_parts(parts, public).await;
                Err(reader.refuse(Why::Malformed))
            }
        }
    }
}
