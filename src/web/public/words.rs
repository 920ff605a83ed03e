//! Says what the use cases speak of: owners, plans, what is wrong with a link. Knows no pages.

use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::Host;
use crate::domain::account::LapseReason;
use crate::domain::account::Owner;
use crate::domain::account::Plan;
use crate::domain::custom_link::InvalidLink;
use crate::domain::site::Site;
use crate::web::public::pages::Connected;
use crate::web::public::pages::Health;
use crate::web::public::shell::Shell;

/// Whose account it is: "the default account", "ana".
pub(super) fn owner(shell: &Shell, owner: &Owner) -> String {
    match owner.staff() {
        None => shell.say("owner-default"),
        Some(member) => shell.fill("owner-staff", &[("staff", member.as_str())]),
    }
}

/// Whose account it is, and where: "the default account of Studio Lua", "ana at Studio Lua".
pub(super) fn owner_at(shell: &Shell, owner: &Owner, site: &Site) -> String {
    let business = site.settings.display_name.as_str();
    match owner.staff() {
        None => shell.fill("owner-default-at", &[("business", business)]),
        Some(member) => shell.fill("owner-staff-at", &[("staff", member.as_str()), ("business", business)]),
    }
}

/// What a plan is called.
pub(super) fn plan(shell: &Shell, plan: Plan) -> String {
    shell.say(match plan {
        Plan::Basic => "plan-basic",
        Plan::Licensed => "plan-licensed",
        Plan::Unassigned => "plan-unassigned",
    })
}

/// A user at Zoom: "ana@studio.example (Licensed)".
pub(super) fn host(shell: &Shell, host: &Host) -> String {
    shell.fill("zoom-user", &[("email", &host.email), ("plan", &plan(shell, host.plan))])
}

/// What an account is connected to. Of a custom link, scheme and host only.
pub(super) fn connected(shell: &Shell, connection: &Connection) -> Connected {
    match connection {
        Connection::Hosted(account) => {
            let (health, state) = match account.state {
                AccountState::Active => (Health::Good, "state-active"),
                AccountState::ReauthorizationRequired { .. } => (Health::Broken, "state-reauthorization"),
            };
            Connected {
                provider: shell.say("provider-zoom"),
                mark: "Z",
                who: account.host.email.clone(),
                detail: Some(plan(shell, account.host.plan)),
                health,
                state: shell.say(state),
            }
        }
        Connection::Custom(link) => Connected {
            provider: shell.say("provider-custom"),
            mark: "↗",
            who: link.url.to_string(),
            detail: None,
            health: Health::Good,
            state: shell.say("state-active"),
        },
    }
}

/// Since when, and why, Zoom does not let us in any more, and what to do; nothing while it does.
pub(super) fn lapse(shell: &Shell, state: AccountState) -> Vec<String> {
    let AccountState::ReauthorizationRequired { since, reason } = state else { return Vec::new() };
    let part = |format: &str| since.strftime(format).to_string();
    let [year, month, day, time] = ["%Y", "%m", "%d", "%H:%M"].map(part);
    let when = [("year", &*year), ("month", &*month), ("day", &*day), ("time", &*time)];
    let (why, what_to_do) = match reason {
        LapseReason::Refused => ("lapse-refused", "lapse-reconnect"),
        LapseReason::Removed => ("lapse-removed", "lapse-reconnect"),
        LapseReason::MissingScopes => ("lapse-missing-scopes", "lapse-allow"),
        LapseReason::UserGone => ("lapse-user-gone", "lapse-restore"),
    };
    vec![shell.fill("lapse-since", &when), shell.say(why), shell.say(what_to_do)]
}

/// What is wrong with a field of a custom link.
pub(super) fn invalid(shell: &Shell, invalid: InvalidLink) -> String {
    shell.say(match invalid {
        InvalidLink::UrlMissing => "error-url-missing",
        InvalidLink::UrlTooLong => "error-url-too-long",
        InvalidLink::UrlCharacter => "error-url-character",
        InvalidLink::UrlNotHttps => "error-url-not-https",
        InvalidLink::UrlUserInfo => "error-url-user-info",
        InvalidLink::UrlPrivateHost => "error-url-private-host",
        InvalidLink::PasswordTooLong => "error-password-too-long",
        InvalidLink::PasswordCharacter => "error-password-character",
        InvalidLink::DescriptionTooLong => "error-description-too-long",
        InvalidLink::DescriptionCharacter => "error-description-character",
    })
}
