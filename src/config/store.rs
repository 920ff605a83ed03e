//! Fills the settings of the store from `[store]`.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::config::section::Found;
use crate::config::section::Section;
use crate::store::settings::Durability;
use crate::store::settings::Settings;
use crate::store::settings::StoreUrl;

/// What completes "write …" for the store's address.
const EXPECTED: &str = "\"redb:<path>\", \"redis://<host>\" or \"rediss://<host>\"";

/// What a store's address may say, before it is known to be usable.
enum Address {
    Usable(StoreUrl),
    NotServed(&'static str),
}

/// Reads `[store]`. The address may hold a password: it is never repeated.
pub(super) fn fill(mut section: Section<'_>) -> Option<Settings> {
    let name = section.name_of("url");
    let url = match section.parsed("url", EXPECTED, address) {
        Found::Absent => Some(StoreUrl::Embedded(PathBuf::from("greenroom.redb"))),
        Found::Refused => None,
        Found::Given(Address::Usable(url)) => Some(url),
        Found::Given(Address::NotServed(what)) => {
            section.report(name, what, format!("write {EXPECTED}"));
            None
        }
    };
    let durability =
        section.parsed("durability", "\"relaxed\" or \"strict\"", durability).or(Durability::Relaxed);
    section.finish();
    Some(Settings { url: url?, durability: durability? })
}

fn address(text: &str) -> Option<Address> {
    let (scheme, rest) = text.split_once(':')?;
    match scheme {
        "redb" if !rest.is_empty() => Some(Address::Usable(StoreUrl::Embedded(PathBuf::from(rest)))),
        "redis" | "rediss" => {
            let url = Url::parse(text).ok().filter(Url::has_host)?;
            Some(Address::Usable(StoreUrl::Redis(SecretString::from(String::from(url)))))
        }
        "redis+sentinel" => {
            Some(Address::NotServed("names Redis Sentinel, which this version does not speak"))
        }
        "redis+cluster" => Some(Address::NotServed("names Redis Cluster, which this version does not speak")),
        _ => None,
    }
}

fn durability(text: &str) -> Option<Durability> {
    match text {
        "relaxed" => Some(Durability::Relaxed),
        "strict" => Some(Durability::Strict),
        _ => None,
    }
}
