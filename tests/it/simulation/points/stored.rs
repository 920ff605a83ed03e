//! Lays points around what a gateway does to the store. What it only reads has none.

use std::sync::Arc;

use greenroom::app::ports::attention::Attentions;
use greenroom::app::ports::attention::Noted;
use greenroom::app::ports::store::GrantChange;
use greenroom::app::ports::store::GrantUser;
use greenroom::app::ports::store::Grants;
use greenroom::app::ports::store::Life;
use greenroom::app::ports::store::SessionEntry;
use greenroom::app::ports::store::SessionRange;
use greenroom::app::ports::store::SiteChange;
use greenroom::app::ports::store::SiteSnapshot;
use greenroom::app::ports::store::Sites;
use greenroom::app::ports::store::Ticket;
use greenroom::app::ports::store::Tickets;
use greenroom::app::ports::store::Work;
use greenroom::app::ports::store::WorkItem;
use greenroom::app::ports::store::WorkPlace;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::app::ports::stored::StoreError;
use greenroom::app::ports::stored::Stored;
use greenroom::app::ports::tallies::Tallies;
use greenroom::app::ports::traces::AtVenue;
use greenroom::app::ports::traces::DeliveryPlace;
use greenroom::app::ports::traces::DeliveryRange;
use greenroom::app::ports::traces::Feed;
use greenroom::app::ports::traces::FeedPage;
use greenroom::app::ports::traces::Only;
use greenroom::app::ports::traces::Traces;
use greenroom::app::ports::traces::Window;
use greenroom::app::ports::webhooks::Directory;
use greenroom::app::ports::webhooks::Inbox;
use greenroom::app::ports::webhooks::Kept;
use greenroom::app::ports::webhooks::NotedSite;
use greenroom::app::ports::webhooks::Received;
use greenroom::domain::delivery::Delivery;
use greenroom::domain::delivery::DeliveryName;
use greenroom::domain::event::FeedPlace;
use greenroom::domain::grant::Grant;
use greenroom::domain::history::SitePast;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::NoticeId;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::id::TokenHash;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::notice::Notice;
use greenroom::domain::session::Session;
use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::domain::venue::Overlap;
use greenroom::domain::venue::Venue;
use jiff::Timestamp;

use crate::simulation::points::Post;

#[derive(Debug)]
pub(super) struct PointedSites(pub(super) Arc<dyn Sites>, pub(super) Post);

#[async_trait::async_trait]
impl Sites for PointedSites {
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError> {
        self.0.read(site, sessions).await
    }

    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError> {
        self.1.at("sites.commit", self.0.commit(change)).await
    }

    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError> {
        self.0.sessions(site, range).await
    }

    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError> {
        self.0.has_session_of(site, service).await
    }

    async fn remove(&self, site: &SiteId, basis: Basis) -> Result<Committed, StoreError> {
        self.1.at("sites.remove", self.0.remove(site, basis)).await
    }

    async fn purge(&self, site: &SiteId) -> Result<(), StoreError> {
        self.1.at("sites.purge", self.0.purge(site)).await
    }
}

#[derive(Debug)]
pub(super) struct PointedGrants(pub(super) Arc<dyn Grants>, pub(super) Post);

#[async_trait::async_trait]
impl Grants for PointedGrants {
    async fn id_of(&self, user: &GrantUser<'_>) -> Result<GrantId, StoreError> {
        self.0.id_of(user).await
    }

    async fn read(&self, id: &GrantId) -> Result<Stored<Grant>, StoreError> {
        self.0.read(id).await
    }

    async fn commit(&self, id: &GrantId, basis: Basis, change: GrantChange) -> Result<Committed, StoreError> {
        self.1.at("grants.commit", self.0.commit(id, basis, change)).await
    }

    async fn replace(&self, grant: &Grant, due: Timestamp) -> Result<Committed, StoreError> {
        self.0.replace(grant, due).await
    }
}

#[derive(Debug)]
pub(super) struct PointedTickets(pub(super) Arc<dyn Tickets>, pub(super) Post);

#[async_trait::async_trait]
impl Tickets for PointedTickets {
    async fn put_if_absent(&self, hash: &TokenHash, ticket: Ticket, life: Life) -> Result<(), StoreError> {
        self.1.at("tickets.put_if_absent", self.0.put_if_absent(hash, ticket, life)).await
    }

    async fn find(&self, hash: &TokenHash) -> Result<Option<(Basis, Ticket)>, StoreError> {
        self.0.find(hash).await
    }

    async fn replace(
        &self,
        hash: &TokenHash,
        basis: Basis,
        ticket: Ticket,
        life: Life,
    ) -> Result<Committed, StoreError> {
        self.1.at("tickets.replace", self.0.replace(hash, basis, ticket, life)).await
    }

    async fn take(&self, hash: &TokenHash) -> Result<Option<Ticket>, StoreError> {
        self.1.at("tickets.take", self.0.take(hash)).await
    }

    async fn remove(&self, hash: &TokenHash) -> Result<(), StoreError> {
        self.1.at("tickets.remove", self.0.remove(hash)).await
    }
}

#[derive(Debug)]
pub(super) struct PointedWork(pub(super) Arc<dyn Work>, pub(super) Post);

#[async_trait::async_trait]
impl Work for PointedWork {
    async fn places(&self, now: Timestamp, limit: usize) -> Result<Vec<WorkPlace>, StoreError> {
        self.0.places(now, limit).await
    }

    async fn due(
        &self,
        place: &WorkPlace,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, WorkItem)>, StoreError> {
        self.0.due(place, now, limit).await
    }

    async fn settle(&self, place: &WorkPlace, now: Timestamp) -> Result<(), StoreError> {
        self.1.at("work.settle", self.0.settle(place, now)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }
}

#[derive(Debug)]
pub(super) struct PointedTraces(pub(super) Arc<dyn Traces>, pub(super) Post);

#[async_trait::async_trait]
impl Traces for PointedTraces {
    async fn session_past(&self, site: &SiteId, session: &Session) -> Result<Vec<Session>, StoreError> {
        self.0.session_past(site, session).await
    }

    async fn site_past(&self, site: &SiteId, sessions: &[&Session]) -> Result<Vec<SitePast>, StoreError> {
        self.0.site_past(site, sessions).await
    }

    async fn at_venue(
        &self,
        site: &SiteId,
        venue: &Venue,
        window: &Window,
    ) -> Result<Vec<AtVenue>, StoreError> {
        self.0.at_venue(site, venue, window).await
    }

    async fn overlaps(
        &self,
        site: &SiteId,
        sessions: &[SessionId],
    ) -> Result<Vec<Stored<Vec<Overlap>>>, StoreError> {
        self.0.overlaps(site, sessions).await
    }

    async fn delivery(
        &self,
        site: &SiteId,
        session: &SessionId,
        name: &DeliveryName,
    ) -> Result<Stored<Delivery>, StoreError> {
        self.0.delivery(site, session, name).await
    }

    async fn deliveries(
        &self,
        site: &SiteId,
        range: &DeliveryRange,
    ) -> Result<Vec<(DeliveryPlace, Option<Arc<Delivery>>)>, StoreError> {
        self.0.deliveries(site, range).await
    }

    async fn forget(&self, site: &SiteId, session: &Session) -> Result<(), StoreError> {
        self.1.at("traces.forget", self.0.forget(site, session)).await
    }
}

#[derive(Debug)]
pub(super) struct PointedFeed(pub(super) Arc<dyn Feed>, pub(super) Post);

#[async_trait::async_trait]
impl Feed for PointedFeed {
    async fn relay(&self, site: &SiteId) -> Result<usize, StoreError> {
        self.1.at("feed.relay", self.0.relay(site)).await
    }

    async fn after(&self, place: FeedPlace, only: &Only, limit: usize) -> Result<FeedPage, StoreError> {
        self.0.after(place, only, limit).await
    }

    async fn end(&self) -> Result<FeedPlace, StoreError> {
        self.0.end().await
    }

    async fn count(&self, range: (FeedPlace, FeedPlace), only: &Only) -> Result<u64, StoreError> {
        self.0.count(range, only).await
    }
}

#[derive(Debug)]
pub(super) struct PointedTallies(pub(super) Arc<dyn Tallies>, pub(super) Post);

#[async_trait::async_trait]
impl Tallies for PointedTallies {
    async fn draw(&self, organisation: &str, draws: &[Draw]) -> Result<Drawn, StoreError> {
        self.1.at("tallies.draw", self.0.draw(organisation, draws)).await
    }
}

#[derive(Debug)]
pub(super) struct PointedInbox(pub(super) Arc<dyn Inbox>, pub(super) Post);

#[async_trait::async_trait]
impl Inbox for PointedInbox {
    async fn put_if_absent(&self, received: &Received, now: Timestamp) -> Result<Kept, StoreError> {
        self.1.at("inbox.put_if_absent", self.0.put_if_absent(received, now)).await
    }

    async fn find(&self, id: &NoticeId) -> Result<Option<Notice>, StoreError> {
        self.0.find(id).await
    }

    async fn put_off(&self, id: &NoticeId, due: Option<Timestamp>) -> Result<(), StoreError> {
        self.1.at("inbox.put_off", self.0.put_off(id, due)).await
    }
}

#[derive(Debug)]
pub(super) struct PointedDirectory(pub(super) Arc<dyn Directory>, pub(super) Post);

#[async_trait::async_trait]
impl Directory for PointedDirectory {
    async fn note_site(&self, organisation: &str, site: &SiteId, now: Timestamp) -> Result<(), StoreError> {
        self.1.at("directory.note_site", self.0.note_site(organisation, site, now)).await
    }

    async fn sites_of(
        &self,
        organisation: &str,
        after: Option<&NotedSite>,
    ) -> Result<Vec<NotedSite>, StoreError> {
        self.0.sites_of(organisation, after).await
    }

    async fn remove_site(&self, organisation: &str, noted: &NotedSite) -> Result<(), StoreError> {
        self.1.at("directory.remove_site", self.0.remove_site(organisation, noted)).await
    }

    async fn sessions_with(&self, site: &SiteId, meeting: &MeetingId) -> Result<Vec<SessionId>, StoreError> {
        self.0.sessions_with(site, meeting).await
    }
}

#[derive(Debug)]
pub(super) struct PointedAttentions(pub(super) Arc<dyn Attentions>, pub(super) Post);

#[async_trait::async_trait]
impl Attentions for PointedAttentions {
    async fn note(&self, site: &SiteId, sessions: &[SessionId], since: Timestamp) -> Result<(), StoreError> {
        self.1.at("attentions.note", self.0.note(site, sessions, since)).await
    }

    async fn noted(&self, after: Option<&Noted>, limit: usize) -> Result<Vec<Noted>, StoreError> {
        self.0.noted(after, limit).await
    }

    async fn remove(&self, noted: &[Noted]) -> Result<(), StoreError> {
        self.1.at("attentions.remove", self.0.remove(noted)).await
    }
}
