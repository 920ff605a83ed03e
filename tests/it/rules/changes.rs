//! Owns what may happen to a site and a session of it, in plain words, and draws it at random. Knows no rule.

use proptest::prelude::*;
use proptest::sample::select;

/// Whose account: the first is the site's, the others are staff members who may have one.
pub(super) const OWNERS: [&str; 4] = ["default", "ana", "bob", "carla"];
/// Who gives sessions; the last never has an account.
const STAFF: [&str; 4] = ["ana", "bob", "carla", "dan"];
/// What the site may sell.
pub(super) const SERVICES: [&str; 3] = ["yoga", "talk", "series"];
/// What sessions are booked of; the last is never there.
const BOOKED: [&str; 4] = ["yoga", "talk", "series", "gone"];

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Plan { entitled: bool },
    Connect { owner: &'static str, to: Connected },
    Disconnect { owner: &'static str },
    PutService { id: &'static str, service: Sold },
    RemoveService { id: &'static str },
    Book(Booked),
    Choose(ByHand),
    Cancel,
}

/// What an account is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connected {
    Zoom { user: &'static str, works: bool },
    Link(u8),
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sold {
    pub(super) kind: &'static str,
    pub(super) video: bool,
    pub(super) course_link: Option<u8>,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Booked {
    pub(super) service: &'static str,
    pub(super) staff: Vec<&'static str>,
    pub(super) minutes: u16,
}

/// A choice by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByHand {
    Inherit,
    Account,
    Custom(u8),
    None,
}

/// A site of which anything may be there or not, and a session of it in any state.
pub(super) fn start() -> impl Strategy<Value = Vec<Change>> {
    let accounts = OWNERS.map(|_| prop::option::weighted(0.7, connected()));
    let services = SERVICES.map(|_| prop::option::weighted(0.8, sold()));
    let session = (booked(), by_hand(), prop::bool::weighted(0.1));
    (prop::bool::weighted(0.9), accounts, services, session).prop_map(
        |(entitled, accounts, services, session)| {
            let (booked, by_hand, cancelled) = session;
            let mut changes = vec![Change::Plan { entitled }];
            let accounts = OWNERS.into_iter().zip(accounts);
            changes.extend(accounts.filter_map(|(owner, to)| Some(Change::Connect { owner, to: to? })));
            let services = SERVICES.into_iter().zip(services);
            changes.extend(
                services.filter_map(|(id, service)| Some(Change::PutService { id, service: service? })),
            );
            changes.extend([Change::Book(booked), Change::Choose(by_hand)]);
            changes.extend(cancelled.then_some(Change::Cancel));
            changes
        },
    )
}

/// One thing more.
pub(super) fn change() -> impl Strategy<Value = Change> {
    let owner = || select(OWNERS.to_vec());
    let service = || select(SERVICES.to_vec());
    prop_oneof![
        2 => prop::bool::weighted(0.7).prop_map(|entitled| Change::Plan { entitled }),
        4 => (owner(), connected()).prop_map(|(owner, to)| Change::Connect { owner, to }),
        2 => owner().prop_map(|owner| Change::Disconnect { owner }),
        4 => (service(), sold()).prop_map(|(id, service)| Change::PutService { id, service }),
        1 => service().prop_map(|id| Change::RemoveService { id }),
        4 => booked().prop_map(Change::Book),
        3 => by_hand().prop_map(Change::Choose),
        1 => Just(Change::Cancel),
    ]
}

fn connected() -> impl Strategy<Value = Connected> {
    prop_oneof![
        2 => (select(vec!["lua", "sol", "mar"]), prop::bool::weighted(0.8))
            .prop_map(|(user, works)| Connected::Zoom { user, works }),
        1 => (0_u8..4).prop_map(Connected::Link),
    ]
}

fn sold() -> impl Strategy<Value = Sold> {
    let kind = select(vec!["appointment", "class", "course"]);
    let course_link = prop::option::weighted(0.4, 0_u8..4);
    (kind, prop::bool::weighted(0.7), course_link).prop_map(|(kind, video, course_link)| Sold {
        kind,
        video,
        course_link,
    })
}

/// A booking of anything, by anybody.
pub(super) fn booked() -> impl Strategy<Value = Booked> {
    let staff = prop::collection::vec(select(STAFF.to_vec()), 0..=4);
    (select(BOOKED.to_vec()), staff, select(vec![30, 60])).prop_map(|(service, staff, minutes)| Booked {
        service,
        staff,
        minutes,
    })
}

fn by_hand() -> impl Strategy<Value = ByHand> {
    prop_oneof![
        4 => Just(ByHand::Inherit),
        2 => Just(ByHand::Account),
        2 => (0_u8..4).prop_map(ByHand::Custom),
        1 => Just(ByHand::None),
    ]
}
