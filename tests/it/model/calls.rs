//! Owns what the model's provider does: it makes meetings, late if need be, lists them, updates and removes them.

use crate::model::steps::Unfolding;
use crate::model::telling::Did;
use crate::model::telling::Event;
use crate::model::variant::Variant;
use crate::model::world::Call;
use crate::model::world::Given;
use crate::model::world::Host;
use crate::model::world::Launch;
use crate::model::world::Made;
use crate::model::world::MeetingNumber;
use crate::model::world::Outcome;
use crate::model::world::Presence;
use crate::model::world::Worker;

impl Unfolding<'_> {
    /// A worker calls the provider.
    pub(super) fn call(&mut self, place: usize, call: Call) {
        match call {
            Call::Create(launch) => self.create(place, launch),
            Call::Look(launch, doomed) => {
                let found = self.find(launch, doomed);
                let outcome = found.map_or(Outcome::NoneFound(launch), |(first, others)| {
                    Outcome::Found(launch, first, others)
                });
                self.go(place, Did::List, Worker::Knowing(outcome), self.from);
            }
            Call::Update(number, start, sent) => self.update(place, number, (start, sent)),
            Call::Remove(number) => self.remove(place, number),
            Call::Search(launch, looks) => self.search(place, launch, looks),
        }
    }

    fn create(&mut self, place: usize, launch: Launch) {
        if self.from.now > launch.begun {
            let refused = Worker::Knowing(Outcome::Refused(launch));
            self.go(place, Did::FindTooLate, refused, self.from);
            return;
        }
        if self.model.variant == Variant::RemovesFirst
            && let Some((old, _)) = self.model.records.handed_out(self.from.record)
            && self.from.meeting(old).presence == Presence::There
        {
            let mut to = self.from;
            to.meeting_mut(old).presence = Presence::Removed;
            self.go(place, Did::Remove(old), Worker::Calling(Call::Create(launch)), to);
            return;
        }
        for hidden_until in self.hidden_until() {
            let mut to = self.from;
            let number = to.make(launch, hidden_until);
            if self.model.variant == Variant::LinkFromMemory {
                to.meeting_mut(number).given = Given::FromMemory;
            }
            let made = Worker::Knowing(Outcome::Made(launch, number));
            self.go(place, Did::Post(number), made, to);
        }
        if self.from.faults.refusals > 0 {
            let mut to = self.from;
            to.faults.refusals -= 1;
            self.go(place, Did::PostRefused, Worker::Knowing(Outcome::Refused(launch)), to);
        }
        let mut adrift = self.from;
        if !adrift.set_adrift(launch) {
            return;
        }
        if adrift.faults.lost_replies > 0 {
            let mut to = adrift;
            to.faults.lost_replies -= 1;
            self.go(place, Did::PostUnheard, Worker::Knowing(Outcome::Unanswered(launch)), to);
        }
        if adrift.faults.crashes > 0 {
            let mut to = adrift;
            to.faults.crashes -= 1;
            self.go(place, Did::PostAndCrash, Worker::Idle, to);
        }
    }

    /// From when on lists may show a meeting that is made in this tick.
    fn hidden_until(&self) -> Vec<u8> {
        let lagging = (self.model.bounds.lag > 0).then_some(self.from.now + self.model.bounds.lag);
        [0].into_iter().chain(lagging).collect()
    }

    /// What a list of a host's meetings shows: the marker tells the session and the generation.
    fn list(&self, host: Host) -> impl Iterator<Item = (MeetingNumber, Made)> + '_ {
        let now = self.from.now;
        let is_shown = move |made: &Made| {
            made.presence == Presence::There && made.hidden_until <= now && made.host == host
        };
        self.from.meetings().filter(move |(_, made)| is_shown(made))
    }

    /// The oldest meeting of a create's generation that a list shows, and the others as bits; not those excepted.
    fn find(&self, launch: Launch, except: u8) -> Option<(MeetingNumber, u8)> {
        let is_ours = |(number, made): &(MeetingNumber, Made)| {
            made.generation == launch.generation && except & (1 << number.0) == 0
        };
        let found = self.list(launch.host).filter(is_ours);
        let mut found = found.map(|(number, _)| number);
        let first = found.next()?;
        Some((first, found.fold(0, |bits, number| bits | 1 << number.0)))
    }

    fn search(&mut self, place: usize, launch: Launch, looks: u8) {
        let handed_out = self.model.records.handed_out(self.from.record).map(|(number, _)| number);
        let variant = self.model.variant;
        let goes = |number: MeetingNumber, made: &Made| {
            (variant == Variant::JanitorIgnoresGeneration && Some(number) != handed_out)
                || (variant == Variant::JanitorRemovesBound && made.generation == launch.generation)
        };
        let gone = self.list(launch.host).filter(|(number, made)| goes(*number, made)).collect::<Vec<_>>();
        if gone.is_empty() {
            let searched = Outcome::Searched(launch, looks, self.find(launch, 0));
            self.go(place, Did::List, Worker::Knowing(searched), self.from);
            return;
        }
        let mut to = self.from;
        for (number, _) in &gone {
            to.meeting_mut(*number).presence = Presence::Removed;
        }
        let searched = Worker::Knowing(Outcome::Searched(launch, looks, None));
        self.go(place, Did::Sweep(gone.len()), searched, to);
    }

    fn update(&mut self, place: usize, number: MeetingNumber, (start, sent): (u8, u8)) {
        if self.from.meeting(number).presence == Presence::Removed {
            self.go(place, Did::Update(number), Worker::Knowing(Outcome::Gone(number)), self.from);
            return;
        }
        let mut to = self.from;
        to.meeting_mut(number).shows = start;
        self.go(place, Did::Update(number), Worker::Knowing(Outcome::Updated(number, start, sent)), to);
        if let Some(left) = self.from.faults.lost_replies.checked_sub(1) {
            let failed = Worker::Knowing(Outcome::Failed(to.meeting(number).host));
            for mut unheard in [self.from, to] {
                unheard.faults.lost_replies = left;
                self.go(place, Did::UpdateUnheard(number), failed, unheard);
            }
        }
    }

    fn remove(&mut self, place: usize, number: MeetingNumber) {
        let mut to = self.from;
        to.meeting_mut(number).presence = Presence::Removed;
        let host = to.meeting(number).host;
        self.go(place, Did::Remove(number), Worker::Knowing(Outcome::Removed(host, number)), to);
        if to.faults.lost_replies > 0 {
            to.faults.lost_replies -= 1;
            self.go(place, Did::RemoveUnheard(number), Worker::Knowing(Outcome::Failed(host)), to);
        }
    }

    /// Creates that nobody waits for arrive.
    pub(super) fn provider(&mut self) {
        for (place, launch) in self.from.adrift.into_iter().enumerate() {
            let Some(launch) = launch else { continue };
            for hidden_until in self.hidden_until() {
                let mut to = self.from;
                to.adrift[place] = None;
                let number = to.make(launch, hidden_until);
                self.push(Event { by: None, did: Did::Arrive(number) }, to);
            }
        }
    }
}
