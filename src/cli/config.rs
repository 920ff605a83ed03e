//! `greenroom config`: says what is wrong with a configuration, and prints one that is right.

use std::path::Path;

use serde::Serialize;

use crate::cli::Exit;
use crate::cli::environment;
use crate::cli::out::Out;
use crate::config::ConfigProblem;
use crate::config::ConfigProblems;
use crate::config::EXAMPLE;
use crate::config::load;

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// Say everything that is wrong with the configuration, one line a problem; exit code 2 if anything is.
    Check,
    /// Print a complete configuration with every key explained.
    Example,
}

/// Runs the command. Fails where stdout does.
pub(in crate::cli) fn run(command: &Command, path: Option<&Path>, out: Out) -> anyhow::Result<Exit> {
    match command {
        Command::Check => check(path, out),
        Command::Example => {
            out.text(EXAMPLE)?;
            Ok(Exit::Done)
        }
    }
}

#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    problems: &'a [ConfigProblem],
}

fn check(path: Option<&Path>, out: Out) -> anyhow::Result<Exit> {
    let found = load(path, environment()).err();
    let problems = found.as_ref().map_or(&[][..], ConfigProblems::as_slice);
    let checked = Checked { ok: problems.is_empty(), problems };
    out.data(&checked, || found.as_ref().map_or_else(|| "ok\n".to_owned(), |found| format!("{found}\n")))?;
    Ok(if checked.ok { Exit::Done } else { Exit::WrongUsage })
}
