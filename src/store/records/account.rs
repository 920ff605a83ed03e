//! Owns the stored shapes of accounts, hosts and custom links.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::Host;
use crate::domain::account::HostedAccount;
use crate::domain::account::LapseReason;
use crate::domain::account::Plan;
use crate::domain::account::Revision;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::custom_link::CustomLink;
use crate::domain::id::GrantId;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;
use crate::store::records::field::url;

#[derive(Serialize, Deserialize)]
pub(super) struct AccountV1 {
    connection: ConnectionV1,
    connected_at: Time,
    updated_at: Time,
    revision: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConnectionV1 {
    Hosted {
        grant: String,
        host: HostV1,
        scopes: BTreeSet<String>,
        lapsed_since: Option<Time>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lapse_reason: Option<LapseV1>,
    },
    Custom(CustomLinkV1),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LapseV1 {
    Refused,
    Removed,
    MissingScopes,
    UserGone,
}

impl From<LapseReason> for LapseV1 {
    fn from(reason: LapseReason) -> Self {
        match reason {
            LapseReason::Refused => Self::Refused,
            LapseReason::Removed => Self::Removed,
            LapseReason::MissingScopes => Self::MissingScopes,
            LapseReason::UserGone => Self::UserGone,
        }
    }
}

impl From<LapseV1> for LapseReason {
    fn from(shape: LapseV1) -> Self {
        match shape {
            LapseV1::Refused => Self::Refused,
            LapseV1::Removed => Self::Removed,
            LapseV1::MissingScopes => Self::MissingScopes,
            LapseV1::UserGone => Self::UserGone,
        }
    }
}

/// Whether an account works, of when that is told and why. Records that do not say why are from before it was kept:
/// that the provider refuses is true of them all.
fn state(lapsed_since: Option<Time>, reason: Option<LapseV1>) -> AccountState {
    match lapsed_since {
        None => AccountState::Active,
        Some(since) => AccountState::ReauthorizationRequired {
            since,
            reason: reason.map_or(LapseReason::Refused, LapseReason::from),
        },
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct HostV1 {
    user_id: String,
    account_id: String,
    email: String,
    plan: String,
    personal_room: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CustomLinkV1 {
    url: String,
    password: Option<String>,
    description: Option<String>,
}

impl From<&Account> for AccountV1 {
    fn from(account: &Account) -> Self {
        let connection = match &account.connection {
            Connection::Custom(link) => ConnectionV1::Custom(link.into()),
            Connection::Hosted(hosted) => ConnectionV1::Hosted {
                grant: hosted.grant.as_str().into(),
                host: (&hosted.host).into(),
                scopes: hosted.scopes.clone(),
                lapsed_since: match hosted.state {
                    AccountState::Active => None,
                    AccountState::ReauthorizationRequired { since, .. } => Some(since),
                },
                lapse_reason: match hosted.state {
                    AccountState::Active => None,
                    AccountState::ReauthorizationRequired { reason, .. } => Some(reason.into()),
                },
            },
        };
        Self {
            connection,
            connected_at: account.connected_at,
            updated_at: account.updated_at,
            revision: account.revision.0,
        }
    }
}

impl TryFrom<AccountV1> for Account {
    type Error = Unreadable;

    fn try_from(shape: AccountV1) -> Result<Self, Unreadable> {
        let connection = match shape.connection {
            ConnectionV1::Custom(link) => Connection::Custom(link.try_into()?),
            ConnectionV1::Hosted { grant, host, scopes, lapsed_since, lapse_reason } => {
                Connection::Hosted(HostedAccount {
                    grant: field("grant id", GrantId::parse(&grant))?,
                    host: host.try_into()?,
                    scopes,
                    state: state(lapsed_since, lapse_reason),
                })
            }
        };
        let (connected_at, updated_at) = (shape.connected_at, shape.updated_at);
        Ok(Self { connection, connected_at, updated_at, revision: Revision(shape.revision) })
    }
}

impl From<&Host> for HostV1 {
    fn from(host: &Host) -> Self {
        Self {
            user_id: host.user_id.clone(),
            account_id: host.account_id.clone(),
            email: host.email.clone(),
            plan: host.plan.name().into(),
            personal_room: host.personal_room.clone(),
        }
    }
}

impl TryFrom<HostV1> for Host {
    type Error = Unreadable;

    fn try_from(shape: HostV1) -> Result<Self, Unreadable> {
        let plans = [Plan::Basic, Plan::Licensed, Plan::Unassigned];
        let plan =
            plans.into_iter().find(|plan| plan.name() == shape.plan).ok_or(Unreadable::Field("plan"))?;
        let HostV1 { user_id, account_id, email, personal_room, plan: _ } = shape;
        Ok(Self { user_id, account_id, email, plan, personal_room })
    }
}

impl From<&CustomLink> for CustomLinkV1 {
    fn from(link: &CustomLink) -> Self {
        let text = |hidden: &Concealed| hidden.expose().to_owned();
        Self {
            url: link.url.expose().into(),
            password: link.password.as_ref().map(text),
            description: link.description.as_ref().map(text),
        }
    }
}

impl TryFrom<CustomLinkV1> for CustomLink {
    type Error = Unreadable;

    fn try_from(shape: CustomLinkV1) -> Result<Self, Unreadable> {
        Ok(Self {
            url: LinkUrl::new(url("custom link", &shape.url)?),
            password: shape.password.map(Concealed::new),
            description: shape.description.map(Concealed::new),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lapsed(further: &serde_json::Value) -> AccountState {
        let host = json!({
            "user_id": "u", "account_id": "a", "email": "ana@example.com", "plan": "basic", "personal_room": null,
        });
        let mut hosted = json!({
            "grant": "a".repeat(26), "host": host, "scopes": [], "lapsed_since": "2026-11-22T13:00:00Z",
        });
        hosted.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        let shape = json!({
            "connection": {"hosted": hosted}, "connected_at": "2026-11-20T13:00:00Z",
            "updated_at": "2026-11-22T13:00:00Z", "revision": 3,
        });
        let account = Account::try_from(serde_json::from_value::<AccountV1>(shape).unwrap()).unwrap();
        let written = serde_json::to_value(AccountV1::from(&account)).unwrap();
        let again = Account::try_from(serde_json::from_value::<AccountV1>(written).unwrap()).unwrap();
        assert_eq!(again, account);
        account.connection.hosted().unwrap().state
    }

    #[test]
    fn a_lapse_is_read_with_its_reason_and_one_from_before_reasons_were_kept_is_a_refusal() {
        let since = "2026-11-22T13:00:00Z".parse().unwrap();
        let cases = [
            (json!({}), LapseReason::Refused),
            (json!({"lapse_reason": "user_gone"}), LapseReason::UserGone),
            (json!({"lapse_reason": "missing_scopes"}), LapseReason::MissingScopes),
            (json!({"lapse_reason": "removed"}), LapseReason::Removed),
        ];
        for (further, reason) in cases {
            assert_eq!(lapsed(&further), AccountState::ReauthorizationRequired { since, reason });
        }
    }
}
