//! Owns how a change of a site shows in the link revisions of its sessions without writing to them.
//!
//! A course link of 10,000 sessions changes with one write, and yet each of the 10,000 links gets a higher
//! revision: a link's revision is the session's own count plus the counts of all that it follows on its site.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::account::Owner;
use crate::domain::id::ServiceId;
use crate::domain::id::StaffId;

/// How often something changed, and when last. Never goes down, also when the thing itself is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// How often.
    pub count: u64,
    /// When last.
    pub changed_at: Timestamp,
}

impl Epoch {
    /// Nothing changed yet.
    pub const START: Self = Self { count: 0, changed_at: Timestamp::UNIX_EPOCH };

    fn bump(&mut self, now: Timestamp) {
        self.count += 1;
        self.changed_at = self.changed_at.max(now);
    }

    fn take_back(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    fn and(self, other: Option<&Self>) -> Self {
        let other = other.copied().unwrap_or(Self::START);
        Self { count: self.count + other.count, changed_at: self.changed_at.max(other.changed_at) }
    }
}

/// The counts a site keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epochs {
    /// Changes of the plan (R9).
    pub plan: Epoch,
    /// Changes of accounts, by whose they are; stays when the account goes.
    pub owners: BTreeMap<Owner, Epoch>,
    /// Changes of services that touch links; stays when the service goes.
    pub services: BTreeMap<ServiceId, Epoch>,
}

impl Default for Epochs {
    fn default() -> Self {
        Self { plan: Epoch::START, owners: BTreeMap::new(), services: BTreeMap::new() }
    }
}

impl Epochs {
    /// Counts a change of the plan.
    pub fn plan_changed(&mut self, now: Timestamp) {
        self.plan.bump(now);
    }

    /// Counts a change of an account.
    pub fn account_changed(&mut self, owner: &Owner, now: Timestamp) {
        self.owners.entry(owner.clone()).or_insert(Epoch::START).bump(now);
    }

    /// Counts a change of a service that touches the links of its sessions.
    pub fn service_changed(&mut self, service: &ServiceId, now: Timestamp) {
        self.services.entry(service.clone()).or_insert(Epoch::START).bump(now);
    }

    /// Takes the last change of the plan back, for telling what stood before it.
    pub fn plan_restored(&mut self) {
        self.plan.take_back();
    }

    /// Takes the last change of an account back.
    pub fn account_restored(&mut self, owner: &Owner) {
        self.owners.entry(owner.clone()).and_modify(Epoch::take_back);
    }

    /// Takes the last change of a service back.
    pub fn service_restored(&mut self, service: &ServiceId) {
        self.services.entry(service.clone()).and_modify(Epoch::take_back);
    }

    /// How often anything changed.
    pub fn total(&self) -> u64 {
        let counts = self.owners.values().chain(self.services.values()).map(|epoch| epoch.count);
        self.plan.count + counts.sum::<u64>()
    }

    /// What a session of this service with these staff members follows.
    pub fn followed_by(&self, service: &ServiceId, staff: &[StaffId]) -> Epoch {
        let own = self.plan.and(self.owners.get(&Owner::Default)).and(self.services.get(service));
        // Whoever is named twice counts once, as in the total: a session booked anew begins above it.
        let named = staff.iter().enumerate();
        let distinct = named.filter(|(at, member)| !staff.iter().take(*at).any(|other| other == *member));
        distinct.fold(own, |sum, (_, member)| sum.and(self.owners.get(&Owner::Staff(member.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_follows_its_own_staff_and_service_only() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let yoga = ServiceId::parse("yoga").unwrap();
        let ana = StaffId::parse("ana").unwrap();
        let mut epochs = Epochs::default();
        epochs.account_changed(&Owner::Staff(StaffId::parse("bob").unwrap()), now);
        assert_eq!(epochs.followed_by(&yoga, std::slice::from_ref(&ana)), Epoch::START);
        epochs.account_changed(&Owner::Staff(ana.clone()), now);
        epochs.service_changed(&yoga, now);
        epochs.plan_changed(now);
        let followed = Epoch { count: 3, changed_at: now };
        assert_eq!(epochs.followed_by(&yoga, std::slice::from_ref(&ana)), followed);
        assert_eq!(epochs.followed_by(&yoga, &[ana.clone(), ana]), followed, "named twice");
    }
}
