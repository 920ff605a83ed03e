//! Says what is wrong with an account, whose fault it is and what to do, to operators. Decides nothing.

use crate::app::rotation::Rotated;
use crate::domain::account::LapseReason;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::grant::Grant;
use crate::server::operator::account_orders::AccountName;
use crate::server::operator::account_orders::Meetings;

/// What an operator can do about an account; nothing where nothing is wrong.
pub(in crate::server::operator) fn what_to_do(diagnosis: Diagnosis) -> Option<&'static str> {
    match diagnosis {
        Diagnosis::Healthy => None,
        Diagnosis::Lapsed { reason, .. } => Some(lapsed(reason)),
        Diagnosis::Severed => {
            Some("the authorisation is gone: ask the owner to reconnect the account in the portal")
        }
        Diagnosis::Stuck { .. } => Some(
            "a renewal that was begun never ended and nobody took over: see that a gateway runs, then accounts refresh",
        ),
        Diagnosis::Neglected { .. } => Some(
            "nobody renews the tokens, which die 90 days after the last time: see that a gateway runs and reaches Zoom, then accounts refresh",
        ),
        Diagnosis::Unreadable => Some(UNREADABLE),
        Diagnosis::Unlicensed => Some(
            "the Zoom user may host no meetings: ask the owner to have a Zoom administrator assign a licence; it is noticed within a day",
        ),
    }
}

/// What an operator can do about an authorisation whose record cannot be opened.
pub(in crate::server::operator) const UNREADABLE: &str = "its record cannot be opened: see that the keyring has every key that was ever used, or restore the record from a backup; where neither can be, ask the owner to reconnect the account in the portal as the same Zoom user, which replaces it";

/// What an operator can do about a site whose record cannot be opened.
pub(in crate::server::operator) const SITE_UNREADABLE: &str = "its record cannot be opened: see that the keyring has every key that was ever used, or restore the record from a backup";

fn lapsed(reason: LapseReason) -> &'static str {
    match reason {
        LapseReason::Refused => {
            "Zoom refuses the authorisation, the owner has to renew it: ask them to reconnect the account in the portal as the same Zoom user"
        }
        LapseReason::Removed => {
            "the user removed the app at Zoom: ask the owner to reconnect the account in the portal as the same Zoom user"
        }
        LapseReason::MissingScopes => {
            "a permission is missing: see that the Zoom app has every scope, then ask the owner to reconnect in the portal and allow all of them"
        }
        LapseReason::UserGone => {
            "Zoom does not know the user any more: ask the owner to have them restored at Zoom and reconnect, or to connect another Zoom user"
        }
    }
}

/// What an account that is disconnected leaves behind.
pub(in crate::server::operator) struct Left<'a> {
    /// Of which site it was.
    pub(in crate::server::operator) site_id: &'a str,
    /// How it was.
    pub(in crate::server::operator) diagnosis: Diagnosis,
    /// What it used, where that can be read.
    pub(in crate::server::operator) grant: Option<&'a Grant>,
    /// Who else uses it.
    pub(in crate::server::operator) others: &'a [AccountName],
}

impl Left<'_> {
    fn is_used_by_the_site(&self) -> bool {
        self.others.iter().any(|other| other.site_id == self.site_id)
    }
}

fn works(grant: Option<&Grant>) -> bool {
    grant.is_some_and(|grant| grant.tokens.pair().is_some())
}

/// What becomes of meetings ahead where an account is disconnected.
pub(in crate::server::operator) fn meetings_follow(meetings: Meetings, left: &Left<'_>) -> &'static str {
    match (meetings, left.is_used_by_the_site(), works(left.grant)) {
        (Meetings::Keep, _, _) => "their meetings stay at Zoom",
        (Meetings::Delete, _, _) if left.diagnosis == Diagnosis::Unreadable => {
            "their meetings are deleted at Zoom once the authorisation can be opened"
        }
        (Meetings::Delete, true, _) => {
            "their meetings stay at Zoom, since another account of this site is the same Zoom user: disconnect that one as well to have them deleted"
        }
        (Meetings::Delete, false, true) => "their meetings are deleted at Zoom by a running gateway",
        (Meetings::Delete, false, false) => {
            "their meetings stay at Zoom, since the authorisation does not work any more: whoever holds the Zoom account deletes them there"
        }
    }
}

/// What becomes of the authorisation then.
pub(in crate::server::operator) fn revocation_follows(left: &Left<'_>) -> &'static str {
    match (left.diagnosis, left.others.is_empty(), works(left.grant)) {
        (Diagnosis::Unreadable, _, _) => {
            "the authorisation cannot be opened: it is revoked once it can, and until then the user removes the app at Zoom"
        }
        (_, false, _) => "other accounts go on using the authorisation",
        (_, true, true) => "then the authorisation is revoked there",
        (_, true, false) => "the authorisation did not work any more and is forgotten",
    }
}

/// What became of a renewal, where there is something to say.
pub(in crate::server::operator) fn rotated(rotated: Rotated) -> Option<&'static str> {
    match rotated {
        Rotated::Refreshed | Rotated::AlreadyRefreshed => None,
        Rotated::Gone => Some(
            "the authorisation is gone: where accounts list still shows the account, ask the owner to reconnect it in the portal",
        ),
        Rotated::Lapsed(reason) => Some(lapsed(reason)),
        Rotated::UnderWay => Some(
            "a gateway is renewing the tokens and has not finished: nobody's fault yet, repeat the command in some minutes",
        ),
        Rotated::Unreachable => Some(
            "Zoom could not be reached, the tokens from before still work: see zoom.token_url and the network, then repeat the command",
        ),
        Rotated::Lost => Some(
            "Zoom gave no clear answer, so the refresh token may be spent: a gateway tries it once more in some minutes, see accounts list then",
        ),
        Rotated::OurCredentials => Some(
            "Zoom refuses this app's own credentials, no user is at fault and the tokens still work: correct zoom.client_id and zoom.client_secrets, then repeat the command",
        ),
    }
}
