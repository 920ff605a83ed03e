//! Owns the words of the OpenAPI document that many bodies share: `#[schema(value_type = Id)]`. Refuses nothing itself.

use std::borrow::Cow;

use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::path::ParameterBuilder;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::schema::KnownFormat;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::SchemaFormat;
use utoipa::openapi::schema::Type;

use crate::app::sessions_list::LinkStatus;
use crate::domain::account::LapseReason;
use crate::domain::cause::Cause;
use crate::domain::custom_link::DESCRIPTION_CHARACTERS;
use crate::domain::custom_link::PASSWORD_CHARACTERS;
use crate::domain::custom_link::URL_BYTES;
use crate::domain::event::EventKind;
use crate::domain::locale::Locale;
use crate::domain::resolve::Rule;
use crate::domain::service::ServiceKind;
use crate::domain::visibility::Audience;
use crate::web::auth::Scope;

/// What an id of the platform looks like (contract.md section 2).
const ID: &str = r"^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}$";
/// An https address with a name under a public domain.
const PUBLIC_URL: &str = r"^https://(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}(?::[1-9][0-9]{0,3})?(?:/[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?$";
/// One line of text that is not blank.
const LINE: &str = r"^(?=[\s\S]*\S)[^\u0000-\u001f\u007f-\u009f]*$";
/// One line of text without control or invisible characters, or nothing.
const PLAIN_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]*$";
/// Lines of text without other control characters, and without those that turn its direction.
const PLAIN_LINES: &str =
    r"^(?:\r\n|[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])*$";

/// The parameter that carries an operation's scopes to the finished document, where it does not stand any more.
pub(in crate::web) const SCOPES: &str = "x-scopes";

macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr;)*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub(in crate::web) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = [$($doc),+].map(str::trim).join("\n");
                RefOr::T(Schema::Object($schema.description(Some(text)).build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

words! {
    /// An id that the platform chose: opaque, and neither `.` nor `..`.
    Id = text().pattern(Some(ID)).min_length(Some(1)).max_length(Some(64)).examples(["s-1"]);
    /// Grows with every change of the resource. In headers it is written as an entity tag: `"3"`.
    Revision = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).examples([3]);
    /// A moment (RFC 3339). Answers are in UTC.
    Moment = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).examples(["2027-03-01T13:00:00Z"]);
    /// A name of 1 to 200 characters: one line, not blank, without control characters.
    Name = text().pattern(Some(LINE)).min_length(Some(1)).max_length(Some(200)).examples(["Studio Lua"]);
    /// A title of 1 to 500 characters without control characters. Zoom shows the first 200.
    Title = text()
        .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]*$"))
        .min_length(Some(1)).max_length(Some(500)).examples(["Yoga with Ana"]);
    /// The name of a time zone in the IANA database, such as `America/Sao_Paulo`.
    TimeZone = text().format(Some(custom("iana-time-zone"))).min_length(Some(1)).examples(["America/Sao_Paulo"]);
    /// A language of the pages (RFC 5646).
    Language = names(Locale::ALL.map(Locale::tag)).examples(["pt-BR"]);
    /// An https address that participants can reach: no private host or address, no user name. Written in ASCII: names
    /// in Punycode, all else percent-encoded; what means the same is taken, too.
    LinkUrl = text()
        .format(Some(custom("public-https-url"))).pattern(Some(PUBLIC_URL))
        .min_length(Some(9)).max_length(Some(URL_BYTES)).examples(["https://meet.example.com/room"]);
    /// What participants type to get in; an empty one is none. One line without invisible characters.
    LinkPassword = text()
        .pattern(Some(PLAIN_LINE)).max_length(Some(PASSWORD_CHARACTERS)).examples(["k3J9aQ"]);
    /// What participants read beside the link; a blank one is none. Line breaks and tabs, no other control characters.
    LinkDescription = text()
        .pattern(Some(PLAIN_LINES)).max_length(Some(DESCRIPTION_CHARACTERS)).examples(["Ring twice."]);
    /// What a service is.
    ServiceKindName = names(ServiceKind::ALL.map(ServiceKind::name));
    /// For whom a link is: each audience has a join address of its own, and may be hidden from.
    AudienceName = names(Audience::ALL.map(Audience::name)).default(Some("staff".into()));
    /// Who serves a link.
    ProviderName = names(["zoom", "custom_link"]);
    /// Where a link comes from.
    LinkSource = names(["site_default", "staff_account", "course_link", "session_link"]);
    /// Whether an account can be used, or must be connected again in the portal.
    AccountStateName = names(["active", "reauthorization_required"]);
    /// Why an account must be connected again: Zoom refuses its authorisation, the user removed the app, a permission is
    /// missing, or Zoom does not know the user any more.
    LapseReasonName = names(LapseReason::ALL.map(LapseReason::name));
    /// The plan of a Zoom user; meetings of a Basic host end after 40 minutes.
    PlanName = names(["basic", "licensed", "unassigned"]);
    /// What somebody should know about a link or an account.
    WarningCode = names([
        "host_double_booked", "shared_link_overlap", "basic_plan_time_limit", "staff_account_unavailable",
        "account_needs_reauthorization",
    ]);
    /// Whether there is a link: `pending` will be, `failed` needs somebody to look.
    LinkStatusName = names(LinkStatus::ALL.map(LinkStatus::name));
    /// Why a link is `pending`, `none` or `failed`. `scheduled`: what is left of the host's calls of the day is kept for sessions
    /// within 48 hours; `daily_limit_reached`: they are spent; both come by themselves, at `retry_at` or shortly after.
    LinkReason = names([
        "minting", "scheduled", "provider_unavailable", "provider_rate_limited", "daily_limit_reached",
        "reauthorization_required", "not_entitled", "no_default_account", "service_offline", "removed_by_hand",
        "session_ended", "provider_rejected", "needs_attention",
    ]);
    /// Why a link became what it is.
    CauseName = names(Cause::ALL.map(Cause::name));
    /// A rule that may decide on a link; they are asked in this order.
    RuleName = names(Rule::ALL.map(Rule::name));
    /// What became of a rule: it was asked, it gave the answer, or an earlier one had.
    RuleOutcome = names(["passed", "decided", "skipped"]);
    /// What happened.
    EventType = names(EventKind::ALL.map(EventKind::name));
    /// To what it happened: the link of a session, the links of a service, of all that an account serves, or of the whole
    /// site; or an account itself.
    EventScope = names(["session", "service", "owner", "site", "account"]);
    /// Who was handed something, in the platform's own words: 1 to 200 characters, without control characters.
    Recipient = text()
        .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]*$"))
        .min_length(Some(1)).max_length(Some(200)).examples(["customer-17"]);
    /// Where the next page begins: an answer's `next_cursor`, unchanged.
    Cursor = text().format(Some(custom("cursor"))).pattern(Some("^[A-Za-z0-9_-]+$")).examples(["ZGVmYXVsdA"]);
    /// Nothing: this is not told here.
    Untold = ObjectBuilder::new().schema_type(Type::Null);
}

/// A text.
fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// One of a closed set of texts.
pub(in crate::web) fn names<const N: usize>(names: [&'static str; N]) -> ObjectBuilder {
    text().enum_values(Some(names))
}

/// A form that JSON Schema has no name for; the description says what it is.
fn custom(name: &str) -> SchemaFormat {
    SchemaFormat::Custom(name.to_owned())
}

/// An id in the path.
pub(in crate::web) fn path_id(name: &str) -> Parameter {
    let what = name.trim_end_matches("_id").replace('_', " ");
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(utoipa::openapi::Required::True)
        .description(Some(format!("The id of the {what}, as the platform chose it.")))
        .schema(Some(Id::schema()))
        .build()
}

/// A header that may be left out.
pub(in crate::web) fn header(name: &str, description: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(utoipa::openapi::Required::False)
        .description(Some(description))
        .schema(Some(Schema::Object(schema)))
        .build()
}

/// A header's text with an example; `form` is a name for its form.
pub(in crate::web) fn header_text(form: &str, example: &str) -> Object {
    text().format(Some(custom(form))).examples([example]).build()
}

/// Carries the scopes of which an operation needs one.
pub(in crate::web) fn scopes(any_of: &[Scope]) -> Parameter {
    let names: Vec<_> = any_of.iter().map(|scope| scope.name()).collect();
    let carried = Extensions::builder().add(SCOPES, names).build();
    ParameterBuilder::new().name(SCOPES).parameter_in(ParameterIn::Header).extensions(Some(carried)).build()
}
