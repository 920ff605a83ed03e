//! Owns which permissions greenroom needs of a consent (zoom/facts.md 1.9).

use std::collections::BTreeSet;

/// Each permission as granular apps name it, and the classic ones that include it.
const NEEDED: [(&str, &[&str]); 6] = [
    ("user:read:user", &["user:read", "user_info:read", "user_profile"]),
    ("meeting:write:meeting", &["meeting:write"]),
    ("meeting:read:meeting", &["meeting:read"]),
    ("meeting:read:list_meetings", &["meeting:read"]),
    ("meeting:update:meeting", &["meeting:write"]),
    ("meeting:delete:meeting", &["meeting:write"]),
];

/// The permission to read who consented.
pub(super) const READ_USER: &str = "user:read:user";

/// Names what a consent lacks; of an app managed by admins, the `:admin` variants count too.
pub(super) fn missing(given: &BTreeSet<String>) -> Vec<String> {
    let has = |scope: &str| given.contains(scope) || given.contains(&format!("{scope}:admin"));
    let lacks =
        |(granular, classic): &&(&str, &[&str])| !has(granular) && !classic.iter().any(|scope| has(scope));
    NEEDED.iter().filter(lacks).map(|(granular, _)| (*granular).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_of(given: &str) -> Vec<String> {
        missing(&given.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn granular_classic_and_admin_scopes_suffice() {
        let granular = "user:read:user meeting:write:meeting meeting:read:meeting meeting:read:list_meetings \
                        meeting:update:meeting meeting:delete:meeting";
        assert_eq!(missing_of(granular), Vec::<String>::new());
        assert_eq!(missing_of(&granular.replace(' ', ":admin ")), Vec::<String>::new());
        assert_eq!(missing_of("user:read meeting:write meeting:read"), Vec::<String>::new());
        assert_eq!(missing_of("user_profile meeting:write:admin meeting:read"), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing_of("").len(), NEEDED.len());
        assert_eq!(
            missing_of("user:read meeting:write"),
            ["meeting:read:meeting", "meeting:read:list_meetings"]
        );
        let without_delete = "user:read:user meeting:write:meeting meeting:read:meeting \
                              meeting:read:list_meetings meeting:update:meeting";
        assert_eq!(missing_of(without_delete), ["meeting:delete:meeting"]);
    }
}
