//! Keeps the house as drawn: arrows, circles, I/O, secrets, the waist, words and fixtures. Knows only texts.

#[path = "architecture/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::tree::{Modules, Named, Source, Tree};

/// Which rooms a room may name; a room missing here may name every room but those of `PRIVATE`.
const ARROWS: [(&str, &[&str]); 8] = [
    ("domain", &[]),
    ("crypto", &["domain"]),
    ("app", &["domain"]),
    ("providers", &["app", "domain"]),
    ("store", &["app", "domain", "crypto"]),
    ("web", &["app", "domain"]),
    ("config", &["domain"]),
    ("main", &["cli"]),
];

/// Single paths beyond `ARROWS`: the watcher of the configuration waits by the clock it is given, as every room does.
const EXCEPTIONS: [(&str, &str); 1] = [("src/config/watch.rs", "app::ports::clock")];

/// Rooms that only few may name.
const PRIVATE: [(&str, &[&str]); 3] =
    [("demo", &["cli", "lib"]), ("cli", &["main", "lib"]), ("server", &["cli", "demo", "lib"])];

/// What the domain does without: I/O, clocks, randomness, async.
const IMPURE: [&str; 34] = [
    "tokio",
    "tokio_util",
    "futures_util",
    "async_trait",
    "async",
    "await",
    "reqwest",
    "redis",
    "redb",
    "axum",
    "axum_extra",
    "tower",
    "tower_http",
    "hyper",
    "hyper_util",
    "oauth2",
    "moka",
    "aws_lc_rs",
    "tracing",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::fs",
    "std::io",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::now_v7",
    "rand",
];

/// Where secrets may be read in the clear (H10).
const SECRET_ROOMS: [&str; 6] =
    ["src/providers/", "src/crypto/", "src/web/auth", "src/store/redis", "src/store/records", "src/demo/"];

/// Who may name the narrow waist.
const WAIST: [&str; 5] =
    ["src/store/sealed", "src/store/embedded", "src/store/redis", "src/store/keys", "src/store/kv"];

/// The longest a file may be before its `mod tests` (H28).
const MAX_LINES: usize = 400;

type Rule = fn(&Tree) -> Vec<String>;

#[test]
fn rooms_name_only_the_rooms_below_them() {
    hold(arrows);
}

#[test]
fn no_two_files_of_a_room_name_each_other() {
    hold(circles);
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    hold(purity);
}

#[test]
fn secrets_are_exposed_only_at_the_edges() {
    hold(secrets);
}

#[test]
fn only_the_sealed_store_and_its_backends_know_the_waist() {
    hold(waist);
}

#[test]
fn files_are_short_and_open_with_what_they_own() {
    hold(files);
}

#[test]
fn refused_words_are_nowhere() {
    hold(words);
}

#[test]
fn every_fixture_is_whole_and_used_by_a_test() {
    hold(fixtures);
}

/// Runs a rule over the repository, and fails with everything it found.
fn hold(rule: Rule) {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(tree.sources.iter().any(|source| source.path == "src/lib.rs"), "the source tree was not found");
    let found = rule(&tree);
    assert!(found.is_empty(), "{} broken:\n  {}\n", found.len(), found.join("\n  "));
}

fn arrows(tree: &Tree) -> Vec<String> {
    let rooms: BTreeSet<String> = tree.sources.iter().filter_map(Source::room).collect();
    let mut found = Vec::new();
    for source in &tree.sources {
        let Some(room) = source.room() else { continue };
        for named in source.paths() {
            let Some(target) = named.path.first().filter(|target| rooms.contains(*target)) else { continue };
            if *target == room || may_name(&room, target, &named.path) || is_exception(source, &named) {
                continue;
            }
            found.push(format!(
                "{}:{} names `{}`: {room} may not know {target}. Move the item down, or put a port in app/ports.",
                source.path,
                named.line,
                named.text()
            ));
        }
    }
    found
}

fn may_name(room: &str, target: &str, path: &[String]) -> bool {
    if let Some((_, few)) = PRIVATE.iter().find(|(private, _)| *private == target) {
        return few.contains(&room);
    }
    if room == "config" && path.iter().any(|segment| segment == "settings") {
        return true;
    }
    ARROWS.iter().find(|(from, _)| *from == room).is_none_or(|(_, below)| below.contains(&target))
}

fn is_exception(source: &Source, named: &Named) -> bool {
    let lies_in =
        |path: &str| named.path.join("::").strip_prefix(path).is_some_and(|rest| rest.starts_with("::"));
    EXCEPTIONS.iter().any(|(file, path)| source.path == *file && lies_in(path))
}

fn circles(tree: &Tree) -> Vec<String> {
    let modules = Modules::of(tree);
    let mut edges: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for source in tree.sources.iter().filter(|source| source.room().is_some()) {
        let from = source.module();
        for named in source.paths().iter().filter(|named| !named.reexported) {
            let Some(to) = modules.home(&named.path, 8) else { continue };
            if to != from && to.first() == from.first() {
                edges.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    let mut found = Vec::new();
    for start in edges.keys() {
        // A circle is told once, from its first member.
        if let Some(way) = way_back(&edges, start).filter(|way| way.iter().all(|member| member >= start)) {
            let names: Vec<String> =
                way.iter().map(|module| format!("crate::{}", module.join("::"))).collect();
            found.push(format!(
                "{} -> {}: a circle. Move what both need into a file of its own.",
                names.join(" -> "),
                names.first().map_or("", String::as_str)
            ));
        }
    }
    found
}

/// The shortest way from a module back to itself.
fn way_back(
    edges: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    start: &Vec<String>,
) -> Option<Vec<Vec<String>>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start.clone()]];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| edges.get(last)).into_iter().flatten() {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    longer.push([way.clone(), vec![next.clone()]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

fn purity(tree: &Tree) -> Vec<String> {
    let advice =
        "the domain has no I/O, clock, randomness or async. Take the value as an argument, and act in app/.";
    tree.in_room("domain").flat_map(|source| source.words(&source.code, &IMPURE, advice)).collect()
}

fn secrets(tree: &Tree) -> Vec<String> {
    let advice =
        "secrets are read only in providers, crypto, web/auth, store/redis, store/records and demo (H10).";
    let strangers = tree.sources.iter().filter(|source| source.is_src() && !source.stands_in(&SECRET_ROOMS));
    strangers.flat_map(|source| source.words(&source.code, &["expose_secret"], advice)).collect()
}

fn waist(tree: &Tree) -> Vec<String> {
    let waist = ["store".to_owned(), "kv".to_owned()];
    let mut found = Vec::new();
    for source in tree.sources.iter().filter(|source| source.is_src() && !source.stands_in(&WAIST)) {
        for named in source.paths().iter().filter(|named| named.path.starts_with(&waist)) {
            found.push(format!(
                "{}:{} names `{}`: whatever is stored passes store/sealed, so that nothing lies in plain text.",
                source.path,
                named.line,
                named.text()
            ));
        }
    }
    found
}

fn files(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.sources {
        if !source.text.starts_with("//!") {
            found.push(format!(
                "{}:1 has no `//!` sentence. Say what it owns, and what it refuses (H29).",
                source.path
            ));
        }
        let lines = source.text.lines().take_while(|line| !line.starts_with("mod tests")).count();
        if lines > MAX_LINES {
            found.push(format!(
                "{}: {lines} lines, {MAX_LINES} are allowed before `mod tests`. Split it.",
                source.path
            ));
        }
    }
    found
}

fn words(tree: &Tree) -> Vec<String> {
    let refused: [(&[&str], &str); 4] = [
        (&["#[allow(", "#![allow(", ", allow("], "write `#[expect(lint, reason = \"…\")]` (H31)."),
        (&["#[ignore"], "a test that does not run proves nothing (H39)."),
        (&["todo!", "unimplemented!"], "finish it, or leave it out."),
        (&["super::super", "crate::{"], "write `crate::room::file` in full: these tests read paths (H27)."),
    ];
    let unfinished = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let mut found = Vec::new();
    for source in &tree.sources {
        for (needles, advice) in refused {
            found.extend(source.words(&source.masked, needles, advice));
        }
        found.extend(source.words(&source.text, &unfinished, "finish it, or leave it out."));
    }
    found
}

fn fixtures(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in &tree.fixtures {
        let file = format!("wiremock-fixtures/mappings/{name}");
        if !tree.sources.iter().any(|source| source.test_strings.contains(name)) {
            found.push(format!(
                "{file}: no test names it. Write \"{name}\" in the test that loads it, or delete it."
            ));
        }
        match serde_json::from_str::<Value>(text) {
            Err(error) => found.push(format!("{file}: is no JSON: {error}.")),
            Ok(mapping) => found.extend(incomplete(&mapping, name).map(|what| format!("{file}: {what}"))),
        }
    }
    found
}

/// What a mapping lacks to be one answer to one operation.
fn incomplete(mapping: &Value, name: &str) -> Option<String> {
    for part in ["request", "response"] {
        if !mapping.get(part).is_some_and(Value::is_object) {
            return Some(format!("has no `{part}` object."));
        }
    }
    let response = mapping.get("response")?;
    let status = response.get("status").map(ToString::to_string);
    match status {
        Some(status) if !name.split('.').any(|part| part == status) => Some(format!(
            "answers {status}, its name says otherwise: <operation>.<status>.<case>.json (H38)."
        )),
        None if response.get("fault").is_none() => Some("has neither a `status` nor a `fault`.".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let rooms =
            ["app", "cli", "config", "crypto", "demo", "domain", "providers", "server", "store", "web"];
        let mut texts: Vec<(String, String)> =
            rooms.iter().map(|room| (format!("src/{room}/mod.rs"), "//! A room.\n".to_owned())).collect();
        texts.extend(files.iter().map(|(path, text)| ((*path).to_owned(), format!("//! A file.\n{text}\n"))));
        Tree::of(texts, Vec::new())
    }

    fn with_fixture(user: &str, name: &str, text: &str) -> Tree {
        let sources = vec![("tests/it/zoom.rs".to_owned(), format!("//! Zoom.\n{user}\n"))];
        Tree::of(sources, vec![(name.to_owned(), text.to_owned())])
    }

    #[rstest]
    #[case::domain_sees_nothing("src/domain/links.rs", "use crate::app::links::Links;")]
    #[case::adapters_are_strangers("src/web/public/join.rs", "fn f(s: crate::store::sealed::Sealed) {}")]
    #[case::through_a_group("src/web/public/join.rs", "use crate::{app::links, store::sealed};")]
    #[case::through_super("src/providers/mod.rs", "use super::web::urls;")]
    #[case::through_a_macro("src/app/links.rs", "macro_rules! m { () => { $crate::web::urls::of() } }")]
    #[case::nobody_names_demo("src/server.rs", "use crate::demo::simulator::Simulator;")]
    #[case::config_takes_settings_only("src/config/zoom.rs", "use crate::providers::zoom::oauth::OAuth;")]
    #[case::config_has_no_clock("src/config/load.rs", "use crate::app::ports::clock::Clock;")]
    #[case::its_watcher_has_no_other_port("src/config/watch.rs", "use crate::app::ports::store::Sites;")]
    #[case::the_binary_is_thin("src/main.rs", "fn main() { greenroom::server::run() }")]
    fn an_arrow_against_the_drawing_is_found(#[case] path: &str, #[case] text: &str) {
        assert_eq!(arrows(&tree(&[(path, text)])).len(), 1, "{text}");
    }

    #[rstest]
    #[case("src/app/links.rs", "use crate::domain::id::SiteId;")]
    #[case("src/store/sealed.rs", "use crate::crypto::envelope;\nuse crate::app::ports::store::Store;")]
    #[case("src/config/zoom.rs", "use crate::providers::zoom::settings::Settings;")]
    #[case("src/config/watch.rs", "use crate::app::ports::clock::Clock;")]
    #[case("src/server.rs", "use crate::web::public;\nuse crate::store::embedded;")]
    #[case("src/cli/demo.rs", "use crate::demo::tour;")]
    #[case(
        "src/domain/id.rs",
        "// as crate::web does\nconst A: &str = \"crate::web::b\"; const Q: char = '\"';"
    )]
    #[case("src/app/links.rs", "#[cfg(test)]\nmod tests {\n    use crate::store::embedded;\n}")]
    fn an_arrow_of_the_drawing_is_not_found(#[case] path: &str, #[case] text: &str) {
        assert_eq!(arrows(&tree(&[(path, text)])), Vec::<String>::new());
    }

    #[test]
    fn a_finding_names_the_line_and_says_what_to_do() {
        let found = arrows(&tree(&[("src/app/links.rs", "/* one\ntwo */\nuse crate::web::urls::join;")]));

        assert_eq!(
            found,
            [
                "src/app/links.rs:4 names `crate::web::urls::join`: app may not know web. Move the item down, or put a \
              port in app/ports."
            ]
        );
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_set_aside() {
        let declared = ("src/app/links/mod.rs", "#[cfg(test)]\nmod faults;");
        let file = ("src/app/links/faults.rs", "use crate::store::embedded;");

        assert_eq!(arrows(&tree(&[declared, file])), Vec::<String>::new());
        assert_eq!(arrows(&tree(&[file])).len(), 1);
    }

    #[test]
    fn a_circle_is_found_once_however_long() {
        let found = circles(&tree(&[
            ("src/app/a.rs", "use crate::app::b::B;"),
            ("src/app/b.rs", "use crate::app::c::C;"),
            ("src/app/c.rs", "fn c(_: super::a::A) {}"),
        ]));

        assert_eq!(
            found,
            [
                "crate::app::a -> crate::app::b -> crate::app::c -> crate::app::a: a circle. Move what both need into \
              a file of its own."
            ]
        );
    }

    #[test]
    fn a_visibility_names_nothing() {
        let root = ("src/cli/mod.rs", "use crate::cli::out::Out;");
        let out = ("src/cli/out.rs", "pub(in crate::cli) struct Out;");

        assert_eq!(circles(&tree(&[root, out])), Vec::<String>::new());
    }

    #[test]
    fn a_circle_through_a_re_export_is_found_and_the_re_export_alone_is_none() {
        let root = ("src/app/mod.rs", "pub use crate::app::a::A;");
        let user = ("src/app/b.rs", "use crate::app::A;");
        let back = ("src/app/a.rs", "use crate::app::b::B;");

        assert_eq!(circles(&tree(&[root, user])), Vec::<String>::new());
        assert_eq!(circles(&tree(&[root, user, back])).len(), 1);
    }

    #[rstest]
    #[case("async fn mint() {}")]
    #[case("use std::fs;")]
    #[case("let now = jiff::Timestamp::now();")]
    #[case("use tokio::sync::Mutex;")]
    #[case("let id = uuid::Uuid::now_v7();")]
    fn input_and_output_in_the_domain_are_found(#[case] text: &str) {
        assert_eq!(purity(&tree(&[("src/domain/links.rs", text)])).len(), 1, "{text}");
        assert_eq!(purity(&tree(&[("src/app/links.rs", text)])), Vec::<String>::new());
    }

    #[rstest]
    #[case("src/app/connect.rs", 1)]
    #[case("src/web/public/join.rs", 1)]
    #[case("src/store/sealed.rs", 1)]
    #[case("src/web/authority.rs", 1)]
    #[case("src/web/auth.rs", 0)]
    #[case("src/web/auth/jwt.rs", 0)]
    #[case("src/store/redis/client.rs", 0)]
    #[case("src/store/records.rs", 0)]
    #[case("src/providers/zoom/oauth.rs", 0)]
    fn a_secret_exposed_elsewhere_is_found(#[case] path: &str, #[case] expected: usize) {
        assert_eq!(secrets(&tree(&[(path, "let a = token.expose_secret();")])).len(), expected);
    }

    #[rstest]
    #[case("src/server.rs", 1)]
    #[case("src/store/links.rs", 1)]
    #[case("src/store/mod.rs", 1)]
    #[case("src/store/sealed/mod.rs", 0)]
    #[case("src/store/embedded.rs", 0)]
    fn a_way_around_the_sealed_store_is_found(#[case] path: &str, #[case] expected: usize) {
        assert_eq!(waist(&tree(&[(path, "pub use crate::store::kv::Kv;")])).len(), expected);
    }

    #[test]
    fn a_long_file_and_one_without_a_first_sentence_are_found() {
        let long = "fn f() {}\n".repeat(MAX_LINES);
        let tested = format!("#[cfg(test)]\nmod tests {{\n{long}}}");
        let silent = Tree::of(vec![("src/app/a.rs".to_owned(), "use std::fmt;\n".to_owned())], Vec::new());

        assert_eq!(files(&tree(&[("src/app/a.rs", &long)])).len(), 1);
        assert_eq!(files(&tree(&[("src/app/a.rs", &tested)])), Vec::<String>::new());
        assert_eq!(files(&silent).len(), 1);
    }

    #[rstest]
    #[case("#[allow(dead_code)]\nfn f() {}")]
    #[case("#![allow(dead_code)]")]
    #[case("#[cfg_attr(test, allow(dead_code))]\nfn f() {}")]
    #[case("#[test]\n#[ignore]\nfn f() {}")]
    #[case("fn f() { todo!() }")]
    #[case("fn f() { unimplemented!(\"later\") }")]
    #[case(concat!("// TO", "DO: later"))]
    #[case(concat!("// FIX", "ME"))]
    #[case("use super::super::a::A;")]
    #[case("use crate::{app, web};")]
    fn a_refused_word_is_found_in_sources_and_tests(#[case] text: &str) {
        assert_eq!(words(&tree(&[("src/cli/a.rs", text)])).len(), 1, "{text}");
        assert_eq!(words(&tree(&[("tests/it/a.rs", text)])).len(), 1, "{text}");
    }

    #[test]
    fn a_refused_word_in_a_text_is_none() {
        let text =
            "/// Unlike `#[ignore]` and todo!().\nconst A: &str = r#\"#[allow(x)] \"quoted\" crate::{\"#;";

        assert_eq!(words(&tree(&[("src/cli/a.rs", text)])), Vec::<String>::new());
    }

    const WHOLE: &str = r#"{"request": {"method": "GET"}, "response": {"status": 200}}"#;

    #[rstest]
    #[case::unused("// Fixtures::load(\"zoom/a.200.x.json\")", "zoom/a.200.x.json", WHOLE)]
    #[case::no_json("let a = \"zoom/a.200.x.json\";", "zoom/a.200.x.json", "{")]
    #[case::no_response("let a = \"zoom/a.200.x.json\";", "zoom/a.200.x.json", r#"{"request": {}}"#)]
    #[case::other_status("let a = \"zoom/a.201.x.json\";", "zoom/a.201.x.json", WHOLE)]
    #[case::no_status(
        "let a = \"zoom/a.200.x.json\";",
        "zoom/a.200.x.json",
        r#"{"request": {}, "response": {}}"#
    )]
    fn a_fixture_that_is_unused_or_not_whole_is_found(
        #[case] test: &str,
        #[case] name: &str,
        #[case] text: &str,
    ) {
        assert_eq!(fixtures(&with_fixture(test, name, text)).len(), 1);
    }

    #[test]
    fn a_fixture_named_by_the_program_alone_is_found() {
        let of = |text: &str| {
            let source = ("src/demo/zoom.rs".to_owned(), format!("//! Zoom.\n{text}\n"));
            Tree::of(vec![source], vec![("zoom/a.200.x.json".to_owned(), WHOLE.to_owned())])
        };
        let named = "fn f() { load(\"zoom/a.200.x.json\") }";

        assert_eq!(fixtures(&of(named)).len(), 1);
        assert_eq!(fixtures(&of(&format!("#[cfg(test)]\nmod tests {{ {named} }}"))), Vec::<String>::new());
    }

    #[test]
    fn a_fixture_named_by_a_test_is_in_order() {
        let tree = with_fixture("let a = load(\"zoom/a.200.x.json\");", "zoom/a.200.x.json", WHOLE);

        assert_eq!(fixtures(&tree), Vec::<String>::new());
    }
}
