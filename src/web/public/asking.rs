//! Writes the pages of a connect flow: what will happen, who came back, what went wrong.

use crate::app::connect;
use crate::app::portal::Visitor;
use crate::domain::account::Owner;
use crate::domain::account::Plan;
use crate::domain::portal::PendingConnect;
use crate::domain::site::Site;
use crate::web::public::pages::Ask;
use crate::web::public::pages::Control;
use crate::web::public::pages::Method;
use crate::web::public::pages::Tone;
use crate::web::public::refusal::Why;
use crate::web::public::shell::Shell;
use crate::web::public::words;
use crate::web::urls;

/// What will happen.
pub(super) fn explain(
    shell: Shell,
    visitor: &Visitor,
    (owner, site): (&Owner, &Site),
    alert: Option<&'static str>,
) -> Ask {
    let whose = words::owner_at(&shell, owner, site);
    let replaced = site.accounts.get(owner).map(|account| words::connected(&shell, &account.connection).who);
    let mut text = vec![shell.fill("connect-text", &[("owner", &whose)])];
    text.extend(replaced.map(|who| shell.fill("connect-replaces", &[("who", &who)])));
    let steps = ["connect-step-login", "connect-step-consent", "connect-step-confirm"];
    Ask {
        form_token: form_token(visitor),
        title: shell.say("connect-title"),
        alert: alert.map(|key| shell.say(key)),
        text,
        facts: Vec::new(),
        steps: steps.into_iter().map(|key| shell.say(key)).collect(),
        offers: vec![
            post(&shell, ("connect_zoom", "connect-zoom"), urls::about(urls::CONNECT, owner), Tone::Primary),
            post(&shell, ("cancel", "cancel"), urls::CANCEL.to_owned(), Tone::Quiet),
        ],
        shell,
    }
}

/// Who came back: the account, and for whom; another user than before is said so.
pub(super) fn confirm(shell: Shell, visitor: &Visitor, pending: &PendingConnect, site: &Site) -> Ask {
    let before = site.accounts.get(&pending.owner).and_then(|account| account.connection.hosted());
    let another = before.filter(|account| {
        (&account.host.user_id, &account.host.account_id) != (&pending.host.user_id, &pending.host.account_id)
    });
    let mut text = Vec::new();
    match pending.host.plan {
        Plan::Basic => text.push(shell.say("confirm-basic")),
        Plan::Unassigned => text.push(shell.say("confirm-unassigned")),
        Plan::Licensed => {}
    }
    text.push(shell.say("confirm-another-hint"));
    Ask {
        form_token: form_token(visitor),
        title: shell.say("confirm-title"),
        alert: another.map(|account| shell.fill("confirm-another", &[("email", &account.host.email)])),
        text,
        facts: vec![
            (shell.say("confirm-account"), words::host(&shell, &pending.host)),
            (shell.say("confirm-for"), words::owner_at(&shell, &pending.owner, site)),
        ],
        steps: Vec::new(),
        offers: vec![
            Control {
                shown: Some(connect::mark(pending)),
                ..post(&shell, ("confirm", "confirm"), urls::CONFIRM.to_owned(), Tone::Primary)
            },
            post(&shell, ("use_another", "use-another"), urls::USE_ANOTHER.to_owned(), Tone::Quiet),
            post(&shell, ("cancel", "cancel"), urls::CANCEL.to_owned(), Tone::Quiet),
        ],
        shell,
    }
}

/// What went wrong, and another try.
pub(super) fn failed(shell: Shell, visitor: &Visitor, owner: &Owner, why: Why) -> Ask {
    let (title, text) = why.keys();
    Ask {
        form_token: form_token(visitor),
        title: shell.say(title),
        alert: Some(shell.say(text)),
        text: vec![shell.say("failed-again")],
        facts: Vec::new(),
        steps: Vec::new(),
        offers: vec![
            post(&shell, ("connect_zoom", "try-again"), urls::about(urls::CONNECT, owner), Tone::Primary),
            post(&shell, ("cancel", "cancel"), urls::CANCEL.to_owned(), Tone::Quiet),
        ],
        shell,
    }
}

fn form_token(visitor: &Visitor) -> String {
    visitor.session.form_token.expose().to_owned()
}

fn post(shell: &Shell, (action, key): (&'static str, &str), target: String, tone: Tone) -> Control {
    Control { action, label: shell.say(key), target, method: Method::Post, shown: None, tone }
}
