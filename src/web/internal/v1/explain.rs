//! `…/sessions/{session_id}/link/explain`: why a session has the link it has (R17), in the reader's language.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::sessions;
use crate::app::sessions::SessionView;
use crate::domain::account::Provider;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::domain::link::Link;
use crate::domain::resolve::Outcome;
use crate::domain::resolve::Rule;
use crate::domain::resolve::RuleStep;
use crate::domain::resolve::Saw;
use crate::domain::resolve::Source;
use crate::domain::resolve::explain as explain_rules;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::language;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::Language;
use crate::web::schema::LinkReason;
use crate::web::schema::LinkSource;
use crate::web::schema::LinkStatusName;
use crate::web::schema::ProviderName;
use crate::web::schema::RuleName;
use crate::web::schema::RuleOutcome;
use crate::web::texts::Texts;

/// The link that was decided on, and the rules that led to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "decision": {"status": "none", "reason": "no_default_account", "source": null, "provider": null},
    "steps": [
        {"rule": "entitlement", "outcome": "passed", "detail": "The plan of Studio Lua includes video."},
        {"rule": "main_gate", "outcome": "decided", "detail": "Studio Lua has no default account, so none of its sessions shows a link. Connect one to bring the links back."},
    ],
})))]
pub(super) struct Explanation {
    /// What was decided.
    decision: DecisionBody,
    /// The rules in order: those that were asked, the one that gave the answer, and those that it kept from being asked.
    steps: Vec<StepBody>,
}

/// What staff would be told of the link, and nothing that opens it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LinkDecision)]
struct DecisionBody {
    /// Whether there is a link.
    #[schema(value_type = LinkStatusName)]
    status: &'static str,
    /// Why the link is not ready; `null` where it is.
    #[schema(required, value_type = Option<LinkReason>)]
    reason: Option<&'static str>,
    /// Where it comes from; `null` where there is none.
    #[schema(required, value_type = Option<LinkSource>)]
    source: Option<&'static str>,
    /// Who serves it; `null` where there is none.
    #[schema(required, value_type = Option<ProviderName>)]
    provider: Option<&'static str>,
}

/// One rule, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleStep)]
struct StepBody {
    /// Which rule.
    #[schema(value_type = RuleName)]
    rule: &'static str,
    /// What became of it.
    #[schema(value_type = RuleOutcome)]
    outcome: &'static str,
    /// What it saw, in the reader's language.
    detail: String,
}

/// An answer in a language, and what it was chosen by (RFC 9110 section 12.5).
type InLanguage = [(HeaderName, &'static str); 2];

/// Explain the link of a session
///
/// Which rule decided on it, and what each saw; nothing that opens it.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/sessions/{session_id}/link/explain",
    operation_id = "explainLink",
    tag = "Links",
    params(
        OnSite<needs::LinksRead>,
        PathId<SessionId>,
        ("Accept-Language" = Option<String>, Header, description = "The languages that the reader understands (RFC 9110). \
         Where it names none of ours, the language of the site is used.", example = "pt-BR, en;q=0.8"),
    ),
    responses((
        status = 200,
        description = "The decision and the rules that led to it.",
        body = Explanation,
        headers(
            ("Content-Language" = Language, description = "The language of the sentences."),
            ("Vary", description = "`Accept-Language`: by what the language was chosen."),
        ),
    )),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
pub(super) async fn explain(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
    headers: HeaderMap,
) -> Result<(InLanguage, Answer<Explanation>), Problem> {
    let view = sessions::find(&state.gateway, on.site.id(), &id).await?;
    let locale = language::accepted(&headers).unwrap_or(view.site.settings.locale);
    let link = Link::of(&view.site, &view.session, state.gateway.clock.now());
    let (_, steps) = explain_rules(&view.site, &view.session);
    let names = Names::of(&view);
    let steps = steps.iter().map(|step| StepBody::new(step, &names, Texts::of(locale))).collect();
    let answered = [(header::CONTENT_LANGUAGE, locale.tag()), (header::VARY, "Accept-Language")];
    Ok((answered, Answer(Explanation { decision: DecisionBody::from(&link), steps })))
}

impl From<&Link<'_>> for DecisionBody {
    fn from(link: &Link<'_>) -> Self {
        Self {
            status: link.status.name(),
            reason: link.status.reason(),
            source: link.source.map(Source::name),
            provider: link.provider.map(Provider::name),
        }
    }
}

/// How people call what the rules saw.
#[derive(Debug)]
struct Names {
    business: String,
    service: String,
    staff: String,
}

impl Names {
    /// A service that is gone is called by its id.
    fn of(view: &SessionView) -> Self {
        let site = &view.site;
        let booking = view.session.booking.as_ref();
        let id = booking.map(|booking| &booking.service_id);
        let service = id.and_then(|id| site.services.get(id)).map(|service| service.name.clone());
        let staff = booking.map_or(&[][..], |booking| &booking.staff_ids);
        Self {
            business: site.settings.display_name.clone(),
            service: service.or_else(|| id.map(|id| id.as_str().to_owned())).unwrap_or_default(),
            staff: staff.iter().map(StaffId::as_str).collect::<Vec<_>>().join(", "),
        }
    }
}

impl StepBody {
    fn new(step: &RuleStep<'_>, names: &Names, texts: &Texts) -> Self {
        let outcome = match step.outcome {
            Outcome::Passed => "passed",
            Outcome::Decided => "decided",
            Outcome::Skipped => "skipped",
        };
        Self { rule: step.rule.name(), outcome, detail: sentence(step, names, texts) }
    }
}

fn sentence(step: &RuleStep<'_>, names: &Names, texts: &Texts) -> String {
    let business = ("business", names.business.as_str());
    let service = ("service", names.service.as_str());
    let Some(saw) = step.saw else { return texts.say("rule-skipped") };
    let (key, value) = match saw {
        Saw::Entitled => ("rule-entitled", business),
        Saw::NotEntitled => ("rule-not-entitled", business),
        Saw::DefaultConnected if step.rule == Rule::SiteDefault => ("rule-site-default", business),
        Saw::DefaultConnected => ("rule-gate-open", business),
        Saw::NoDefault => ("rule-gate-closed", business),
        Saw::Removed => ("rule-removed", service),
        Saw::NotRemoved => ("rule-not-removed", service),
        Saw::VideoOn => ("rule-video-on", service),
        Saw::VideoOff => ("rule-video-off", service),
        Saw::AddedByHand => ("rule-added-by-hand", service),
        Saw::NoService => ("rule-no-service", service),
        Saw::CustomLink => ("rule-custom-link", service),
        Saw::NoCustomLink => ("rule-no-custom-link", service),
        Saw::HasCourseLink => ("rule-course-link", service),
        Saw::NoCourseLink => ("rule-no-course-link", service),
        Saw::NotACourse => ("rule-not-a-course", service),
        Saw::CourseIgnoresStaff => ("rule-course-ignores-staff", service),
        Saw::StaffHasAccount(member) => ("rule-staff-account", ("staff", member.as_str())),
        Saw::NoStaffAccount => ("rule-no-staff-account", ("staff", names.staff.as_str())),
        Saw::NoStaff => ("rule-no-staff", service),
    };
    texts.fill(key, &[value])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::locale::Locale;

    #[test]
    fn every_sentence_can_be_read_in_every_language() {
        let ana = StaffId::parse("ana").unwrap();
        let saws = [
            (Rule::Entitlement, Saw::Entitled),
            (Rule::Entitlement, Saw::NotEntitled),
            (Rule::MainGate, Saw::DefaultConnected),
            (Rule::MainGate, Saw::NoDefault),
            (Rule::RemovedByHand, Saw::Removed),
            (Rule::RemovedByHand, Saw::NotRemoved),
            (Rule::ServiceVideo, Saw::VideoOn),
            (Rule::ServiceVideo, Saw::VideoOff),
            (Rule::ServiceVideo, Saw::AddedByHand),
            (Rule::ServiceVideo, Saw::NoService),
            (Rule::CustomByHand, Saw::CustomLink),
            (Rule::CustomByHand, Saw::NoCustomLink),
            (Rule::CourseLink, Saw::HasCourseLink),
            (Rule::CourseLink, Saw::NoCourseLink),
            (Rule::CourseLink, Saw::NotACourse),
            (Rule::StaffAccount, Saw::CourseIgnoresStaff),
            (Rule::StaffAccount, Saw::StaffHasAccount(&ana)),
            (Rule::StaffAccount, Saw::NoStaffAccount),
            (Rule::StaffAccount, Saw::NoStaff),
            (Rule::SiteDefault, Saw::DefaultConnected),
        ];
        let names = Names { business: "Studio Lua".into(), service: "Yoga".into(), staff: "ana, bob".into() };
        let asked = saws.map(|(rule, saw)| RuleStep { rule, outcome: Outcome::Passed, saw: Some(saw) });
        let skipped = RuleStep { rule: Rule::SiteDefault, outcome: Outcome::Skipped, saw: None };
        let mut read = Vec::new();
        for step in asked.iter().chain([&skipped]) {
            for locale in Locale::ALL {
                let said = sentence(step, &names, Texts::of(locale));
                read.push(format!("{} {}: {said}", step.rule.name(), locale.tag()));
            }
        }
        insta::assert_snapshot!(read.join("\n"));
    }
}
