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

/// The accounts of a site, or of all sites, in order; fails where there is no such site.
pub(in crate::cli) async fn accounts(desk: &Desk, site: Option<&str>) -> anyhow::Result<Vec<AccountRow>> {
    let Some(site) = site else { return accounts_of_all(desk).await };
    let mut rows = Vec::new();
    match accounts_of(desk, site, &mut rows).await? {
        None => Ok(rows),
        Some(unknown) => bail!("{unknown}"),
    }
}

async fn accounts_of_all(desk: &Desk) -> anyhow::Result<Vec<AccountRow>> {
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
            | AccountAnswer::Unknown { .. } => bail!(MISPLACED),
        }
        if after.is_none() {
            break;
        }
    }
    let mut rows = Vec::new();
    for site in sites {
        // One that is unknown was off-boarded meanwhile.
        let _unknown = accounts_of(desk, &site, &mut rows).await?;
    }
    Ok(rows)
}

/// Appends the accounts of a site; answers why there are none where there is no such site.
async fn accounts_of(desk: &Desk, site: &str, rows: &mut Vec<AccountRow>) -> anyhow::Result<Option<String>> {
    let mut after = None;
    loop {
        match ask(desk, AccountOrder::List { site_id: site.to_owned(), after }).await? {
            AccountAnswer::Listed { accounts, next } => {
                rows.extend(accounts);
                after = next;
            }
            AccountAnswer::Unknown { reason } => return Ok(Some(reason)),
            AccountAnswer::Sites { .. }
            | AccountAnswer::Shown { .. }
            | AccountAnswer::Refreshed { .. }
            | AccountAnswer::Disconnected { .. } => bail!(MISPLACED),
        }
        if after.is_none() {
            return Ok(None);
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
