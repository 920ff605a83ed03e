//! Use case: what needs a person (R28): list it, try it again, or leave it as it is.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;
use jiff::Timestamp;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::attention::Noted;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::schedule;
use crate::domain::account::Account;
use crate::domain::account::Owner;
use crate::domain::attention::Attention;
use crate::domain::attention::attention_of;
use crate::domain::attention::retried;
use crate::domain::id::GrantId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// How many notes are read at a time.
const PAGE: usize = 100;
/// How many sites are read or changed at once.
const AT_ONCE: usize = 8;
/// The commit that a note was written for is over after this, or never was.
const COMMIT_TIME: Duration = Duration::from_mins(1);

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose it is, and since when.
    pub noted: Noted,
    /// What it is.
    pub attention: Attention,
    /// Whose account of the site its host is; `None` where no account is connected to that host any more.
    pub owner: Option<Owner>,
}

/// Names a session whose jobs are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobName {
    /// Of which site.
    pub site: SiteId,
    /// Which session.
    pub session: SessionId,
}

/// Some of what needs a person, the longest standing first.
#[derive(Debug)]
pub struct JobPage {
    /// May be empty before the end.
    pub jobs: Vec<Job>,
    /// Where to go on; `None` at the end.
    pub next: Option<Noted>,
}

/// Lists what needs a person, page by page, of all sites or of one. Notes that are left over are swept.
pub async fn list(
    gateway: &Gateway,
    site: Option<&SiteId>,
    after: Option<&Noted>,
) -> Result<JobPage, StoreError> {
    let mut noted = gateway.attentions.noted(after, PAGE).await?;
    let next = noted.last().filter(|_| noted.len() == PAGE).cloned();
    noted.retain(|noted| site.is_none_or(|site| noted.site == *site));
    let mut by_site = BTreeMap::<_, Vec<_>>::new();
    for noted in noted {
        by_site.entry(noted.site.clone()).or_default().push(noted);
    }
    let looks = by_site.into_iter().map(|(site, noted)| look(gateway, site, noted));
    let found = stream::iter(looks).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    let (mut jobs, mut stale) = (Vec::new(), Vec::new());
    for (standing, left_over) in found {
        jobs.extend(standing);
        stale.extend(left_over);
    }
    let now = gateway.clock.now();
    stale.retain(|noted| self::after(noted.since, COMMIT_TIME) <= now);
    gateway.attentions.remove(&stale).await?;
    jobs.sort_by(|one, two| one.noted.cmp(&two.noted));
    Ok(JobPage { jobs, next })
}

/// What the sessions of a site say of their notes: the jobs, and the notes that are left over.
async fn look(
    gateway: &Gateway,
    site: SiteId,
    noted: Vec<Noted>,
) -> Result<(Vec<Job>, Vec<Noted>), StoreError> {
    let ids = noted.iter().map(|noted| noted.session.clone()).collect::<Vec<_>>();
    let (site, sessions) = match gateway.sites.read(&site, &ids).await {
        Ok(snapshot) => {
            let sessions = snapshot.sessions.into_iter().map(|stored| stored.value);
            (snapshot.site.value, sessions.collect())
        }
        Err(StoreError::Destroyed) => (None, vec![None; ids.len()]),
        Err(error) => return Err(error),
    };
    let now = gateway.clock.now();
    let (mut jobs, mut stale) = (Vec::new(), Vec::new());
    for (noted, session) in noted.into_iter().zip(sessions) {
        let attentions = session.map(|session| attention_of(&session, now)).unwrap_or_default();
        if attentions.is_empty() {
            stale.push(noted);
        } else {
            jobs.extend(attentions.into_iter().map(|attention| {
                let owner = site.as_ref().and_then(|site| owner_of(site, &attention.host));
                Job { noted: noted.clone(), attention, owner }
            }));
        }
    }
    Ok((jobs, stale))
}

/// Whose account a grant is: the default one before those of staff, where several are connected to one host.
fn owner_of(site: &Site, grant: &GrantId) -> Option<Owner> {
    let connected =
        |account: &Account| account.connection.hosted().is_some_and(|hosted| hosted.grant == *grant);
    site.accounts.iter().find(|(_, account)| connected(account)).map(|(owner, _)| owner.clone())
}

/// What came of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is tried again, from the beginning.
    Begun,
    /// It needs nobody.
    NotNeeded,
    /// There is no such session.
    Unknown,
}

/// Tries again: what was blocked begins a new generation, due at once. Answers for each session once.
pub async fn retry(gateway: &Gateway, names: &[JobName]) -> Result<Vec<(JobName, Retried)>, StoreError> {
    let mut by_site = BTreeMap::<_, BTreeSet<_>>::new();
    for name in names {
        by_site.entry(name.site.clone()).or_default().insert(name.session.clone());
    }
    let works = by_site.into_iter().map(|(site, sessions)| async move {
        let sessions = sessions.into_iter().collect::<Vec<_>>();
        let retried = retry_at(gateway, &site, &sessions).await?;
        let name = move |session| JobName { site: site.clone(), session };
        Ok::<_, StoreError>(sessions.into_iter().map(name).zip(retried).collect::<Vec<_>>())
    });
    let retried = stream::iter(works).buffered(AT_ONCE).try_concat().await?;
    gateway.bell.notify_one();
    Ok(retried)
}

async fn retry_at(
    gateway: &Gateway,
    site: &SiteId,
    sessions: &[SessionId],
) -> Result<Vec<Retried>, StoreError> {
    let changed = change::<_, StoreError>(gateway, site, sessions, |snapshot| {
        let (sessions, retried) = decide(gateway, snapshot);
        let change = Change { sessions, ..Change::default() };
        Ok(if change.sessions.is_empty() {
            Decision::Keep(retried)
        } else {
            Decision::Commit(change, retried)
        })
    });
    match changed.await {
        Err(StoreError::Destroyed) => Ok(vec![Retried::Unknown; sessions.len()]),
        changed => changed,
    }
}

fn decide(gateway: &Gateway, snapshot: &SiteSnapshot) -> (Vec<SessionChange>, Vec<Retried>) {
    let (mut changes, mut retried) = (Vec::new(), Vec::new());
    for stored in &snapshot.sessions {
        let (Some(site), Some(old)) = (&snapshot.site.value, &stored.value) else {
            retried.push(Retried::Unknown);
            continue;
        };
        let again = begun_again(gateway, site, (old, stored), gateway.clock.now());
        retried.push(again.as_ref().map_or(Retried::NotNeeded, |_| Retried::Begun));
        changes.extend(again);
    }
    (changes, retried)
}

fn begun_again(
    gateway: &Gateway,
    site: &Site,
    (old, stored): (&Session, &Stored<Session>),
    now: Timestamp,
) -> Option<SessionChange> {
    if attention_of(old, now).is_empty() {
        return None;
    }
    let mut session = old.clone();
    session.minting = retried(session.minting);
    Some(schedule::as_due(gateway, site, (session, stored), now))
}

/// What came of leaving a session as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It is not listed any more, until something else of it needs a person.
    Gone,
    /// It was not listed.
    NotListed,
}

/// Leaves sessions as they are, and lists them no more. Answers in the order asked.
pub async fn drop_all(gateway: &Gateway, names: &[JobName]) -> Result<Vec<(JobName, Dropped)>, StoreError> {
    let mut listed = BTreeSet::new();
    let mut last = None;
    loop {
        let page = gateway.attentions.noted(last.as_ref(), PAGE).await?;
        let name = |noted: &Noted| JobName { site: noted.site.clone(), session: noted.session.clone() };
        let gone = page.iter().filter(|noted| names.contains(&name(noted))).cloned().collect::<Vec<_>>();
        gateway.attentions.remove(&gone).await?;
        listed.extend(gone.iter().map(name));
        if page.len() < PAGE {
            break;
        }
        last = page.last().cloned();
    }
    let outcome = |asked: &JobName| if listed.contains(asked) { Dropped::Gone } else { Dropped::NotListed };
    Ok(names.iter().map(|asked| (asked.clone(), outcome(asked))).collect())
}
