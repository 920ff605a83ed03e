//! Owns one pass over the configuration: its problems, and a fingerprint of every file it read.

use std::fs;
use std::io::ErrorKind;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::digest;

use crate::config::problem::ConfigProblem;

/// Larger than any keyring; a device or a log named by mistake is not read to its end.
const FILE_LIMIT: u64 = 1024 * 1024;
/// What to do about a file that cannot be read.
const READABLE: &str = "write the path of a file that this user may read";

/// What a configuration was read from, as one value to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

/// One pass: problems so far, and what was read so far.
pub(super) struct Reading {
    pub(super) problems: Vec<ConfigProblem>,
    seen: digest::Context,
}

impl Reading {
    pub(super) fn new() -> Self {
        Self { problems: Vec::new(), seen: digest::Context::new(&digest::SHA256) }
    }

    /// Reads a file that `key` names; one that cannot be read becomes a problem.
    pub(super) fn file(&mut self, key: &str, path: &str) -> Option<Vec<u8>> {
        self.file_or(key, path, READABLE)
    }

    /// As [`Reading::file`]; `absent` says what to do where there is no such file.
    pub(super) fn file_or(&mut self, key: &str, path: &str, absent: &str) -> Option<Vec<u8>> {
        let (problem, content) = match read_bounded(Path::new(path)) {
            Ok(content) if content.len() as u64 > FILE_LIMIT => {
                (Some(("names a file of more than 1 MiB".to_owned(), READABLE)), None)
            }
            Ok(content) => (None, Some(content)),
            Err(error) => {
                let remedy = if error.kind() == ErrorKind::NotFound { absent } else { READABLE };
                (Some((format!("names a file that cannot be read ({})", error.kind()), remedy)), None)
            }
        };
        self.remember(path.as_bytes());
        self.remember(content.as_deref().unwrap_or_default());
        if let Some((what, remedy)) = problem {
            self.problems.push(ConfigProblem::new(key, what, remedy));
        }
        content
    }

    /// The same for the same files with the same content.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.seen.clone().finish().as_ref());
        Fingerprint(bytes)
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.seen.update(&(bytes.len() as u64).to_be_bytes());
        self.seen.update(bytes);
    }
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    fs::File::open(path)?.take(FILE_LIMIT + 1).read_to_end(&mut content)?;
    Ok(content)
}
