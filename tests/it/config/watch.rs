//! A configuration that changes while it is used.

use std::sync::Arc;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::config::watch::Look;
use greenroom::config::watch::Sources;
use greenroom::config::watch::Watcher;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::process::Command;
use tokio::sync::Notify;

use crate::support::written::LEAST;
use crate::support::written::Written;
use crate::support::written::ring;

#[tokio::test]
async fn a_changed_secret_file_is_handed_on_and_a_broken_one_is_not() {
    let written = Written::new(LEAST);
    let sources = Sources::new(Some(written.path()), std::iter::empty());
    let (mut watcher, receiver) = Watcher::open(sources).await.unwrap();
    let secret = || receiver.borrow().zoom_secrets.client[0].expose_secret().to_owned();
    assert_eq!(watcher.look().await, Look::Same);

    written.write("client.txt", "rotated");
    assert_eq!(watcher.look().await, Look::Changed);
    assert_eq!(secret(), "rotated");

    written.write("client.txt", "");
    assert!(matches!(watcher.look().await, Look::Refused(_)));
    assert_eq!(watcher.look().await, Look::Same);
    assert_eq!(secret(), "rotated");

    written.write("client.txt", "mended");
    assert_eq!(watcher.look().await, Look::Changed);
    assert_eq!(secret(), "mended");
}

#[tokio::test]
async fn a_changed_ring_is_handed_on_and_a_broken_one_is_not() {
    let written = Written::new(LEAST);
    let sources = Sources::new(Some(written.path()), std::iter::empty());
    let (mut watcher, receiver) = Watcher::open(sources).await.unwrap();
    let primary = || receiver.borrow().crypto_secrets.keyring.primary().id();
    let first = primary();

    let rotated = ring();
    written.write("keyring.json", &rotated.render());
    assert_eq!(watcher.look().await, Look::Changed);
    assert_ne!(primary(), first);

    for broken in ["", "{ }", &rotated.render().replace("primary", "open_only")] {
        written.write("keyring.json", broken);
        let Look::Refused(problems) = watcher.look().await else { panic!("{broken} is taken") };
        assert_eq!(problems.as_slice()[0].key, "crypto.keyring_file");
        assert_eq!(primary(), rotated.primary().id(), "the old one stays");
    }
}

#[tokio::test]
async fn a_changed_configuration_file_is_noticed() {
    let written = Written::new(LEAST);
    let sources = Sources::new(Some(written.path()), std::iter::empty());
    let (mut watcher, _receiver) = Watcher::open(sources).await.unwrap();
    written.write("greenroom.toml", "[zoom");
    assert!(matches!(watcher.look().await, Look::Refused(_)));
}

/// A clock on which no time passes, and that says when it is waited for.
#[derive(Debug, Default)]
struct Standstill(Notify);

#[async_trait::async_trait]
impl Clock for Standstill {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn wait(&self, _: Duration) {
        self.0.notify_one();
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_hangup_signal_is_looked_after_at_once() {
    let written = Written::new(LEAST);
    let sources = Sources::new(Some(written.path()), std::iter::empty());
    let (watcher, mut receiver) = Watcher::open(sources).await.unwrap();
    let clock = Arc::new(Standstill::default());
    let running = tokio::spawn(watcher.run(Arc::clone(&clock) as _));
    clock.0.notified().await;
    written.write("client.txt", "rotated");
    let pid = std::process::id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().await.unwrap().success());
    receiver.changed().await.unwrap();
    assert_eq!(receiver.borrow().zoom_secrets.client[0].expose_secret(), "rotated");
    running.abort();
}
