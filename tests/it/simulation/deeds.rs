//! Owns what people and the platform do to a gateway, each as a request that may be hung up on.

use std::time::Duration;

use greenroom::app::accounts;
use greenroom::app::accounts::Meetings;
use greenroom::app::booking;
use greenroom::app::booking::Book;
use greenroom::app::choice;
use greenroom::app::gateway::Gateway;
use greenroom::app::jobs;
use greenroom::app::ports::stored::StoreError;
use greenroom::app::ports::webhooks::Received;
use greenroom::app::presupposed::Presupposed;
use greenroom::app::refresh;
use greenroom::app::services;
use greenroom::app::services::ServiceSettings;
use greenroom::app::sessions;
use greenroom::app::sites;
use greenroom::domain::account::Owner;
use greenroom::domain::grant::Need;
use greenroom::domain::grant::Reference;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::id::StaffId;
use greenroom::domain::locale::Locale;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::notice::News;
use greenroom::domain::notice::Notice;
use greenroom::domain::service::ServiceKind;
use greenroom::domain::session::Booking;
use greenroom::domain::session::Choice;
use greenroom::domain::site::SiteSettings;
use greenroom::domain::time_zone::TimeZoneName;
use greenroom::domain::visibility::ServiceVisibility;
use greenroom::domain::visibility::SiteVisibility;
use jiff::Timestamp;
use jiff::ToSpan;

use crate::simulation::links::Links;
use crate::simulation::visit;
use crate::simulation::zoom::Gate;

/// Who hosts what the default account serves.
pub(super) const LUA: &str = "lua@example.com";
/// Who hosts what Ana gives, on an account of her own.
pub(super) const ANA: &str = "bruno@example.com";

/// The site of every run.
pub(super) fn studio() -> SiteId {
    SiteId::parse("studio").unwrap()
}

/// A session, by its number.
pub(super) fn session(number: u64) -> SessionId {
    SessionId::parse(&format!("s-{number}")).unwrap()
}

/// Whose account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Account {
    /// The site's default.
    Default,
    /// Ana's own.
    Ana,
}

impl Account {
    pub(super) fn owner(self) -> Owner {
        match self {
            Self::Default => Owner::Default,
            Self::Ana => Owner::Staff(ana()),
        }
    }

    fn place(self) -> Reference {
        Reference { site: studio(), owner: self.owner() }
    }
}

fn ana() -> StaffId {
    StaffId::parse("ana").unwrap()
}

fn yoga() -> ServiceId {
    ServiceId::parse("yoga").unwrap()
}

/// What is booked of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) session: u64,
    /// Whose account hosts it.
    pub(super) host: Account,
    /// Tells one booking from another.
    pub(super) title: u64,
    /// When, in hours from the first day there is.
    pub(super) hour: u64,
}

/// Something that somebody does.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Found,
    Book(Vec<Wish>),
    Cancel(u64),
    Choose(u64, ByHand),
    Connect(Account, &'static str),
    Disconnect(Account, Leaving),
    Read(u64),
    /// Zoom tells of a session's meeting, and of one that is none of ours.
    Hear(u64),
    /// What needs a person is listed.
    ListJobs,
    OffBoard,
    /// Somebody needs an access token of an account.
    Use(Account, Token),
}

/// Which access token is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// One that works.
    Working,
    /// Another than the one there is, which Zoom is said to have refused.
    Another,
}

/// What is chosen by hand.
#[derive(Debug, Clone, Copy)]
pub(super) enum ByHand {
    /// No link.
    Nothing,
    /// Whatever the rules say.
    Reset,
}

/// What becomes of upcoming meetings on an account that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaving {
    Keep,
    Delete,
}

/// What a deed is done with.
#[derive(Debug, Clone)]
pub(super) struct Doer {
    pub(super) gateway: Gateway,
    pub(super) gate: Gate,
    pub(super) links: Links,
    pub(super) wait: Duration,
    pub(super) first_day: Timestamp,
}

impl Doer {
    /// Does it; answers what came of it, in a word.
    pub(super) async fn perform(&self, deed: &Deed) -> String {
        let done = match deed {
            Deed::Found => self.found().await,
            Deed::Book(wishes) => self.book(wishes).await,
            Deed::Cancel(number) => self.cancel(*number).await,
            Deed::Choose(number, by_hand) => self.choose(*number, *by_hand).await,
            Deed::Connect(account, email) => self.connect(*account, email).await,
            Deed::Disconnect(account, leaving) => self.disconnect(*account, *leaving).await,
            Deed::Read(number) => self.read(*number).await,
            Deed::Hear(number) => self.hear(*number).await.map_err(told),
            Deed::ListJobs => jobs::list(&self.gateway, None, None)
                .await
                .map_err(told)
                .map(|page| format!("{} jobs", page.jobs.len())),
            Deed::OffBoard => sites::remove(&self.gateway, &studio(), &Presupposed::Anything)
                .await
                .map_err(told)
                .map(|()| "gone".into()),
            Deed::Use(account, token) => self.need(*account, *token).await,
        };
        done.unwrap_or_else(|failed| failed)
    }

    async fn found(&self) -> Result<String, String> {
        let settings = SiteSettings {
            display_name: "Studio Lua".into(),
            entitled: true,
            staff_self_service: true,
            locale: Locale::English,
            visibility: SiteVisibility::default(),
        };
        sites::put(&self.gateway, &studio(), &settings, &Presupposed::Anything).await.map_err(told)?;
        let service = ServiceSettings {
            kind: ServiceKind::Class,
            name: "Yoga".into(),
            video: true,
            visibility: ServiceVisibility::default(),
        };
        let service = (&service, &Presupposed::Anything);
        services::put(&self.gateway, &studio(), &yoga(), service).await.map_err(told)?;
        Ok("founded".into())
    }

    async fn book(&self, wishes: &[Wish]) -> Result<String, String> {
        let books = wishes.iter().map(|wish| Book {
            session: session(wish.session),
            booking: self.booking(wish),
            presupposed: Presupposed::Anything,
        });
        let books = books.collect::<Vec<_>>();
        let booked = booking::put_all(&self.gateway, &studio(), &books, self.wait).await.map_err(told)?;
        let now = self.gateway.clock.now();
        let told = booked.into_iter().map(|booked| match booked {
            Ok((_, view)) => self.links.note(&view, now),
            Err(error) => told(error),
        });
        Ok(told.collect::<Vec<_>>().join(", "))
    }

    fn booking(&self, wish: &Wish) -> Booking {
        Booking {
            service_id: yoga(),
            staff_ids: match wish.host {
                Account::Default => Vec::new(),
                Account::Ana => vec![ana()],
            },
            title: format!("{} as of {}", session(wish.session), wish.title),
            starts_at: self.first_day + i64::try_from(wish.hour).unwrap().hours(),
            duration_minutes: 30,
            time_zone: TimeZoneName::parse("UTC").unwrap(),
        }
    }

    async fn cancel(&self, number: u64) -> Result<String, String> {
        let id = session(number);
        sessions::cancel(&self.gateway, &studio(), &id, &Presupposed::Anything).await.map_err(told)?;
        Ok("cancelled".into())
    }

    async fn choose(&self, number: u64, by_hand: ByHand) -> Result<String, String> {
        let choice = match by_hand {
            ByHand::Nothing => Choice::None,
            ByHand::Reset => Choice::Inherit,
        };
        let chosen = (&choice, &Presupposed::Anything);
        let view = choice::put(&self.gateway, &studio(), &session(number), chosen).await.map_err(told)?;
        Ok(self.links.note(&view, self.gateway.clock.now()))
    }

    async fn connect(&self, account: Account, email: &str) -> Result<String, String> {
        visit::connect(&self.gateway, &self.gate, account.place(), email).await?;
        Ok("connected".into())
    }

    async fn disconnect(&self, account: Account, leaving: Leaving) -> Result<String, String> {
        let meetings = match leaving {
            Leaving::Keep => Meetings::Keep,
            Leaving::Delete => Meetings::Delete,
        };
        let place = account.place();
        let gone = accounts::disconnect(&self.gateway, &place, &Presupposed::Anything, meetings);
        gone.await.map_err(told)?;
        Ok("disconnected".into())
    }

    async fn need(&self, account: Account, token: Token) -> Result<String, String> {
        let read = self.gateway.sites.read(&studio(), &[]).await.map_err(told)?;
        let site = read.site.value.ok_or("there is no site")?;
        let account = site.accounts.get(&account.owner()).ok_or("there is no account")?;
        let grant = &account.connection.hosted().ok_or("the account is not at Zoom")?.grant;
        let need = match token {
            Token::Working => Need::Valid,
            Token::Another => {
                let stored = self.gateway.grants.read(grant).await.map_err(told)?;
                Need::NewerThan(stored.value.map_or(0, |grant| grant.tokens.generation()))
            }
        };
        let access = refresh::access(&self.gateway, grant, need).await.map_err(told)?;
        Ok(format!("token {}", access.generation))
    }

    /// Takes in two notices, as proven. The organisation of the second has no account here any more.
    async fn hear(&self, number: u64) -> Result<String, StoreError> {
        let snapshot = self.gateway.sites.read(&studio(), &[session(number)]).await?;
        let site = snapshot.site.value.expect("the site was founded");
        let default = site.default_account().and_then(|account| account.connection.hosted());
        let organisation = default.expect("the default account is at Zoom").host.account_id.clone();
        let found = snapshot.sessions.into_iter().find_map(|stored| stored.value).expect("it was booked");
        let meeting = found.minting.handed_out().expect("it has a meeting").id.clone();
        let now = self.gateway.clock.now();
        self.gateway.directory.note_site("elsewhere", &studio(), now - 2.hours()).await?;
        let news = [
            (organisation, News::MeetingChanged(meeting)),
            ("elsewhere".into(), News::MeetingStarted(MeetingId::new("1"))),
        ];
        for (organisation, news) in news {
            let notice = Notice { organisation: organisation.clone(), news, at: now, told_at: now };
            let received = Received { notice, identity: vec![organisation, now.to_string()] };
            self.gateway.inbox.put_if_absent(&received, now).await?;
        }
        self.gateway.bell.notify_one();
        Ok("heard".into())
    }

    async fn read(&self, number: u64) -> Result<String, String> {
        let view = sessions::find(&self.gateway, &studio(), &session(number)).await.map_err(told)?;
        Ok(self.links.note(&view, self.gateway.clock.now()))
    }
}

/// What went wrong, with what caused it.
pub(super) fn told(error: impl std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
