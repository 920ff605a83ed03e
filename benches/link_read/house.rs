//! Builds sites with their sessions, and the gateway in front of them: all of it greenroom's own but the backend.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use greenroom::app::gateway::Gateway;
use greenroom::app::gateway::Settings;
use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use greenroom::app::ports::store::Redecide;
use greenroom::app::ports::store::SessionChange;
use greenroom::app::ports::store::SessionWrite;
use greenroom::app::ports::store::SiteChange;
use greenroom::app::ports::store::Sites;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::app::receivers::Receivers;
use greenroom::app::settings;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::account::Account;
use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use greenroom::domain::account::Host;
use greenroom::domain::account::HostedAccount;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::account::Revision;
use greenroom::domain::concealed::Concealed;
use greenroom::domain::concealed::LinkUrl;
use greenroom::domain::grant::RefreshTiming;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::id::StaffId;
use greenroom::domain::join::JoinKey;
use greenroom::domain::locale::Locale;
use greenroom::domain::meeting::Held;
use greenroom::domain::meeting::Meeting;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::minting::WantedMeeting;
use greenroom::domain::service::Service;
use greenroom::domain::service::ServiceKind;
use greenroom::domain::session::Booking;
use greenroom::domain::session::NewSession;
use greenroom::domain::session::Session;
use greenroom::domain::site::Site;
use greenroom::domain::site::SiteSettings;
use greenroom::domain::time_zone::TimeZoneName;
use greenroom::domain::visibility::ServiceVisibility;
use greenroom::domain::visibility::SiteVisibility;
use greenroom::store::attention::StoredAttentions;
use greenroom::store::directory::StoredDirectory;
use greenroom::store::endpoints::StoredEndpoints;
use greenroom::store::feed::StoredFeed;
use greenroom::store::grants::StoredGrants;
use greenroom::store::inbox::StoredInbox;
use greenroom::store::kv::Kv;
use greenroom::store::register::StoredRegister;
use greenroom::store::sealed::Sealed;
use greenroom::store::sealed::SealedParts;
use greenroom::store::sites::StoredSites;
use greenroom::store::tallies::StoredTallies;
use greenroom::store::tickets::StoredTickets;
use greenroom::store::traces::StoredTraces;
use greenroom::store::work::StoredWork;
use greenroom::web::auth;
use greenroom::web::auth::Verifier;
use greenroom::web::auth::settings::Issuer;
use greenroom::web::auth::settings::IssuerKeys;
use greenroom::web::internal;
use greenroom::web::internal::Given;
use greenroom::web::internal::Internal;
use greenroom::web::internal::Readiness;
use jiff::Timestamp;
use secrecy::SecretSlice;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::elsewhere::Elsewhere;
use crate::memory::Memory;

/// So many sessions are read in turn; none is kept opened by anybody.
pub(crate) const SESSIONS: usize = 64;
/// What signs the callers' tokens.
pub(crate) const SECRET: &[u8] = b"an issuer's secret for benches only";

/// How much a site has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) id: &'static str,
    pub(crate) services: usize,
    pub(crate) staff: usize,
}

/// Whether anything is kept from one read to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// As the product is wired: verified tokens, unwrapped data keys, opened sites.
    Everything,
    /// The same objects with no room: each look finds nothing, and nothing is put.
    Nothing,
}

/// Everything stored, and what opens it.
#[derive(Debug)]
pub(crate) struct House {
    kv: Arc<dyn Kv>,
    keyring: Arc<ArcSwap<Keyring>>,
}

impl House {
    /// Nothing is stored yet.
    pub(crate) fn new() -> Self {
        let ring = Keyring::generate(SystemClock.now(), &SystemEntropy);
        Self { kv: Arc::new(Memory::default()), keyring: Arc::new(ArcSwap::from_pointee(ring)) }
    }

    /// Stores a site of a size, with its sessions: each has a meeting on the account of a staff member.
    pub(crate) async fn store(&self, size: Size) {
        let now = SystemClock.now();
        let whole = site(size, now);
        let sessions = (0..SESSIONS).map(|index| SessionChange {
            id: session_id(index),
            basis: Basis::Absent { floor: 0 },
            before: None,
            write: SessionWrite::Put(Arc::new(session(index, size, now))),
            due: None,
        });
        let change = SiteChange {
            site: whole.id.clone(),
            basis: Basis::Absent { floor: 0 },
            sessions: sessions.collect(),
            put: Some(Arc::new(whole)),
            traces: Vec::new(),
            redecide: Redecide::No,
        };
        let committed = StoredSites::new(Arc::new(self.sealed(Kept::Everything))).commit(change).await;
        assert!(matches!(committed, Ok(Committed::Yes)), "a new site is stored: {committed:?}");
    }

    /// The internal listener's router.
    pub(crate) fn router(&self, kept: Kept) -> Router {
        let sealed = Arc::new(self.sealed(kept));
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let (callers, own_clock) = (callers(), Arc::new(SystemClock));
        let (sites, verifier) = match kept {
            Kept::Everything => (
                StoredSites::new(Arc::clone(&sealed)),
                Verifier::new(&callers, Arc::new(Elsewhere), own_clock),
            ),
            Kept::Nothing => (
                StoredSites::keeping(0, Arc::clone(&sealed)),
                Verifier::keeping(0, &callers, Arc::new(Elsewhere), own_clock),
            ),
        };
        let endpoints = Arc::new(StoredEndpoints::new(Arc::clone(&sealed)));
        let gateway = Gateway {
            clock,
            entropy,
            sites: Arc::new(sites),
            grants: Arc::new(StoredGrants::new(Arc::clone(&sealed))),
            tickets: Arc::new(StoredTickets::new(Arc::clone(&sealed))),
            traces: Arc::new(StoredTraces::new(Arc::clone(&sealed))),
            feed: Arc::new(StoredFeed::new(Arc::clone(&sealed), Arc::new(SystemClock))),
            receivers: Arc::new(Receivers::new(endpoints, Arc::new(Elsewhere))),
            attentions: Arc::new(StoredAttentions::new(Arc::clone(&sealed))),
            tallies: Arc::new(StoredTallies::new(Arc::clone(&sealed))),
            inbox: Arc::new(StoredInbox::new(Arc::clone(&sealed))),
            directory: Arc::new(StoredDirectory::new(Arc::clone(&sealed))),
            work: Arc::new(StoredWork::new(Arc::clone(&sealed))),
            register: Arc::new(StoredRegister::new(sealed)),
            authorization: Arc::new(Elsewhere),
            users: Arc::new(Elsewhere),
            meetings: Arc::new(Elsewhere),
            webhooks: Arc::new(Elsewhere),
            settings: Arc::new(told()),
            tasks: TaskTracker::new(),
            bell: Arc::default(),
            heard: Arc::default(),
            closures: Arc::default(),
            looks: Arc::default(),
            waiters: Arc::new(Semaphore::new(1)),
            refreshes: Arc::default(),
        };
        internal::router(Internal::new(Given {
            gateway,
            verifier: Arc::new(verifier),
            readiness: Readiness::default(),
        }))
    }

    fn sealed(&self, kept: Kept) -> Sealed {
        let parts = SealedParts {
            kv: Arc::clone(&self.kv),
            keyring: Arc::clone(&self.keyring),
            entropy: Arc::new(SystemEntropy),
            clock: Arc::new(SystemClock),
        };
        match kept {
            Kept::Everything => Sealed::new(parts),
            Kept::Nothing => Sealed::keeping(0, parts),
        }
    }
}

fn callers() -> auth::settings::Settings {
    let keys = IssuerKeys::hs256(SecretSlice::from(SECRET.to_vec())).unwrap();
    let issuer = Issuer { issuer: "dev".into(), audience: "greenroom".into(), keys };
    auth::settings::Settings { issuers: vec![issuer] }
}

fn told() -> Settings {
    let minutes = Duration::from_mins;
    Settings {
        base_url: Url::parse("https://meet.studio.example/").unwrap(),
        portal: settings::Portal {
            return_origins: Vec::new(),
            link_ttl: minutes(10),
            session_ttl: minutes(30),
        },
        minting: settings::Minting {
            default_wait: Duration::from_secs(5),
            reserve_percent: 20,
            settle: minutes(1),
            post_timeout: Duration::from_secs(15),
        },
        refresh: RefreshTiming { lead: minutes(10), takeover: minutes(2), keep_alive: minutes(10_000) },
    }
}

fn site(of: Size, now: Timestamp) -> Site {
    let settings = SiteSettings {
        display_name: "Studio Lua".into(),
        entitled: true,
        staff_self_service: true,
        locale: Locale::English,
        visibility: SiteVisibility::default(),
    };
    let mut site = Site::new(SiteId::parse(of.id).unwrap(), settings, HashKey::new([1; 32]), now);
    let put = |site: &mut Site, owner: &Owner, name: &str| -> Account {
        site.put_account(owner, Connection::Hosted(hosted(name)), now)
    };
    put(&mut site, &Owner::Default, "lua");
    for index in 0..of.staff {
        put(&mut site, &Owner::Staff(member(index)), member(index).as_str());
    }
    for index in 0..of.services {
        site.put_service(&service_id(index), |revision| Service {
            kind: ServiceKind::Class,
            name: format!("Service {index}"),
            video: true,
            visibility: ServiceVisibility::default(),
            course_link: None,
            revision,
            updated_at: now,
        });
    }
    site
}

fn hosted(name: &str) -> HostedAccount {
    let scopes =
        ["user:read:user", "meeting:write:meeting", "meeting:read:meeting", "meeting:read:list_meetings"];
    HostedAccount {
        grant: grant(name),
        host: Host {
            user_id: format!("user-of-{name}-at-zoom"),
            account_id: "account-at-zoom".into(),
            email: format!("{name}@studio.example"),
            plan: Plan::Licensed,
            personal_room: None,
        },
        scopes: scopes.map(str::to_owned).into(),
        state: AccountState::Active,
    }
}

fn session(index: usize, of: Size, now: Timestamp) -> Session {
    let host = member(index % of.staff);
    let booking = Booking {
        service_id: service_id(index % of.services),
        staff_ids: vec![host.clone()],
        title: "Yoga with Ana".into(),
        starts_at: now.checked_add(Duration::from_hours(24)).unwrap(),
        duration_minutes: 60,
        time_zone: TimeZoneName::parse("America/Sao_Paulo").unwrap(),
    };
    let wish = WantedMeeting { grant: grant(host.as_str()), shown: booking.shown() };
    let mut key = [7; 44];
    key[..8].copy_from_slice(&index.to_be_bytes());
    let new = NewSession { join: JoinKey::new(key), first: Revision(1), now };
    let mut session = Session::new(session_id(index), booking, new);
    let generation = session.minting.generation;
    session.minting = session.minting.begun(&wish, now).bound(Meeting {
        grant: wish.grant,
        id: MeetingId::new("92674392836"),
        join_url: LinkUrl::new(
            Url::parse("https://us02web.zoom.us/j/92674392836?pwd=bWVldGluZy1wYXNzd29yZC1oZXJl.1").unwrap(),
        ),
        passcode: Some(Concealed::new("k3J9aQ")),
        shown: wish.shown,
        generation,
        bound_at: now,
        shown_at: now,
        doubt: None,
        seen_at: now,
        asked_at: None,
        held: Held::default(),
    });
    session
}

/// The id of a session.
pub(crate) fn session_id(index: usize) -> SessionId {
    SessionId::parse(&format!("session-{index}")).unwrap()
}

fn service_id(index: usize) -> ServiceId {
    ServiceId::parse(&format!("service-{index}")).unwrap()
}

fn member(index: usize) -> StaffId {
    StaffId::parse(&format!("staff-{index}")).unwrap()
}

fn grant(name: &str) -> GrantId {
    let letters = name.bytes().map(|byte| char::from(b'a' + byte % 26)).chain(std::iter::repeat('a'));
    GrantId::parse(&letters.take(26).collect::<String>()).unwrap()
}
