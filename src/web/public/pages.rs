//! Owns what every page shows: the values between a use case and a template, all text in the reader's language.

use std::borrow::Cow;

use askama::Template;

use crate::web::public::shell::Shell;

/// A page that says something, and offers nothing.
#[derive(Template)]
#[template(path = "notice.html", config = "src/web/public/askama.toml")]
pub(super) struct Notice {
    /// The frame.
    pub(super) shell: Shell,
    /// What it is about.
    pub(super) title: String,
    /// What happened and what to do.
    pub(super) text: String,
    /// How the request is called, where an operator may be asked about it.
    pub(super) request: Option<String>,
    /// Names the page for tests and styles.
    pub(super) kind: Cow<'static, str>,
}

/// A control that a person acts with.
pub(super) struct Control {
    /// Its `data-action` (contract.md section 3, Pages).
    pub(super) action: &'static str,
    /// What it says.
    pub(super) label: String,
    /// Where it leads.
    pub(super) target: String,
    /// Whether it only looks, or changes something.
    pub(super) method: Method,
    /// Sent along as `shown`: what the page shows, where pressing it means just that.
    pub(super) shown: Option<String>,
    /// How it looks.
    pub(super) tone: Tone,
}

/// How a control is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// A link.
    Get,
    /// A form.
    Post,
}

/// How a control looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// What most people want.
    Primary,
    /// What some want.
    Quiet,
    /// What takes something away.
    Danger,
}

impl Control {
    fn is_form(&self) -> bool {
        self.method == Method::Post
    }

    const fn class(&self) -> &'static str {
        match self.tone {
            Tone::Primary => "button primary",
            Tone::Quiet => "button",
            Tone::Danger => "button danger",
        }
    }
}

/// The one-time link's page.
#[derive(Template)]
#[template(path = "open.html", config = "src/web/public/askama.toml")]
pub(super) struct Open {
    /// The frame.
    pub(super) shell: Shell,
    /// Where its form is sent.
    pub(super) target: String,
}

/// One account on the manage page.
pub(super) struct Card {
    /// `default` or `staff/<id>`.
    pub(super) owner: String,
    /// Whose it is, in words.
    pub(super) title: String,
    /// What it is for, or what is wrong and what to do.
    pub(super) hints: Vec<String>,
    /// What it is connected to; `None` where it is not.
    pub(super) connected: Option<Connected>,
    /// What can be done about it.
    pub(super) controls: Vec<Control>,
}

/// What an account is connected to, as far as a visitor may see it.
pub(super) struct Connected {
    /// Who serves it.
    pub(super) provider: String,
    /// The provider's mark.
    pub(super) mark: &'static str,
    /// The e-mail, or scheme and host.
    pub(super) who: String,
    /// The plan.
    pub(super) detail: Option<String>,
    /// Whether it works.
    pub(super) health: Health,
    /// Whether it works, in words.
    pub(super) state: String,
}

/// Whether an account works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It does.
    Good,
    /// Somebody must act.
    Broken,
}

impl Connected {
    const fn class(&self) -> &'static str {
        match self.health {
            Health::Good => "state good",
            Health::Broken => "state broken",
        }
    }
}

/// The accounts of a site.
#[derive(Template)]
#[template(path = "manage.html", config = "src/web/public/askama.toml")]
pub(super) struct Manage {
    /// The frame.
    pub(super) shell: Shell,
    /// Stands in every form.
    pub(super) form_token: String,
    /// What has just happened.
    pub(super) notice: Option<String>,
    /// What these accounts are for.
    pub(super) intro: String,
    /// The accounts.
    pub(super) cards: Vec<Card>,
    /// Where an owner adds a staff member's account.
    pub(super) add_staff: Option<&'static str>,
    /// Where the portal is left.
    pub(super) done: &'static str,
}

/// A page that explains one thing and asks for it: connecting, confirming, disconnecting, failing.
#[derive(Template)]
#[template(path = "ask.html", config = "src/web/public/askama.toml")]
pub(super) struct Ask {
    /// The frame.
    pub(super) shell: Shell,
    /// Stands in every form.
    pub(super) form_token: String,
    /// What it is about.
    pub(super) title: String,
    /// What went wrong before, or is unusual.
    pub(super) alert: Option<String>,
    /// What will happen.
    pub(super) text: Vec<String>,
    /// What it is about, in a table of two columns.
    pub(super) facts: Vec<(String, String)>,
    /// The steps ahead.
    pub(super) steps: Vec<String>,
    /// What the person may do.
    pub(super) offers: Vec<Control>,
}

/// What becomes of upcoming meetings when an account goes.
#[derive(Template)]
#[template(path = "disconnect.html", config = "src/web/public/askama.toml")]
pub(super) struct Disconnect {
    /// The frame.
    pub(super) shell: Shell,
    /// Stands in every form.
    pub(super) form_token: String,
    /// What is disconnected.
    pub(super) text: String,
    /// What follows from it.
    pub(super) consequence: String,
    /// Whether there are meetings to be kept or deleted.
    pub(super) choice: Choice,
    /// Where the form is sent.
    pub(super) target: String,
    /// Where the person goes who thinks better of it.
    pub(super) back: String,
}

/// What a person chooses when an account goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Whether upcoming meetings are kept at the provider, or deleted there.
    Meetings,
    /// Nothing: there are none.
    Nothing,
}

impl Disconnect {
    fn has_meetings(&self) -> bool {
        self.choice == Choice::Meetings
    }
}

/// A field of a form: what was typed, and what is wrong with it.
pub(super) struct Field {
    /// What was typed, or stands there already.
    pub(super) value: String,
    /// What is wrong with it.
    pub(super) error: Option<String>,
}

/// The form of a custom link.
#[derive(Template)]
#[template(path = "custom_link.html", config = "src/web/public/askama.toml")]
pub(super) struct CustomLinkForm {
    /// The frame.
    pub(super) shell: Shell,
    /// Stands in every form.
    pub(super) form_token: String,
    /// Whose link it is.
    pub(super) whose: String,
    /// What it takes the place of.
    pub(super) replaces: Option<String>,
    /// Where the form is sent.
    pub(super) target: String,
    /// Where the person goes who thinks better of it.
    pub(super) back: String,
    /// The address.
    pub(super) url: Field,
    /// What participants type to get in.
    pub(super) password: Field,
    /// What participants read beside it.
    pub(super) description: Field,
}

impl CustomLinkForm {
    fn has_errors(&self) -> bool {
        [&self.url, &self.password, &self.description].into_iter().any(|field| field.error.is_some())
    }
}

/// Where an owner names a staff member.
#[derive(Template)]
#[template(path = "staff.html", config = "src/web/public/askama.toml")]
pub(super) struct Staff {
    /// The frame.
    pub(super) shell: Shell,
    /// Where the account is connected at Zoom.
    pub(super) connect: &'static str,
    /// Where a custom link is written.
    pub(super) custom_link: &'static str,
    /// Where the person goes who thinks better of it.
    pub(super) back: &'static str,
}

/// A custom link that is shown before anybody follows it.
#[derive(Template)]
#[template(path = "join.html", config = "src/web/public/askama.toml")]
pub(super) struct Join {
    /// The frame.
    pub(super) shell: Shell,
    /// What participants know the session by.
    pub(super) title: String,
    /// Where it leads, in words.
    pub(super) leads_to: String,
    /// The host, in its plain form.
    pub(super) host: String,
    /// The whole address.
    pub(super) url: String,
    /// What participants type to get in.
    pub(super) password: Option<String>,
    /// What participants read beside it.
    pub(super) description: Option<String>,
}

/// A link that is not there yet.
#[derive(Template)]
#[template(path = "waiting.html", config = "src/web/public/askama.toml")]
pub(super) struct Waiting {
    /// The frame.
    pub(super) shell: Shell,
    /// What participants know the session by.
    pub(super) title: String,
    /// Why, and what to do.
    pub(super) text: String,
    /// The message beneath it: what happens by itself.
    pub(super) fine: &'static str,
}
