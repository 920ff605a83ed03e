//! The command line: one file per command. Owns arguments, exit codes and what is printed.

use std::process::ExitCode;

/// Parses the command line and runs the command it names.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
