//! Owns how a configuration becomes a gateway: opens the store, makes adapters, binds addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::app::events;
use crate::app::flights::Flights;
use crate::app::gateway::Gateway;
use crate::app::gateway::Settings;
use crate::app::receivers::Receivers;
use crate::config::Config;
use crate::domain::grant::RefreshTiming;
use crate::providers::http::HttpClient;
use crate::providers::standard_webhooks::StandardWebhooks;
use crate::providers::standard_webhooks::WebhookParts;
use crate::providers::zoom::meetings::ZoomMeetings;
use crate::providers::zoom::oauth::ZoomAuthorization;
use crate::providers::zoom::parts::Parts;
use crate::providers::zoom::parts::TOKEN_TIMEOUT;
use crate::providers::zoom::parts::Timeouts;
use crate::providers::zoom::users::ZoomUsers;
use crate::providers::zoom::webhooks::ZoomWebhooks;
use crate::server::Outside;
use crate::server::Server;
use crate::server::StartError;
use crate::server::keys_fetched::KeysFetched;
use crate::server::live::Live;
use crate::server::operator::LONGEST_STORE;
use crate::server::operator::Socket;
use crate::store::attention::StoredAttentions;
use crate::store::directory::StoredDirectory;
use crate::store::embedded::Embedded;
use crate::store::endpoints::StoredEndpoints;
use crate::store::feed::StoredFeed;
use crate::store::grants::StoredGrants;
use crate::store::inbox::StoredInbox;
use crate::store::redis;
use crate::store::redis::Redis;
use crate::store::register::StoredRegister;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedParts;
use crate::store::settings::Durability;
use crate::store::settings::StoreUrl;
use crate::store::sites::StoredSites;
use crate::store::tallies::StoredTallies;
use crate::store::tickets::StoredTickets;
use crate::store::traces::StoredTraces;
use crate::store::work::StoredWork;
use crate::web::auth::Verifier;
use crate::web::frame::Frame;
use crate::web::headers::Audience;
use crate::web::internal;
use crate::web::internal::Given;
use crate::web::internal::Internal;
use crate::web::internal::Readiness;
use crate::web::listener::Limits;
use crate::web::listener::Listener;
use crate::web::metrics::Metrics;
use crate::web::public;
use crate::web::urls;

/// So many public requests are answered at once; the next is told to come back.
const MOST_PUBLIC: usize = 1_024;
/// So many at a time are told the metrics: each has the store read.
const MOST_SCRAPES: usize = 8;
/// Tokens are renewed when less than this is left.
const REFRESH_LEAD: Duration = Duration::from_mins(10);

impl Server {
    /// Opens the store, makes the adapters and binds both addresses.
    ///
    /// Fails with [`StartError`], which names the key of the configuration that is at fault.
    pub async fn open(config: &Config, outside: Outside) -> Result<Self, StartError> {
        let (gateway, live) = open_ports(config, outside).await?;
        let (readiness, metrics) = (Readiness::default(), Metrics::default());
        let public = bind("public.listen", config.public.listen).await?;
        let internal = bind("internal.listen", config.internal.listen).await?;
        Ok(Self {
            public: (public, public_router(config, (&gateway, &metrics))),
            internal: (internal, internal_router((&gateway, &metrics), &live, &readiness)),
            gateway,
            live,
            readiness,
            orders: orders(config),
        })
    }
}

/// Opens what a command needs: the ports alone, nobody is answered.
pub(in crate::server) async fn open_gateway(
    config: &Config,
    outside: Outside,
) -> Result<Gateway, StartError> {
    Ok(open_ports(config, outside).await?.0)
}

async fn open_ports(config: &Config, outside: Outside) -> Result<(Gateway, Live), StartError> {
    let keyring = Arc::new(ArcSwap::new(Arc::clone(&config.crypto_secrets.keyring)));
    let sealed = Arc::new(open_store(config, &outside, Arc::clone(&keyring)).await?);
    let http = HttpClient::open()?;
    let zoom = Arc::new(ArcSwap::new(Arc::clone(&config.zoom_secrets)));
    let fetch = Arc::new(KeysFetched(http.clone()));
    let verifier = Arc::new(Verifier::new(&config.auth, fetch, Arc::clone(&outside.clock)));
    let zoom_client = config.zoom.client_id.as_str().into();
    let endpoints = Arc::new(ArcSwap::from_pointee(config.events.endpoints.clone()));
    let live = Live { keyring, zoom, zoom_client, verifier, endpoints };
    let gateway = gateway(config, outside, (&sealed, http, &live));
    Ok((gateway, live))
}

/// The socket for an operator's commands, where the store is for this process alone. Without it the gateway serves all
/// the same.
fn orders(config: &Config) -> Option<Socket> {
    let StoreUrl::Embedded(file) = &config.store.url else { return None };
    match Socket::bind(file) {
        Ok(socket) => Some(socket),
        Err(error) => {
            warn!(
                error = %error,
                longest_store_path = LONGEST_STORE,
                "commands cannot reach this gateway, its socket beside the store cannot be made: let it create \
                 files in that folder, use a store.url whose path is short enough, and start it again"
            );
            None
        }
    }
}

async fn open_store(
    config: &Config,
    outside: &Outside,
    keyring: Arc<ArcSwap<crate::crypto::keyring::Keyring>>,
) -> Result<Sealed, StartError> {
    let (entropy, clock) = (Arc::clone(&outside.entropy), Arc::clone(&outside.clock));
    Ok(match &config.store.url {
        StoreUrl::Embedded(path) => {
            let kv = Arc::new(Embedded::open(path, Arc::clone(&clock))?);
            Sealed::new(SealedParts { kv, keyring, entropy, clock })
        }
        StoreUrl::Redis(url) => {
            let kv = Arc::new(open_redis(url, config.store.durability).await?);
            Sealed::new(SealedParts { kv, keyring, entropy, clock })
        }
    })
}

async fn open_redis(url: &SecretString, durability: Durability) -> Result<Redis, StartError> {
    let durability = match durability {
        Durability::Relaxed => redis::Durability::Relaxed,
        Durability::Strict => redis::Durability::Strict,
    };
    Ok(Redis::open(&redis::Settings { url: url.clone(), durability }).await?)
}

fn gateway(
    config: &Config,
    outside: Outside,
    (sealed, http, live): (&Arc<Sealed>, HttpClient, &Live),
) -> Gateway {
    let Outside { clock, entropy } = outside;
    let feed_clock = Arc::clone(&clock);
    let push = StandardWebhooks::new(WebhookParts {
        http: http.clone(),
        clock: Arc::clone(&clock),
        endpoints: Arc::clone(&live.endpoints),
        event_json: internal::event_json,
    });
    let endpoints = Arc::new(StoredEndpoints::new(Arc::clone(sealed)));
    let parts = Parts {
        settings: Arc::new(config.zoom.clone()),
        secrets: Arc::clone(&live.zoom),
        redirect_uri: urls::zoom_callback(&config.public.base_url),
        http,
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
        timeouts: Timeouts { api: config.minting.post_timeout, tokens: TOKEN_TIMEOUT },
    };
    Gateway {
        clock,
        entropy,
        sites: Arc::new(StoredSites::new(Arc::clone(sealed))),
        grants: Arc::new(StoredGrants::new(Arc::clone(sealed))),
        tickets: Arc::new(StoredTickets::new(Arc::clone(sealed))),
        traces: Arc::new(StoredTraces::new(Arc::clone(sealed))),
        feed: Arc::new(StoredFeed::new(Arc::clone(sealed), feed_clock)),
        receivers: Arc::new(Receivers::new(endpoints, Arc::new(push))),
        attentions: Arc::new(StoredAttentions::new(Arc::clone(sealed))),
        tallies: Arc::new(StoredTallies::new(Arc::clone(sealed))),
        inbox: Arc::new(StoredInbox::new(Arc::clone(sealed))),
        directory: Arc::new(StoredDirectory::new(Arc::clone(sealed))),
        work: Arc::new(StoredWork::new(Arc::clone(sealed))),
        authorization: Arc::new(ZoomAuthorization::new(&parts)),
        users: Arc::new(ZoomUsers::new(&parts)),
        meetings: Arc::new(ZoomMeetings::new(&parts)),
        webhooks: Arc::new(ZoomWebhooks::new(&parts)),
        register: Arc::new(StoredRegister::new(Arc::clone(sealed))),
        settings: Arc::new(settings(config)),
        tasks: TaskTracker::new(),
        bell: Arc::new(Notify::new()),
        heard: Arc::new(Notify::new()),
        closures: Arc::default(),
        looks: Arc::default(),
        waiters: Arc::new(Semaphore::new(events::MOST_WAITING)),
        refreshes: Arc::new(Flights::default()),
    }
}

fn settings(config: &Config) -> Settings {
    Settings {
        base_url: config.public.base_url.clone(),
        portal: config.portal.clone(),
        minting: config.minting.clone(),
        refresh: RefreshTiming {
            lead: REFRESH_LEAD,
            takeover: config.zoom.refresh_takeover,
            keep_alive: config.zoom.keep_alive,
        },
    }
}

fn public_router(config: &Config, (gateway, metrics): (&Gateway, &Metrics)) -> axum::Router {
    let audience = Audience::public(&config.public.base_url);
    let pages = public::router(gateway.clone(), &config.zoom.authorize_url);
    let hooks = public::webhooks(gateway.clone(), metrics.clone());
    Frame::new(audience, MOST_PUBLIC).around(pages).merge(Frame::unbounded(audience).around(hooks))
}

fn internal_router(
    (gateway, metrics): (&Gateway, &Metrics),
    live: &Live,
    readiness: &Readiness,
) -> axum::Router {
    let watched = internal::metrics(gateway.clone(), metrics.clone());
    let router = internal::router(Internal::new(Given {
        gateway: gateway.clone(),
        verifier: Arc::clone(&live.verifier),
        readiness: readiness.clone(),
    }));
    router.merge(Frame::new(Audience::Internal, MOST_SCRAPES).around(watched))
}

async fn bind(key: &'static str, address: SocketAddr) -> Result<Listener, StartError> {
    Listener::bind(address, Limits::default()).await.map_err(|source| StartError::Bind {
        key,
        address,
        source,
    })
}
