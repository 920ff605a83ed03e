//! Listens in on the token endpoint and on every log, and looks for a text in all its spellings.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use data_encoding::HEXUPPER;
use regex::bytes::Regex;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use url::form_urlencoded::byte_serialize;

/// Everything said between the gateway and the token endpoint.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    said: Arc<Mutex<Vec<u8>>>,
    pub(crate) leads_to: Arc<OnceLock<String>>,
}

impl Wire {
    /// Stands at an address; leads on as soon as it knows where to.
    pub(crate) async fn start() -> (Self, String) {
        let wire = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let listening = wire.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(listening.leads_to.get().unwrap()).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(listening.clone().pass(near_in, far_out));
                tokio::spawn(listening.clone().pass(far_in, near_out));
            }
        });
        (wire, address)
    }

    async fn pass(self, mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            self.said.lock().unwrap().extend_from_slice(&buffer[..length]);
            if to.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    }

    /// Every text that stands between these two.
    pub(crate) fn between(&self, before: &str, after: char) -> Vec<String> {
        let said = String::from_utf8(self.said.lock().unwrap().clone()).unwrap();
        said.split(before).skip(1).map(|rest| rest.split(after).next().unwrap().to_owned()).collect()
    }
}

/// Every log line of the whole process.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// From here on, at the finest level of every crate.
    pub(crate) fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What must be found nowhere: names, and texts in all their spellings.
pub(crate) struct Secrets {
    pub(crate) known: Vec<(&'static str, String)>,
    spelled: Regex,
}

impl Secrets {
    pub(crate) fn new(known: Vec<(&'static str, String)>) -> Self {
        for (name, secret) in &known {
            assert!(secret.len() >= 6, "{name} is too short to be told from noise: {secret}");
        }
        let spellings = known.iter().flat_map(|(_, secret)| spellings(secret));
        let pattern = spellings.map(|spelling| regex::escape(&spelling)).collect::<Vec<_>>().join("|");
        let spelled = regex::bytes::RegexBuilder::new(&pattern).size_limit(1 << 28).build().unwrap();
        Self { known, spelled }
    }

    /// The first secret found, with what stands around it.
    pub(crate) fn find(&self, place: &[u8]) -> Option<(&'static str, String)> {
        let found = self.spelled.find(place)?;
        let text = String::from_utf8_lossy(found.as_bytes()).into_owned();
        let name = self.known.iter().find(|(_, secret)| spellings(secret).contains(&text)).unwrap().0;
        let around = &place[found.start().saturating_sub(200)..place.len().min(found.end() + 60)];
        Some((name, String::from_utf8_lossy(around).into_owned()))
    }

    #[track_caller]
    pub(crate) fn assert_none_in(&self, what: &str, place: &[u8]) {
        assert!(!place.is_empty(), "{what}: nothing to look through");
        let found = self.find(place);
        assert!(found.is_none(), "{what}: {found:#?}");
    }
}

/// How a text may be written: as it is, escaped, in base64 wherever it stands in it, in hexadecimal.
fn spellings(secret: &str) -> Vec<String> {
    let every = escaped(secret);
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let json = Value::from(secret).to_string();
    let mut all = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        form.replace('+', "%20"),
        lowered(&form),
        lowered(&form.replace('+', "%20")),
        lowered(&every),
        form,
        every,
        HEXLOWER.encode(secret.as_bytes()),
        HEXUPPER.encode(secret.as_bytes()),
    ];
    for before in 0..3 {
        let padded = [vec![0; before], secret.as_bytes().to_vec()].concat();
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        all.push(STANDARD_NO_PAD.encode(&padded)[first..last].to_owned());
        all.push(URL_SAFE_NO_PAD.encode(&padded)[first..last].to_owned());
    }
    all
}

/// Every byte escaped.
fn escaped(text: &str) -> String {
    text.bytes().flat_map(|byte| ["%".to_owned(), HEXUPPER.encode(&[byte])]).collect()
}

/// The same escapes in small letters.
fn lowered(escaped: &str) -> String {
    let mut parts = escaped.split('%');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| format!("{text}%{}{}", part[..2].to_lowercase(), &part[2..]))
}

#[test]
fn the_search_finds_every_spelling_wherever_it_stands() {
    let secret = "k3J9 aQ/é+x";
    let secrets = Secrets::new(vec![("it", secret.to_owned())]);
    for before in 0..7 {
        let text = format!("{}{secret}{}", "~".repeat(before), "?".repeat(before));
        let lines = [
            text.clone(),
            STANDARD_NO_PAD.encode(&text),
            URL_SAFE_NO_PAD.encode(&text),
            HEXLOWER.encode(text.as_bytes()),
            HEXUPPER.encode(text.as_bytes()),
            lowered(&escaped(&text)),
            escaped(&text),
            byte_serialize(text.as_bytes()).collect(),
            "k3J9%20aQ%2f%c3%a9%2bx".to_owned(),
        ];
        for line in lines {
            let place = [b"\xff\x00junk".as_slice(), line.as_bytes(), b"\xfe"].concat();
            assert!(secrets.find(&place).is_some(), "{line}");
        }
    }
    assert!(secrets.find(b"k3J9 aQ/ is not all of it").is_none());
}
