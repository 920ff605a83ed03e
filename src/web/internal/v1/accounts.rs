//! `/v1/sites/{site_id}/accounts`: the accounts of a site, and custom links put from outside the portal (R5, R7).

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::app::accounts;
use crate::app::accounts::AccountError;
use crate::app::accounts::AccountRange;
use crate::app::accounts::Place;
use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::account::Provider;
use crate::domain::custom_link::CustomLink;
use crate::domain::id::StaffId;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::custom_link;
use crate::web::internal::v1::custom_link::LinkTexts;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// A custom link as it is put.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutAccount {
    provider: String,
    url: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

/// What happens at the provider to the meetings of sessions ahead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Meetings {
    #[default]
    Keep,
    Delete,
}

/// How an account is disconnected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Disconnect {
    #[serde(default)]
    meetings: Meetings,
}

/// A list of accounts.
#[derive(Debug, Serialize)]
pub(super) struct AccountList {
    items: Vec<AccountBody>,
    next_cursor: Option<String>,
}

/// An account as it is answered: who and how, never a secret.
#[derive(Debug, Serialize)]
pub(super) struct AccountBody {
    owner: OwnerBody,
    provider: &'static str,
    state: &'static str,
    zoom: Option<HostBody>,
    custom_link: Option<CustomLinkBody>,
    warnings: Vec<()>,
    connected_at: Timestamp,
    updated_at: Timestamp,
    revision: u64,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OwnerBody {
    Default,
    Staff { staff_id: String },
}

#[derive(Debug, Serialize)]
struct HostBody {
    user_id: String,
    account_id: String,
    email: String,
    plan: &'static str,
    scopes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CustomLinkBody {
    url: String,
    has_password: bool,
    has_description: bool,
}

pub(super) async fn list(
    on: OnSite<needs::AccountsRead>,
    State(state): State<Internal>,
    Query(paging): Query<Paging>,
) -> Result<Answer<AccountList>, Problem> {
    let (limit, after) = (paging.limit()?, paging.after(Owner::parse)?);
    let range = AccountRange { after, limit: limit + 1 };
    let mut found = accounts::list(&state.gateway, on.site.id(), &range).await?;
    let next_cursor = (found.len() > limit).then(|| {
        found.truncate(limit);
        found.last().map(|(owner, _)| cursor(&owner.to_string())).unwrap_or_default()
    });
    let items = found.iter().map(|(owner, account)| AccountBody::new(owner, account)).collect();
    Ok(Answer(AccountList { items, next_cursor }))
}

pub(super) async fn put_default(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    (_, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutAccount>,
) -> Result<Resource<AccountBody>, Problem> {
    put(&state, place(&on, Owner::Default), if_match, &body).await
}

pub(super) async fn put_staff(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    PathId(staff): PathId<StaffId>,
    (_, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutAccount>,
) -> Result<Resource<AccountBody>, Problem> {
    put(&state, place(&on, Owner::Staff(staff)), if_match, &body).await
}

pub(super) async fn find_default(
    on: OnSite<needs::AccountsRead>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
) -> Result<Resource<AccountBody>, Problem> {
    find(&state, place(&on, Owner::Default)).await
}

pub(super) async fn find_staff(
    on: OnSite<needs::AccountsRead>,
    State(state): State<Internal>,
    PathId(staff): PathId<StaffId>,
    _: Query<NoParameters>,
) -> Result<Resource<AccountBody>, Problem> {
    find(&state, place(&on, Owner::Staff(staff))).await
}

pub(super) async fn remove_default(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    Query(how): Query<Disconnect>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    remove(&state, place(&on, Owner::Default), &how, if_match).await
}

pub(super) async fn remove_staff(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    PathId(staff): PathId<StaffId>,
    Query(how): Query<Disconnect>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    remove(&state, place(&on, Owner::Staff(staff)), &how, if_match).await
}

fn place<N: crate::web::auth::Needs>(on: &OnSite<N>, owner: Owner) -> Place {
    Place { site: on.site.id().clone(), owner }
}

async fn put(
    state: &Internal,
    place: Place,
    if_match: IfMatch,
    body: &PutAccount,
) -> Result<Resource<AccountBody>, Problem> {
    let link = body.custom_link()?;
    let put = accounts::put_custom(&state.gateway, &place, link, &presupposed(if_match)).await?;
    Ok(Resource::put(put.put, put.account.revision, AccountBody::new(&place.owner, &put.account)))
}

async fn find(state: &Internal, place: Place) -> Result<Resource<AccountBody>, Problem> {
    let account = accounts::find(&state.gateway, &place).await?.ok_or(AccountError::UnknownAccount)?;
    Ok(Resource::found(account.revision, AccountBody::new(&place.owner, &account)))
}

async fn remove(
    state: &Internal,
    place: Place,
    how: &Disconnect,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let meetings = match how.meetings {
        Meetings::Keep => accounts::Meetings::Keep,
        Meetings::Delete => accounts::Meetings::Delete,
    };
    accounts::disconnect(&state.gateway, &place, &presupposed(if_match), meetings).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PutAccount {
    fn custom_link(&self) -> Result<CustomLink, Problem> {
        if self.provider != Provider::CustomLink.name() {
            let error = FieldError::new(
                "/provider",
                "must be custom_link: a Zoom account is connected in the portal, through a portal link",
            );
            return Err(Problem::invalid_body(vec![error]));
        }
        custom_link::parse(&LinkTexts {
            url: &self.url,
            password: self.password.as_deref(),
            description: self.description.as_deref(),
        })
    }
}

impl AccountBody {
    fn new(owner: &Owner, account: &Account) -> Self {
        let (zoom, custom_link, state) = match &account.connection {
            Connection::Hosted(hosted) => (Some(HostBody::from(hosted)), None, state_name(hosted.state)),
            Connection::Custom(link) => (None, Some(CustomLinkBody::from(link)), "active"),
        };
        let owner = match owner {
            Owner::Default => OwnerBody::Default,
            Owner::Staff(staff) => OwnerBody::Staff { staff_id: staff.as_str().into() },
        };
        Self {
            owner,
            provider: account.connection.provider().name(),
            state,
            zoom,
            custom_link,
            warnings: Vec::new(),
            connected_at: account.connected_at,
            updated_at: account.updated_at,
            revision: account.revision.0,
        }
    }
}

const fn state_name(state: AccountState) -> &'static str {
    match state {
        AccountState::Active => "active",
        AccountState::ReauthorizationRequired { .. } => "reauthorization_required",
    }
}

impl From<&HostedAccount> for HostBody {
    fn from(account: &HostedAccount) -> Self {
        Self {
            user_id: account.host.user_id.clone(),
            account_id: account.host.account_id.clone(),
            email: account.host.email.clone(),
            plan: account.host.plan.name(),
            scopes: account.scopes.iter().cloned().collect(),
        }
    }
}

impl From<&CustomLink> for CustomLinkBody {
    fn from(link: &CustomLink) -> Self {
        Self {
            url: link.url.to_string(),
            has_password: link.password.is_some(),
            has_description: link.description.is_some(),
        }
    }
}
