//! Who sees a link, and the address that stays while it changes (R22, R25).

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::AUDIENCES;
use crate::gateway::looking::DEFAULT;
use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

const LINK: &str = "/v1/sites/studio/sessions/s-1/link";

/// The join addresses that were handed out, one for each audience.
async fn handed(world: &World) -> Vec<Value> {
    let mut links = Vec::new();
    for audience in AUDIENCES {
        links.push(world.link("s-1", audience).await);
    }
    links
}

/// Every address handed out leads to what the link is now, and is still the one handed out now.
async fn assert_leads(world: &World, handed: &[Value], what: &str) {
    let now = world.ready("s-1").await;
    let target = now["provider_url"].as_str().unwrap();
    for (audience, old) in AUDIENCES.into_iter().zip(handed) {
        let new = world.link("s-1", audience).await;
        assert_eq!(new["join_url"], old["join_url"], "{what} {audience}");
        assert_eq!(new["provider_url"], target, "the raw address stands beside it: {what} {audience}");
        let (status, location, page) = world.join(old).await;
        if now["provider"] == "zoom" {
            assert_eq!((status, location.as_str()), (StatusCode::FOUND, target), "{what} {audience}");
        } else {
            assert!(status == StatusCode::OK && page.contains(target), "{what} {audience}: {page}");
        }
    }
}

async fn assert_closed(world: &World, handed: &[Value], what: &str) {
    for link in handed {
        assert_eq!(world.join(link).await.0, StatusCode::NOT_FOUND, "{what}");
    }
}

#[rstest]
#[tokio::test]
async fn r22_the_address_in_an_old_email_leads_to_what_the_link_is_now(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    world.taken(&format!("{SITE}/accounts/staff/carla"), &custom("carla")).await;
    let first = world.book("s-1", "yoga", &["bob"]).await.body["link"].clone();
    let handed = handed(&world).await;
    let prefix = world.public.join("/j/").unwrap();
    let mut addresses = handed.iter().map(|link| link["join_url"].as_str().unwrap()).collect::<Vec<_>>();
    assert!(addresses.iter().all(|address| address.starts_with(prefix.as_str())), "{addresses:?}");
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), AUDIENCES.len());
    assert_leads(&world, &handed, "booked").await;

    let mut moved = world.booking("yoga", &["bob"]);
    (moved["title"], moved["starts_at"]) = (json!("Pilates"), json!(world.in_days(12)));
    world.taken(&format!("{SITE}/sessions/s-1"), &moved).await;
    assert_leads(&world, &handed, "moved and renamed").await;
    world.book("s-1", "talk", &["ana"]).await;
    world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != first["meeting_id"])
        .await;
    assert_leads(&world, &handed, "another service, another host").await;
    world.book("s-1", "yoga", &["carla"]).await;
    assert_leads(&world, &handed, "a custom link").await;
    world.taken(LINK, &json!({"mode": "custom", "url": "https://own.example/room"})).await;
    assert_leads(&world, &handed, "by hand").await;
    world.taken(LINK, &json!({"mode": "none"})).await;
    assert_closed(&world, &handed, "removed by hand").await;
    world.taken(LINK, &json!({"mode": "inherit"})).await;
    assert_leads(&world, &handed, "reset").await;
    world.book("s-1", "series", &["carla"]).await;
    world.link_when("s-1", |link| link["provider"] == "zoom" && link["status"] == "ready").await;
    assert_leads(&world, &handed, "a course").await;
    world
        .taken(&format!("{SITE}/services/series/link"), &json!({"url": "https://course.example/room"}))
        .await;
    assert_leads(&world, &handed, "a course link").await;
    world.book("s-1", "yoga", &["bob"]).await;
    world.taken(DEFAULT, &custom("default")).await;
    assert_leads(&world, &handed, "another default").await;
    world.delete(DEFAULT).await;
    assert_closed(&world, &handed, "the gate").await;
    world.taken(DEFAULT, &custom("default")).await;
    world.settings(&[("entitled", json!(false))]).await;
    assert_closed(&world, &handed, "the plan").await;
    world.settings(&[]).await;
    world.restart().await;
    assert_leads(&world, &handed, "another process").await;
    world.delete(&format!("{SITE}/sessions/s-1")).await;
    assert_closed(&world, &handed, "cancelled").await;
    world.book("s-1", "yoga", &["bob"]).await;
    assert_closed(&world, &handed, "booked anew: another session's address").await;
}

/// What a site or a service says, in the contract's order; `null` follows.
type Says = [Value; 5];

fn visibility(says: &Says) -> Value {
    let names = AUDIENCES.into_iter().skip(1).zip(says);
    Value::Object(names.map(|(name, says)| (name.to_owned(), says.clone())).collect())
}

/// Asserts what an audience sees, and that its own address answers alike.
async fn assert_seen(world: &World, (audience, sees): (&str, bool), handed: &Value, secrets: &[String]) {
    let read = world.get(&format!("{LINK}?audience={audience}")).await;
    let batch = json!({"session_ids": ["s-1"], "audience": audience});
    let batch = world.post(&format!("{SITE}/links:batch"), &batch).await;
    assert_eq!(batch.body["links"][0], read.body, "{audience}");
    let (status, location, page) = world.join(handed).await;
    if sees {
        assert_eq!(
            (&read.body["status"], &read.body["join_url"]),
            (&json!("ready"), &handed["join_url"]),
            "{audience}"
        );
        assert!(matches!(status, StatusCode::OK | StatusCode::FOUND), "{audience} {status}");
        return;
    }
    assert_eq!((status, location.as_str()), (StatusCode::NOT_FOUND, ""), "{audience}");
    assert_eq!(
        (&read.body["status"], &read.body["reason"]),
        (&json!("hidden"), &json!("hidden_for_audience"))
    );
    let told = ["reason", "revision", "session_id", "status", "updated_at"];
    for (field, value) in read.body.as_object().unwrap() {
        assert!(value.is_null() != told.contains(&field.as_str()), "{audience} {field}: {value}");
    }
    let bytes = format!("{} {:?} {}", read.body, read.headers, batch.body);
    assert!(!bytes.contains("/j/"), "{audience}: {bytes}");
    for secret in secrets {
        assert!(!bytes.contains(secret), "{audience}: {secret} in {bytes}");
        // The page of a closed address names none but itself, where it offers another language.
        let is_own = handed["join_url"].as_str().unwrap().ends_with(secret);
        assert!(is_own || !page.contains(secret), "{audience}: {secret} in {page}");
    }
}

#[rstest]
#[tokio::test]
async fn r25_each_audience_sees_a_link_as_its_service_or_else_its_site_says(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "yoga", &["bob"]).await;
    let own = json!({"mode": "custom", "url": "https://own.example/s3cret-room", "password": "s3cret-word", "description": "s3cret sentence"});
    let zoom = world.link("s-1", "staff").await;
    let secret = |link: &Value, field: &str| link[field].as_str().unwrap().to_owned();
    let mut secrets = ["provider_url", "meeting_id", "password"].map(|field| secret(&zoom, field)).to_vec();
    secrets.extend(["s3cret", "own.example", "zoom.us"].map(str::to_owned));
    let handed = handed(&world).await;
    for link in &handed {
        secrets.push(secret(link, "join_url").rsplit('/').next().unwrap().to_owned());
    }
    let (yes, no, same) = (|| json!(true), || json!(false), || Value::Null);
    let follows = || [same(), same(), same(), same(), same()];
    // Site; service; what e-mail, members, reminder, text and calendar then see.
    let cases: [(Says, Says, [bool; 5]); 9] = [
        ([yes(), yes(), same(), same(), same()], follows(), [true, true, true, true, true]),
        ([no(), yes(), same(), same(), same()], follows(), [false, true, false, false, false]),
        ([yes(), no(), same(), same(), same()], follows(), [true, false, true, true, true]),
        ([no(), no(), yes(), same(), no()], follows(), [false, false, true, false, false]),
        ([yes(), yes(), no(), yes(), no()], follows(), [true, true, false, true, false]),
        (
            [no(), no(), same(), same(), same()],
            [yes(), same(), same(), same(), same()],
            [true, false, true, true, true],
        ),
        (
            [yes(), yes(), same(), same(), same()],
            [no(), same(), same(), yes(), same()],
            [false, true, false, true, false],
        ),
        (
            [yes(), yes(), no(), same(), yes()],
            [same(), no(), yes(), no(), same()],
            [true, false, true, false, true],
        ),
        ([no(), no(), no(), no(), no()], [yes(), yes(), yes(), yes(), yes()], [true, true, true, true, true]),
    ];
    for choice in [json!({"mode": "inherit"}), own] {
        world.taken(LINK, &choice).await;
        for (site, service, sees) in &cases {
            world.settings(&[("visibility", visibility(site))]).await;
            let yoga =
                json!({"kind": "class", "name": "yoga", "video": true, "visibility": visibility(service)});
            world.taken(&format!("{SITE}/services/yoga"), &yoga).await;
            let sees = [&[true][..], sees].concat();
            for ((audience, sees), handed) in AUDIENCES.into_iter().zip(sees).zip(&handed) {
                assert_seen(&world, (audience, sees), handed, &secrets).await;
            }
        }
    }
    // A link that is none is none for everybody, hidden or not.
    world.settings(&[("visibility", visibility(&[no(), no(), same(), same(), same()]))]).await;
    world.taken(LINK, &json!({"mode": "none"})).await;
    world.assert_dark("s-1", "removed_by_hand").await;
}
