//! How records and data keys become bytes of the store: their shape, their place, their version.
//!
//! A record: its schema, two bytes, and an envelope under a data key of its partition. The schema stands outside
//! because it is part of the place, which must be known to open the envelope: changed, it keeps the envelope shut.
//! The data keys: one envelope each under a key of the ring, the one that seals first.

use std::sync::Arc;
use std::time::Duration;

use crate::crypto::data_key::DataKey;
use crate::crypto::data_key::WRAPPED_LENGTH;
use crate::crypto::envelope;
use crate::crypto::envelope::OpenError;
use crate::crypto::keyring::Keyring;
use crate::crypto::place::Place;
use crate::store::keys;
use crate::store::keys::Key;
use crate::store::keys::Partition;
use crate::store::kv::Change;
use crate::store::kv::Commit;
use crate::store::kv::Expect;
use crate::store::kv::Found;
use crate::store::kv::Version;
use crate::store::kv::Write;
use crate::store::sealed::Opened;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedChange;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Standing;
use crate::store::sealed::StoreError;
use crate::store::sealed::error::refusal;
use crate::store::sealed::keys_held::Held;
use crate::store::sealed::keys_held::HeldKeys;

/// How much longer than what they sealed data keys live: a record must never be left without them.
const KEYS_OUTLIVE: Duration = Duration::from_mins(1);

/// The shape of the record of the data keys.
const DATA_KEYS_SCHEMA: u16 = 1;

impl Sealed {
    /// Opens what stands under a key of the partition.
    pub(super) fn open(
        &self,
        partition: &Partition,
        held: &Held,
        key: &Key,
        found: Found,
    ) -> Result<Opened, StoreError> {
        match found {
            Found::Absent => Ok(Opened::Absent),
            Found::Unchanged(version) if held.keys.is_some() => Ok(Opened::Unchanged(version)),
            Found::Unchanged(_) => Err(refusal(partition, key, OpenError::NoDataKey)),
            Found::Record { version, bytes } => self.open_record(partition, held, key, (version, &bytes)),
        }
    }

    fn open_record(
        &self,
        partition: &Partition,
        held: &Held,
        key: &Key,
        (version, bytes): (Version, &[u8]),
    ) -> Result<Opened, StoreError> {
        let refuse = |error| refusal(partition, key, error);
        let (schema, envelope) = bytes.split_first_chunk().ok_or_else(|| refuse(OpenError::Truncated))?;
        let schema = u16::from_be_bytes(*schema);
        let names = envelope::names(envelope).map_err(refuse)?;
        let data_key = held.find(names.dek).ok_or_else(|| refuse(OpenError::UnknownDek(names.dek)))?;
        let keyring = self.keyring.load();
        let partition = partition.to_string();
        let bytes =
            data_key.open(&place(&keyring, &partition, key, (schema, version)), envelope).map_err(refuse)?;
        Ok(Opened::Record { version, schema, bytes })
    }

    /// What is held after a read: `None` when it is what was held before.
    pub(super) fn held_after(
        &self,
        partition: &Partition,
        held: Option<&Held>,
        found: Found,
        floor: Version,
    ) -> Result<Option<Held>, StoreError> {
        let keys = match found {
            Found::Absent => None,
            Found::Unchanged(_) => held.and_then(|held| held.keys.clone()),
            Found::Record { version, bytes } => Some(Arc::new(self.unwrap(partition, version, &bytes)?)),
        };
        let current = Held { keys, floor };
        let is_same = held.map_or(current.is_same(&Held::default()), |held| current.is_same(held));
        Ok((!is_same).then_some(current))
    }

    fn unwrap(&self, partition: &Partition, version: Version, bytes: &[u8]) -> Result<HeldKeys, StoreError> {
        let (keyring, key, name) = (self.keyring.load(), keys::data_keys(), partition.to_string());
        let place = place(&keyring, &name, &key, (DATA_KEYS_SCHEMA, version));
        let (wrapped, rest) = bytes.as_chunks::<WRAPPED_LENGTH>();
        if !rest.is_empty() {
            return Err(refusal(partition, &key, OpenError::Truncated));
        }
        let mut unwrapped = wrapped.iter().map(|wrapped| {
            DataKey::unwrap(&keyring, &place, wrapped).map_err(|error| refusal(partition, &key, error))
        });
        let current =
            unwrapped.next().unwrap_or_else(|| Err(refusal(partition, &key, OpenError::Truncated)))?;
        Ok(HeldKeys { version, current, older: unwrapped.collect::<Result<_, _>>()? })
    }

    /// Seals a commit by what is held, and tells what is held once it is done.
    ///
    /// It also checks that the data keys still are those it seals under, or brings the partition's first one.
    pub(super) fn seal(&self, partition: &Partition, held: &Held, commit: &SealedCommit) -> (Commit, Held) {
        let lifetime = keys_lifetime(partition, commit);
        let keys = match &held.keys {
            Some(keys) => (Arc::clone(keys), keep_keys(partition, keys, lifetime)),
            None => self.make_keys(partition, (Expect::Absent, held.floor), lifetime),
        };
        self.seal_under(keys, held.floor, (partition, commit))
    }

    /// Seals a commit under a data key that takes the place of those that stand.
    pub(super) fn seal_anew(
        &self,
        partition: &Partition,
        standing: &Standing,
        commit: &SealedCommit,
    ) -> Commit {
        let instead_of = (standing.keys, standing.floor);
        let keys = self.make_keys(partition, instead_of, keys_lifetime(partition, commit));
        self.seal_under(keys, standing.floor, (partition, commit)).0
    }

    fn seal_under(
        &self,
        (keys, change): (Arc<HeldKeys>, Change),
        before: Version,
        (partition, commit): (&Partition, &SealedCommit),
    ) -> (Commit, Held) {
        let name = partition.to_string();
        let mut floor = match partition {
            Partition::Token(_) => before.max(keys.version),
            Partition::Site(_)
            | Partition::Grant(_)
            | Partition::Organisation(_)
            | Partition::System
            | Partition::Feed
            | Partition::Inbox(_)
            | Partition::Endpoint(_) => before,
        };
        let mut changes = Vec::with_capacity(commit.changes.len() + 1);
        changes.push(change);
        for change in &commit.changes {
            let (change, raised) = self.seal_change(&name, &keys.current, before, change);
            floor = floor.max(raised);
            changes.push(change);
        }
        let sealed = Commit { op_id: commit.op_id.clone(), changes, index: commit.index.clone() };
        (sealed, Held { keys: Some(keys), floor })
    }

    /// Makes a data key in the place of those that stand, or a partition's first one. Its version must not return by chance
    /// either: who held keys of the same version would seal under them.
    fn make_keys(
        &self,
        partition: &Partition,
        (standing, floor): (Expect, Version),
        ttl: Option<Duration>,
    ) -> (Arc<HeldKeys>, Change) {
        let above = match standing {
            Expect::Absent => floor,
            Expect::Version(version) => floor.max(version),
        };
        let version = above.after(self.random() >> 1);
        let (keyring, key, name) = (self.keyring.load(), keys::data_keys(), partition.to_string());
        let made = DataKey::generate(self.entropy.as_ref());
        let place = place(&keyring, &name, &key, (DATA_KEYS_SCHEMA, version));
        let bytes = made.wrap(&keyring, &place, self.entropy.as_ref());
        let write = Write::Put { version, bytes, ttl };
        let held = HeldKeys { version, current: made, older: Vec::new() };
        (Arc::new(held), Change { key, expect: standing, write })
    }

    fn random(&self) -> u32 {
        let mut random = [0; 4];
        self.entropy.fill(&mut random);
        u32::from_be_bytes(random)
    }

    /// Seals one change, and tells how far it raises the floor.
    fn seal_change(
        &self,
        partition: &str,
        data_key: &DataKey,
        floor: Version,
        change: &SealedChange,
    ) -> (Change, Version) {
        let SealedChange { key, expect, write } = change;
        let (write, raised) = match (write, expect) {
            (SealedWrite::Check, _) => (Write::Check, Version::ZERO),
            (SealedWrite::Remove, Expect::Version(version)) => (Write::Remove, *version),
            (SealedWrite::Remove, Expect::Absent) => (Write::Remove, Version::ZERO),
            (SealedWrite::Put { schema, bytes, ttl }, expect) => {
                let version = match expect {
                    Expect::Version(version) => *version,
                    Expect::Absent => floor,
                }
                .after(self.random() >> 16);
                let keyring = self.keyring.load();
                let place = place(&keyring, partition, key, (*schema, version));
                let envelope = data_key.seal(&place, bytes, self.entropy.as_ref());
                let bytes = [schema.to_be_bytes().as_slice(), &envelope].concat();
                (
                    Write::Put { version, bytes, ttl: *ttl },
                    if ttl.is_some() { version } else { Version::ZERO },
                )
            }
        };
        (Change { key: key.clone(), expect: *expect, write }, raised)
    }
}

/// Checks that the data keys still are those held; in a token's partition they live on with what is put.
fn keep_keys(partition: &Partition, keys: &HeldKeys, lifetime: Option<Duration>) -> Change {
    let write = match partition {
        Partition::Token(_) => Write::Extend { ttl: lifetime },
        Partition::Site(_)
        | Partition::Grant(_)
        | Partition::Organisation(_)
        | Partition::System
        | Partition::Feed
        | Partition::Inbox(_)
        | Partition::Endpoint(_) => Write::Check,
    };
    Change { key: keys::data_keys(), expect: Expect::Version(keys.version), write }
}

/// How long what a commit puts needs the data keys; `None` for good. Only a token's partition is left to expire.
fn keys_lifetime(partition: &Partition, commit: &SealedCommit) -> Option<Duration> {
    if !matches!(partition, Partition::Token(_)) {
        return None;
    }
    let lifetimes = commit.changes.iter().filter_map(|change| match &change.write {
        SealedWrite::Put { ttl, .. } => Some(*ttl),
        SealedWrite::Check | SealedWrite::Remove => None,
    });
    let longest = lifetimes.reduce(|longest, ttl| Some(longest?.max(ttl?))).unwrap_or(Some(Duration::ZERO));
    longest.map(|ttl| ttl + KEYS_OUTLIVE)
}

fn place<'a>(
    keyring: &'a Keyring,
    partition: &'a str,
    key: &'a Key,
    (schema, version): (u16, Version),
) -> Place<'a> {
    let deployment = keyring.deployment();
    Place { deployment, partition, kind: key.kind(), id: key.id(), schema, version: version.0 }
}
