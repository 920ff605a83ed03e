//! Owns what people read, in every language (R39). Knows neither pages nor routes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_bundle::FluentArgs;
use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use tracing::error;

use crate::domain::locale::Locale;

/// What people read in one language.
pub(in crate::web) struct Texts {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

static ALL: LazyLock<BTreeMap<Locale, Texts>> =
    LazyLock::new(|| Locale::ALL.into_iter().map(|locale| (locale, Texts::read(locale))).collect());

const fn source(locale: Locale) -> &'static str {
    match locale {
        Locale::English => include_str!("locales/en.ftl"),
        Locale::BrazilianPortuguese => include_str!("locales/pt-BR.ftl"),
    }
}

impl Texts {
    /// The texts of a language.
    pub(in crate::web) fn of(locale: Locale) -> &'static Self {
        ALL.get(&locale).expect("every language is in the table: it was made of all of them")
    }

    /// The language.
    pub(in crate::web) fn locale(&self) -> Locale {
        self.locale
    }

    /// A text.
    pub(in crate::web) fn say(&self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// A text with names, addresses and numbers in it.
    pub(in crate::web) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            error!(key, locale = self.locale.tag(), "text missing");
            return key.to_owned();
        };
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            arguments.set(*name, *value);
        }
        let mut problems = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&arguments), &mut problems);
        if !problems.is_empty() {
            error!(key, locale = self.locale.tag(), "text lacks a value");
        }
        text.into_owned()
    }

    fn read(locale: Locale) -> Self {
        let identifier = locale.tag().parse().expect("our own tags are BCP 47");
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        bundle.set_use_isolating(false);
        let resource =
            FluentResource::try_new(source(locale).to_owned()).unwrap_or_else(|(resource, problems)| {
                error!(locale = locale.tag(), count = problems.len(), "texts cannot be read");
                resource
            });
        bundle.add_resource_overriding(resource);
        Self { locale, bundle }
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("locale", &self.locale).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every key of a language, with the variables in its text.
    fn keys(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in source(locale).lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                key.clone_into(&mut current);
                assert!(keys.insert(current.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
            }
            for part in line.split('$').skip(1) {
                let name = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                keys.get_mut(&current).unwrap().insert(name);
            }
        }
        keys
    }

    #[test]
    fn every_language_says_the_same_things_with_the_same_names() {
        let english = keys(Locale::English);
        for locale in Locale::ALL {
            assert_eq!(keys(locale), english, "{}", locale.tag());
            FluentResource::try_new(source(locale).to_owned()).expect("every line can be read");
        }
    }

    #[test]
    fn every_text_is_used_and_every_text_that_is_used_exists() {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
        let folders = ["public", "public/templates", "internal/v1"].map(|folder| web.join(folder));
        let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
        let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let written: String = paths.map(|path| fs::read_to_string(path).unwrap()).collect();
        let english = keys(Locale::English);
        for key in english.keys() {
            assert!(written.contains(&format!("\"{key}\"")), "nobody says {key}");
        }
        for said in written.split("say(\"").chain(written.split("fill(\"")).skip(1) {
            let key = said.split('"').next().unwrap();
            let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            assert!(!is_key || english.contains_key(key), "{key} is said, and stands nowhere");
        }
    }
}
