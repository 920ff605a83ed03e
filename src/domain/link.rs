//! Owns the link of a session as it is handed out: the verdict of the rules, and what exists at the provider.

use jiff::Timestamp;

use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::account::Plan;
use crate::domain::account::Provider;
use crate::domain::account::Revision;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::domain::meeting::MeetingId;
use crate::domain::minting::BlockReason;
use crate::domain::minting::MeetingState;
use crate::domain::pause::PauseReason;
use crate::domain::resolve::NoLink;
use crate::domain::resolve::Source;
use crate::domain::resolve::Verdict;
use crate::domain::resolve::resolve;
use crate::domain::session::Booking;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// A Basic host's meetings end after this many minutes (R10).
const BASIC_MINUTES: u16 = 40;

/// The link of a session, as for someone who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// Whether there is one.
    pub status: Status,
    /// Who serves it; `None` where there is none.
    pub provider: Option<Provider>,
    /// Where it comes from.
    pub source: Option<Source<'a>>,
    /// What participants open at the provider.
    pub provider_url: Option<&'a LinkUrl>,
    /// What participants type to get in.
    pub password: Option<&'a Concealed>,
    /// What participants read beside it.
    pub description: Option<&'a Concealed>,
    /// The provider's id of the meeting.
    pub meeting_id: Option<&'a MeetingId>,
    /// What somebody should know about it.
    pub warnings: Vec<Warning>,
    /// When the next try is made.
    pub retry_at: Option<Timestamp>,
    /// Grows with every change of the link.
    pub revision: Revision,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Whether a session has a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has.
    Ready,
    /// It will have one (R27).
    Pending(Pending),
    /// It has none.
    None(Absence),
    /// It has none, and somebody must look.
    Failed(BlockReason),
}

/// Why a link is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// The meeting is being made.
    Minting,
    /// The provider was asked, and must be asked again later.
    Paused(PauseReason),
}

/// Why there is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// A rule said so.
    Rule(NoLink),
    /// The session ended without one.
    SessionEnded,
}

/// What somebody should know about a link, or about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The host has these other sessions at the same time, and runs one meeting at a time (R31).
    HostDoubleBooked(Vec<SessionId>),
    /// These other sessions have the same link at the same time (R31).
    SharedLinkOverlap(Vec<SessionId>),
    /// The staff member's account cannot make the meeting: it must be connected again, or its plan has no meetings.
    StaffAccountUnavailable,
    /// The host's plan ends meetings after 40 minutes, and the session is longer (R10).
    BasicPlanTimeLimit,
    /// The account must be connected again (R21).
    AccountNeedsReauthorization,
}

impl Status {
    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Pending(_) => "pending",
            Self::None(_) => "none",
            Self::Failed(_) => "failed",
        }
    }

    /// The reason in the contract; a ready link has none.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Ready => None,
            Self::Pending(Pending::Minting) => Some("minting"),
            Self::Pending(Pending::Paused(PauseReason::Scheduled)) => Some("scheduled"),
            Self::Pending(Pending::Paused(PauseReason::Unavailable)) => Some("provider_unavailable"),
            Self::Pending(Pending::Paused(PauseReason::RateLimited)) => Some("provider_rate_limited"),
            Self::Pending(Pending::Paused(PauseReason::DailyLimit)) => Some("daily_limit_reached"),
            Self::Pending(Pending::Paused(PauseReason::Reauthorization)) => Some("reauthorization_required"),
            Self::None(Absence::Rule(NoLink::NotEntitled)) => Some("not_entitled"),
            Self::None(Absence::Rule(NoLink::NoDefaultAccount)) => Some("no_default_account"),
            Self::None(Absence::Rule(NoLink::RemovedByHand)) => Some("removed_by_hand"),
            Self::None(Absence::Rule(NoLink::ServiceOffline)) => Some("service_offline"),
            Self::None(Absence::SessionEnded) => Some("session_ended"),
            Self::Failed(BlockReason::Rejected) => Some("provider_rejected"),
            Self::Failed(BlockReason::NeedsAttention) => Some("needs_attention"),
        }
    }
}

impl Warning {
    /// The code in the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::HostDoubleBooked(_) => "host_double_booked",
            Self::SharedLinkOverlap(_) => "shared_link_overlap",
            Self::StaffAccountUnavailable => "staff_account_unavailable",
            Self::BasicPlanTimeLimit => "basic_plan_time_limit",
            Self::AccountNeedsReauthorization => "account_needs_reauthorization",
        }
    }
}

impl Warning {
    /// What somebody should know about an account, whatever it serves. A custom link cannot fail (R5).
    pub fn of_account(owner: &Owner, account: &Account) -> Vec<Self> {
        let Some(hosted) = account.connection.hosted() else { return Vec::new() };
        let plan = match (hosted.host.plan, owner) {
            (Plan::Basic, _) => Some(Self::BasicPlanTimeLimit),
            (Plan::Unassigned, Owner::Staff(_)) => Some(Self::StaffAccountUnavailable),
            (Plan::Unassigned, Owner::Default) | (Plan::Licensed, _) => None,
        };
        let lapsed = has_lapsed(hosted).then_some(Self::AccountNeedsReauthorization);
        plan.into_iter().chain(lapsed).collect()
    }
}

impl<'a> Link<'a> {
    /// The link of a session now.
    pub fn of(site: &'a Site, session: &'a Session, now: Timestamp) -> Self {
        let bare = Link {
            status: Status::Ready,
            provider: None,
            source: None,
            provider_url: None,
            password: None,
            description: None,
            meeting_id: None,
            warnings: Vec::new(),
            retry_at: None,
            revision: session.link_revision(site),
            updated_at: session.link_updated_at(site),
        };
        match resolve(site, session) {
            Verdict::NoLink(reason) => Self { status: Status::None(Absence::Rule(reason)), ..bare },
            // What took place on a meeting stays so, whatever the account became since (R21); a course link holds for
            // past sessions, too (R15).
            Verdict::Custom { source, .. } if took_place_before(site, source, session, now) => {
                let past = Self { provider: Some(Provider::Zoom), source: Some(source), ..bare };
                past.with_handed_out(session)
            }
            Verdict::Custom { source, link } => Self {
                provider: Some(Provider::CustomLink),
                source: Some(source),
                provider_url: Some(&link.url),
                password: link.password.as_ref(),
                description: link.description.as_ref(),
                ..bare
            },
            Verdict::Hosted { source, account } => {
                let hosted = Self { provider: Some(Provider::Zoom), source: Some(source), ..bare };
                hosted.with_meeting(account, session, now)
            }
        }
    }

    /// The staff member whose account serves it.
    pub const fn staff(&self) -> Option<&'a StaffId> {
        match self.source {
            Some(Source::StaffAccount(member)) => Some(member),
            Some(Source::SiteDefault | Source::CourseLink | Source::SessionLink) | None => None,
        }
    }

    /// The link with what other sessions at the same time mean for it (R31). A link that is none has no warnings.
    #[must_use]
    pub fn meeting(mut self, others: Vec<SessionId>) -> Self {
        if others.is_empty() {
            return self;
        }
        let warning = match self.provider {
            Some(Provider::Zoom) => Warning::HostDoubleBooked(others),
            Some(Provider::CustomLink) => Warning::SharedLinkOverlap(others),
            None => return self,
        };
        self.warnings.push(warning);
        self
    }

    fn with_handed_out(mut self, session: &'a Session) -> Self {
        let meeting = session.minting.handed_out();
        self.provider_url = meeting.map(|meeting| &meeting.join_url);
        self.password = meeting.and_then(|meeting| meeting.passcode.as_ref());
        self.meeting_id = meeting.map(|meeting| &meeting.id);
        self
    }

    fn with_meeting(mut self, account: &HostedAccount, session: &'a Session, now: Timestamp) -> Self {
        let minting = &session.minting;
        self.warnings = warnings(account, session, self.staff());
        if minting.handed_out().is_some() {
            return self.with_handed_out(session);
        }
        if has_ended(session, now) {
            return Self {
                status: Status::None(Absence::SessionEnded),
                provider: None,
                source: None,
                warnings: Vec::new(),
                ..self
            };
        }
        let pause = minting.pauses.of(&account.grant);
        self.status = match (&minting.state, &pause, account.state) {
            (MeetingState::Blocked(blocked), ..) => Status::Failed(blocked.reason),
            (_, _, AccountState::ReauthorizationRequired { .. }) => {
                Status::Pending(Pending::Paused(PauseReason::Reauthorization))
            }
            (_, Some(pause), AccountState::Active) => {
                self.retry_at = Some(pause.until);
                Status::Pending(Pending::Paused(pause.reason))
            }
            (_, None, AccountState::Active) => Status::Pending(Pending::Minting),
        };
        self
    }

    /// Whether both show the same, whenever that came to be so.
    fn shows_the_same(&self, other: &Self) -> bool {
        let told = |link: &Self| (link.status.name(), link.status.reason(), link.provider);
        told(self) == told(other)
            && self.source == other.source
            && self.provider_url == other.provider_url
            && self.password == other.password
            && self.description == other.description
            && self.meeting_id == other.meeting_id
    }
}

/// Whether a session's link is the same before and after a change of the session.
pub fn is_same_link(site: &Site, before: &Session, after: &Session, now: Timestamp) -> bool {
    before.booking.is_some() == after.booking.is_some()
        && Link::of(site, before, now).shows_the_same(&Link::of(site, after, now))
}

fn has_ended(session: &Session, now: Timestamp) -> bool {
    session.booking.as_ref().is_none_or(|booking| booking.ends_at() <= now)
}

const fn has_lapsed(account: &HostedAccount) -> bool {
    matches!(account.state, AccountState::ReauthorizationRequired { .. })
}

/// Whether a session with a meeting was over before the account that serves it now was connected.
fn took_place_before(site: &Site, source: Source<'_>, session: &Session, now: Timestamp) -> bool {
    let account = match source {
        Source::SiteDefault => site.default_account(),
        Source::StaffAccount(member) => site.accounts.get(&Owner::Staff(member.clone())),
        Source::CourseLink | Source::SessionLink => None,
    };
    let ends_at = session.booking.as_ref().map(Booking::ends_at);
    let is_later = account.is_some_and(|account| ends_at.is_some_and(|end| end <= account.connected_at));
    is_later && has_ended(session, now) && session.minting.handed_out().is_some()
}

fn warnings(account: &HostedAccount, session: &Session, staff: Option<&StaffId>) -> Vec<Warning> {
    let is_long = session.booking.as_ref().is_some_and(|booking| booking.duration_minutes > BASIC_MINUTES);
    let basic = (account.host.plan == Plan::Basic && is_long).then_some(Warning::BasicPlanTimeLimit);
    let has_lapsed = has_lapsed(account);
    let lapsed = has_lapsed.then_some(Warning::AccountNeedsReauthorization);
    let is_waiting = session.minting.handed_out().is_none();
    let is_unable = (has_lapsed && is_waiting) || account.host.plan == Plan::Unassigned;
    let unavailable = (staff.is_some() && is_unable).then_some(Warning::StaffAccountUnavailable);
    unavailable.into_iter().chain(basic).chain(lapsed).collect()
}
