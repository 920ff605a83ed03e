//! Use case: connect a user at a provider as an account: sent there, back, confirmed (R6, correctness.md section 5).
//! Knows no pages and no provider's words.

use std::time::Duration;

use secrecy::SecretString;
use subtle::ConstantTimeEq;
use url::Url;

use crate::app::accounts;
use crate::app::accounts::AccountError;
use crate::app::adopt;
use crate::app::causes::WithCauses;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::grants::GrantError;
use crate::app::portal;
use crate::app::portal::PortalError;
use crate::app::portal::Visitor;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::store::Life;
use crate::app::ports::store::Ticket;
use crate::app::ports::stored::StoreError;
use crate::app::references;
use crate::domain::account::AccountState;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::grant::Reference;
use crate::domain::id::TokenHash;
use crate::domain::meeting::after;
use crate::domain::portal::Act;
use crate::domain::portal::ConnectFlow;
use crate::domain::portal::PendingConnect;
use crate::domain::token::Token;

/// How long a browser may stay at the provider.
const FLOW_TTL: Duration = Duration::from_mins(10);
/// How long a browser waits for the exchange; it goes on behind it.
const PATIENCE: Duration = Duration::from_secs(45);

/// Why nothing was connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The flow is unknown, over, or was finished already.
    #[error("the connect flow is unknown, over or used")]
    UnknownFlow,
    /// The browser that came back is not the one that left.
    #[error("the connect flow belongs to another browser")]
    OtherBrowser,
    /// The user refused at the provider.
    #[error("consent was refused")]
    Denied,
    /// The provider reported that something is wrong.
    #[error("the provider reported an error")]
    ProviderFailed,
    /// The exchange takes too long for a browser to wait.
    #[error("the provider takes too long")]
    Slow,
    /// Nobody waits to be confirmed, or it took too long.
    #[error("no user waits to be confirmed")]
    NothingPending,
    /// Another user waits to be confirmed than the one who was shown.
    #[error("another user waits to be confirmed than was shown")]
    NotShown,
    /// The exchange did not succeed.
    #[error("the code could not be exchanged")]
    Exchange(#[from] AuthorizationError),
    /// The visitor may not, or not any more.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// The authorisation could not be kept.
    #[error("the authorisation could not be kept")]
    Grant(#[from] GrantError),
    /// The account could not be put.
    #[error("the account could not be connected")]
    Account(#[from] AccountError),
    /// The store gave no answer.
    #[error("connect flows cannot be read or saved")]
    Store(#[from] StoreError),
}

/// What a browser brought back from the provider.
#[derive(Debug)]
pub struct Return {
    /// Names the flow.
    pub state: Token,
    /// The session of the browser that came back.
    pub session: Option<Token>,
    /// What the provider said.
    pub answer: Answer,
}

/// What the provider said.
#[derive(Debug)]
pub enum Answer {
    /// The user consented.
    Code(SecretString),
    /// The user refused.
    Denied,
    /// Something else, by the provider's own account.
    Failed,
}

/// How a flow that is known came back.
#[derive(Debug)]
pub struct Landing {
    /// Whose account it is about.
    pub owner: Owner,
    /// The browser's session.
    pub visitor: Visitor,
    /// What came of it: a user to be confirmed, or why not.
    pub outcome: Result<PendingConnect, ConnectError>,
}

/// Begins a flow: where to send the browser.
///
/// Refuses with [`ConnectError::Portal`], [`ConnectError::Store`].
#[tracing::instrument(name = "connect.begin", skip_all, fields(site.id = %visitor.session.visit.site))]
pub async fn begin(gateway: &Gateway, visitor: &Visitor, owner: &Owner) -> Result<Url, ConnectError> {
    let visit = &visitor.session.visit;
    portal::permit(gateway, visit, Act::Connect, owner).await?;
    let state = gateway.token();
    let consent = gateway.authorization.begin(&state);
    let flow = ConnectFlow {
        session: visitor.token.hash(),
        site: visit.site.clone(),
        owner: owner.clone(),
        verifier: consent.verifier,
        expires_at: after(gateway.clock.now(), FLOW_TTL),
    };
    let ticket = Ticket::ConnectFlow(flow);
    gateway.tickets.put_if_absent(&state.hash(), ticket, Life::For(FLOW_TTL)).await?;
    Ok(consent.url)
}

/// Takes a browser back: consumes the flow before anything else, checks that it is the browser that left, and
/// exchanges the code in a task of its own, so that a browser that hangs up loses nothing.
///
/// Refuses with [`ConnectError::UnknownFlow`], [`ConnectError::OtherBrowser`], [`ConnectError::Portal`],
/// [`ConnectError::Store`]; what happens afterwards stands in [`Landing::outcome`].
#[tracing::instrument(name = "connect.callback", skip_all)]
pub async fn callback(gateway: &Gateway, back: Return) -> Result<Landing, ConnectError> {
    let Some(Ticket::ConnectFlow(flow)) = gateway.tickets.take(&back.state.hash()).await? else {
        return Err(ConnectError::UnknownFlow);
    };
    if flow.expires_at <= gateway.clock.now() {
        return Err(ConnectError::UnknownFlow);
    }
    let token = back.session.ok_or(ConnectError::OtherBrowser)?;
    if !is_same(&flow.session, &token.hash()) {
        tracing::warn!(site.id = %flow.site, "connect flow came back in another browser");
        return Err(ConnectError::OtherBrowser);
    }
    let session = portal::session(gateway, &token).await?;
    let visitor = Visitor { token, session };
    let owner = flow.owner.clone();
    let outcome = match back.answer {
        Answer::Denied => Err(ConnectError::Denied),
        Answer::Failed => Err(ConnectError::ProviderFailed),
        Answer::Code(code) => in_own_task(gateway, flow, visitor.token.clone(), code).await,
    };
    Ok(Landing { owner, visitor, outcome })
}

/// Connects the user who waits to be confirmed, if it is the one who was `shown` (R6): another tab may have brought
/// back another one since. The grant is held for the account before the site says so.
///
/// Refuses with [`ConnectError::NothingPending`], [`ConnectError::NotShown`], [`ConnectError::Portal`],
/// [`ConnectError::Grant`], [`ConnectError::Account`].
#[tracing::instrument(name = "connect.confirm", skip_all, fields(site.id = %visitor.session.visit.site))]
pub async fn confirm(gateway: &Gateway, visitor: &Visitor, shown: &str) -> Result<Owner, ConnectError> {
    let pending = visitor.session.pending.clone().ok_or(ConnectError::NothingPending)?;
    if shown != mark(&pending) {
        return Err(ConnectError::NotShown);
    }
    let visit = &visitor.session.visit;
    portal::permit(gateway, visit, Act::Connect, &pending.owner).await?;
    let place = Reference { site: visit.site.clone(), owner: pending.owner.clone() };
    let held = grants::hold(gateway, &pending.grant, &place).await;
    let held = held.map_err(|error| match error {
        GrantError::Gone => ConnectError::NothingPending,
        other @ (GrantError::Busy | GrantError::Store(_)) => ConnectError::Grant(other),
    })?;
    // Another consent since gave other permissions: it was refused, or waits in a page of its own.
    if held.scopes != pending.scopes {
        return Err(ConnectError::NothingPending);
    }
    let account = HostedAccount {
        grant: pending.grant,
        host: pending.host,
        scopes: pending.scopes,
        state: AccountState::Active,
    };
    let grant = account.grant.clone();
    accounts::put_hosted(gateway, &place, account).await?;
    references::watch(gateway, &grant, &place);
    forget_pending(gateway, visitor).await?;
    Ok(pending.owner)
}

/// Tells one user who waits to be confirmed from another: who it is, and for whose account.
pub fn mark(pending: &PendingConnect) -> String {
    format!("{} {}", pending.owner, pending.grant)
}

/// Drops the user who waits to be confirmed; the grant is revoked later, unless somebody uses it.
///
/// Refuses with [`ConnectError::Portal`].
pub async fn forget_pending(gateway: &Gateway, visitor: &Visitor) -> Result<(), ConnectError> {
    if visitor.session.pending.is_some() {
        portal::change_session(gateway, &visitor.token, |session| session.pending = None).await?;
    }
    Ok(())
}

async fn in_own_task(
    gateway: &Gateway,
    flow: ConnectFlow,
    session: Token,
    code: SecretString,
) -> Result<PendingConnect, ConnectError> {
    let own = gateway.clone();
    let task = gateway.tasks.spawn(async move {
        let taken_in = take_in(&own, flow, &session, &code).await;
        if let Err(error) = &taken_in {
            tracing::warn!(error = %WithCauses(error), "account not connected");
        }
        taken_in
    });
    tokio::select! {
        biased;
        done = task => done.unwrap_or(Err(ConnectError::Slow)),
        () = gateway.clock.wait(PATIENCE) => Err(ConnectError::Slow),
    }
}

async fn take_in(
    gateway: &Gateway,
    flow: ConnectFlow,
    session: &Token,
    code: &SecretString,
) -> Result<PendingConnect, ConnectError> {
    let authorized = gateway.authorization.exchange(code, &flow.verifier).await?;
    let lacking = authorized.lacking.clone();
    // Taken in even where it cannot be used: it killed the tokens before it, and what nobody refers to is revoked.
    let grant = adopt::adopt(gateway, authorized).await?;
    if !lacking.is_empty() {
        return Err(AuthorizationError::MissingScopes(lacking).into());
    }
    let pending = PendingConnect {
        owner: flow.owner,
        grant: grant.id.clone(),
        host: grant.host.clone(),
        scopes: grant.scopes.clone(),
    };
    portal::change_session(gateway, session, |session| session.pending = Some(pending.clone())).await?;
    Ok(pending)
}

fn is_same(one: &TokenHash, two: &TokenHash) -> bool {
    one.as_str().as_bytes().ct_eq(two.as_str().as_bytes()).into()
}
