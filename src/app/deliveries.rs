//! Use cases: record who was handed which provider address, and list who holds an old one (R23).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::gateway::Gateway;
use crate::app::history::telling;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SiteChange;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::DeliveryPlace;
use crate::app::ports::traces::DeliveryRange;
use crate::app::ports::traces::Trace;
use crate::app::sessions;
use crate::app::sessions::SessionError;
use crate::app::sessions::SessionView;
use crate::domain::account::Revision;
use crate::domain::concealed::Concealed;
use crate::domain::delivery::Delivery;
use crate::domain::delivery::DeliveryName;
use crate::domain::delivery::address_of;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::link::Link;
use crate::domain::venue::LinkName;
use crate::domain::visibility::Audience;

/// How often a delivery is recorded anew because somebody wrote in between.
const ROUNDS: usize = 32;
/// How many deliveries are read at once.
const PAGE: usize = 100;
/// How many deliveries one call looks at, whether they are stale or not.
const MOST_LOOKED_AT: usize = 1_000;

/// What was handed to somebody.
#[derive(Debug, Clone)]
pub struct Handed {
    /// To whom, in the platform's own words.
    pub recipient: Concealed,
    /// By which way.
    pub channel: Audience,
    /// Which revision of the link.
    pub revision: Revision,
}

/// Why a delivery is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The link never had this revision.
    #[error("the link never had this revision")]
    UnknownRevision,
    /// The session cannot be read or saved.
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl From<StoreError> for DeliveryError {
    fn from(error: StoreError) -> Self {
        Self::Session(error.into())
    }
}

/// Records what somebody was handed. Who is handed a newer one by the same way holds that from then on; an older one
/// that is reported late changes nothing.
///
/// Refuses as [`DeliveryError`] says.
pub async fn record(
    gateway: &Gateway,
    site: &SiteId,
    session: &SessionId,
    handed: &Handed,
) -> Result<(), DeliveryError> {
    for _ in 0..ROUNDS {
        let snapshot = gateway.sites.read(site, std::slice::from_ref(session)).await?;
        let basis = snapshot.site.basis;
        let stands = snapshot.sessions.first().map(|stored| Trace::Stands(session.clone(), stored.basis));
        let view = SessionView::first_of(snapshot)?;
        let name = DeliveryName::of(&view.site.marker_key, &handed.recipient, handed.channel);
        let before = gateway.traces.delivery(site, session, &name).await?;
        let address = address(gateway, &view, handed.revision).await?;
        if before.value.as_ref().is_some_and(|before| before.revision >= handed.revision) {
            return Ok(());
        }
        let delivery = Delivery {
            session: session.clone(),
            recipient: handed.recipient.clone(),
            channel: handed.channel,
            revision: handed.revision,
            delivered_at: gateway.clock.now(),
            address,
        };
        let change = SiteChange {
            site: site.clone(),
            basis,
            put: None,
            sessions: Vec::new(),
            // What is forgotten meanwhile leaves no delivery behind.
            traces: [Trace::Delivery(name, before.basis, Arc::new(delivery))]
                .into_iter()
                .chain(stands)
                .collect(),
            redecide: Redecide::No,
        };
        if gateway.sites.commit(change).await? == Committed::Yes {
            return Ok(());
        }
    }
    Err(StoreError::Contended.into())
}

/// Which address a revision had, by name.
async fn address(
    gateway: &Gateway,
    view: &SessionView,
    revision: Revision,
) -> Result<Option<LinkName>, DeliveryError> {
    let key = &view.site.marker_key;
    let name = |link: Link<'_>| address_of(key, &link);
    if revision == view.session.link_revision(&view.site) {
        return Ok(name(view.link(gateway.clock.now())));
    }
    let mut told = telling(gateway, view).await?;
    let moment = told.find(|moment| moment.revision <= revision);
    let moment = moment.filter(|moment| moment.revision == revision).ok_or(DeliveryError::UnknownRevision)?;
    Ok(name(Link::of(&moment.site, &moment.session, moment.since)))
}

/// Somebody who holds an old address.
#[derive(Debug, Clone)]
pub struct Stale {
    /// What they were handed.
    pub delivery: Arc<Delivery>,
    /// Which revision the link has now.
    pub current: Revision,
}

/// Some of those who hold an old address, and after which to go on; `None` at the end.
#[derive(Debug, Clone, Default)]
pub struct StalePage {
    /// They.
    pub stale: Vec<Stale>,
    /// Few of them, or none, are not yet the end.
    pub next: Option<DeliveryPlace>,
}

/// Lists who holds an address that the link does not lead to any more, the longest first. Looks at a thousand
/// deliveries at most, so that one call is never long.
///
/// Refuses with [`SessionError::UnknownSite`], [`SessionError::Store`], and with [`SessionError::Unknown`] where one
/// session is asked for that is not there.
#[tracing::instrument(name = "deliveries.stale", skip_all, fields(site.id = %site))]
pub async fn stale(
    gateway: &Gateway,
    site: &SiteId,
    range: &DeliveryRange,
) -> Result<StalePage, SessionError> {
    let own = range.session.as_slice();
    let snapshot = gateway.sites.read(site, own).await?;
    if snapshot.site.value.is_none() {
        return Err(SessionError::UnknownSite);
    }
    if !own.is_empty() {
        SessionView::first_of(snapshot)?;
    }
    let mut page = StalePage { stale: Vec::new(), next: range.after.clone() };
    let mut looked_at = 0;
    while looked_at < MOST_LOOKED_AT {
        let asked = DeliveryRange { after: page.next.clone(), limit: PAGE, ..range.clone() };
        let found = gateway.traces.deliveries(site, &asked).await?;
        looked_at += found.len();
        let is_last = found.len() < PAGE;
        let views = views(gateway, site, &found).await?;
        for (place, delivery) in found {
            if page.stale.len() >= range.limit {
                return Ok(page);
            }
            page.next = Some(place);
            let Some(delivery) = delivery else { continue };
            let Some(view) = views.get(&delivery.session) else { continue };
            if delivery.is_stale(&view.site.marker_key, &view.link(gateway.clock.now())) {
                let current = view.session.link_revision(&view.site);
                page.stale.push(Stale { delivery, current });
            }
        }
        if is_last {
            page.next = None;
            return Ok(page);
        }
    }
    Ok(page)
}

/// The sessions of some deliveries, as they are now.
async fn views(
    gateway: &Gateway,
    site: &SiteId,
    found: &[(DeliveryPlace, Option<Arc<Delivery>>)],
) -> Result<BTreeMap<SessionId, SessionView>, SessionError> {
    let mut ids =
        found.iter().filter_map(|(_, delivery)| Some(delivery.as_ref()?.session.clone())).collect::<Vec<_>>();
    ids.sort();
    ids.dedup();
    let read = sessions::find_many(gateway, site, &ids).await?;
    Ok(ids.into_iter().zip(read).filter_map(|(id, view)| Some((id, view?))).collect())
}
