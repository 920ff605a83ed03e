//! The command line: one file per command. Owns arguments, exit codes and what is printed.

mod account_pages;
mod account_refresh;
mod accounts;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod jobs;
mod keys;
mod openapi;
mod out;
mod serve;
mod shutdown;
mod table;
pub mod telemetry;
#[cfg(feature = "demo")]
mod zoom_simulator;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::Subcommand;

use crate::cli::out::Out;

pub use crate::cli::out::OutputFormat;

/// How a command ended; what a shell sees of it (contract.md section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done: 0.
    Done,
    /// Failed: 1.
    Failed,
    /// Asked for wrongly, or with a configuration that cannot be used: 2.
    WrongUsage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::WrongUsage => Self::from(2),
        }
    }
}

/// The meeting-link gateway of a bookings platform.
#[derive(Debug, Parser)]
#[command(name = "greenroom", version, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
struct Common {
    /// The configuration file (TOML). `greenroom config example` prints one.
    #[arg(long, global = true, env = "GREENROOM_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How data is printed.
    #[arg(long, global = true, value_enum, default_value_t = OutputFormat::Table)]
    output: OutputFormat,
}

/// The commands, one file each.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "a process parses one command")]
enum Command {
    /// Run a gateway.
    Serve,
    /// Try it: a gateway, a Zoom simulator and a sample site in one process, stored in a temporary folder.
    #[cfg(feature = "demo")]
    Demo(demo::Arguments),
    /// Say what is wrong and what to do about it; exit code 1 where something stays wrong until somebody does it.
    Doctor,
    /// Check the configuration, or print an example.
    #[command(subcommand)]
    Config(config::Command),
    /// Make the keys that seal everything stored.
    #[command(subcommand)]
    Keys(keys::Command),
    /// See the accounts of all sites and their health, renew tokens, disconnect.
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// List what needs a person, and try it again.
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Print the OpenAPI document of the internal listener. Needs no configuration.
    Openapi,
    /// Stand in for Zoom: consent pages, users, meetings, and faults on request.
    #[cfg(feature = "demo")]
    ZoomSimulator(zoom_simulator::Arguments),
}

/// Parses the command line and runs the command it names.
pub fn run() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => dispatch(arguments).into(),
        Err(error) => usage(&error).into(),
    }
}

fn dispatch(arguments: Arguments) -> Exit {
    let Arguments { common, command } = arguments;
    let out = Out::new(common.output);
    match command {
        Command::Serve => ended(serve::run(common.config.as_deref())),
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => ended(demo::run(&arguments, out)),
        Command::Doctor => ended(doctor::run(common.config.as_deref(), out)),
        Command::Config(command) => ended(config::run(&command, common.config.as_deref(), out)),
        Command::Keys(command) => ended(keys::run(&command, out)),
        Command::Accounts(command) => ended(accounts::run(command, common.config.as_deref(), out)),
        Command::Jobs(command) => ended(jobs::run(command, common.config.as_deref(), out)),
        Command::Openapi => ended(openapi::run(out)),
        #[cfg(feature = "demo")]
        Command::ZoomSimulator(arguments) => ended(zoom_simulator::run(arguments)),
    }
}

/// Turns what a command returned into an exit code; an error goes to stderr with its causes.
fn ended(result: anyhow::Result<Exit>) -> Exit {
    result.unwrap_or_else(|error| {
        eprintln!("greenroom: {error:#}");
        Exit::Failed
    })
}

/// Prints help on stdout, and wrong usage on stderr.
fn usage(error: &clap::Error) -> Exit {
    let printed = error.print();
    if error.use_stderr() || printed.is_err() { Exit::WrongUsage } else { Exit::Done }
}

/// The environment, as far as it is text: what configuration is read from.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
}
