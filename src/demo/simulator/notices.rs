//! Owns what the app is yet to be told of, whom that goes to, and what became of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::providers::http::HttpClient;

/// Who is told of what happens, what they are yet to be told, and what they were told.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    subscriber: Option<Subscriber>,
    waiting: Vec<Notice>,
    deliveries: Vec<Delivery>,
    /// Meetings that an answer which went out told of.
    answered: BTreeSet<u64>,
}

/// The app's webhook address.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    pub(super) url: Url,
    pub(super) http: HttpClient,
}

/// Something the app is told.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    /// Zoom's name for it.
    pub(super) event: &'static str,
    /// The meeting it is about.
    pub(super) meeting: Option<u64>,
    /// As it is sent, each time.
    pub(super) body: Box<str>,
    /// Names it, each time it is sent.
    pub(super) name: Box<str>,
}

/// What became of telling.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Delivery {
    event: &'static str,
    at: Timestamp,
    /// What the app answered; `None` where it gave no answer.
    status: Option<u16>,
    /// The meeting it was about.
    meeting_id: Option<u64>,
    /// Whether that was before an answer that tells of the meeting went out.
    before_answer: bool,
}

impl Webhooks {
    /// Tells this address from here on; `None` tells nobody.
    pub(super) fn subscribe(&mut self, subscriber: Option<Subscriber>) {
        self.subscriber = subscriber;
        self.waiting.clear();
    }

    /// Who is told, if anybody is.
    pub(super) fn subscriber(&self) -> Option<Subscriber> {
        self.subscriber.clone()
    }

    /// Notes what somebody is to be told, if anybody is.
    pub(super) fn note(&mut self, notice: Notice) {
        if self.subscriber.is_some() {
            self.waiting.push(notice);
        }
    }

    /// What is to be told now, and to whom; nothing where nobody is told.
    pub(super) fn take(&mut self) -> Option<(Subscriber, Vec<Notice>)> {
        Some((self.subscriber.clone()?, std::mem::take(&mut self.waiting)))
    }

    /// Notes what became of telling: what the app answered, if anything.
    pub(super) fn told(&mut self, notice: &Notice, at: Timestamp, status: Option<u16>) {
        let meeting_id = notice.meeting;
        let before_answer = meeting_id.is_some_and(|meeting| !self.answered.contains(&meeting));
        self.deliveries.push(Delivery { event: notice.event, at, status, meeting_id, before_answer });
    }

    /// Notes that an answer which tells of a meeting goes out.
    pub(super) fn answered(&mut self, meeting: u64) {
        self.answered.insert(meeting);
    }

    /// What was told, oldest first.
    pub(super) fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }
}
