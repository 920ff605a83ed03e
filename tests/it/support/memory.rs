//! An honest store in memory: whole values, versions that are never reused, all of a commit or nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;

use greenroom::app::ports::attention::Attentions;
use greenroom::app::ports::attention::Noted;
use greenroom::app::ports::store::GrantChange;
use greenroom::app::ports::store::GrantUser;
use greenroom::app::ports::store::Grants;
use greenroom::app::ports::store::JoinTarget;
use greenroom::app::ports::store::Life;
use greenroom::app::ports::store::SessionEntry;
use greenroom::app::ports::store::SessionRange;
use greenroom::app::ports::store::SessionWrite;
use greenroom::app::ports::store::SessionsOf;
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
use greenroom::domain::grant::Grant;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::id::TokenHash;
use greenroom::domain::session::Session;
use greenroom::domain::site::Site;
use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::domain::tally::Tally;
use jiff::Timestamp;

/// A value, and what it was written as.
type Versioned<T> = (u64, T);

/// A grant, and when it needs attention next.
type Tended = (Arc<Grant>, Timestamp);

#[derive(Default)]
struct Shelves {
    version: u64,
    broken: Option<&'static str>,
    sites: BTreeMap<SiteId, Versioned<Arc<Site>>>,
    sessions: BTreeMap<(SiteId, SessionId), Versioned<Arc<Session>>>,
    grants: BTreeMap<GrantId, Versioned<Tended>>,
    tickets: BTreeMap<TokenHash, Versioned<Ticket>>,
    needs: BTreeMap<(SiteId, SessionId), Timestamp>,
    numbers: BTreeMap<String, BTreeMap<Tally, i64>>,
}

/// A store that forgets everything with the test.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Shelves>);

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    /// From here on the store gives no answer, until it is mended.
    pub(crate) fn break_down(&self) {
        self.0.lock().unwrap().broken = Some("cut");
    }

    /// The store answers again.
    pub(crate) fn mend(&self) {
        self.0.lock().unwrap().broken = None;
    }

    /// Puts a site as it is.
    pub(crate) fn put_site(&self, site: Site) {
        let mut shelves = self.0.lock().unwrap();
        let version = shelves.next();
        shelves.sites.insert(site.id.clone(), (version, Arc::new(site)));
    }

    /// The site as it is.
    pub(crate) fn site(&self, id: &SiteId) -> Site {
        Site::clone(&self.0.lock().unwrap().sites[id].1)
    }

    /// Puts a session, and what its join addresses find.
    pub(crate) fn put_session(&self, site: &SiteId, session: Session) {
        let mut shelves = self.0.lock().unwrap();
        let version = shelves.next();
        let target = JoinTarget { site: site.clone(), session: session.id.clone() };
        shelves.tickets.insert(session.join.locator().hash(), (version, Ticket::Join(target)));
        shelves.sessions.insert((site.clone(), session.id.clone()), (version, Arc::new(session)));
    }

    /// The session as it is.
    pub(crate) fn session(&self, site: &SiteId, id: &SessionId) -> Session {
        Session::clone(&self.0.lock().unwrap().sessions[&(site.clone(), id.clone())].1)
    }

    /// Every grant there is, and when it needs attention.
    pub(crate) fn grants(&self) -> Vec<Tended> {
        self.0.lock().unwrap().grants.values().map(|(_, grant)| grant.clone()).collect()
    }

    fn shelves(&self) -> Result<MutexGuard<'_, Shelves>, StoreError> {
        let shelves = self.0.lock().unwrap();
        match shelves.broken {
            Some(why) => Err(StoreError::Unavailable(Arc::new(std::io::Error::other(why)))),
            None => Ok(shelves),
        }
    }
}

impl Shelves {
    fn next(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    fn stored<T>(&self, found: Option<&Versioned<Arc<T>>>) -> Stored<T> {
        match found {
            Some((version, value)) => {
                Stored { basis: Basis::Version(*version), value: Some(Arc::clone(value)) }
            }
            None => Stored { basis: Basis::Absent { floor: self.version }, value: None },
        }
    }
}

fn holds<T>(basis: Basis, found: Option<&Versioned<T>>) -> bool {
    match (basis, found) {
        (Basis::Absent { .. }, None) => true,
        (Basis::Version(read), Some((version, _))) => read == *version,
        (Basis::Absent { .. }, Some(_)) | (Basis::Version(_), None) => false,
    }
}

#[async_trait::async_trait]
impl Sites for Memory {
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError> {
        let shelves = self.shelves()?;
        let session = |id: &SessionId| shelves.stored(shelves.sessions.get(&(site.clone(), id.clone())));
        Ok(SiteSnapshot {
            site: shelves.stored(shelves.sites.get(site)),
            sessions: sessions.iter().map(session).collect(),
            overlaps: sessions.iter().map(|_| shelves.stored(None)).collect(),
        })
    }

    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError> {
        let mut shelves = self.shelves()?;
        let session_holds =
            |id: &SessionId, basis| holds(basis, shelves.sessions.get(&(change.site.clone(), id.clone())));
        if !holds(change.basis, shelves.sites.get(&change.site))
            || !change.sessions.iter().all(|session| session_holds(&session.id, session.basis))
        {
            return Ok(Committed::Conflict);
        }
        let version = shelves.next();
        if let Some(site) = change.put {
            shelves.sites.insert(change.site.clone(), (version, site));
        }
        for session in change.sessions {
            let key = (change.site.clone(), session.id);
            match session.write {
                SessionWrite::Put(put) => drop(shelves.sessions.insert(key, (version, put))),
                SessionWrite::Remove => drop(shelves.sessions.remove(&key)),
                SessionWrite::Keep => {}
            }
        }
        Ok(Committed::Yes)
    }

    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError> {
        let shelves = self.shelves()?;
        let of_site = shelves.sessions.iter().filter(|((of, _), _)| of == site);
        let mut entries: Vec<SessionEntry> = of_site
            .filter_map(|((_, id), (_, session))| {
                let booking = session.booking.as_ref()?;
                let is_of = match &range.of {
                    SessionsOf::All => true,
                    SessionsOf::Service(service) => booking.service_id == *service,
                    SessionsOf::Staff(member) => booking.staff_ids.contains(member),
                };
                is_of.then(|| SessionEntry { id: id.clone(), starts_at: booking.starts_at })
            })
            .filter(|entry| entry.starts_at >= range.from && entry.starts_at < range.to)
            .collect();
        entries.sort_by(|one, two| (one.starts_at, &one.id).cmp(&(two.starts_at, &two.id)));
        let after = range.after.as_ref().map(|after| (after.starts_at, after.id.clone()));
        entries
            .retain(|entry| after.as_ref().is_none_or(|after| (entry.starts_at, entry.id.clone()) > *after));
        entries.truncate(range.limit);
        Ok(entries)
    }

    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError> {
        let of = SessionsOf::Service(service.clone());
        let any = SessionRange { of, from: Timestamp::MIN, to: Timestamp::MAX, after: None, limit: 1 };
        Ok(!self.sessions(site, &any).await?.is_empty())
    }

    async fn remove(&self, site: &SiteId, basis: Basis) -> Result<Committed, StoreError> {
        let mut shelves = self.shelves()?;
        if !holds(basis, shelves.sites.get(site)) {
            return Ok(Committed::Conflict);
        }
        shelves.sites.remove(site);
        shelves.sessions.retain(|(of, _), _| of != site);
        Ok(Committed::Yes)
    }

    async fn purge(&self, site: &SiteId) -> Result<(), StoreError> {
        let mut shelves = self.shelves()?;
        if !shelves.sites.contains_key(site) {
            shelves.sessions.retain(|(of, _), _| of != site);
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Grants for Memory {
    async fn id_of(&self, user: &GrantUser<'_>) -> Result<GrantId, StoreError> {
        let text = format!("{}{}{}", user.client_id, user.account_id, user.user_id).to_lowercase();
        let letters: String =
            text.chars().filter(char::is_ascii_lowercase).chain("a".repeat(26).chars()).take(26).collect();
        Ok(GrantId::parse(&letters).expect("26 letters"))
    }

    async fn read(&self, id: &GrantId) -> Result<Stored<Grant>, StoreError> {
        let shelves = self.shelves()?;
        let found = shelves.grants.get(id).map(|(version, (grant, _))| (*version, Arc::clone(grant)));
        Ok(shelves.stored(found.as_ref()))
    }

    async fn commit(&self, id: &GrantId, basis: Basis, change: GrantChange) -> Result<Committed, StoreError> {
        let mut shelves = self.shelves()?;
        if !holds(basis, shelves.grants.get(id)) {
            return Ok(Committed::Conflict);
        }
        let version = shelves.next();
        match change {
            GrantChange::Put { grant, due } => shelves.grants.insert(id.clone(), (version, (grant, due))),
            GrantChange::Remove => shelves.grants.remove(id),
        };
        Ok(Committed::Yes)
    }

    async fn replace(&self, _: &Grant, _: Timestamp) -> Result<Committed, StoreError> {
        // All of them can be opened.
        Ok(Committed::Conflict)
    }
}

#[async_trait::async_trait]
impl Tickets for Memory {
    async fn put_if_absent(&self, hash: &TokenHash, ticket: Ticket, _: Life) -> Result<(), StoreError> {
        let mut shelves = self.shelves()?;
        let version = shelves.next();
        shelves.tickets.entry(hash.clone()).or_insert((version, ticket));
        Ok(())
    }

    async fn find(&self, hash: &TokenHash) -> Result<Option<(Basis, Ticket)>, StoreError> {
        let shelves = self.shelves()?;
        let found = shelves.tickets.get(hash);
        Ok(found.map(|(version, ticket)| (Basis::Version(*version), ticket.clone())))
    }

    async fn replace(
        &self,
        hash: &TokenHash,
        basis: Basis,
        ticket: Ticket,
        _: Life,
    ) -> Result<Committed, StoreError> {
        let mut shelves = self.shelves()?;
        if !holds(basis, shelves.tickets.get(hash)) {
            return Ok(Committed::Conflict);
        }
        let version = shelves.next();
        shelves.tickets.insert(hash.clone(), (version, ticket));
        Ok(Committed::Yes)
    }

    async fn take(&self, hash: &TokenHash) -> Result<Option<Ticket>, StoreError> {
        Ok(self.shelves()?.tickets.remove(hash).map(|(_, ticket)| ticket))
    }

    async fn remove(&self, hash: &TokenHash) -> Result<(), StoreError> {
        self.shelves()?.tickets.remove(hash);
        Ok(())
    }
}

#[async_trait::async_trait]
impl Attentions for Memory {
    async fn note(&self, site: &SiteId, sessions: &[SessionId], since: Timestamp) -> Result<(), StoreError> {
        let noted = sessions.iter().map(|session| ((site.clone(), session.clone()), since));
        self.shelves()?.needs.extend(noted);
        Ok(())
    }

    async fn noted(&self, after: Option<&Noted>, limit: usize) -> Result<Vec<Noted>, StoreError> {
        let shelves = self.shelves()?;
        let noted = shelves.needs.iter().map(|((site, session), since)| {
            let (since, site, session) = (*since, site.clone(), session.clone());
            Noted { since, site, session }
        });
        let mut noted = noted.filter(|noted| after.is_none_or(|after| noted > after)).collect::<Vec<_>>();
        noted.sort();
        noted.truncate(limit);
        Ok(noted)
    }

    async fn remove(&self, noted: &[Noted]) -> Result<(), StoreError> {
        let mut shelves = self.shelves()?;
        for Noted { since, site, session } in noted {
            let key = (site.clone(), session.clone());
            if shelves.needs.get(&key) == Some(since) {
                shelves.needs.remove(&key);
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Tallies for Memory {
    async fn draw(&self, organisation: &str, draws: &[Draw]) -> Result<Drawn, StoreError> {
        let mut shelves = self.shelves()?;
        Ok(Drawn::from(shelves.numbers.entry(organisation.to_owned()).or_default(), draws))
    }
}

#[async_trait::async_trait]
impl Work for Memory {
    async fn places(&self, _: Timestamp, _: usize) -> Result<Vec<WorkPlace>, StoreError> {
        Ok(Vec::new())
    }

    async fn due(
        &self,
        _: &WorkPlace,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<(Timestamp, WorkItem)>, StoreError> {
        Ok(Vec::new())
    }

    async fn settle(&self, _: &WorkPlace, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.shelves().map(drop)
    }
}
