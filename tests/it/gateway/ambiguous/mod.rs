//! Creates of which nobody knows whether they were carried out, fifty of each kind: in the end every session has its
//! one meeting, whatever Zoom did (R27, R28).

mod days;
mod watch;

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::ambiguous::days::Day;
use crate::gateway::ambiguous::watch::Watch;
use crate::support::dice::Dice;

/// So many sessions are booked on each day.
const SESSIONS: usize = 50;

#[rstest]
#[case::the_reply_is_lost(Day::lost)]
#[case::the_create_is_carried_out_late(Day::late)]
#[case::an_edge_fails_after_it(Day::failing_after)]
#[case::the_reply_breaks_off(Day::truncated)]
#[case::a_page_of_html_says_200(Day::html)]
#[case::it_is_never_carried_out(Day::dropped)]
#[case::everything_happens(Day::anything)]
#[tokio::test]
async fn a_create_without_a_clear_answer_ends_with_one_meeting(#[case] day: fn(&mut Dice) -> Value) {
    let mut watch = Watch::begin(SESSIONS).await;
    let mut dice = Dice::new(41);
    for _ in 0..SESSIONS {
        watch.world.fault("meetings.create", 1, day(&mut dice)).await;
    }
    watch.book_all().await;
    watch.settle(async |_| {}).await;
    watch.check().await;
    assert!(watch.struck().await >= SESSIONS, "every create was struck");
}

#[tokio::test]
async fn lists_that_show_meetings_late_and_never_equally_late_end_with_one() {
    let mut watch = Watch::begin(SESSIONS).await;
    let modes = json!({"list_lag_seconds": days::LONGEST_LAG_SECONDS, "list_lag": "each_its_own"});
    watch.world.control(Method::POST, "modes", Some(&modes)).await;
    watch.world.fault("meetings.create", 50, json!({"kind": "process_then_drop"})).await;
    watch.book_all().await;
    watch.settle(async |_| {}).await;
    watch.check().await;
    assert_eq!(watch.struck().await, SESSIONS);
}

#[tokio::test]
async fn pages_that_shift_while_they_are_turned_end_with_one_meeting() {
    let mut watch = Watch::begin(SESSIONS).await;
    let page = watch::SHORT_PAGE;
    let modes = json!({"list_paging": "shifting", "list_pages": {"at_most": {"meetings": page}}});
    watch.world.control(Method::POST, "modes", Some(&modes)).await;
    // Meetings that stand before all others in a list, and that their host deletes while it is read.
    for n in 0..30 {
        let mut early = watch.world.booking("talk", &["ana"]);
        early["starts_at"] = json!(watch.world.in_days(3));
        watch.world.put(&format!("/v1/sites/studio/sessions/early-{n}"), &early).await;
    }
    let mut early = watch.world.meetings().await;
    watch.world.fault("meetings.create", 50, json!({"kind": "process_then_drop"})).await;
    watch.book_all().await;
    watch
        .settle(async |world| {
            if watch::is_turning_pages(world).await
                && let Some(meeting) = early.pop()
            {
                world.control(Method::POST, &format!("meetings/{}/delete", meeting["id"]), None).await;
            }
        })
        .await;
    watch.check().await;
    assert_eq!(watch.struck().await, SESSIONS);
    assert!(watch.shifts().await > 0, "no meeting was deleted between two pages of a list");
}

#[tokio::test]
async fn page_tokens_that_expire_while_pages_are_turned_end_with_one_meeting() {
    let mut watch = Watch::begin(SESSIONS).await;
    let modes = json!({"list_pages": {"at_most": {"meetings": 20}}});
    watch.world.control(Method::POST, "modes", Some(&modes)).await;
    watch.world.fault("meetings.create", 50, json!({"kind": "process_then_drop"})).await;
    let mut dice = Dice::new(43);
    for _ in 0..SESSIONS {
        let expiring =
            json!({"operation": "meetings.list", "skip": dice.below(4), "fault": {"kind": "expiring_pages"}});
        watch.world.control(Method::POST, "faults", Some(&expiring)).await;
    }
    watch.book_all().await;
    watch.settle(async |_| {}).await;
    watch.check().await;
    assert_eq!(watch.struck().await, 2 * SESSIONS);
}

#[tokio::test]
async fn agendas_that_their_host_edits_before_they_are_found_end_with_one_meeting() {
    let mut watch = Watch::begin(SESSIONS).await;
    watch.world.fault("meetings.create", 50, json!({"kind": "process_then_drop"})).await;
    watch.book_all().await;
    let (mut dice, mut seen, mut touched) = (Dice::new(44), BTreeSet::new(), Vec::new());
    watch
        .settle(async |world| {
            for meeting in world.meetings().await {
                if !seen.insert(meeting["id"].to_string()) {
                    continue;
                }
                let agenda = meeting["agenda"].as_str().unwrap();
                let edited = match dice.below(4) {
                    0 => String::new(),
                    1 => format!("See you there!\n{agenda}"),
                    2 => format!("{agenda}\nSee you there!"),
                    _ => continue,
                };
                let edit = format!("meetings/{}/edit", meeting["id"]);
                world.control(Method::POST, &edit, Some(&json!({"agenda": edited}))).await;
                touched.push(meeting["id"].to_string());
            }
        })
        .await;
    watch.check().await;
    assert_eq!(watch.struck().await, SESSIONS);
    let bound = watch.bound().await;
    assert!(touched.iter().any(|id| !bound.contains(id)), "every meeting was found before it was edited");
}

#[tokio::test]
async fn an_agenda_edited_once_its_meeting_is_bound_changes_nothing() {
    let mut watch = Watch::begin(SESSIONS).await;
    watch.book_all().await;
    watch.settle(async |_| {}).await;
    let before = watch.bound().await;
    for id in &before {
        let edit = format!("meetings/{id}/edit");
        watch.world.control(Method::POST, &edit, Some(&json!({"agenda": "See you there!"}))).await;
    }
    watch.move_all(1).await;
    watch.settle(async |_| {}).await;
    watch.check().await;
    assert_eq!((watch.bound().await, watch.world.creates().await), (before, 50));
}

#[tokio::test]
async fn meetings_that_their_host_deletes_are_made_anew_once_and_only_when_that_is_seen() {
    let mut watch = Watch::begin(SESSIONS).await;
    watch.world.fault("meetings.create", 25, json!({"kind": "process_then_drop"})).await;
    watch.book_all().await;
    watch.world.until("all are made", async || watch.world.creates().await == 50).await;
    for meeting in watch.world.meetings().await {
        watch.world.control(Method::POST, &format!("meetings/{}/delete", meeting["id"]), None).await;
    }
    watch.settle(async |_| {}).await;
    watch.world.clock.advance(Duration::from_hours(24));
    watch.move_all(1).await;
    watch.settle(async |_| {}).await;
    // Each costs two of the host's calls of a day.
    watch.world.clock.advance(Duration::from_hours(24));
    watch.settle(async |_| {}).await;
    watch.check().await;
    assert_eq!(watch.world.creates().await, 100, "each was made twice");
}

#[tokio::test]
async fn every_kind_of_limit_is_waited_for_and_costs_no_attempt() {
    let mut watch = Watch::begin(SESSIONS).await;
    let mut dice = Dice::new(45);
    for _ in 0..SESSIONS {
        let limit = days::limit(&mut dice, &watch.world.clock);
        watch.world.fault("meetings.create", 1, limit).await;
    }
    watch.book_all().await;
    watch.settle(async |_| {}).await;
    watch.check().await;
    assert_eq!((watch.struck().await, watch.world.creates().await), (SESSIONS, 50));
}

#[tokio::test]
async fn a_webhook_that_comes_before_its_reply_is_taken_and_does_no_harm() {
    let mut watch = Watch::begin(SESSIONS).await;
    let url = watch.world.public.join("/webhooks/zoom").unwrap();
    watch.world.control(Method::POST, "webhooks", Some(&json!({"url": url}))).await;
    watch.world.fault("meetings.create", 25, json!({"kind": "process_then_drop"})).await;
    watch.book_all().await;
    watch.settle(async |_| {}).await;
    watch.check().await;
    let ledger = watch.world.ledger().await;
    let told = ledger["webhooks"].as_array().unwrap();
    for told in told {
        assert_eq!((&told["event"], &told["status"]), (&json!("meeting.created"), &json!(200)), "{told}");
        assert_eq!(told["before_answer"], true, "{told}");
    }
    assert_eq!((told.len(), watch.world.creates().await), (50, 50));
}
