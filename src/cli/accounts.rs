//! `greenroom accounts`: the accounts of all sites, their health and their tokens: lists and shows them, renews tokens,
//! disconnects.

use std::path::Path;

use anyhow::bail;

use crate::cli::Exit;
use crate::cli::account_pages;
use crate::cli::account_pages::Found;
use crate::cli::account_pages::owner;
use crate::cli::account_pages::site;
use crate::cli::account_refresh;
use crate::cli::account_refresh::Refresh;
use crate::cli::environment;
use crate::cli::out::Out;
use crate::cli::serve;
use crate::cli::table::table;
use crate::config::load;
use crate::server::Outside;
use crate::server::operator::AccountAnswer;
use crate::server::operator::AccountDetails;
use crate::server::operator::AccountName;
use crate::server::operator::AccountOrder;
use crate::server::operator::AccountRow;
use crate::server::operator::Desk;
use crate::server::operator::Disconnected;
use crate::server::operator::Meetings;

/// What to do with accounts.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// List accounts: whether they work, since when and why not, what their tokens are at, and what to do.
    List {
        /// Those of this site only.
        #[arg(long, value_name = "ID", value_parser = site)]
        site: Option<String>,
        /// Those in this state only.
        #[arg(long, value_enum)]
        state: Option<State>,
    },
    /// Show one account: who it is, its grant, and who else uses that. Shows personal data.
    Show(Name),
    /// Renew tokens now, those of each Zoom user once. May be interrupted and repeated.
    Refresh(Refresh),
    /// Disconnect an account. Asks nothing.
    Disconnect {
        /// Which.
        #[command(flatten)]
        name: Name,
        /// What becomes of its meetings ahead at Zoom.
        #[arg(long, value_enum, default_value_t = Fate::Keep)]
        meetings: Fate,
    },
}

/// Which account.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Name {
    /// Of which site.
    #[arg(value_name = "SITE", value_parser = site)]
    site: String,
    /// Whose: `default` or `staff/ID`.
    #[arg(value_name = "OWNER", value_parser = owner)]
    owner: String,
}

/// Whether an account works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(in crate::cli) enum State {
    /// It does.
    Active,
    /// Its owner must connect it again.
    ReauthorizationRequired,
}

impl State {
    fn is_of(self, row: &AccountRow) -> bool {
        let name = match self {
            Self::Active => "active",
            Self::ReauthorizationRequired => "reauthorization_required",
        };
        row.state == name
    }
}

/// What becomes of meetings ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Fate {
    /// They stay at Zoom.
    Keep,
    /// They are deleted there.
    Delete,
}

/// Runs the command. A configuration that cannot be used ends it with [`Exit::WrongUsage`], every problem named; fails
/// where the store or the gateway does not answer, and where stdout does.
pub(in crate::cli) fn run(command: Command, path: Option<&Path>, out: Out) -> anyhow::Result<Exit> {
    let config = match load(path, environment()) {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(Exit::WrongUsage);
        }
    };
    serve::runtime()?.block_on(async {
        let outside = Outside::default();
        let clock = outside.clock.clone();
        let desk = Desk::open(&config, outside).await?;
        let done = match command {
            Command::List { site, state } => list(&desk, (site, state), out).await,
            Command::Show(name) => show(&desk, name.into(), out).await,
            Command::Refresh(refresh) => account_refresh::run(&desk, clock.as_ref(), refresh, out).await,
            Command::Disconnect { name, meetings } => {
                let meetings = match meetings {
                    Fate::Keep => Meetings::Keep,
                    Fate::Delete => Meetings::Delete,
                };
                disconnect(&desk, (name.into(), meetings), out).await
            }
        };
        desk.finish().await;
        done
    })
}

async fn list(desk: &Desk, (site, state): (Option<String>, Option<State>), out: Out) -> anyhow::Result<Exit> {
    let found = account_pages::accounts(desk, site.as_deref()).await?;
    found.report();
    let Found { mut rows, unreadable } = found;
    rows.retain(|row| state.is_none_or(|state| state.is_of(row)));
    if rows.is_empty() {
        eprintln!("there is no such account");
    }
    out.data(&rows, || {
        let cells = |row: &AccountRow| {
            let tokens = row.tokens.as_ref();
            [
                row.site_id.clone(),
                row.owner.clone(),
                row.provider.clone(),
                row.state.clone(),
                or_none(row.since.map(to_seconds)),
                or_none(row.reason.clone()),
                or_none(row.plan.clone()),
                or_none(tokens.map(|tokens| to_seconds(tokens.refreshed_at))),
                or_none(tokens.map(|tokens| to_seconds(tokens.expires_at))),
                or_none(tokens.map(|tokens| to_seconds(tokens.renewal_due_at))),
                or_none(row.what_to_do.clone()),
            ]
        };
        let heading = [
            "site",
            "owner",
            "provider",
            "state",
            "since",
            "why",
            "plan",
            "refreshed",
            "expires",
            "renewal due",
            "what to do",
        ];
        table(heading, &rows.iter().map(cells).collect::<Vec<_>>())
    })?;
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::Failed })
}

fn or_none(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| "-".to_owned())
}

fn to_seconds(at: jiff::Timestamp) -> String {
    format!("{at:.0}")
}

async fn show(desk: &Desk, name: AccountName, out: Out) -> anyhow::Result<Exit> {
    match account_pages::ask(desk, AccountOrder::Show(name)).await? {
        AccountAnswer::Shown { account } => {
            out.data(&account, || table(["field", "value"], &lines(&account)))?;
            Ok(Exit::Done)
        }
        AccountAnswer::Unknown { reason } | AccountAnswer::Unreadable { reason } => bail!("{reason}"),
        AccountAnswer::Sites { .. }
        | AccountAnswer::Listed { .. }
        | AccountAnswer::Refreshed { .. }
        | AccountAnswer::Disconnected { .. } => bail!(account_pages::MISPLACED),
    }
}

/// What is said of an account, a line each; what does not apply has none.
fn lines(account: &AccountDetails) -> Vec<[String; 2]> {
    let AccountDetails { row, zoom, custom_link, grant, .. } = account;
    let (zoom, link, grant) = (zoom.as_ref(), custom_link.as_ref(), grant.as_ref());
    let tokens = row.tokens.as_ref();
    let yes_or_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let others = |names: &[AccountName]| {
        let names = names.iter().map(|name| format!("{} {}", name.site_id, name.owner));
        Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
    };
    let lines = [
        ("site", Some(row.site_id.clone())),
        ("owner", Some(row.owner.clone())),
        ("provider", Some(row.provider.clone())),
        ("state", Some(row.state.clone())),
        ("since", row.since.map(to_seconds)),
        ("why", row.reason.clone()),
        ("what to do", row.what_to_do.clone()),
        ("warnings", Some(account.warnings.join(", ")).filter(|warnings| !warnings.is_empty())),
        ("e-mail", zoom.map(|zoom| zoom.email.clone())),
        ("plan", row.plan.clone()),
        ("zoom user", zoom.map(|zoom| zoom.user_id.clone())),
        ("zoom account", zoom.map(|zoom| zoom.account_id.clone())),
        ("scopes", zoom.map(|zoom| zoom.scopes.join(" "))),
        ("link", link.map(|link| link.url.clone())),
        ("has password", link.map(|link| yes_or_no(link.has_password))),
        ("has description", link.map(|link| yes_or_no(link.has_description))),
        ("grant", row.grant_id.clone()),
        ("shared with", grant.and_then(|grant| others(&grant.shared_with))),
        ("authorised", grant.map(|grant| to_seconds(grant.authorized_at))),
        ("generation", grant.map(|grant| grant.generation.to_string())),
        ("refreshed", tokens.map(|tokens| to_seconds(tokens.refreshed_at))),
        ("expires", tokens.map(|tokens| to_seconds(tokens.expires_at))),
        ("renewal due", tokens.map(|tokens| to_seconds(tokens.renewal_due_at))),
        ("refreshing since", tokens.and_then(|tokens| tokens.refreshing_since).map(to_seconds)),
        ("looked at", grant.map(|grant| to_seconds(grant.looked_at))),
        ("look due", grant.map(|grant| to_seconds(grant.look_due_at))),
        ("connected", Some(to_seconds(account.connected_at))),
        ("updated", Some(to_seconds(account.updated_at))),
        ("revision", Some(account.revision.to_string())),
    ];
    // Whoever chose an address at Zoom writes nothing else to an operator's terminal.
    let plain = |text: String| text.chars().filter(|character| !character.is_control()).collect();
    let lines = lines.into_iter().filter_map(|(name, value)| Some([name.to_owned(), plain(value?)]));
    lines.collect()
}

async fn disconnect(
    desk: &Desk,
    (account, meetings): (AccountName, Meetings),
    out: Out,
) -> anyhow::Result<Exit> {
    match account_pages::ask(desk, AccountOrder::Disconnect { account, meetings }).await? {
        AccountAnswer::Disconnected { was } => {
            out.data(&was, || disconnected(&was))?;
            Ok(Exit::Done)
        }
        AccountAnswer::Unknown { reason } | AccountAnswer::Unreadable { reason } => bail!("{reason}"),
        AccountAnswer::Sites { .. }
        | AccountAnswer::Listed { .. }
        | AccountAnswer::Refreshed { .. }
        | AccountAnswer::Shown { .. } => bail!(account_pages::MISPLACED),
    }
}

fn disconnected(was: &Disconnected) -> String {
    let Disconnected { site_id, owner, provider, what_follows, .. } = was;
    format!("disconnected: {owner} of {site_id} ({provider}); {what_follows}\n")
}

impl From<Name> for AccountName {
    fn from(name: Name) -> Self {
        Self { site_id: name.site, owner: name.owner }
    }
}
