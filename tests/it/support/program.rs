//! Runs the program itself, with nothing of this process's environment.

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::cargo::CommandCargoExt;

/// The program in a folder, to be run to its end.
pub(crate) fn greenroom(folder: &Path) -> Command {
    Command::from_std(started(folder))
}

/// The program in a folder, to be spawned.
pub(crate) fn started(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::cargo_bin("greenroom").unwrap();
    command.current_dir(folder).env_clear();
    command
}
