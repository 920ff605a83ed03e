//! `greenroom config check` and `greenroom config example`, run as a person runs them.

use std::fs;

use predicates::str::contains;
use predicates::str::is_empty;

use crate::support::program::greenroom;
use crate::support::written::LEAST;
use crate::support::written::Written;

#[test]
fn the_example_passes_the_check_given_the_files_it_names() {
    let written = Written::new("");
    let example = greenroom(written.folder()).args(["config", "example"]).assert().code(0);
    fs::write(written.path(), &example.get_output().stdout).unwrap();
    written.write("hs256.secret", &"h".repeat(32));
    let check = ["config", "check", "--config", "greenroom.toml"];
    greenroom(written.folder()).args(check).assert().code(0).stdout("ok\n");
}

#[test]
fn the_example_names_every_key() {
    let sections =
        ["public", "internal", "store", "crypto", "zoom", "auth", "portal", "events", "minting", "telemetry"];
    let text = sections.map(|section| format!("[{section}]\nunknown = 1\n")).concat();
    let problems = Written::new(&text).load(&[]).unwrap_err();
    let unknown = problems.as_slice().iter().filter(|problem| problem.what == "is not a key");
    let listed: Vec<_> = unknown.map(|problem| problem.remedy.rsplit_once(" are ").unwrap().1).collect();
    assert_eq!(listed.len(), sections.len());
    for key in listed.iter().flat_map(|keys| keys.split(", ")).filter(|key| !key.ends_with("s_file")) {
        assert!(greenroom::config::EXAMPLE.contains(&format!("\n{key} = ")), "{key}");
    }
}

#[test]
fn the_check_prints_one_line_a_problem_and_exits_2() {
    let written = Written::new(&LEAST.replace("client_id = \"abc\"", ""));
    let check = ["--config", "greenroom.toml", "config", "check"];
    let line = "zoom.client_id: is missing; write the client id of your Zoom app\n";
    greenroom(written.folder()).args(check).assert().code(2).stdout(line).stderr(is_empty());
}

#[test]
fn the_check_speaks_json_when_asked() {
    let written = Written::new(LEAST);
    let mut command = greenroom(written.folder());
    command.args(["config", "check", "--output", "json"]).env("GREENROOM_CONFIG", "greenroom.toml");
    command.assert().code(0).stdout(contains("\"ok\": true"));
}

#[test]
fn wrong_usage_exits_2_on_stderr_and_help_0_on_stdout() {
    let written = Written::new("");
    greenroom(written.folder()).arg("fly").assert().code(2).stdout(is_empty()).stderr(contains("fly"));
    greenroom(written.folder()).arg("--help").assert().code(0).stdout(contains("config")).stderr(is_empty());
}
