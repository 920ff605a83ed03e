//! Owns the simulator's switches: one for each thing zoom/facts.md marks as unverified or as differing between
//! Zoom accounts. Refuses names it does not know.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// How the simulated Zoom behaves where the facts leave it open; the defaults are the unkind reading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modes {
    /// What an old refresh token does (1.5).
    pub refresh: Rotation,
    /// Whether a refresh starts a new 90 days (1.4).
    pub refresh_lifetime: RefreshLifetime,
    /// What a refresh does to the access token before it (1.5, point 4).
    pub old_access_token: OldAccessToken,
    /// What a second authorisation of the same user does to the first (1.5, point 5).
    pub second_authorization: SecondAuthorization,
    /// How a dead refresh token is refused (1.6).
    pub dead_refresh_token: DeadRefreshToken,
    /// What `api_url` a token answer carries (2.1).
    pub api_url: ApiUrl,
    /// Which tokens `/oauth/revoke` takes (1.7).
    pub revoke_takes: RevokeTakes,
    /// Whether an authorisation without PKCE is refused (1.2).
    pub pkce: Pkce,
    /// The status of error 124 (3).
    pub expired_token_status: ExpiredTokenStatus,
    /// How a path that names another user is refused (1.1).
    pub foreign_user: ForeignUser,
    /// Whether answers hold `password` (2.2).
    pub password_in_answer: Presence,
    /// Whether join links hold `?pwd=` (2.3).
    pub password_in_join_url: Presence,
    /// Whether an update changes the join link (2.6).
    pub join_url_after_update: JoinUrlAfterUpdate,
    /// Whether a running meeting can be deleted (2.7).
    pub delete_in_progress: DeleteInProgress,
    /// How long a new meeting is missing from lists (2.8).
    pub list_lag_seconds: u32,
    /// Whether all new meetings are missing equally long (2.8).
    pub list_lag: ListLag,
    /// What a change between two pages does to a list (2.8).
    pub list_paging: ListPaging,
    /// Whether `from` and `to` narrow a list (2.8).
    pub list_dates: ListDates,
    /// How many meetings a page holds at most (2.8).
    pub list_pages: ListPages,
    /// The limits per second and account (4).
    pub rate_limits: RateLimits,
    /// Whether answers carry `X-RateLimit-…` (4).
    pub rate_limit_headers: Presence,
    /// Which calls count in a host's hundred a day (4).
    pub daily_count: DailyCount,
    /// When the app is told of what a call did (5.4).
    pub webhooks: WebhookOrder,
    /// How often the app is told the same (5.4).
    pub webhook_copies: WebhookCopies,
    /// Where a deauthorisation says when it was told (5.6).
    pub deauthorization_time: DeauthorizationTime,
    /// How long every answer takes, after its request was carried out.
    pub latency_milliseconds: u32,
}

impl Modes {
    /// These modes with some replaced: `{"refresh":{"grace":{"seconds":60}}}`.
    ///
    /// # Errors
    /// When the change is not an object, or names a mode or a value that does not exist.
    pub(super) fn changed(&self, change: Value) -> Result<Self, serde_json::Error> {
        merged(self, change)
    }
}

/// A value with the fields of a JSON object replaced; unknown fields are refused by the type itself.
pub(super) fn merged<T: Serialize + for<'a> Deserialize<'a>>(
    current: &T,
    change: Value,
) -> Result<T, serde_json::Error> {
    let change: serde_json::Map<String, Value> = serde_json::from_value(change)?;
    let mut whole: serde_json::Map<String, Value> = serde_json::from_value(serde_json::to_value(current)?)?;
    whole.extend(change);
    serde_json::from_value(Value::Object(whole))
}

macro_rules! mode {
    ($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$arm_doc:meta])* $arm:ident $({ $($field:ident: $of:ty),* })?,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$arm_doc])* $arm $({ $(#[doc = "As its name says."] $field: $of),* })?,)*
        }
    };
}

mode!(
    /// What an old refresh token does.
    Rotation {
        /// It is refused at once.
        Strict,
        /// The one before the last still works so long, and answers with the living pair.
        Grace { seconds: u32 },
        /// It is refused, and the grant dies with it.
        ReuseRevokesFamily,
    }
);
mode!(
    /// Whether a refresh starts a new 90 days.
    RefreshLifetime {
        /// It does not: the grant dies 90 days after the consent.
        Fixed,
        /// It does.
        Sliding,
    }
);
mode!(
    /// What a refresh does to the access token before it.
    OldAccessToken {
        /// It dies at once.
        Dies,
        /// It lives to its own end.
        Lives,
    }
);
mode!(
    /// What a second authorisation of the same user does to the first.
    SecondAuthorization {
        /// It kills the first one's tokens at once.
        Replaces,
        /// Both live.
        Coexists,
    }
);
mode!(
    /// How a dead refresh token is refused.
    DeadRefreshToken {
        /// 400 with `invalid_grant`.
        InvalidGrant,
        /// 400 with `invalid_request`, the older wording.
        InvalidRequest,
        /// 401 with `invalid_request`, as until 2022.
        Unauthorized,
    }
);
mode!(
    /// What `api_url` a token answer carries.
    ApiUrl {
        /// The simulator's own.
        Own,
        /// None.
        Absent,
        /// This one.
        Other { url: String },
    }
);
mode!(
    /// Which tokens `/oauth/revoke` takes.
    RevokeTakes {
        /// Living access tokens only.
        AccessTokens,
        /// Refresh tokens, too.
        BothTokens,
    }
);
mode!(
    /// Whether an authorisation without PKCE is refused.
    Pkce {
        /// It is not.
        Optional,
        /// It is.
        Required,
    }
);
mode!(
    /// The status of error 124.
    ExpiredTokenStatus {
        /// 401, as seen.
        Unauthorized,
        /// 400, as the published schema has it.
        BadRequest,
    }
);
mode!(
    /// How a path that names another user is refused.
    ForeignUser {
        /// 404 with 1001.
        DoesNotExist,
        /// 400 with 4711.
        MissingScope,
        /// 400 with 4700.
        InvalidToken,
    }
);
mode!(
    /// Whether something is there.
    Presence {
        /// It is.
        Present,
        /// It is not.
        Absent,
    }
);
mode!(
    /// Whether an update changes the join link.
    JoinUrlAfterUpdate {
        /// Only a new password does.
        Kept,
        /// Every update does.
        Renewed,
    }
);
mode!(
    /// Whether a running meeting can be deleted.
    DeleteInProgress {
        /// It can.
        Accepted,
        /// 400 with 3002.
        Refused,
    }
);
mode!(
    /// Whether all new meetings are missing from lists equally long.
    ListLag {
        /// They are.
        Equal,
        /// Each is missing for a part of that time, by its id.
        EachItsOwn,
    }
);
mode!(
    /// What a change between two pages does to a list.
    ListPaging {
        /// Nothing: the pages are those of the first request.
        Stable,
        /// Later pages shift: a deletion makes one meeting disappear from both.
        Shifting,
    }
);
mode!(
    /// Whether `from` and `to` narrow a list.
    ListDates {
        /// They do.
        Honoured,
        /// They are ignored.
        Ignored,
    }
);
mode!(
    /// How many meetings a page holds at most.
    ListPages {
        /// As many as the caller asks for.
        AsAsked,
        /// So many, whatever the caller asks for.
        AtMost { meetings: u32 },
    }
);
mode!(
    /// How often the app is told the same.
    WebhookCopies {
        /// Once.
        One,
        /// Twice, one after the other.
        Two,
    }
);
mode!(
    /// Where a deauthorisation says when it was told.
    DeauthorizationTime {
        /// Beside the payload, a number.
        Beside,
        /// Inside the payload, a text.
        Inside,
    }
);
mode!(
    /// When the app is told of the meeting that a call made.
    WebhookOrder {
        /// Before the call is answered.
        BeforeAnswer,
        /// Once it is answered.
        AfterAnswer,
    }
);
mode!(
    /// The limits per second and account.
    RateLimits {
        /// None.
        Off,
        /// Those of the account's plan.
        Documented,
        /// These.
        Custom { light: u32, medium: u32 },
    }
);
mode!(
    /// Which calls count in a host's hundred a day.
    DailyCount {
        /// Creates and updates that were carried out.
        Executed,
        /// Refused ones, too.
        Attempts,
        /// Those carried out, and deletes.
        ExecutedAndDeletes,
    }
);
