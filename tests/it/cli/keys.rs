//! `greenroom keys`, which makes what everything stored is sealed with.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use greenroom::crypto::keyring::Keyring;
use predicates::str::contains;
use predicates::str::is_empty;
use tempfile::TempDir;

use crate::support::program::greenroom;

#[test]
fn a_ring_is_printed_and_every_ring_is_another() {
    let folder = TempDir::new().unwrap();
    let ring = || {
        let run = greenroom(folder.path()).args(["keys", "generate"]).assert().code(0).stderr(is_empty());
        Keyring::parse(std::str::from_utf8(&run.get_output().stdout).unwrap()).unwrap()
    };
    let (one, two) = (ring(), ring());
    assert_eq!(one.keys().len(), 1);
    assert_ne!(one.primary().id(), two.primary().id());
    assert_ne!(one.deployment(), two.deployment());
}

#[test]
fn a_ring_in_a_file_is_its_owners_alone_and_nothing_of_it_is_printed() {
    let folder = TempDir::new().unwrap();
    let generate = ["keys", "generate", "--out", "keyring.json"];
    let run = greenroom(folder.path()).args(generate).assert().code(0).stdout(is_empty());
    let path = folder.path().join("keyring.json");
    let text = fs::read_to_string(&path).unwrap();
    Keyring::parse(&text).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (_, secret) = text.split_once("\"secret\": \"").unwrap();
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.starts_with("keyring.json: ") && !said.contains(&secret[..43]), "{said}");
}

#[test]
fn a_file_that_exists_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("keyring.json"), "precious").unwrap();
    let generate = ["keys", "generate", "--out", "keyring.json"];
    let run = greenroom(folder.path()).args(generate).assert().code(1).stdout(is_empty());
    run.stderr(contains("keyring.json exists and is left as it is"));
    assert_eq!(fs::read_to_string(folder.path().join("keyring.json")).unwrap(), "precious");
}

#[test]
fn a_file_that_cannot_be_created_is_named_with_its_cause() {
    let folder = TempDir::new().unwrap();
    let generate = ["keys", "generate", "--out", "nowhere/keyring.json"];
    let run = greenroom(folder.path()).args(generate).assert().code(1).stdout(is_empty());
    run.stderr(contains("nowhere/keyring.json cannot be created: No such file"));
}
