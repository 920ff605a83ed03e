//! Owns what providers told: some partitions that share it, each notice kept until it cannot be told again.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::ports::store::InboxShard;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::webhooks::Inbox;
use crate::app::ports::webhooks::Kept;
use crate::app::ports::webhooks::Received;
use crate::domain::id::NoticeId;
use crate::domain::notice::Notice;
use crate::store::hashed;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::sealed::Opened;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::Want;
use crate::store::values::put;
use crate::store::values::sealed_change;
use crate::store::values::value_of;
use crate::store::work;

/// Zoom repeats for an hour and a half (zoom/facts.md 5.1); what is replayed by anybody else is refused by its age.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// How often a notice is put anew when others write beside it.
const ATTEMPTS: usize = 4;

/// What providers told, over the sealed store.
#[derive(Debug)]
pub struct StoredInbox {
    sealed: Arc<Sealed>,
}

impl StoredInbox {
    /// Lays the inbox on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    async fn read(&self, id: &NoticeId) -> Result<Option<Arc<Notice>>, StoreError> {
        let read = self.sealed.read(&place(id), &[Want::new(keys::notice(id))]).await?;
        let found = read.opened.into_iter().next().unwrap_or(Opened::Absent);
        Ok(value_of::<Notice>(found, read.floor.0)?.value)
    }
}

#[async_trait::async_trait]
impl Inbox for StoredInbox {
    async fn put_if_absent(&self, received: &Received, now: Timestamp) -> Result<Kept, StoreError> {
        let parts = received.identity.iter().map(String::as_str).collect::<Vec<_>>();
        let name = hashed::name_of(&self.sealed, "notice", &parts).await?;
        let id = NoticeId::parse(&name).expect("26 characters of base32");
        for _ in 0..ATTEMPTS {
            let write = put(&received.notice, Some(KEPT_FOR));
            let changes = vec![sealed_change(keys::notice(&id), Basis::Absent { floor: 0 }, write)];
            let index = vec![work::as_due(&work::notice_member(&id), Some(now))];
            let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index };
            match work::commit_hinted(&self.sealed, &place(&id), (&commit, Some(now))).await? {
                Committed::Yes => return Ok(Kept::New),
                Committed::Conflict if self.read(&id).await?.is_some() => return Ok(Kept::Before),
                Committed::Conflict => {}
            }
        }
        Err(StoreError::Contended)
    }

    async fn find(&self, id: &NoticeId) -> Result<Option<Notice>, StoreError> {
        Ok(self.read(id).await?.map(Arc::unwrap_or_clone))
    }

    async fn put_off(&self, id: &NoticeId, due: Option<Timestamp>) -> Result<(), StoreError> {
        let index = vec![work::as_due(&work::notice_member(id), due)];
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes: Vec::new(), index };
        match work::commit_hinted(&self.sealed, &place(id), (&commit, due)).await? {
            Committed::Yes => Ok(()),
            Committed::Conflict => Err(StoreError::Contended),
        }
    }
}

fn place(id: &NoticeId) -> Partition {
    Partition::Inbox(InboxShard::of(id))
}
