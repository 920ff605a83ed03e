//! Fills the settings of the keyring from `[crypto]`, and has its file read.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::config::section::Section;
use crate::crypto::settings::Secrets;
use crate::crypto::settings::Settings;

/// What to do where no keyring is found.
const MAKE_ONE: &str = "write the path of the keyring, or make the ring of a new installation: \
     `greenroom keys generate --out keyring.json`";
/// What to do with a ring that is refused. Not to make another: what the lost keys sealed would not open.
const RESTORE: &str = "mend it, or put its backup back";

/// Reads `[crypto]` and the file it names.
pub(super) fn fill(mut section: Section<'_>) -> Option<(Settings, Secrets)> {
    let name = section.name_of("keyring_file");
    let path = section
        .parsed("keyring_file", "the path of a file made by `greenroom keys generate`", |path| {
            Some(path.to_owned())
        })
        .or("keyring.json".to_owned());
    let secrets = path.as_deref().and_then(|path| read(&mut section, &name, path));
    section.finish();
    Some((Settings { keyring_file: PathBuf::from(path?) }, secrets?))
}

/// The ring of the file at `path`, which the key `name` says.
fn read(section: &mut Section<'_>, name: &str, path: &str) -> Option<Secrets> {
    let content = Zeroizing::new(section.file_or(name, path, MAKE_ONE)?);
    let Ok(text) = str::from_utf8(&content) else {
        section.report(name, "names a file that is no keyring: it is not UTF-8", RESTORE);
        return None;
    };
    Secrets::parse(text)
        .map_err(|error| section.report(name, format!("names a keyring that is refused ({error})"), RESTORE))
        .ok()
}
