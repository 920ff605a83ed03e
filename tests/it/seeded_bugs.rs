//! The bugs that are seeded on demand (`tests/seeded_bugs/run`): each has its place in the code, and a test that is there.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

/// So many at least.
const FEWEST: usize = 15;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bug {
    what: String,
    file: PathBuf,
    find: String,
    replace: String,
    test: String,
}

#[test]
fn every_seeded_bug_has_one_place_and_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bugs = bugs(&root.join("tests/seeded_bugs"));
    let wrong = bugs.iter().flat_map(|(name, bug)| {
        problems(root, bug).into_iter().map(move |problem| format!("{name}: {problem}"))
    });
    let wrong = wrong.collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(bugs.len() >= FEWEST, "{} bugs are seeded", bugs.len());
}

fn bugs(folder: &Path) -> Vec<(String, Bug)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "toml"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bug = toml::from_str(&fs::read_to_string(&path).unwrap());
        (name, bug.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    files.map(read).collect()
}

fn problems(root: &Path, bug: &Bug) -> Vec<String> {
    let Bug { what, file, find, replace, test } = bug;
    let places = fs::read_to_string(root.join(file)).unwrap_or_default().matches(find.as_str()).count();
    let mut found = Vec::new();
    if places != 1 {
        found
            .push(format!("its text is {places} times in {}: choose one that is there once", file.display()));
    }
    if find == replace || what.is_empty() {
        found.push("it changes nothing, or does not say what".to_owned());
    }
    if !is_there(root, test) {
        found.push(format!("there is no test {test}: name the one that must fail"));
    }
    found
}

/// Whether the file of a test's module has a function of its name.
fn is_there(root: &Path, test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap_or_default();
    let module = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let signature = format!("fn {name}(");
    let places = [format!("tests/it/{module}"), format!("src/{module}")];
    let files = places.iter().flat_map(|place| [format!("{place}.rs"), format!("{place}/mod.rs")]);
    files.filter_map(|file| fs::read_to_string(root.join(file)).ok()).any(|text| text.contains(&signature))
}
