//! Use case: lead a participant from a permanent join address to whatever the session's link is now (R22, R25).

use std::time::Duration;

use jiff::Timestamp;

use crate::app::gateway::Gateway;
use crate::app::ports::store::Ticket;
use crate::app::ports::stored::StoreError;
use crate::domain::account::Provider;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::join::JoinToken;
use crate::domain::link::Absence;
use crate::domain::link::Link;
use crate::domain::link::Pending;
use crate::domain::link::Status;
use crate::domain::locale::Locale;
use crate::domain::meeting::after;
use crate::domain::pause::PauseReason;
use crate::domain::service::ServiceKind;
use crate::domain::session::Booking;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::visibility::ServiceVisibility;
use crate::domain::visibility::Sight;
use crate::domain::visibility::sight;

/// How long after its end a session's address still leads on (contract.md section 3, Public).
const OPEN_AFTER_END: Duration = Duration::from_hours(24);

/// Hosts that hold meetings and nothing else, so that an address on them cannot be mistaken for another thing.
/// Their subdomains count as well: hosts whose subdomains anybody may fill do not belong here.
const MEETING_HOSTS: [&str; 16] = [
    "8x8.vc",
    "bluejeans.com",
    "chime.aws",
    "facetime.apple.com",
    "gotomeet.me",
    "gotomeeting.com",
    "meet.goto.com",
    "meet.google.com",
    "meet.jit.si",
    "meet.ringcentral.com",
    "teams.live.com",
    "teams.microsoft.com",
    "webex.com",
    "whereby.com",
    "zoom.us",
    "zoomgov.com",
];

/// Where a join address leads now.
#[derive(Debug)]
pub enum Way {
    /// Straight to the provider.
    Straight(LinkUrl),
    /// To a page that says where it leads, then there.
    Shown(Box<Shown>),
    /// Nowhere yet: to a page that tries again.
    Waiting(Waiting),
    /// Nowhere: hidden, removed, cancelled and unknown are all alike.
    Nowhere,
    /// Nowhere any more.
    Over,
}

/// A link that is shown before anybody follows it.
#[derive(Debug)]
pub struct Shown {
    /// Whose session it is.
    pub business: String,
    /// The language of the site.
    pub locale: Locale,
    /// What participants know the session by.
    pub title: String,
    /// Where it leads.
    pub url: LinkUrl,
    /// What they type to get in.
    pub password: Option<Concealed>,
    /// What they read beside it.
    pub description: Option<Concealed>,
}

/// A link that is not there yet.
#[derive(Debug)]
pub struct Waiting {
    /// Whose session it is.
    pub business: String,
    /// The language of the site.
    pub locale: Locale,
    /// What participants know the session by.
    pub title: String,
    /// Whether it is being made, or somebody must act first.
    pub why: Why,
}

/// Why a link is not there yet, as far as a participant should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is being made.
    Making,
    /// The business must do something about it.
    Business,
}

/// Says where a join address leads now. Costs two reads, and never a call to a provider.
///
/// Refuses only with a [`StoreError`]: whatever is wrong with an address leads [`Way::Nowhere`].
#[tracing::instrument(name = "join", skip_all)]
pub async fn join(gateway: &Gateway, token: &str) -> Result<Way, StoreError> {
    let Some(token) = JoinToken::parse(token) else { return Ok(Way::Nowhere) };
    let found = gateway.tickets.find(&token.locator().hash()).await?;
    let Some((_, Ticket::Join(target))) = found else { return Ok(Way::Nowhere) };
    let snapshot = gateway.sites.read(&target.site, std::slice::from_ref(&target.session)).await?;
    let session = snapshot.sessions.into_iter().next().and_then(|stored| stored.value);
    let (Some(site), Some(session)) = (snapshot.site.value, session) else { return Ok(Way::Nowhere) };
    Ok(way(&site, &session, &token, gateway.clock.now()))
}

fn way(site: &Site, session: &Session, token: &JoinToken, now: Timestamp) -> Way {
    let (Some(audience), Some(booking)) = (session.join.audience_of(token), &session.booking) else {
        return Way::Nowhere;
    };
    let service = site.services.get(&booking.service_id);
    let visibility = service.map_or_else(ServiceVisibility::default, |service| service.visibility);
    if sight(&site.settings.visibility, &visibility, audience) == Sight::Hidden {
        return Way::Nowhere;
    }
    let link = Link::of(site, session, now);
    match (link.status, link.provider_url) {
        (Status::None(Absence::Rule(_)), _) => Way::Nowhere,
        (Status::None(Absence::SessionEnded), _) => Way::Over,
        _ if now > after(booking.ends_at(), OPEN_AFTER_END) => Way::Over,
        (Status::Ready, Some(url)) => ready(site, &link, url, title(site, booking)),
        (Status::Pending(Pending::Paused(PauseReason::Reauthorization)) | Status::Failed(_), _) => {
            waiting(site, booking, Why::Business)
        }
        (Status::Pending(_) | Status::Ready, _) => waiting(site, booking, Why::Making),
    }
}

fn ready(site: &Site, link: &Link<'_>, url: &LinkUrl, title: String) -> Way {
    let is_bare = link.password.is_none() && link.description.is_none();
    let is_known = link.provider == Some(Provider::Zoom) || (is_bare && is_meeting_host(url.host()));
    if is_known {
        return Way::Straight(url.clone());
    }
    Way::Shown(Box::new(Shown {
        business: site.settings.display_name.clone(),
        locale: site.settings.locale,
        title,
        url: url.clone(),
        password: link.password.cloned(),
        description: link.description.cloned(),
    }))
}

fn waiting(site: &Site, booking: &Booking, why: Why) -> Way {
    Way::Waiting(Waiting {
        business: site.settings.display_name.clone(),
        locale: site.settings.locale,
        title: title(site, booking),
        why,
    })
}

/// What participants know a session by. That of an appointment may name its customer, and addresses are passed on:
/// there it is the service's name.
fn title(site: &Site, booking: &Booking) -> String {
    match site.services.get(&booking.service_id) {
        Some(service) if service.kind == ServiceKind::Appointment => service.name.clone(),
        Some(_) | None => booking.title.clone(),
    }
}

fn is_meeting_host(host: &str) -> bool {
    MEETING_HOSTS
        .iter()
        .any(|known| host.strip_suffix(known).is_some_and(|below| below.is_empty() || below.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_meetings_and_their_subdomains_are_known() {
        for known in ["zoom.us", "us02web.zoom.us", "meet.google.com", "acme.webex.com"] {
            assert!(is_meeting_host(known), "{known}");
        }
        for other in ["evilzoom.us", "zoom.us.evil.example", "google.com", "docs.google.com", "live.com", ""]
        {
            assert!(!is_meeting_host(other), "{other}");
        }
    }
}
