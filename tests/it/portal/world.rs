//! What the portal's tests run in: the public pages on a real socket, a store in memory, an honest provider, and a
//! clock that a test advances.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use arc_swap::ArcSwap;
use greenroom::app::gateway::Gateway;
use greenroom::app::gateway::Settings;
use greenroom::app::portal;
use greenroom::app::portal::PortalError;
use greenroom::app::ports::clock::Clock;
use greenroom::app::receivers::Receivers;
use greenroom::app::settings;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::account::Connection;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::entropy::Entropy;
use greenroom::domain::grant::RefreshTiming;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::SiteId;
use greenroom::domain::locale::Locale;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use greenroom::domain::portal::Visit;
use greenroom::domain::site::Site;
use greenroom::domain::site::SiteSettings;
use greenroom::domain::visibility::SiteVisibility;
use greenroom::providers::http::HttpClient;
use greenroom::providers::standard_webhooks::StandardWebhooks;
use greenroom::providers::standard_webhooks::WebhookParts;
use greenroom::store::directory::StoredDirectory;
use greenroom::store::embedded::Embedded;
use greenroom::store::endpoints::StoredEndpoints;
use greenroom::store::feed::StoredFeed;
use greenroom::store::inbox::StoredInbox;
use greenroom::store::register::StoredRegister;
use greenroom::store::sealed::Sealed;
use greenroom::store::sealed::SealedParts;
use greenroom::store::traces::StoredTraces;
use greenroom::web::frame::Frame;
use greenroom::web::headers::Audience;
use greenroom::web::public::router;
use greenroom::web::urls;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::portal::provider::CONSENT;
use crate::portal::provider::NoMeetings;
use crate::portal::provider::NoWebhooks;
use crate::portal::provider::Provider;
use crate::portal::provider::Says;
use crate::portal::provider::host;
use crate::support::memory::Memory;

/// A clock that stands still until a test advances it.
#[derive(Debug)]
pub(super) struct Standing(watch::Sender<Timestamp>);

impl Standing {
    pub(super) fn advance(&self, duration: Duration) {
        self.0.send_modify(|now| *now = now.checked_add(duration).unwrap());
    }
}

#[async_trait::async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn wait(&self, duration: Duration) {
        let until = self.now().checked_add(duration).unwrap();
        let mut looks = self.0.subscribe();
        looks.wait_for(|now| *now >= until).await.unwrap();
    }
}

/// Random bytes that are the same in every run.
#[derive(Debug, Default)]
struct Counting(Mutex<u64>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        let hash = HashKey::new([7; 32]);
        for (index, chunk) in (0_u64..).zip(bytes.chunks_mut(32)) {
            let block = hash.hash(&[&count.to_be_bytes(), &index.to_be_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// Where traces would be read, which no page does.
fn elsewhere(clock: &Arc<Standing>) -> Sealed {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Sealed::new(SealedParts {
        kv: Arc::new(Embedded::in_memory(Arc::clone(&clock))),
        keyring: Arc::new(ArcSwap::from_pointee(Keyring::generate(Timestamp::UNIX_EPOCH, &SystemEntropy))),
        entropy: Arc::new(SystemEntropy),
        clock,
    })
}

/// The public pages, and everything behind them.
#[derive(Debug)]
pub(super) struct World {
    pub(super) base: Url,
    pub(super) gateway: Gateway,
    pub(super) memory: Arc<Memory>,
    pub(super) clock: Arc<Standing>,
    pub(super) provider: Arc<Provider>,
}

/// Nobody is told of events.
fn nobody(sealed: &Arc<Sealed>, clock: &Arc<Standing>) -> Receivers {
    let push = StandardWebhooks::new(WebhookParts {
        http: HttpClient::open().unwrap(),
        clock: Arc::clone(clock) as _,
        endpoints: Arc::default(),
        event_json: greenroom::web::internal::event_json,
    });
    Receivers::new(Arc::new(StoredEndpoints::new(Arc::clone(sealed))), Arc::new(push))
}

impl World {
    /// Starts the pages for one site, Studio Lua, without accounts.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let memory = Arc::new(Memory::default());
        let clock = Arc::new(Standing(watch::Sender::new(Timestamp::from_second(1_800_000_000).unwrap())));
        let provider = Arc::new(Provider {
            next: Mutex::new(host("ana", Plan::Licensed)),
            says: Mutex::new(Says::Yes),
            used: Mutex::default(),
            state: Mutex::default(),
            revoked: Mutex::default(),
        });
        let sealed = Arc::new(elsewhere(&clock));
        let gateway = Gateway {
            clock: Arc::clone(&clock) as _,
            receivers: Arc::new(nobody(&sealed, &clock)),
            traces: Arc::new(StoredTraces::new(Arc::clone(&sealed))),
            inbox: Arc::new(StoredInbox::new(Arc::clone(&sealed))),
            directory: Arc::new(StoredDirectory::new(Arc::clone(&sealed))),
            feed: Arc::new(StoredFeed::new(Arc::clone(&sealed), Arc::clone(&clock) as _)),
            heard: Arc::default(),
            closures: Arc::default(),
            looks: Arc::default(),
            waiters: Arc::new(tokio::sync::Semaphore::new(1)),
            entropy: Arc::new(Counting::default()),
            sites: Arc::clone(&memory) as _,
            grants: Arc::clone(&memory) as _,
            tickets: Arc::clone(&memory) as _,
            attentions: Arc::clone(&memory) as _,
            tallies: Arc::clone(&memory) as _,
            work: Arc::clone(&memory) as _,
            authorization: Arc::clone(&provider) as _,
            users: Arc::clone(&provider) as _,
            meetings: Arc::new(NoMeetings),
            webhooks: Arc::new(NoWebhooks),
            register: Arc::new(StoredRegister::new(Arc::clone(&sealed))),
            settings: Arc::new(told(&base)),
            tasks: TaskTracker::new(),
            bell: Arc::default(),
            refreshes: Arc::default(),
        };
        let world = Self { base, gateway, memory, clock, provider };
        world.memory.put_site(world.site("lua"));
        let pages = router(world.gateway.clone(), &Url::parse(CONSENT).unwrap());
        let framed = Frame::new(Audience::public(&world.base), 64).around(pages);
        tokio::spawn(async move { axum::serve(listener, framed).await });
        world
    }

    /// A site without accounts.
    pub(super) fn site(&self, id: &str) -> Site {
        let settings = SiteSettings {
            display_name: "Studio Lua".into(),
            entitled: true,
            staff_self_service: true,
            locale: Locale::English,
            visibility: SiteVisibility::default(),
        };
        Site::new(SiteId::parse(id).unwrap(), settings, HashKey::new([1; 32]), self.gateway.clock.now())
    }

    /// Connects an account without asking anybody.
    pub(super) fn connect(&self, owner: &Owner, connection: Connection) {
        let now = self.gateway.clock.now();
        self.change(|site| drop(site.put_account(owner, connection, now)));
    }

    /// Changes the site.
    pub(super) fn change(&self, change: impl FnOnce(&mut Site)) {
        let mut site = self.memory.site(&lua());
        change(&mut site);
        self.memory.put_site(site);
    }

    /// A one-time link for somebody.
    pub(super) async fn link(&self, actor: Actor, page: Page) -> Result<Url, PortalError> {
        self.link_with(actor, page, None, None).await
    }

    /// A one-time link that comes back, in a language.
    pub(super) async fn link_with(
        &self,
        actor: Actor,
        page: Page,
        return_to: Option<&str>,
        locale: Option<Locale>,
    ) -> Result<Url, PortalError> {
        let return_to = return_to.map(|url| Url::parse(url).unwrap());
        let visit = Visit { site: lua(), actor, page, return_to, locale };
        let link = portal::create_link(&self.gateway, visit).await?;
        Ok(urls::portal_link(&self.base, &link.token))
    }

    /// Waits for what was begun beside the answers.
    pub(super) async fn settle(&self) {
        self.gateway.tasks.close();
        self.gateway.tasks.wait().await;
        self.gateway.tasks.reopen();
    }
}

pub(super) fn lua() -> SiteId {
    SiteId::parse("lua").unwrap()
}

fn told(base: &Url) -> Settings {
    Settings {
        base_url: base.clone(),
        portal: settings::Portal {
            return_origins: vec![Url::parse("https://app.example").unwrap()],
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
