//! Decides how events go out to one endpoint (R24): what is tried next, and what an answer means for what follows.
//!
//! A *cursor* goes through the feed. A site whose next event was not taken is set aside as a *lane*: what it announces
//! later stays behind that event, and the cursor goes on for the others. So the order within a site is kept, and an event
//! that the endpoint cannot take holds up its own site alone. An endpoint that takes nothing at all backs off as a whole.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::event::FeedPlace;
use crate::domain::id::SiteId;
use crate::domain::lane::DAY;
use crate::domain::lane::LONGEST_PAUSE;
use crate::domain::lane::Lane;
use crate::domain::lane::Sorting;
use crate::domain::lane::TriedSite;
use crate::domain::lane::jittered;
use crate::domain::lane::pause;
use crate::domain::meeting::after;
use crate::domain::reply::Answer;
use crate::domain::reply::Meaning;

/// So many sites whose events are not taken any more, nothing taken in between, and the endpoint is left alone as a whole.
/// A site whose events it did not take before says nothing new of it.
pub const SITES_IN_A_ROW: usize = 3;
/// So many lanes, and no more sites are set aside: the cursor stands until one of them goes on.
const MOST_LANES: usize = 200;
/// So many sites are told about at once.
pub const AT_ONCE: usize = 8;
/// The longest pause that an endpoint may ask for.
const LONGEST_ASKED: Duration = DAY;
/// An endpoint with nothing to be told is looked at so often, in case nobody said that there is.
pub const LOOK: Duration = Duration::from_mins(1);
/// A gateway that is told of an endpoint writes so this often.
const KNOWN_EVERY: Duration = Duration::from_hours(1);
/// An endpoint that no gateway was told of for so long is in no configuration any more, also while those change.
const FORGOTTEN_AFTER: Duration = DAY;
/// A turn is over after this, or whoever took it died.
const CLAIM: Duration = Duration::from_mins(1);
/// In a turn nothing new is begun after this: with the longest try it ends well before its claim.
const TURN: Duration = Duration::from_secs(20);

/// How far an endpoint has been told, and how it takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// It has been told everything up to here, but of the sites in `lanes`.
    pub cursor: FeedPlace,
    /// The sites that stand behind the cursor.
    pub lanes: BTreeMap<SiteId, Lane>,
    /// Whether it takes events.
    pub health: Health,
    /// Since when it takes nothing, but of sites of which it took nothing before; `None` while nothing says so.
    pub silent_since: Option<Timestamp>,
    /// When it took an event last.
    pub taken_at: Option<Timestamp>,
    /// What it answered last.
    pub last: Option<Answer>,
    /// How many events were given up because it refused them for a day while it took others.
    pub given_up: u64,
    /// How many events it did not take while they were kept.
    pub lost: u64,
    /// Until when somebody is at it.
    pub claimed_until: Option<Timestamp>,
    /// When a gateway was last told of it, give or take an hour.
    pub known_at: Timestamp,
}

/// Whether an endpoint takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It does, or has not been tried enough to know.
    Delivering,
    /// It takes nothing and is left alone in between.
    Failing {
        /// Since when.
        since: Timestamp,
        /// How often it was tried as a whole.
        tries: u32,
        /// When it is tried next.
        next_at: Timestamp,
    },
    /// It has taken nothing for long: it is tried now and then, until it takes something.
    Parked {
        /// Since when it is parked.
        since: Timestamp,
        /// Why.
        why: Parking,
        /// When it is tried next.
        next_at: Timestamp,
    },
}

/// Why an endpoint is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parking {
    /// It took nothing for a day.
    Silent,
    /// It said of several sites' events that it is gone for good (410), and took nothing in between.
    Gone,
}

/// What to do about an endpoint now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nothing until then.
    Rest(Timestamp),
    /// Tell what is new, and what waits in these lanes.
    Deliver {
        /// Which lanes.
        lanes: Vec<SiteId>,
        /// Whether the cursor may go on.
        fresh: Fresh,
    },
}

/// Whether the cursor may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fresh {
    /// It may.
    Yes,
    /// Too many sites stand behind it already.
    No,
}

/// What was tried in a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Up to where the feed was read for it.
    pub read_to: FeedPlace,
    /// Site by site.
    pub sites: Vec<TriedSite>,
}

/// What became of an endpoint, and of which sites an event was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What became of it.
    pub outgoing: Outgoing,
    /// The sites of events that were given up.
    pub given_up: Vec<SiteId>,
}

impl Outgoing {
    /// An endpoint that is told what comes after a place.
    pub const fn new(cursor: FeedPlace, now: Timestamp) -> Self {
        Self {
            cursor,
            lanes: BTreeMap::new(),
            health: Health::Delivering,
            silent_since: None,
            taken_at: None,
            last: None,
            given_up: 0,
            lost: 0,
            claimed_until: None,
            known_at: now,
        }
    }

    /// The same for a gateway that is told of it, where that is to be written down again.
    pub fn known(&self, now: Timestamp) -> Option<Self> {
        let is_due = self.claim_ends(now) <= now && after(self.known_at, KNOWN_EVERY) <= now;
        is_due.then(|| Self { known_at: now, ..self.clone() })
    }

    /// Whether nobody is told of it any more, and the feed holds nothing of what it would be told.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        after(self.known_at, FORGOTTEN_AFTER) <= now && self.cursor < Self::horizon(now)
    }

    /// What to do about it now.
    pub fn turn(&self, now: Timestamp) -> Turn {
        if let Some(until) = self.claimed_until.filter(|until| *until > now) {
            return Turn::Rest(until);
        }
        let fresh = if self.is_full() { Fresh::No } else { Fresh::Yes };
        match self.health {
            Health::Delivering => {
                let due = self.waiting().into_iter().filter(|(_, lane)| lane.next_at <= now).take(AT_ONCE);
                Turn::Deliver { lanes: due.map(|(site, _)| site.clone()).collect(), fresh }
            }
            Health::Failing { next_at, .. } | Health::Parked { next_at, .. } if next_at > now => {
                Turn::Rest(next_at.min(after(now, LONGEST_PAUSE)))
            }
            Health::Failing { .. } | Health::Parked { .. } => Turn::Deliver { lanes: self.probed(), fresh },
        }
    }

    /// The lanes that are tried of an endpoint that is left alone in between: those of which nothing is known, and the
    /// next that is known, or several where no new site can be. Whoever is taken may stand behind any number that is not.
    fn probed(&self) -> Vec<SiteId> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            self.waiting().into_iter().partition(|(_, lane)| lane.untaken_since.is_some());
        let probed = unknown.into_iter().take(AT_ONCE).chain(known.into_iter().take(if self.is_full() {
            AT_ONCE
        } else {
            1
        }));
        probed.map(|(site, _)| site.clone()).collect()
    }

    /// The lanes, those that are tried next first.
    fn waiting(&self) -> Vec<(&SiteId, &Lane)> {
        let mut lanes: Vec<_> = self.lanes.iter().collect();
        lanes.sort_by_key(|(site, lane)| (lane.next_at, *site));
        lanes
    }

    /// When to look again at one for which nothing was to be done.
    pub fn look_at(&self, now: Timestamp) -> Timestamp {
        let lanes = self.lanes.values().map(|lane| lane.next_at).filter(|next_at| *next_at > now);
        lanes.min().unwrap_or(Timestamp::MAX).min(after(now, LOOK))
    }

    /// Claims it for one turn: of several replicas one tells.
    #[must_use]
    pub fn claimed(&self, now: Timestamp) -> Self {
        Self { claimed_until: Some(after(now, CLAIM)), known_at: now, ..self.clone() }
    }

    /// Until when a turn that begins now may begin something new.
    pub fn turn_ends(now: Timestamp) -> Timestamp {
        after(now, TURN)
    }

    /// When its claim ends, or now.
    pub fn claim_ends(&self, now: Timestamp) -> Timestamp {
        self.claimed_until.unwrap_or(now)
    }

    /// When to look at it after a turn.
    pub fn due(&self, now: Timestamp) -> Timestamp {
        match self.turn(now) {
            Turn::Rest(until) => until,
            Turn::Deliver { .. } => now,
        }
    }

    /// Sorts what a turn brought; `spread` is random, so that endpoints that failed together are not tried together.
    #[must_use]
    pub fn told(mut self, tried: &Tried, now: Timestamp, spread: u8) -> Told {
        self.claimed_until = None;
        let replies = tried.sites.iter().flat_map(|site| site.tries.iter().map(|(_, reply)| *reply));
        let replies = replies.collect::<Vec<_>>();
        let has_taken = replies.iter().any(|reply| reply.meaning() == Meaning::Taken);
        self.last = replies.last().map_or(self.last, |reply| Some(reply.answer));
        self.cursor = self.cursor_after(tried);
        let took_at =
            if has_taken { Some(now) } else { self.taken_at.filter(|_| self.silent_since.is_none()) };
        let sorting = Sorting { cursor: self.cursor, took_at, now };
        let mut given_up = Vec::new();
        for site in &tried.sites {
            let (lane, events) = Lane::sorted(self.lanes.remove(&site.site), site, &sorting);
            self.lanes.extend(lane.map(|lane| (site.site.clone(), lane)));
            self.given_up += events;
            given_up.extend((events > 0).then(|| site.site.clone()));
        }
        if !replies.is_empty() {
            self.judge(tried, now, spread);
        }
        Told { outgoing: self, given_up }
    }

    /// As far as the cursor goes: over all that was read, or where a part was not tried, up to the last that was.
    fn cursor_after(&self, tried: &Tried) -> FeedPlace {
        let read_to = tried.read_to.max(self.cursor);
        let is_open = |site: &TriedSite| site.open.is_some_and(|open| open > self.cursor);
        if !tried.sites.iter().any(is_open) {
            return read_to;
        }
        let last = tried.sites.iter().flat_map(|site| site.tries.iter().map(|(place, _)| *place)).max();
        last.unwrap_or_default().max(self.cursor)
    }

    /// Judges the endpoint as a whole.
    fn judge(&mut self, turn: &Tried, now: Timestamp, spread: u8) {
        let says = |site: &TriedSite, wanted| site.tries.iter().any(|(_, reply)| reply.meaning() == wanted);
        let replies = turn.sites.iter().flat_map(|site| &site.tries);
        let asked = replies.filter_map(|(_, reply)| match reply.meaning() {
            Meaning::Asked(until) => Some(until),
            Meaning::Taken | Meaning::Refused | Meaning::Failed | Meaning::Gone => None,
        });
        let asked = asked.max();
        if turn.sites.iter().any(|site| says(site, Meaning::Taken)) {
            self.recover(turn, now);
        } else if asked.is_some() || self.is_full() || self.news_of(self.silent_since.unwrap_or(now)) > 0 {
            self.silent_since = self.silent_since.or(Some(now));
        } else if !matches!(self.health, Health::Parked { .. }) {
            // What is known says nothing new, and whatever it asked for is over.
            self.silent_since = None;
        }
        let since = self.silent_since.unwrap_or(now);
        let news = self.news_of(since);
        let tries = match self.health {
            Health::Failing { tries, .. } => tries + 1,
            Health::Delivering | Health::Parked { .. } => 1,
        };
        let failing = |next_at| Health::Failing { since, tries, next_at };
        let is_news =
            |site: &TriedSite| self.lanes.get(&site.site).is_some_and(|lane| lane.is_news_of(since));
        let says_gone = |site: &TriedSite| says(site, Meaning::Gone) && is_news(site);
        let is_gone = news >= SITES_IN_A_ROW && turn.sites.iter().any(says_gone);
        // While there are sites it was not told of yet, one of them may be taken.
        let has_learned = turn
            .sites
            .iter()
            .any(|site| self.lanes.get(&site.site).is_some_and(|lane| lane.untaken_since == Some(now)));
        let parked = |was: Health| {
            let since = if let Health::Parked { since, .. } = was { since } else { now };
            let why = if is_gone { Parking::Gone } else { Parking::Silent };
            let every = if is_gone && !has_learned { DAY } else { LONGEST_PAUSE };
            Health::Parked { since, why, next_at: after(now, jittered(every, spread)) }
        };
        self.health = if self.silent_since.is_none() {
            match asked {
                Some(until) => failing(asked_until(until, now, pause(1, spread))),
                None => Health::Delivering,
            }
        } else if (is_gone && !has_learned)
            || after(since, DAY) <= now
            || matches!(self.health, Health::Parked { .. })
        {
            parked(self.health)
        } else if let Some(until) = asked {
            failing(asked_until(until, now, pause(tries, spread)))
        } else if matches!(self.health, Health::Failing { .. }) || news >= SITES_IN_A_ROW {
            failing(after(now, pause(tries, spread)))
        } else {
            self.health
        };
    }

    /// Of how many sites nothing is taken since a silence began, and not since before.
    fn news_of(&self, silence: Timestamp) -> usize {
        self.lanes.values().filter(|lane| lane.is_news_of(silence)).count()
    }

    /// Whether so many sites stand behind the cursor that it may not go on.
    pub fn is_full(&self) -> bool {
        self.lanes.len() >= MOST_LANES
    }

    /// It has taken something. The time in which it took nothing from anybody does not count against single events,
    /// and what was set aside in it is tried at once. Of a site that only failed in it, and was not tried beside what is
    /// taken, nothing is known again: should it fail once more, that says something new.
    fn recover(&mut self, turn: &Tried, now: Timestamp) {
        if let (Health::Failing { .. } | Health::Parked { .. }, Some(from)) = (self.health, self.silent_since)
        {
            let away = Duration::try_from(now.duration_since(from)).unwrap_or_default();
            let tried = turn.sites.iter().filter(|site| !site.tries.is_empty()).map(|site| &site.site);
            let tried = tried.collect::<BTreeSet<_>>();
            for (site, lane) in &mut self.lanes {
                if lane.since.is_none() && lane.is_news_of(from) && !tried.contains(site) {
                    lane.untaken_since = None;
                }
                lane.since = lane.since.map(|since| after(since, away).min(now));
                lane.tries = 0;
                lane.next_at = now;
            }
        }
        self.silent_since = None;
        self.taken_at = Some(now);
    }

    /// The sites that stand behind the cursor.
    pub fn laned(&self) -> BTreeSet<SiteId> {
        self.lanes.keys().cloned().collect()
    }
}

/// Until when an endpoint asked to be left alone: never for nothing, never for long.
fn asked_until(until: Option<Timestamp>, now: Timestamp, own: Duration) -> Timestamp {
    until
        .unwrap_or_else(|| after(now, own))
        .clamp(after(now, Duration::from_secs(1)), after(now, LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::at;
    use crate::domain::reply::Reply;

    const HOUR: i64 = 3_600;
    const FAILED: u16 = 502;

    fn site(name: &str) -> SiteId {
        SiteId::parse(name).unwrap()
    }

    fn reply(status: u16) -> Reply {
        Reply { answer: Answer::Status(status), retry_after: None }
    }

    /// What was tried of a site: places and statuses.
    fn tried(name: &str, tries: &[(u64, u16)]) -> TriedSite {
        let tries = tries.iter().map(|(place, status)| (FeedPlace(*place), reply(*status))).collect();
        TriedSite { site: site(name), tries, open: None, spread: 0 }
    }

    fn turn(read_to: u64, sites: Vec<TriedSite>) -> Tried {
        Tried { read_to: FeedPlace(read_to), sites }
    }

    fn told(outgoing: Outgoing, tried: &Tried, second: i64) -> Outgoing {
        outgoing.told(tried, at(second), 0).outgoing
    }

    fn begun() -> Outgoing {
        Outgoing::new(FeedPlace(10), at(0))
    }

    /// One that took nothing from three sites.
    fn failing() -> Outgoing {
        let sites = ["a", "b", "c"].iter().zip(11..).map(|(name, place)| tried(name, &[(place, FAILED)]));
        told(begun(), &turn(13, sites.collect()), 0)
    }

    #[test]
    fn what_is_taken_moves_the_cursor_and_leaves_no_lane() {
        let after =
            told(begun(), &turn(14, vec![tried("a", &[(11, 200), (13, 204)]), tried("b", &[(12, 299)])]), 0);
        assert_eq!((after.cursor, after.lanes.len(), after.health), (FeedPlace(14), 0, Health::Delivering));
        assert_eq!((after.taken_at, after.last), (Some(at(0)), Some(Answer::Status(299))));
        assert_eq!(after.due(at(0)), at(0), "there may be more");
        assert_eq!(after.look_at(at(0)), at(60), "one that has been told all is looked at again");
    }

    #[test]
    fn an_event_that_is_refused_sets_its_site_aside_and_no_other() {
        let mut poisoned = tried("a", &[(11, 200), (13, 400)]);
        poisoned.open = Some(FeedPlace(15));
        let after = told(begun(), &turn(16, vec![poisoned, tried("b", &[(12, 200), (16, 200)])]), 0);
        assert_eq!((after.cursor, after.health), (FeedPlace(16), Health::Delivering));
        let lane = Lane {
            after: FeedPlace(12),
            since: Some(at(0)),
            untaken_since: Some(at(0)),
            tries: 1,
            next_at: at(5),
        };
        assert_eq!(after.lanes, BTreeMap::from([(site("a"), lane)]));
        let turn = |second| after.turn(at(second));
        assert_eq!(turn(4), Turn::Deliver { lanes: vec![], fresh: Fresh::Yes });
        assert_eq!(turn(5), Turn::Deliver { lanes: vec![site("a")], fresh: Fresh::Yes });
        assert_eq!(after.look_at(at(1)), at(5));
    }

    #[test]
    fn a_lane_joins_the_others_when_all_of_it_is_taken_and_goes_on_where_it_is_not() {
        let lane = |after, since| Lane {
            after: FeedPlace(after),
            since,
            untaken_since: since,
            tries: 3,
            next_at: at(5),
        };
        let mut outgoing = begun();
        outgoing.lanes.insert(site("a"), lane(3, Some(at(0))));
        let all = told(outgoing.clone(), &turn(10, vec![tried("a", &[(4, 200), (8, 200)])]), 6);
        assert!(all.lanes.is_empty());
        let mut part = tried("a", &[(4, 200)]);
        part.open = Some(FeedPlace(8));
        let part = told(outgoing.clone(), &turn(10, vec![part]), 6);
        assert_eq!(part.lanes, BTreeMap::from([(site("a"), Lane::waiting(FeedPlace(7), at(6)))]));
        let mut none = tried("a", &[]);
        none.open = Some(FeedPlace(4));
        let none = told(outgoing.clone(), &turn(10, vec![none]), 6);
        assert_eq!(none.lanes, outgoing.lanes, "one that was not reached is as it was");
        let again = told(outgoing, &turn(10, vec![tried("a", &[(4, 400)])]), 6);
        assert_eq!((again.lanes[&site("a")].tries, again.lanes[&site("a")].since), (4, Some(at(0))));
        assert_eq!(again.lanes[&site("a")].next_at, at(6 + 40));
    }

    #[test]
    fn a_turn_that_ends_early_leaves_what_nobody_tried_before_the_cursor_or_behind_lanes() {
        let mut stopped = tried("a", &[(11, 200)]);
        stopped.open = Some(FeedPlace(12));
        let mut untried = tried("b", &[]);
        untried.open = Some(FeedPlace(14));
        let after = told(begun(), &turn(20, vec![stopped, untried, tried("c", &[(13, 200)])]), 0);
        assert_eq!(after.cursor, FeedPlace(13), "after the last that was tried");
        assert_eq!(after.lanes, BTreeMap::from([(site("a"), Lane::waiting(FeedPlace(11), at(0)))]));
        let mut nothing = tried("b", &[]);
        nothing.open = Some(FeedPlace(14));
        let after = told(begun(), &turn(20, vec![nothing]), 0);
        assert_eq!((after.cursor, after.lanes.len()), (FeedPlace(10), 0));
    }

    #[test]
    fn an_endpoint_that_takes_nothing_from_three_sites_is_left_alone_ever_longer() {
        let mut outgoing = failing();
        assert_eq!(outgoing.health, Health::Failing { since: at(0), tries: 1, next_at: at(5) });
        assert_eq!(outgoing.turn(at(4)), Turn::Rest(at(5)));
        assert_eq!(outgoing.turn(at(5)), Turn::Deliver { lanes: vec![site("a")], fresh: Fresh::Yes });
        let mut now = 5;
        let mut pauses = Vec::new();
        while let Health::Failing { next_at, .. } = outgoing.health {
            now = next_at.as_second() - at(0).as_second();
            outgoing = told(outgoing, &turn(13, vec![tried("a", &[(11, FAILED)])]), now);
            if let Health::Failing { next_at, .. } = outgoing.health {
                pauses.push(next_at.as_second() - at(now).as_second());
            }
        }
        assert_eq!(pauses[..11], [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert!((24 * HOUR..26 * HOUR).contains(&now), "{now}");
        assert_eq!(
            outgoing.health,
            Health::Parked { since: at(now), why: Parking::Silent, next_at: at(now + HOUR) }
        );
        let taken = told(outgoing, &turn(13, vec![tried("a", &[(11, 200)])]), now + HOUR);
        assert_eq!(taken.health, Health::Delivering);
        assert_eq!((taken.given_up, taken.lost), (0, 0));
        let next = taken.lanes.values().map(|lane| lane.next_at).collect::<Vec<_>>();
        assert_eq!(next, [at(now + HOUR); 2], "what was set aside meanwhile is tried at once");
    }

    #[test]
    fn pauses_are_spread() {
        let spread = |name, spread| TriedSite { spread, ..tried(name, &[(11, FAILED)]) };
        let sites = vec![spread("a", 0), spread("b", 128), spread("c", 255)];
        let after = |spread| begun().told(&turn(13, sites.clone()), at(0), spread).outgoing;
        let lane = |name| after(0).lanes[&site(name)].next_at;
        assert!(lane("a") < lane("b") && lane("b") < lane("c") && lane("c") < at(7), "each on its own");
        let next = |spread| after(spread).due(at(0));
        assert!(next(0) < next(128) && next(128) < next(255) && next(255) < at(7));
    }

    #[test]
    fn one_event_that_is_refused_for_a_day_is_given_up_while_others_are_taken() {
        let refused = |second| turn(10, vec![tried("a", &[(4, 400)]), tried("b", &[(second, 200)])]);
        let mut outgoing = begun();
        outgoing = told(outgoing, &refused(11), 0);
        outgoing = told(outgoing, &refused(12), 24 * HOUR - 1);
        assert_eq!((outgoing.given_up, outgoing.lanes.len()), (0, 1));
        let told = outgoing.told(&refused(13), at(24 * HOUR), 0);
        assert_eq!((told.outgoing.given_up, told.outgoing.lanes.len()), (1, 0));
        assert_eq!(told.given_up, [site("a")]);
    }

    #[test]
    fn nothing_is_given_up_while_nothing_is_taken() {
        let refused = turn(10, vec![tried("a", &[(4, 400)])]);
        let mut outgoing = begun();
        for hour in 0..48 {
            outgoing = told(outgoing, &refused, hour * HOUR);
        }
        assert_eq!((outgoing.given_up, outgoing.lanes.len()), (0, 1));
        assert!(matches!(outgoing.health, Health::Parked { why: Parking::Silent, .. }));
    }

    /// One that took nothing of three sites in a turn in which it took another's.
    fn refusing(status: u16) -> Outgoing {
        let refused = ["a", "b", "c"].iter().zip(4..).map(|(name, place)| tried(name, &[(place, status)]));
        told(begun(), &turn(11, refused.chain([tried("d", &[(11, 200)])]).collect()), 0)
    }

    /// What waits is tried again, each event of `at`, and nothing else.
    fn again(outgoing: Outgoing, tries: &[(u64, u16)], second: i64) -> Outgoing {
        let names = outgoing.laned().into_iter().map(|site| site.to_string()).collect::<Vec<_>>();
        told(outgoing, &turn(11, names.iter().map(|name| tried(name, tries)).collect()), second)
    }

    #[test]
    fn sites_that_were_not_taken_before_say_nothing_new_of_the_endpoint() {
        for status in [400, 410, FAILED] {
            let mut outgoing = refusing(status);
            for second in [5, 15, 35, HOUR, 2 * HOUR, 23 * HOUR] {
                outgoing = again(outgoing, &[(4, status)], second);
                let stands = (outgoing.health, outgoing.silent_since, outgoing.lanes.len());
                assert_eq!(stands, (Health::Delivering, None, 3), "{status}");
            }
            // Others that are not taken do: by themselves, as long as they are fewer than three.
            outgoing = told(outgoing, &turn(12, vec![tried("e", &[(12, status)])]), 23 * HOUR + 1);
            outgoing = told(outgoing, &turn(13, vec![tried("f", &[(13, status)])]), 23 * HOUR + 2);
            outgoing = again(outgoing, &[(4, status)], 23 * HOUR + 3);
            let stands = (outgoing.health, outgoing.silent_since);
            assert_eq!(stands, (Health::Delivering, Some(at(23 * HOUR + 1))), "{status}");
            outgoing = told(outgoing, &turn(14, vec![tried("g", &[(14, status)])]), 23 * HOUR + 4);
            assert_ne!(outgoing.health, Health::Delivering, "{status}");
        }
    }

    #[test]
    fn what_is_refused_is_given_up_once_others_were_taken_meanwhile_and_what_follows_it_is_no_news() {
        let tries = [(4, 410), (5, 410)];
        let quiet = again(refusing(410), &tries, 24 * HOUR);
        assert_eq!((quiet.given_up, quiet.lanes.len()), (0, 3), "nothing was taken since it was refused");
        let mut outgoing = told(refusing(410), &turn(12, vec![tried("d", &[(12, 200)])]), HOUR);
        outgoing = again(outgoing, &tries[..1], 24 * HOUR - 1);
        assert_eq!(outgoing.given_up, 0);
        outgoing = again(outgoing, &tries, 24 * HOUR);
        assert_eq!((outgoing.given_up, outgoing.lanes[&site("a")].since), (3, Some(at(24 * HOUR))));
        assert_eq!((outgoing.health, outgoing.silent_since), (Health::Delivering, None));
        outgoing = again(outgoing, &tries[1..], 24 * HOUR + 5);
        assert_eq!((outgoing.health, outgoing.silent_since), (Health::Delivering, None));
    }

    #[test]
    fn what_was_not_reached_behind_an_event_that_is_given_up_is_of_a_site_that_is_known() {
        let outgoing = told(refusing(410), &turn(12, vec![tried("d", &[(12, 200)])]), HOUR);
        let given_up = TriedSite { open: Some(FeedPlace(5)), ..tried("a", &[(4, 410)]) };
        let outgoing = told(outgoing, &turn(12, vec![given_up]), 24 * HOUR);
        let rest = Lane { untaken_since: Some(at(0)), ..Lane::waiting(FeedPlace(4), at(24 * HOUR)) };
        assert_eq!((outgoing.given_up, &outgoing.lanes[&site("a")]), (1, &rest));
    }

    #[test]
    fn a_known_site_that_is_gone_does_not_make_a_failing_endpoint_gone() {
        let fresh = ["e", "f", "g"].iter().zip(12..).map(|(name, place)| tried(name, &[(place, FAILED)]));
        let outgoing = told(refusing(410), &turn(14, fresh.chain([tried("a", &[(4, 410)])]).collect()), 5);
        assert!(matches!(outgoing.health, Health::Failing { .. }), "{:?}", outgoing.health);
    }

    #[test]
    fn an_endpoint_that_asked_and_then_refuses_what_it_refused_before_is_told_what_is_new() {
        let asked = again(refusing(400), &[(4, 429)], 5);
        assert!(matches!(asked.health, Health::Failing { .. }));
        let over = told(asked, &turn(11, vec![tried("a", &[(4, 400)])]), 15);
        assert_eq!((over.health, over.silent_since), (Health::Delivering, None));
    }

    #[test]
    fn the_only_sites_event_is_given_up_when_the_one_behind_it_is_taken() {
        let mut outgoing = begun();
        for hour in 0..25 {
            outgoing = told(outgoing, &turn(10, vec![tried("a", &[(4, 400)])]), hour * HOUR);
        }
        let both = |second| turn(10, vec![tried("a", &[(4, 400), (5, second)])]);
        outgoing = told(outgoing, &both(400), 26 * HOUR);
        assert_eq!((outgoing.given_up, outgoing.lanes[&site("a")].after), (0, FeedPlace(3)));
        outgoing = told(outgoing, &both(200), 27 * HOUR);
        assert_eq!((outgoing.given_up, outgoing.lanes.len(), outgoing.health), (1, 0, Health::Delivering));
    }

    #[test]
    fn the_time_in_which_nothing_was_taken_does_not_count_against_an_event() {
        let sites = ["a", "b", "c"].iter().zip(11..).map(|(name, place)| tried(name, &[(place, 401)]));
        let mut outgoing = told(begun(), &turn(13, sites.collect()), 0);
        outgoing = told(outgoing, &turn(14, vec![tried("d", &[(14, 200)])]), 23 * HOUR);
        outgoing =
            told(outgoing, &turn(15, vec![tried("a", &[(11, 401)]), tried("d", &[(15, 200)])]), 24 * HOUR);
        assert_eq!((outgoing.given_up, outgoing.lanes[&site("a")].since), (0, Some(at(23 * HOUR))));
    }

    #[test]
    fn what_an_endpoint_did_not_take_while_it_failed_is_not_given_up_when_it_is_back() {
        for first in [400, FAILED] {
            let mut outgoing = told(begun(), &turn(11, vec![tried("a", &[(11, first)])]), 0);
            for hour in 1..24 {
                outgoing = told(outgoing, &turn(11, vec![tried("a", &[(11, FAILED)])]), hour * HOUR - 1);
            }
            assert_eq!(outgoing.lanes[&site("a")].since, None, "{first}");
            // It is back for others, not yet for this one, or has an own opinion on it by now.
            for head in [FAILED, 400] {
                let back = turn(12, vec![tried("a", &[(11, head)]), tried("b", &[(12, 200)])]);
                let back = told(outgoing.clone(), &back, 24 * HOUR);
                let known = (back.given_up, back.lanes[&site("a")].after, back.health);
                assert_eq!(known, (0, FeedPlace(10), Health::Delivering), "{first} {head}");
            }
            let behind = turn(12, vec![tried("a", &[(11, FAILED), (12, 200)])]);
            let behind = told(outgoing, &behind, 24 * HOUR);
            assert_eq!((behind.given_up, behind.lanes[&site("a")].after), (0, FeedPlace(10)));
        }
    }

    #[test]
    fn an_endpoint_is_left_alone_as_long_as_it_asks() {
        let asked = |status, until: Option<i64>| {
            let reply = Reply { answer: Answer::Status(status), retry_after: until.map(at) };
            let site = TriedSite { tries: vec![(FeedPlace(11), reply)], ..tried("a", &[]) };
            told(begun(), &turn(11, vec![site]), 0)
        };
        for (status, until, next_at) in [
            (429, Some(90), 90),
            (503, Some(90), 90),
            (429, None, 5),
            (429, Some(0), 1),
            (429, Some(90 * HOUR), 24 * HOUR),
        ] {
            let after = asked(status, until);
            assert_eq!(after.turn(at(0)), Turn::Rest(at(next_at.min(HOUR))), "{status} {until:?}");
            let Health::Failing { next_at: next, .. } = after.health else { panic!("{status} {until:?}") };
            assert_eq!(next, at(next_at), "{status} {until:?}");
            assert_eq!(after.lanes[&site("a")].since, None, "the event is not to blame");
        }
    }

    #[test]
    fn an_endpoint_that_is_gone_is_tried_once_a_day() {
        let gone = |name, place| tried(name, &[(place, 410)]);
        let parked = |next| Health::Parked { since: at(5), why: Parking::Gone, next_at: at(next) };
        let first = told(begun(), &turn(13, vec![gone("a", 11), gone("b", 12), gone("c", 13)]), 0);
        assert_eq!(first.due(at(0)), at(5), "there may be others that it was not told of");
        let after = told(first, &turn(13, vec![gone("a", 11)]), 5);
        assert_eq!(after.health, parked(5 + 24 * HOUR));
        assert_eq!(after.turn(at(6)), Turn::Rest(at(6 + HOUR)), "looked at for what is about to be lost");
        let another = told(after.clone(), &turn(14, vec![gone("a", 11), gone("d", 14)]), 24 * HOUR);
        assert_eq!(another.health, parked(25 * HOUR), "one that it was not told of");
        let again = told(after, &turn(13, vec![gone("a", 11)]), 24 * HOUR);
        assert_eq!(again.health, parked(48 * HOUR));
    }

    #[test]
    fn one_that_is_left_alone_is_tried_with_sites_of_which_nothing_is_known_and_one_that_is() {
        let mut outgoing = failing();
        for number in 0..2 * AT_ONCE {
            outgoing.lanes.insert(site(&format!("s{number:02}")), Lane::waiting(FeedPlace(12), at(1)));
        }
        let Turn::Deliver { lanes, fresh } = outgoing.turn(at(5)) else { panic!() };
        let unknown = (0..AT_ONCE).map(|number| site(&format!("s{number:02}")));
        assert_eq!((lanes, fresh), (unknown.chain([site("a")]).collect(), Fresh::Yes));
    }

    #[test]
    fn an_event_that_is_answered_with_gone_is_refused_and_says_nothing_of_other_sites() {
        let gone = |name, place| tried(name, &[(place, 410)]);
        let alone = told(begun(), &turn(11, vec![gone("a", 11)]), 0);
        assert_eq!(alone.health, Health::Delivering);
        assert_eq!((alone.lanes[&site("a")].since, alone.lanes[&site("a")].next_at), (Some(at(0)), at(5)));
        let both = told(alone, &turn(12, vec![gone("a", 11), tried("b", &[(12, 200)])]), 5);
        assert_eq!((both.health, both.lanes[&site("a")].next_at), (Health::Delivering, at(5 + 10)));
        let mut day = told(both, &turn(13, vec![gone("c", 13)]), 10);
        for hour in 1..=25 {
            day = told(day, &turn(13, vec![gone("a", 11)]), 10 + hour * HOUR);
        }
        assert!(matches!(day.health, Health::Parked { why: Parking::Silent, .. }), "{:?}", day.health);
    }

    #[test]
    fn of_several_replicas_one_has_the_turn() {
        let claimed = begun().claimed(at(0));
        assert_eq!(claimed.turn(at(59)), Turn::Rest(at(60)));
        assert!(matches!(claimed.turn(at(60)), Turn::Deliver { .. }));
        assert!(Outgoing::turn_ends(at(0)) + Duration::from_secs(15) < claimed.claim_ends(at(0)));
    }

    #[test]
    fn an_endpoint_is_forgotten_when_nobody_knows_it_for_a_day_and_nothing_is_left_to_tell_it() {
        let week = i64::try_from(crate::domain::event::KEPT.as_secs()).unwrap();
        let mut outgoing = Outgoing::new(FeedPlace::first_of(at(0)), at(0));
        assert!(!outgoing.is_forgotten(at(2 * 24 * HOUR)), "it may come back and go on where it stood");
        assert!(outgoing.is_forgotten(at(week)));
        assert_eq!(outgoing.known(at(HOUR - 1)), None);
        outgoing = outgoing.known(at(week - HOUR)).unwrap();
        assert!(!outgoing.is_forgotten(at(week + 22 * HOUR)) && outgoing.is_forgotten(at(week + 23 * HOUR)));
        let claimed = outgoing.claimed(at(week));
        assert_eq!((claimed.known_at, claimed.known(at(week + 1))), (at(week), None));
    }

    #[test]
    fn too_many_sites_aside_and_the_cursor_stands() {
        let mut outgoing = begun();
        for number in 0..MOST_LANES {
            outgoing.lanes.insert(site(&format!("s{number}")), Lane::waiting(FeedPlace(3), at(0)));
        }
        let Turn::Deliver { lanes, fresh } = outgoing.turn(at(0)) else { panic!() };
        assert_eq!((lanes.len(), fresh), (AT_ONCE, Fresh::No));
        let since = Some(at(0));
        outgoing.lanes.values_mut().for_each(|lane| (lane.since, lane.untaken_since) = (since, since));
        outgoing = told(outgoing, &turn(10, vec![tried("s0", &[(4, 400)])]), HOUR);
        assert_eq!(outgoing.silent_since, Some(at(HOUR)), "nobody else can be tried");
        outgoing = told(outgoing, &turn(10, vec![tried("s1", &[(4, 400)])]), 25 * HOUR);
        assert!(matches!(outgoing.health, Health::Parked { .. }), "{:?}", outgoing.health);
        let Turn::Deliver { lanes, fresh } = outgoing.turn(at(26 * HOUR)) else { panic!() };
        assert_eq!((lanes.len(), fresh), (AT_ONCE, Fresh::No));
        let horizon = Outgoing::horizon(at(26 * HOUR));
        assert!(outgoing.expiring(at(26 * HOUR)).contains(&(None, FeedPlace(10), horizon)), "it stands");
    }

    #[test]
    fn an_endpoint_that_fails_again_once_it_is_back_is_left_alone_again_and_parked() {
        let back = told(failing(), &turn(13, vec![tried("a", &[(11, 200)])]), HOUR);
        assert_eq!(back.health, Health::Delivering);
        let mut down = told(back, &turn(14, vec![tried("b", &[(12, FAILED)])]), HOUR + 1);
        assert_eq!(down.silent_since, Some(at(HOUR + 1)));
        let others = vec![tried("c", &[(13, FAILED)]), tried("a", &[(14, FAILED)])];
        down = told(down, &turn(14, others), HOUR + 2);
        assert!(matches!(down.health, Health::Failing { .. }), "{:?}", down.health);
        down = told(down, &turn(14, vec![tried("a", &[(14, FAILED)])]), 26 * HOUR);
        assert!(matches!(down.health, Health::Parked { why: Parking::Silent, .. }), "{:?}", down.health);
    }

    #[test]
    fn sites_that_fail_while_others_are_taken_say_nothing_new_after_an_endpoint_was_away() {
        let beside = vec![tried("a", &[(11, FAILED)]), tried("d", &[(14, 200)])];
        let mut back = told(failing(), &turn(14, beside), HOUR);
        assert_eq!((back.health, back.lanes.len()), (Health::Delivering, 3));
        back =
            told(back, &turn(14, ["a", "b", "c"].map(|name| tried(name, &[(13, FAILED)])).into()), HOUR + 1);
        assert_eq!(back.health, Health::Delivering, "one of them is known");
        let beside = vec![tried("c", &[(13, FAILED)]), tried("d", &[(15, 200)])];
        back = told(back, &turn(15, beside), HOUR + 2);
        for name in ["a", "b", "c"] {
            back = told(back, &turn(15, vec![tried(name, &[(13, FAILED)])]), HOUR + 9);
            assert_eq!((back.health, back.silent_since), (Health::Delivering, None), "{name}");
        }
    }

    #[test]
    fn what_is_about_to_be_no_longer_kept_is_given_up_only_where_it_is_not_told_now() {
        let week = i64::try_from(crate::domain::event::KEPT.as_secs()).unwrap();
        let mut outgoing = failing();
        outgoing.cursor = FeedPlace::first_of(at(0));
        outgoing.lanes.retain(|name, _| *name == site("a"));
        outgoing.lanes.values_mut().for_each(|lane| lane.after = FeedPlace::first_of(at(0)));
        outgoing.health = Health::Parked { since: at(0), why: Parking::Silent, next_at: at(2 * week) };
        assert_eq!(outgoing.expiring(at(week - 3 * HOUR)), []);
        let now = at(week);
        let horizon = Outgoing::horizon(now);
        let lane = outgoing.lanes[&site("a")].after;
        let expiring = outgoing.expiring(now);
        assert_eq!(expiring, [(Some(site("a")), lane, horizon), (None, outgoing.cursor, horizon)]);
        let without = outgoing.clone().without(&expiring, 7);
        assert_eq!((without.cursor, without.lanes[&site("a")].after, without.lost), (horizon, horizon, 7));
        assert_eq!(without.expiring(now), []);
        outgoing.health = Health::Delivering;
        outgoing.lanes.clear();
        assert_eq!(outgoing.expiring(now), []);
    }
}
