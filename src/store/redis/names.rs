//! How the store's keys are named in Redis: `gr:{partition}:…`, so that a cluster keeps a partition together.

use crate::store::keys::IndexName;
use crate::store::keys::Key;
use crate::store::keys::Partition;

/// Where work may be due, across partitions. No lifetime: it empties itself.
pub(super) const HINTS: &str = "gr:{hints}";

/// What the names of records match. Ids have no character that a pattern reads otherwise.
pub(super) const ANY_RECORD: &str = "gr:{*}:r:*";

/// What a new record's version must exceed. No lifetime: versions never return.
pub(super) fn floor(partition: &Partition) -> String {
    format!("gr:{{{partition}}}:floor")
}

/// A commit that was done. Lives as long as it may be sent again.
pub(super) fn operation(partition: &Partition, op_id: &str) -> String {
    format!("gr:{{{partition}}}:o:{op_id}")
}

/// A record. Lives as long as whoever puts it says.
pub(super) fn record(partition: &Partition, key: &Key) -> String {
    format!("gr:{{{partition}}}:r:{key}")
}

/// How the names of a partition's records begin.
pub(super) fn records_of(partition: &Partition) -> String {
    format!("gr:{{{partition}}}:r:")
}

/// What the names of all that belongs to a partition match.
pub(super) fn any_of(partition: &Partition) -> String {
    format!("gr:{{{partition}}}:*")
}

/// An index. No lifetime: an entry goes with what it names.
pub(super) fn index(partition: &Partition, index: &IndexName) -> String {
    format!("gr:{{{partition}}}:i:{}", index.as_str())
}

/// Reads what [`record`] wrote.
pub(super) fn parse_record(name: &str) -> Option<(Partition, Key)> {
    let (partition, key) = name.strip_prefix("gr:{")?.split_once("}:r:")?;
    Some((Partition::parse(partition)?, Key::parse(key)?))
}
