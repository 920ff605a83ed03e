//! Owns in the store what changes leave beside what they change, in the partition of their site.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::ports::traces::AtVenue;
use crate::app::ports::traces::DeliveryPlace;
use crate::app::ports::traces::DeliveryRange;
use crate::app::ports::traces::Trace;
use crate::app::ports::traces::Traces;
use crate::app::ports::traces::Window;
use crate::domain::delivery::Delivery;
use crate::domain::delivery::DeliveryName;
use crate::domain::history::SitePast;
use crate::domain::history::Stood;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::session::Session;
use crate::domain::venue::Overlap;
use crate::domain::venue::Venue;
use crate::store::keys;
use crate::store::keys::IndexName;
use crate::store::keys::Key;
use crate::store::keys::Partition;
use crate::store::listed;
use crate::store::records::Record;
use crate::store::sealed::Entry;
use crate::store::sealed::Expect;
use crate::store::sealed::IndexChange;
use crate::store::sealed::Opened;
use crate::store::sealed::Order;
use crate::store::sealed::Range;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedChange;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Want;
use crate::store::values::put;
use crate::store::values::sealed_change;
use crate::store::values::value_of;
use crate::store::work;

/// How much is read, or removed, at a time.
const CHUNK: usize = 100;
/// So many earlier states of a session are told, the newest.
const MOST_TOLD: u32 = 1_000;
/// A record that nobody wrote before.
const NEW: Basis = Basis::Absent { floor: 0 };

/// What one trace adds to a commit.
#[derive(Debug, Default)]
pub(in crate::store) struct Written {
    pub(in crate::store) changes: Vec<SealedChange>,
    pub(in crate::store) index: Vec<IndexChange>,
    pub(in crate::store) due: Option<Timestamp>,
}

/// How a trace is written.
pub(in crate::store) fn written(trace: &Trace) -> Written {
    match trace {
        Trace::Event(event) => {
            let id = event.id.as_str();
            let score = event.occurred_at.as_millisecond();
            // In the order of the commits, whatever the clock of the replica says.
            let waiting = IndexChange::Append { index: keys::OUTBOX, member: id.into(), score };
            let due = work::as_due(&work::event_member(id), Some(event.occurred_at));
            Written {
                changes: vec![sealed_change(keys::event(&event.id), NEW, put(event, None))],
                index: vec![waiting, due],
                due: Some(event.occurred_at),
            }
        }
        Trace::SitePast(past) => {
            let score = i64::try_from(past.number).unwrap_or(i64::MAX);
            let entry = IndexChange::Add { index: keys::SITE_PAST, member: member(past), score };
            let changes = vec![sealed_change(keys::site_past(past.number), NEW, put(past, None))];
            Written { changes, index: vec![entry], due: None }
        }
        Trace::SessionPast(session) => {
            let key = keys::session_past(&session.id, session.past.kept);
            Written { changes: vec![sealed_change(key, NEW, put(&**session, None))], ..Written::default() }
        }
        Trace::Look(session, due) => {
            let index = vec![work::as_due(&work::look_member(session), *due)];
            Written { index, due: *due, ..Written::default() }
        }
        Trace::Stands(session, basis) => {
            let changes = vec![sealed_change(keys::session(session), *basis, SealedWrite::Check)];
            Written { changes, ..Written::default() }
        }
        Trace::Overlaps(session, basis, others) => {
            let write = match (others.is_empty(), basis) {
                (false, _) => put(others, None),
                (true, Basis::Version(_)) => SealedWrite::Remove,
                (true, Basis::Absent { .. }) => SealedWrite::Check,
            };
            let changes = vec![sealed_change(keys::overlaps(session), *basis, write)];
            Written { changes, ..Written::default() }
        }
        Trace::Delivery(name, basis, delivery) => {
            let key = keys::delivery(&delivery.session, name);
            let index = [keys::DELIVERIES, keys::deliveries_of(&delivery.session)].map(|index| {
                let member = delivery_member(&delivery.session, name);
                IndexChange::Add { index, member, score: delivery.delivered_at.as_millisecond() }
            });
            let changes = vec![sealed_change(key, *basis, put(&**delivery, None))];
            Written { changes, index: index.into(), due: None }
        }
    }
}

/// How what stood before is indexed: by what the links follow of it.
fn member(past: &SitePast) -> String {
    let followed = match &past.before {
        Stood::Plan { .. } => "plan".to_owned(),
        Stood::Account(owner, _) => owner.to_string(),
        Stood::Service(id, _) => format!("service/{id}"),
    };
    format!("{}/{followed}", past.number)
}

/// Whether any of these sessions follows what is indexed so; what it says, if it is one of ours.
fn followed(member: &str, sessions: &[&Session]) -> Option<u64> {
    let (number, followed) = member.split_once('/')?;
    let bookings = || sessions.iter().filter_map(|session| session.booking.as_ref());
    let is_followed = match followed.split_once('/') {
        None => true,
        Some(("staff", id)) => {
            bookings().any(|booking| booking.staff_ids.iter().any(|member| member.as_str() == id))
        }
        Some((_, id)) => bookings().any(|booking| booking.service_id.as_str() == id),
    };
    if is_followed { number.parse().ok() } else { None }
}

fn delivery_member(session: &SessionId, name: &DeliveryName) -> String {
    format!("{session}/{}", name.as_str())
}

fn delivery_place(entry: &Entry) -> Option<DeliveryPlace> {
    let (session, name) = entry.member.split_once('/')?;
    let (session, name) = (SessionId::parse(session).ok()?, DeliveryName::parse(name)?);
    Some(DeliveryPlace { at_ms: entry.score, session, name })
}

/// What changes left, over the sealed store.
#[derive(Debug)]
pub struct StoredTraces {
    sealed: Arc<Sealed>,
}

impl StoredTraces {
    /// Lays traces on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    /// Reads records in chunks; those that are gone are left out.
    async fn read<T: Record>(&self, partition: &Partition, keys: &[Key]) -> Result<Vec<Arc<T>>, StoreError> {
        let mut values = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(CHUNK) {
            let wants = chunk.iter().cloned().map(Want::new).collect::<Vec<_>>();
            let read = self.sealed.read(partition, &wants).await?;
            for found in read.opened {
                values.extend(value_of::<T>(found, read.floor.0)?.value);
            }
        }
        Ok(values)
    }

    /// Goes through a whole index.
    async fn entries(&self, partition: &Partition, index: &IndexName) -> Result<Vec<Entry>, StoreError> {
        let (min, max, order) = (0, work::FAR, Order::Ascending);
        let mut range = Range { min, max, after: None, limit: CHUNK, order };
        let mut entries = Vec::new();
        loop {
            let page = self.sealed.range(partition, index, &range).await?;
            let is_last = page.len() < CHUNK;
            range.after = page.last().cloned();
            entries.extend(page);
            if is_last {
                return Ok(entries);
            }
        }
    }

    /// Removes records, and entries of those that are there.
    async fn remove(
        &self,
        partition: &Partition,
        gone: Vec<(Key, Vec<IndexChange>)>,
    ) -> Result<(), StoreError> {
        let wants = gone.iter().map(|(key, _)| Want::new(key.clone())).collect::<Vec<_>>();
        let read = self.sealed.read(partition, &wants).await?;
        let (mut changes, mut index) = (Vec::new(), Vec::new());
        for ((key, entries), found) in gone.into_iter().zip(read.opened) {
            let (Opened::Record { version, .. } | Opened::Unchanged(version)) = found else { continue };
            changes.push(SealedChange { key, expect: Expect::Version(version), write: SealedWrite::Remove });
            index.extend(entries);
        }
        if changes.is_empty() {
            return Ok(());
        }
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index };
        match self.sealed.commit(partition, &commit).await?.into() {
            Committed::Yes => Ok(()),
            Committed::Conflict => Err(StoreError::Contended),
        }
    }
}

#[async_trait::async_trait]
impl Traces for StoredTraces {
    async fn session_past(&self, site: &SiteId, session: &Session) -> Result<Vec<Session>, StoreError> {
        let newest = session.past.kept.saturating_sub(MOST_TOLD);
        let numbers = session.past.told_from.max(newest)..session.past.kept;
        let keys = numbers.map(|number| keys::session_past(&session.id, number)).collect::<Vec<_>>();
        let states = self.read(&Partition::Site(site.clone()), &keys).await?;
        Ok(states.into_iter().map(Arc::unwrap_or_clone).collect())
    }

    async fn site_past(&self, site: &SiteId, sessions: &[&Session]) -> Result<Vec<SitePast>, StoreError> {
        let partition = Partition::Site(site.clone());
        let entries = self.entries(&partition, &keys::SITE_PAST).await?;
        let numbers = entries.iter().filter_map(|entry| followed(&entry.member, sessions));
        let keys = numbers.map(keys::site_past).collect::<Vec<_>>();
        let states = self.read(&partition, &keys).await?;
        Ok(states.into_iter().map(Arc::unwrap_or_clone).collect())
    }

    async fn at_venue(
        &self,
        site: &SiteId,
        venue: &Venue,
        window: &Window,
    ) -> Result<Vec<AtVenue>, StoreError> {
        let range = Range {
            min: window.after.as_millisecond().saturating_add(1),
            max: window.before.as_millisecond().saturating_sub(1),
            after: None,
            limit: window.limit,
            order: Order::Descending,
        };
        let index = keys::sessions_at(venue);
        let entries = self.sealed.range(&Partition::Site(site.clone()), &index, &range).await?;
        Ok(entries.iter().filter_map(listed::at_venue).collect())
    }

    async fn overlaps(
        &self,
        site: &SiteId,
        sessions: &[SessionId],
    ) -> Result<Vec<Stored<Vec<Overlap>>>, StoreError> {
        if sessions.is_empty() {
            return Ok(Vec::new());
        }
        let wants = sessions.iter().map(|session| Want::new(keys::overlaps(session))).collect::<Vec<_>>();
        let read = self.sealed.read(&Partition::Site(site.clone()), &wants).await?;
        let floor = read.floor.0;
        read.opened.into_iter().map(|found| value_of(found, floor)).collect()
    }

    async fn delivery(
        &self,
        site: &SiteId,
        session: &SessionId,
        name: &DeliveryName,
    ) -> Result<Stored<Delivery>, StoreError> {
        let want = Want::new(keys::delivery(session, name));
        let read = self.sealed.read(&Partition::Site(site.clone()), &[want]).await?;
        value_of(read.opened.into_iter().next().unwrap_or(Opened::Absent), read.floor.0)
    }

    async fn deliveries(
        &self,
        site: &SiteId,
        range: &DeliveryRange,
    ) -> Result<Vec<(DeliveryPlace, Option<Arc<Delivery>>)>, StoreError> {
        let partition = Partition::Site(site.clone());
        let index = range.session.as_ref().map_or(keys::DELIVERIES, keys::deliveries_of);
        let after = range
            .after
            .as_ref()
            .map(|place| Entry { score: place.at_ms, member: delivery_member(&place.session, &place.name) });
        let asked = Range { min: 0, max: work::FAR, after, limit: range.limit, order: Order::Ascending };
        let entries = self.sealed.range(&partition, &index, &asked).await?;
        let places = entries.iter().filter_map(delivery_place).collect::<Vec<_>>();
        let wants = places.iter().map(|place| Want::new(keys::delivery(&place.session, &place.name)));
        let read = self.sealed.read(&partition, &wants.collect::<Vec<_>>()).await?;
        let mut found = Vec::with_capacity(places.len());
        for (place, opened) in places.into_iter().zip(read.opened) {
            found.push((place, value_of::<Delivery>(opened, read.floor.0)?.value));
        }
        Ok(found)
    }

    async fn forget(&self, site: &SiteId, session: &Session) -> Result<(), StoreError> {
        let partition = Partition::Site(site.clone());
        let of_session = keys::deliveries_of(&session.id);
        let delivered = self.entries(&partition, &of_session).await?;
        let delivered = delivered.iter().filter_map(|entry| {
            let place = delivery_place(entry)?;
            let both = [keys::DELIVERIES, of_session.clone()];
            let entries = both.map(|index| IndexChange::Remove { index, member: entry.member.clone() });
            Some((keys::delivery(&place.session, &place.name), entries.to_vec()))
        });
        let past = (0..session.past.kept).map(|number| keys::session_past(&session.id, number));
        let others = past.chain([keys::overlaps(&session.id)]).map(|key| (key, Vec::new()));
        let all = delivered.chain(others).collect::<Vec<_>>();
        for chunk in all.chunks(CHUNK) {
            self.remove(&partition, chunk.to_vec()).await?;
        }
        Ok(())
    }
}
