//! `/v1/sites/{site_id}/accounts`: the accounts of a site, and custom links put from outside the portal (R5, R7).

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use crate::app::accounts;
use crate::app::accounts::AccountError;
use crate::app::accounts::AccountRange;
use crate::app::accounts::Place;
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
use crate::web::internal::v1::account_body::AccountBody;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::custom_link;
use crate::web::internal::v1::custom_link::LinkTexts;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema;
use crate::web::schema::Cursor;
use crate::web::schema::LinkDescription;
use crate::web::schema::LinkPassword;
use crate::web::schema::LinkUrl;

/// A custom link as it is put.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "provider": "custom_link", "url": "https://meet.example.com/room", "password": "k3J9aQ", "description": "Ring twice.",
})))]
pub(super) struct PutAccount {
    /// What is put: a Zoom account is connected in the portal.
    #[schema(schema_with = custom_provider)]
    provider: String,
    /// The address that participants open.
    #[schema(value_type = LinkUrl)]
    url: String,
    /// What they type to get in.
    #[serde(default)]
    #[schema(value_type = Option<LinkPassword>)]
    password: Option<String>,
    /// What they read beside it.
    #[serde(default)]
    #[schema(value_type = Option<LinkDescription>)]
    description: Option<String>,
}

fn custom_provider() -> ObjectBuilder {
    schema::names(["custom_link"])
        .description(Some("What is put: a Zoom account is connected in the portal."))
}

/// What happens at the provider to the meetings of sessions ahead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Meetings {
    #[default]
    Keep,
    Delete,
}

/// How an account is disconnected.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Disconnect {
    /// What happens at the provider to the meetings of sessions ahead.
    #[serde(default)]
    #[param(inline, required = false)]
    meetings: Meetings,
}

/// A list of accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(super) struct AccountList {
    /// The accounts of the page: the default first.
    items: Vec<AccountBody>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required, value_type = Option<Cursor>)]
    next_cursor: Option<String>,
}

/// List the accounts of a site
///
/// The default account first, then those of staff members.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/accounts",
    operation_id = "listAccounts",
    tag = "Accounts",
    params(OnSite<needs::AccountsRead>),
    responses((status = 200, description = "A page of accounts.", body = AccountList)),
)]
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

/// Put a custom link as the site's default account
///
/// Replaces whatever was there, a Zoom account too.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}/accounts/default",
    operation_id = "putDefaultAccount",
    tag = "Accounts",
    params(OnSite<needs::AccountsWrite>, IfMatch),
    request_body = PutAccount,
    responses(
        (status = 200, description = "The account was replaced.", body = AccountBody),
        (status = 201, description = "The account was connected.", body = AccountBody),
    ),
)]
pub(super) async fn put_default(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    (_query, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutAccount>,
) -> Result<Resource<AccountBody>, Problem> {
    put(&state, place(&on, Owner::Default), if_match, &body).await
}

/// Put a custom link as a staff member's account
///
/// Replaces whatever was there, a Zoom account too. The site must have a default account.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}/accounts/staff/{staff_id}",
    operation_id = "putStaffAccount",
    tag = "Accounts",
    params(OnSite<needs::AccountsWrite>, PathId<StaffId>, IfMatch),
    request_body = PutAccount,
    responses(
        (status = 200, description = "The account was replaced.", body = AccountBody),
        (status = 201, description = "The account was connected.", body = AccountBody),
    ),
    extensions(("x-problems" = json!([Code::DefaultAccountRequired]))),
)]
pub(super) async fn put_staff(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    PathId(staff): PathId<StaffId>,
    (_query, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutAccount>,
) -> Result<Resource<AccountBody>, Problem> {
    put(&state, place(&on, Owner::Staff(staff)), if_match, &body).await
}

/// Read the site's default account
///
/// Who and how, never a secret.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/accounts/default",
    operation_id = "findDefaultAccount",
    tag = "Accounts",
    params(OnSite<needs::AccountsRead>),
    responses((status = 200, description = "The account.", body = AccountBody)),
    extensions(("x-problems" = json!([Code::NotFound]))),
)]
pub(super) async fn find_default(
    on: OnSite<needs::AccountsRead>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
) -> Result<Resource<AccountBody>, Problem> {
    find(&state, place(&on, Owner::Default)).await
}

/// Read a staff member's account
///
/// Who and how, never a secret.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/accounts/staff/{staff_id}",
    operation_id = "findStaffAccount",
    tag = "Accounts",
    params(OnSite<needs::AccountsRead>, PathId<StaffId>),
    responses((status = 200, description = "The account.", body = AccountBody)),
    extensions(("x-problems" = json!([Code::NotFound]))),
)]
pub(super) async fn find_staff(
    on: OnSite<needs::AccountsRead>,
    State(state): State<Internal>,
    PathId(staff): PathId<StaffId>,
    _: Query<NoParameters>,
) -> Result<Resource<AccountBody>, Problem> {
    find(&state, place(&on, Owner::Staff(staff))).await
}

/// Disconnect the site's default account
///
/// Sessions that it served have no link, unless something else gives them one.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}/accounts/default",
    operation_id = "removeDefaultAccount",
    tag = "Accounts",
    params(OnSite<needs::AccountsWrite>, IfMatch),
    responses((status = 204, description = "The account is not connected any more.")),
)]
pub(super) async fn remove_default(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    Query(how): Query<Disconnect>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    remove(&state, place(&on, Owner::Default), &how, if_match).await
}

/// Disconnect a staff member's account
///
/// Sessions that it served fall to the site's default account.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}/accounts/staff/{staff_id}",
    operation_id = "removeStaffAccount",
    tag = "Accounts",
    params(OnSite<needs::AccountsWrite>, PathId<StaffId>, IfMatch),
    responses((status = 204, description = "The account is not connected any more.")),
)]
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
