//! What people read of an account that must be connected again: since when, why, and what to do, in their language (R7, R39).

use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use greenroom::domain::account::HostedAccount;
use greenroom::domain::account::LapseReason;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::id::GrantId;
use greenroom::domain::locale::Locale;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use rstest::rstest;

use crate::portal::accounts::ana;
use crate::portal::accounts::room;
use crate::portal::provider::host;
use crate::portal::world::World;
use crate::support::visitor::Visitor;

/// An account whose consent was taken back in the night to 15 January 2027.
pub(super) fn lapsed(reason: LapseReason) -> Connection {
    let since = "2027-01-15T03:04:05Z".parse().unwrap();
    Connection::Hosted(HostedAccount {
        grant: GrantId::parse(&"b".repeat(26)).unwrap(),
        host: host("ana", Plan::Licensed),
        scopes: ["meeting:write".to_owned()].into(),
        state: AccountState::ReauthorizationRequired { since, reason },
    })
}

#[rstest]
#[case(LapseReason::Refused, "no longer accepts the permission", "sign in as the same Zoom user")]
#[case(LapseReason::Removed, "this app was removed", "sign in as the same Zoom user")]
#[case(LapseReason::MissingScopes, "a permission is missing", "allow everything that Zoom asks for")]
#[case(LapseReason::UserGone, "does not know this user", "restore the user and reconnect")]
#[tokio::test]
async fn r7_the_page_says_since_when_why_and_what_to_do_beside_the_control_that_does_it(
    #[case] reason: LapseReason,
    #[case] why: &str,
    #[case] what_to_do: &str,
) {
    let world = World::start().await;
    world.connect(&Owner::Default, lapsed(reason));
    world.connect(&ana(), room("https://ana.example/x"));
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Manage).await.unwrap()).await;
    let card =
        page.text.split("data-account=\"default\"").nth(1).unwrap().split("</section>").next().unwrap();
    for said in ["Not usable since 2027-01-15, 03:04 UTC.", why, what_to_do, "Meetings that exist still work"]
    {
        assert!(card.contains(said), "{said}: {card}");
    }
    assert!(page.offers_for("reconnect", "default"));
    assert_eq!(page.text.matches("Not usable since").count(), 1, "of the other account nothing is said");
}

#[tokio::test]
async fn r39_the_same_is_said_in_portuguese() {
    let world = World::start().await;
    world.connect(&Owner::Default, lapsed(LapseReason::Removed));
    let browser = Visitor::new();
    let locale = Some(Locale::BrazilianPortuguese);
    let link = world.link_with(Actor::Owner, Page::Manage, None, locale).await.unwrap();
    let page = browser.enter(&link).await;
    for said in [
        "Não pode ser usada desde 15/01/2027, 03:04 UTC.",
        "este aplicativo foi removido da conta do Zoom",
        "Reconecte e entre com o mesmo usuário do Zoom.",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
}
