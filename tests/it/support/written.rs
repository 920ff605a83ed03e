//! A configuration on disk, in a folder of its own.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use greenroom::config::Config;
use greenroom::config::ConfigProblems;
use greenroom::config::load;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::keyring::Keyring;
use tempfile::TempDir;

/// The least that can be used, beside the files it names.
pub(crate) const LEAST: &str = r#"
[crypto]
keyring_file = "{folder}/keyring.json"
[zoom]
client_id = "abc"
client_secrets_file = "{folder}/client.txt"
[auth]
issuers = [ { issuer = "dev", audience = "greenroom", hs256_secret_file = "{folder}/hs256.txt" } ]
"#;

/// A folder with a configuration and its secret files.
pub(crate) struct Written {
    folder: TempDir,
}

impl Written {
    /// Writes a configuration, in which `{folder}` stands for its folder.
    pub(crate) fn new(text: &str) -> Self {
        let written = Self { folder: TempDir::new().unwrap() };
        written.write("keyring.json", &ring().render());
        written.write("client.txt", "client-s3cret\n");
        written.write("hs256.txt", &"h".repeat(32));
        written.write("greenroom.toml", &text.replace("{folder}", &written.folder().to_string_lossy()));
        written
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join("greenroom.toml")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    pub(crate) fn load(&self, environment: &[(&str, &str)]) -> Result<Config, ConfigProblems> {
        let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        load(Some(&self.path()), environment)
    }
}

/// A ring like no other.
pub(crate) fn ring() -> Keyring {
    Keyring::generate("2026-11-22T10:00:00Z".parse().unwrap(), &SystemEntropy)
}

/// The keys that are wrong.
pub(crate) fn keys(outcome: Result<Config, ConfigProblems>) -> Vec<String> {
    let problems = outcome.unwrap_err();
    problems.as_slice().iter().map(|problem| problem.key.clone()).collect()
}
