//! Owns which problem answers which failure of a use case (H21): the only place that knows statuses of failures.

use std::time::Duration;

use tracing::error;
use tracing::info;
use tracing::warn;

use crate::app::accounts::AccountError;
use crate::app::course_link::CourseLinkError;
use crate::app::deliveries::DeliveryError;
use crate::app::host_link::HostLinkError;
use crate::app::host_link::Missing;
use crate::app::portal::PortalError;
use crate::app::ports::stored::StoreError;
use crate::app::services::ServiceError;
use crate::app::sessions::SessionError;
use crate::app::sites::SiteError;
use crate::app::webhooks::WebhookError;
use crate::domain::portal::Refused;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// How long a store that fails over is away at best: until then another try comes to nothing.
const STORE_RETRY: Duration = Duration::from_secs(2);

impl From<SiteError> for Problem {
    fn from(error: SiteError) -> Self {
        match error {
            SiteError::Unknown => Self::unknown_site(),
            SiteError::RevisionMismatch => of(Code::RevisionMismatch),
            SiteError::Store(error) => error.into(),
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::UnknownSite => Self::unknown_site(),
            ServiceError::Unknown => of(Code::UnknownService),
            ServiceError::RevisionMismatch => of(Code::RevisionMismatch),
            ServiceError::Store(error) => error.into(),
        }
    }
}

impl From<CourseLinkError> for Problem {
    fn from(error: CourseLinkError) -> Self {
        match error {
            CourseLinkError::UnknownSite => Self::unknown_site(),
            CourseLinkError::UnknownService => of(Code::UnknownService),
            CourseLinkError::None => {
                Self::new(Code::NotFound, "Put a link here first: the service has no course link.")
            }
            CourseLinkError::NotACourse => of(Code::NotACourse),
            CourseLinkError::NoSessionsYet => of(Code::NoSessionsYet),
            CourseLinkError::RevisionMismatch => of(Code::RevisionMismatch),
            CourseLinkError::Store(error) => error.into(),
        }
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotProven(_) => {
                info!(error = %error, "webhook refused");
                of(Code::BadSignature)
            }
            // No site is concerned, and what is answered with 4xx Zoom does not tell again.
            WebhookError::Store(StoreError::Destroyed) => {
                error!(error = %error, "a webhook cannot be kept");
                Self::internal()
            }
            WebhookError::Store(error) => error.into(),
            WebhookError::TooSlow => {
                warn!(error = %error, "webhook put off");
                store_unavailable()
            }
        }
    }
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::UnknownSite => Self::unknown_site(),
            SessionError::UnknownService => of(Code::UnknownService),
            SessionError::Unknown => of(Code::UnknownSession),
            SessionError::RevisionMismatch => of(Code::RevisionMismatch),
            SessionError::Store(error) => error.into(),
        }
    }
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::UnknownRevision => {
                let detail = "must be a revision that the link had: send the one that came with it";
                Self::invalid_body(vec![FieldError::new("/revision", detail)])
            }
            DeliveryError::Session(error) => error.into(),
        }
    }
}

impl From<HostLinkError> for Problem {
    fn from(error: HostLinkError) -> Self {
        match error {
            HostLinkError::Session(error) => error.into(),
            HostLinkError::NoLink(missing) => Self::new(Code::NoLink, no_link(missing)),
            HostLinkError::ReauthorizationRequired => of(Code::ReauthorizationRequired),
            HostLinkError::Unavailable { retry_after: None } => of(Code::ProviderUnavailable),
            HostLinkError::Unavailable { retry_after: Some(wait) } => Self::new(
                Code::ProviderUnavailable,
                "Ask again after the time in Retry-After: the provider takes no call before.",
            )
            .with_retry_after(wait),
        }
    }
}

/// Why there is nothing to host, and what to do.
fn no_link(missing: Missing) -> String {
    match missing {
        Missing::CustomLink => "Open the session's own link: nobody hosts a custom link.".into(),
        Missing::Gone => {
            "Ask again in a minute: the meeting is gone at the provider, and is made anew.".into()
        }
        Missing::Disconnected => {
            "Ask again in a minute: the account of the meeting was disconnected, and another one takes over."
                .into()
        }
        Missing::Status(status) => {
            let (name, reason) = (status.name(), status.reason().unwrap_or_default());
            format!("Look at the session's link: it is {name} ({reason}), and there is no meeting to host.")
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::UnknownSite => Self::unknown_site(),
            AccountError::UnknownAccount => {
                Self::new(Code::NotFound, "Connect an account first: there is none for this owner.")
            }
            AccountError::DefaultAccountRequired => of(Code::DefaultAccountRequired),
            AccountError::RevisionMismatch => of(Code::RevisionMismatch),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<PortalError> for Problem {
    fn from(error: PortalError) -> Self {
        match error {
            PortalError::UnknownSite => Self::unknown_site(),
            PortalError::Refused(refused) => refused.into(),
            PortalError::ForeignReturn => {
                let detail = "must start with an origin that portal.return_origins lists";
                Self::invalid_body(vec![FieldError::new("/return_to", detail)])
            }
            PortalError::UnknownLink | PortalError::ExpiredLink | PortalError::Ended => {
                Self::new(Code::NotFound, "Ask for a new portal link: this one is used up or over.")
            }
            PortalError::Store(error) => error.into(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotEntitled => of(Code::NotEntitled),
            Refused::NotYourAccount => of(Code::NotYourAccount),
            Refused::SelfServiceDisabled => of(Code::SelfServiceDisabled),
            Refused::DefaultAccountRequired => of(Code::DefaultAccountRequired),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(ref cause) => {
                warn!(error = %error, cause = %cause, "the store cannot be reached");
                store_unavailable()
            }
            StoreError::Destroyed => Self::unknown_site(),
            StoreError::Uncertain | StoreError::Contended => {
                warn!(error = %error, "a write is not confirmed");
                store_unavailable()
            }
            StoreError::Corrupt(ref cause) => {
                error!(error = %error, cause = %cause, "a record cannot be opened");
                Self::internal()
            }
        }
    }
}

/// A problem that says of itself what to do next.
fn store_unavailable() -> Problem {
    of(Code::StoreUnavailable).with_retry_after(STORE_RETRY)
}

fn of(code: Code) -> Problem {
    Problem::new(code, code.doc())
}
