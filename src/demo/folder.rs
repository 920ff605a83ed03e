//! Owns the demo's temporary folder: made for its owner's eyes alone, and removed at the end.

use std::fs;
use std::fs::DirBuilder;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use tracing::warn;

use crate::domain::entropy::Entropy;

/// A folder that goes when this does.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes a folder that was not there.
    pub(super) fn open(entropy: &dyn Entropy) -> io::Result<Self> {
        let mut name = [0; 8];
        entropy.fill(&mut name);
        let path = std::env::temp_dir().join(format!("greenroom-demo-{}", HEXLOWER.encode(&name)));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where a file in it is.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file in it; one that is there is overwritten.
    pub(super) fn put(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.file(name);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(content.as_bytes())?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            warn!(%error, folder = %self.0.display(), "the demo's folder is left behind");
        }
    }
}
