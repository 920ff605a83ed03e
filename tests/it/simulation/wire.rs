//! Owns a replica's wire to Zoom: how long a request takes, and which of them go wrong. What has left is carried out,
//! whether or not its sender lives.

use std::fmt;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::provider::CallError;
use greenroom::providers::http::Answer;
use greenroom::providers::http::Transport;
use greenroom::providers::http::Unanswered;
use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::StatusCode;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::simulation::dice::Dice;
use crate::simulation::exchanges::End;
use crate::simulation::exchanges::Exchanges;
use crate::simulation::timeline::VirtualClock;
use crate::simulation::trace::Trace;
use crate::simulation::weather::Weather;
use crate::simulation::zoom::Gate;
use crate::simulation::zoom::Reply;

/// A request is carried out so many milliseconds after it was sent, at the latest.
const LATEST: u64 = 90_000;

/// A wire to Zoom.
pub(super) struct Wire {
    pub(super) clock: VirtualClock,
    pub(super) gate: Gate,
    pub(super) dice: Dice,
    pub(super) weather: Weather,
    pub(super) trace: Trace,
    pub(super) exchanges: Exchanges,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is carried out after the one time, and its answer is back after the other.
    Answered(Duration, Duration),
    /// No connection is made.
    NotSent,
    /// The connection breaks before it reaches Zoom.
    DroppedBefore,
    /// It is carried out, and the connection breaks.
    DroppedAfter,
    /// The connection breaks, and it is carried out this much later.
    Late(Duration),
    /// It is carried out, and a proxy answers for Zoom that it failed.
    FailedAfter,
    /// It is not carried out: Zoom says that it failed.
    FailedBefore,
    /// It is carried out, and half of the answer comes back.
    Truncated,
    /// It is not carried out: an edge answers with a page, and that all is well.
    Page,
    /// It is not carried out: too many requests.
    TooMany(TooMany),
}

/// What an answer says to whom asks too often.
#[derive(Debug, Clone, Copy)]
enum TooMany {
    ASecond,
    WithoutHeaders,
    RetryAfter,
}

impl Wire {
    fn fate(&self) -> Fate {
        let (dice, odds) = (&self.dice, self.weather.odds());
        if !dice.strikes(odds.zoom) {
            return Fate::Answered(dice.millis(5..=150), dice.millis(5..=150));
        }
        if dice.strikes(odds.late) {
            return match dice.below(2) {
                0 => Fate::Late(dice.millis(0..=LATEST)),
                _ => Fate::Answered(dice.millis(0..=LATEST), dice.millis(0..=15_000)),
            };
        }
        match dice.below(12) {
            0 => Fate::NotSent,
            1 => Fate::DroppedBefore,
            2 | 3 => Fate::DroppedAfter,
            4 | 5 => Fate::FailedAfter,
            6 => Fate::FailedBefore,
            7 | 8 => Fate::Truncated,
            9 => Fate::Page,
            10 => Fate::TooMany(dice.pick(&[TooMany::ASecond, TooMany::WithoutHeaders, TooMany::RetryAfter])),
            _ => Fate::Answered(dice.millis(5..=150), dice.millis(5_000..=20_000)),
        }
    }

    /// Sends a request on its way; the receiver hears what comes back.
    fn deliver(&self, request: Request<Vec<u8>>, fate: Fate) -> oneshot::Receiver<Reply> {
        let (told, heard) = oneshot::channel();
        let (timeline, place) = (self.clock.timeline.clone(), self.clock.place);
        let reply = move |after: Duration, said: Reply| {
            let own = timeline.clone();
            timeline.act_after(after, move || {
                drop(told.send(said));
                own.rouse(place);
            });
        };
        let soon = self.dice.millis(5..=300);
        let lost = || Err(Unanswered::Lost(CallError::Broken));
        match fate {
            Fate::Answered(there, back) => self.gate.deliver(request, there, move |said| reply(back, said)),
            Fate::NotSent => reply(soon, Err(Unanswered::NotSent(CallError::Connect))),
            Fate::DroppedBefore => reply(soon, lost()),
            Fate::DroppedAfter => self.gate.deliver(request, soon, move |_| reply(soon, lost())),
            Fate::Late(after) => {
                self.gate.deliver(request, after, drop);
                reply(soon, lost());
            }
            Fate::FailedAfter => self.gate.deliver(request, soon, move |_| reply(soon, Ok(page(502)))),
            Fate::FailedBefore => reply(soon, Ok(failed())),
            Fate::Truncated => {
                self.gate.deliver(request, soon, move |said| reply(soon, said.map(truncated)));
            }
            Fate::Page => reply(soon, Ok(page(200))),
            Fate::TooMany(kind) => reply(soon, Ok(too_many(kind, &self.clock))),
        }
        heard
    }
}

#[async_trait::async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let fate = self.fate();
        let passage = self.exchanges.begin(&request, &self.clock);
        let heard = self.deliver(request, fate);
        let said = tokio::select! {
            biased;
            said = heard => said.unwrap_or(Err(Unanswered::Lost(CallError::Broken))),
            () = self.clock.wait(timeout) => Err(Unanswered::Lost(CallError::Timeout)),
        };
        if let Some(passage) = passage {
            passage.ended(end_of(fate, &said));
        }
        self.trace.tell(self.clock.now(), || tell(&self.clock, (&method, &path), fate, &said));
        said
    }
}

/// Whether Zoom may have carried out what its answer does not say to who asked.
fn end_of(fate: Fate, said: &Reply) -> End {
    match fate {
        Fate::Answered(..) => match said {
            Ok(answer) if answer.status.is_success() => End::Renewed,
            Ok(_) => End::Refused,
            Err(_) => End::Lost,
        },
        Fate::NotSent | Fate::DroppedBefore | Fate::FailedBefore | Fate::Page | Fate::TooMany(_) => {
            End::Refused
        }
        Fate::DroppedAfter | Fate::Late(_) | Fate::FailedAfter | Fate::Truncated => End::Lost,
    }
}

fn tell(clock: &VirtualClock, (method, path): (&Method, &str), fate: Fate, said: &Reply) -> String {
    let said = match said {
        Ok(answer) => answer.status.as_u16().to_string(),
        Err(error) => format!("{error:?}"),
    };
    if matches!(fate, Fate::Answered(..)) {
        return format!("{:?}: {method} {path} {said}", clock.place);
    }
    format!("{:?}: {method} {path} {said} ({fate:?})", clock.place)
}

fn answer(status: u16, content_type: &'static str, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(content_type));
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

fn page(status: u16) -> Answer {
    answer(status, "text/html", "<html><body>One moment, please.</body></html>")
}

fn failed() -> Answer {
    answer(500, "application/json", r#"{"code":500,"message":"Internal error."}"#)
}

fn truncated(mut whole: Answer) -> Answer {
    let half = whole.body.len() / 2;
    whole.body.truncate(half);
    whole
}

fn too_many(kind: TooMany, clock: &VirtualClock) -> Answer {
    let body = r#"{"code":429,"message":"You have reached the maximum per-second rate limit for this API."}"#;
    let mut said = answer(429, "application/json", body);
    let header = |number: i64| HeaderValue::from_str(&number.to_string()).unwrap();
    match kind {
        TooMany::ASecond => {
            said.headers.insert("x-ratelimit-type", HeaderValue::from_static("QPS"));
            said.headers.insert("x-ratelimit-reset", header(clock.now().as_second() + 1));
        }
        TooMany::WithoutHeaders => {}
        TooMany::RetryAfter => drop(said.headers.insert("retry-after", header(3))),
    }
    said
}
