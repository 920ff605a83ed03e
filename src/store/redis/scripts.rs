//! The scripts, one file each, and how their arguments are laid out.

use std::fmt;
use std::time::Duration;

use redis::Script;
use redis::ScriptInvocation;

use crate::domain::tally::Draw;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::kv::Ask;
use crate::store::kv::Change;
use crate::store::kv::Commit;
use crate::store::kv::Expect;
use crate::store::kv::IndexChange;
use crate::store::kv::OP_ID_LIFETIME;
use crate::store::kv::Purge;
use crate::store::kv::Version;
use crate::store::kv::Write;
use crate::store::redis::names;

/// Every script, hashed once.
pub(super) struct Scripts {
    read: Script,
    commit: Script,
    draw: Script,
    pub(super) range: Script,
    pub(super) hint: Script,
    pub(super) settle_hint: Script,
    purge: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            read: Script::new(include_str!("read.lua")),
            commit: Script::new(include_str!("commit.lua")),
            draw: Script::new(include_str!("draw.lua")),
            range: Script::new(include_str!("range.lua")),
            hint: Script::new(include_str!("hint.lua")),
            settle_hint: Script::new(include_str!("settle_hint.lua")),
            purge: Script::new(include_str!("purge.lua")),
        }
    }

    pub(super) fn read(&self, partition: &Partition, asks: &[Ask]) -> ScriptInvocation<'_> {
        let mut script = self.read.prepare_invoke();
        script.key(names::floor(partition));
        for ask in asks {
            script.key(names::record(partition, &ask.key));
            match ask.known {
                Some(version) => script.arg(bytes(version).as_slice()),
                None => script.arg(""),
            };
        }
        script
    }

    pub(super) fn commit(&self, partition: &Partition, commit: &Commit) -> ScriptInvocation<'_> {
        let mut script = self.commit.prepare_invoke();
        script.key(names::floor(partition)).key(names::operation(partition, commit.op_id.as_str()));
        script
            .arg(milliseconds(OP_ID_LIFETIME))
            .arg(lifetime(partition.floor_lifetime()))
            .arg(commit.changes.len());
        for change in &commit.changes {
            script.key(names::record(partition, &change.key));
            add_change(&mut script, change);
        }
        for change in &commit.index {
            match change {
                IndexChange::Add { index, member, score } => {
                    script.key(names::index(partition, index)).arg("add").arg(member).arg(*score)
                }
                IndexChange::Append { index, member, score } => {
                    script.key(names::index(partition, index)).arg("append").arg(member).arg(*score)
                }
                IndexChange::RemoveSeen { index, member, score } => {
                    script.key(names::index(partition, index)).arg("remove").arg(member).arg(*score)
                }
                IndexChange::Remove { index, member } => {
                    script.key(names::index(partition, index)).arg("remove").arg(member).arg("")
                }
            };
        }
        script
    }

    /// Removes these of a partition's keys.
    pub(super) fn purge(
        &self,
        partition: &Partition,
        purge: &Purge,
        names: &[String],
    ) -> ScriptInvocation<'_> {
        let mut script = self.purge.prepare_invoke();
        script.key(names::floor(partition)).key(names::record(partition, &purge.unless));
        for name in names {
            script.key(name);
        }
        script.arg(names::records_of(partition)).arg(lifetime(partition.floor_lifetime()));
        script
    }

    pub(super) fn draw(
        &self,
        partition: &Partition,
        index: &IndexName,
        draws: &[Draw],
    ) -> ScriptInvocation<'_> {
        let mut script = self.draw.prepare_invoke();
        script.key(names::index(partition, index));
        for Draw { tally, floor, ceiling, by, limit } in draws {
            script.arg(tally.as_str()).arg(*floor).arg(*ceiling).arg(*by).arg(*limit);
        }
        script
    }
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripts")
    }
}

fn add_change(script: &mut ScriptInvocation<'_>, change: &Change) {
    match change.expect {
        Expect::Version(version) => script.arg(bytes(version).as_slice()),
        Expect::Absent => script.arg(""),
    };
    match &change.write {
        Write::Check => script.arg("check").arg("").arg(""),
        Write::Extend { ttl } => script.arg("extend").arg("").arg(lifetime(*ttl)),
        Write::Remove => script.arg("remove").arg("").arg(""),
        Write::Put { version, bytes: put, ttl } => {
            let value = [bytes(*version).as_slice(), put].concat();
            script.arg("put").arg(value).arg(lifetime(*ttl))
        }
    };
}

fn bytes(version: Version) -> [u8; 8] {
    version.0.to_be_bytes()
}

/// A lifetime as the scripts read it: none for good.
fn lifetime(ttl: Option<Duration>) -> String {
    ttl.map(milliseconds).unwrap_or_default()
}

/// A lifetime as Redis reads it: at least one millisecond, because it refuses none.
fn milliseconds(duration: Duration) -> String {
    duration.as_millis().max(1).to_string()
}
