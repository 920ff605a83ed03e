//! Reads of a page what a person acts with: forms, their fields, controls and links. Understands nothing else of HTML.

use std::collections::BTreeMap;

use crate::demo::tour::wrong::Wrong;

/// A form, ready to be sent by one of its controls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is sent; empty means the page itself.
    pub(super) target: String,
    pub(super) method: Method,
    pub(super) fields: Vec<(String, String)>,
}

/// How a form is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Method {
    #[default]
    Get,
    Post,
}

impl Form {
    /// Fills a field in, or chooses one of its radio buttons.
    pub(super) fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Finds the form with a control of this name (`data-action`).
pub(super) fn form(html: &str, control: &str) -> Result<Form, Wrong> {
    let mut open: Option<Form> = None;
    let mut pressed = false;
    for tag in tags(html) {
        match (tag.name.as_str(), &mut open) {
            ("form", _) => open = Some(begun(&tag)),
            ("/form", _) => {
                if let (Some(form), true) = (open.take(), pressed) {
                    return Ok(form);
                }
            }
            ("button", Some(form)) if tag.find("data-action") == Some(control) => {
                pressed = true;
                form.fields.extend(tag.field());
                if let Some(target) = tag.find("formaction") {
                    target.clone_into(&mut form.target);
                }
            }
            ("input", Some(form)) if tag.is_sent() => form.fields.extend(tag.field()),
            ("textarea", Some(form)) => form.fields.extend(tag.field()),
            _ => {}
        }
    }
    Err(missing(control, html))
}

/// Finds where a link of this name (`data-action`) leads.
pub(super) fn link(html: &str, control: &str) -> Result<String, Wrong> {
    let found =
        tags(html).into_iter().find(|tag| tag.name == "a" && tag.find("data-action") == Some(control));
    found.and_then(|tag| tag.find("href").map(str::to_owned)).ok_or_else(|| missing(control, html))
}

fn missing(control: &str, html: &str) -> Wrong {
    let title = html.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    Wrong::new(format!("the page {:?} has no control {control}", title.map_or("", |(title, _)| title)))
}

fn begun(tag: &Tag) -> Form {
    let is_post = tag.find("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    Form {
        target: tag.find("action").unwrap_or_default().to_owned(),
        method: if is_post { Method::Post } else { Method::Get },
        fields: Vec::new(),
    }
}

/// A tag, with its attributes unescaped. The name of a closing one starts with a slash.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn find(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }

    /// What it adds to a form.
    fn field(&self) -> Option<(String, String)> {
        Some((self.find("name")?.to_owned(), self.find("value").unwrap_or_default().to_owned()))
    }

    /// Whether an input is sent without anybody touching it.
    fn is_sent(&self) -> bool {
        let is_choice = matches!(self.find("type"), Some("radio" | "checkbox"));
        !is_choice || self.find("checked").is_some()
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let mut rest = html;
    let mut found = Vec::new();
    while let Some((_, behind)) = rest.split_once('<') {
        rest = behind;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
        } else if rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/') {
            let (tag, behind) = tag(rest);
            found.push(tag);
            rest = behind;
        }
    }
    found
}

/// Reads a tag from behind its `<`; answers what comes behind its `>`.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        if let Some(behind) = rest.strip_prefix('>') {
            rest = behind;
            break;
        }
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        let (attribute, behind) = rest.split_at(end.max(1).min(rest.len()));
        let (value, behind) = match behind.strip_prefix('=') {
            Some(behind) => value(behind),
            None => ("", behind),
        };
        attributes.insert(attribute.to_ascii_lowercase(), unescaped(value));
        rest = behind;
    }
    (Tag { name: name.to_ascii_lowercase(), attributes }, rest)
}

/// Reads an attribute's value from behind its `=`.
fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len()))
}

/// Resolves character references: numbers, and the five names that escaping writes.
pub(super) fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let reference = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        match reference {
            Some((character, rest)) => {
                whole.push(character);
                whole.push_str(rest);
            }
            None => {
                whole.push('&');
                whole.push_str(part);
            }
        }
    }
    whole
}

fn character(name: &str) -> Option<char> {
    let number = name.strip_prefix('#').map(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    });
    match (number, name) {
        (Some(number), _) => char::from_u32(number.ok()?),
        (None, "amp") => Some('&'),
        (None, "lt") => Some('<'),
        (None, "gt") => Some('>'),
        (None, "quot") => Some('"'),
        (None, "apos") => Some('\''),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><title>Accounts</title><!-- <button data-action="save"> -->
        <a href="/portal/custom-link?owner=staff%2Fana&#38;x=1" data-action="edit">Edit</a>
        <form method="post" action="/first"><input type="hidden" name="form_token" value="a&quot;b"><button data-action="open" >Open</button></form>
        <form method='POST' action=/second><input type="radio" name="user" value="x" checked>
        <input type="radio" name="user" value="y"><textarea name="description" rows="5">
old</textarea><input name="url" value="" aria-invalid="true" autofocus/><button name="decision" value="deny" data-action="deny">No</button>
        <button name="decision" value="allow" data-action="allow" formaction="/third">Yes</button></form>"#;

    fn fields(form: &Form) -> Vec<(&str, &str)> {
        form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn the_form_of_a_control_is_found_with_what_it_sends() {
        let open = form(PAGE, "open").unwrap();
        assert_eq!((open.target.as_str(), open.method), ("/first", Method::Post));
        assert_eq!(fields(&open), [("form_token", "a\"b")]);

        let allow = form(PAGE, "allow").unwrap().fill("user", "y");
        assert_eq!(allow.target, "/third");
        assert_eq!(fields(&allow), [("description", ""), ("url", ""), ("decision", "allow"), ("user", "y")]);
    }

    #[test]
    fn a_link_is_found_and_a_missing_control_names_the_page() {
        assert_eq!(link(PAGE, "edit").unwrap(), "/portal/custom-link?owner=staff%2Fana&x=1");
        let missing = form(PAGE, "save").unwrap_err().to_string();
        assert_eq!(missing, "the page \"Accounts\" has no control save");
    }

    #[test]
    fn a_page_that_breaks_off_is_read_to_its_end() {
        for broken in ["<form action=\"/x", "<form><button data-action=\"open\"", "<", "<a =", "<!-- "] {
            assert!(form(broken, "open").is_err(), "{broken}");
        }
    }
}
