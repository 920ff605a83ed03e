//! `greenroom keys`: makes the keys that seal everything stored. Shows secrets only where a ring is asked for.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::bail;

use crate::app::ports::clock::Clock;
use crate::app::ports::clock::SystemClock;
use crate::cli::Exit;
use crate::cli::out::Out;
use crate::crypto::entropy::SystemEntropy;
use crate::crypto::keyring::Keyring;

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// Make the keyring of a new installation: one primary key, and a name that no other installation has.
    Generate {
        /// Create this file, readable by this user alone, in place of printing the ring. One that exists stays as it is.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Runs the command. Fails where the file exists or cannot be written, and where stdout does.
pub(in crate::cli) fn run(command: &Command, out: Out) -> anyhow::Result<Exit> {
    match command {
        Command::Generate { out: file } => generate(file.as_deref(), out),
    }
}

fn generate(file: Option<&Path>, out: Out) -> anyhow::Result<Exit> {
    let ring = Keyring::generate(SystemClock.now(), &SystemEntropy).render();
    match file {
        None => out.text(&ring)?,
        Some(path) => {
            create(path, &ring)?;
            eprintln!(
                "{}: keep a copy where nobody else can read it; without it, what is stored is lost",
                path.display()
            );
        }
    }
    Ok(Exit::Done)
}

/// Writes a file that was not there, for its owner's eyes only.
fn create(path: &Path, text: &str) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => bail!(
            "{} exists and is left as it is, since what its keys sealed opens with nothing else: name another file",
            path.display()
        ),
        opened => opened.with_context(|| format!("{} cannot be created", path.display()))?,
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written
        .or_else(|error| {
            // Half a ring helps nobody, and would stand in the way of the next attempt.
            fs::remove_file(path)?;
            Err(error)
        })
        .with_context(|| format!("{} cannot be written", path.display()))
}
