//! The verdict, its explanation and the link handed out, against the naive statement (R8, R9, R12 to R17).

use greenroom::domain::account::Revision;
use greenroom::domain::link::Absence;
use greenroom::domain::link::Link;
use greenroom::domain::link::Status;
use greenroom::domain::resolve::Outcome;
use greenroom::domain::resolve::RuleStep;
use greenroom::domain::resolve::Source;
use greenroom::domain::resolve::Verdict;
use greenroom::domain::resolve::explain;
use greenroom::domain::resolve::resolve;
use greenroom::domain::session::Session;
use greenroom::domain::site::Site;
use proptest::prelude::*;

use crate::rules::changes::Booked;
use crate::rules::changes::Change;
use crate::rules::changes::change;
use crate::rules::changes::start;
use crate::rules::house;
use crate::rules::many;
use crate::rules::naive::Gets;
use crate::rules::naive::World;

/// The order of R17, as the contract writes it.
const RULES: [&str; 8] = [
    "entitlement",
    "main_gate",
    "removed_by_hand",
    "service_video",
    "custom_by_hand",
    "course_link",
    "staff_account",
    "site_default",
];

proptest! {
    #![proptest_config(many())]

    #[test]
    fn every_session_gets_what_a_second_reading_of_the_rules_says(
        start in start(),
        changes in prop::collection::vec(change(), 0..8),
    ) {
        let (mut world, mut site) = (World::new(), house::site());
        let anything = Booked { service: "yoga", staff: Vec::new(), minutes: 30 };
        let mut session = house::session(&anything, Revision(1), house::at(0));
        for (change, seconds) in start.iter().chain(&changes).zip(1..) {
            world.note(change);
            house::change_site(&mut site, change, house::at(seconds));
            house::change_session(&mut session, change, house::at(seconds));
            let is_whole = seconds >= i64::try_from(start.len()).unwrap();
            if is_whole {
                check(&world, &site, &session, change)?;
            }
        }
    }
}

fn check(world: &World, site: &Site, session: &Session, last: &Change) -> Result<(), TestCaseError> {
    let (rule, expected) = world.decide();
    let (verdict, steps) = explain(site, session);
    prop_assert_eq!(&verdict, &resolve(site, session), "explained as it is decided, after {:?}", last);
    prop_assert_eq!(told(&verdict), plain(&expected), "after {:?}", last);
    check_steps(&steps, rule)?;
    check_link(&Link::of(site, session, house::at(1_000)), &expected)
}

/// What was asked before the rule that decided has passed, and nothing was asked after it.
fn check_steps(steps: &[RuleStep<'_>], decided: &str) -> Result<(), TestCaseError> {
    let names = steps.iter().map(|step| step.rule.name()).collect::<Vec<_>>();
    prop_assert_eq!(&names, &RULES);
    let at = RULES.iter().position(|rule| *rule == decided).unwrap();
    for (position, step) in steps.iter().enumerate() {
        let outcome = match position {
            before if before < at => Outcome::Passed,
            here if here == at => Outcome::Decided,
            _ => Outcome::Skipped,
        };
        prop_assert_eq!(step.outcome, outcome, "{} where {} decides", step.rule.name(), decided);
        prop_assert_eq!(step.saw.is_some(), outcome != Outcome::Skipped);
    }
    Ok(())
}

/// Nothing is handed out that the rules do not give.
fn check_link(link: &Link<'_>, expected: &Gets) -> Result<(), TestCaseError> {
    let url = link.provider_url.map(|url| url.expose().to_owned());
    match expected {
        Gets::Nothing(reason) => {
            prop_assert!(matches!(link.status, Status::None(Absence::Rule(_))), "{:?}", link.status);
            prop_assert_eq!(link.status.reason(), Some(*reason));
            prop_assert!(link.password.is_none() && link.description.is_none() && link.meeting_id.is_none());
            prop_assert!(url.is_none() && link.provider.is_none() && link.source.is_none());
        }
        Gets::Link { number, .. } => {
            prop_assert_eq!(link.status, Status::Ready);
            prop_assert_eq!(url, Some(house::url(*number)));
            prop_assert_eq!(link.password.is_some(), *number % 2 == 1);
            prop_assert_eq!(link.description.is_some(), *number == 3);
        }
        Gets::Meeting { .. } => prop_assert!(url.is_none(), "no meeting was made"),
    }
    Ok(())
}

/// What is decided, as text: source, staff member, and what is handed out.
fn told(verdict: &Verdict<'_>) -> String {
    match verdict {
        Verdict::NoLink(reason) => format!("{reason:?}"),
        Verdict::Custom { source, link } => format!("{} {}", from(*source), link.url.expose()),
        Verdict::Hosted { source, account } => format!("{} {}", from(*source), account.host.email),
    }
}

fn from(source: Source<'_>) -> String {
    match source {
        Source::StaffAccount(member) => format!("staff_account of {member}"),
        Source::SiteDefault | Source::CourseLink | Source::SessionLink => source.name().into(),
    }
}

fn plain(gets: &Gets) -> String {
    let from = |source: &str, staff: Option<&str>| match staff {
        Some(staff) => format!("{source} of {staff}"),
        None => source.to_owned(),
    };
    match gets {
        Gets::Nothing("not_entitled") => "NotEntitled".into(),
        Gets::Nothing("no_default_account") => "NoDefaultAccount".into(),
        Gets::Nothing("removed_by_hand") => "RemovedByHand".into(),
        Gets::Nothing(_) => "ServiceOffline".into(),
        Gets::Link { source, staff, number } => format!("{} {}", from(source, *staff), house::url(*number)),
        Gets::Meeting { source, staff, user } => format!("{} {}", from(source, *staff), house::email(user)),
    }
}
