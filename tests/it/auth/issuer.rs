//! An issuer of tokens for tests: real keys, any claims, any header; a clock to advance; a key set to fetch.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::PublicKeyX509Der;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use greenroom::app::ports::clock::Clock;
use greenroom::web::auth::FetchFailed;
use greenroom::web::auth::FetchKeys;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use url::Url;

/// The shared secret of the issuer `dev`.
pub(crate) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// What signs a token.
pub(crate) enum Signer {
    Shared(Vec<u8>),
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    pub(crate) fn shared() -> Self {
        Self::Shared(SECRET.to_vec())
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub(crate) fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Shared(_) => "HS256",
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Shared(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
            }
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The public key as a JWK.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Shared(secret) => json!({"kty": "oct", "kid": kid, "k": encode(secret)}),
            Self::Rsa(pair) => {
                let public = pair.public_key();
                let (n, e) = (public.modulus(), public.exponent());
                let n = encode(n.big_endian_without_leading_zero());
                let e = encode(e.big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": n, "e": e})
            }
            Self::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "kid": kid, "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Self::Ed(pair) => {
                json!({"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
            }
        }
    }

    /// The public key as an attacker would use it for a shared secret.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        let Self::Rsa(pair) = self else { panic!("only for RSA") };
        AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec()
    }

    /// A token with any header and any claims.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of any text.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

/// A clock that only tests advance.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) const START_SECONDS: i64 = 1_800_000_000;

    pub(crate) fn new() -> Self {
        Self(Mutex::new(Timestamp::from_second(Self::START_SECONDS).unwrap()))
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(duration).unwrap();
    }
}

#[async_trait::async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn wait(&self, duration: Duration) {
        self.advance(duration);
    }
}

/// Serves a key set, or fails, and counts.
#[derive(Debug)]
pub(crate) struct KeySet {
    document: Mutex<Option<Value>>,
    fetched: AtomicUsize,
}

impl KeySet {
    pub(crate) fn of(keys: &[Value]) -> Self {
        Self { document: Mutex::new(Some(json!({ "keys": keys }))), fetched: AtomicUsize::new(0) }
    }

    pub(crate) fn serve(&self, keys: &[Value]) {
        *self.document.lock().unwrap() = Some(json!({ "keys": keys }));
    }

    pub(crate) fn fail(&self) {
        *self.document.lock().unwrap() = None;
    }

    pub(crate) fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl FetchKeys for KeySet {
    async fn fetch(&self, _: &Url) -> Result<Vec<u8>, FetchFailed> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let document = self.document.lock().unwrap().clone();
        document.map(|document| document.to_string().into_bytes()).ok_or(FetchFailed("down".to_owned()))
    }
}

/// Good claims of an issuer, with the given members over them; `null` takes one out.
pub(crate) fn claims(issuer: &str, over: Value) -> Value {
    let now = TestClock::START_SECONDS;
    let mut claims = json!({
        "iss": issuer, "aud": "greenroom", "sub": "booking-core", "iat": now, "exp": now + 600,
        "scope": "links:read other:scope", "sites": ["s1", "s2"],
    });
    let Value::Object(over) = over else { panic!("members") };
    for (name, value) in over {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(&name);
        } else {
            claims[name] = value;
        }
    }
    claims
}
