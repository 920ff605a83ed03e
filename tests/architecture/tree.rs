//! Reads sources for the rules: comments and literals blanked, test code set aside. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What the rules look at: sources and fixtures, in memory.
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
    /// By the path below `wiremock-fixtures/mappings/`.
    pub(crate) fixtures: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the repository that stands at `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut texts = Vec::new();
        for folder in ["src", "tests", "benches"] {
            read_below(root, &root.join(folder), "rs", &mut texts);
        }
        let mappings = root.join("wiremock-fixtures/mappings");
        let mut fixtures = Vec::new();
        read_below(&mappings, &mappings, "json", &mut fixtures);
        Self::of(texts, fixtures)
    }

    /// A tree of these texts by path.
    pub(crate) fn of(texts: Vec<(String, String)>, fixtures: Vec<(String, String)>) -> Self {
        let mut sources: Vec<Source> = texts.into_iter().map(|(path, text)| Source::of(path, text)).collect();
        let test_files: BTreeSet<String> =
            sources.iter().flat_map(|source| source.test_files.clone()).collect();
        for source in &mut sources {
            if test_files.iter().any(|test| {
                source.path == format!("{test}.rs") || source.path.starts_with(&format!("{test}/"))
            }) {
                source.set_aside_as_test();
            }
        }
        Self { sources, fixtures: fixtures.into_iter().collect() }
    }

    /// The sources of one room.
    pub(crate) fn in_room<'a>(&'a self, room: &'a str) -> impl Iterator<Item = &'a Source> {
        self.sources.iter().filter(move |source| source.room().as_deref() == Some(room))
    }
}

fn read_below(root: &Path, folder: &Path, extension: &str, into: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder that was opened can be listed").path();
        if path.is_dir() {
            read_below(root, &path, extension, into);
        } else if path.extension().is_some_and(|found| found == extension) {
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            into.push((name, fs::read_to_string(&path).expect("sources and fixtures are UTF-8")));
        }
    }
}

/// One file of Rust.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and literals blanked, test code included.
    pub(crate) masked: String,
    /// As `masked`, without what stands under `#[cfg(test)]`.
    pub(crate) code: String,
    /// The string literals of test code.
    pub(crate) test_strings: Vec<String>,
    /// Paths (without `.rs`) of the modules declared under `#[cfg(test)]`.
    test_files: Vec<String>,
}

impl Source {
    fn of(path: String, text: String) -> Self {
        let (masked, strings) = mask(&text);
        let mut source = Self {
            masked,
            code: String::new(),
            test_strings: Vec::new(),
            test_files: Vec::new(),
            path,
            text,
        };
        let mut code = source.masked.clone().into_bytes();
        let ranges = test_ranges(&source.masked);
        for (start, end) in &ranges {
            if let Some(name) = declared_module(&source.masked[*start..*end]) {
                source.test_files.push(format!("{}/{name}", source.folder()));
            }
            blank(&mut code, *start, *end);
        }
        source.code = String::from_utf8(code).expect("whole characters were blanked");
        let all_is_test = source.path.starts_with("tests/");
        let is_test =
            |at: usize| all_is_test || ranges.iter().any(|(start, end)| (*start..*end).contains(&at));
        source.test_strings =
            strings.into_iter().filter(|(at, _)| is_test(*at)).map(|(_, literal)| literal).collect();
        source
    }

    fn set_aside_as_test(&mut self) {
        self.test_strings = mask(&self.text).1.into_iter().map(|(_, literal)| literal).collect();
        self.code = self.code.chars().map(|character| if character == '\n' { '\n' } else { ' ' }).collect();
    }

    /// Whether it is a part of the library or the binary.
    pub(crate) fn is_src(&self) -> bool {
        self.path.starts_with("src/")
    }

    /// Whether its path begins with one of these, up to the end of a name.
    pub(crate) fn stands_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            let rest = self.path.strip_prefix(place);
            rest.is_some_and(|rest| place.ends_with('/') || rest.starts_with('/') || rest == ".rs")
        })
    }

    /// The room it stands in: the first name of its module path, `lib` or `main`.
    pub(crate) fn room(&self) -> Option<String> {
        if !self.is_src() {
            return None;
        }
        Some(self.module().into_iter().next().unwrap_or_else(|| "lib".to_owned()))
    }

    /// Its module path: `src/app/links.rs` is `app`, `links`; the library's root is empty.
    pub(crate) fn module(&self) -> Vec<String> {
        let name = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        name.split('/').filter(|part| !["mod", "lib"].contains(part)).map(str::to_owned).collect()
    }

    fn folder(&self) -> String {
        let stem = self.path.trim_end_matches(".rs");
        let own = ["/mod", "/lib", "/main"].iter().find_map(|root| stem.strip_suffix(root));
        own.unwrap_or(stem).to_owned()
    }

    /// Says where one of the words stands in `code`, as whole words.
    pub(crate) fn words(&self, code: &str, needles: &[&str], advice: &str) -> Vec<String> {
        let mut found = Vec::new();
        for needle in needles {
            for at in occurrences(code, needle) {
                found.push(format!("{}:{}: `{needle}`: {advice}", self.path, line_of(code, at)));
            }
        }
        found
    }

    /// The paths it names outside test code, from the crate's root on.
    pub(crate) fn paths(&self) -> Vec<Named> {
        let module = self.module();
        let parent = module.split_last().map_or(&[][..], |(_, parent)| parent).to_vec();
        let roots =
            [("crate::", Vec::new()), ("greenroom::", Vec::new()), ("self::", module), ("super::", parent)];
        let mut named = Vec::new();
        for (root, base) in roots {
            // `pub(in crate::room)` says who may look in, and names nothing.
            let named_at =
                occurrences(&self.code, root).into_iter().filter(|at| !self.code[..*at].ends_with("(in "));
            for at in named_at {
                let before = self.code[..at].rsplit([';', '{', '}', ']']).next().unwrap_or_default().trim();
                let reexported = before.starts_with("pub") && before.ends_with("use");
                let line = line_of(&self.code, at);
                let mut paths = Vec::new();
                expand(&self.code[at + root.len()..], &base, &mut paths);
                named.extend(paths.into_iter().map(|path| Named { path, line, reexported }));
            }
        }
        named
    }
}

/// A path that a source names.
pub(crate) struct Named {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// Whether it stands in a `pub use`.
    pub(crate) reexported: bool,
}

impl Named {
    pub(crate) fn text(&self) -> String {
        format!("crate::{}", self.path.join("::"))
    }
}

/// Which modules there are, and what they re-export from where.
pub(crate) struct Modules {
    known: BTreeSet<Vec<String>>,
    reexports: BTreeMap<Vec<String>, Vec<String>>,
}

impl Modules {
    pub(crate) fn of(tree: &Tree) -> Self {
        let in_src = || tree.sources.iter().filter(|source| source.is_src());
        let known = in_src().map(Source::module).filter(|module| !module.is_empty()).collect();
        let mut reexports = BTreeMap::new();
        for source in in_src() {
            for named in source.paths().into_iter().filter(|named| named.reexported) {
                let alias = [source.module(), named.path.last().cloned().into_iter().collect()].concat();
                reexports.insert(alias, named.path);
            }
        }
        Self { known, reexports }
    }

    /// The module in whose file a path leads, through at most `hops` re-exports.
    pub(crate) fn home(&self, path: &[String], hops: usize) -> Option<Vec<String>> {
        for length in (1..=path.len()).rev() {
            let (prefix, _) = path.split_at(length);
            if self.known.contains(prefix) {
                return Some(prefix.to_vec());
            }
            if let Some(target) = self.reexports.get(prefix).filter(|_| hops > 0) {
                return self.home(target, hops - 1);
            }
        }
        None
    }
}

/// Reads a use tree: `a::{b, c::d}` is `a::b` and `a::c::d`. Returns how much of the text it was.
fn expand(text: &str, base: &[String], into: &mut Vec<Vec<String>>) -> usize {
    let start = text.len() - text.trim_start().len();
    let rest = &text[start..];
    if rest.starts_with('{') {
        let mut at = start + 1;
        while at < text.len() && !text[at..].trim_start().starts_with('}') {
            let end = at + expand(&text[at..], base, into);
            at = end + text[end..].find([',', '}']).unwrap_or(0);
            at += usize::from(text[at..].starts_with(','));
            if at == end && !text[at..].starts_with('}') {
                return text.len();
            }
        }
        return text[at..].find('}').map_or(text.len(), |close| at + close + 1);
    }
    let length = rest.find(|character: char| !is_word(character)).unwrap_or(rest.len());
    let (name, after) = rest.split_at(length);
    let mut path = base.to_vec();
    path.extend((!name.is_empty() && name != "self").then(|| name.to_owned()));
    if let Some(further) = after.strip_prefix("::") {
        return start + length + 2 + expand(further, &path, into);
    }
    into.push(path);
    start + length
}

/// Where a needle stands as a whole word.
fn occurrences(code: &str, needle: &str) -> Vec<usize> {
    let cut = |inner: Option<char>, outer: Option<char>| {
        !(inner.is_some_and(is_word) && outer.is_some_and(is_word))
    };
    let stands = |at: &usize| {
        cut(needle.chars().next(), code[..*at].chars().next_back())
            && cut(needle.chars().next_back(), code[at + needle.len()..].chars().next())
    };
    let ends_in_path = needle.ends_with("::");
    let goes_on = |at: &usize| ends_in_path && code[..*at].ends_with("::");
    code.match_indices(needle).map(|(at, _)| at).filter(stands).filter(|at| !goes_on(at)).collect()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// Blanks comments and literals, keeping every offset; the string literals come beside it.
fn mask(text: &str) -> (String, Vec<(usize, String)>) {
    let mut code = text.as_bytes().to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let before = text[..at].chars().next_back();
        let length = match silent(&text[at..], before) {
            Some(length) => {
                blank(&mut code, at, at + length);
                let literal = &text[at..at + length];
                if !literal.starts_with('/') && literal.ends_with(['"', '#']) {
                    strings.push((at, literal.trim_matches(['b', 'r', '#']).trim_matches('"').to_owned()));
                }
                length
            }
            None => character.len_utf8(),
        };
        at += length;
    }
    (String::from_utf8(code).expect("whole characters were blanked"), strings)
}

/// How long the comment or literal is that begins here, after this character.
fn silent(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if let Some(inner) = rest.strip_prefix('\'') {
        let mut characters = inner.char_indices();
        let escaped = characters.next()?.1 == '\\';
        let (at, second) = characters.next()?;
        let close =
            if escaped { inner[at + second.len_utf8()..].find('\'')? + at + second.len_utf8() } else { at };
        return (escaped || second == '\'').then_some(close + 2);
    }
    if let Some(inner) = rest.strip_prefix('"') {
        return Some(1 + plain_end(inner));
    }
    let raw =
        rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r').filter(|_| !before.is_some_and(is_word))?;
    let fence = "#".repeat(raw.len() - raw.trim_start_matches('#').len());
    let inner = raw[fence.len()..].strip_prefix('"')?;
    let close = format!("\"{fence}");
    let end = inner.find(&close).map_or(inner.len(), |end| end + close.len());
    Some(rest.len() - inner.len() + end)
}

/// Where a string without fences ends, past its closing mark.
fn plain_end(inner: &str) -> usize {
    let mut escaped = false;
    for (at, character) in inner.char_indices() {
        match character {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    inner.len()
}

fn blank(code: &mut [u8], start: usize, end: usize) {
    for byte in code.iter_mut().take(end).skip(start).filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// Where items under `#[cfg(test)]` begin and end.
fn test_ranges(masked: &str) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (start, attribute) in masked.match_indices("#[cfg(test)]") {
        if ranges.last().is_none_or(|(_, end)| start >= *end) {
            let item = start + attribute.len();
            ranges.push((start, item + item_end(&masked[item..])));
        }
    }
    ranges
}

/// Where the item that begins here ends: at its `;`, or at the brace that closes it.
fn item_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if character == '}' && depth == 0 {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The module that an item declares in a file of its own.
fn declared_module(item: &str) -> Option<&str> {
    let (_, name) = item.trim_end().strip_suffix(';')?.rsplit_once("mod ")?;
    Some(name.trim())
}
