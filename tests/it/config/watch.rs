//! A configuration that changes while it is used.

use greenroom::config::watch::Look;
use greenroom::config::watch::Sources;
use greenroom::config::watch::Watcher;
use secrecy::ExposeSecret;

use crate::config::written::LEAST;
use crate::config::written::Written;

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
async fn a_changed_configuration_or_keyring_file_is_noticed() {
    let written = Written::new(LEAST);
    let sources = Sources::new(Some(written.path()), std::iter::empty());
    let (mut watcher, _receiver) = Watcher::open(sources).await.unwrap();
    written.write("keyring.json", "{ }");
    assert_eq!(watcher.look().await, Look::Changed);
    written.write("greenroom.toml", "[zoom");
    assert!(matches!(watcher.look().await, Look::Refused(_)));
}
