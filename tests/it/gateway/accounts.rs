//! Whose accounts a site has, who sets them up, how they come, change and go (R1 to R7).

use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::gateway::looking::DEFAULT;
use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::looking::told;
use crate::gateway::search::Secrets;
use crate::gateway::stored::dump;
use crate::gateway::world::Backend;
use crate::gateway::world::RETURN_TO;
use crate::gateway::world::Reply;
use crate::gateway::world::World;
use crate::support::visitor::Visitor;

/// Asks for a link into the portal.
async fn portal(world: &World, site: &str, (actor, owner): (&Value, Option<&str>)) -> Reply {
    let mut body = json!({"actor": actor, "page": "manage", "return_to": RETURN_TO});
    if let Some(owner) = owner {
        body["page"] = json!("connect_zoom");
        body["owner"] = match owner.strip_prefix("staff/") {
            None => json!({"kind": "default"}),
            Some(staff) => json!({"kind": "staff", "staff_id": staff}),
        };
    }
    world.post(&format!("/v1/sites/{site}/portal-links"), &body).await
}

async fn account(world: &World, owner: &str) -> Reply {
    world.get(&format!("{SITE}/accounts/{owner}")).await
}

#[rstest]
#[tokio::test]
async fn r1_one_default_account_serves_every_service_be_it_a_custom_link_or_zoom(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    world.taken(DEFAULT, &custom("all")).await;
    let sessions = [("s-1", "yoga"), ("s-2", "talk"), ("s-3", "series")];
    for (session, service) in sessions {
        let link = world.book(session, service, &["ana"]).await.body["link"].clone();
        assert_eq!(told(&link), ["ready", "custom_link", "site_default"]);
        assert_eq!(link["provider_url"], "https://meet.example.com/all");
    }
    world.connect("default", "lua@example.com").await;
    for (session, _) in sessions {
        let link = world.link_when(session, |link| link["meeting_id"].is_string()).await;
        assert_eq!(told(&link), ["ready", "zoom", "site_default"]);
    }
    assert_eq!(world.meetings().await.len(), 3);
    let accounts = world.get(&format!("{SITE}/accounts")).await.body;
    assert_eq!(accounts["items"].as_array().unwrap().len(), 1, "{accounts}");
}

#[rstest]
#[tokio::test]
async fn r2_one_zoom_user_on_two_sites_and_twice_on_one_serves_them_all(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    for (site, default) in [("clinic", None), ("school", Some(custom("school")))] {
        world.taken(&format!("/v1/sites/{site}"), &json!({})).await;
        let service = json!({"kind": "class", "name": "Yoga", "video": true});
        world.taken(&format!("/v1/sites/{site}/services/yoga"), &service).await;
        if let Some(link) = default {
            world.taken(&format!("/v1/sites/{site}/accounts/default"), &link).await;
        }
    }
    world.connect("staff/ana", "lua@example.com").await;
    world.connect_by(&world.portal_link_of("clinic", "default").await, "lua@example.com").await;
    let book = async |site: &str, session: &str, staff: &[&str]| {
        let path = format!("/v1/sites/{site}/sessions/{session}");
        world.taken(&path, &world.booking("yoga", staff)).await["link"].clone()
    };
    // Once with the tokens of the last consent, which killed those before; once with renewed ones.
    for round in ["a", "b"] {
        let links = [
            (book("studio", &format!("{round}-1"), &[]).await, ["ready", "zoom", "site_default"]),
            (book("studio", &format!("{round}-2"), &["ana"]).await, ["ready", "zoom", "staff_account"]),
            (book("clinic", &format!("{round}-1"), &[]).await, ["ready", "zoom", "site_default"]),
            (book("school", &format!("{round}-1"), &[]).await, ["ready", "custom_link", "site_default"]),
        ];
        for (link, expected) in links {
            assert_eq!(told(&link), expected, "{round}: {link}");
        }
        world.clock.advance(Duration::from_mins(90));
    }
    assert_eq!(world.authorised().await, ["lua@example.com"]);

    assert_eq!(world.delete("/v1/sites/clinic").await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.delete(&format!("{SITE}/accounts/staff/ana")).await.status, StatusCode::NO_CONTENT);
    world.clock.advance(Duration::from_mins(90));
    world.quiet().await;
    assert_eq!(world.authorised().await, ["lua@example.com"]);
    assert_eq!(told(&book("studio", "c-1", &["ana"]).await), ["ready", "zoom", "site_default"]);
    assert_eq!(account(&world, "default").await.body["state"], "active");
}

#[rstest]
#[tokio::test]
async fn r3_a_staff_member_may_have_zoom_or_a_custom_link_of_their_own(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    world.taken(&format!("{SITE}/accounts/staff/carla"), &custom("carla")).await;
    let of_ana = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let of_carla = world.book("s-2", "talk", &["carla"]).await.body["link"].clone();
    assert_eq!(told(&of_ana), ["ready", "zoom", "staff_account"]);
    assert_eq!(told(&of_carla), ["ready", "custom_link", "staff_account"]);
    assert_eq!(world.meetings().await[0]["host"], "ana@example.com");
    let accounts = world.get(&format!("{SITE}/accounts")).await.body;
    let owners = accounts["items"].as_array().unwrap().iter().map(|account| account["owner"].clone());
    let staff = |id: &str| json!({"kind": "staff", "staff_id": id});
    assert_eq!(owners.collect::<Vec<_>>(), [json!({"kind": "default"}), staff("ana"), staff("carla")]);
}

#[rstest]
#[tokio::test]
async fn r4_staff_set_up_their_account_only_with_a_default_and_where_the_switch_is_on(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    let (owner, ana) = (json!({"role": "owner"}), json!({"role": "staff", "staff_id": "ana"}));
    let cases = [
        ("no-no", false, false, 403, "self_service_disabled"),
        ("no-on", false, true, 409, "default_account_required"),
        ("yes-no", true, false, 403, "self_service_disabled"),
        ("yes-on", true, true, 201, ""),
    ];
    for (site, has_default, switch, status, code) in cases {
        world.taken(&format!("/v1/sites/{site}"), &json!({"staff_self_service": switch})).await;
        if has_default {
            world.taken(&format!("/v1/sites/{site}/accounts/default"), &custom("all")).await;
        }
        for page in [None, Some("staff/ana")] {
            let reply = portal(&world, site, (&ana, page)).await;
            let told = (reply.status.as_u16(), reply.body["code"].as_str().unwrap_or_default());
            assert_eq!(told, (status, code), "{site} {page:?}");
        }
        let theirs = portal(&world, site, (&ana, Some("staff/bia"))).await;
        assert_eq!((theirs.status.as_u16(), &theirs.body["code"]), (403, &json!("not_your_account")));
        let owners = portal(&world, site, (&owner, Some("staff/ana"))).await;
        assert_eq!(owners.status.as_u16(), if has_default { 201 } else { 409 }, "{site}: {}", owners.body);
        let own_default = portal(&world, site, (&owner, Some("default"))).await;
        assert_eq!(own_default.status, StatusCode::CREATED, "{site}");
        let put = world.put(&format!("/v1/sites/{site}/accounts/staff/ana"), &custom("ana")).await;
        assert_eq!(put.status.as_u16(), if has_default { 201 } else { 409 }, "{site}: {}", put.body);
    }
    let link = portal(&world, "yes-on", (&ana, Some("staff/ana"))).await.body;
    let link = Url::parse(link["url"].as_str().unwrap()).unwrap();
    world.connect_by(&link, "ana@example.com").await;
    let own = world.get("/v1/sites/yes-on/accounts/staff/ana").await.body;
    assert_eq!((&own["provider"], &own["zoom"]["email"]), (&json!("zoom"), &json!("ana@example.com")));
    // Rolled back on the site, the switch closes links that were made before, too.
    let late = portal(&world, "yes-on", (&ana, None)).await.body;
    world.taken("/v1/sites/yes-on", &json!({"staff_self_service": false})).await;
    let visitor = Visitor::new();
    let page = visitor.enter(&Url::parse(late["url"].as_str().unwrap()).unwrap()).await;
    assert!(page.status == StatusCode::FORBIDDEN && !page.offers("disconnect"), "{page:?}");
}

#[rstest]
#[tokio::test]
async fn r5_a_custom_link_is_an_address_with_or_without_words_and_sealed_where_it_lies(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::start(backend).await;
    world.site().await;
    let bare = world.taken(DEFAULT, &custom("bare")).await;
    assert_eq!(
        (&bare["custom_link"]["has_password"], &bare["custom_link"]["has_description"]),
        (&json!(false), &json!(false))
    );
    let handed = world.book("s-1", "yoga", &[]).await.body["link"].clone();
    assert_eq!((&handed["password"], &handed["description"]), (&Value::Null, &Value::Null));
    let parts = [
        ("url", "https://any.example/s3cret-room?k=1"),
        ("password", "s3cret-word"),
        ("description", "s3cret: ring twice"),
    ];
    let mut link = json!({"provider": "custom_link"});
    for (name, part) in parts {
        link[name] = json!(part);
    }
    let shown = world.taken(DEFAULT, &link).await;
    let expected = json!({"url": "https://any.example/…", "has_password": true, "has_description": true});
    assert_eq!((&shown["custom_link"], &shown["zoom"]), (&expected, &Value::Null));
    assert!(!shown.to_string().contains("s3cret"));
    let handed = world.link("s-1", "staff").await;
    assert_eq!(
        [&handed["provider_url"], &handed["password"], &handed["description"]],
        parts.map(|part| json!(part.1)).each_ref()
    );
    let (status, _, page) = world.join(&handed).await;
    assert!(
        status == StatusCode::OK && page.contains("s3cret-word") && page.contains("s3cret: ring twice"),
        "{page}"
    );

    let secrets = Secrets::new(vec![("a part of the link", "s3cret".into())]);
    if let Some(server) = &world.redis {
        // What is due may go while it is looked at.
        for (key, value) in dump(server).await.into_iter().filter(|(_, value)| !value.is_empty()) {
            secrets.assert_none_in(&key, &value);
        }
    } else {
        world.stop().await;
        let file = std::fs::read(world.files.path().join("greenroom.redb")).unwrap();
        secrets.assert_none_in("the file", &file);
    }
}

#[rstest]
#[tokio::test]
async fn r6_zoom_is_connected_in_a_browser_as_whom_the_person_confirms_and_nobody_else(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    let visitor = Visitor::new();
    let page = visitor.enter(&world.portal_link("default").await).await;
    assert!(page.offers("connect_zoom") && page.text.contains("Studio Lua"), "{}", page.text);
    let as_ana = visitor.consent(&page, "connect_zoom", "ana@example.com").await;
    assert!(as_ana.text.contains("ana@example.com"), "{}", as_ana.text);
    assert_eq!(account(&world, "default").await.status, StatusCode::NOT_FOUND);

    let as_lua = visitor.consent(&as_ana, "use_another", "lua@example.com").await;
    assert!(as_lua.text.contains("lua@example.com") && !as_lua.text.contains("ana@example.com"));
    let stale = visitor.press(&as_ana, "confirm", &[]).await;
    assert!(stale.offers("confirm") && stale.text.contains("lua@example.com"), "{}", stale.text);
    assert_eq!(account(&world, "default").await.status, StatusCode::NOT_FOUND);
    let done = visitor.press(&as_lua, "confirm", &[]).await;
    assert_eq!(done.location().query(), Some("greenroom_status=connected"));
    assert_eq!(account(&world, "default").await.body["zoom"]["email"], "lua@example.com");

    let visitor = Visitor::new();
    let page = visitor.enter(&world.portal_link("default").await).await;
    let other = visitor.consent(&page, "connect_zoom", "clara@example.com").await;
    assert!(other.text.contains("another Zoom account than before (lua@example.com)"), "{}", other.text);
    let left = visitor.press(&other, "cancel", &[]).await;
    assert_eq!(left.location().query(), Some("greenroom_status=cancelled"));
    assert_eq!(account(&world, "default").await.body["zoom"]["email"], "lua@example.com");
    // Who was shown and not confirmed is forgotten at Zoom as well.
    world.clock.advance(Duration::from_mins(12));
    world.until("only one is left", async || world.authorised().await == ["lua@example.com"]).await;
}

#[rstest]
#[tokio::test]
async fn r7_an_account_is_seen_edited_replaced_and_reconnected_in_place(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    let first = world.taken(DEFAULT, &custom("one")).await;
    let edited = world.taken(DEFAULT, &custom("two")).await;
    assert!(edited["revision"].as_u64() > first["revision"].as_u64());
    assert_eq!(world.taken(DEFAULT, &custom("two")).await, edited);

    world.connect("default", "ana@example.com").await;
    let seen = account(&world, "default").await.body;
    let zoom = &seen["zoom"];
    assert_eq!((&seen["provider"], &seen["state"]), (&json!("zoom"), &json!("active")));
    assert_eq!((&zoom["email"], &zoom["plan"]), (&json!("ana@example.com"), &json!("basic")));
    assert!(zoom["scopes"].as_array().unwrap().contains(&json!("meeting:write:meeting")), "{zoom}");
    assert_eq!(zoom.as_object().unwrap().len(), 5, "who, plan and scopes, and no token: {zoom}");
    let before = world.book("s-1", "yoga", &[]).await.body["link"].clone();
    assert_eq!(before["status"], "ready");

    world.clock.advance(Duration::from_mins(20));
    world.connect("default", "ana@example.com").await;
    world.quiet().await;
    let again = account(&world, "default").await.body;
    assert_eq!(again["connected_at"], seen["connected_at"]);
    let after = world.link("s-1", "staff").await;
    for field in ["status", "meeting_id", "join_url", "provider_url", "password"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!((world.creates().await, world.succeeded("oauth.revoke").await), (1, 0));

    world.connect("default", "lua@example.com").await;
    world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    world.until("the old meeting goes", async || world.meetings().await.len() == 1).await;
    world.clock.advance(Duration::from_mins(16));
    world.until("the one before is revoked", async || world.authorised().await == ["lua@example.com"]).await;
    assert_eq!(world.meetings().await.len(), 1);
    assert_eq!(world.meetings().await[0]["host"], "lua@example.com");
}

#[rstest]
#[tokio::test]
async fn r7_disconnecting_revokes_at_zoom_once_nothing_refers_to_the_grant(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "lua@example.com").await;
    world.taken("/v1/sites/clinic", &json!({})).await;
    world.connect_by(&world.portal_link_of("clinic", "default").await, "lua@example.com").await;
    world.clock.advance(Duration::from_mins(12));
    for path in [DEFAULT, "/v1/sites/clinic/accounts/default"] {
        assert_eq!(world.delete(path).await.status, StatusCode::NO_CONTENT);
        world.clock.advance(Duration::from_mins(12));
        world.quiet().await;
        assert_eq!(world.succeeded("oauth.revoke").await, 0, "{path}");
    }
    for _ in 0..2 {
        let gone = world.delete(&format!("{SITE}/accounts/staff/ana")).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    world.until("the grant is revoked", async || world.authorised().await.is_empty()).await;
    assert_eq!(world.succeeded("oauth.revoke").await, 1);
    assert_eq!(account(&world, "staff/ana").await.status, StatusCode::NOT_FOUND);
    let put = world.call(Method::GET, &format!("{SITE}/accounts"), None).await;
    assert_eq!(put.body["items"], json!([]));
}
