//! The stops at which booking core puts sites, services and sessions (R11 to R14, R27, R28).

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::demo::sample;
use crate::demo::sample::SITE;
use crate::demo::sample::session_path;
use crate::demo::stage::Stage;
use crate::demo::tour::asked::Wanted;
use crate::demo::tour::asked::book;
use crate::demo::tour::asked::book_ready;
use crate::demo::tour::asked::link_becomes;
use crate::demo::tour::connecting::CARLAS_LINK;
use crate::demo::tour::connecting::CARLAS_PASSWORD;
use crate::demo::tour::ledger;
use crate::demo::tour::wrong::Wrong;
use crate::demo::tour::wrong::answered;
use crate::demo::tour::wrong::same;

const EARLY: Wanted =
    Wanted { id: "early", service: "yoga", staff: "bob", title: "Yoga for early birds", in_days: 1 };
pub(super) const CLASSES: [Wanted; 3] = [
    Wanted { id: "class-1", service: "yoga", staff: "bob", title: "Yoga with Bob, Monday", in_days: 2 },
    Wanted { id: "class-2", service: "yoga", staff: "bob", title: "Yoga with Bob, Wednesday", in_days: 4 },
    Wanted { id: "class-3", service: "yoga", staff: "bob", title: "Yoga with Bob, Friday", in_days: 6 },
];
const ANAS: Wanted =
    Wanted { id: "ana-1", service: "consultation", staff: "ana", title: "Consultation with Ana", in_days: 3 };
const CARLAS: Wanted =
    Wanted { id: "carla-1", service: "yoga", staff: "carla", title: "Yoga with Carla", in_days: 3 };
const COURSE: Wanted = Wanted {
    id: "course-1",
    service: "training",
    staff: "ana",
    title: "Teacher training, day 1",
    in_days: 5,
};
const TWENTY: Wanted =
    Wanted { id: "twenty", service: "yoga", staff: "bob", title: "Yoga, sent again and again", in_days: 7 };

/// The same twice changes nothing.
pub(super) async fn site(stage: &Stage) -> Result<String, Wrong> {
    let first = answered(stage.platform.put(SITE, &sample::site()).await?, 200)?;
    let again = answered(stage.platform.put(SITE, &sample::site()).await?, 200)?;
    let revision = |reply: &crate::demo::platform::Reply| reply.body.get("revision").map(ToString::to_string);
    same(
        "the revision after the same put",
        &revision(&again).unwrap_or_default(),
        &revision(&first).unwrap_or_default(),
    )?;
    for (id, kind, name) in sample::SERVICES {
        let body = json!({"kind": kind, "name": name, "video": true});
        answered(stage.platform.put(&format!("{SITE}/services/{id}"), &body).await?, 200)?;
    }
    let names: Vec<_> = sample::SERVICES.iter().map(|(id, kind, _)| format!("{id} ({kind})")).collect();
    Ok(format!("{}: {}", sample::STUDIO, names.join(", ")))
}

/// The main gate (R8).
pub(super) async fn before_any_account(stage: &Stage) -> Result<String, Wrong> {
    let booked = book(stage, &EARLY).await?;
    same("the status", booked.text("/link/status"), "none")?;
    same("the reason", booked.text("/link/reason"), "no_default_account")?;
    Ok("accepted; no link: no_default_account".to_owned())
}

/// What the gate held back comes by itself.
pub(super) async fn early_heals(stage: &Stage) -> Result<String, Wrong> {
    let link = link_becomes(stage, EARLY.id, "ready").await?;
    Ok(format!("meeting {}, {}", link.text("/meeting_id"), link.text("/join_url")))
}

/// A meeting for each (R11).
pub(super) async fn three_classes(stage: &Stage) -> Result<String, Wrong> {
    let booked = join_all(CLASSES.iter().map(|wanted| book_ready(stage, wanted))).await;
    let mut ids = BTreeSet::new();
    for reply in booked {
        let reply = reply?;
        same("the source", reply.text("/link/source"), "site_default")?;
        let meeting = ledger::find(stage, reply.text("/link/meeting_id")).await?;
        same("the host at Zoom", meeting.host.as_str(), "lua@example.com")?;
        same("the topic at Zoom", meeting.topic.as_str(), reply.text("/title"))?;
        ids.insert(meeting.id);
    }
    same("the number of meetings", &ids.len(), &CLASSES.len())?;
    Ok(format!("meetings {} on lua@example.com", ids.into_iter().collect::<Vec<_>>().join(", ")))
}

/// Her account replaces the default (R13).
pub(super) async fn with_ana(stage: &Stage) -> Result<String, Wrong> {
    let reply = book_ready(stage, &ANAS).await?;
    same("the source", reply.text("/link/source"), "staff_account")?;
    same("the staff member", reply.text("/link/staff_id"), "ana")?;
    let meeting = ledger::find(stage, reply.text("/link/meeting_id")).await?;
    same("the host at Zoom", meeting.host.as_str(), "ana@example.com")?;
    same("the warning", reply.text("/link/warnings/0/code"), "basic_plan_time_limit")?;
    Ok(format!("meeting {} on ana@example.com, warned: basic_plan_time_limit", meeting.id))
}

/// The same link for every session (R11), and nothing at Zoom.
pub(super) async fn with_carla(stage: &Stage) -> Result<String, Wrong> {
    let reply = book_ready(stage, &CARLAS).await?;
    same("the provider", reply.text("/link/provider"), "custom_link")?;
    same("the link", reply.text("/link/provider_url"), CARLAS_LINK)?;
    same("the password", reply.text("/link/password"), CARLAS_PASSWORD)?;
    same("the number of meetings at Zoom", &ledger::living(stage, CARLAS.title).await?.len(), &0)?;
    Ok(format!("her link, through {}", reply.text("/link/join_url")))
}

/// Whoever teaches (R14).
pub(super) async fn course(stage: &Stage) -> Result<String, Wrong> {
    let reply = book_ready(stage, &COURSE).await?;
    same("the source", reply.text("/link/source"), "site_default")?;
    let meeting = ledger::find(stage, reply.text("/link/meeting_id")).await?;
    same("the host at Zoom", meeting.host.as_str(), "lua@example.com")?;
    Ok(format!("meeting {} on lua@example.com, though Ana teaches", meeting.id))
}

/// Exactly one meeting (R28).
pub(super) async fn twenty_times(stage: &Stage) -> Result<String, Wrong> {
    let (path, body) = (session_path(TWENTY.id), TWENTY.body(stage));
    let puts = join_all((0..20).map(|_| stage.platform.put_waiting(&path, &body))).await;
    let mut created = 0_usize;
    let mut ids = BTreeSet::new();
    for reply in puts {
        let reply = reply?;
        created += usize::from(reply.status.as_u16() == 201);
        same("the link's status", reply.text("/link/status"), "ready")?;
        ids.insert(reply.text("/link/meeting_id").to_owned());
    }
    same("the number of answers 201", &created, &1)?;
    same("the number of meeting ids answered", &ids.len(), &1)?;
    same("the number of meetings at Zoom", &ledger::living(stage, TWENTY.title).await?.len(), &1)?;
    Ok("one 201, one meeting in Zoom's ledger".to_owned())
}
