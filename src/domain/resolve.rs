//! Decides which link a session gets (R17), and explains it. Pure: the same inputs always give the same answer.

use crate::domain::account::Account;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::custom_link::CustomLink;
use crate::domain::id::StaffId;
use crate::domain::service::Service;
use crate::domain::service::ServiceKind;
use crate::domain::session::Booking;
use crate::domain::session::Choice;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// What the rules say about a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It has no link.
    NoLink(NoLink),
    /// It has this custom link.
    Custom {
        /// Whose rule decided.
        source: Source<'a>,
        /// The link.
        link: &'a CustomLink,
    },
    /// It has a meeting on this account.
    Hosted {
        /// Whose rule decided.
        source: Source<'a>,
        /// The account.
        account: &'a HostedAccount,
    },
}

/// Why a session has no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLink {
    /// The plan has no video (R9).
    NotEntitled,
    /// The main gate is closed (R8).
    NoDefaultAccount,
    /// Somebody removed it (R16).
    RemovedByHand,
    /// The service has no video (R12).
    ServiceOffline,
}

/// Where a link comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The default account of the site.
    SiteDefault,
    /// The account of a staff member.
    StaffAccount(&'a StaffId),
    /// The link of the course.
    CourseLink,
    /// A custom link set on the session by hand.
    SessionLink,
}

impl Source<'_> {
    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SiteDefault => "site_default",
            Self::StaffAccount(_) => "staff_account",
            Self::CourseLink => "course_link",
            Self::SessionLink => "session_link",
        }
    }
}

/// The rules of R17, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The plan has video.
    Entitlement,
    /// A default account is connected.
    MainGate,
    /// The link was removed by hand.
    RemovedByHand,
    /// The service has video, or the link was added by hand.
    ServiceVideo,
    /// A custom link was set by hand.
    CustomByHand,
    /// The course has a link.
    CourseLink,
    /// A staff member of the session has an account.
    StaffAccount,
    /// The site's default account.
    SiteDefault,
}

impl Rule {
    /// Every rule, in order.
    pub const ALL: [Self; 8] = [
        Self::Entitlement,
        Self::MainGate,
        Self::RemovedByHand,
        Self::ServiceVideo,
        Self::CustomByHand,
        Self::CourseLink,
        Self::StaffAccount,
        Self::SiteDefault,
    ];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entitlement => "entitlement",
            Self::MainGate => "main_gate",
            Self::RemovedByHand => "removed_by_hand",
            Self::ServiceVideo => "service_video",
            Self::CustomByHand => "custom_by_hand",
            Self::CourseLink => "course_link",
            Self::StaffAccount => "staff_account",
            Self::SiteDefault => "site_default",
        }
    }
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked, and the next one was asked too.
    Passed,
    /// It gave the answer.
    Decided,
    /// An earlier rule had decided.
    Skipped,
}

/// One link of the chain that led to a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStep<'a> {
    /// Which rule.
    pub rule: Rule,
    /// What became of it.
    pub outcome: Outcome,
    /// What it saw; `None` where it was skipped.
    pub saw: Option<Saw<'a>>,
}

/// What a rule saw, to be told in the reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saw<'a> {
    /// The plan has video.
    Entitled,
    /// The plan has no video.
    NotEntitled,
    /// A default account is connected.
    DefaultConnected,
    /// No default account is connected.
    NoDefault,
    /// The link was removed by hand.
    Removed,
    /// The link was not removed by hand.
    NotRemoved,
    /// The service has video.
    VideoOn,
    /// The service has no video.
    VideoOff,
    /// The service has no video, and a link was added by hand.
    AddedByHand,
    /// The service does not exist any more.
    NoService,
    /// A custom link was set by hand.
    CustomLink,
    /// No custom link was set by hand.
    NoCustomLink,
    /// The course has a link.
    HasCourseLink,
    /// The course has no link.
    NoCourseLink,
    /// The service is no course.
    NotACourse,
    /// The service is a course: who teaches does not matter.
    CourseIgnoresStaff,
    /// This staff member has an account.
    StaffHasAccount(&'a StaffId),
    /// Nobody of the session's staff has an account.
    NoStaffAccount,
    /// The session has no staff.
    NoStaff,
}

/// Decides which link a session gets (R17). A cancelled session counts as one whose service is gone.
pub fn resolve<'a>(site: &'a Site, session: &'a Session) -> Verdict<'a> {
    decide(site, session, &mut |_, _| {})
}

/// Decides, and tells what every rule saw.
pub fn explain<'a>(site: &'a Site, session: &'a Session) -> (Verdict<'a>, Vec<RuleStep<'a>>) {
    let mut steps = Vec::with_capacity(Rule::ALL.len());
    let verdict = decide(site, session, &mut |rule, saw| {
        steps.push(RuleStep { rule, outcome: Outcome::Passed, saw: Some(saw) });
    });
    if let Some(last) = steps.last_mut() {
        last.outcome = Outcome::Decided;
    }
    let skipped = Rule::ALL.into_iter().skip(steps.len());
    steps.extend(skipped.map(|rule| RuleStep { rule, outcome: Outcome::Skipped, saw: None }));
    (verdict, steps)
}

/// The rules in order; each tells `note` what it saw, the last one told is the one that decided.
fn decide<'a>(site: &'a Site, session: &'a Session, note: &mut impl FnMut(Rule, Saw<'a>)) -> Verdict<'a> {
    if !site.settings.entitled {
        note(Rule::Entitlement, Saw::NotEntitled);
        return Verdict::NoLink(NoLink::NotEntitled);
    }
    note(Rule::Entitlement, Saw::Entitled);
    let Some(default) = site.default_account() else {
        note(Rule::MainGate, Saw::NoDefault);
        return Verdict::NoLink(NoLink::NoDefaultAccount);
    };
    note(Rule::MainGate, Saw::DefaultConnected);
    if session.choice == Choice::None {
        note(Rule::RemovedByHand, Saw::Removed);
        return Verdict::NoLink(NoLink::RemovedByHand);
    }
    note(Rule::RemovedByHand, Saw::NotRemoved);
    let booked = session.booking.as_ref();
    let service = booked.and_then(|booking| site.services.get(&booking.service_id));
    let online = sees_video(service, &session.choice);
    note(Rule::ServiceVideo, online);
    if matches!(online, Saw::VideoOff | Saw::NoService) {
        return Verdict::NoLink(NoLink::ServiceOffline);
    }
    if let Choice::Custom(link) = &session.choice {
        note(Rule::CustomByHand, Saw::CustomLink);
        return Verdict::Custom { source: Source::SessionLink, link };
    }
    note(Rule::CustomByHand, Saw::NoCustomLink);
    by_account(site, default, (service, booked), note)
}

fn sees_video<'a>(service: Option<&Service>, choice: &Choice) -> Saw<'a> {
    match (service, choice) {
        (Some(service), _) if service.video => Saw::VideoOn,
        (_, Choice::Account | Choice::Custom(_)) => Saw::AddedByHand,
        (Some(_), Choice::Inherit | Choice::None) => Saw::VideoOff,
        (None, Choice::Inherit | Choice::None) => Saw::NoService,
    }
}

fn by_account<'a>(
    site: &'a Site,
    default: &'a Account,
    (service, booked): (Option<&'a Service>, Option<&'a Booking>),
    note: &mut impl FnMut(Rule, Saw<'a>),
) -> Verdict<'a> {
    let is_course = service.is_some_and(|service| service.kind == ServiceKind::Course);
    let course_link = service.and_then(|service| service.course_link.as_ref());
    match (is_course, course_link) {
        (true, Some(course)) => {
            note(Rule::CourseLink, Saw::HasCourseLink);
            return Verdict::Custom { source: Source::CourseLink, link: &course.link };
        }
        (true, None) => {
            note(Rule::CourseLink, Saw::NoCourseLink);
            note(Rule::StaffAccount, Saw::CourseIgnoresStaff);
        }
        (false, _) => {
            note(Rule::CourseLink, Saw::NotACourse);
            let staff = booked.map_or(&[][..], |booking| &booking.staff_ids);
            if let Some((member, account)) = first_with_account(site, staff) {
                note(Rule::StaffAccount, Saw::StaffHasAccount(member));
                return by_connection(Source::StaffAccount(member), account);
            }
            note(Rule::StaffAccount, if staff.is_empty() { Saw::NoStaff } else { Saw::NoStaffAccount });
        }
    }
    note(Rule::SiteDefault, Saw::DefaultConnected);
    by_connection(Source::SiteDefault, default)
}

fn first_with_account<'a>(site: &'a Site, staff: &'a [StaffId]) -> Option<(&'a StaffId, &'a Account)> {
    staff.iter().find_map(|member| Some((member, site.accounts.get(&Owner::Staff(member.clone()))?)))
}

fn by_connection<'a>(source: Source<'a>, account: &'a Account) -> Verdict<'a> {
    match &account.connection {
        Connection::Hosted(account) => Verdict::Hosted { source, account },
        Connection::Custom(link) => Verdict::Custom { source, link },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::CourseLinks;
    use crate::domain::fixture::custom;
    use crate::domain::fixture::hosted;
    use crate::domain::fixture::session;
    use crate::domain::fixture::site;

    fn told(site: &Site, session: &Session) -> (&'static str, String) {
        let (verdict, steps) = explain(site, session);
        assert_eq!(verdict, resolve(site, session));
        assert_eq!(steps.iter().map(|step| step.rule).collect::<Vec<_>>(), Rule::ALL);
        let decided = steps.iter().filter(|step| step.outcome == Outcome::Decided).collect::<Vec<_>>();
        assert_eq!(decided.len(), 1);
        let answer = match verdict {
            Verdict::NoLink(reason) => format!("{reason:?}"),
            Verdict::Custom { source, link } => format!("{} {}", source.name(), link.url.expose()),
            Verdict::Hosted { source, account } => format!("{} {}", source.name(), account.host.email),
        };
        (decided[0].rule.name(), answer)
    }

    #[test]
    fn the_first_rule_that_applies_decides() {
        let zoom = || {
            site(&[("default", hosted("lua")), ("staff/ana", hosted("ana")), ("staff/carla", custom("c"))])
        };
        let mut unpaid = zoom();
        unpaid.settings.entitled = false;
        let gated = site(&[("staff/ana", hosted("ana"))]);
        let mut offline = zoom();
        offline.services.values_mut().for_each(|service| service.video = false);
        let linked = zoom().with_course_links();
        let by_hand = |choice| Session { choice, ..session("yoga", &["ana"]) };
        let own = || Choice::Custom(CustomLink::parse("https://own.example/", None, None).unwrap());
        let cases = [
            (&unpaid, by_hand(own()), "entitlement", "NotEntitled"),
            (&gated, session("yoga", &["ana"]), "main_gate", "NoDefaultAccount"),
            (&offline, by_hand(Choice::None), "removed_by_hand", "RemovedByHand"),
            (&offline, session("yoga", &["ana"]), "service_video", "ServiceOffline"),
            (&offline, by_hand(Choice::Account), "staff_account", "staff_account ana@example.com"),
            (&offline, by_hand(own()), "custom_by_hand", "session_link https://own.example/"),
            (&linked, by_hand(own()), "custom_by_hand", "session_link https://own.example/"),
            (&linked, session("series", &["ana"]), "course_link", "course_link https://course.example/"),
            (&linked, session("yoga", &["ana"]), "staff_account", "staff_account ana@example.com"),
            (&zoom(), session("series", &["ana"]), "site_default", "site_default lua@example.com"),
            (
                &zoom(),
                session("talk", &["bob", "carla", "ana"]),
                "staff_account",
                "staff_account https://c.example/",
            ),
            (&zoom(), session("talk", &["bob"]), "site_default", "site_default lua@example.com"),
            (&zoom(), session("talk", &[]), "site_default", "site_default lua@example.com"),
            (&zoom(), session("gone", &["ana"]), "service_video", "ServiceOffline"),
        ];
        for (site, session, rule, answer) in cases {
            assert_eq!(told(site, &session), (rule, answer.to_owned()));
        }
    }
}
