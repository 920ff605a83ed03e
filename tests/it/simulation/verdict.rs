//! Owns what must hold when a run has settled: sessions held against what is at Zoom.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::domain::link::Pending;
use greenroom::domain::link::Status;
use greenroom::domain::minting::BlockReason;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::minting::Wanted;
use greenroom::domain::session::Session;
use greenroom::domain::site::Site;
use greenroom::domain::step::wanted;
use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use crate::simulation::deeds::Leaving;
use crate::simulation::deeds::session;
use crate::simulation::deeds::studio;
use crate::simulation::guard::SESSIONS;
use crate::simulation::weather::DISCONNECTS_SURVIVE;
use crate::simulation::weather::LIMITS_ARE_KEPT;
use crate::simulation::world::World;

/// At most so many creates of one generation are carried out at Zoom.
const CREATES: usize = 2;

/// How long a create may still be under way when its account is disconnected.
const UNDER_WAY: Duration = Duration::from_mins(2);

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What must not be.
    pub(super) problems: Vec<String>,
    /// Sessions whose meeting a person must look for: two creates ended without a clear answer.
    pub(super) need_attention: usize,
}

/// A meeting that bears a marker of ours.
struct Meeting<'a> {
    id: String,
    /// The marker without its attempt: names one generation of one session.
    generation: &'a str,
    session: &'a str,
    topic: &'a str,
    host: &'a str,
    starts_at: Timestamp,
    created_at: Timestamp,
    is_live: bool,
}

/// Looks at everything.
pub(super) fn judge(world: &World) -> Verdict {
    let ledger = world.zoom.control(Method::GET, "ledger", &Value::Null);
    let all = ledger["meetings"].as_array().unwrap().iter().filter_map(meeting).collect::<Vec<_>>();
    let mut verdict = Verdict { problems: world.links.contradictions(), need_attention: 0 };
    verdict.problems.extend(world.guard.seen());
    verdict.problems.extend(too_many_creates(&all));
    if LIMITS_ARE_KEPT {
        verdict.problems.extend(refusals(&ledger));
    }
    let ids = (0..SESSIONS).map(session).collect::<Vec<_>>();
    let Some(snapshot) = world.observer.site(&studio(), &ids) else { return verdict };
    let site = snapshot.site.value.unwrap();
    for (id, stored) in ids.iter().zip(snapshot.sessions) {
        let own = all.iter().filter(|meeting| meeting.session == id.as_str() && meeting.is_live);
        let own = own.collect::<Vec<_>>();
        let held = stored.value.as_ref().and_then(|session| session.minting.handed_out());
        let others = own.iter().filter(|meeting| held.is_none_or(|held| held.id.as_str() != meeting.id));
        let left = others.filter(|meeting| !is_left_behind(world, &ledger, meeting));
        verdict.problems.extend(left.map(|meeting| superfluous(meeting)));
        if let Some(session) = stored.value {
            verdict.judge_session(world, (&site, &session), &own);
        }
    }
    verdict
}

/// What is left to do of sessions, whatever there is at Zoom.
///
/// This is all that may be asked of a store that forgets what it acknowledged. Whoever was told of a link, or has deleted a
/// meeting, did so because of a write that is no more: what is at Zoom, and what was handed out, may then differ from the
/// records for good. A store with `strict` durability acknowledges no write that it may forget.
pub(super) fn unsettled(world: &World) -> Vec<String> {
    let ids = (0..SESSIONS).map(session).collect::<Vec<_>>();
    let Some(snapshot) = world.observer.site(&studio(), &ids) else { return Vec::new() };
    let site = snapshot.site.value.unwrap();
    let sessions = snapshot.sessions.into_iter().filter_map(|stored| stored.value);
    let is_settled = |session: &Session| match &session.minting.state {
        MeetingState::Bound(_) | MeetingState::Blocked(_) => true,
        MeetingState::Intended(_) => false,
        MeetingState::Nothing => !matches!(wanted(&site, session, world.now()), Wanted::Meeting(_)),
    };
    let left = sessions.filter(|session| !is_settled(session));
    left.map(|session| format!("{} is not settled: {:?}", session.id, session.minting)).collect()
}

/// The meetings that live at Zoom and bear a marker of ours, each with its host.
pub(super) fn live_meetings(world: &World) -> Vec<(String, String)> {
    let ledger = world.zoom.control(Method::GET, "ledger", &Value::Null);
    let all = ledger["meetings"].as_array().unwrap().iter().filter_map(meeting);
    all.filter(|meeting| meeting.is_live).map(|meeting| (meeting.id, meeting.host.to_owned())).collect()
}

impl Verdict {
    fn judge_session(&mut self, world: &World, (site, session): (&Site, &Session), live: &[&Meeting<'_>]) {
        let now = world.now();
        if !session.minting.doomed.is_empty() {
            self.problems
                .push(format!("{} has something left to delete: {:?}", session.id, session.minting.doomed));
        }
        match (wanted(site, session, now), &session.minting.state) {
            (Wanted::Meeting(wish), MeetingState::Bound(meeting)) => {
                let is_there = live.iter().find(|live| live.id == meeting.id.as_str());
                if meeting.grant != wish.grant {
                    self.problems.push(format!("{} is not hosted by whom it should be", session.id));
                }
                match is_there {
                    Some(there)
                        if there.topic != wish.shown.topic || there.starts_at != wish.shown.starts_at =>
                    {
                        let what = format!("{} shows {} at {}", session.id, there.topic, there.starts_at);
                        self.problems.push(what);
                    }
                    None if !world.erased.contains(meeting.id.as_str()) => {
                        self.problems.push(format!("{} hands out {}, which is gone", session.id, meeting.id));
                    }
                    Some(_) | None => {}
                }
            }
            (Wanted::Meeting(_), MeetingState::Blocked(blocked))
                if blocked.reason == BlockReason::NeedsAttention =>
            {
                self.need_attention += 1;
            }
            (Wanted::Meeting(_), state) => {
                self.problems.push(format!("{} has no meeting: {state:?} {:?}", session.id, session.minting));
            }
            (Wanted::Nothing, MeetingState::Nothing) => {}
            (Wanted::Nothing | Wanted::Kept, MeetingState::Intended(intent)) => {
                self.problems.push(format!("{} still intends {intent:?}", session.id));
            }
            (Wanted::Nothing, state) => {
                self.problems.push(format!("{} wants nothing, and has {state:?}", session.id));
            }
            (Wanted::Kept, _) => {}
        }
        let link = greenroom::domain::link::Link::of(site, session, now);
        if link.status == Status::Pending(Pending::Minting) {
            self.problems.push(format!("{} says for ever that it is minting", session.id));
        }
    }
}

fn superfluous(meeting: &Meeting<'_>) -> String {
    let Meeting { id, session, generation, host, created_at, .. } = meeting;
    format!(
        "{id} (made {created_at}, {generation}) of {host} is left of {session}, which does not hand it out"
    )
}

/// Reads a meeting of the ledger; `None` for one that is not ours.
fn meeting(entry: &Value) -> Option<Meeting<'_>> {
    let line = entry["agenda"].as_str()?.lines().next()?;
    let (generation, _) = line.strip_prefix("Ref gr1-")?.rsplit_once('-')?;
    let topic = entry["topic"].as_str()?;
    Some(Meeting {
        id: entry["id"].to_string(),
        generation,
        session: topic.split_once(' ')?.0,
        topic,
        host: entry["host"].as_str()?,
        starts_at: entry["start_time"].as_str()?.parse().ok()?,
        created_at: entry["created_at"].as_str()?.parse().ok()?,
        is_live: entry["state"] == "live",
    })
}

fn too_many_creates(all: &[Meeting<'_>]) -> Vec<String> {
    let mut counts = BTreeMap::<&str, (usize, &str)>::new();
    for meeting in all {
        counts.entry(meeting.generation).or_insert((0, meeting.session)).0 += 1;
    }
    let many = counts.into_iter().filter(|(_, (count, _))| *count > CREATES);
    many.map(|(generation, (count, session))| {
        format!("{count} meetings were made of {session}, {generation}")
    })
    .collect()
}

/// What Zoom refused because it was asked too often.
fn refusals(ledger: &Value) -> Vec<String> {
    let requests = ledger["requests"].as_array().unwrap().iter();
    requests
        .filter(|request| request["status"] == 429)
        .map(|request| format!("a limit was exceeded: {request}"))
        .collect()
}

/// Whether a meeting stays at Zoom because its host's account was disconnected: so that it stays, or when the grant died
/// otherwise than by being revoked, so that nobody could delete it any more.
fn is_left_behind(world: &World, ledger: &Value, meeting: &Meeting<'_>) -> bool {
    let left = |leaving| {
        let left = world.left.iter().find(|((user, how), _)| *user == meeting.host && *how == leaving);
        left.map(|(_, at)| *at)
    };
    let told = |operation: &str, since: Timestamp, is_meant: fn(u64) -> bool| {
        let requests = ledger["requests"].as_array().unwrap().iter();
        let mut own =
            requests.filter(|request| request["operation"] == operation && request["user"] == meeting.host);
        own.any(|request| {
            let at = request["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
            at >= since && request["status"].as_u64().is_some_and(is_meant)
        })
    };
    let died = |left: Timestamp| {
        let is_lapsed = told("oauth.token.refresh", left - UNDER_WAY, |status| status >= 400);
        is_lapsed || !told("oauth.revoke", left, |status| status == 200)
    };
    left(Leaving::Keep).is_some_and(|left| meeting.created_at <= left + UNDER_WAY)
        || left(Leaving::Delete).is_some_and(|left| {
            meeting.created_at <= left + UNDER_WAY && (died(left) || !DISCONNECTS_SURVIVE)
        })
}
