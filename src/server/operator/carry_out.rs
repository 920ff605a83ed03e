//! Carries out an operator's order on a gateway's ports: parses it, calls the use case, words the answer.

use crate::app::doctor;
use crate::app::gateway::Gateway;
use crate::app::jobs;
use crate::app::jobs::Dropped;
use crate::app::jobs::Job;
use crate::app::jobs::Retried;
use crate::app::ports::attention::Noted;
use crate::domain::attention::Need;
use crate::domain::id::InvalidId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::server::operator::accounts;
use crate::server::operator::findings::FindingRow;
use crate::server::operator::orders::Answer;
use crate::server::operator::orders::JobName;
use crate::server::operator::orders::JobOutcome;
use crate::server::operator::orders::JobRow;
use crate::server::operator::orders::Order;
use crate::server::operator::orders::Outcome;
use crate::server::operator::orders::Place;
use crate::server::operator::undone::Undone;

/// Carries an order out.
pub(in crate::server) async fn carry_out(gateway: &Gateway, order: Order) -> Answer {
    let done = match order {
        Order::ListJobs { site_id, after } => list(gateway, site_id.as_deref(), after).await,
        Order::RetryJobs { jobs } => retry(gateway, &jobs).await,
        Order::DropJobs { jobs } => drop_all(gateway, &jobs).await,
        Order::Accounts { asked } => {
            accounts::carry_out(gateway, asked).await.map(|told| Answer::Accounts { told })
        }
        Order::Examine => {
            let findings = doctor::examine(gateway).await;
            Ok(Answer::Examined { findings: findings.iter().map(FindingRow::from).collect() })
        }
    };
    done.unwrap_or_else(|undone| Answer::Failed { reason: undone.reason() })
}

async fn list(gateway: &Gateway, site: Option<&str>, after: Option<Place>) -> Result<Answer, Undone> {
    let site = site.map(SiteId::parse).transpose()?;
    let after = after.as_ref().map(noted).transpose()?;
    let page = jobs::list(gateway, site.as_ref(), after.as_ref()).await?;
    Ok(Answer::Jobs { jobs: page.jobs.iter().map(row).collect(), next: page.next.as_ref().map(place) })
}

async fn retry(gateway: &Gateway, names: &[JobName]) -> Result<Answer, Undone> {
    let retried = jobs::retry(gateway, &parsed(names)?).await?;
    Ok(outcomes(retried, |retried| match retried {
        Retried::Begun => Outcome::Retried,
        Retried::NotNeeded => Outcome::NotNeeded,
        Retried::Unknown => Outcome::UnknownSession,
    }))
}

async fn drop_all(gateway: &Gateway, names: &[JobName]) -> Result<Answer, Undone> {
    let dropped = jobs::drop_all(gateway, &parsed(names)?).await?;
    Ok(outcomes(dropped, |dropped| match dropped {
        Dropped::Gone => Outcome::Dropped,
        Dropped::NotListed => Outcome::NotListed,
    }))
}

fn outcomes<T>(done: Vec<(jobs::JobName, T)>, outcome: impl Fn(T) -> Outcome) -> Answer {
    let outcomes = done.into_iter().map(|(name, done)| JobOutcome {
        site_id: name.site.to_string(),
        session_id: name.session.to_string(),
        outcome: outcome(done),
    });
    Answer::Outcomes { outcomes: outcomes.collect() }
}

fn parsed(names: &[JobName]) -> Result<Vec<jobs::JobName>, InvalidId> {
    names.iter().map(job_name).collect()
}

fn job_name(name: &JobName) -> Result<jobs::JobName, InvalidId> {
    Ok(jobs::JobName { site: SiteId::parse(&name.site_id)?, session: SessionId::parse(&name.session_id)? })
}

fn noted(place: &Place) -> Result<Noted, InvalidId> {
    let jobs::JobName { site, session } = job_name(&place.job)?;
    Ok(Noted { since: place.since, site, session })
}

fn place(noted: &Noted) -> Place {
    let (site_id, session_id) = (noted.site.to_string(), noted.session.to_string());
    Place { since: noted.since, job: JobName { site_id, session_id } }
}

fn row(job: &Job) -> JobRow {
    let (why, what_to_do) = told(&job.attention.why);
    let meeting_id = match &job.attention.why {
        Need::NotRemoved { meeting } => Some(meeting.to_string()),
        Need::Rejected | Need::Unclear => None,
    };
    JobRow {
        site_id: job.noted.site.to_string(),
        session_id: job.noted.session.to_string(),
        why: why.to_owned(),
        since: job.noted.since,
        grant_id: job.attention.host.to_string(),
        host: job.owner.as_ref().map(ToString::to_string),
        meeting_id,
        what_to_do: what_to_do.to_owned(),
    }
}

/// Why, in the words of the session's link where it tells of it, and what a person can do.
fn told(need: &Need) -> (&'static str, &'static str) {
    match need {
        Need::Rejected => {
            ("provider_rejected", "correct the booking or the account at the provider, then retry")
        }
        Need::NotRemoved { .. } => {
            ("removal_refused", "remove the meeting in the host's account, then retry")
        }
        Need::Unclear => {
            ("needs_attention", "look for meetings of it in the host's account, remove them, then retry")
        }
    }
}
