//! Owns what every use case is given: the ports, and what an operator said.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::app::closures::Closures;
use crate::app::flights::Flights;
use crate::app::looks::Looks;
use crate::app::ports::attention::Attentions;
use crate::app::ports::clock::Clock;
use crate::app::ports::provider::Authorization;
use crate::app::ports::provider::Meetings;
use crate::app::ports::provider::Users;
use crate::app::ports::register::Register;
use crate::app::ports::store::Grants;
use crate::app::ports::store::Sites;
use crate::app::ports::store::Tickets;
use crate::app::ports::store::Work;
use crate::app::ports::tallies::Tallies;
use crate::app::ports::traces::Feed;
use crate::app::ports::traces::Traces;
use crate::app::ports::webhooks::Directory;
use crate::app::ports::webhooks::Inbox;
use crate::app::ports::webhooks::Webhooks;
use crate::app::receivers::Receivers;
use crate::app::settings;
use crate::domain::entropy::Entropy;
use crate::domain::grant::RefreshTiming;
use crate::domain::join::JoinKey;
use crate::domain::step::Timing;
use crate::domain::token::Token;

/// What every use case is given. Cheap to clone; made once, in the composition root.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Sites and their sessions.
    pub sites: Arc<dyn Sites>,
    /// Grants and their tokens.
    pub grants: Arc<dyn Grants>,
    /// Portal links and sessions, connect flows, join addresses.
    pub tickets: Arc<dyn Tickets>,
    /// What changes leave beside what they change.
    pub traces: Arc<dyn Traces>,
    /// The events of all sites.
    pub feed: Arc<dyn Feed>,
    /// Who is told of every event.
    pub receivers: Arc<Receivers>,
    /// Which sessions need a person.
    pub attentions: Arc<dyn Attentions>,
    /// Numbers that replicas share.
    pub tallies: Arc<dyn Tallies>,
    /// What providers told.
    pub inbox: Arc<dyn Inbox>,
    /// Whom that is about.
    pub directory: Arc<dyn Directory>,
    /// Due work.
    pub work: Arc<dyn Work>,
    /// How users let greenroom act for them at the provider.
    pub authorization: Arc<dyn Authorization>,
    /// Users at the provider.
    pub users: Arc<dyn Users>,
    /// Meetings at the provider.
    pub meetings: Arc<dyn Meetings>,
    /// What tells the provider's words from anybody's.
    pub webhooks: Arc<dyn Webhooks>,
    /// The names of all sites.
    pub register: Arc<dyn Register>,
    /// What an operator said.
    pub settings: Arc<Settings>,
    /// Calls that outlive their caller: a create, a refresh. Shutdown waits for them.
    pub tasks: TaskTracker,
    /// Rung when work became due that should not wait for the worker's next look.
    pub bell: Arc<Notify>,
    /// Rung when events came into the feed.
    pub heard: Arc<Notify>,
    /// Seats for those who wait for events.
    pub waiters: Arc<Semaphore>,
    /// What this process knows of the budget of calls that all replicas share.
    pub closures: Arc<Closures>,
    /// Whose turn it is to look for overlaps.
    pub looks: Arc<Looks>,
    /// Refreshes under way in this process: one at a time for a grant.
    pub refreshes: Arc<Flights>,
}

/// What an operator said about the use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where browsers and participants reach the gateway.
    pub base_url: Url,
    /// The portal.
    pub portal: settings::Portal,
    /// Minting.
    pub minting: settings::Minting,
    /// When tokens are renewed.
    pub refresh: RefreshTiming,
}

impl Gateway {
    /// A fresh token for an address or a cookie.
    pub fn token(&self) -> Token {
        let mut bytes = [0; 32];
        self.entropy.fill(&mut bytes);
        Token::new(bytes)
    }

    /// Fresh join addresses for a session.
    pub fn join_key(&self) -> JoinKey {
        let mut bytes = [0; 44];
        self.entropy.fill(&mut bytes);
        JoinKey::new(bytes)
    }

    /// How long creates and their traces take.
    pub fn timing(&self) -> Timing {
        let minting = &self.settings.minting;
        let post = minting.post_timeout;
        Timing {
            in_flight: post.saturating_mul(2),
            settle: minting.settle,
            // Longer than an update that is read back, its token and its place in line.
            claim: post.saturating_mul(6).saturating_add(Duration::from_secs(30)),
        }
    }
}
