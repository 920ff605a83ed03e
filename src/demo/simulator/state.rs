//! Owns everything the simulated Zoom remembers, behind one lock, and who may call what.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use axum::http::StatusCode;
use jiff::Timestamp;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::clock::SimulatedClock;
use crate::demo::simulator::entropy::Entropy;
use crate::demo::simulator::faults::Faults;
use crate::demo::simulator::ledger::Ledger;
use crate::demo::simulator::limits::Allowance;
use crate::demo::simulator::limits::Limits;
use crate::demo::simulator::meetings::cursor::Cursors;
use crate::demo::simulator::meetings::record::Meetings;
use crate::demo::simulator::modes::ExpiredTokenStatus;
use crate::demo::simulator::modes::Modes;
use crate::demo::simulator::notices::Webhooks;
use crate::demo::simulator::oauth::grants::Codes;
use crate::demo::simulator::oauth::grants::Grants;
use crate::demo::simulator::oauth::grants::Standing as TokenStanding;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::AccountPlan;
use crate::demo::simulator::settings::Settings;
use crate::demo::simulator::settings::Standing;
use crate::demo::simulator::settings::UserPlan;
use crate::demo::simulator::user::User;
use crate::demo::simulator::user::UserId;

/// What all routes share: the clock, and the state behind its lock.
pub(super) struct Shared {
    pub(super) clock: SimulatedClock,
    /// Held by who tells the app what is waiting to be told.
    pub(super) telling: tokio::sync::Mutex<()>,
    initial: Settings,
    state: Mutex<State>,
}

impl Shared {
    /// Starts with the given settings.
    pub(super) fn new(settings: Settings, clock: SimulatedClock, entropy: Entropy) -> Self {
        let state = Mutex::new(State::new(settings.clone(), entropy));
        Self { clock, telling: tokio::sync::Mutex::default(), initial: settings, state }
    }

    /// The state, after what fell due meanwhile was carried out.
    pub(super) fn open(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle(self.clock.now());
        state
    }

    /// Forgets everything but where the random numbers are: no id or token comes twice.
    pub(super) fn reset(&self) {
        let mut state = self.open();
        let fresh = State::new(self.initial.clone(), state.entropy.clone());
        *state = fresh;
        self.clock.reset();
    }
}

/// Everything the simulated Zoom remembers.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) modes: Modes,
    pub(super) entropy: Entropy,
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) codes: Codes,
    pub(super) grants: Grants,
    pub(super) meetings: Meetings,
    pub(super) cursors: Cursors,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    pub(super) ledger: Ledger,
    /// Who is told of meetings that are made, and what they are yet to be told.
    pub(super) webhooks: Webhooks,
    /// Requests to be carried out later.
    pub(super) pending: Vec<Pending>,
    /// Users with a deletion under way: there may be one at a time (zoom/facts.md 4).
    pub(super) deleting: BTreeSet<UserId>,
}

/// What an operation does: `Err` is a refusal.
pub(super) type Act = fn(&mut State, Timestamp, &Received) -> Result<Answer, Answer>;

/// A request of one operation.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) received: Received,
    pub(super) act: Act,
}

/// A request to be carried out later.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) due: Timestamp,
    pub(super) call: Call,
}

impl State {
    fn new(settings: Settings, entropy: Entropy) -> Self {
        let users =
            settings.users.iter().cloned().map(User::new).map(|user| (user.id.clone(), user)).collect();
        Self {
            settings,
            modes: Modes::default(),
            entropy,
            users,
            codes: Codes::default(),
            grants: Grants::default(),
            meetings: Meetings::default(),
            cursors: Cursors::default(),
            limits: Limits::default(),
            faults: Faults::default(),
            ledger: Ledger::default(),
            webhooks: Webhooks::default(),
            pending: Vec::new(),
            deleting: BTreeSet::new(),
        }
    }

    /// The user with this e-mail address.
    pub(super) fn find_user(&self, email: &str) -> Option<&User> {
        self.users.get(&UserId::of(email))
    }

    /// What the account of a user pays for; an account nobody described pays for Pro.
    pub(super) fn plan_of(&self, user: &User) -> AccountPlan {
        self.settings
            .accounts
            .iter()
            .find(|account| account.name == user.profile.account)
            .map_or(AccountPlan::Pro, |account| account.plan)
    }

    /// The user on whose behalf a request comes, as far as its token or code says.
    pub(super) fn caller(&self, operation: Operation, received: &Received) -> Option<UserId> {
        match operation {
            Operation::ExchangeCode => {
                received.form().and_then(|form| self.codes.owner(form.find("code")?).cloned())
            }
            Operation::Refresh => {
                received.form().and_then(|form| self.grants.owner(form.find("refresh_token")?).cloned())
            }
            Operation::Revoke => {
                received.form().and_then(|form| self.grants.owner(form.find("token")?).cloned())
            }
            Operation::CreateMeeting
            | Operation::UpdateMeeting
            | Operation::DeleteMeeting
            | Operation::FindMeeting
            | Operation::ListMeetings
            | Operation::ShowUser => received.bearer().and_then(|token| self.grants.owner(token).cloned()),
        }
    }

    /// Lets a REST call in: token, limits, user, scopes, licence, in this order (zoom/facts.md 3 and 4).
    pub(super) fn admit(
        &mut self,
        now: Timestamp,
        received: &Received,
        operation: Operation,
    ) -> Result<User, Answer> {
        let (user, scopes) = self.authenticate(now, received)?;
        if let Some(label) = operation.label() {
            let allowance = Allowance::of(&self.modes.rate_limits, self.plan_of(&user), label);
            self.limits.admit(&user.account_id, label, allowance, now)?;
        }
        if user.profile.standing == Standing::Deactivated {
            return Err(Answer::no_user(user.id.as_str()));
        }
        if operation.scopes().is_some_and(|(granular, classic)| {
            !scopes.iter().any(|scope| {
                scope == granular || scope == classic || scope.strip_suffix(":admin") == Some(granular)
            })
        }) {
            return Err(Answer::missing_scopes(4711, operation));
        }
        if operation != Operation::ShowUser && user.profile.plan == UserPlan::Unassigned {
            let message = "Your user account is not allowed meeting hosting and scheduling capabilities.";
            return Err(Answer::refusal(StatusCode::BAD_REQUEST, 3161, message));
        }
        Ok(user)
    }

    /// Whose token it is, and what it may do.
    fn authenticate(&self, now: Timestamp, received: &Received) -> Result<(User, Vec<String>), Answer> {
        if received.query().has("access_token") {
            let message =
                "Invalid access token, this access token is not supported as query parameter string.";
            return Err(self.bad_token(message));
        }
        let token = received.bearer().unwrap_or_default();
        let (owner, scopes) = match (self.grants.standing(token, now), &received.accepted_as) {
            (TokenStanding::Valid { user, scopes }, _) => (user, scopes),
            (_, Some(user)) => (user.clone(), self.scopes_of(user)),
            (TokenStanding::Expired, None) => return Err(self.bad_token("Access token is expired.")),
            (TokenStanding::Unknown, None) => return Err(self.bad_token("Invalid access token.")),
        };
        let user = self.users.get(&owner).cloned().ok_or_else(|| Answer::no_user(owner.as_str()))?;
        Ok((user, scopes))
    }

    /// The scopes a grant of this user gets.
    pub(super) fn scopes_of(&self, user: &UserId) -> Vec<String> {
        let own = self.users.get(user).and_then(|user| user.profile.scopes.clone());
        own.unwrap_or_else(|| self.settings.scopes.clone())
    }

    fn bad_token(&self, message: &str) -> Answer {
        let status = match self.modes.expired_token_status {
            ExpiredTokenStatus::Unauthorized => StatusCode::UNAUTHORIZED,
            ExpiredTokenStatus::BadRequest => StatusCode::BAD_REQUEST,
        };
        Answer::refusal(status, 124, message)
    }
}
