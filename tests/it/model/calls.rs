//! Owns what the model's provider does: it makes meetings, late if need be, lists them, updates and removes them.

use crate::model::steps::Unfolding;
use crate::model::telling::Did;
use crate::model::telling::Event;
use crate::model::variant::Variant;
use crate::model::world::Call;
use crate::model::world::Given;
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
            Call::Look(launch) => {
                let outcome = self.look(launch);
                self.go(place, Did::List, Worker::Knowing(outcome), self.from);
            }
            Call::Update(number, start) => {
                let mut to = self.from;
                let outcome = match to.meeting(number).presence {
                    Presence::There => {
                        to.meeting_mut(number).shows = start;
                        Outcome::Updated(number, start)
                    }
                    Presence::Removed => Outcome::Gone(number),
                };
                self.go(place, Did::Update(number), Worker::Knowing(outcome), to);
            }
            Call::Remove(number) => self.remove(place, number),
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

    /// What a list of the host's meetings says: the marker tells the session and the generation.
    fn look(&self, launch: Launch) -> Outcome {
        let is_ours = |made: &Made| {
            made.presence == Presence::There
                && made.hidden_until <= self.from.now
                && made.host == launch.host
                && made.generation == launch.generation
        };
        let mut found = self.from.meetings().filter(|(_, made)| is_ours(made)).map(|(number, _)| number);
        let Some(first) = found.next() else { return Outcome::NoneFound(launch) };
        Outcome::Found(launch, first, found.fold(0, |bits, number| bits | 1 << number.0))
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
