//! Fills the settings of the keyring from `[crypto]`, and reads its file.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::section::Section;
use crate::crypto::settings::Secrets;
use crate::crypto::settings::Settings;

/// Reads `[crypto]` and the file it names.
pub(super) fn fill(mut section: Section<'_>) -> Option<(Settings, Secrets)> {
    let name = section.name_of("keyring_file");
    let path = section
        .parsed("keyring_file", "the path of a file made by `greenroom keys generate`", |path| {
            Some(path.to_owned())
        })
        .or("keyring.json".to_owned());
    let keyring = path.as_deref().and_then(|path| section.file(&name, path)).map(String::from_utf8);
    if matches!(keyring, Some(Err(_))) {
        section.report(name, "names a file that is no keyring", "make one with `greenroom keys generate`");
    }
    section.finish();
    let keyring = SecretString::from(keyring?.ok()?);
    Some((Settings { keyring_file: PathBuf::from(path?) }, Secrets { keyring }))
}
