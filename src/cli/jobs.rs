//! `greenroom jobs`: what needs a person: lists it, tries it again, or leaves it as it is.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use serde::Serialize;

use crate::cli::Exit;
use crate::cli::environment;
use crate::cli::out::Out;
use crate::cli::serve;
use crate::cli::table::table;
use crate::config::load;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::server::Outside;
use crate::server::operator::Answer;
use crate::server::operator::Desk;
use crate::server::operator::JobName;
use crate::server::operator::JobOutcome;
use crate::server::operator::JobRow;
use crate::server::operator::Order;
use crate::server::operator::Outcome;

/// What to do with what needs a person.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// List the sessions whose meeting could not be made, and the meetings that could not be removed, the longest
    /// standing first.
    List {
        /// Those of this site only.
        #[arg(long, value_name = "ID", value_parser = site)]
        site: Option<String>,
    },
    /// Try sessions again, at once: what could not be made is made anew, what could not be removed is removed.
    Retry(Retry),
    /// Leave sessions as they are, and list them no more until something else is wanted of them.
    Drop {
        /// Which sessions.
        #[arg(required = true, value_name = "SITE/SESSION", value_parser = name)]
        sessions: Vec<JobName>,
    },
}

/// Which sessions to try again.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Retry {
    /// These.
    #[arg(value_name = "SITE/SESSION", value_parser = name)]
    sessions: Vec<JobName>,
    /// All that are listed of this site.
    #[arg(long, value_name = "ID", value_parser = site)]
    site: Option<String>,
    /// All that are listed.
    #[arg(long)]
    all: bool,
}

/// So many sessions go into one order.
const AT_ONCE: usize = 100;

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
        let desk = Desk::open(&config, Outside::default()).await?;
        match command {
            Command::List { site } => list(&desk, site, out).await,
            Command::Retry(Retry { sessions, site: None, all: false }) => {
                let order = |jobs| Order::RetryJobs { jobs };
                told(&outcomes(&desk, &sessions, order).await?, out)
            }
            Command::Retry(Retry { site, .. }) => told(&retry_listed(&desk, site).await?, out),
            Command::Drop { sessions } => {
                told(&outcomes(&desk, &sessions, |jobs| Order::DropJobs { jobs }).await?, out)
            }
        }
    })
}

/// All that needs a person, of all sites or of one.
pub(in crate::cli) async fn listed(desk: &Desk, site: Option<String>) -> anyhow::Result<Vec<JobRow>> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = desk.ask(Order::ListJobs { site_id: site.clone(), after }).await?;
        let (jobs, next) = jobs_of(page)?;
        rows.extend(jobs);
        after = next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

async fn list(desk: &Desk, site: Option<String>, out: Out) -> anyhow::Result<Exit> {
    let rows = listed(desk, site).await?;
    if rows.is_empty() {
        eprintln!("nothing needs a person");
    }
    out.data(&rows, || {
        let cells = |row: &JobRow| {
            let since = format!("{:.0}", row.since);
            let or_none = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
            let (host, meeting) = (or_none(&row.host), or_none(&row.meeting_id));
            let (site, session) = (row.site_id.clone(), row.session_id.clone());
            [site, session, row.why.clone(), since, host, meeting, row.what_to_do.clone()]
        };
        let heading = ["site", "session", "why", "since", "host", "meeting", "what to do"];
        table(heading, &rows.iter().map(cells).collect::<Vec<_>>())
    })?;
    Ok(Exit::Done)
}

/// Tries all that is listed again, each session once: what fails again meanwhile is listed anew.
async fn retry_listed(desk: &Desk, site: Option<String>) -> anyhow::Result<Vec<JobOutcome>> {
    let (mut seen, mut all, mut after) = (BTreeSet::new(), Vec::new(), None);
    loop {
        let page = desk.ask(Order::ListJobs { site_id: site.clone(), after }).await?;
        let (jobs, next) = jobs_of(page)?;
        let names = jobs.into_iter().map(|row| JobName { site_id: row.site_id, session_id: row.session_id });
        let fresh = names.filter(|name| seen.insert(name.clone())).collect::<Vec<_>>();
        all.extend(outcomes(desk, &fresh, |jobs| Order::RetryJobs { jobs }).await?);
        after = next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Has an order carried out for sessions, some at a time.
async fn outcomes(
    desk: &Desk,
    names: &[JobName],
    order: impl Fn(Vec<JobName>) -> Order,
) -> anyhow::Result<Vec<JobOutcome>> {
    let mut all = Vec::with_capacity(names.len());
    for some in names.chunks(AT_ONCE) {
        match desk.ask(order(some.to_vec())).await? {
            Answer::Outcomes { outcomes } => all.extend(outcomes),
            Answer::Failed { reason } => bail!("{reason}"),
            Answer::Jobs { .. } | Answer::Accounts { .. } | Answer::Examined { .. } => bail!(MISPLACED),
        }
    }
    Ok(all)
}

type Jobs = (Vec<JobRow>, Option<crate::server::operator::Place>);

fn jobs_of(answer: Answer) -> anyhow::Result<Jobs> {
    match answer {
        Answer::Jobs { jobs, next } => Ok((jobs, next)),
        Answer::Failed { reason } => bail!("{reason}"),
        Answer::Outcomes { .. } | Answer::Accounts { .. } | Answer::Examined { .. } => bail!(MISPLACED),
    }
}

const MISPLACED: &str = "the gateway answers something else than asked: use the command of its own version";

#[derive(Serialize)]
struct Told<'a> {
    sessions: &'a [JobOutcome],
}

/// Prints what came of each session. One that is tried again and does not exist makes the command fail; one that needs
/// nobody, or is dropped and was not listed, does not: nothing of it is left to be done.
fn told(outcomes: &[JobOutcome], out: Out) -> anyhow::Result<Exit> {
    if outcomes.is_empty() {
        eprintln!("nothing needs a person");
    }
    out.data(&Told { sessions: outcomes }, || {
        let cells = |done: &JobOutcome| {
            [done.site_id.clone(), done.session_id.clone(), done.outcome.as_str().to_owned()]
        };
        table(["site", "session", "outcome"], &outcomes.iter().map(cells).collect::<Vec<_>>())
    })?;
    let is_unknown = |done: &JobOutcome| done.outcome == Outcome::UnknownSession;
    Ok(if outcomes.iter().any(is_unknown) { Exit::Failed } else { Exit::Done })
}

fn site(text: &str) -> Result<String, String> {
    SiteId::parse(text).map(|id| id.to_string()).map_err(|error| error.to_string())
}

fn name(text: &str) -> Result<JobName, String> {
    let (site, session) = text.split_once('/').ok_or("write SITE/SESSION, such as studio/se-1")?;
    let session = SessionId::parse(session).map_err(|error| error.to_string())?;
    Ok(JobName { site_id: self::site(site)?, session_id: session.to_string() })
}
