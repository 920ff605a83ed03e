//! Carries one request out under the faults that wait for it, and writes it into the ledger.
//!
//! Each request runs in a task of its own, as on a real server: a caller who hangs up does not undo it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::answer::Subject;
use crate::demo::simulator::answer::TellsOf;
use crate::demo::simulator::clock::after;
use crate::demo::simulator::cut;
use crate::demo::simulator::faults::Fault;
use crate::demo::simulator::ledger::Entry;
use crate::demo::simulator::modes::Presence;
use crate::demo::simulator::modes::WebhookOrder;
use crate::demo::simulator::oauth::grants::Standing;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::state::Call;
use crate::demo::simulator::state::Pending;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::UserId;
use crate::demo::simulator::webhooks::deliver;

const TOO_MANY_AT_ONCE: &str =
    "Too many concurrent requests. A request to disassociate this user has already been made.";

/// Answers a call, or cuts its connection.
pub(super) async fn exchange(shared: Arc<Shared>, call: Call) -> Response {
    match tokio::spawn(conduct(shared, call)).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn conduct(shared: Arc<Shared>, call: Call) -> Response {
    let (begun, latency, order) = {
        let mut state = shared.open();
        let begun = state.begin(&call, shared.clock.now());
        let latency = Duration::from_millis(state.modes.latency_milliseconds.into());
        (begun, latency, state.modes.webhooks.clone())
    };
    let (fault, deleting) = match begun {
        Ok(begun) => begun,
        Err(refusal) => return refusal.into_response(),
    };
    let (response, delay) = carry_out(&shared, call, fault).await;
    if order == WebhookOrder::BeforeAnswer {
        deliver(&shared).await;
    }
    let delay = delay.saturating_add(latency);
    if !delay.is_zero() {
        shared.clock.wait(delay).await;
    }
    if let Some(user) = deleting {
        shared.open().deleting.remove(&user);
    }
    if let Some(TellsOf(meeting)) = response.extensions().get() {
        shared.open().webhooks.answered(*meeting);
    }
    if order == WebhookOrder::AfterAnswer {
        tokio::spawn(async move { deliver(&shared).await });
    }
    response
}

/// The response, and how much later it is sent.
async fn carry_out(shared: &Shared, call: Call, fault: Option<Fault>) -> (Response, Duration) {
    let kind = fault.as_ref().map(Fault::kind);
    let now = shared.clock.now();
    let act = |sent: fn(u16) -> Option<u16>| shared.open().perform(&call, now, kind, sent);
    let skip = |sent: Option<StatusCode>| shared.open().skip(&call, now, kind, sent);
    let response = match fault {
        None => act(Some).into_response(),
        Some(Fault::Delay { seconds }) => {
            return (act(Some).into_response(), Duration::from_secs(seconds.into()));
        }
        Some(Fault::DelayBefore { seconds }) => {
            shared.clock.wait(Duration::from_secs(seconds.into())).await;
            let now = shared.clock.now();
            shared.open().perform(&call, now, kind, Some).into_response()
        }
        Some(Fault::Status(substitute)) => {
            skip(Some(substitute.status.0));
            substitute.response()
        }
        Some(Fault::DropBefore) => {
            skip(None);
            cut::no_answer()
        }
        Some(Fault::ProcessThenDrop) => {
            act(|_| None);
            cut::no_answer()
        }
        Some(Fault::ProcessThenStatus(substitute)) => {
            let response = substitute.response();
            shared.open().perform(&call, now, kind, |_| Some(substitute.status.0.as_u16()));
            response
        }
        Some(Fault::TruncatedBody) => {
            let whole = act(Some).into_response();
            cut::truncated(whole).await
        }
        Some(Fault::Html) => {
            skip(Some(StatusCode::BAD_GATEWAY));
            Fault::page()
        }
        Some(Fault::LateCommit { seconds }) => {
            let due = after(now, Duration::from_secs(seconds.into()));
            shared.open().postpone(call, now, due);
            cut::no_answer()
        }
        Some(Fault::ExpiringPages) => {
            let answer = act(Some);
            shared.open().cursors.clear();
            answer.into_response()
        }
    };
    (response, Duration::ZERO)
}

impl State {
    /// Finds out who calls, refuses a second deletion beside a running one, and takes the fault that waits.
    fn begin(&mut self, call: &Call, now: Timestamp) -> Result<(Option<Fault>, Option<UserId>), Answer> {
        let caller = self.caller(call.operation, &call.received);
        let email = caller.as_ref().and_then(|id| self.users.get(id)).map(|user| user.profile.email.clone());
        let deleting = caller.clone().filter(|_| call.operation == Operation::DeleteMeeting);
        if let Some(user) = &deleting
            && !self.deleting.insert(user.clone())
        {
            let status = StatusCode::TOO_MANY_REQUESTS;
            let sent = Some(status.as_u16());
            self.write_down(call, caller.as_ref(), |entry| Entry { at: now, status: sent, sent, ..entry });
            return Err(Answer::refusal(status, 429, TOO_MANY_AT_ONCE));
        }
        Ok((self.faults.take(call.operation, email.as_deref()), deleting))
    }

    /// Carries a call out and writes it down.
    fn perform(
        &mut self,
        call: &Call,
        now: Timestamp,
        fault: Option<&'static str>,
        sent: impl FnOnce(u16) -> Option<u16>,
    ) -> Answer {
        let caller =
            call.received.accepted_as.clone().or_else(|| self.caller(call.operation, &call.received));
        let answer = (call.act)(self, now, &call.received).unwrap_or_else(|refusal| refusal);
        let status = answer.status.as_u16();
        let (meeting, page) = match &answer.subject {
            Subject::General => (None, None),
            Subject::Meeting(meeting) => (Some(*meeting), None),
            Subject::Page(page) => (None, Some(**page)),
        };
        self.write_down(call, caller.as_ref(), |entry| Entry {
            at: now,
            status: Some(status),
            sent: sent(status),
            meeting_id: meeting.or(entry.meeting_id),
            page,
            fault,
            ..entry
        });
        self.dressed(answer, call.operation, caller.as_ref(), now)
    }

    /// Writes down a call that a fault kept from being carried out.
    fn skip(&mut self, call: &Call, now: Timestamp, fault: Option<&'static str>, sent: Option<StatusCode>) {
        let caller = self.caller(call.operation, &call.received);
        let sent = sent.map(|status| status.as_u16());
        self.write_down(call, caller.as_ref(), |entry| Entry { at: now, sent, fault, ..entry });
    }

    fn write_down(&mut self, call: &Call, caller: Option<&UserId>, complete: impl FnOnce(Entry) -> Entry) {
        let user = caller.and_then(|id| self.users.get(id)).map(|user| user.profile.email.clone());
        self.ledger.put(complete(Entry {
            operation: call.operation,
            at: Timestamp::UNIX_EPOCH,
            status: None,
            sent: None,
            user,
            meeting_id: call.received.meeting(),
            page: None,
            fault: None,
        }));
    }

    /// The answer with the headers Zoom adds to REST answers.
    fn dressed(
        &mut self,
        answer: Answer,
        operation: Operation,
        caller: Option<&UserId>,
        now: Timestamp,
    ) -> Answer {
        let Some(label) = operation.label() else { return answer };
        let tracking = format!("v=2.0;clid=us02;rid=WEB_{}", self.entropy.letters(32).to_lowercase());
        let mut answer = answer.with_header("x-zm-trackingid", &tracking);
        let user = caller.and_then(|id| self.users.get(id));
        match (&self.modes.rate_limit_headers, user) {
            (Presence::Present, Some(user)) => {
                let (limit, remaining) =
                    self.limits.remaining(&user.account_id, label, self.plan_of(user), now);
                answer
                    .with_header("x-ratelimit-category", label.as_str())
                    .with_header("x-ratelimit-limit", &limit.to_string())
                    .with_header("x-ratelimit-remaining", &remaining.to_string())
            }
            (Presence::Present, None) => answer,
            (Presence::Absent, _) => {
                let limits = |name: &str| name.starts_with("x-ratelimit-") || name == "retry-after";
                answer.headers.retain(|(name, _)| !limits(name.as_str()));
                answer
            }
        }
    }

    /// Keeps a call for later; a token that is good on arrival stays good for it.
    fn postpone(&mut self, mut call: Call, now: Timestamp, due: Timestamp) {
        let token = call.received.bearer().unwrap_or_default();
        call.received.accepted_as = match self.grants.standing(token, now) {
            Standing::Valid { user, .. } => Some(user),
            Standing::Expired | Standing::Unknown => None,
        };
        self.pending.push(Pending { due, call });
    }

    /// Carries out what fell due.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.pending.sort_by_key(|pending| pending.due);
        let split = self.pending.partition_point(|pending| pending.due <= now);
        for pending in self.pending.drain(..split).collect::<Vec<_>>() {
            self.perform(&pending.call, pending.due, Some("late_commit"), |_| None);
        }
    }
}
