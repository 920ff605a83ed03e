//! Meetings: what is refused, what is silently changed, what is answered.

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::simulator::world::Answered;
use crate::simulator::world::World;
use crate::simulator::world::scheduled;

const LUA: &str = "lua@example.com";
const DAY: u64 = 86_400;

#[tokio::test]
async fn a_created_meeting_has_everything_zoom_answers() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let answer = world.create(&token, scheduled("2027-01-22T09:00:00Z")).await;
    assert_eq!(answer.status, 201);
    let meeting = &answer.body;
    let id = meeting["id"].as_u64().unwrap();
    assert_eq!(id.to_string().len(), 11);
    let embedded = meeting["encrypted_password"].as_str().unwrap();
    assert_eq!(meeting["join_url"], format!("https://us02web.zoom.us/j/{id}?pwd={embedded}"));
    assert!(
        meeting["start_url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("https://us02web.zoom.us/s/{id}?zak=eyJ"))
    );
    assert_eq!(meeting["start_time"], "2027-01-22T09:00:00Z");
    assert_eq!(meeting["created_at"], "2027-01-15T12:00:00Z");
    assert_eq!(meeting["password"].as_str().unwrap().len(), 6);
    assert_eq!(meeting["host_email"], LUA);
    assert_eq!(meeting["settings"]["join_before_host"], false);
    assert!(answer.header("x-zm-trackingid").unwrap().starts_with("v=2.0;"));
    let found = world.find(&format!("/v2/meetings/{id}"), &token).await.body;
    assert_eq!(found["join_url"], meeting["join_url"]);
    assert_ne!(found["start_url"], meeting["start_url"], "a host link is made anew");
}

#[rstest]
#[case(json!({"topic": "x".repeat(201)}), "topic")]
#[case(json!({"agenda": "x".repeat(2001)}), "agenda")]
#[case(json!({"duration": 0}), "duration")]
#[case(json!({"duration": 1441}), "duration")]
#[case(json!({"duration": "45"}), "duration")]
#[case(json!({"type": 7}), "type")]
#[case(json!({"start_time": "2027-01-22T09:00:00.000Z"}), "start_time")]
#[case(json!({"start_time": "2027-01-22T09:00:00+01:00"}), "start_time")]
#[case(json!({"timezone": "Mars/Olympus"}), "timezone")]
#[case(json!({"password": "longer than ten"}), "password")]
#[case(json!({"settings": []}), "settings")]
#[case(json!({"settings": {"waiting_room": "yes"}}), "settings.waiting_room")]
#[case(json!({"type": 8}), "recurrence")]
#[tokio::test]
async fn a_wrong_field_is_a_300_that_names_it(#[case] body: Value, #[case] field: &str) {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let refused = world.create(&token, body).await;
    assert_eq!(refused.refusal(), (400, 300));
    assert_eq!(refused.body["errors"], json!([{"field": field, "message": "Invalid field."}]));
    assert_eq!(world.ledger().await["meetings"], json!([]));
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_a_300() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    for (content_type, body) in [("application/json", "[1"), ("application/json", "[]"), ("text/plain", "{}")]
    {
        let request = world.http.post(world.url("/v2/users/me/meetings")).bearer_auth(&token);
        let request = request.header("content-type", content_type).body(body);
        let answer = Answered::read(request.send().await.unwrap()).await;
        assert_eq!(answer.refusal(), (400, 300));
        assert_eq!(answer.body["message"], "Request Body should be a valid JSON object.");
    }
}

#[rstest]
#[case(json!({}))]
#[case(json!({"start_time": "2027-01-15T11:59:59Z"}))]
#[tokio::test]
async fn a_missing_or_past_start_silently_becomes_now(#[case] body: Value) {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let answer = world.create(&token, body).await;
    assert_eq!((answer.status, &answer.body["start_time"]), (201, &json!("2027-01-15T12:00:00Z")));
}

#[tokio::test]
async fn a_local_start_is_taken_in_its_time_zone() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let answer = world.create(&token, scheduled("2027-01-22T09:00:00")).await;
    assert_eq!(answer.body["start_time"], "2027-01-22T08:00:00Z");
}

#[tokio::test]
async fn without_a_word_on_the_personal_room_the_users_setting_decides() {
    let world = World::start().await;
    let token = world.connect("bruno@example.com").await.access;
    let pmi = world.find("/v2/users/me", &token).await.body["pmi"].as_u64().unwrap();
    let mut body = scheduled("2027-01-22T09:00:00Z");
    let own = world.create(&token, body.clone()).await;
    assert_ne!(own.body["id"], pmi);
    body["settings"] = json!({});
    let first = world.create(&token, body.clone()).await;
    let second = world.create(&token, body).await;
    assert_eq!((&first.body["id"], &second.body["id"]), (&json!(pmi), &json!(pmi)));
    assert_eq!(first.body["pmi"], pmi.to_string());
    assert_eq!(world.delete(&token, pmi).await.refusal(), (400, 3018));
}

#[tokio::test]
async fn the_answer_carries_effective_settings() {
    let world = World::start().await;
    let token = world.connect("ana@example.com").await.access;
    let mut body = scheduled("2027-01-22T09:00:00Z");
    body["settings"] = json!({
        "use_pmi": false, "auto_recording": "cloud", "waiting_room": true, "join_before_host": true,
        "audio": "shouting", "no_such_setting": true,
    });
    let settings = world.create(&token, body).await.body["settings"].clone();
    assert_eq!(settings["auto_recording"], "none");
    assert_eq!(settings["join_before_host"], false);
    assert_eq!(settings["audio"], "both");
    assert!(settings.get("no_such_setting").is_none());
}

#[tokio::test]
async fn passcodes_can_be_absent_from_answers_and_links() {
    let world = World::start().await;
    world.tell("modes", json!({"password_in_answer": "absent", "password_in_join_url": "absent"})).await;
    let token = world.connect(LUA).await.access;
    let meeting = world.create(&token, scheduled("2027-01-22T09:00:00Z")).await.body;
    assert!(meeting.get("password").is_none());
    assert_eq!(meeting["join_url"], format!("https://us02web.zoom.us/j/{}", meeting["id"]));
}

#[tokio::test]
async fn an_update_is_accepted_silently_and_ignores_a_past_start() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let meeting = world.create(&token, scheduled("2027-01-22T09:00:00Z")).await.body;
    let id = meeting["id"].as_u64().unwrap();
    let change = json!({
        "topic": "Renamed", "start_time": "2027-01-01T09:00:00Z",
        "settings": {"approval_type": 77, "mute_upon_entry": true},
    });
    let answer = world.update(&token, id, change).await;
    assert_eq!((answer.status, answer.body), (204, json!("")));
    let found = world.find(&format!("/v2/meetings/{id}"), &token).await.body;
    assert_eq!(found["topic"], "Renamed");
    assert_eq!(found["start_time"], meeting["start_time"]);
    assert_eq!(found["join_url"], meeting["join_url"]);
    assert_eq!(found["settings"]["approval_type"], 2);
    assert_eq!(found["settings"]["mute_upon_entry"], true);
    assert_eq!(found["settings"]["waiting_room"], true, "other settings stay");
    assert_eq!(world.update(&token, id, json!({"password": "a!b"})).await.refusal(), (400, 300));
    world.update(&token, id, json!({"password": "abc123", "settings": {}})).await;
    let found = world.find(&format!("/v2/meetings/{id}"), &token).await.body;
    assert_ne!(found["join_url"], meeting["join_url"], "a new passcode changes the link");
}

#[tokio::test]
async fn a_deleted_meeting_does_not_exist_for_anyone() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let id = world.meeting(&token).await;
    assert_eq!(world.delete(&token, id).await.status, 204);
    for answer in [
        world.delete(&token, id).await,
        world.find(&format!("/v2/meetings/{id}"), &token).await,
        world.update(&token, id, json!({"topic": "x"})).await,
    ] {
        assert_eq!(answer.refusal(), (404, 3001));
        assert_eq!(answer.body["message"], format!("Meeting does not exist: {id}."));
    }
    assert_eq!(world.ledger().await["meetings"][0]["state"], "deleted");
}

#[tokio::test]
async fn a_meeting_belongs_to_its_host() {
    let world = World::start().await;
    let id = world.meeting(&world.connect(LUA).await.access).await;
    let colleague = world.connect("bruno@example.com").await.access;
    let stranger = world.connect("ana@example.com").await.access;
    assert_eq!(world.delete(&colleague, id).await.refusal(), (400, 3003));
    assert_eq!(world.delete(&stranger, id).await.refusal(), (404, 3001));
}

#[tokio::test]
async fn a_running_meeting_can_refuse_its_deletion() {
    let world = World::start().await;
    world.tell("modes", json!({"delete_in_progress": "refused"})).await;
    let token = world.connect(LUA).await.access;
    let id = world.meeting(&token).await;
    world.control(Method::POST, &format!("meetings/{id}/start"), None).await;
    assert_eq!(world.find(&format!("/v2/meetings/{id}"), &token).await.body["status"], "started");
    assert_eq!(world.delete(&token, id).await.refusal(), (400, 3002));
    world.control(Method::POST, &format!("meetings/{id}/end"), None).await;
    assert_eq!(world.delete(&token, id).await.status, 204);
}

#[tokio::test]
async fn an_id_expires_thirty_days_after_the_planned_date() {
    let world = World::start().await;
    let id = world.meeting(&world.connect(LUA).await.access).await;
    world.advance(36 * DAY).await;
    let token = world.connect(LUA).await.access;
    assert_eq!(world.find(&format!("/v2/meetings/{id}"), &token).await.status, 200);
    world.advance(DAY).await;
    let token = world.connect(LUA).await.access;
    assert_eq!(world.find(&format!("/v2/meetings/{id}"), &token).await.refusal(), (404, 3001));
}

#[tokio::test]
async fn a_user_without_a_licence_for_meetings_cannot_host() {
    let world = World::start().await;
    let token = world.connect("davi@example.com").await.access;
    assert_eq!(world.create(&token, json!({})).await.refusal(), (400, 3161));
    let token = world.connect(LUA).await.access;
    world.tell("users", json!({"email": LUA, "plan": "unassigned"})).await;
    assert_eq!(world.create(&token, json!({})).await.refusal(), (400, 3161));
    assert_eq!(world.find("/v2/users/me", &token).await.body["type"], 4);
}

#[tokio::test]
async fn scheduling_for_someone_else_is_refused() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let refused = world.create(&token, json!({"schedule_for": "bruno@example.com"})).await;
    assert_eq!(refused.refusal(), (400, 300));
}
