//! Owns the keys that wrap data keys: one primary, others open-only, and the file they stand in. Reads no file.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::encoding;
use crate::crypto::envelope::KekId;
use crate::domain::entropy::Entropy;

/// The keys of an installation (correctness.md section 4): the primary wraps, each of them opens.
pub struct Keyring {
    deployment: Box<str>,
    keys: Vec<Kek>,
    primary: Kek,
}

impl Keyring {
    /// Makes the ring of a new installation: its name and one primary key, both random.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut name = [0; 16];
        entropy.fill(&mut name);
        let primary = Kek::generate(KekState::Primary, now, entropy);
        Self { deployment: encoding::base32(&name).into(), keys: vec![primary.clone()], primary }
    }

    /// Reads a keyring file. Each way it may be wrong is a [`KeyringError`] of its own; none shows a secret.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut file = Fields::parse(text)?;
        let deployment = file.text("deployment")?;
        if !is_name(&deployment) {
            return Err(KeyringError::Deployment);
        }
        let Some(Value::Array(entries)) = file.fields.remove("keys") else {
            return Err(file.lacks("keys"));
        };
        file.finish()?;

        let mut keys: Vec<Kek> = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let key = Kek::parse(index + 1, entry)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(KeyringError::Duplicate(key.id));
            }
            keys.push(key);
        }
        let mut primaries = keys.iter().filter(|key| key.state == KekState::Primary);
        let primary = primaries.next().ok_or(KeyringError::NoPrimary)?.clone();
        if let Some(second) = primaries.next() {
            return Err(KeyringError::SeveralPrimaries(primary.id, second.id));
        }
        Ok(Self { deployment: deployment.as_str().into(), keys, primary })
    }

    /// The ring as the text of its file. It holds the secrets: whoever writes it keeps it from others' eyes.
    pub fn render(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(256 * (self.keys.len() + 1)));
        text.push_str("{\n  \"deployment\": \"");
        text.push_str(&self.deployment);
        text.push_str("\",\n  \"keys\": [");
        for (index, key) in self.keys.iter().enumerate() {
            text.push_str(if index == 0 { "\n    " } else { ",\n    " });
            key.render(&mut text);
        }
        text.push_str("\n  ]\n}\n");
        text
    }

    /// The installation's name, part of every place: another installation's records do not open here.
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// The key that wraps.
    pub fn primary(&self) -> &Kek {
        &self.primary
    }

    /// The key of this id.
    pub fn find(&self, id: KekId) -> Option<&Kek> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Every key, in the order of the file.
    pub fn keys(&self) -> &[Kek] {
        &self.keys
    }

    /// Whether this ring may take the place of one that is in use: whatever that one sealed opens with this one too.
    ///
    /// Refuses with [`NoSuccessor`].
    pub fn check_successor_of(&self, running: &Self) -> Result<(), NoSuccessor> {
        if self.deployment != running.deployment {
            return Err(NoSuccessor::OtherDeployment);
        }
        let is_kept = |key: &Kek| {
            self.find(key.id).is_some_and(|own| own.secret.as_slice().ct_eq(key.secret.as_slice()).into())
        };
        match running.keys.iter().find(|key| !is_kept(key)) {
            Some(lost) => Err(NoSuccessor::KeyLost(lost.id)),
            None => Ok(()),
        }
    }
}

/// Why a ring may not take the place of the one in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSuccessor {
    /// It belongs to another installation.
    #[error("the ring is another installation's")]
    OtherDeployment,
    /// A key of the ring in use is not in it, or has another secret: what that key wrapped would not open.
    #[error("the ring lacks key {0}, which is in use")]
    KeyLost(KekId),
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("deployment", &self.deployment)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// What a key of the ring is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KekState {
    /// Wraps and opens.
    Primary,
    /// Opens what it wrapped before.
    OpenOnly,
}

impl KekState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::OpenOnly => "open_only",
        }
    }
}

/// A key-encryption key. Erased when dropped.
#[derive(Clone)]
pub struct Kek {
    id: KekId,
    state: KekState,
    created_at: Timestamp,
    secret: Zeroizing<[u8; 32]>,
}

impl Kek {
    fn generate(state: KekState, created_at: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut id = [0; 8];
        while id == KekId::NONE.0 {
            entropy.fill(&mut id);
        }
        let mut secret = Zeroizing::new([0; 32]);
        entropy.fill(secret.as_mut_slice());
        Self { id: KekId(id), state, created_at, secret }
    }

    /// What wrapped keys name.
    pub fn id(&self) -> KekId {
        self.id
    }

    /// What it is for.
    pub fn state(&self) -> KekState {
        self.state
    }

    /// When it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    pub(in crate::crypto) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    fn parse(position: usize, entry: Value) -> Result<Self, KeyringError> {
        let mut fields = Fields::new(format!("key number {position}"), entry)?;
        let id = parse_id(&fields.text("id")?).ok_or(KeyringError::Id(position))?;
        fields.holder = format!("key {id}");
        let state = match fields.text("state")?.as_str() {
            "primary" => KekState::Primary,
            "open_only" => KekState::OpenOnly,
            _ => return Err(KeyringError::State(id)),
        };
        let created_at = fields.text("created_at")?.parse().map_err(|_| KeyringError::CreatedAt(id))?;
        let text = fields.text("secret")?;
        fields.finish()?;
        let bytes =
            STANDARD.decode(text.as_bytes()).map(Zeroizing::new).map_err(|_| KeyringError::NotBase64(id))?;
        let mut secret = Zeroizing::new([0; 32]);
        if bytes.len() != secret.len() {
            return Err(KeyringError::SecretLength { id, length: bytes.len() });
        }
        secret.copy_from_slice(&bytes);
        Ok(Self { id, state, created_at, secret })
    }

    fn render(&self, text: &mut String) {
        let secret = Zeroizing::new(STANDARD.encode(self.secret.as_slice()));
        for (name, value) in [
            ("{\"id\": \"", self.id.to_string().as_str()),
            ("\", \"state\": \"", self.state.as_str()),
            ("\", \"created_at\": \"", self.created_at.to_string().as_str()),
            ("\", \"secret\": \"", secret.as_str()),
        ] {
            text.push_str(name);
            text.push_str(value);
        }
        text.push_str("\"}");
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kek({}, {})", self.id, self.state.as_str())
    }
}

/// Why a keyring file is refused, and what to do. No variant carries anything a secret could stand in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Not JSON.
    #[error(
        "the keyring is not JSON (line {line}, column {column}): restore the file, or make one with `greenroom keys generate`"
    )]
    NotJson {
        /// The line at fault.
        line: usize,
        /// The column at fault.
        column: usize,
    },
    /// JSON, but another shape.
    #[error("{0} is not a JSON object")]
    NotAnObject(String),
    /// A field is absent or of another type.
    #[error("{holder} lacks the field \"{field}\", or it has another type: restore it")]
    Field {
        /// The file, or which key.
        holder: String,
        /// The field.
        field: &'static str,
    },
    /// Fields nobody reads are mistakes.
    #[error("{holder} has {count} field(s) that a keyring does not have: remove what is not {expected}")]
    UnknownFields {
        /// The file, or which key.
        holder: String,
        /// How many.
        count: usize,
        /// What may stand there.
        expected: &'static str,
    },
    /// The installation's name is unusable.
    #[error("\"deployment\" is not 1 to 64 of a-z A-Z 0-9 - _: restore the name the keyring was made with")]
    Deployment,
    /// A key's id is unusable.
    #[error("the id of key number {0} is not 16 characters of 0-9 a-f, or is all zeros: restore it")]
    Id(usize),
    /// Two keys of one id.
    #[error("key {0} stands in the keyring twice: remove one of the two")]
    Duplicate(KekId),
    /// A state nobody knows.
    #[error("the state of key {0} is neither \"primary\" nor \"open_only\"")]
    State(KekId),
    /// Not a time.
    #[error("\"created_at\" of key {0} is not a time such as 2026-11-22T10:00:00Z")]
    CreatedAt(KekId),
    /// The secret is not base64.
    #[error("the secret of key {0} is not base64: restore the key from its backup")]
    NotBase64(KekId),
    /// The secret has another length.
    #[error("the secret of key {id} has {length} bytes and needs 32: restore the key from its backup")]
    SecretLength {
        /// Which key.
        id: KekId,
        /// How many bytes it has.
        length: usize,
    },
    /// Nothing to wrap with.
    #[error("no key of the keyring is primary: set \"state\" of the newest one to \"primary\"")]
    NoPrimary,
    /// Two keys to wrap with.
    #[error("keys {0} and {1} are both primary: set one of them to \"open_only\"")]
    SeveralPrimaries(KekId, KekId),
}

/// The fields of one JSON object, taken out one by one, so that what is left over is known to be unknown.
struct Fields {
    holder: String,
    fields: Map<String, Value>,
}

impl Fields {
    fn parse(text: &str) -> Result<Self, KeyringError> {
        let value = serde_json::from_str(text)
            .map_err(|error| KeyringError::NotJson { line: error.line(), column: error.column() })?;
        Self::new("the keyring".to_owned(), value)
    }

    fn new(holder: String, value: Value) -> Result<Self, KeyringError> {
        match value {
            Value::Object(fields) => Ok(Self { holder, fields }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(KeyringError::NotAnObject(holder))
            }
        }
    }

    fn text(&mut self, field: &'static str) -> Result<Zeroizing<String>, KeyringError> {
        match self.fields.remove(field) {
            Some(Value::String(text)) => Ok(Zeroizing::new(text)),
            _ => Err(self.lacks(field)),
        }
    }

    fn lacks(&self, field: &'static str) -> KeyringError {
        KeyringError::Field { holder: self.holder.clone(), field }
    }

    fn finish(self) -> Result<(), KeyringError> {
        if self.fields.is_empty() {
            return Ok(());
        }
        let expected =
            if self.holder == "the keyring" { "deployment, keys" } else { "id, state, created_at, secret" };
        Err(KeyringError::UnknownFields { holder: self.holder, count: self.fields.len(), expected })
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn parse_id(text: &str) -> Option<KekId> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
    let id = KekId(bytes.try_into().ok()?);
    (id != KekId::NONE).then_some(id)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::crypto::entropy::SystemEntropy;

    use super::*;

    const SECRET: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    fn key(id: &str, state: &str) -> String {
        format!(
            r#"{{"id":"{id}","state":"{state}","created_at":"2026-11-22T10:00:00Z","secret":"{SECRET}"}}"#
        )
    }

    fn ring(keys: &[String]) -> String {
        format!(r#"{{"deployment":"here","keys":[{}]}}"#, keys.join(","))
    }

    #[test]
    fn a_generated_ring_reads_back_as_itself() {
        let made = Keyring::generate("2026-11-22T10:00:00Z".parse().unwrap(), &SystemEntropy);
        let read = Keyring::parse(&made.render()).unwrap();
        assert_eq!(read.deployment(), made.deployment());
        assert_eq!(read.primary().id(), made.primary().id());
        assert_eq!(read.primary().secret(), made.primary().secret());
        assert_eq!(read.render(), made.render());
        assert_eq!(made.deployment().len(), 26);
    }

    #[test]
    fn a_ring_knows_its_primary_and_finds_each_key_by_id() {
        let text = ring(&[key("00000000000000aa", "open_only"), key("00000000000000bb", "primary")]);
        let ring = Keyring::parse(&text).unwrap();
        let ids: Vec<String> = ring.keys().iter().map(|key| key.id().to_string()).collect();
        assert_eq!(ids, ["00000000000000aa", "00000000000000bb"]);
        assert_eq!(ring.primary().id().to_string(), "00000000000000bb");
        assert!(ring.find(ring.primary().id()).is_some());
        assert!(ring.find(KekId([9; 8])).is_none());
    }

    #[rstest]
    #[case::not_json("{", "the keyring is not JSON (line 1, column 1)")]
    #[case::not_an_object("[]", "the keyring is not a JSON object")]
    #[case::no_deployment(r#"{"keys":[]}"#, r#"the keyring lacks the field "deployment""#)]
    #[case::bad_deployment(r#"{"deployment":"","keys":[]}"#, r#""deployment" is not 1 to 64"#)]
    #[case::no_keys(r#"{"deployment":"d"}"#, r#"the keyring lacks the field "keys""#)]
    #[case::unknown_field(r#"{"deployment":"d","keys":[],"x":1}"#, "the keyring has 1 field(s)")]
    #[case::no_primary(&ring(&[key("00000000000000aa", "open_only")]), "no key of the keyring is primary")]
    #[case::empty(&ring(&[]), "no key of the keyring is primary")]
    #[case::two(&ring(&[key("00000000000000aa", "primary"), key("00000000000000bb", "primary")]), "keys 00000000000000aa and 00000000000000bb are both primary")]
    #[case::twice(&ring(&[key("00000000000000aa", "primary"), key("00000000000000aa", "open_only")]), "key 00000000000000aa stands in the keyring twice")]
    #[case::state(&ring(&[key("00000000000000aa", SECRET)]), "the state of key 00000000000000aa is neither")]
    #[case::short_id(&ring(&[key("aa", "primary")]), "the id of key number 1 is not")]
    #[case::upper_id(&ring(&[key("00000000000000AA", "primary")]), "the id of key number 1 is not")]
    #[case::zero_id(&ring(&[key("0000000000000000", "primary")]), "the id of key number 1 is not")]
    #[case::secret_as_id(&ring(&[key(SECRET, "primary")]), "the id of key number 1 is not")]
    #[case::extra(&ring(&[key("00000000000000aa", "primary").replace("\"state\"", "\"x\":1,\"state\"")]), "key 00000000000000aa has 1 field(s)")]
    #[case::time(&ring(&[key("00000000000000aa", "primary").replace("2026-11-22T10:00:00Z", SECRET)]), "\"created_at\" of key 00000000000000aa")]
    #[case::not_base64(&ring(&[key("00000000000000aa", "primary").replace("QE=", "QE!")]), "the secret of key 00000000000000aa is not base64")]
    #[case::length(&ring(&[key("00000000000000aa", "primary").replace("AQEBAQEBAQEB", "AQEBAQEB")]), "the secret of key 00000000000000aa has ")]
    #[case::secret_type(&ring(&[key("00000000000000aa", "primary").replace(&format!("\"{SECRET}\""), "5")]), "key 00000000000000aa lacks the field \"secret\"")]
    fn a_ring_that_is_wrong_says_how_and_never_shows_a_secret(#[case] text: &str, #[case] says: &str) {
        let error = Keyring::parse(text).unwrap_err();
        assert!(error.to_string().starts_with(says), "{error}");
        assert!(!format!("{error} {error:?}").contains("AQEB"), "{error:?}");
    }

    #[test]
    fn showing_a_ring_shows_no_secret() {
        let text = ring(&[key("00000000000000aa", "primary")]);
        let shown = format!("{:?}", Keyring::parse(&text).unwrap());
        assert!(shown.contains("00000000000000aa, primary"), "{shown}");
        assert!(!shown.contains("[1, 1"), "{shown}");
    }
}
