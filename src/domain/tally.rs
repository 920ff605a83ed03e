//! Owns numbers that replicas share, and how they are drawn from: one rule for buckets, counts and leases.

use std::collections::BTreeMap;
use std::fmt;

/// Names a number among those of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally(String);

impl Tally {
    /// A number by its name: letters, digits, `/` and `-`, never a secret.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name, as stores keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A draw: the number, brought into `floor..=ceiling` (one that is not there counts as 0), plus `by`, becomes the
/// number, unless that exceeds `limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// From which number.
    pub tally: Tally,
    /// It counts as at least this.
    pub floor: i64,
    /// It counts as at most this.
    pub ceiling: i64,
    /// How much is drawn.
    pub by: i64,
    /// The most that it may become.
    pub limit: i64,
}

/// The largest number that every store counts exactly.
pub const MOST: i64 = 1 << 52;

impl Draw {
    /// Makes the number this, whatever it was.
    pub fn set(tally: Tally, value: i64) -> Self {
        Self { tally, floor: value, ceiling: value, by: 0, limit: MOST }
    }

    /// What the number becomes; `None` where that exceeds the limit.
    pub fn outcome(&self, stands: Option<i64>) -> Option<i64> {
        Some(self.counts(stands).saturating_add(self.by)).filter(|becomes| *becomes <= self.limit)
    }

    /// What the number counts as, before the draw.
    pub fn counts(&self, stands: Option<i64>) -> i64 {
        stands.unwrap_or(0).clamp(self.floor.min(self.ceiling), self.ceiling)
    }
}

/// What became of draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drawn {
    /// All were made; what each number is since, in their order.
    All(Vec<i64>),
    /// None was made: this one exceeded its limit.
    Short {
        /// Which, in their order.
        at: usize,
        /// What its number counts as, before the draw.
        stands: i64,
    },
}

impl Drawn {
    /// Makes draws in their order, each seeing those before it; the numbers stay as they are where one is too much.
    pub fn from(numbers: &mut BTreeMap<Tally, i64>, draws: &[Draw]) -> Self {
        let (mut after, mut all) = (numbers.clone(), Vec::with_capacity(draws.len()));
        for (at, draw) in draws.iter().enumerate() {
            let stands = after.get(&draw.tally).copied();
            let Some(becomes) = draw.outcome(stands) else {
                return Self::Short { at, stands: draw.counts(stands) };
            };
            after.insert(draw.tally.clone(), becomes);
            all.push(becomes);
        }
        *numbers = after;
        Self::All(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_brought_into_its_bounds_before_it_is_drawn_from() {
        let draw = |floor, ceiling, by, limit| Draw { tally: Tally::new("n"), floor, ceiling, by, limit };
        assert_eq!(draw(0, MOST, 1, 3).outcome(None), Some(1));
        assert_eq!(draw(0, MOST, 1, 3).outcome(Some(2)), Some(3));
        assert_eq!(draw(0, MOST, 1, 3).outcome(Some(3)), None);
        assert_eq!(draw(100, MOST, 5, 200).outcome(Some(2)), Some(105));
        assert_eq!(Draw::set(Tally::new("n"), 7).outcome(Some(90)), Some(7));
    }

    #[test]
    fn draws_see_those_before_them_and_are_all_made_or_none() {
        let draw = |name, by, limit| Draw { tally: Tally::new(name), floor: 0, ceiling: MOST, by, limit };
        let mut numbers = BTreeMap::from([(Tally::new("a"), 5)]);
        let short = Drawn::from(&mut numbers, &[draw("a", 2, 9), draw("b", 1, 1), draw("a", 3, 9)]);
        assert_eq!(short, Drawn::Short { at: 2, stands: 7 });
        assert_eq!(numbers, BTreeMap::from([(Tally::new("a"), 5)]));

        let all = Drawn::from(&mut numbers, &[draw("a", 2, 9), draw("b", 1, 1), draw("a", 2, 9)]);
        assert_eq!(all, Drawn::All(vec![7, 1, 9]));
        assert_eq!(numbers, BTreeMap::from([(Tally::new("a"), 9), (Tally::new("b"), 1)]));
    }
}
