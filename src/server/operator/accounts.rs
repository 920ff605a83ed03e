//! Carries out an operator's orders about accounts: parses them, calls the use case, words the answer.

use crate::app::accounts;
use crate::app::accounts::AccountError;
use crate::app::accounts::AccountRange;
use crate::app::accounts::Place;
use crate::app::gateway::Gateway;
use crate::app::grants_due;
use crate::app::inventory;
use crate::app::inventory::Entry;
use crate::app::ports::register::RegisterPlace;
use crate::app::ports::stored::StoreError;
use crate::app::presupposed::Presupposed;
use crate::app::rotation;
use crate::app::rotation::Rotated;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::Owner;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::grant::Grant;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;
use crate::domain::link::Warning;
use crate::server::operator::account_orders::AccountAnswer;
use crate::server::operator::account_orders::AccountDetails;
use crate::server::operator::account_orders::AccountName;
use crate::server::operator::account_orders::AccountOrder;
use crate::server::operator::account_orders::AccountRow;
use crate::server::operator::account_orders::CustomLinkShown;
use crate::server::operator::account_orders::Disconnected;
use crate::server::operator::account_orders::GrantDetails;
use crate::server::operator::account_orders::Meetings;
use crate::server::operator::account_orders::RefreshOutcome;
use crate::server::operator::account_orders::TokenTimes;
use crate::server::operator::account_orders::ZoomUser;
use crate::server::operator::account_words;
use crate::server::operator::account_words::Left;
use crate::server::operator::undone::Undone;

/// So many accounts go into one answer.
const PAGE: usize = 200;

/// Carries out an order about accounts.
pub(in crate::server::operator) async fn carry_out(
    gateway: &Gateway,
    order: AccountOrder,
) -> Result<AccountAnswer, Undone> {
    let told = match order {
        AccountOrder::Sites { after } => return sites(gateway, after).await,
        AccountOrder::List { site_id, after } => list(gateway, &site_id, after.as_deref()).await,
        AccountOrder::Show(name) => show(gateway, &name).await,
        AccountOrder::Refresh { grant_id } => return refresh(gateway, &grant_id).await,
        AccountOrder::Disconnect { account, meetings } => disconnect(gateway, &account, meetings).await,
    };
    match told {
        Err(Refused::Unknown(reason)) => Ok(AccountAnswer::Unknown { reason }),
        Err(Refused::Unreadable(reason)) => Ok(AccountAnswer::Unreadable { reason }),
        Err(Refused::Undone(undone)) => Err(undone),
        Ok(answer) => Ok(answer),
    }
}

/// Why an order about one site was not carried out.
enum Refused {
    Unknown(String),
    Unreadable(String),
    Undone(Undone),
}

impl<E: Into<Undone>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Undone(error.into())
    }
}

fn refused(error: AccountError, (site, owner): (&str, Option<&str>)) -> Refused {
    let owner = owner.unwrap_or("default");
    match error {
        AccountError::UnknownSite => {
            Refused::Unknown(format!("there is no site {site}: see accounts list for those there are"))
        }
        AccountError::UnknownAccount => Refused::Unknown(format!(
            "the site {site} has no account {owner}: see accounts list --site {site} for those there are"
        )),
        AccountError::Store(StoreError::Corrupt(_)) => {
            Refused::Unreadable(format!("the site {site}: {}", account_words::SITE_UNREADABLE))
        }
        AccountError::Store(error) => error.into(),
        AccountError::DefaultAccountRequired | AccountError::RevisionMismatch => {
            Refused::Unknown(format!("the account {owner} of {site} changed meanwhile: repeat the command"))
        }
    }
}

async fn sites(gateway: &Gateway, after: Option<String>) -> Result<AccountAnswer, Undone> {
    let page = gateway.register.sites(after.map(RegisterPlace).as_ref()).await?;
    let site_ids = page.sites.iter().map(ToString::to_string).collect();
    Ok(AccountAnswer::Sites { site_ids, next: page.next.map(|RegisterPlace(text)| text) })
}

async fn list(gateway: &Gateway, site: &str, after: Option<&str>) -> Result<AccountAnswer, Refused> {
    let id = SiteId::parse(site)?;
    let after = after.map(owner).transpose()?;
    let range = AccountRange { after, limit: PAGE + 1 };
    let found = inventory::list(gateway, &id, &range).await;
    let mut found = found.map_err(|error| refused(error, (site, None)))?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|entry| entry.owner.to_string());
    let accounts = found.iter().map(|entry| row(gateway, &id, entry)).collect();
    Ok(AccountAnswer::Listed { accounts, next })
}

async fn show(gateway: &Gateway, name: &AccountName) -> Result<AccountAnswer, Refused> {
    let place = place(name)?;
    let found = inventory::find(gateway, &place).await;
    let entry = found.map_err(|error| refused(error, (&name.site_id, Some(&name.owner))))?;
    let shared_with = others(gateway, entry.grant.as_deref(), &place).await;
    let shared_with = shared_with.map_err(|error| refused(error, (&name.site_id, Some(&name.owner))))?;
    Ok(AccountAnswer::Shown { account: Box::new(details(gateway, &place, (&entry, shared_with))) })
}

async fn refresh(gateway: &Gateway, grant: &str) -> Result<AccountAnswer, Undone> {
    let rotated = match rotation::rotate(gateway, &GrantId::parse(grant)?).await {
        Err(StoreError::Corrupt(_)) => {
            let detail = Some(account_words::UNREADABLE.to_owned());
            return Ok(AccountAnswer::Refreshed { outcome: RefreshOutcome::Unreadable, detail });
        }
        rotated => rotated?,
    };
    let outcome = match rotated {
        Rotated::Refreshed => RefreshOutcome::Refreshed,
        Rotated::AlreadyRefreshed => RefreshOutcome::AlreadyRefreshed,
        Rotated::Lapsed(_) => RefreshOutcome::Lapsed,
        Rotated::UnderWay | Rotated::Unreachable | Rotated::Lost => RefreshOutcome::Unavailable,
        Rotated::OurCredentials => RefreshOutcome::CredentialsRefused,
        Rotated::Gone => RefreshOutcome::Gone,
    };
    Ok(AccountAnswer::Refreshed { outcome, detail: account_words::rotated(rotated).map(str::to_owned) })
}

async fn disconnect(
    gateway: &Gateway,
    name: &AccountName,
    meetings: Meetings,
) -> Result<AccountAnswer, Refused> {
    let place = place(name)?;
    let unknown = |error| refused(error, (&name.site_id, Some(&name.owner)));
    let entry = inventory::find(gateway, &place).await.map_err(unknown)?;
    let how = match meetings {
        Meetings::Keep => accounts::Meetings::Keep,
        Meetings::Delete => accounts::Meetings::Delete,
    };
    // What is reported is what goes.
    let presupposed = Presupposed::OneOf(vec![entry.account.revision]);
    accounts::disconnect(gateway, &place, &presupposed, how).await.map_err(unknown)?;
    let grant = entry.grant.as_deref();
    let shared_with = others(gateway, grant, &place).await.map_err(unknown)?;
    let is_hosted = entry.account.connection.hosted().is_some();
    let what_follows = if is_hosted {
        let (site_id, diagnosis) = (name.site_id.as_str(), entry.diagnosis);
        let left = Left { site_id, diagnosis, grant, others: &shared_with };
        let meetings_go = account_words::meetings_follow(meetings, &left);
        let revoked = account_words::revocation_follows(&left);
        format!("sessions ahead are decided again; {meetings_go}; {revoked}")
    } else {
        "sessions ahead are decided again".to_owned()
    };
    let was = Disconnected {
        site_id: name.site_id.clone(),
        owner: name.owner.clone(),
        provider: entry.account.connection.provider().name().to_owned(),
        meetings: is_hosted.then_some(meetings),
        shared_with,
        what_follows,
    };
    Ok(AccountAnswer::Disconnected { was })
}

fn owner(text: &str) -> Result<Owner, Undone> {
    Owner::parse(text).ok_or(Undone::Owner)
}

fn place(name: &AccountName) -> Result<Place, Undone> {
    Ok(Place { site: SiteId::parse(&name.site_id)?, owner: owner(&name.owner)? })
}

async fn others(
    gateway: &Gateway,
    grant: Option<&Grant>,
    but: &Place,
) -> Result<Vec<AccountName>, AccountError> {
    let Some(grant) = grant else { return Ok(Vec::new()) };
    let others = inventory::users_of(gateway, grant, but).await?.into_iter();
    Ok(others
        .map(|other| AccountName { site_id: other.site.to_string(), owner: other.owner.to_string() })
        .collect())
}

fn row(gateway: &Gateway, site: &SiteId, entry: &Entry) -> AccountRow {
    let hosted = entry.account.connection.hosted();
    let (state, since, reason) = match entry.diagnosis {
        Diagnosis::Lapsed { since, reason } => ("reauthorization_required", Some(since), Some(reason.name())),
        Diagnosis::Severed => ("reauthorization_required", None, None),
        Diagnosis::Healthy
        | Diagnosis::Stuck { .. }
        | Diagnosis::Neglected { .. }
        | Diagnosis::Unlicensed => ("active", None, None),
        Diagnosis::Unreadable => match hosted.map(|hosted| hosted.state) {
            Some(AccountState::ReauthorizationRequired { since, reason }) => {
                ("reauthorization_required", Some(since), Some(reason.name()))
            }
            Some(AccountState::Active) | None => ("active", None, None),
        },
    };
    AccountRow {
        site_id: site.to_string(),
        owner: entry.owner.to_string(),
        provider: entry.account.connection.provider().name().to_owned(),
        state: state.to_owned(),
        since,
        reason: reason.map(str::to_owned),
        plan: hosted.map(|hosted| hosted.host.plan.name().to_owned()),
        grant_id: hosted.map(|hosted| hosted.grant.to_string()),
        tokens: entry.grant.as_deref().and_then(|grant| token_times(gateway, grant)),
        what_to_do: account_words::what_to_do(entry.diagnosis).map(str::to_owned),
    }
}

fn token_times(gateway: &Gateway, grant: &Grant) -> Option<TokenTimes> {
    let (pair, refreshing_since) = match &grant.tokens {
        Tokens::Active(pair) => (pair, None),
        Tokens::Refreshing { pair, since, .. } => (pair, Some(*since)),
        Tokens::Lapsed { .. } => return None,
    };
    Some(TokenTimes {
        refreshed_at: pair.obtained_at,
        expires_at: pair.expires_at,
        renewal_due_at: grants_due::renewal_due(grant, gateway.settings.refresh.keep_alive)?,
        refreshing_since,
    })
}

fn details(
    gateway: &Gateway,
    place: &Place,
    (entry, shared_with): (&Entry, Vec<AccountName>),
) -> AccountDetails {
    let account = &entry.account;
    let (zoom, custom_link) = match &account.connection {
        Connection::Hosted(hosted) => {
            let host = &hosted.host;
            let user = ZoomUser {
                user_id: host.user_id.clone(),
                account_id: host.account_id.clone(),
                email: host.email.clone(),
                scopes: hosted.scopes.iter().cloned().collect(),
            };
            (Some(user), None)
        }
        Connection::Custom(link) => {
            let shown = CustomLinkShown {
                url: link.url.to_string(),
                has_password: link.password.is_some(),
                has_description: link.description.is_some(),
            };
            (None, Some(shown))
        }
    };
    let warnings = Warning::of_account(&entry.owner, account);
    AccountDetails {
        row: row(gateway, &place.site, entry),
        connected_at: account.connected_at,
        updated_at: account.updated_at,
        revision: account.revision.0,
        warnings: warnings.iter().map(|warning| warning.code().to_owned()).collect(),
        zoom,
        custom_link,
        grant: entry.grant.as_deref().map(|grant| GrantDetails {
            authorized_at: grant.authorized_at,
            generation: grant.tokens.generation(),
            looked_at: grant.looked_at,
            look_due_at: grants_due::user_due(grant),
            shared_with,
        }),
    }
}
