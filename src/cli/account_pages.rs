//! Owns how accounts are named on the command line and asked for: page by page, each once.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::domain::account::Owner;
use crate::domain::id::SiteId;
use crate::server::operator::AccountAnswer;
use crate::server::operator::AccountOrder;
use crate::server::operator::AccountRow;
use crate::server::operator::Answer;
use crate::server::operator::Desk;
use crate::server::operator::Order;

/// What a gateway of another version may cause.
pub(in crate::cli) const MISPLACED: &str =
    "the gateway answers something else than asked: use the command of its own version";

/// Has an order about accounts carried out.
pub(in crate::cli) async fn ask(desk: &Desk, asked: AccountOrder) -> anyhow::Result<AccountAnswer> {
    match desk.ask(Order::Accounts { asked }).await? {
        Answer::Accounts { told } => Ok(told),
        Answer::Failed { reason } => bail!("{reason}"),
        Answer::Jobs { .. } | Answer::Outcomes { .. } | Answer::Examined { .. } => bail!(MISPLACED),
    }
}

/// Accounts that were found.
pub(in crate::cli) struct Found {
    /// They, in order.
    pub(in crate::cli) rows: Vec<AccountRow>,
    /// The sites that cannot be read, and what to do: a sentence each.
    pub(in crate::cli) unreadable: Vec<String>,
}

/// The accounts of a site, or of all sites, in order; fails where there is no such site.
pub(in crate::cli) async fn accounts(desk: &Desk, site: Option<&str>) -> anyhow::Result<Found> {
    let Some(site) = site else { return accounts_of_all(desk).await };
    let mut found = Found { rows: Vec::new(), unreadable: Vec::new() };
    match accounts_of(desk, site, &mut found.rows).await? {
        Reached::End => Ok(found),
        Reached::Unknown(reason) | Reached::Unreadable(reason) => bail!("{reason}"),
    }
}

impl Found {
    /// Names on stderr what cannot be read.
    pub(in crate::cli) fn report(&self) {
        for reason in &self.unreadable {
            eprintln!("{reason}");
        }
    }
}

/// How far the list of a site's accounts was read.
enum Reached {
    End,
    Unknown(String),
    Unreadable(String),
}

async fn accounts_of_all(desk: &Desk) -> anyhow::Result<Found> {
    let (mut sites, mut after) = (BTreeSet::new(), None);
    loop {
        match ask(desk, AccountOrder::Sites { after }).await? {
            AccountAnswer::Sites { site_ids, next } => {
                sites.extend(site_ids);
                after = next;
            }
            AccountAnswer::Listed { .. }
            | AccountAnswer::Shown { .. }
            | AccountAnswer::Refreshed { .. }
            | AccountAnswer::Disconnected { .. }
            | AccountAnswer::Unreadable { .. }
            | AccountAnswer::Unknown { .. } => bail!(MISPLACED),
        }
        if after.is_none() {
            break;
        }
    }
    let mut found = Found { rows: Vec::new(), unreadable: Vec::new() };
    for site in sites {
        match accounts_of(desk, &site, &mut found.rows).await? {
            // One that is unknown was off-boarded meanwhile.
            Reached::End | Reached::Unknown(_) => {}
            Reached::Unreadable(reason) => found.unreadable.push(reason),
        }
    }
    Ok(found)
}

/// Appends the accounts of a site.
async fn accounts_of(desk: &Desk, site: &str, rows: &mut Vec<AccountRow>) -> anyhow::Result<Reached> {
    let mut after = None;
    loop {
        match ask(desk, AccountOrder::List { site_id: site.to_owned(), after }).await? {
            AccountAnswer::Listed { accounts, next } => {
                rows.extend(accounts);
                after = next;
            }
            AccountAnswer::Unknown { reason } => return Ok(Reached::Unknown(reason)),
            AccountAnswer::Unreadable { reason } => return Ok(Reached::Unreadable(reason)),
            AccountAnswer::Sites { .. }
            | AccountAnswer::Shown { .. }
            | AccountAnswer::Refreshed { .. }
            | AccountAnswer::Disconnected { .. } => bail!(MISPLACED),
        }
        if after.is_none() {
            return Ok(Reached::End);
        }
    }
}

/// Reads a site's id.
pub(in crate::cli) fn site(text: &str) -> Result<String, String> {
    SiteId::parse(text).map(|id| id.to_string()).map_err(|error| error.to_string())
}

/// Reads whose account is meant.
pub(in crate::cli) fn owner(text: &str) -> Result<String, String> {
    let owner = Owner::parse(text).ok_or("write default, or staff/ID, such as staff/ana")?;
    Ok(owner.to_string())
}
