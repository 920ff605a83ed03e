//! Owns a second statement of R8, R9, R12 to R17 and R25, written from the requirements in the plainest words, on a
//! world of its own. Knows nothing of greenroom.

use std::collections::BTreeMap;

use crate::rules::changes::Booked;
use crate::rules::changes::ByHand;
use crate::rules::changes::Change;
use crate::rules::changes::Connected;
use crate::rules::changes::Sold;

/// A site and a session, as somebody would note them who was told of every change.
#[derive(Debug, Clone)]
pub(super) struct World {
    entitled: bool,
    accounts: BTreeMap<&'static str, Connected>,
    services: BTreeMap<&'static str, Sold>,
    session: Option<Booked>,
    by_hand: ByHand,
}

/// What a session gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gets {
    /// No link, for this reason.
    Nothing(&'static str),
    /// The custom link of this number.
    Link { source: &'static str, staff: Option<&'static str>, number: u8 },
    /// A meeting of this Zoom user.
    Meeting { source: &'static str, staff: Option<&'static str>, user: &'static str },
}

impl World {
    /// A site on a plan with video, and nothing else.
    pub(super) fn new() -> Self {
        Self {
            entitled: true,
            accounts: BTreeMap::new(),
            services: BTreeMap::new(),
            session: None,
            by_hand: ByHand::Inherit,
        }
    }

    /// Notes a change.
    pub(super) fn note(&mut self, change: &Change) {
        match change.clone() {
            Change::Plan { entitled } => self.entitled = entitled,
            Change::Connect { owner, to } => drop(self.accounts.insert(owner, to)),
            Change::Disconnect { owner } => drop(self.accounts.remove(owner)),
            Change::PutService { id, service } => drop(self.services.insert(id, service)),
            Change::RemoveService { id } => drop(self.services.remove(id)),
            Change::Book(booked) => {
                // A booking after a cancel is another one: nobody has chosen anything for it yet.
                if self.session.is_none() {
                    self.by_hand = ByHand::Inherit;
                }
                self.session = Some(booked);
            }
            Change::Choose(by_hand) => self.by_hand = by_hand,
            Change::Cancel => self.session = None,
        }
    }

    /// R17: the rules in their order, each with what it says where it applies; the first that applies decides.
    pub(super) fn decide(&self) -> (&'static str, Gets) {
        let service = self.session.as_ref().and_then(|session| self.services.get(session.service));
        let staff = self.session.as_ref().map(|session| session.staff.clone()).unwrap_or_default();
        let is_course = service.is_some_and(|service| service.kind == "course");
        let is_offline = service.is_none_or(|service| !service.video);
        let is_added = service.is_some() && matches!(self.by_hand, ByHand::Account | ByHand::Custom(_));
        let teacher = staff.into_iter().find(|member| self.accounts.contains_key(member));
        let custom = match self.by_hand {
            ByHand::Custom(number) => Some(link("session_link", number)),
            ByHand::Inherit | ByHand::Account | ByHand::None => None,
        };
        let course = match service {
            Some(Sold { kind: "course", course_link: Some(number), .. }) => {
                Some(link("course_link", *number))
            }
            _ => None,
        };
        let nothing = |applies: bool, reason| applies.then_some(Gets::Nothing(reason));
        let rules = [
            ("entitlement", nothing(!self.entitled, "not_entitled")),
            ("main_gate", nothing(!self.accounts.contains_key("default"), "no_default_account")),
            ("removed_by_hand", nothing(self.by_hand == ByHand::None, "removed_by_hand")),
            ("service_video", nothing(is_offline && !is_added, "service_offline")),
            ("custom_by_hand", custom),
            ("course_link", course),
            ("staff_account", teacher.filter(|_| !is_course).map(|name| self.by_account(name))),
            ("site_default", self.accounts.contains_key("default").then(|| self.by_account("default"))),
        ];
        let decided = rules.into_iter().find_map(|(rule, says)| Some((rule, says?)));
        decided.expect("without a default account the main gate decides")
    }

    fn by_account(&self, owner: &'static str) -> Gets {
        let (source, staff) =
            if owner == "default" { ("site_default", None) } else { ("staff_account", Some(owner)) };
        match self.accounts[owner] {
            Connected::Link(number) => Gets::Link { source, staff, number },
            Connected::Zoom { user, .. } => Gets::Meeting { source, staff, user },
        }
    }
}

fn link(source: &'static str, number: u8) -> Gets {
    Gets::Link { source, staff: None, number }
}

/// The audiences that may be told apart, in the order of the contract; who gives the session is not among them.
pub(super) const AUDIENCES: [&str; 5] =
    ["confirmation_email", "members_area", "reminder_email", "sms", "calendar_file"];

/// R25: whether an audience sees a link, by what a site and a service say of each of [`AUDIENCES`].
pub(super) fn sees(site: [Option<bool>; 5], service: [Option<bool>; 5], audience: &str) -> bool {
    if audience == "staff" {
        return true;
    }
    let position = AUDIENCES.into_iter().position(|name| name == audience).unwrap();
    // Where the service differs its word counts, and where neither says anything it is as in the confirmation e-mail.
    let mut words = vec![service[position], site[position], service[0], site[0]];
    words.retain(Option::is_some);
    words[0].unwrap()
}
