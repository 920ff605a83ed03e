//! Years of a grant, with all that goes wrong in them: tokens are lost only where Zoom spent one and nobody could write
//! down the next, and then the account says that it must be authorised again (R29).
//!
//! A year is told by its seed alone. Every few days some replicas need the tokens at once, which have expired; answers are
//! lost, replicas die, the store fails and goes back.

use std::sync::Arc;
use std::time::Duration;

use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use greenroom::domain::account::Owner;
use greenroom::domain::grant::Grant;
use greenroom::domain::grant::Tokens;
use http::Method;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::simulation::deeds::Account;
use crate::simulation::deeds::Deed;
use crate::simulation::deeds::LUA;
use crate::simulation::deeds::Token;
use crate::simulation::deeds::studio;
use crate::simulation::dice::Dice;
use crate::simulation::exchanges::End;
use crate::simulation::seeds::said;
use crate::simulation::shelf::Memory;
use crate::simulation::timeline::Place;
use crate::simulation::trace::Telling;
use crate::simulation::wishes::Wishes;
use crate::simulation::world::REPLICAS;
use crate::simulation::world::Setting;
use crate::simulation::world::World;

/// So many years are run where nobody says how many.
const YEARS: u64 = 12;
/// By these many tests side by side.
const SHARES: u64 = 4;
/// A year is one of these.
const A_YEAR: Duration = Duration::from_hours(365 * 24);
/// So much is shown of what a year told before it failed.
const SHOWN: usize = 120;
/// How long a replica writes tokens again that the store does not take, or went back over.
const WRITTEN_WITHIN: Duration = Duration::from_mins(10);
/// How late a refresh may come to Zoom that nobody waits for any more, and meet the tokens that came after.
const LATE: Duration = Duration::from_mins(2);

/// The year to be run alone, and told in full.
const ONE: &str = "GRANT_YEAR";
/// How many years to run.
const MANY: &str = "GRANT_YEARS";

/// What Zoom does with a refresh token that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rotation {
    Strict,
    Grace,
    RevokesFamily,
}

impl Rotation {
    fn mode(self) -> Value {
        match self {
            Self::Strict => json!("strict"),
            Self::Grace => json!({"grace": {"seconds": 300}}),
            Self::RevokesFamily => json!("reuse_revokes_family"),
        }
    }
}

/// What was counted, and what must not be.
#[derive(Debug, Default)]
struct Year {
    /// Refreshes that brought new tokens, and that may have been carried out unheard.
    renewed: u64,
    unheard: u64,
    /// How often the store went back over new tokens, and they were written again.
    restored: u64,
    /// How often the account said that it must be authorised again.
    lapses: u64,
    problems: Vec<String>,
    told: Vec<String>,
}

impl Year {
    fn add(&mut self, other: &Self) {
        self.renewed += other.renewed;
        self.unheard += other.unheard;
        self.restored += other.restored;
        self.lapses += other.lapses;
    }
}

/// A year that goes on.
struct Running {
    world: World,
    dice: Dice,
    rotation: Rotation,
    /// When the account was authorised last.
    authorized_at: Timestamp,
    /// When something happened that nobody could have mended.
    lost_at: Option<Timestamp>,
    year: Year,
}

fn run(seed: u64, telling: Telling) -> Year {
    let mut running = Running::begin(seed, telling);
    let until = running.world.now() + A_YEAR;
    while running.world.now() < until && running.year.problems.is_empty() {
        running.days();
    }
    running.end()
}

impl Running {
    fn begin(seed: u64, telling: Telling) -> Self {
        let dice = Dice::new(seed);
        let dress = Arc::new(|gateway, _| gateway);
        let setting = Setting { telling, memory: Memory::Long, dress, wishes: Wishes::default() };
        let mut world = World::new(&dice, setting);
        world.perform(Deed::Found);
        world.perform(Deed::Connect(Account::Default, LUA));
        let rotation = dice.pick(&[Rotation::Strict, Rotation::Grace, Rotation::RevokesFamily]);
        let modes = json!({
            "refresh": rotation.mode(),
            "refresh_lifetime": "sliding",
            "old_access_token": dice.pick(&["dies", "lives"]),
            "dead_refresh_token": dice.pick(&["invalid_grant", "invalid_request", "unauthorized"]),
        });
        world.zoom.control(Method::POST, "modes", &modes);
        world.outside.weather.begin(&dice);
        let authorized_at = world.now();
        Self { world, dice, rotation, authorized_at, lost_at: None, year: Year::default() }
    }

    /// Some days without anybody, then some who need the tokens, and something that goes wrong; then what came of it.
    fn days(&mut self) {
        let quiet = self.dice.millis(3_700_000..=8 * 86_400_000);
        self.world.pass(quiet);
        for _ in 0..self.dice.within(1..=4) {
            let need = self.dice.pick(&[Token::Working, Token::Working, Token::Another]);
            self.world.ask(self.one(), Deed::Use(Account::Default, need), (Duration::ZERO, self.hang_up()));
            self.world.pass(self.dice.millis(0..=200));
        }
        match self.dice.below(10) {
            0 | 1 => self.crash(),
            2 => self.go_back(),
            _ => {}
        }
        self.world.pass(self.dice.millis(0..=30_000));
        self.world.start_all();
        self.world.pass(WRITTEN_WITHIN);
        self.look();
    }

    fn one(&self) -> usize {
        usize::try_from(self.dice.below(REPLICAS as u64)).unwrap()
    }

    fn hang_up(&self) -> Option<Duration> {
        self.dice.strikes(300).then(|| self.dice.millis(0..=500))
    }

    /// A replica dies. What it was told a moment ago and could not write down is lost with it.
    fn crash(&mut self) {
        let number = self.one();
        let since = self.world.now() - WRITTEN_WITHIN;
        let answers = self.world.outside.exchanges.since(since);
        let stands = self.grant().and_then(|grant| grant.tokens.pair().map(|pair| pair.obtained_at));
        let is_lost = answers.iter().any(|exchange| {
            exchange.end == End::Renewed
                && exchange.place == Place::Replica(number)
                && stands.is_none_or(|stands| stands < exchange.at)
        });
        if is_lost {
            self.lost_at = Some(self.world.now());
        }
        self.world.crash(number);
    }

    /// The store goes back over its last writes a moment after them, and no replica dies.
    fn go_back(&mut self) {
        self.world.pass(self.dice.millis(0..=2_000));
        let Some(before) = self.grant() else { return };
        let writes = usize::try_from(self.dice.within(1..=3)).unwrap();
        self.world
            .outside
            .trace
            .tell(self.world.now(), || format!("the store goes back over {writes} writes"));
        self.world.outside.shelf.go_back(writes);
        let stands = self.grant();
        let is_behind = stands.as_ref().is_none_or(|grant| grant.is_before(&before));
        let is_under_way = |grant: &Grant| matches!(grant.tokens, Tokens::Refreshing { .. });
        let is_unannounced = is_under_way(&before) && !stands.is_some_and(|grant| is_under_way(&grant));
        // Whoever needs tokens in between uses the old one, which was spent or is being spent.
        if self.rotation == Rotation::RevokesFamily && (is_behind || is_unannounced) {
            self.lost_at = Some(self.world.now());
        }
        if !is_behind {
            return;
        }
        self.world.pass(Duration::from_mins(2));
        match self.grant() {
            Some(grant) if !grant.is_before(&before) => self.year.restored += 1,
            stands => {
                let stands = stands.map(|grant| grant.tokens.generation());
                let wanted = before.tokens.generation();
                self.problem(&format!("tokens {wanted} stay lost after the store went back: {stands:?}"));
            }
        }
    }

    /// What came of it: an account lapses only where tokens were lost, and is then authorised again.
    fn look(&mut self) {
        if !self.has_lapsed() {
            return;
        }
        self.year.lapses += 1;
        if !self.may_be_lost() {
            self.problem("the account lapsed, and no token was lost");
        }
        self.authorize();
    }

    /// Whether a token was lost that no later answer made good.
    fn may_be_lost(&self) -> bool {
        let over = self.world.outside.exchanges.since(self.authorized_at);
        let ended = |end| over.iter().filter(move |exchange| exchange.end == end).map(|exchange| exchange.at);
        let renewed = ended(End::Renewed).max();
        let is_open = |at: Timestamp| renewed.is_none_or(|renewed| renewed < at + LATE);
        self.lost_at.into_iter().chain(ended(End::Lost)).any(is_open)
    }

    fn authorize(&mut self) {
        let weather = self.world.outside.weather.odds();
        self.world.outside.weather.clear_up();
        self.world.pass(Duration::from_mins(5));
        self.world.perform(Deed::Connect(Account::Default, LUA));
        self.authorized_at = self.world.now();
        self.lost_at = None;
        self.world.pass(Duration::from_mins(5));
        if self.has_lapsed() {
            self.problem("the account does not recover");
        }
        self.world.outside.weather.become_again(weather);
    }

    /// In fine weather the tokens work, or the account says that they do not.
    fn end(mut self) -> Year {
        self.world.outside.weather.clear_up();
        self.world.start_all();
        self.world.pass(WRITTEN_WITHIN);
        self.world.perform(Deed::Use(Account::Default, Token::Another));
        self.world.pass(Duration::from_mins(5));
        let generation = self.grant().map(|grant| grant.tokens.generation());
        let before = self.world.now();
        self.world.perform(Deed::Use(Account::Default, Token::Another));
        self.world.pass(Duration::from_mins(5));
        let works = self.grant().and_then(|grant| grant.tokens.pair().map(|pair| pair.obtained_at >= before));
        if works != Some(true) && !self.has_lapsed() {
            self.problem(&format!("the tokens {generation:?} do not work, and the account does not say so"));
        }
        let over = self.world.outside.exchanges.since(Timestamp::MIN);
        let count = |end| over.iter().filter(|exchange| exchange.end == end).count() as u64;
        (self.year.renewed, self.year.unheard) = (count(End::Renewed), count(End::Lost));
        self.year.told = self.world.outside.trace.lines();
        self.year
    }

    fn problem(&mut self, problem: &str) {
        self.world.outside.trace.tell(self.world.now(), || problem.to_owned());
        self.year.problems.push(format!("{}: {problem} ({:?})", self.world.now(), self.rotation));
    }

    fn account(&self) -> greenroom::domain::account::HostedAccount {
        let snapshot = self.world.observer.site(&studio(), &[]).expect("the site stands");
        let site = snapshot.site.value.expect("the site stands");
        let connection = &site.accounts[&Owner::Default].connection;
        let Connection::Hosted(hosted) = connection else { panic!("{connection:?}") };
        hosted.clone()
    }

    fn has_lapsed(&self) -> bool {
        self.account().state != AccountState::Active
    }

    fn grant(&self) -> Option<Grant> {
        self.world.observer.grant(&self.account().grant)
    }
}

fn check(seed: u64) -> Year {
    let year = run(seed, Telling::Nothing);
    if year.problems.is_empty() {
        return year;
    }
    let told = run(seed, Telling::All).told;
    let first = if said(ONE).is_some() { 0 } else { told.len().saturating_sub(SHOWN) };
    let (told, problems) = (told[first..].join("\n"), year.problems.join("\n"));
    panic!(
        "{told}\n\nyear {seed}:\n{problems}\n\nto see it again: {ONE}={seed} cargo nextest run --no-capture years::share_1"
    );
}

#[rstest]
fn r29_no_grant_is_lost_but_where_zoom_spent_a_token_for_nobody(#[values(0, 1, 2, 3)] share: u64) {
    let each = said(MANY).unwrap_or(YEARS).div_ceil(SHARES);
    let years = said(ONE).map_or(share * each..(share + 1) * each, |seed| seed..seed + 1);
    let mut all = Year::default();
    for seed in years.clone() {
        all.add(&check(seed));
    }
    println!(
        "{} grant-years: {} pairs of tokens, {} refreshes unheard, {} lapses, {} times written again after the store went back",
        years.end - years.start,
        all.renewed,
        all.unheard,
        all.lapses,
        all.restored,
    );
    let is_one = said(ONE).is_some();
    assert!(is_one || [all.renewed, all.unheard, all.restored, all.lapses].iter().all(|count| *count > 0));
}

#[test]
fn the_same_year_is_told_the_same_way() {
    assert_eq!(run(3, Telling::All).told, run(3, Telling::All).told);
}
