//! A browser without a screen: keeps cookies, follows redirects, sends forms as a person would.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;
use http::Request;
use http::StatusCode;
use http::header;
use url::Url;
use url::form_urlencoded;

use crate::demo::tour::html;
use crate::demo::tour::html::Form;
use crate::demo::tour::html::Method;
use crate::demo::tour::wrong::Wrong;
use crate::providers::http::HttpClient;

const TIMEOUT: Duration = Duration::from_secs(20);
/// More than any way through the portal takes.
const MOST_REDIRECTS: usize = 10;

/// Somebody's browser.
#[derive(Debug)]
pub(super) struct Browser {
    http: HttpClient,
    cookies: BTreeMap<String, String>,
}

/// A page, where the browser came to rest.
pub(super) struct Page {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) html: String,
}

impl Page {
    /// Goes on where the page says this, escaped or not.
    pub(super) fn says(&self, text: &str) -> Result<(), Wrong> {
        if html::unescaped(&self.html).contains(text) {
            return Ok(());
        }
        Err(Wrong::new(format!("the page at {} does not say {text:?}", self.url.path())))
    }

    /// Goes on where the page came with this status.
    pub(super) fn came_with(self, status: u16) -> Result<Self, Wrong> {
        if self.status.as_u16() == status {
            return Ok(self);
        }
        let seen = self.status.as_u16();
        Err(Wrong::new(format!("{} answers {seen} in place of {status}", self.url.path())))
    }

    /// Where it redirects to.
    pub(super) fn location(&self) -> Option<Url> {
        self.url.join(self.headers.get(header::LOCATION)?.to_str().ok()?).ok()
    }
}

impl Browser {
    /// A browser that was nowhere yet.
    pub(super) fn new(http: HttpClient) -> Self {
        Self { http, cookies: BTreeMap::new() }
    }

    /// Opens an address, and follows where it leads.
    pub(super) async fn open(&mut self, url: &Url) -> Result<Page, Wrong> {
        let page = self.look(url).await?;
        self.follow(page).await
    }

    /// Opens an address, and stays there.
    pub(super) async fn look(&mut self, url: &Url) -> Result<Page, Wrong> {
        self.send(url, Request::get(url.as_str()), Vec::new()).await
    }

    /// Presses a control that leads on.
    pub(super) async fn click(&mut self, page: &Page, control: &str) -> Result<Page, Wrong> {
        let target = html::link(&page.html, control)?;
        let url = page.url.join(&target).map_err(|_| Wrong::new(format!("{control} leads nowhere")))?;
        self.open(&url).await
    }

    /// Presses a control of a form, as the page filled it in.
    pub(super) async fn press(&mut self, page: &Page, control: &str) -> Result<Page, Wrong> {
        self.submit(page, html::form(&page.html, control)?).await
    }

    /// Presses a control of a form, with one field filled in by hand.
    pub(super) async fn press_with(
        &mut self,
        page: &Page,
        control: &str,
        filled: &[(&str, &str)],
    ) -> Result<Page, Wrong> {
        let form = html::form(&page.html, control)?;
        let form = filled.iter().fold(form, |form, (name, value)| form.fill(name, value));
        self.submit(page, form).await
    }

    async fn submit(&mut self, page: &Page, form: Form) -> Result<Page, Wrong> {
        let mut url = page.url.join(&form.target).map_err(|_| Wrong::new("a form is sent nowhere"))?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let (request, body) = match form.method {
            Method::Get => {
                url.set_query(Some(&body));
                (Request::get(url.as_str()), Vec::new())
            }
            Method::Post => {
                let is_same = url.origin() == page.url.origin();
                let request = Request::post(url.as_str())
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header(header::ORIGIN, page.url.origin().ascii_serialization())
                    .header("sec-fetch-site", if is_same { "same-origin" } else { "cross-site" });
                (request, body.into_bytes())
            }
        };
        let page = self.send(&url, request, body).await?;
        self.follow(page).await
    }

    async fn follow(&mut self, mut page: Page) -> Result<Page, Wrong> {
        for _ in 0..MOST_REDIRECTS {
            match page.location() {
                Some(url) if page.status.is_redirection() => page = self.look(&url).await?,
                Some(_) | None => return Ok(page),
            }
        }
        Err(Wrong::new(format!("{} redirects for ever", page.url.path())))
    }

    async fn send(
        &mut self,
        url: &Url,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Page, Wrong> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = match cookies.is_empty() {
            true => request,
            false => request.header(header::COOKIE, cookies.join("; ")),
        };
        let request = request.body(body).map_err(|_| Wrong::new("a request that cannot be written"))?;
        let answer = self.http.send(request, TIMEOUT).await?;
        self.remember(&answer.headers);
        let html = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Page { url: url.clone(), status: answer.status, headers: answer.headers, html })
    }

    /// Keeps the cookies of an answer. All hosts are one here, as they are for cookies on one machine.
    fn remember(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            let is_over = attributes.split(';').any(|each| each.trim().eq_ignore_ascii_case("max-age=0"));
            if is_over {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
