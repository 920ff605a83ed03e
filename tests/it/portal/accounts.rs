//! The accounts as people see and change them: custom links, staff, disconnecting.

use greenroom::app::accounts;
use greenroom::app::accounts::AccountError;
use greenroom::app::presupposed::Presupposed;
use greenroom::app::sites::Put;
use greenroom::domain::account::Connection;
use greenroom::domain::account::Owner;
use greenroom::domain::custom_link::CustomLink;
use greenroom::domain::grant::Reference;
use greenroom::domain::id::StaffId;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use reqwest::StatusCode;

use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

pub(super) fn ana() -> Owner {
    Owner::Staff(StaffId::parse("ana").unwrap())
}

pub(super) fn room(url: &str) -> Connection {
    Connection::Custom(CustomLink::parse(url, Some("k3J9aQ"), Some("Ring twice")).unwrap())
}

async fn enter(world: &World, actor: Actor) -> (Visitor, Answer) {
    let browser = Visitor::new();
    let page = browser.enter(&world.link(actor, Page::Manage).await.unwrap()).await;
    (browser, page)
}

#[tokio::test]
async fn an_owner_pastes_edits_and_disconnects_a_link() {
    let world = World::start().await;
    let (browser, page) = enter(&world, Actor::Owner).await;
    assert!(page.offers_for("connect_zoom", "default") && !page.offers("disconnect"));
    let form = browser.press_of(&page, "connect_custom_link", Some("default"), &[]).await;
    let fields = [
        ("url", "https://meet.example/room/secret"),
        ("password", "k3J9aQ"),
        ("description", "Ring\r\ntwice"),
    ];

    let page = browser.press(&form, "save", &fields).await;

    assert!(page.text.contains("The link is saved.") && page.text.contains("https://meet.example/…"));
    assert!(!page.text.contains("secret") && !page.text.contains("k3J9aQ"), "{}", page.text);
    let form = browser.press_of(&page, "edit", Some("default"), &[]).await;
    assert!(form.text.contains("https://meet.example/room/secret") && form.text.contains("Ring\ntwice"));
    let asked = browser.press_of(&page, "disconnect", Some("default"), &[]).await;
    assert!(!asked.text.contains("name=\"meetings\""), "a custom link has no meetings");
    let page = browser.press(&asked, "confirm", &[]).await;
    assert!(page.offers_for("connect_zoom", "default") && !page.offers("disconnect"));
}

#[tokio::test]
async fn what_was_typed_is_kept_and_each_error_stands_beside_its_field() {
    let world = World::start().await;
    let (browser, page) = enter(&world, Actor::Owner).await;
    let form = browser.press_of(&page, "connect_custom_link", Some("default"), &[]).await;
    let password = "x".repeat(129);
    let fields = [
        ("url", "http://meet.example/<b>"),
        ("password", &password),
        ("description", "\"Hello\" & </textarea>"),
    ];

    let again = browser.press(&form, "save", &fields).await;

    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "id=\"url-error\">The address must begin with https://",
        "id=\"password-error\">The password is longer",
        "role=\"alert\"",
        "aria-invalid=\"true\"",
        "http://meet.example/&#60;b&#62;",
        "&#34;Hello&#34; &#38; &#60;/textarea&#62;",
    ] {
        assert!(again.text.contains(part), "{part} in\n{}", again.text);
    }
    assert!(!again.text.contains("id=\"description-error\""));
    assert!(world.memory.site(&lua()).accounts.is_empty());
}

#[tokio::test]
async fn staff_see_and_touch_their_own_account_only() {
    let world = World::start().await;
    world.connect(&Owner::Default, room("https://meet.example/default"));
    let bob = Owner::Staff(StaffId::parse("bob").unwrap());
    world.connect(&bob, room("https://bob.example/x"));
    let (browser, page) = enter(&world, Actor::Staff(StaffId::parse("ana").unwrap())).await;
    assert!(page.offers_for("connect_zoom", "staff/ana") && !page.offers("add_staff"), "{}", page.text);
    assert!(!page.text.contains("data-owner=\"default\"") && !page.text.contains("bob"), "{}", page.text);

    for path in ["custom-link", "disconnect", "connect"] {
        for owner in ["default", "staff/bob"] {
            let url = world.base.join(&format!("/portal/{path}?owner={owner}")).unwrap();
            let (_, form) = page.form("done", None);
            assert_eq!(browser.get(&url).await.status, StatusCode::FORBIDDEN, "GET {url}");
            assert_eq!(browser.post(&url, &form).await.status, StatusCode::FORBIDDEN, "POST {url}");
        }
    }
    assert_eq!(browser.get(world.base.join("/portal/staff").unwrap()).await.status, StatusCode::FORBIDDEN);
    world.change(|site| site.settings.staff_self_service = false);
    let page = browser.get(world.base.join("/portal").unwrap()).await;
    assert_eq!((page.status, page.text.contains("Ask the owner")), (StatusCode::FORBIDDEN, true));
}

#[tokio::test]
async fn an_owner_adds_a_staff_members_account_once_there_is_a_default() {
    let world = World::start().await;
    let (browser, page) = enter(&world, Actor::Owner).await;
    assert!(!page.offers("add_staff"));
    let form = browser.get(world.base.join("/portal/custom-link?staff_id=ana").unwrap()).await;
    assert_eq!(form.status, StatusCode::CONFLICT);

    world.connect(&Owner::Default, room("https://meet.example/x"));
    let page = browser.get(&page.url).await;
    let staff = browser.press(&page, "add_staff", &[]).await;
    assert!(staff.offers("connect_zoom") && staff.offers("connect_custom_link"));
    let explained = browser.get(world.base.join("/portal/connect?staff_id=ana").unwrap()).await;
    assert!(explained.text.contains("ana at Studio Lua"), "{}", explained.text);
    let form = browser.get(world.base.join("/portal/custom-link?staff_id=ana").unwrap()).await;
    let page = browser.press(&form, "save", &[("url", "https://ana.example/")]).await;
    assert!(page.offers_for("edit", "staff/ana"), "{}", page.text);
    let malformed = browser.get(world.base.join("/portal/connect?staff_id=a%2Fb").unwrap()).await;
    assert_eq!(malformed.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_same_put_changes_nothing_and_a_stale_one_is_refused() {
    let world = World::start().await;
    let link = || CustomLink::parse("https://meet.example/x", None, None).unwrap();
    let place = Reference { site: lua(), owner: Owner::Default };
    let anything = Presupposed::Anything;
    let first = accounts::put_custom(&world.gateway, &place, link(), &anything).await.unwrap();
    let again = accounts::put_custom(&world.gateway, &place, link(), &anything).await.unwrap();
    assert_eq!((first.put, again.put), (Put::Created, Put::Replaced));
    assert_eq!(first.account, again.account);

    let stale = Presupposed::OneOf(Vec::new());
    let refused = accounts::disconnect(&world.gateway, &place, &stale, accounts::Meetings::Keep).await;
    assert!(matches!(refused, Err(AccountError::RevisionMismatch)));
    let early =
        Reference { site: greenroom::domain::id::SiteId::parse("other").unwrap(), owner: Owner::Default };
    let unknown = accounts::put_custom(&world.gateway, &early, link(), &anything).await;
    assert!(matches!(unknown, Err(AccountError::UnknownSite)));
    for _ in 0..2 {
        let gone = accounts::disconnect(&world.gateway, &place, &anything, accounts::Meetings::Keep).await;
        assert!(gone.is_ok());
    }
    let staff = Reference { site: lua(), owner: ana() };
    let refused = accounts::put_custom(&world.gateway, &staff, link(), &anything).await;
    assert!(matches!(refused, Err(AccountError::DefaultAccountRequired)));
}

#[tokio::test]
async fn of_sixteen_changes_at_once_none_is_lost() {
    let world = World::start().await;
    world.connect(&Owner::Default, room("https://meet.example/x"));
    let put = |index: usize| {
        let gateway = world.gateway.clone();
        tokio::spawn(async move {
            let owner = Owner::Staff(StaffId::parse(&format!("s{index}")).unwrap());
            let link = CustomLink::parse("https://meet.example/y", None, None).unwrap();
            accounts::put_custom(&gateway, &Reference { site: lua(), owner }, link, &Presupposed::Anything)
                .await
        })
    };
    for task in (0..16).map(put).collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(world.memory.site(&lua()).accounts.len(), 17);
}

#[tokio::test]
async fn without_a_default_account_a_presupposed_revision_is_not_looked_at() {
    let world = World::start().await;
    let place = Reference { site: lua(), owner: Owner::Staff(StaffId::parse("ana").unwrap()) };
    let link = CustomLink::parse("https://meet.example/ana", None, None).unwrap();
    let put = accounts::put_custom(&world.gateway, &place, link, &Presupposed::Existence).await;
    assert!(matches!(put, Err(AccountError::DefaultAccountRequired)), "{put:?}");
}
