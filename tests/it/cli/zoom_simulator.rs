//! `greenroom zoom-simulator`, from its first line to its end.

use std::path::Path;
use std::process::Stdio;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use predicates::str::contains;
use predicates::str::is_empty;
use rstest::rstest;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::process::Command;

use crate::support::program::greenroom;
use crate::support::program::started;
use crate::support::written::LEAST;
use crate::support::written::Written;

/// A running simulator, and what it said of itself.
struct Running {
    child: Child,
    origin: String,
    zoom: String,
}

impl Running {
    async fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::from(started(folder));
        command.args(["zoom-simulator", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let origin = first.strip_prefix("The Zoom simulator listens on ").expect(&first).to_owned();
        while lines.next_line().await.unwrap().unwrap() != "[zoom]" {}
        let mut zoom = "[zoom]".to_owned();
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if line.is_empty() {
                break;
            }
            zoom = format!("{zoom}\n{line}");
        }
        Self { child, origin, zoom }
    }

    async fn stop(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
        self.child.wait().await.unwrap().code()
    }
}

#[expect(clippy::disallowed_methods, reason = "the test's own client, without a proxy")]
async fn find(url: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = http.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[rstest]
#[case("-INT")]
#[case("-TERM")]
#[tokio::test]
async fn it_answers_until_a_signal_and_exits_0(#[case] signal: &str) {
    let folder = TempDir::new().unwrap();
    let running = Running::start(folder.path(), &[]).await;
    assert_eq!(find(&running.origin).await.0, 200);
    assert_eq!(find(&format!("{}/v2/users/me", running.origin)).await.0, 401);
    let (status, clock) = find(&format!("{}/simulator/clock", running.origin)).await;
    let now = serde_json::from_str::<serde_json::Value>(&clock).unwrap()["now"].as_str().unwrap().parse();
    let behind = SystemClock.now().duration_since(now.unwrap());
    assert!(status == 200 && behind.as_secs() < 60, "{clock}");
    assert_eq!(running.stop(signal).await, Some(0));
}

#[tokio::test]
async fn what_it_says_to_write_makes_greenroom_use_it() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("own \"secret\".txt"), "s3cret\n").unwrap();
    for (arguments, secret) in [
        (&[][..], "simulator-secret"),
        (&["--client-id", "a\"b", "--client-secret-file", "own \"secret\".txt"][..], "s3cret"),
    ] {
        let running = Running::start(folder.path(), arguments).await;
        assert!(!running.zoom.contains("s3cret"), "{}", running.zoom);
        let (before, after) = LEAST.split_once("[zoom]").unwrap();
        let rest = after.split_once("[auth]").unwrap().1;
        let zoom = running.zoom.replace("own ", &format!("{}/own ", folder.path().display()));
        let config = Written::new(&format!("{before}{zoom}\n[auth]{rest}")).load(&[]).unwrap();
        assert_eq!(config.zoom_secrets.client[0].expose_secret(), secret);
        assert_eq!(
            config.zoom_secrets.webhook[0].expose_secret(),
            greenroom::demo::simulator::WEBHOOK_SECRET
        );
        assert_eq!(config.zoom.client_id, arguments.get(1).map_or("greenroom-demo", |id| id));
        assert_eq!(config.zoom.api_url.as_str(), format!("{}/", running.origin));
        for (url, expected) in
            [(&config.zoom.token_url, 405), (&config.zoom.revoke_url, 405), (&config.zoom.authorize_url, 400)]
        {
            assert_eq!(find(url.as_str()).await.0, expected, "{url}");
        }
        assert_eq!(running.stop("-TERM").await, Some(0));
    }
}

#[tokio::test]
async fn only_the_named_places_may_have_users_sent_back() {
    let folder = TempDir::new().unwrap();
    let places = ["--redirect-uri", "http://127.0.0.1:1/a", "--redirect-uri", "http://127.0.0.1:1/b"];
    let running = Running::start(folder.path(), &places).await;
    let ask = async |place: &str| {
        let url = format!("{}/oauth/authorize?response_type=code&client_id=greenroom-demo", running.origin);
        find(&format!("{url}&redirect_uri={place}")).await.0
    };
    assert_eq!(ask("http://127.0.0.1:1/a").await, 200);
    assert_eq!(ask("http://127.0.0.1:1/b").await, 200);
    assert_eq!(ask("http://127.0.0.1:8080/oauth/zoom/callback").await, 400);
    assert_eq!(running.stop("-TERM").await, Some(0));
}

#[tokio::test]
async fn an_address_in_use_exits_1_and_is_named() {
    let folder = TempDir::new().unwrap();
    let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = holder.local_addr().unwrap();
    let run = greenroom(folder.path()).args(["zoom-simulator", "--listen", &taken.to_string()]).assert();
    run.code(1).stdout(is_empty()).stderr(contains(format!("{taken} cannot be listened on: ")));
    drop(holder);
}

#[test]
fn an_address_that_is_none_is_wrong_usage() {
    let folder = TempDir::new().unwrap();
    let run = greenroom(folder.path()).args(["zoom-simulator", "--public-url", "zoom.local"]).assert();
    run.code(2).stdout(is_empty()).stderr(contains("write an http or https address"));
}
