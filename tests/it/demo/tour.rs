//! The tour proves the main job, and its log keeps every secret.

use predicates::str::contains;
use regex::Regex;
use tempfile::TempDir;

use crate::support::program::greenroom;

#[test]
fn the_tour_passes_every_stop_and_logs_no_secret() {
    let folder = TempDir::new().unwrap();
    let mut tour = greenroom(folder.path());
    tour.args(["demo", "--tour"]).env("TMPDIR", folder.path()).env("GREENROOM_TELEMETRY__LOG", "debug");

    let run = tour.assert().code(0).stdout(contains("The main job works: "));

    let log = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(log.contains("meeting made"), "a log that says nothing proves nothing:\n{log}");
    let secrets = Regex::new(
        r"eyJ|pwd=|code=|@example\.com|/j/[A-Za-z0-9_-]{20}|/portal/open/[A-Za-z0-9_-]|lua & sol|carla\?room",
    )
    .unwrap();
    let shown: Vec<_> = log.lines().filter(|line| secrets.is_match(line)).collect();
    assert!(shown.is_empty(), "{shown:#?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "its folder is removed");
}
