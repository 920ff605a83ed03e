//! Owns a whole world: replicas, a store and Zoom, one after the other in one thread, on virtual time.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use jiff::Timestamp;
use jiff::ToSpan;
use tokio::task::JoinHandle;

use crate::simulation::deeds::ANA;
use crate::simulation::deeds::Account;
use crate::simulation::deeds::Deed;
use crate::simulation::deeds::Doer;
use crate::simulation::deeds::LUA;
use crate::simulation::deeds::Leaving;
use crate::simulation::deeds::studio;
use crate::simulation::dice::Dice;
use crate::simulation::exchanges::Exchanges;
use crate::simulation::guard::Guard;
use crate::simulation::links::Links;
use crate::simulation::observer::Observer;
use crate::simulation::replica::Dress;
use crate::simulation::replica::Outside;
use crate::simulation::replica::Replica;
use crate::simulation::shelf::Memory;
use crate::simulation::shelf::Shelf;
use crate::simulation::timeline::Place;
use crate::simulation::timeline::Timeline;
use crate::simulation::trace::Telling;
use crate::simulation::trace::Trace;
use crate::simulation::weather::Weather;
use crate::simulation::wishes::Wish;
use crate::simulation::wishes::Wishes;
use crate::simulation::zoom::Zoom;

/// So many replicas serve.
pub(super) const REPLICAS: usize = 3;
/// All is quiet when no work is due within this: longer than to the end of a day by which a provider counts.
const QUIET: Duration = Duration::from_hours(26);
/// And none of a grant's within this: longer than whatever settles a grant waits, so that the look at its user which comes
/// every day, each grant's at an hour of its own, is left out.
const QUIET_OF_GRANTS: Duration = Duration::from_hours(1);
/// How long what is going on may take to come to an end.
const PATIENCE: Duration = Duration::from_hours(60);

/// A whole world.
pub(super) struct World {
    pub(super) outside: Outside,
    pub(super) zoom: Zoom,
    pub(super) observer: Arc<Observer>,
    pub(super) guard: Guard,
    pub(super) links: Links,
    /// When users' accounts were disconnected last, by what was to become of their meetings.
    pub(super) left: BTreeMap<(&'static str, Leaving), Timestamp>,
    /// Meetings that their hosts deleted.
    pub(super) erased: BTreeSet<String>,
    replicas: Vec<Replica>,
    requests: Vec<JoinHandle<()>>,
    dress: Dress,
    wishes: Wishes,
    first_day: Timestamp,
}

/// What a world is made with.
pub(super) struct Setting {
    pub(super) telling: Telling,
    pub(super) memory: Memory,
    pub(super) dress: Dress,
    pub(super) wishes: Wishes,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// A world in which nothing happened yet, in fine weather.
    pub(super) fn new(dice: &Dice, setting: Setting) -> Self {
        let Setting { telling, memory, dress, wishes } = setting;
        let timeline = Timeline::new();
        let shelf = Arc::new(Shelf::new(timeline.clone(), memory));
        let ring = Keyring::generate(timeline.now(), dice);
        let keyring = Arc::new(ArcSwap::from_pointee(ring));
        let observer = Arc::new(Observer::new(&shelf, &keyring, &timeline));
        let guard = Guard::new(Arc::clone(&observer));
        let zoom = Zoom::new(&timeline, dice.next());
        let outside = Outside {
            gate: zoom.gate(guard.clone()),
            dice: dice.fork(),
            trace: Trace::new(telling),
            weather: Weather::fine(),
            exchanges: Exchanges::default(),
            timeline,
            shelf,
            keyring,
        };
        let first_day = outside.timeline.now() + 240.hours();
        let replicas = (0..REPLICAS).map(Replica::new).collect();
        let (links, left, erased) = (Links::default(), BTreeMap::new(), BTreeSet::new());
        let requests = Vec::new();
        let mut world = Self {
            outside,
            zoom,
            observer,
            guard,
            links,
            left,
            erased,
            replicas,
            requests,
            dress,
            wishes,
            first_day,
        };
        world.start_all();
        world
    }

    pub(super) fn now(&self) -> Timestamp {
        self.outside.timeline.now()
    }

    /// Starts the replicas that are dead.
    pub(super) fn start_all(&mut self) {
        for replica in self.replicas.iter_mut().filter(|replica| !replica.is_alive()) {
            replica.start(&self.outside, &self.dress);
        }
    }

    /// Ends a replica at once, wherever its tasks are.
    pub(super) fn crash(&mut self, number: usize) {
        self.outside.trace.tell(self.now(), || format!("{number} crashes"));
        self.replicas[number].crash();
    }

    /// The store forgets its last writes, as one does whose replica takes over without them, and replicas start anew.
    pub(super) fn forget(&mut self, writes: usize) {
        self.outside.trace.tell(self.now(), || format!("the store forgets {writes} writes"));
        self.outside.shelf.go_back(writes);
        (0..REPLICAS).for_each(|number| self.crash(number));
        self.start_all();
    }

    pub(super) fn start(&mut self, number: usize) {
        if !self.replicas[number].is_alive() {
            self.outside.trace.tell(self.now(), || format!("{number} starts"));
            self.replicas[number].start(&self.outside, &self.dress);
        }
    }

    /// Has a replica do something; another one where that is dead. The request may be hung up after a while.
    pub(super) fn ask(&mut self, number: usize, deed: Deed, (wait, hang_up): (Duration, Option<Duration>)) {
        let all = (number..REPLICAS).chain(0..number);
        let Some(number) = all.into_iter().find(|number| self.replicas[*number].is_alive()) else { return };
        if let Deed::Disconnect(account, leaving) = &deed {
            self.left.insert((user(*account), *leaving), self.now());
        }
        let trace = self.outside.trace.clone();
        trace.tell(self.now(), || format!("{number} is asked: {deed:?}"));
        let (gate, links, first_day) = (self.outside.gate.clone(), self.links.clone(), self.first_day);
        let task = self.replicas[number].spawn(&self.outside, |gateway| async move {
            let doer = Doer { gateway, gate, links, wait, first_day };
            let told = doer.perform(&deed).await;
            trace.tell(doer.gateway.clock.now(), || format!("{number} answers {deed:?}: {told}"));
        });
        let Some(task) = task else { return };
        if let Some(after) = hang_up {
            let (handle, timeline) = (task.abort_handle(), self.outside.timeline.clone());
            self.outside.timeline.act_after(after, move || {
                handle.abort();
                timeline.rouse(Place::Replica(number));
            });
        }
        self.requests.push(task);
    }

    /// Has something done, and waits for the answer.
    pub(super) fn perform(&mut self, deed: Deed) {
        self.ask(0, deed, (Duration::from_secs(5), None));
        while self.is_asked() {
            self.run_awake();
            self.outside.timeline.step();
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, duration: Duration) {
        let until = self.now() + duration;
        loop {
            self.run_awake();
            self.skip_to(until);
            match self.outside.timeline.next_at() {
                Some(at) if at <= until => self.outside.timeline.step(),
                Some(_) | None => break,
            }
        }
        self.outside.timeline.pass_to(until);
    }

    /// Lets the weather clear up, and time pass until nothing is left to do. Owners connect their accounts again where
    /// they are told to.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        self.outside.weather.clear_up();
        self.outside.trace.tell(self.now(), || "the weather clears up".to_owned());
        self.start_all();
        let give_up_at = self.now() + PATIENCE;
        loop {
            self.run_awake();
            if !self.is_asked() && self.outside.timeline.is_resting() {
                for account in self.lapsed() {
                    self.perform(Deed::Connect(account, user(account)));
                }
                match self.next_hint() {
                    Some(at) if !self.is_quiet(at) => self.outside.timeline.skip_rests(at),
                    Some(_) | None => return Ok(()),
                }
            }
            self.skip_to(Timestamp::MAX);
            if self.now() > give_up_at {
                return Err("something is due again and again".to_owned());
            }
            self.outside.timeline.step();
        }
    }

    fn run_awake(&mut self) {
        loop {
            let awake = self.outside.timeline.take_awake();
            if awake.is_empty() {
                return;
            }
            for place in awake {
                match place {
                    Place::Zoom => self.zoom.run(),
                    Place::Replica(number) => self.replicas[number].run(),
                }
                self.fulfil();
            }
        }
    }

    /// Does to replicas what something in them asked for.
    fn fulfil(&mut self) {
        for wish in self.wishes.take() {
            match wish {
                Wish::Crash(Place::Replica(number)) => self.crash(number),
                Wish::Crash(Place::Zoom) => {}
                Wish::HangUp => {
                    self.outside.trace.tell(self.now(), || "the caller hangs up".to_owned());
                    for request in &self.requests {
                        request.abort();
                    }
                    (0..REPLICAS).for_each(|number| self.outside.timeline.rouse(Place::Replica(number)));
                }
            }
        }
    }

    /// Leaves out the time until something is due or happens.
    fn skip_to(&mut self, until: Timestamp) {
        if self.is_asked() {
            return;
        }
        let Some(happens) = self.outside.timeline.rest_until() else { return };
        let due = self.next_hint().unwrap_or(Timestamp::MAX).min(happens).min(until);
        if self.outside.timeline.next_at().is_some_and(|at| at < due) {
            self.outside.timeline.skip_rests(due);
        }
    }

    fn next_hint(&self) -> Option<Timestamp> {
        self.outside.shelf.next_hint_ms().map(|at| Timestamp::from_millisecond(at).unwrap())
    }

    /// Whether nothing is left to do but what comes every day; the next hint of any is for `next`.
    fn is_quiet(&self, next: Timestamp) -> bool {
        let beside_grants = self.outside.shelf.next_hint_beside_grants_ms();
        let beside_grants = beside_grants.map(|at| Timestamp::from_millisecond(at).unwrap());
        next > self.now() + QUIET_OF_GRANTS && beside_grants.is_none_or(|at| at > self.now() + QUIET)
    }

    fn is_asked(&mut self) -> bool {
        self.requests.retain(|request| !request.is_finished());
        !self.requests.is_empty()
    }

    /// The accounts that must be connected again; without the default account no other can be.
    fn lapsed(&self) -> Vec<Account> {
        let Some(snapshot) = self.observer.site(&studio(), &[]) else { return Vec::new() };
        let site = snapshot.site.value.unwrap();
        let has_lapsed = |account: &Account| {
            let connection = site.accounts.get(&account.owner()).map(|account| &account.connection);
            let hosted = connection.and_then(Connection::hosted);
            hosted.is_some_and(|hosted| matches!(hosted.state, AccountState::ReauthorizationRequired { .. }))
        };
        let lapsed = [Account::Default, Account::Ana].into_iter().filter(has_lapsed).collect::<Vec<_>>();
        let is_shut = !lapsed.is_empty() && site.default_account().is_none();
        is_shut.then_some(Account::Default).into_iter().chain(lapsed).collect()
    }
}

/// Who connects an account.
pub(super) fn user(account: Account) -> &'static str {
    match account {
        Account::Default => LUA,
        Account::Ana => ANA,
    }
}
