//! Owns the operations that pass the points: what stands before each, and what is asked for.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::simulation::deeds::ANA;
use crate::simulation::deeds::Account;
use crate::simulation::deeds::ByHand;
use crate::simulation::deeds::Deed;
use crate::simulation::deeds::LUA;
use crate::simulation::deeds::Leaving;
use crate::simulation::deeds::Wish;
use crate::simulation::world::World;

/// Who hosts what Ana gives after her account is replaced.
const CLARA: &str = "clara@example.com";

/// After this, two lost creates are given up.
const GIVEN_UP: Duration = Duration::from_mins(10);

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Book,
    BookBatch,
    Reschedule,
    Rename,
    ChangeHost,
    Cancel,
    RemoveByHand,
    ResetByHand,
    Connect,
    Reconnect,
    Replace,
    DisconnectKeep,
    DisconnectDelete,
    LoseCreate,
    Refresh,
    OffBoard,
    LoseTwice,
    ListJobs,
    Hear,
}

impl Operation {
    pub(super) const ALL: [Self; 19] = [
        Self::Book,
        Self::BookBatch,
        Self::Reschedule,
        Self::Rename,
        Self::ChangeHost,
        Self::Cancel,
        Self::RemoveByHand,
        Self::ResetByHand,
        Self::Connect,
        Self::Reconnect,
        Self::Replace,
        Self::DisconnectKeep,
        Self::DisconnectDelete,
        Self::LoseCreate,
        Self::Refresh,
        Self::OffBoard,
        Self::LoseTwice,
        Self::ListJobs,
        Self::Hear,
    ];

    /// Makes what it begins with: a site with two sessions, one on the default account and one on Ana's.
    pub(super) fn prepare(self, world: &mut World) {
        world.perform(Deed::Found);
        world.perform(Deed::Connect(Account::Default, LUA));
        if self != Self::Connect {
            world.perform(Deed::Connect(Account::Ana, ANA));
        }
        world.perform(Deed::Book(vec![wish(0, Account::Default), wish(1, Account::Ana)]));
        match self {
            Self::ResetByHand => world.perform(Deed::Choose(0, ByHand::Nothing)),
            Self::Refresh => world.pass(Duration::from_mins(55)),
            Self::LoseCreate => lose_creates(world, (1, "process_then_drop")),
            // Neither of the two creates that a meeting is tried with reaches Zoom.
            Self::LoseTwice => lose_creates(world, (2, "drop_before")),
            Self::ListJobs => {
                lose_creates(world, (2, "drop_before"));
                world.perform(Deed::Book(vec![wish(2, Account::Default)]));
                world.pass(GIVEN_UP);
                world.perform(Deed::Cancel(2));
                world.pass(GIVEN_UP);
            }
            Self::Book
            | Self::BookBatch
            | Self::Reschedule
            | Self::Rename
            | Self::ChangeHost
            | Self::Cancel
            | Self::RemoveByHand
            | Self::Connect
            | Self::Reconnect
            | Self::Replace
            | Self::DisconnectKeep
            | Self::DisconnectDelete
            | Self::OffBoard
            | Self::Hear => {}
        }
        world.pass(Duration::from_secs(20));
    }

    /// What is asked for.
    pub(super) fn deed(self) -> Deed {
        match self {
            Self::Book | Self::LoseCreate | Self::Refresh | Self::LoseTwice => {
                Deed::Book(vec![wish(2, Account::Default)])
            }
            Self::BookBatch => {
                Deed::Book(vec![wish(2, Account::Default), wish(3, Account::Ana), wish(4, Account::Default)])
            }
            Self::Reschedule => Deed::Book(vec![Wish { hour: 9, ..wish(0, Account::Default) }]),
            Self::Rename => Deed::Book(vec![Wish { title: 9, ..wish(0, Account::Default) }]),
            Self::ChangeHost => Deed::Book(vec![wish(0, Account::Ana)]),
            Self::Cancel => Deed::Cancel(0),
            Self::RemoveByHand => Deed::Choose(0, ByHand::Nothing),
            Self::ResetByHand => Deed::Choose(0, ByHand::Reset),
            Self::Connect | Self::Reconnect => Deed::Connect(Account::Ana, ANA),
            Self::Replace => Deed::Connect(Account::Ana, CLARA),
            Self::DisconnectKeep => Deed::Disconnect(Account::Ana, Leaving::Keep),
            Self::DisconnectDelete => Deed::Disconnect(Account::Default, Leaving::Delete),
            Self::OffBoard => Deed::OffBoard,
            Self::ListJobs => Deed::ListJobs,
            Self::Hear => Deed::Hear(0),
        }
    }
}

/// So many creates are lost from then on. What the weather held up is made first, so that it is not that.
fn lose_creates(world: &mut World, (times, kind): (u32, &str)) {
    world.pass(GIVEN_UP);
    let lost = json!({"operation": "meetings.create", "times": times, "fault": {"kind": kind}});
    world.zoom.control(Method::POST, "faults", &lost);
}

fn wish(session: u64, host: Account) -> Wish {
    Wish { session, host, title: 1, hour: session }
}
