//! Reads secrets: in place, or from the files that `<key>_file` names. Never says what they are.

use secrecy::SecretSlice;
use secrecy::SecretString;

use crate::config::section::Found;
use crate::config::section::Section;

impl Section<'_> {
    /// Reads a list of secrets, current first, from `key` or from the files of `<key>_file`.
    ///
    /// Each must be a text that `accept` takes; `expected` completes "write …".
    pub(super) fn secrets(
        &mut self,
        key: &str,
        expected: &str,
        accept: impl Fn(&str) -> bool,
    ) -> Found<Vec<SecretString>> {
        let (name, secrets) = match self.raw_secrets(key) {
            Found::Absent => return Found::Absent,
            Found::Refused => return Found::Refused,
            Found::Given(given) => given,
        };
        let text =
            |secret| String::from_utf8(secret).ok().filter(|text| accept(text)).map(SecretString::from);
        let Some(secrets) = secrets.into_iter().map(text).collect::<Option<Vec<_>>>() else {
            self.report(name, "holds a secret that cannot be used", format!("write {expected}"));
            return Found::Refused;
        };
        Found::Given(secrets)
    }

    /// Reads one secret that may hold any bytes, from `key` or from the file of `<key>_file`.
    pub(super) fn secret_bytes(&mut self, key: &str) -> Found<(String, SecretSlice<u8>)> {
        let (name, mut secrets) = match self.raw_secret(key) {
            Found::Absent => return Found::Absent,
            Found::Refused => return Found::Refused,
            Found::Given(given) => given,
        };
        match secrets.pop() {
            Some(secret) if secrets.is_empty() => Found::Given((name, SecretSlice::from(secret))),
            Some(_) | None => {
                self.report(name, "does not name exactly one file", "write one path");
                Found::Refused
            }
        }
    }

    fn raw_secrets(&mut self, key: &str) -> Found<(String, Vec<Vec<u8>>)> {
        if !self.said_once(key) {
            return Found::Refused;
        }
        match self.texts(key).map(|(name, texts)| (name, texts.into_iter().map(String::into_bytes).collect()))
        {
            Found::Absent => self.secret_files(key),
            given @ (Found::Refused | Found::Given(_)) => given,
        }
    }

    fn raw_secret(&mut self, key: &str) -> Found<(String, Vec<Vec<u8>>)> {
        if !self.said_once(key) {
            return Found::Refused;
        }
        let name = self.name_of(key);
        match self.parsed(key, "a text", |text| Some((name, vec![text.as_bytes().to_vec()]))) {
            Found::Absent => self.secret_files(key),
            given @ (Found::Refused | Found::Given(_)) => given,
        }
    }

    /// Whether a secret stands in place or in a file, not both.
    fn said_once(&mut self, key: &str) -> bool {
        let twin = format!("{key}_file");
        self.also_known(&twin);
        let once = !(self.wrote(key) && self.wrote(&twin));
        if !once {
            let name = self.name_of(&twin);
            self.report(name, format!("says again what {key} says"), "keep one of the two");
            let _ = (self.texts(key), self.paths(&twin));
        }
        once
    }

    fn secret_files(&mut self, key: &str) -> Found<(String, Vec<Vec<u8>>)> {
        let (name, paths) = match self.paths(&format!("{key}_file")) {
            Found::Absent => return Found::Absent,
            Found::Refused => return Found::Refused,
            Found::Given(given) => given,
        };
        let read: Vec<_> = paths.iter().map(|path| self.file(&name, path).map(without_newline)).collect();
        match read.into_iter().collect::<Option<Vec<_>>>() {
            Some(secrets) => Found::Given((name, secrets)),
            None => Found::Refused,
        }
    }
}

/// A secret file holds the secret as it is, one trailing newline ignored (contract.md section 4).
fn without_newline(mut secret: Vec<u8>) -> Vec<u8> {
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    secret
}
