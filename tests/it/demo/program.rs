//! Starts the demo as a program of its own, and ends it as Ctrl-C does.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;

use tempfile::TempDir;

use crate::support::program::started;

/// The running demo, in a folder of its own.
#[derive(Debug)]
pub(crate) struct Demo {
    child: Child,
    folder: TempDir,
    /// What it printed when it was ready.
    pub(crate) text: String,
    /// Where its start page is.
    pub(crate) start_page: String,
}

impl Demo {
    /// Starts it, and waits until it says that it is ready.
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = started(folder.path());
        command.arg("demo").env("TMPDIR", folder.path()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut text = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            text.push_str(&line.unwrap());
            text.push('\n');
            if text.contains("\nCtrl-C ends it") {
                break;
            }
        }
        let start_page = text.split_whitespace().find(|word| word.ends_with("/demo")).map(str::to_owned);
        let start_page = start_page.unwrap_or_else(|| panic!("no start page in:\n{text}"));
        Self { child, folder, text, start_page }
    }

    /// Ends it as Ctrl-C does; answers how it ended, and what it left behind.
    pub(crate) fn interrupt(mut self) -> (ExitStatus, Vec<String>) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let left = fs::read_dir(self.folder.path()).unwrap();
        (status, left.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // One that was interrupted has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
