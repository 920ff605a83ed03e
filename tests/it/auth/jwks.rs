//! Key sets: when they are fetched, and what happens when they cannot be.

use std::sync::Arc;
use std::time::Duration;

use greenroom::web::auth::Refusal;
use greenroom::web::auth::Verifier;
use serde_json::json;

use crate::auth::attacks::settings;
use crate::auth::issuer::KeySet;
use crate::auth::issuer::Signer;
use crate::auth::issuer::TestClock;
use crate::auth::issuer::claims;

struct Setting {
    signer: Signer,
    set: Arc<KeySet>,
    clock: Arc<TestClock>,
    verifier: Arc<Verifier>,
}

impl Setting {
    fn new() -> Self {
        let (signer, clock) = (Signer::ed(), Arc::new(TestClock::new()));
        let set = Arc::new(KeySet::of(&[signer.jwk("k1")]));
        let verifier = Verifier::new(&settings(), Arc::clone(&set) as _, Arc::clone(&clock) as _);
        Self { signer, set, clock, verifier: Arc::new(verifier) }
    }

    /// A token of the present, told apart by its subject.
    fn token(&self, kid: &str, subject: &str) -> String {
        use greenroom::app::ports::clock::Clock;
        let now = self.clock.now().as_second();
        let over = json!({"iat": now, "exp": now + 3600, "sub": subject});
        self.signer.token(&json!({"alg": "EdDSA", "kid": kid}), &claims("platform", over))
    }

    async fn check(&self, kid: &str, subject: &str) -> Result<(), Refusal> {
        self.verifier.verify(&self.token(kid, subject)).await.map(drop)
    }
}

#[tokio::test]
async fn a_set_is_fetched_once_for_many_tokens_at_a_time() {
    let setting = Setting::new();
    let checks = (0..50).map(|number| {
        let (verifier, token) = (Arc::clone(&setting.verifier), setting.token("k1", &number.to_string()));
        tokio::spawn(async move { verifier.verify(&token).await.map(drop) })
    });
    for check in checks.collect::<Vec<_>>() {
        assert_eq!(check.await.unwrap(), Ok(()));
    }
    assert_eq!(setting.set.fetched(), 1);
}

#[tokio::test]
async fn an_unknown_kid_fetches_at_most_once_in_thirty_seconds() {
    let setting = Setting::new();
    for attempt in 0..10 {
        assert_eq!(setting.check(&format!("x{attempt}"), "a").await, Err(Refusal::Signature));
    }
    assert_eq!(setting.set.fetched(), 1);
    setting.set.serve(&[setting.signer.jwk("k2")]);
    setting.clock.advance(Duration::from_secs(29));
    assert_eq!(setting.check("k2", "a").await, Err(Refusal::Signature));
    setting.clock.advance(Duration::from_secs(1));
    assert_eq!(setting.check("k2", "a").await, Ok(()));
    assert_eq!(setting.set.fetched(), 2);
}

#[tokio::test]
async fn a_key_taken_out_of_the_set_ends_within_ten_minutes_also_for_tokens_checked_before() {
    let setting = Setting::new();
    let token = setting.token("k1", "a");
    assert!(setting.verifier.verify(&token).await.is_ok());
    setting.set.serve(&[setting.signer.jwk("k2")]);
    setting.clock.advance(Duration::from_secs(599));
    assert!(setting.verifier.verify(&token).await.is_ok());
    assert_eq!(setting.set.fetched(), 1);
    setting.clock.advance(Duration::from_secs(1));
    assert_eq!(setting.verifier.verify(&token).await, Err(Refusal::Signature));
}

#[tokio::test]
async fn the_last_good_set_is_kept_for_a_day_of_outage() {
    let setting = Setting::new();
    assert_eq!(setting.check("k1", "a").await, Ok(()));
    setting.set.fail();
    setting.clock.advance(Duration::from_hours(23));
    assert_eq!(setting.check("k1", "b").await, Ok(()));
    setting.clock.advance(Duration::from_hours(1));
    assert_eq!(setting.check("k1", "c").await, Err(Refusal::KeysUnavailable));
    setting.set.serve(&[setting.signer.jwk("k1")]);
    setting.clock.advance(Duration::from_secs(30));
    assert_eq!(setting.check("k1", "d").await, Ok(()));
}

#[tokio::test]
async fn a_reloaded_configuration_keeps_the_set() {
    let setting = Setting::new();
    assert_eq!(setting.check("k1", "a").await, Ok(()));
    setting.verifier.replace(&settings());
    assert_eq!(setting.check("k1", "a").await, Ok(()));
    assert_eq!(setting.set.fetched(), 1);
}
