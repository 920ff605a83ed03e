//! Owns due work in the store: an index in each partition, and hints by which partitions with work are found.
//!
//! A hint is written before the commit that makes the work, and again after it. A partition that turns out to have none,
//! or none for long, is looked at once more a while later, in case whoever commits died in between; only then is its
//! hint moved or gone.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::app::ports::store::Work;
use crate::app::ports::store::WorkItem;
use crate::app::ports::store::WorkPlace;
use crate::app::ports::store::WorkScope;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::id::NoticeId;
use crate::domain::id::SessionId;
use crate::domain::meeting::after;
use crate::store::keys;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::sealed;
use crate::store::sealed::Entry;
use crate::store::sealed::IndexChange;
use crate::store::sealed::Order;
use crate::store::sealed::Range;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedCommit;

/// Due: the sessions ahead of the site are decided again.
pub(in crate::store) const SITE_MEMBER: &str = "site";
/// Due: the grant is tended.
pub(in crate::store) const GRANT_MEMBER: &str = "grant";

/// Due: an endpoint is looked at.
pub(in crate::store) const ENDPOINT_MEMBER: &str = "deliver";

/// A commit is over after this, or never was.
const COMMIT_TIME: Duration = Duration::from_mins(1);

/// Due work over the sealed store.
#[derive(Debug)]
pub struct StoredWork {
    sealed: Arc<Sealed>,
}

impl StoredWork {
    /// Lays due work on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    async fn due_in(
        &self,
        partition: &Partition,
        until: i64,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let range = Range { min: 0, max: until, after: None, limit, order: Order::Ascending };
        let mut found = self.sealed.range(partition, &keys::DUE, &range).await?;
        if matches!(partition, Partition::Site(_)) {
            found.extend(self.sealed.range(partition, &keys::STEPS, &range).await?);
        }
        Ok(found)
    }
}

#[async_trait::async_trait]
impl Work for StoredWork {
    async fn places(&self, now: Timestamp, limit: usize) -> Result<Vec<WorkPlace>, StoreError> {
        let hinted = self.sealed.hinted(now.as_millisecond(), limit).await?;
        let places = hinted.into_iter().filter_map(|(partition, at)| {
            let scope = match partition {
                Partition::Site(site) => WorkScope::Site(site),
                Partition::Grant(grant) => WorkScope::Grant(grant),
                Partition::Inbox(shard) => WorkScope::Inbox(shard),
                Partition::Endpoint(endpoint) => WorkScope::Endpoint(endpoint),
                Partition::Organisation(_) | Partition::Token(_) | Partition::System | Partition::Feed => {
                    return None;
                }
            };
            Some(WorkPlace { scope, hinted_at: Timestamp::from_millisecond(at).ok()? })
        });
        Ok(places.collect())
    }

    async fn due(
        &self,
        place: &WorkPlace,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, WorkItem)>, StoreError> {
        let found = self.due_in(&partition_of(&place.scope), now.as_millisecond(), limit).await?;
        let dated = found.iter().filter_map(|entry| {
            let since = Timestamp::from_millisecond(entry.score).ok()?;
            Some((since, item(&place.scope, &entry.member)?))
        });
        Ok(dated.collect())
    }

    async fn settle(&self, place: &WorkPlace, now: Timestamp) -> Result<(), StoreError> {
        let partition = partition_of(&place.scope);
        let seen = place.hinted_at.as_millisecond();
        let left = self.due_in(&partition, FAR, 1).await?;
        // What is due now stands behind those that have not had their turn.
        let due = left.iter().map(|entry| entry.score.max(now.as_millisecond()) & !1).min();
        let last_look = after(now, COMMIT_TIME).as_millisecond() | 1;
        let next = match due {
            Some(at) if at <= last_look || is_last_look(seen) => Some(at),
            None if is_last_look(seen) => None,
            Some(_) | None => Some(last_look),
        };
        self.sealed.settle_hint(&partition, seen, next).await?;
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.sealed.ping().await?)
    }
}

/// As late as an index goes.
pub(in crate::store) const FAR: i64 = 1 << 52;

/// A hint of work at this time: even, so that it is told from a last look, which is odd.
pub(in crate::store) fn hint_ms(at: Timestamp) -> i64 {
    at.as_millisecond() & !1
}

fn is_last_look(hint: i64) -> bool {
    hint & 1 == 1
}

/// Commits what makes work due at a time, if any, so that the work is found then: who looks between the first hint and
/// the commit finds nothing and moves the hint away, and who looks while the second is written finds it changed.
pub(in crate::store) async fn commit_hinted(
    sealed: &Sealed,
    partition: &Partition,
    (commit, due): (&SealedCommit, Option<Timestamp>),
) -> Result<Committed, StoreError> {
    hinted(sealed, partition, (sealed.commit(partition, commit), due)).await
}

/// The same for a commit that is made in some other way.
pub(in crate::store) async fn hinted(
    sealed: &Sealed,
    partition: &Partition,
    (commit, due): (impl Future<Output = Result<sealed::Committed, sealed::StoreError>>, Option<Timestamp>),
) -> Result<Committed, StoreError> {
    let Some(due) = due.map(|at| hint_ms(at.max(sealed.now()))) else {
        return Ok(commit.await?.into());
    };
    sealed.hint(partition, due).await?;
    let committed: Committed = commit.await?.into();
    if committed == Committed::Yes
        && let Err(error) = sealed.hint(partition, due).await
    {
        // It is committed: the work is found all the same, only later.
        warn!(error = %error, "due work may be late");
    }
    Ok(committed)
}

fn session_member(session: &SessionId) -> String {
    format!("session/{session}")
}

/// Where an event stands among due work until it is in the feed.
pub(in crate::store) fn event_member(event: &str) -> String {
    format!("event/{event}")
}

/// Where looking for others at a session's venue stands among due work.
pub(in crate::store) fn look_member(session: &SessionId) -> String {
    format!("look/{session}")
}

/// Where something that a provider told stands among due work.
pub(in crate::store) fn notice_member(notice: &NoticeId) -> String {
    format!("notice/{notice}")
}

/// The change that makes a session's next step due, or not due.
pub(in crate::store) fn as_step(session: &SessionId, due: Option<Timestamp>) -> IndexChange {
    entry(keys::STEPS, &session_member(session), due)
}

/// The change that makes something else due, or not due.
pub(in crate::store) fn as_due(member: &str, due: Option<Timestamp>) -> IndexChange {
    entry(keys::DUE, member, due)
}

fn entry(index: IndexName, member: &str, due: Option<Timestamp>) -> IndexChange {
    let member = member.to_owned();
    match due {
        Some(at) => IndexChange::Add { index, member, score: at.as_millisecond() },
        None => IndexChange::Remove { index, member },
    }
}

fn partition_of(scope: &WorkScope) -> Partition {
    match scope {
        WorkScope::Site(site) => Partition::Site(site.clone()),
        WorkScope::Grant(grant) => Partition::Grant(grant.clone()),
        WorkScope::Inbox(shard) => Partition::Inbox(*shard),
        WorkScope::Endpoint(endpoint) => Partition::Endpoint(endpoint.clone()),
    }
}

fn item(scope: &WorkScope, member: &str) -> Option<WorkItem> {
    match scope {
        WorkScope::Grant(grant) => (member == GRANT_MEMBER).then(|| WorkItem::Grant(grant.clone())),
        WorkScope::Inbox(_) => {
            let id = member.strip_prefix("notice/")?;
            Some(WorkItem::Notice(NoticeId::parse(id).ok()?))
        }
        WorkScope::Endpoint(endpoint) => {
            (member == ENDPOINT_MEMBER).then(|| WorkItem::Deliver(endpoint.clone()))
        }
        WorkScope::Site(site) if member == SITE_MEMBER => Some(WorkItem::Site(site.clone())),
        WorkScope::Site(site) => match member.split_once('/')? {
            ("session", id) => Some(WorkItem::Session(site.clone(), SessionId::parse(id).ok()?)),
            ("look", id) => Some(WorkItem::Overlaps(site.clone(), SessionId::parse(id).ok()?)),
            ("event", _) => Some(WorkItem::Events(site.clone())),
            _ => None,
        },
    }
}
