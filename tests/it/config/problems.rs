//! What is read, in which order, and what is said about the rest.

use std::time::Duration;

use greenroom::app::settings::Events;
use greenroom::config::load;
use greenroom::store::settings::StoreUrl;
use secrecy::ExposeSecret;

use crate::support::written::LEAST;
use crate::support::written::Written;
use crate::support::written::keys;
use crate::support::written::ring;

#[test]
fn the_least_configuration_gets_the_defaults_of_the_contract() {
    let config = Written::new(LEAST).load(&[]).unwrap();
    assert_eq!(config.public.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.internal.listen.to_string(), "127.0.0.1:8081");
    assert!(matches!(&config.store.url, StoreUrl::Embedded(path) if path.as_os_str() == "greenroom.redb"));
    assert_eq!(config.zoom.api_url.as_str(), "https://api.zoom.us/");
    assert_eq!(config.zoom.refresh_takeover, Duration::from_mins(2));
    assert_eq!(config.zoom.keep_alive, Duration::from_hours(7 * 24));
    assert_eq!(config.portal.link_ttl, Duration::from_mins(10));
    assert_eq!(config.portal.session_ttl, Duration::from_mins(30));
    assert_eq!(config.minting.default_wait, Duration::from_secs(5));
    assert_eq!(config.minting.reserve_percent, 20);
    assert_eq!(config.telemetry.log, "info");
    assert!(config.telemetry.otlp_endpoint.is_none());
}

#[test]
fn a_secret_file_loses_one_newline_and_no_more() {
    let written = Written::new(LEAST);
    written.write("client.txt", " a \n\n");
    let secrets = written.load(&[]).unwrap().zoom_secrets;
    assert_eq!(secrets.client[0].expose_secret(), " a \n");
}

#[test]
fn the_environment_goes_before_the_file() {
    let written = Written::new(LEAST);
    let environment = [
        ("GREENROOM_PUBLIC__LISTEN", "127.0.0.1:9000"),
        ("GREENROOM_ZOOM__CLIENT_SECRETS", r#"["one", "two"]"#),
        ("GREENROOM_ZOOM__WEBHOOK_SECRETS", "single"),
        ("GREENROOM_ZOOM__KEEP_ALIVE_DAYS", "3"),
        ("GREENROOM_ZOOM__ALLOW_INSECURE_URLS", "true"),
        ("GREENROOM_ZOOM__API_URL", "http://127.0.0.1:9999"),
        ("GREENROOM_PORTAL__RETURN_ORIGINS", "https://a.example"),
        ("GREENROOM_SERVICE_PORT", "8080"),
        ("GREENROOM_CONFIG", "elsewhere.toml"),
    ];
    let config = written.load(&environment).unwrap();
    assert_eq!(config.public.listen.port(), 9000);
    let client: Vec<_> = config.zoom_secrets.client.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(client, ["one", "two"]);
    assert_eq!(config.zoom_secrets.webhook.len(), 1);
    assert_eq!(config.zoom.keep_alive, Duration::from_hours(72));
    assert_eq!(config.zoom.api_url.port(), Some(9999));
    assert_eq!(config.portal.return_origins.len(), 1);
}

#[test]
fn every_key_can_be_a_variable() {
    let written = Written::new("");
    let keyring = written.folder().join("keyring.json");
    let issuers = r#"[{ issuer = "dev", audience = "a", jwks_url = "https://i.example/jwks" }]"#;
    let environment = [
        ("GREENROOM_CRYPTO__KEYRING_FILE", keyring.to_str().unwrap()),
        ("GREENROOM_ZOOM__CLIENT_ID", "abc"),
        ("GREENROOM_ZOOM__CLIENT_SECRETS", "s"),
        ("GREENROOM_AUTH__ISSUERS", issuers),
    ];
    let environment = environment.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert!(load(None, environment.into_iter()).is_ok());
}

#[test]
fn every_problem_is_said_at_once() {
    let text = r#"
stray = 1
[public]
listen = "nowhere"
base_url = "http://meet.example.com"
[store]
url = "postgres://x"
durability = "sometimes"
[zoom]
client_secrets = ["s3cret", 7]
api_url = "http://127.0.0.1:1"
typo_s = 1
[auth]
issuers = [ { issuer = "a", audience = "g" }, { issuer = "b", audience = "g", hs256_secret = "s3cret", more = 1 } ]
[portal]
return_origins = ["https://a.example/path"]
link_seconds = 0
[events]
endpoints = [ { url = "http://a.example", secrets = ["s3cret"] } ]
[minting]
reserve_percent = 100
[telemetry]
log_format = "xml"
[extra]
key = 1
"#;
    let outcome =
        Written::new(text).load(&[("GREENROOM_PUBLIC__TYPO", "s3cret"), ("GREENROOM_MORE__KEY", "1")]);
    insta::assert_snapshot!(outcome.unwrap_err().to_string(), @r#"
    stray: stands outside of any section; write it under a [section]
    public.listen: cannot be read; write an address and a port, as in "127.0.0.1:8080"
    public.base_url: cannot be read; write an origin, as in "https://meet.example.com" (http only on loopback): no path, query, fragment, user
    GREENROOM_PUBLIC__TYPO: is not a key; the keys of public are base_url, listen
    store.url: cannot be read; write "redb:<path>", "redis://<host>" or "rediss://<host>"
    store.durability: cannot be read; write "relaxed" or "strict"
    crypto.keyring_file: names a file that cannot be read (entity not found); write the path of the keyring, or make the ring of a new installation: `greenroom keys generate --out keyring.json`
    zoom.client_id: is missing; write the client id of your Zoom app
    zoom.client_secrets: cannot be read; write a list of texts, as in ["one", "two"]
    zoom.api_url: cannot be read; write an https address (plain http needs zoom.allow_insecure_urls = true and a loopback host)
    zoom.typo_s: is not a key; the keys of zoom are allow_insecure_urls, api_url, authorize_url, client_id, client_secrets, client_secrets_file, keep_alive_days, refresh_takeover_seconds, revoke_url, token_url, webhook_secrets, webhook_secrets_file
    auth.issuers[0].jwks_url: is missing; write jwks_url or hs256_secret_file
    auth.issuers[1].hs256_secret: is a secret that is too short; make one of at least 32 random bytes
    auth.issuers[1].more: is not a key; the keys of auth.issuers[1] are audience, hs256_secret, hs256_secret_file, issuer, jwks_url
    portal.return_origins: holds what is not an origin; write origins, as in "https://app.example.com" (http only on loopback)
    portal.link_seconds: cannot be read; write a whole number from 60 to 86400
    events.endpoints[0].url: cannot be read; write an https address, or http on loopback
    events.endpoints[0].secrets: holds a secret that cannot be used; write secrets of the form whsec_<base64 of 24 to 64 bytes>, the current one first
    minting.reserve_percent: cannot be read; write a whole number from 0 to 90
    telemetry.log_format: cannot be read; write "json" or "text"
    extra: is not a section; the sections are public, internal, store, crypto, zoom, auth, portal, events, minting, telemetry
    GREENROOM_MORE__KEY: is not a section; the sections are public, internal, store, crypto, zoom, auth, portal, events, minting, telemetry
    "#);
}

#[test]
fn secrets_never_stand_in_an_error_nor_in_debug() {
    let secret = "s3cret".repeat(9);
    let broken = [
        format!("[zoom]\nclient_secrets = [\"{secret}\"\nclient_id = \"x\""),
        format!("[zoom]\nclient_secrets = \"{secret}\""),
        format!("[zoom]\nclient_secrets = [\"{secret}\"]\nclient_secrets = [\"{secret}\"]"),
        format!("[zoom]\nclient_secrets = [\"{secret}\"] \"{secret}\""),
        format!("[zoom]\nclient_secrets = {{ a = \"{secret}\" }}"),
        format!("[zoom]\nclient_secrets = {secret}"),
        format!("[store]\nurl = \"postgres://u:{secret}@h\""),
        format!("[store]\nurl = \"redis+sentinel://u:{secret}@h\""),
        format!("[events]\nendpoints = [ {{ url = \"https://a.example\", secrets = [\"{secret}\"] }} ]"),
        format!("[auth]\nissuers = \"{secret}\""),
    ];
    for text in broken {
        let error = Written::new(&text).load(&[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    let variables = [
        ("GREENROOM_STORE__URL", &*format!("redis://u:{secret}@h")),
        ("GREENROOM_ZOOM__CLIENT_SECRETS", &*secret),
    ];
    let config = Written::new(LEAST).load(&variables).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    assert!(!format!("{config:?}").contains("hhhh"));
}

#[test]
fn a_ring_that_cannot_be_used_is_a_problem_and_no_part_of_it_is_shown() {
    let whole = ring().render();
    let (_, rest) = whole.split_once("\"secret\": \"").unwrap();
    let secret = rest.get(..43).unwrap();
    let twice = whole.replacen("\"id\": \"", &format!("\"x\": \"{secret}\", \"id\": \""), 1);
    for (broken, says) in [
        (whole.replace("primary", "open_only"), "no key of the keyring is primary"),
        (whole.replace("\"}", ""), "the keyring is not JSON"),
        (twice, "field(s)"),
        (secret.to_owned(), "the keyring is not JSON"),
    ] {
        let written = Written::new(LEAST);
        written.write("keyring.json", &broken);
        let error = written.load(&[]).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("crypto.keyring_file: names a keyring that is refused ("), "{said}");
        assert!(said.contains(says) && said.ends_with("; mend it, or put its backup back"), "{said}");
        assert!(!format!("{said} {error:?}").contains(secret), "{said}");
    }
}

#[test]
fn toml_that_cannot_be_read_is_named_by_its_line_alone() {
    let error =
        Written::new("[zoom]\nclient_id = \"a\"\nclient_secrets = [\"s3cret\"").load(&[]).unwrap_err();
    assert_eq!(error.as_slice().len(), 1);
    assert!(error.as_slice()[0].key.starts_with("line "), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_the_only_problem() {
    let written = Written::new(LEAST);
    std::fs::remove_file(written.path()).unwrap();
    assert_eq!(keys(written.load(&[])), ["--config"]);
}

#[test]
fn plain_http_to_zoom_needs_the_switch_and_loopback() {
    let attempt = |allow: &str, url: &str| {
        let environment =
            [("GREENROOM_ZOOM__ALLOW_INSECURE_URLS", allow), ("GREENROOM_ZOOM__TOKEN_URL", url)];
        Written::new(LEAST).load(&environment).is_ok()
    };
    assert!(attempt("true", "http://127.0.0.1:1/oauth/token"));
    assert!(!attempt("false", "http://127.0.0.1:1/oauth/token"));
    assert!(!attempt("true", "http://zoom.example/oauth/token"));
}

#[test]
fn the_public_address_is_an_origin_and_no_more() {
    let attempt = |url: &str| Written::new(LEAST).load(&[("GREENROOM_PUBLIC__BASE_URL", url)]);
    for good in ["https://meet.example.com", "https://meet.example.com/", "http://127.0.0.1:8080"] {
        assert!(attempt(good).is_ok(), "{good}");
    }
    for rest in ["/meet", "/?a=b", "?a=b", "/#top"] {
        let refused = attempt(&format!("https://meet.example.com{rest}"));
        assert_eq!(keys(refused), ["GREENROOM_PUBLIC__BASE_URL"], "{rest}");
    }
}

#[test]
fn a_secret_is_said_in_place_or_in_a_file_not_both() {
    let written = Written::new(&format!("{LEAST}\n[events]\nendpoints = []"));
    let twice = LEAST.replace("client_id = \"abc\"", "client_id = \"abc\"\nclient_secrets = [\"x\"]");
    assert_eq!(keys(Written::new(&twice).load(&[])), ["zoom.client_secrets_file"]);
    assert!(written.load(&[("GREENROOM_ZOOM__CLIENT_SECRETS", "x")]).is_ok());
}

#[test]
fn an_hs256_secret_of_31_bytes_is_refused_and_32_of_any_bytes_are_not() {
    let written = Written::new(LEAST);
    written.write("hs256.txt", &format!("{}\n", "x".repeat(31)));
    assert_eq!(keys(written.load(&[])), ["auth.issuers[0].hs256_secret_file"]);
    std::fs::write(written.folder().join("hs256.txt"), [0xff; 32]).unwrap();
    assert!(written.load(&[]).is_ok());
}

#[test]
fn receivers_of_events_are_read() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let text = format!(
        "{LEAST}\n[events]\nendpoints = [ {{ url = \"https://a.example/hook-5ecret\", secrets = [\"{secret}\"] }} ]"
    );
    let Events { endpoints } = Written::new(&text).load(&[]).unwrap().events;
    assert_eq!(endpoints.len(), 1);
    assert_eq!(endpoints[0].secrets[0].expose_secret(), secret);
    assert!(!format!("{endpoints:?}").contains("hook-5ecret"), "{endpoints:?}");
}

#[test]
fn a_receiver_of_events_is_named_once() {
    let one = "{ url = \"https://a.example/x\", secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"] }";
    let problems =
        Written::new(&format!("{LEAST}\n[events]\nendpoints = [ {one}, {one} ]")).load(&[]).unwrap_err();
    let expected = "events.endpoints: names an address twice; keep one of them, with the secrets of both";
    assert_eq!(problems.to_string().trim(), expected);
}
