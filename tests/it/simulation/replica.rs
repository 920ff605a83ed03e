//! Owns a replica of greenroom: its gateway and worker in a runtime of their own, which a crash ends wherever they are.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use greenroom::app::events;
use greenroom::app::flights::Flights;
use greenroom::app::gateway::Gateway;
use greenroom::app::gateway::Settings;
use greenroom::app::receivers::Receivers;
use greenroom::app::settings;
use greenroom::app::worker;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::grant::RefreshTiming;
use greenroom::providers::http::HttpClient;
use greenroom::providers::standard_webhooks::StandardWebhooks;
use greenroom::providers::standard_webhooks::WebhookParts;
use greenroom::providers::zoom;
use greenroom::providers::zoom::meetings::ZoomMeetings;
use greenroom::providers::zoom::oauth::ZoomAuthorization;
use greenroom::providers::zoom::parts::Parts;
use greenroom::providers::zoom::parts::TOKEN_TIMEOUT;
use greenroom::providers::zoom::parts::Timeouts;
use greenroom::providers::zoom::settings::InsecureUrls;
use greenroom::providers::zoom::settings::Secrets;
use greenroom::providers::zoom::users::ZoomUsers;
use greenroom::providers::zoom::webhooks::ZoomWebhooks;
use greenroom::store::attention::StoredAttentions;
use greenroom::store::directory::StoredDirectory;
use greenroom::store::endpoints::StoredEndpoints;
use greenroom::store::feed::StoredFeed;
use greenroom::store::grants::StoredGrants;
use greenroom::store::inbox::StoredInbox;
use greenroom::store::register::StoredRegister;
use greenroom::store::sealed::Sealed;
use greenroom::store::sealed::SealedParts;
use greenroom::store::sites::StoredSites;
use greenroom::store::tallies::StoredTallies;
use greenroom::store::tickets::StoredTickets;
use greenroom::store::traces::StoredTraces;
use greenroom::store::work::StoredWork;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::simulation::dice::Dice;
use crate::simulation::exchanges::Exchanges;
use crate::simulation::line::Line;
use crate::simulation::runtime;
use crate::simulation::shelf::Shelf;
use crate::simulation::timeline::Place;
use crate::simulation::timeline::Timeline;
use crate::simulation::timeline::VirtualClock;
use crate::simulation::trace::Trace;
use crate::simulation::weather::Weather;
use crate::simulation::wire::Wire;
use crate::simulation::zoom::CLIENT;
use crate::simulation::zoom::CLIENT_SECRET;
use crate::simulation::zoom::Gate;
use crate::simulation::zoom::ORIGIN;
use crate::simulation::zoom::REDIRECT;

/// What every replica is given: the world outside of it.
#[derive(Clone)]
pub(super) struct Outside {
    pub(super) timeline: Timeline,
    pub(super) shelf: Arc<Shelf>,
    pub(super) keyring: Arc<ArcSwap<Keyring>>,
    pub(super) gate: Gate,
    pub(super) weather: Weather,
    pub(super) dice: Dice,
    pub(super) trace: Trace,
    pub(super) exchanges: Exchanges,
}

/// What is laid around the ports of a gateway before it runs.
pub(super) type Dress = Arc<dyn Fn(Gateway, Place) -> Gateway>;

/// A replica.
pub(super) struct Replica {
    place: Place,
    living: Option<(Runtime, Gateway)>,
}

impl Replica {
    pub(super) fn new(number: usize) -> Self {
        Self { place: Place::Replica(number), living: None }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.living.is_some()
    }

    /// Starts it, with its worker, on what stands in the store.
    pub(super) fn start(&mut self, outside: &Outside, dress: &Dress) {
        let gateway = dress(gateway(outside, self.place), self.place);
        let runtime = runtime::new();
        runtime.spawn(worker::run(gateway.clone(), CancellationToken::new()));
        outside.timeline.rouse(self.place);
        self.living = Some((runtime, gateway));
    }

    /// Ends all of it at once.
    pub(super) fn crash(&mut self) {
        self.living = None;
    }

    /// Has it do something, in a task of its own; `None` where it is dead.
    pub(super) fn spawn<Done>(
        &self,
        outside: &Outside,
        task: impl FnOnce(Gateway) -> Done,
    ) -> Option<JoinHandle<()>>
    where
        Done: Future<Output = ()> + Send + 'static,
    {
        let (runtime, gateway) = self.living.as_ref()?;
        outside.timeline.rouse(self.place);
        Some(runtime.spawn(task(gateway.clone())))
    }

    /// Carries on until nothing is left to do at this time.
    pub(super) fn run(&self) {
        if let Some((runtime, _)) = &self.living {
            runtime::run(runtime);
        }
    }
}

/// A gateway as the server makes it, with its lines and wires out of this world.
fn gateway(outside: &Outside, place: Place) -> Gateway {
    let virtual_clock = VirtualClock { timeline: outside.timeline.clone(), place };
    let clock = Arc::new(virtual_clock.clone());
    let entropy = Arc::new(outside.dice.fork());
    let line = Line {
        place,
        timeline: outside.timeline.clone(),
        shelf: Arc::clone(&outside.shelf),
        dice: outside.dice.fork(),
        weather: outside.weather.clone(),
        trace: outside.trace.clone(),
    };
    let sealed = Arc::new(Sealed::new(SealedParts {
        kv: Arc::new(line),
        keyring: Arc::clone(&outside.keyring),
        entropy: entropy.clone(),
        clock: clock.clone(),
    }));
    let wire = Wire {
        clock: virtual_clock,
        gate: outside.gate.clone(),
        dice: outside.dice.fork(),
        weather: outside.weather.clone(),
        trace: outside.trace.clone(),
        exchanges: outside.exchanges.clone(),
    };
    let settings = settings();
    let http = HttpClient::over(Arc::new(wire));
    let receivers = nobody(&sealed, (http.clone(), clock.clone()));
    let parts = Parts {
        settings: Arc::new(zoom_settings(settings.refresh)),
        secrets: Arc::new(ArcSwap::from_pointee(Secrets {
            client: vec![CLIENT_SECRET.into()],
            webhook: Vec::new(),
        })),
        redirect_uri: Url::parse(REDIRECT).unwrap(),
        http,
        clock: clock.clone(),
        entropy: entropy.clone(),
        timeouts: Timeouts { api: settings.minting.post_timeout, tokens: TOKEN_TIMEOUT },
    };
    Gateway {
        clock: clock.clone(),
        entropy,
        sites: Arc::new(StoredSites::new(Arc::clone(&sealed))),
        grants: Arc::new(StoredGrants::new(Arc::clone(&sealed))),
        tickets: Arc::new(StoredTickets::new(Arc::clone(&sealed))),
        traces: Arc::new(StoredTraces::new(Arc::clone(&sealed))),
        feed: Arc::new(StoredFeed::new(Arc::clone(&sealed), clock)),
        receivers: Arc::new(receivers),
        tallies: Arc::new(StoredTallies::new(Arc::clone(&sealed))),
        attentions: Arc::new(StoredAttentions::new(Arc::clone(&sealed))),
        inbox: Arc::new(StoredInbox::new(Arc::clone(&sealed))),
        directory: Arc::new(StoredDirectory::new(Arc::clone(&sealed))),
        work: Arc::new(StoredWork::new(Arc::clone(&sealed))),
        register: Arc::new(StoredRegister::new(sealed)),
        authorization: Arc::new(ZoomAuthorization::new(&parts)),
        users: Arc::new(ZoomUsers::new(&parts)),
        meetings: Arc::new(ZoomMeetings::new(&parts)),
        webhooks: Arc::new(ZoomWebhooks::new(&parts)),
        settings: Arc::new(settings),
        tasks: TaskTracker::new(),
        bell: Arc::new(Notify::new()),
        heard: Arc::new(Notify::new()),
        waiters: Arc::new(Semaphore::new(events::MOST_WAITING)),
        closures: Arc::default(),
        looks: Arc::default(),
        refreshes: Arc::new(Flights::default()),
    }
}

/// No endpoint is told of events.
fn nobody(sealed: &Arc<Sealed>, (http, clock): (HttpClient, Arc<VirtualClock>)) -> Receivers {
    let event_json = greenroom::web::internal::event_json;
    let push = StandardWebhooks::new(WebhookParts { http, clock, endpoints: Arc::default(), event_json });
    Receivers::new(Arc::new(StoredEndpoints::new(Arc::clone(sealed))), Arc::new(push))
}

fn settings() -> Settings {
    Settings {
        base_url: Url::parse("https://meet.example.com").unwrap(),
        portal: settings::Portal {
            return_origins: Vec::new(),
            link_ttl: Duration::from_mins(10),
            session_ttl: Duration::from_mins(30),
        },
        minting: settings::Minting {
            default_wait: Duration::from_secs(5),
            reserve_percent: 20,
            settle: Duration::from_mins(1),
            post_timeout: Duration::from_secs(15),
        },
        refresh: RefreshTiming {
            lead: Duration::from_mins(10),
            takeover: Duration::from_mins(2),
            keep_alive: Duration::from_hours(168),
        },
    }
}

fn zoom_settings(refresh: RefreshTiming) -> zoom::settings::Settings {
    let url = |path: &str| Url::parse(&format!("{ORIGIN}{path}")).unwrap();
    zoom::settings::Settings {
        client_id: CLIENT.into(),
        authorize_url: url("/oauth/authorize"),
        token_url: url("/oauth/token"),
        revoke_url: url("/oauth/revoke"),
        api_url: url(""),
        insecure_urls: InsecureUrls::Refused,
        refresh_takeover: refresh.takeover,
        keep_alive: refresh.keep_alive,
    }
}
