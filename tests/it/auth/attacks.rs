//! Tokens that must not be accepted, and those that must.

use std::sync::Arc;
use std::time::Duration;

use greenroom::domain::id::SiteId;
use greenroom::web::auth::Refusal;
use greenroom::web::auth::Scope;
use greenroom::web::auth::Sites;
use greenroom::web::auth::Verifier;
use greenroom::web::auth::settings::Issuer;
use greenroom::web::auth::settings::IssuerKeys;
use greenroom::web::auth::settings::Settings;
use secrecy::SecretSlice;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::auth::issuer::KeySet;
use crate::auth::issuer::SECRET;
use crate::auth::issuer::Signer;
use crate::auth::issuer::TestClock;
use crate::auth::issuer::claims;

/// Two issuers: `dev` with the shared secret, `platform` with a key set.
pub(crate) fn settings() -> Settings {
    let issuer =
        |name: &str, keys| Issuer { issuer: name.to_owned(), audience: "greenroom".to_owned(), keys };
    let url = Url::parse("https://platform.example/jwks.json").unwrap();
    Settings {
        issuers: vec![
            issuer("dev", IssuerKeys::hs256(SecretSlice::from(SECRET.to_vec())).unwrap()),
            issuer("platform", IssuerKeys::Jwks(url)),
        ],
    }
}

fn verifier(keys: &[Value]) -> (Verifier, Arc<TestClock>) {
    let clock = Arc::new(TestClock::new());
    (Verifier::new(&settings(), Arc::new(KeySet::of(keys)), Arc::clone(&clock) as _), clock)
}

fn header(signer: &Signer) -> Value {
    json!({"alg": signer.algorithm(), "typ": "JWT", "kid": "k1"})
}

#[tokio::test]
async fn each_kind_of_key_signs_and_says_who_calls() {
    for signer in [Signer::rsa(), Signer::ec(), Signer::ed()] {
        let (verifier, _) = verifier(&[signer.jwk("k1")]);
        let token = signer.token(&header(&signer), &claims("platform", json!({})));
        let caller = verifier.verify(&token).await.unwrap();
        assert_eq!(caller.subject, "booking-core");
        assert_eq!(caller.scopes.iter().copied().collect::<Vec<_>>(), [Scope::LinksRead]);
        let sites = ["s1", "s2"].map(|site| SiteId::parse(site).unwrap()).into();
        assert_eq!(caller.sites, Sites::Some(sites));
    }
}

#[tokio::test]
async fn a_shared_secret_signs_without_a_kid() {
    let (verifier, _) = verifier(&[]);
    let over = json!({"sites": "*", "aud": ["other", "greenroom"]});
    let token = Signer::shared().token(&json!({"alg": "HS256"}), &claims("dev", over));
    assert_eq!(verifier.verify(&token).await.unwrap().sites, Sites::All);
}

#[tokio::test]
async fn bad_claims_are_refused() {
    let now = TestClock::START_SECONDS;
    let table = [
        (json!({"aud": "other"}), Refusal::Audience),
        (json!({"aud": ["other"]}), Refusal::Audience),
        (json!({"aud": null}), Refusal::Malformed),
        (json!({"aud": 7}), Refusal::Malformed),
        (json!({"iss": "nobody"}), Refusal::Issuer),
        (json!({"iss": ["dev"]}), Refusal::Malformed),
        (json!({"iss": null}), Refusal::Malformed),
        (json!({"sub": null}), Refusal::Malformed),
        (json!({"sub": ""}), Refusal::Malformed),
        (json!({"exp": null}), Refusal::Malformed),
        (json!({"exp": "soon"}), Refusal::Malformed),
        (json!({"exp": now}), Refusal::Expired),
        (json!({"exp": -1}), Refusal::Expired),
        (json!({"iat": null}), Refusal::Malformed),
        (json!({"iat": now - 3001}), Refusal::LivesTooLong),
        (json!({"exp": 1e300}), Refusal::LivesTooLong),
        (json!({"iat": now + 3600, "exp": now + 7200}), Refusal::NotYet),
        (json!({"nbf": now + 60}), Refusal::NotYet),
        (json!({"nbf": "later"}), Refusal::Malformed),
        (json!({"scope": ["links:read"]}), Refusal::Malformed),
        (json!({"sites": "s1"}), Refusal::Malformed),
        (json!({"sites": 1}), Refusal::Malformed),
        (json!({"sites": ["s1", "a/b"]}), Refusal::Malformed),
        (json!({"sites": ["s1", 2]}), Refusal::Malformed),
        (json!({"sites": {"s1": true}}), Refusal::Malformed),
    ];
    let (verifier, _) = verifier(&[]);
    let signer = Signer::shared();
    for (over, refusal) in table {
        let token = signer.token(&json!({"alg": "HS256"}), &claims("dev", over.clone()));
        assert_eq!(verifier.verify(&token).await, Err(refusal), "{over}");
    }
}

#[tokio::test]
async fn bad_headers_are_refused() {
    let table = [
        (json!({"alg": "none"}), Refusal::Signature),
        (json!({"alg": "NONE"}), Refusal::Signature),
        (json!({"alg": "HS512"}), Refusal::Signature),
        (json!({"alg": "RS256"}), Refusal::Signature),
        (json!({"alg": ["HS256"]}), Refusal::Malformed),
        (json!({}), Refusal::Malformed),
        (json!({"alg": "HS256", "crit": ["exp"]}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "crit": []}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "jku": "https://evil.example"}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "x5u": "https://evil.example"}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "x5c": ["AA"]}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "jwk": {"kty": "oct"}}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "b64": false}), Refusal::DangerousHeader),
        (json!({"alg": "HS256", "kid": 7}), Refusal::Malformed),
    ];
    let (verifier, _) = verifier(&[]);
    for (header, refusal) in table {
        let token = Signer::shared().token(&header, &claims("dev", json!({})));
        assert_eq!(verifier.verify(&token).await, Err(refusal), "{header}");
    }
}

#[tokio::test]
async fn forged_signatures_are_refused() {
    let (rsa, other) = (Signer::rsa(), Signer::rsa());
    let (verifier, _) = verifier(&[rsa.jwk("k1"), Signer::shared().jwk("k2")]);
    let good = rsa.token(&header(&rsa), &claims("platform", json!({})));
    assert!(verifier.verify(&good).await.is_ok());

    let (message, _) = good.rsplit_once('.').unwrap();
    let confused = Signer::Shared(rsa.public_der());
    let named = |alg: &str, kid: &str| json!({"alg": alg, "kid": kid});
    let claims = claims("platform", json!({}));
    let table = [
        ("no signature", format!("{message}.")),
        ("alg none", format!("{}.", unsigned(&json!({"alg": "none", "kid": "k1"}), &claims))),
        ("another key", other.token(&header(&rsa), &claims)),
        ("public key as secret", confused.token(&named("HS256", "k1"), &claims)),
        ("public key as secret, named RS256", confused.token(&named("RS256", "k1"), &claims)),
        ("a shared key out of the set", Signer::shared().token(&named("HS256", "k2"), &claims)),
        ("no kid", rsa.token(&json!({"alg": "RS256"}), &claims)),
        ("unknown kid", rsa.token(&named("RS256", "k9"), &claims)),
        ("the shared secret of another issuer", Signer::shared().token(&named("HS256", "k1"), &claims)),
    ];
    for (attack, token) in table {
        assert_eq!(verifier.verify(&token).await, Err(Refusal::Signature), "{attack}");
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let token = Signer::shared().token(header, claims);
    token.rsplit_once('.').unwrap().0.to_owned()
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let (verifier, _) = verifier(&[]);
    let signer = Signer::shared();
    let good = signer.token(&json!({"alg": "HS256"}), &claims("dev", json!({})));
    let large = signer.token(&json!({"alg": "HS256"}), &claims("dev", json!({"pad": "x".repeat(9 * 1024)})));
    let twice = claims("dev", json!({})).to_string().replacen('{', r#"{"sub":"root","#, 1);
    let twice = signer.token_of(r#"{"alg":"HS256"}"#, &twice);
    let dots = format!("{good}.{good}");
    for token in ["", ".", "..", "a.b.c", &good[1..], &good.replace('.', "="), &large, &twice, &dots] {
        assert_eq!(verifier.verify(token).await, Err(Refusal::Malformed), "{token}");
    }
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test]
async fn a_token_that_was_checked_still_expires() {
    let (verifier, clock) = verifier(&[]);
    let token = Signer::shared().token(&json!({"alg": "HS256"}), &claims("dev", json!({})));
    assert!(verifier.verify(&token).await.is_ok());
    clock.advance(Duration::from_secs(599));
    assert!(verifier.verify(&token).await.is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.verify(&token).await, Err(Refusal::Expired));
}

#[tokio::test]
async fn a_changed_secret_counts_at_once_for_tokens_checked_before() {
    let (verifier, _) = verifier(&[]);
    let token = Signer::shared().token(&json!({"alg": "HS256"}), &claims("dev", json!({})));
    assert!(verifier.verify(&token).await.is_ok());
    let mut changed = settings();
    changed.issuers[0].keys = IssuerKeys::hs256(SecretSlice::from(vec![7; 32])).unwrap();
    verifier.replace(&changed);
    assert_eq!(verifier.verify(&token).await, Err(Refusal::Signature));
}
