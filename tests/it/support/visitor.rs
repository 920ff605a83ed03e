//! A browser without a script: keeps cookies, follows nothing by itself, finds controls by their `data-action`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::Method;
use reqwest::StatusCode;
use reqwest::header;
use reqwest::header::HeaderMap;
use url::Url;

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) url: Url,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it sends the browser.
    pub(crate) fn location(&self) -> Url {
        assert!(self.status.is_redirection(), "{} {}", self.status, self.text);
        self.url.join(self.header("location")).unwrap()
    }

    /// The control of an owner, up to the end of its tag, and what stands before it.
    fn control(&self, action: &str, owner: Option<&str>) -> Option<(&str, &str)> {
        let mark = format!("data-action=\"{action}\"");
        self.text.match_indices(&mark).find_map(|(at, _)| {
            let start = self.text[..at].rfind('<').unwrap();
            let end = at + self.text[at..].find('>').unwrap();
            let tag = &self.text[start..end];
            let fits = owner.is_none_or(|owner| tag.contains(&format!("data-owner=\"{owner}\"")));
            fits.then(|| (&self.text[..start], tag))
        })
    }

    pub(crate) fn offers(&self, action: &str) -> bool {
        self.control(action, None).is_some()
    }

    pub(crate) fn offers_for(&self, action: &str, owner: &str) -> bool {
        self.control(action, Some(owner)).is_some()
    }

    /// The address and the hidden fields of the form around a control; a link has no fields.
    pub(crate) fn form(&self, action: &str, owner: Option<&str>) -> (Url, Vec<(String, String)>) {
        let found = self.control(action, owner);
        let (before, tag) =
            found.unwrap_or_else(|| panic!("no control {action} {owner:?} in\n{}", self.text));
        if tag.starts_with("<a ") {
            return (self.url.join(&attribute(tag, "href")).unwrap(), Vec::new());
        }
        let form = &before[before.rfind("<form").unwrap()..];
        let target = attribute(&form[..form.find('>').unwrap()], "action");
        let hidden = form.split("<input type=\"hidden\"").skip(1).map(|input| {
            let input = &input[..input.find('>').unwrap()];
            (attribute(input, "name"), attribute(input, "value"))
        });
        (self.url.join(&target).unwrap(), hidden.collect())
    }
}

fn attribute(tag: &str, name: &str) -> String {
    let found = tag.split(&format!(" {name}=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {tag}"));
    found[..found.find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&")
}

/// A browser of one person.
#[derive(Debug)]
pub(crate) struct Visitor {
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    language: Option<&'static str>,
}

impl Visitor {
    pub(crate) fn new() -> Self {
        Self::reading(None)
    }

    #[expect(clippy::disallowed_methods, reason = "a browser of the test's own")]
    pub(crate) fn reading(language: Option<&'static str>) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { client, cookies: Mutex::default(), language }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn forget_cookies(&self) {
        self.cookies.lock().unwrap().clear();
    }

    pub(crate) async fn get(&self, url: impl AsRef<str>) -> Answer {
        self.send(Method::GET, url.as_ref(), |request| request).await
    }

    pub(crate) async fn post(&self, url: impl AsRef<str>, form: &[(String, String)]) -> Answer {
        self.send(Method::POST, url.as_ref(), |request| request.form(form)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        finish: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Answer {
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>();
        let mut request = self.client.request(method, url).header(header::COOKIE, cookies.join("; "));
        if let Some(language) = self.language {
            request = request.header(header::ACCEPT_LANGUAGE, language);
        }
        let response = finish(request).send().await.unwrap();
        let (status, headers, url) = (response.status(), response.headers().clone(), response.url().clone());
        for cookie in headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.into(), value.into());
            }
        }
        Answer { status, headers, text: response.text().await.unwrap(), url }
    }

    /// Presses a control, filling in fields, and follows redirects that stay on this host.
    pub(crate) async fn press(&self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.press_of(page, action, None, fields).await
    }

    pub(crate) async fn press_of(
        &self,
        page: &Answer,
        action: &str,
        owner: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Answer {
        let (url, mut form) = page.form(action, owner);
        let is_link = page.control(action, owner).unwrap().1.starts_with("<a ");
        if is_link {
            return self.get(url).await;
        }
        form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let answer = self.post(url, &form).await;
        self.follow(answer).await
    }

    /// Goes to Zoom by a control of a page, allows it as this user, and comes back to the page that says who came.
    pub(crate) async fn consent(&self, page: &Answer, action: &str, email: &str) -> Answer {
        let there = self.press(page, action, &[]).await;
        let consent = self.get(there.location()).await;
        let (url, mut fields) = consent.form("allow", None);
        fields.push(("user".into(), email.into()));
        fields.push(("decision".into(), "allow".into()));
        let back = self.post(url, &fields).await;
        let landed = self.get(back.location()).await;
        self.follow(landed).await
    }

    /// Follows redirects that stay on this host.
    pub(crate) async fn follow(&self, mut answer: Answer) -> Answer {
        while answer.status.is_redirection() && answer.location().origin() == answer.url.origin() {
            answer = self.get(answer.location()).await;
        }
        answer
    }

    /// Opens a one-time link, and lands on its first page.
    pub(crate) async fn enter(&self, link: &Url) -> Answer {
        let page = self.get(link).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        self.press(&page, "open", &[]).await
    }
}
