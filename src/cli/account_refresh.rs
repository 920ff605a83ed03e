//! `greenroom accounts refresh`: renews tokens at a bounded rate, those of each grant once, and says what came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use anyhow::bail;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indicatif::ProgressBar;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::app::ports::clock::Clock;
use crate::cli::Exit;
use crate::cli::account_pages;
use crate::cli::account_pages::Found;
use crate::cli::account_pages::owner;
use crate::cli::account_pages::site;
use crate::cli::out::Out;
use crate::cli::shutdown;
use crate::cli::table::table;
use crate::server::operator::AccountAnswer;
use crate::server::operator::AccountName;
use crate::server::operator::AccountOrder;
use crate::server::operator::Desk;
use crate::server::operator::RefreshOutcome;

/// Whose tokens to renew.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("whose").required(true).args(["all", "site"])))]
pub(in crate::cli) struct Refresh {
    /// Those of all sites.
    #[arg(long)]
    all: bool,
    /// Those of this site.
    #[arg(long, value_name = "ID", value_parser = site)]
    site: Option<String>,
    /// Of that site, those of this account only: `default` or `staff/ID`.
    #[arg(long, value_name = "OWNER", value_parser = owner, requires = "site", conflicts_with = "all")]
    owner: Option<String>,
    /// At most so many a second.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rate: u32,
}

/// So many renewals are under way at once, however slow Zoom is.
const AT_ONCE: usize = 6;

/// Renews tokens, and prints what came of it. What was begun is finished also where the command is interrupted.
pub(in crate::cli) async fn run(
    desk: &Desk,
    clock: &dyn Clock,
    refresh: Refresh,
    out: Out,
) -> anyhow::Result<Exit> {
    let interrupted = shutdown::on_signal().context("signals cannot be listened to")?;
    let (grants, is_whole) = grants(desk, &refresh).await?;
    let bar = ProgressBar::new(grants.len() as u64);
    let pace = Duration::from_secs(1) / refresh.rate;
    let (done, failure) = renew_all(desk, (clock, pace), (&grants, &bar), &interrupted).await;
    bar.finish_and_clear();
    let told = Told::new(&grants, done);
    out.data(&told, || told.for_people())?;
    if let Some(failure) = failure {
        return Err(failure.context("not all tokens are renewed: run the command again"));
    }
    if told.summary.left > 0 {
        eprintln!("interrupted: run the command again for the tokens that are left");
    }
    let is_done =
        is_whole && told.summary.left == 0 && !told.grants.iter().any(|grant| grant.outcome.is_failure());
    Ok(if is_done { Exit::Done } else { Exit::Failed })
}

/// The grants whose tokens are meant, each with the accounts that use it.
type Grants = BTreeMap<String, Vec<AccountName>>;

/// Also answers whether that is all of them.
async fn grants(desk: &Desk, refresh: &Refresh) -> anyhow::Result<(Grants, bool)> {
    let found = account_pages::accounts(desk, refresh.site.as_deref()).await?;
    found.report();
    let Found { mut rows, unreadable } = found;
    rows.retain(|row| refresh.owner.as_ref().is_none_or(|owner| row.owner == *owner));
    if let (Some(site), Some(owner), true) = (&refresh.site, &refresh.owner, rows.is_empty()) {
        bail!("the site {site} has no account {owner}: see accounts list --site {site} for those there are");
    }
    let mut grants = Grants::new();
    for row in rows {
        let name = AccountName { site_id: row.site_id, owner: row.owner };
        if let Some(grant) = row.grant_id {
            grants.entry(grant).or_default().push(name);
        }
    }
    if grants.is_empty() {
        eprintln!("no account has tokens to renew");
    }
    Ok((grants, unreadable.is_empty()))
}

/// What came of one grant.
type Renewed = (String, RefreshOutcome, Option<String>);

/// Renews the tokens of grants, one begun after the other, until it is interrupted or an order is not answered.
async fn renew_all(
    desk: &Desk,
    (clock, pace): (&dyn Clock, Duration),
    (grants, bar): (&Grants, &ProgressBar),
    interrupted: &CancellationToken,
) -> (Vec<Renewed>, Option<anyhow::Error>) {
    let (mut done, mut failure) = (Vec::new(), None);
    let mut under_way = FuturesUnordered::new();
    let mut waiting = grants.keys();
    loop {
        if under_way.len() < AT_ONCE
            && failure.is_none()
            && !interrupted.is_cancelled()
            && let Some(grant) = waiting.next()
        {
            under_way.push(renew(desk, grant.clone()));
            let pause = clock.wait(pace);
            tokio::pin!(pause);
            // What is under way goes on while the next waits for its turn.
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    Some(renewed) = under_way.next() => take(renewed, bar, (&mut done, &mut failure)),
                }
            }
            continue;
        }
        match under_way.next().await {
            Some(renewed) => take(renewed, bar, (&mut done, &mut failure)),
            None => return (done, failure),
        }
    }
}

fn take(
    renewed: anyhow::Result<Renewed>,
    bar: &ProgressBar,
    (done, failure): (&mut Vec<Renewed>, &mut Option<anyhow::Error>),
) {
    match renewed {
        Ok(renewed) => {
            done.push(renewed);
            bar.inc(1);
        }
        Err(error) => *failure = Some(error),
    }
}

async fn renew(desk: &Desk, grant_id: String) -> anyhow::Result<Renewed> {
    match account_pages::ask(desk, AccountOrder::Refresh { grant_id: grant_id.clone() }).await? {
        AccountAnswer::Refreshed { outcome, detail } => Ok((grant_id, outcome, detail)),
        AccountAnswer::Sites { .. }
        | AccountAnswer::Listed { .. }
        | AccountAnswer::Shown { .. }
        | AccountAnswer::Disconnected { .. }
        | AccountAnswer::Unreadable { .. }
        | AccountAnswer::Unknown { .. } => bail!(account_pages::MISPLACED),
    }
}

/// What came of it all.
#[derive(Debug, Serialize)]
struct Told {
    summary: Summary,
    grants: Vec<GrantTold>,
}

/// How many grants each came to.
#[derive(Debug, Default, Serialize)]
struct Summary {
    refreshed: usize,
    already_refreshed: usize,
    lapsed: usize,
    unavailable: usize,
    credentials_refused: usize,
    gone: usize,
    unreadable: usize,
    /// Not tried.
    left: usize,
}

/// What came of one grant.
#[derive(Debug, Serialize)]
struct GrantTold {
    grant_id: String,
    accounts: Vec<AccountName>,
    outcome: RefreshOutcome,
    what_to_do: Option<String>,
}

impl Told {
    fn new(grants: &Grants, done: Vec<Renewed>) -> Self {
        let mut summary = Summary { left: grants.len() - done.len(), ..Summary::default() };
        for (_, outcome, _) in &done {
            *summary.of(*outcome) += 1;
        }
        let grants = done.into_iter().map(|(grant_id, outcome, what_to_do)| {
            let accounts = grants.get(&grant_id).cloned().unwrap_or_default();
            GrantTold { grant_id, accounts, outcome, what_to_do }
        });
        let mut told = Self { summary, grants: grants.collect() };
        told.grants.sort_by(|one, two| one.grant_id.cmp(&two.grant_id));
        told
    }

    /// The failures, one a line, and how many grants each came to.
    fn for_people(&self) -> String {
        let failures = self.grants.iter().filter(|grant| grant.outcome.is_failure());
        let rows = failures.map(|grant| {
            let names = grant.accounts.iter().map(|name| format!("{} {}", name.site_id, name.owner));
            let names = names.collect::<Vec<_>>().join(", ");
            [names, grant.outcome.as_str().to_owned(), grant.what_to_do.clone().unwrap_or_default()]
        });
        let failures = table(["accounts", "outcome", "what to do"], &rows.collect::<Vec<_>>());
        let Summary {
            refreshed,
            already_refreshed,
            lapsed,
            unavailable,
            credentials_refused,
            gone,
            unreadable,
            left,
        } = &self.summary;
        let counts = [
            (refreshed, "refreshed"),
            (already_refreshed, "already being refreshed"),
            (lapsed, "lapsed"),
            (unavailable, "unavailable"),
            (credentials_refused, "our credentials refused"),
            (gone, "gone meanwhile"),
            (unreadable, "unreadable"),
            (left, "left"),
        ];
        let counts = counts.into_iter().filter(|(count, what)| **count > 0 || *what == "refreshed");
        let counts = counts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>();
        format!("{failures}{}\n", counts.join(", "))
    }
}

impl Summary {
    fn of(&mut self, outcome: RefreshOutcome) -> &mut usize {
        match outcome {
            RefreshOutcome::Refreshed => &mut self.refreshed,
            RefreshOutcome::AlreadyRefreshed => &mut self.already_refreshed,
            RefreshOutcome::Lapsed => &mut self.lapsed,
            RefreshOutcome::Unavailable => &mut self.unavailable,
            RefreshOutcome::CredentialsRefused => &mut self.credentials_refused,
            RefreshOutcome::Gone => &mut self.gone,
            RefreshOutcome::Unreadable => &mut self.unreadable,
        }
    }
}
