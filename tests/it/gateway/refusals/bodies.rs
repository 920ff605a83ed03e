//! Bodies that are no JSON, of another shape, or out of range: refused with the place.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;

use crate::gateway::refusals::BATCH_LIMIT;
use crate::gateway::refusals::LIMIT;
use crate::gateway::refusals::SITE;
use crate::gateway::refusals::assert_points;
use crate::gateway::refusals::assert_problem;
use crate::gateway::refusals::everything;
use crate::gateway::refusals::send_text;
use crate::gateway::refusals::with;
use crate::gateway::refusals::without;
use crate::gateway::refusals::world;
use crate::gateway::refusals::writes;

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_before_it_is_looked_into() {
    let world = world().await;
    let before = everything(&world).await;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (method, path, body) in writes(&world) {
        let limit = if path.ends_with(":batch") { BATCH_LIMIT } else { LIMIT };
        let large = format!("\"{}\"", "x".repeat(limit - 1));
        let text = body.to_string();
        let truncated = &text[..text.len() - 1];
        let twice = format!("{{\"x\":1,\"x\":1,{}", &text[1..]);
        let twice_inside = format!("{{\"x\":{{\"y\":1,\"y\":2}},{}", &text[1..]);
        let malformed: [&[u8]; 12] = [
            b"",
            b"{",
            b"nonsense",
            b"{\"a\":NaN}",
            b"{} {}",
            b"{'a':1}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            truncated.as_bytes(),
            twice.as_bytes(),
            twice_inside.as_bytes(),
        ];
        for bytes in malformed {
            let what = format!("{method} {path} {}", String::from_utf8_lossy(bytes));
            let reply = send_text(&world, (&method, &path), bytes.to_vec()).await;
            assert_problem(&what, &reply, 400, "malformed_json");
        }
        let nested =
            if text == "{}" { format!("{{\"x\":{deep}}}") } else { format!("{{\"x\":{deep},{}", &text[1..]) };
        let reply = send_text(&world, (&method, &path), nested).await;
        assert_problem("deep", &reply, 400, "malformed_json");
        let reply = send_text(&world, (&method, &path), large).await;
        assert_problem("large", &reply, 413, "too_large");
        assert!(reply.body["detail"].as_str().unwrap().contains(&limit.to_string()), "{}", reply.body);
        for kind in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")]
        {
            let mut request = world.request(method.clone(), &path).body(text.clone());
            if let Some(kind) = kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            let what = format!("{method} {path} {kind:?}");
            assert_problem(&what, &world.send(request, None).await, 415, "unsupported_media_type");
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    for (method, path, body) in writes(&world) {
        let call = async |body: &Value| world.call(method.clone(), &path, Some(body)).await;
        for other in [json!([]), json!([1]), json!("x"), json!(7), json!(null), json!(true)] {
            assert_points(&format!("{method} {path} {other}"), &call(&other).await, "");
        }
        let as_list = Value::Array(body.as_object().unwrap().values().cloned().collect());
        assert_points(&format!("{path} {as_list}"), &call(&as_list).await, "");
        let odd = with(body.clone(), "no~pe/", &json!(1));
        assert_points(&path, &call(&odd).await, "/no~0pe~1");
        for field in body.as_object().unwrap().keys().filter(|field| *field != "staff_ids") {
            let what = format!("{method} {path} {field}");
            assert_points(&what, &call(&without(body.clone(), field)).await, &format!("/{field}"));
        }
        for (field, value) in body.as_object().unwrap() {
            for wrong in [json!([[]]), json!({"x": {}}), json!(1.5), json!(null), json!(-1)] {
                let reply = call(&with(body.clone(), field, &wrong)).await;
                assert_problem(
                    &format!("{method} {path} {field} {wrong} for {value}"),
                    &reply,
                    422,
                    "invalid_body",
                );
                let pointer = reply.body["errors"][0]["pointer"].as_str().unwrap();
                assert!(pointer.starts_with(&format!("/{field}")), "{field} {wrong}: {}", reply.body);
            }
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_booking_out_of_range_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    let many: Vec<_> = (0..21).map(|number| format!("staff-{number}")).collect();
    let sessions = [
        ("title", json!("x".repeat(501))),
        ("title", json!("")),
        ("title", json!("a\u{0}b")),
        ("duration_minutes", json!(0)),
        ("duration_minutes", json!(1441)),
        ("duration_minutes", json!(65_536)),
        ("duration_minutes", json!("30")),
        ("staff_ids", json!(many)),
        ("time_zone", json!("Mars/Olympus_Mons")),
        ("time_zone", json!("")),
        ("time_zone", json!("+03:00")),
        ("starts_at", json!("tomorrow")),
        ("starts_at", json!("2027-02-30T10:00:00Z")),
        ("starts_at", json!("2027-02-03T10:00:00")),
        ("starts_at", json!("9999-12-31T23:59:59Z")),
        ("starts_at", json!("+012027-01-01T00:00:00Z")),
    ];
    for (field, value) in sessions {
        let body = with(world.booking("yoga", &["ana"]), field, &value);
        let reply = world.put("/v1/sites/studio/sessions/s-2", &body).await;
        assert_points(&format!("{field} {value}"), &reply, &format!("/{field}"));
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_setting_out_of_range_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    let url = |url: &str| json!({"provider": "custom_link", "url": url});
    let custom = url("https://meet.example.com/room");
    let bodies = [
        ("/v1/sites/studio", json!({"display_name": "x".repeat(201)}), "/display_name"),
        ("/v1/sites/studio", json!({"display_name": ""}), "/display_name"),
        ("/v1/sites/studio", json!({"locale": "fr"}), "/locale"),
        ("/v1/sites/studio", json!({"visibility": {"fax": true}}), "/visibility/fax"),
        ("/v1/sites/studio", json!({"visibility": [true]}), "/visibility"),
        ("/v1/sites/studio/services/yoga", json!({"kind": "gig", "name": "x", "video": true}), "/kind"),
        ("/v1/sites/studio/services/yoga", json!({"kind": "class", "name": "", "video": true}), "/name"),
        ("/v1/sites/studio/accounts/default", url("http://meet.example.com"), "/url"),
        ("/v1/sites/studio/accounts/default", url("https://127.0.0.1/"), "/url"),
        ("/v1/sites/studio/accounts/default", url("https://u:p@meet.example.com/"), "/url"),
        ("/v1/sites/studio/accounts/default", with(custom.clone(), "provider", &json!("zoom")), "/provider"),
        (
            "/v1/sites/studio/accounts/default",
            with(custom.clone(), "password", &json!("x".repeat(129))),
            "/password",
        ),
        (
            "/v1/sites/studio/accounts/staff/ana",
            with(custom, "description", &json!("x".repeat(4001))),
            "/description",
        ),
    ];
    for (path, body, pointer) in bodies {
        assert_points(&format!("{path} {body}"), &world.put(path, &body).await, pointer);
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_portal_link_that_leads_astray_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    let owner = json!({"role": "owner"});
    let links = [
        (json!({"actor": owner, "page": "manage", "return_to": "https://elsewhere.example/"}), "/return_to"),
        (json!({"actor": owner, "page": "manage", "return_to": "javascript:alert(1)"}), "/return_to"),
        (
            json!({"actor": owner, "page": "manage", "return_to": "http://127.0.0.1:1@elsewhere.example/"}),
            "/return_to",
        ),
        (json!({"actor": owner, "page": "manage", "locale": "xx"}), "/locale"),
        (json!({"actor": owner, "page": "connect_zoom"}), "/owner"),
        (json!({"actor": owner, "page": "manage", "owner": {"kind": "default"}}), "/owner"),
        (json!({"actor": {"role": "owner", "staff_id": "ana"}, "page": "manage"}), "/actor/staff_id"),
        (json!({"actor": ["owner"], "page": "manage"}), "/actor"),
        (json!({"actor": {"role": "root"}, "page": "manage"}), "/actor/role"),
    ];
    for (body, pointer) in links {
        let reply = world.post("/v1/sites/studio/portal-links", &body).await;
        assert_problem(&body.to_string(), &reply, 422, "invalid_body");
        let found = reply.body["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with(found) && !found.is_empty(), "{body}: {}", reply.body);
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_id_in_a_body_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    let long = "a".repeat(65);
    for id in [
        json!(""),
        json!(long),
        json!("a{b}"),
        json!("a:b"),
        json!("a/b"),
        json!("a\u{0}"),
        json!("é"),
        json!(".."),
        json!("."),
    ] {
        let booking = world.booking("yoga", &["ana"]);
        let what = id.to_string();
        let path = "/v1/sites/studio/sessions/s-2";
        assert_points(
            &what,
            &world.put(path, &with(booking.clone(), "service_id", &id)).await,
            "/service_id",
        );
        let staff = json!(["ana", id]);
        assert_points(&what, &world.put(path, &with(booking, "staff_ids", &staff)).await, "/staff_ids/1");
        let link = json!({"actor": {"role": "staff", "staff_id": id}, "page": "manage"});
        let reply = world.post("/v1/sites/studio/portal-links", &link).await;
        assert_points(&what, &reply, "/actor/staff_id");
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_field_that_may_be_left_out_is_refused_of_another_shape() {
    let world = world().await;
    let before = everything(&world).await;
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/room"});
    let by_hand = json!({"mode": "custom", "url": "https://meet.example.com/room"});
    let course = json!({"url": "https://meet.example.com/room"});
    let portal = json!({"actor": {"role": "owner"}, "page": "manage"});
    let service = json!({"kind": "class", "name": "Yoga", "video": true});
    let shown = ["confirmation_email", "members_area", "reminder_email", "sms", "calendar_file"];
    let shown = shown.map(|audience| format!("visibility/{audience}"));
    let shown = shown.iter().map(String::as_str).collect::<Vec<_>>();
    let words = ["password", "description"];
    let site =
        [&["display_name", "entitled", "staff_self_service", "locale", "visibility"][..], &shown].concat();
    let table = [
        (Method::PUT, "", json!({}), site),
        (Method::PUT, "/services/yoga", service, [&["visibility"][..], &shown].concat()),
        (Method::PUT, "/accounts/default", custom.clone(), words.to_vec()),
        (Method::PUT, "/accounts/staff/ana", custom, words.to_vec()),
        (Method::PUT, "/services/yoga/link", course, words.to_vec()),
        (Method::PUT, "/sessions/s-1/link", by_hand, words.to_vec()),
        (Method::PUT, "/sessions/s-1", world.booking("yoga", &[]), vec!["staff_ids"]),
        (Method::POST, "/portal-links", portal, vec!["return_to", "locale", "owner"]),
        (Method::POST, "/links:batch", json!({"session_ids": []}), vec!["audience"]),
    ];
    for (method, path, body, fields) in table {
        for field in fields {
            for wrong in [json!([[]]), json!([true]), json!({"x": {}}), json!(1.5), json!(-1)] {
                let mut body = body.clone();
                match field.split_once('/') {
                    Some((outer, inner)) => body[outer] = json!({inner: wrong}),
                    None => body[field] = wrong.clone(),
                }
                let what = format!("{method} {path} {field} {wrong}");
                let reply = world.call(method.clone(), &format!("{SITE}{path}"), Some(&body)).await;
                assert_problem(&what, &reply, 422, "invalid_body");
                let pointer = reply.body["errors"][0]["pointer"].as_str().unwrap();
                // Of a body whose fields depend on another one, the whole is named.
                let place = if path == "/sessions/s-1/link" { String::new() } else { format!("/{field}") };
                assert!(pointer.starts_with(&place), "{what}: {}", reply.body);
            }
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_batch_is_refused_whole_with_every_place_and_writes_none_of_it() {
    let world = world().await;
    let before = everything(&world).await;
    let one = |id: &str| with(world.booking("yoga", &[]), "session_id", &json!(id));
    let many = (0..101).map(|number| one(&format!("b-{number}"))).collect::<Vec<_>>();
    let ids = (0..501).map(|number| format!("b-{number}")).collect::<Vec<_>>();
    let sessions = |sessions: Value| ("/sessions:batch", json!({"sessions": sessions}));
    let links = |ids: Value| ("/links:batch", json!({"session_ids": ids}));
    let long = "a".repeat(65);
    let table = [
        (sessions(json!(many)), "/sessions"),
        (sessions(json!([one("b-1"), one("b-1")])), "/sessions/1/session_id"),
        (sessions(json!([one("b-1"), one("a{b}")])), "/sessions/1/session_id"),
        (sessions(json!([one(&long)])), "/sessions/0/session_id"),
        (sessions(json!([one("b-1"), world.booking("yoga", &[])])), "/sessions/1/session_id"),
        (sessions(json!([one("b-1"), with(one("b-2"), "title", &json!(""))])), "/sessions/1/title"),
        (sessions(json!([with(one("b-2"), "staff_ids", &json!(["a/b"]))])), "/sessions/0/staff_ids/0"),
        (sessions(json!([one("b-1"), with(one("b-2"), "more", &json!(1))])), "/sessions/1/more"),
        (sessions(json!([[]])), "/sessions/0"),
        (sessions(json!([null])), "/sessions/0"),
        (links(json!(ids)), "/session_ids"),
        (links(json!(["s-1", "a:b"])), "/session_ids/1"),
        (links(json!(["s-1", ""])), "/session_ids/1"),
        (links(json!([long])), "/session_ids/0"),
        (links(json!([7])), "/session_ids/0"),
    ];
    for ((path, body), pointer) in table {
        let reply = world.post(&format!("{SITE}{path}"), &body).await;
        assert_points(&format!("{path} {pointer}"), &reply, pointer);
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_delivery_out_of_range_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    let body = json!({"recipient": "r-1", "channel": "sms", "revision": 1});
    let table = [
        ("recipient", json!("")),
        ("recipient", json!("x".repeat(201))),
        ("recipient", json!("a\u{0}b")),
        ("channel", json!("fax")),
        ("channel", json!("SMS")),
        ("revision", json!("1")),
        ("revision", json!(0)),
        ("revision", json!(u64::MAX)),
    ];
    for (field, value) in table {
        let body = with(body.clone(), field, &value);
        let reply = world.post(&format!("{SITE}/sessions/s-1/deliveries"), &body).await;
        assert_points(&format!("{field} {value}"), &reply, &format!("/{field}"));
    }
    assert_eq!(everything(&world).await, before);
}
