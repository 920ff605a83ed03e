//! `greenroom accounts`: the accounts of all sites and their tokens, on a gateway that runs and on one that does not.

use std::collections::BTreeMap;
use std::process::Output;

use predicates::str::contains;
use predicates::str::is_empty;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::program::greenroom;
use crate::support::written::LEAST;
use crate::support::written::Written;

const LUA: &str = "lua@example.com";
const ANA: &str = "ana@example.com";
const COLUMNS: [&str; 11] = [
    "SITE",
    "OWNER",
    "PROVIDER",
    "STATE",
    "SINCE",
    "WHY",
    "PLAN",
    "REFRESHED",
    "EXPIRES",
    "RENEWAL DUE",
    "WHAT TO DO",
];

/// Two sites that share a Zoom user, a staff member with another one, and one with a custom link.
async fn populated(backend: Backend) -> World {
    let world = World::connected(backend).await;
    world.connect("staff/ana", ANA).await;
    world.taken(&format!("{SITE}/accounts/staff/carla"), &custom("s3cret-room")).await;
    world.taken("/v1/sites/clinic", &json!({})).await;
    world.connect_by(&world.portal_link_of("clinic", "default").await, LUA).await;
    world.taken("/v1/sites/empty", &json!({})).await;
    world
}

fn text(ran: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

/// What a command printed as JSON, and how it ended.
async fn told(world: &World, arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = world.command(&[&["accounts"], arguments, &["--output", "json"]].concat()).await;
    let body = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    (ran.status.code(), body)
}

async fn done(world: &World, arguments: &[&str]) -> Value {
    let (code, body) = told(world, arguments).await;
    assert_eq!(code, Some(0), "{arguments:?}: {body}");
    body
}

/// The accounts of a list, in short.
fn names(rows: &Value) -> Vec<String> {
    let field = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let fields = ["site_id", "owner", "provider", "state", "reason", "plan"];
    rows.as_array().unwrap().iter().map(|row| fields.map(|name| field(row, name)).join(" ")).collect()
}

/// How often Zoom renewed the tokens of each user.
async fn renewals(world: &World) -> BTreeMap<String, usize> {
    let mut renewals = BTreeMap::new();
    for request in world.asked("oauth.token.refresh").await {
        *renewals.entry(request["user"].as_str().unwrap_or("nobody").to_owned()).or_default() += 1;
    }
    renewals
}

fn times(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(user, count)| ((*user).to_owned(), *count)).collect()
}

async fn remove_app(world: &World, email: &str) {
    world.control(Method::POST, &format!("users/{email}/remove-app"), Some(&json!({}))).await;
}

#[rstest]
#[tokio::test]
async fn r38_every_account_of_every_site_is_listed_with_its_health_and_no_secret(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = populated(backend).await;
    let all = [
        "clinic default zoom active - licensed",
        "studio default zoom active - licensed",
        "studio staff/ana zoom active - basic",
        "studio staff/carla custom_link active - -",
    ];
    let rows = done(&world, &["list"]).await;
    assert_eq!(names(&rows), all);
    assert_eq!((&rows[0]["grant_id"], &rows[0]["what_to_do"]), (&rows[1]["grant_id"], &Value::Null));
    let keys = rows[1]["tokens"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys, ["refreshed_at", "expires_at", "renewal_due_at", "refreshing_since"]);
    assert_eq!(names(&done(&world, &["list", "--site", "clinic"]).await), all[..1]);
    assert_eq!(done(&world, &["list", "--site", "empty"]).await, json!([]));
    let state = ["list", "--state", "reauthorization_required"];
    assert_eq!(done(&world, &state).await, json!([]));

    world.lapse(("staff/ana", ANA), ("s-1", &["ana"])).await;
    let lapsed = done(&world, &state).await;
    assert_eq!(names(&lapsed), ["studio staff/ana zoom reauthorization_required refused basic"]);
    assert!(lapsed[0]["what_to_do"].as_str().unwrap().contains("ask them to reconnect"), "{lapsed}");
    assert!(lapsed[0]["since"].is_string() && lapsed[0]["tokens"].is_null(), "{lapsed}");
    assert_eq!(done(&world, &["list", "--state", "active"]).await.as_array().unwrap().len(), 3);

    let (code, table, _) = text(&world.command(&["accounts", "list"]).await);
    let heading =
        table.lines().next().unwrap().split("  ").map(str::trim).filter(|column| !column.is_empty());
    assert_eq!((code, heading.collect::<Vec<_>>()), (Some(0), COLUMNS.to_vec()));
    assert_eq!(table.lines().count(), 5);
    for hidden in [ANA, LUA, "s3cret-room", "example.com"] {
        assert!(!table.contains(hidden), "{hidden}: {table}");
    }
    let (code, _, error) = text(&world.command(&["accounts", "list", "--site", "nowhere"]).await);
    assert_eq!(code, Some(1));
    assert!(error.contains("there is no site nowhere: see accounts list"), "{error}");
}

#[rstest]
#[tokio::test]
async fn r7_one_account_is_shown_with_who_it_is_and_who_shares_its_grant(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = populated(backend).await;
    let shown = done(&world, &["show", "studio", "default"]).await;
    assert_eq!((&shown["zoom"]["email"], &shown["plan"]), (&json!(LUA), &json!("licensed")));
    assert_eq!(shown["grant"]["shared_with"], json!([{"site_id": "clinic", "owner": "default"}]));
    assert_eq!(shown["grant"]["generation"], 2, "two consents");
    assert!(shown["grant"]["looked_at"].as_str() < shown["grant"]["look_due_at"].as_str(), "{shown}");
    let (code, lines, _) = text(&world.command(&["accounts", "show", "studio", "default"]).await);
    assert_eq!(code, Some(0));
    let value = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!((value("e-mail"), value("shared with")), (Some(LUA), Some("clinic default")), "{lines}");

    let shown = done(&world, &["show", "studio", "staff/carla"]).await;
    let expected =
        json!({"url": "https://meet.example.com/…", "has_password": false, "has_description": false});
    assert_eq!((&shown["custom_link"], &shown["grant"]), (&expected, &Value::Null));
    for (site, owner, says) in [
        ("nowhere", "default", "there is no site nowhere"),
        ("studio", "staff/bob", "the site studio has no account staff/bob: see accounts list --site studio"),
    ] {
        let (code, out, error) = text(&world.command(&["accounts", "show", site, owner]).await);
        assert_eq!((code, out.as_str()), (Some(1), ""));
        assert!(error.contains(says), "{error}");
    }
}

#[rstest]
#[tokio::test]
async fn r34_all_tokens_are_renewed_each_users_once_while_a_gateway_runs(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = populated(backend).await;
    assert_eq!(renewals(&world).await, times(&[]));
    let all = done(&world, &["refresh", "--all", "--rate", "100"]).await;
    let summary = json!({
        "refreshed": 2, "already_refreshed": 0, "lapsed": 0, "unavailable": 0, "credentials_refused": 0, "gone": 0,
        "unreadable": 0,
        "left": 0,
    });
    assert_eq!(all["summary"], summary);
    assert_eq!(renewals(&world).await, times(&[(ANA, 1), (LUA, 1)]));
    let mut shared = all["grants"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|grant| grant["accounts"].as_array().unwrap().len() == 2);
    let names = json!([{"site_id": "clinic", "owner": "default"}, {"site_id": "studio", "owner": "default"}]);
    assert_eq!(shared.next().unwrap()["accounts"], names);
    world.book("s-1", "yoga", &[]).await;
    world.ready("s-1").await;
    assert_eq!(renewals(&world).await, times(&[(ANA, 1), (LUA, 1)]), "the new tokens are used");

    done(&world, &["refresh", "--site", "studio", "--owner", "staff/ana"]).await;
    assert_eq!(renewals(&world).await, times(&[(ANA, 2), (LUA, 1)]));
    done(&world, &["refresh", "--site", "clinic"]).await;
    assert_eq!(renewals(&world).await, times(&[(ANA, 2), (LUA, 2)]));
    let (code, out, error) =
        text(&world.command(&["accounts", "refresh", "--site", "studio", "--owner", "staff/carla"]).await);
    assert_eq!(
        (code, out.as_str(), error.as_str()),
        (Some(0), "0 refreshed\n", "no account has tokens to renew\n")
    );
    let (code, _, error) =
        text(&world.command(&["accounts", "refresh", "--site", "studio", "--owner", "staff/bob"]).await);
    assert_eq!(code, Some(1));
    assert!(error.contains("the site studio has no account staff/bob"), "{error}");
}

#[rstest]
#[tokio::test]
async fn r34_one_dead_grant_is_told_what_to_do_about_and_the_others_are_renewed(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = populated(backend).await;
    remove_app(&world, ANA).await;
    let (code, out, _) = text(&world.command(&["accounts", "refresh", "--all"]).await);
    let lines = out.lines().collect::<Vec<_>>();
    assert_eq!((code, lines.len(), lines[2]), (Some(1), 3, "1 refreshed, 1 lapsed"), "{out}");
    assert!(lines[1].starts_with("studio staff/ana  lapsed   Zoom refuses the authorisation"), "{out}");
    let path = format!("{SITE}/accounts/staff/ana");
    world
        .until("its owner is told", async || {
            world.get(&path).await.body["reauthorization"]["reason"] == "refused"
        })
        .await;
    assert_eq!(renewals(&world).await.get(LUA), Some(&1));
    let (code, again) = told(&world, &["refresh", "--all"]).await;
    assert_eq!((code, &again["summary"]["lapsed"]), (Some(1), &json!(1)));
}

#[rstest]
#[tokio::test]
async fn r34_what_is_our_own_fault_and_what_is_zooms_is_told_apart_and_lapses_nobody(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.fault("oauth.token.refresh", 1, json!({"kind": "status", "status": 429})).await;
    let (code, told_of) = told(&world, &["refresh", "--all"]).await;
    assert_eq!((code, &told_of["grants"][0]["outcome"]), (Some(1), &json!("unavailable")));
    let advice = told_of["grants"][0]["what_to_do"].as_str().unwrap();
    assert!(advice.contains("could not be reached"), "{advice}");

    let other = json!({"client_secrets": ["another one"]});
    world.control(Method::POST, "client-secrets", Some(&other)).await;
    let (code, told_of) = told(&world, &["refresh", "--all"]).await;
    assert_eq!((code, &told_of["grants"][0]["outcome"]), (Some(1), &json!("credentials_refused")));
    let advice = told_of["grants"][0]["what_to_do"].as_str().unwrap();
    assert!(advice.contains("no user is at fault") && advice.contains("zoom.client_secrets"), "{advice}");
    assert_eq!(names(&done(&world, &["list"]).await), ["studio default zoom active - licensed"]);
}

#[tokio::test]
async fn r38_what_cannot_be_read_is_said_so_and_hides_nothing_else() {
    let world = populated(Backend::Redis).await;
    let listed = done(&world, &["list"]).await;
    let of_ana = listed.as_array().unwrap().iter().find(|row| row["owner"] == "staff/ana").unwrap();
    world.spoil(&format!("{{g:{}}}:r:grant/self", of_ana["grant_id"].as_str().unwrap())).await;
    world.spoil("{s:clinic}:r:site/self").await;
    let (code, rows) = told(&world, &["list"]).await;
    let expected = [
        "studio default zoom active - licensed",
        "studio staff/ana zoom active - basic",
        "studio staff/carla custom_link active - -",
    ];
    assert_eq!((code, names(&rows)), (Some(1), expected.map(str::to_owned).to_vec()));
    assert!(rows[1]["what_to_do"].as_str().unwrap().contains("its record cannot be opened"), "{rows}");
    let (code, told_of) = told(&world, &["refresh", "--all"]).await;
    let summary = &told_of["summary"];
    assert_eq!((code, &summary["refreshed"], &summary["unreadable"]), (Some(1), &json!(1), &json!(1)));
    let (_, _, error) = text(&world.command(&["accounts", "refresh", "--all"]).await);
    assert!(error.starts_with("the site clinic: its record cannot be opened: "), "{error}");
}

#[tokio::test]
async fn r34_tokens_are_renewed_where_no_gateway_runs_and_the_next_one_goes_on_with_them() {
    let mut world = populated(Backend::Embedded).await;
    world.stop().await;
    remove_app(&world, ANA).await;
    let (code, told_of) = told(&world, &["refresh", "--all"]).await;
    let summary = &told_of["summary"];
    assert_eq!((code, &summary["refreshed"], &summary["lapsed"]), (Some(1), &json!(1), &json!(1)));
    let known = names(&done(&world, &["list", "--state", "reauthorization_required"]).await);
    assert_eq!(known, ["studio staff/ana zoom reauthorization_required refused basic"]);

    world.restart_stopped().await;

    world.book("s-1", "yoga", &[]).await;
    world.ready("s-1").await;
    assert_eq!(renewals(&world).await.get(LUA), Some(&1));
    let path = format!("{SITE}/accounts/staff/ana");
    world
        .until("its owner is told", async || {
            world.get(&path).await.body["state"] == "reauthorization_required"
        })
        .await;
}

#[rstest]
#[case::kept("keep", 1)]
#[case::deleted("delete", 0)]
#[tokio::test]
async fn r21_an_account_is_disconnected_as_the_api_does_and_said_so(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
    #[case] meetings: &str,
    #[case] left: usize,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "yoga", &[]).await;
    let gone = done(&world, &["disconnect", "studio", "default", "--meetings", meetings]).await;
    let expected = json!({
        "site_id": "studio", "owner": "default", "provider": "zoom", "meetings": meetings, "shared_with": [],
        "what_follows": gone["what_follows"],
    });
    assert_eq!(gone, expected);
    assert!(gone["what_follows"].as_str().unwrap().contains("revoked"), "{gone}");
    world.assert_dark("s-1", "no_default_account").await;
    world.until("it is as was said", async || world.meetings().await.len() == left).await;
    world.clock.advance(std::time::Duration::from_mins(20));
    world.until("the grant is revoked", async || world.authorised().await.is_empty()).await;
    let (code, _, error) = text(&world.command(&["accounts", "disconnect", "studio", "default"]).await);
    assert_eq!(code, Some(1));
    assert!(error.contains("the site studio has no account default"), "{error}");
}

#[tokio::test]
async fn r7_a_shared_grant_stays_and_a_revocation_that_a_command_began_is_finished() {
    let mut world = populated(Backend::Embedded).await;
    let (code, line, _) = text(&world.command(&["accounts", "disconnect", "clinic", "default"]).await);
    assert_eq!(code, Some(0));
    assert!(
        line.starts_with("disconnected: default of clinic (zoom); ") && line.contains("go on using"),
        "{line}"
    );
    assert_eq!(world.authorised().await.len(), 2);
    world.clock.advance(std::time::Duration::from_mins(20));
    world.stop().await;
    let (code, line, _) = text(&world.command(&["accounts", "disconnect", "studio", "staff/carla"]).await);
    let said = "disconnected: staff/carla of studio (custom_link); sessions ahead are decided again\n";
    assert_eq!((code, line.as_str()), (Some(0), said));
    let gone = done(&world, &["disconnect", "studio", "default"]).await;
    assert_eq!(gone["shared_with"], json!([]), "a reference that is about to be swept is nobody's");
    world.restart_stopped().await;
    world.until("its grant is revoked", async || world.authorised().await == [ANA]).await;
}

#[rstest]
#[case(&[])]
#[case(&["list", "--site", "a/b"])]
#[case(&["list", "--state", "lapsed"])]
#[case(&["list", "studio"])]
#[case(&["show"])]
#[case(&["show", "studio"])]
#[case(&["show", "studio", "ana"])]
#[case(&["show", "a/b", "default"])]
#[case(&["refresh"])]
#[case(&["refresh", "--all", "--site", "studio"])]
#[case(&["refresh", "--all", "--owner", "default"])]
#[case(&["refresh", "--owner", "default"])]
#[case(&["refresh", "--all", "--rate", "0"])]
#[case(&["refresh", "--all", "--rate", "101"])]
#[case(&["disconnect", "studio"])]
#[case(&["disconnect", "studio", "staff/"])]
#[case(&["disconnect", "studio", "default", "--meetings", "maybe"])]
fn wrong_usage_is_told_on_stderr_and_exits_2(#[case] arguments: &[&str]) {
    let written = Written::new(LEAST);
    let mut command = greenroom(written.folder());
    command.args(["--config", "greenroom.toml", "accounts"]).args(arguments);
    command.assert().code(2).stdout(is_empty()).stderr(contains("--help"));
}
