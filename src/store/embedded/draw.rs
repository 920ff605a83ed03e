//! How the embedded store draws from the numbers of an index, within a transaction. Knows no versions.

use std::collections::BTreeMap;

use redb::ReadableTable;

use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;
use crate::domain::tally::Tally;
use crate::store::embedded::tables;
use crate::store::embedded::tables::Fault;
use crate::store::embedded::tables::Tables;
use crate::store::embedded::write;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::kv::IndexChange;

pub(super) fn draw(
    tables: &mut Tables<'_>,
    partition: &Partition,
    index: &IndexName,
    draws: &[Draw],
) -> Result<Drawn, Fault> {
    let mut numbers = standing(tables, &tables::index(partition, index), draws)?;
    let outcome = Drawn::from(&mut numbers, draws);
    if matches!(outcome, Drawn::All(_)) {
        for (tally, score) in numbers {
            let (index, member) = (index.clone(), tally.as_str().to_owned());
            write::write_index(tables, partition, &IndexChange::Add { index, member, score })?;
        }
    }
    Ok(outcome)
}

/// The numbers that are drawn from, those that are there.
fn standing(tables: &Tables<'_>, prefix: &[u8], draws: &[Draw]) -> Result<BTreeMap<Tally, i64>, Fault> {
    let mut numbers = BTreeMap::new();
    for Draw { tally, .. } in draws {
        let key = [prefix, tally.as_str().as_bytes()].concat();
        if let Some(score) = tables.members.get(key.as_slice())? {
            let score = score.value().try_into().map_err(|_| tables::corrupt(&key))?;
            numbers.insert(tally.clone(), tables::unordered(score));
        }
    }
    Ok(numbers)
}
