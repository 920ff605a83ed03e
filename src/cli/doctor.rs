//! `greenroom doctor`: what is wrong, how bad it is, and what to do. Repairs nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::Exit;
use crate::cli::account_pages;
use crate::cli::account_pages::Found;
use crate::cli::environment;
use crate::cli::jobs;
use crate::cli::out::Out;
use crate::cli::serve;
use crate::cli::table::table;
use crate::config::Config;
use crate::config::ConfigProblem;
use crate::config::load;
use crate::domain::finding::Check;
use crate::domain::finding::JobsSeen;
use crate::domain::finding::Seen;
use crate::domain::finding::Standing;
use crate::domain::finding::findings;
use crate::server::Outside;
use crate::server::operator::AccountRow;
use crate::server::operator::Answer;
use crate::server::operator::AskError;
use crate::server::operator::Desk;
use crate::server::operator::FindingRow;
use crate::server::operator::JobRow;
use crate::server::operator::Level;
use crate::server::operator::Order;

/// Runs the command. A configuration that cannot be used ends it with [`Exit::WrongUsage`], every problem told like
/// what else is found; anything else that is a problem with [`Exit::Failed`]. Fails where stdout does.
pub(in crate::cli) fn run(path: Option<&Path>, out: Out) -> anyhow::Result<Exit> {
    let outside = Outside::default();
    let now = outside.clock.now();
    match load(path, environment()) {
        Err(problems) => {
            let seen = problems.as_slice().iter().map(misconfigured).collect();
            tell(&rows(seen, now), out)?;
            Ok(Exit::WrongUsage)
        }
        Ok(config) => {
            let mut found = rows(vec![Seen::Configured], now);
            found.extend(serve::runtime()?.block_on(examine(&config, outside)));
            tell(&found, out)?;
            let is_problem = |row: &FindingRow| row.level == Level::Problem;
            Ok(if found.iter().any(is_problem) { Exit::Failed } else { Exit::Done })
        }
    }
}

fn misconfigured(problem: &ConfigProblem) -> Seen {
    let ConfigProblem { key, what, remedy } = problem.clone();
    Seen::Misconfigured { key, what, remedy }
}

fn rows(seen: Vec<Seen>, now: Timestamp) -> Vec<FindingRow> {
    findings(seen, now).iter().map(FindingRow::from).collect()
}

/// Looks at everything behind the configuration: through the gateway that runs, or here. Where the store is away nothing
/// else can be looked at.
async fn examine(config: &Config, outside: Outside) -> Vec<FindingRow> {
    let now = outside.clock.now();
    let away = |error: AskError| rows(vec![Seen::StoreAway(format!("{:#}", anyhow::Error::new(error)))], now);
    let desk = match Desk::open(config, outside).await {
        Ok(desk) => desk,
        Err(error) => return away(error),
    };
    let mut found = match desk.ask(Order::Examine).await {
        Ok(Answer::Examined { findings }) => findings,
        Ok(Answer::Failed { reason }) => return rows(vec![Seen::Unseen(Check::Store, reason)], now),
        Ok(Answer::Jobs { .. } | Answer::Outcomes { .. } | Answer::Accounts { .. }) => {
            return rows(vec![Seen::Unseen(Check::Store, account_pages::MISPLACED.to_owned())], now);
        }
        Err(error) => return away(error),
    };
    let is_away = |row: &FindingRow| row.check == Check::Store.name() && row.level == Level::Problem;
    if !found.iter().any(is_away) {
        let mut seen = accounts(account_pages::accounts(&desk, None).await);
        seen.push(jobs(jobs::listed(&desk, None).await));
        found.extend(rows(seen, now));
    }
    desk.finish().await;
    found
}

/// Accounts by how they stand; those that work are told also where there are none.
fn accounts(listed: anyhow::Result<Found>) -> Vec<Seen> {
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return vec![Seen::Unseen(Check::Accounts, format!("{error:#}"))],
    };
    let mut standings = BTreeMap::new();
    if listed.unreadable.is_empty() {
        standings.insert(Standing::Working, (0, BTreeSet::new()));
    }
    for row in listed.rows {
        let (accounts, sites) = standings.entry(standing(&row)).or_default();
        *accounts += 1;
        sites.insert(row.site_id);
    }
    let seen = |(standing, (accounts, sites))| Seen::Accounts { standing, accounts, sites };
    let unseen = listed.unreadable.into_iter().map(|reason| Seen::Unseen(Check::Accounts, reason));
    standings.into_iter().map(seen).chain(unseen).collect()
}

fn standing(row: &AccountRow) -> Standing {
    if row.state == "reauthorization_required" {
        Standing::Lapsed
    } else if row.what_to_do.is_some() {
        Standing::Ailing
    } else {
        Standing::Working
    }
}

fn jobs(listed: anyhow::Result<Vec<JobRow>>) -> Seen {
    match listed {
        Ok(listed) => {
            let since = listed.iter().map(|row| row.since).min();
            Seen::Jobs(since.map(|since| JobsSeen { count: listed.len(), since }))
        }
        Err(error) => Seen::Unseen(Check::Jobs, format!("{error:#}")),
    }
}

#[derive(Serialize)]
struct Told<'a> {
    /// Whether nothing is a problem.
    ok: bool,
    findings: &'a [FindingRow],
}

fn tell(found: &[FindingRow], out: Out) -> anyhow::Result<()> {
    let ok = found.iter().all(|row| row.level != Level::Problem);
    out.data(&Told { ok, findings: found }, || {
        let cells = |row: &FindingRow| {
            let subject = row.subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default();
            let what_to_do = row.what_to_do.clone().unwrap_or_else(|| "-".to_owned());
            let found = format!("{subject}{}", row.found);
            [row.level.as_str().to_owned(), row.check.clone(), found, what_to_do]
        };
        table(["level", "check", "found", "what to do"], &found.iter().map(cells).collect::<Vec<_>>())
    })?;
    Ok(())
}
