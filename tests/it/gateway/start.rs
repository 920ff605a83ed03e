//! `greenroom serve`, run as an operator runs it: what keeps it from starting is named, and it stops when told to.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use predicates::str::is_empty;
use serde_json::Value;

use crate::support::program::greenroom;
use crate::support::program::started;
use crate::support::redis::RedisServer;
use crate::support::written::Written;

/// What an operator would rather not read in a log.
const SECRETS: [&str; 3] = ["client-s3cret", "st0re-s3cret", "hhhhhhhh"];

/// A configuration that can be used, with ports that the system chooses.
fn usable(further: &str) -> Written {
    Written::new(&format!(
        r#"
[public]
listen = "127.0.0.1:0"
[internal]
listen = "127.0.0.1:0"
[crypto]
keyring_file = "{{folder}}/keyring.json"
[zoom]
client_id = "abc"
client_secrets_file = "{{folder}}/client.txt"
[auth]
issuers = [ {{ issuer = "dev", audience = "greenroom", hs256_secret_file = "{{folder}}/hs256.txt" }} ]
{further}
"#
    ))
}

/// Runs a gateway that must not start; answers what it said.
fn refused(written: &Written) -> String {
    let run = greenroom(written.folder())
        .args(["serve", "--config", "greenroom.toml"])
        .timeout(Duration::from_secs(20))
        .assert()
        .code(2)
        .stdout(is_empty());
    let said = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
    said
}

/// A gateway that runs; killed when dropped.
struct Running {
    process: Child,
    log: BufReader<ChildStderr>,
    internal: String,
}

impl Running {
    /// Starts one, and waits until it says that it serves.
    fn start(written: &Written) -> Self {
        let mut process = started(written.folder())
            .args(["serve", "--config", "greenroom.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let internal = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it served");
            let entry: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if entry["fields"]["message"] == "serving" {
                break entry["fields"]["internal"].as_str().unwrap().to_owned();
            }
        };
        Self { process, log, internal }
    }

    fn readiness(&self) -> String {
        let mut connection = TcpStream::connect(&self.internal).unwrap();
        connection.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_configuration_with_three_problems_is_refused_with_all_three() {
    let written =
        usable("[store]\nurl = \"postgres://u:st0re-s3cret@db\"\n[minting]\nreserve_percent = 300\n");
    let text =
        fs::read_to_string(written.path()).unwrap().replace("client_id = \"abc\"", "client_idd = \"abc\"");
    fs::write(written.path(), text).unwrap();

    let said = refused(&written);

    let keys: Vec<_> = said.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(keys, ["store.url", "zoom.client_id", "zoom.client_idd", "minting.reserve_percent"], "{said}");
    for line in said.lines() {
        assert!(line.contains("; "), "what to do: {line}");
    }
}

#[test]
fn a_broken_keyring_is_refused_and_the_remedy_is_not_a_new_one() {
    let written = usable("");
    let ring = fs::read_to_string(written.folder().join("keyring.json")).unwrap();
    let (_, secret) = ring.split_once("\"secret\": \"").unwrap();
    let secret = &secret[..43];
    for broken in
        [ring.replace(secret, &secret[..40]), ring[..ring.len() / 2].to_owned(), "{}".into(), String::new()]
    {
        written.write("keyring.json", &broken);
        let said = refused(&written);
        assert!(said.starts_with("crypto.keyring_file: names a keyring that is refused"), "{said}");
        assert!(said.contains("put its backup back") && !said.contains(&secret[..40]), "{said}");
    }
}

#[test]
fn without_a_keyring_nothing_starts_and_nothing_is_stored() {
    let written = usable("");
    fs::remove_file(written.folder().join("keyring.json")).unwrap();

    let said = refused(&written);

    assert!(said.contains("crypto.keyring_file") && said.contains("greenroom keys generate"), "{said}");
    assert!(!written.folder().join("greenroom.redb").exists());
}

#[tokio::test]
async fn a_redis_that_does_not_answer_is_named_without_its_password() {
    let gone = RedisServer::start().await;
    let address = gone.address;
    drop(gone);
    let written = usable(&format!("[store]\nurl = \"redis://me:st0re-s3cret@{address}\"\n"));

    let said = refused(&written);

    assert!(said.contains("store.url") && said.contains(&address.to_string()), "{said}");
    assert!(said.contains("start it, or correct the store's address"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_named_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (key, first) in [("public.listen", "[public]"), ("internal.listen", "[internal]")] {
        let written = usable("");
        let text = fs::read_to_string(written.path()).unwrap();
        let old = format!("{first}\nlisten = \"127.0.0.1:0\"");
        assert!(text.contains(&old));
        fs::write(written.path(), text.replace(&old, &format!("{first}\nlisten = \"{address}\""))).unwrap();

        let said = refused(&written);

        assert!(said.contains(key) && said.contains(&address) && said.contains("free it"), "{said}");
    }
}

#[test]
fn a_second_gateway_on_the_same_file_is_refused_and_the_first_goes_on() {
    let written = usable("");
    let mut first = Running::start(&written);

    let said = refused(&written);

    assert!(said.contains("store.url") && said.contains("greenroom.redb"), "{said}");
    assert_eq!(first.process.try_wait().unwrap(), None);
}

/// Takes five seconds: so long a gateway stays reachable, for balancers to see that it is not ready.
#[test]
fn a_gateway_that_is_told_to_stop_says_so_then_ends_with_0() {
    let written = usable("");
    let mut gateway = Running::start(&written);
    assert!(gateway.readiness().starts_with("HTTP/1.1 200"));

    gateway.signal("-TERM");
    let mut said = String::new();
    gateway.log.read_line(&mut said).unwrap();
    assert!(said.contains("stopping"), "{said}");
    let readiness = gateway.readiness();
    assert!(readiness.starts_with("HTTP/1.1 503") && readiness.contains("shutting_down"), "{readiness}");

    gateway.log.read_to_string(&mut said).unwrap();
    assert_eq!(gateway.process.wait().unwrap().code(), Some(0));
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
}
