//! Owns the pages that say why not, and what to do about it. Repeats nothing that a request said.

use std::borrow::Cow;

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::app::accounts::AccountError;
use crate::app::connect::ConnectError;
use crate::app::grants::GrantError;
use crate::app::portal::PortalError;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::stored::StoreError;
use crate::domain::id::RequestId;
use crate::domain::portal::Refused;
use crate::web::public::pages::Notice;
use crate::web::public::shell::Shell;
use crate::web::public::shell::page;

/// Why a page is not shown, or a form not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// There is no such page, site or account.
    NoPage,
    /// The request makes no sense.
    Malformed,
    /// The one-time link is unknown or used.
    LinkUsed,
    /// The one-time link is over.
    LinkExpired,
    /// The portal session is over.
    SessionOver,
    /// The form was not sent by our own page.
    Forged,
    /// The connect flow is unknown, over or used.
    FlowUsed,
    /// The browser that came back is not the one that left.
    OtherBrowser,
    /// Somebody installed the app at the provider: there is nothing to connect it to.
    Install,
    /// The rules of the site forbid it.
    Rule(Refused),
    /// The provider gave no account.
    Provider(&'static str),
    /// Try again a little later.
    Later,
    /// A join address that leads nowhere.
    NoLink,
    /// A join address that leads nowhere any more.
    LinkOver,
}

impl Why {
    /// The name under which texts and addresses know it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoPage => "not_found",
            Self::Malformed => "invalid_request",
            Self::LinkUsed => "link_used",
            Self::LinkExpired => "link_expired",
            Self::SessionOver => "session_over",
            Self::Forged => "forged",
            Self::FlowUsed => "flow_used",
            Self::OtherBrowser => "other_browser",
            Self::Install => "install",
            Self::Rule(Refused::NotEntitled) => "not_entitled",
            Self::Rule(Refused::NotYourAccount) => "not_your_account",
            Self::Rule(Refused::SelfServiceDisabled) => "self_service_disabled",
            Self::Rule(Refused::DefaultAccountRequired) => "default_account_required",
            Self::Provider(code) => code,
            Self::Later => "store_unavailable",
            Self::NoLink => "no_link",
            Self::LinkOver => "session_ended",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::FlowUsed => StatusCode::BAD_REQUEST,
            Self::NoPage | Self::LinkUsed | Self::NoLink => StatusCode::NOT_FOUND,
            Self::LinkExpired | Self::LinkOver => StatusCode::GONE,
            Self::SessionOver | Self::Forged | Self::OtherBrowser => StatusCode::FORBIDDEN,
            Self::Install => StatusCode::OK,
            Self::Rule(Refused::DefaultAccountRequired) => StatusCode::CONFLICT,
            Self::Rule(Refused::NotEntitled | Refused::NotYourAccount | Refused::SelfServiceDisabled) => {
                StatusCode::FORBIDDEN
            }
            Self::Provider(_) => StatusCode::BAD_GATEWAY,
            Self::Later => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The keys of its title and its text.
    pub(super) const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::NoPage => ("no-page-title", "no-page-text"),
            Self::Malformed => ("malformed-title", "malformed-text"),
            Self::LinkUsed => ("link-used-title", "link-used-text"),
            Self::LinkExpired => ("link-expired-title", "link-expired-text"),
            Self::SessionOver => ("session-over-title", "session-over-text"),
            Self::Forged => ("forged-title", "forged-text"),
            Self::FlowUsed => ("flow-used-title", "flow-used-text"),
            Self::OtherBrowser => ("other-browser-title", "other-browser-text"),
            Self::Install => ("install-title", "install-text"),
            Self::Rule(Refused::NotEntitled) => ("not-entitled-title", "not-entitled-text"),
            Self::Rule(Refused::NotYourAccount) => ("not-your-account-title", "not-your-account-text"),
            Self::Rule(Refused::SelfServiceDisabled) => ("self-service-title", "self-service-text"),
            Self::Rule(Refused::DefaultAccountRequired) => ("default-first-title", "default-first-text"),
            Self::Provider(code) => ("failed-title", provider_text(code)),
            Self::Later => ("later-title", "later-text"),
            Self::NoLink => ("no-link-title", "no-link-text"),
            Self::LinkOver => ("link-over-title", "link-over-text"),
        }
    }

    /// Reads what [`Self::name`] wrote into an address of ours: whatever else stands there is the provider's fault.
    pub(super) fn parse(name: &str) -> Self {
        let rules = [
            Refused::NotEntitled,
            Refused::NotYourAccount,
            Refused::SelfServiceDisabled,
            Refused::DefaultAccountRequired,
        ];
        let known = rules.into_iter().map(Self::Rule).chain([Self::Later, Self::FlowUsed]);
        let providers = PROVIDER_CODES.into_iter().map(Self::Provider);
        known.chain(providers).find(|why| why.name() == name).unwrap_or(Self::Provider(PROVIDER_ERROR))
    }
}

/// The provider reported an error.
const PROVIDER_ERROR: &str = "provider_error";
const CODE_REFUSED: &str = "code_refused";
const MISSING_SCOPES: &str = "missing_scopes";
const USER_GONE: &str = "user_gone";
const PROVIDER_UNAVAILABLE: &str = "provider_unavailable";
const MISCONFIGURED: &str = "misconfigured";
const PROVIDER_CODES: [&str; 6] =
    [PROVIDER_ERROR, CODE_REFUSED, MISSING_SCOPES, USER_GONE, PROVIDER_UNAVAILABLE, MISCONFIGURED];

const fn provider_text(code: &str) -> &'static str {
    match code.as_bytes() {
        b"code_refused" => "failed-code-refused",
        b"missing_scopes" => "failed-missing-scopes",
        b"user_gone" => "failed-user-gone",
        b"provider_unavailable" => "failed-unavailable",
        b"misconfigured" => "failed-misconfigured",
        _ => "failed-provider-error",
    }
}

impl From<StoreError> for Why {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %error, error.source = ?std::error::Error::source(&error), "page refused");
        Self::Later
    }
}

impl From<PortalError> for Why {
    fn from(error: PortalError) -> Self {
        match error {
            PortalError::UnknownSite => Self::NoPage,
            PortalError::Refused(refused) => Self::Rule(refused),
            PortalError::ForeignReturn => Self::Malformed,
            PortalError::UnknownLink => Self::LinkUsed,
            PortalError::ExpiredLink => Self::LinkExpired,
            PortalError::Ended => Self::SessionOver,
            PortalError::Store(error) => error.into(),
        }
    }
}

impl From<AccountError> for Why {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::UnknownSite | AccountError::UnknownAccount => Self::NoPage,
            AccountError::DefaultAccountRequired => Self::Rule(Refused::DefaultAccountRequired),
            AccountError::RevisionMismatch => Self::Later,
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<ConnectError> for Why {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::UnknownFlow
            | ConnectError::NothingPending
            | ConnectError::NotShown
            | ConnectError::Grant(GrantError::Gone) => Self::FlowUsed,
            ConnectError::OtherBrowser => Self::OtherBrowser,
            ConnectError::Denied | ConnectError::ProviderFailed => Self::Provider(PROVIDER_ERROR),
            ConnectError::Slow => Self::Provider(PROVIDER_UNAVAILABLE),
            ConnectError::Exchange(error) => Self::Provider(exchange_code(&error)),
            ConnectError::Portal(error) => error.into(),
            ConnectError::Grant(GrantError::Busy) => Self::Later,
            ConnectError::Grant(GrantError::Store(error)) | ConnectError::Store(error) => error.into(),
            ConnectError::Account(error) => error.into(),
        }
    }
}

const fn exchange_code(error: &AuthorizationError) -> &'static str {
    match error {
        AuthorizationError::Refused => CODE_REFUSED,
        AuthorizationError::OurCredentials => MISCONFIGURED,
        AuthorizationError::MissingScopes(_) => MISSING_SCOPES,
        AuthorizationError::Unreachable(_) | AuthorizationError::Ambiguous(_) => PROVIDER_UNAVAILABLE,
        AuthorizationError::UserGone => USER_GONE,
    }
}

/// A page that says why not.
#[derive(Debug)]
pub(super) struct Refusal {
    shell: Shell,
    why: Why,
    request: Option<RequestId>,
}

impl Refusal {
    /// In the reader's language.
    pub(super) fn new(shell: Shell, why: Why, request: Option<RequestId>) -> Self {
        Self { shell, why, request }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (title, text) = self.why.keys();
        let is_ours = matches!(self.why, Why::Later);
        let notice = Notice {
            title: self.shell.say(title),
            text: self.shell.say(text),
            request: self.request.filter(|_| is_ours).map(|id| id.as_str().to_owned()),
            kind: Cow::Borrowed(self.why.name()),
            shell: self.shell,
        };
        let mut response = page(self.why.status(), &notice);
        if is_ours {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
