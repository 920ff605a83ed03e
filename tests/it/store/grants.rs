//! Grants that cannot be opened: replaced at once by a new consent, and only then.

use std::collections::BTreeSet;
use std::sync::Arc;

use greenroom::app::ports::store::GrantChange;
use greenroom::app::ports::store::Grants;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::app::ports::stored::StoreError;
use greenroom::domain::account::Host;
use greenroom::domain::account::LapseReason;
use greenroom::domain::account::Plan;
use greenroom::domain::grant::Grant;
use greenroom::domain::grant::Tokens;
use greenroom::domain::id::GrantId;
use greenroom::store::grants::StoredGrants;
use greenroom::store::keys;
use greenroom::store::keys::Partition;
use greenroom::store::sealed;
use greenroom::store::sealed::Expect;
use greenroom::store::sealed::Sealed;
use greenroom::store::sealed::SealedChange;
use greenroom::store::sealed::SealedCommit;
use greenroom::store::sealed::SealedWrite;
use jiff::Timestamp;
use rstest::rstest;
use zeroize::Zeroizing;

use crate::store::Backend;
use crate::store::Store;
use crate::store::sealed::copy;
use crate::store::sealed::ring;
use crate::store::sealed::seal;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn grant(authorized_at: Timestamp) -> Grant {
    Grant {
        id: GrantId::parse(&"a".repeat(26)).unwrap(),
        client_id: "client".into(),
        host: Host {
            account_id: "account".into(),
            user_id: "ana".into(),
            email: "ana@studio.example".into(),
            plan: Plan::Licensed,
            personal_room: None,
        },
        scopes: BTreeSet::new(),
        tokens: Tokens::Lapsed { since: authorized_at, reason: LapseReason::Refused, generation: 1 },
        references: BTreeSet::new(),
        authorized_at,
        looked_at: authorized_at,
    }
}

/// Why a grant cannot be opened.
#[derive(Debug, Clone, Copy)]
enum Damage {
    /// The ring that sealed it is another.
    Ring,
    /// It is of a shape that nobody knows.
    Shape,
    /// The key of its partition is gone.
    Destroyed,
    /// The record is gone, and the key of its partition cannot be opened.
    RecordGone,
}

async fn damage(sealed: &Arc<Sealed>, grant: &Grant, damage: Damage) {
    let (partition, grants) = (Partition::Grant(grant.id.clone()), StoredGrants::new(Arc::clone(sealed)));
    let Basis::Version(_) = grants.read(&grant.id).await.unwrap().basis else { panic!("it stands") };
    let standing = sealed.standing(&partition, &keys::grant()).await.unwrap();
    let Expect::Version(version) = standing.record else { panic!("it stands") };
    match damage {
        Damage::Ring => {}
        Damage::Shape => {
            let write = SealedWrite::Put { schema: 999, bytes: Zeroizing::new(b"?".to_vec()), ttl: None };
            let change = SealedChange { key: keys::grant(), expect: standing.record, write };
            let commit = SealedCommit { op_id: sealed.op_id(), changes: vec![change], index: Vec::new() };
            assert_eq!(sealed.commit(&partition, &commit).await.unwrap(), sealed::Committed::Done);
        }
        Damage::Destroyed => {
            assert_eq!(
                sealed.destroy(&partition, (&keys::grant(), version)).await.unwrap(),
                sealed::Committed::Done
            );
        }
        Damage::RecordGone => {
            let basis = grants.read(&grant.id).await.unwrap().basis;
            assert_eq!(grants.commit(&grant.id, basis, GrantChange::Remove).await.unwrap(), Committed::Yes);
        }
    }
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_opened_is_replaced_and_what_can_is_left_alone(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
    #[values(Damage::Ring, Damage::Shape, Damage::Destroyed, Damage::RecordGone)] damaged: Damage,
) {
    let store = Store::open(backend).await;
    let (mine, theirs) = (ring(), ring());
    let before = Arc::new(seal(&store.kv, copy(&mine)));
    let grants = StoredGrants::new(Arc::clone(&before));
    let (old, new) = (grant(at(0)), grant(at(60)));
    let basis = grants.read(&old.id).await.unwrap().basis;
    let put = GrantChange::Put { grant: Arc::new(old.clone()), due: at(0) };
    assert_eq!(grants.commit(&old.id, basis, put).await.unwrap(), Committed::Yes);
    assert_eq!(grants.replace(&new, at(60)).await.unwrap(), Committed::Conflict, "it can be opened");

    damage(&before, &old, damaged).await;
    let ring = match damaged {
        Damage::Ring | Damage::RecordGone => theirs,
        Damage::Shape | Damage::Destroyed => mine,
    };
    let after = StoredGrants::new(Arc::new(seal(&store.kv, ring)));
    let refused = after.read(&old.id).await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt(_) | StoreError::Destroyed), "{refused}");

    assert_eq!(after.replace(&new, at(60)).await.unwrap(), Committed::Yes);
    let stored = after.read(&old.id).await.unwrap();
    assert_eq!(stored.value.map(|grant| grant.authorized_at), Some(new.authorized_at));
    assert_eq!(after.replace(&old, at(60)).await.unwrap(), Committed::Conflict, "it can be opened again");
    let put = GrantChange::Put { grant: Arc::new(old), due: at(0) };
    assert_eq!(after.commit(&new.id, stored.basis, put).await.unwrap(), Committed::Yes);
}
