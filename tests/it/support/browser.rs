//! Drives a headless Chromium through a chromedriver of its own. Fails, never skips, when one is missing.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use http::Method;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::ChromiumLikeCapabilities as _;
use thirtyfour::DesiredCapabilities;
use thirtyfour::RequestData;
use thirtyfour::SessionId;
use thirtyfour::WebDriver;
use thirtyfour::WebElement;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::extensions::query::ElementQueryable as _;
use thirtyfour::prelude::By;
use url::Url;

/// How long something may take to appear on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What Chromium starts with: alone, silent, and with no way to anything but this machine.
const ARGUMENTS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// A browser with a profile of its own; gone, with everything it started, when dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Option<WebDriver>,
    chromedriver: Chromedriver,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser of an English reader.
    pub(crate) async fn start() -> Self {
        Self::start_in("en-US").await
    }

    /// Starts a browser whose reader prefers a language: `pt-BR`.
    pub(crate) async fn start_in(language: &str) -> Self {
        let profile = TempDir::with_prefix("greenroom-browser-").unwrap();
        let chromedriver = Chromedriver::start(profile.path());
        let mut wanted = DesiredCapabilities::chrome();
        for argument in ARGUMENTS {
            wanted.add_arg(argument).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().join("profile").display())).unwrap();
        wanted.add_experimental_option("prefs", json!({"intl.accept_languages": language})).unwrap();
        let address = format!("http://127.0.0.1:{}", chromedriver.port);
        let session = WebDriver::builder(address, wanted).client(direct_client()).await;
        let driver = session.unwrap_or_else(|error| {
            panic!("Chromium did not start; tests/run installs it (apt-get install chromium): {error}")
        });
        Self { driver: Some(driver), chromedriver, _profile: profile }
    }

    /// Opens an address and waits until it has loaded.
    pub(crate) async fn goto(&self, address: &str) {
        self.driver().goto(address).await.unwrap_or_else(|error| panic!("{address} did not open: {error}"));
    }

    /// Presses the one control with this `data-action`.
    pub(crate) async fn click_action(&self, action: &str) {
        self.control(&format!("[data-action=\"{action}\"]")).await.click().await.unwrap();
    }

    /// Presses the control with this `data-action` that concerns an owner: `default`, `staff/ana`.
    pub(crate) async fn click_action_of(&self, action: &str, owner: &str) {
        let selector = format!("[data-action=\"{action}\"][data-owner=\"{owner}\"]");
        self.control(&selector).await.click().await.unwrap();
    }

    /// Presses the one thing that a selector finds.
    pub(crate) async fn press(&self, selector: &str) {
        self.control(selector).await.click().await.unwrap();
    }

    /// What a person reads in the one thing that a selector finds.
    pub(crate) async fn read(&self, selector: &str) -> String {
        self.control(selector).await.text().await.unwrap()
    }

    /// What stands in the form field of this name.
    pub(crate) async fn typed(&self, name: &str) -> String {
        self.shown(&format!("[name=\"{name}\"]")).await
    }

    /// What stands in the one field that a selector finds.
    pub(crate) async fn shown(&self, selector: &str) -> String {
        self.control(selector).await.value().await.unwrap().unwrap_or_default()
    }

    /// Replaces what stands in the form field of this name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.control(&format!("[name=\"{name}\"]")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until the page's text has this in it; fails with the text that was there.
    pub(crate) async fn wait_for_text(&self, part: &str) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let appears = async {
            while !self.text().await.contains(part) {
                looks.tick().await;
            }
        };
        let appeared = tokio::time::timeout(PATIENCE, appears).await;
        assert!(appeared.is_ok(), "{} never said {part:?}, but:\n{}", self.url().await, self.text().await);
    }

    /// What a person reads on the page; empty while the next one loads.
    pub(crate) async fn text(&self) -> String {
        let Ok(body) = self.driver().find(By::Tag("body")).await else { return String::new() };
        body.text().await.unwrap_or_default()
    }

    /// Where the browser is.
    pub(crate) async fn url(&self) -> Url {
        self.driver().current_url().await.unwrap()
    }

    /// The page's language: `<html lang>`. Looks again while a page takes the place of another.
    pub(crate) async fn lang(&self) -> String {
        for _ in 0..50 {
            let Ok(root) = self.driver().find(By::Tag("html")).await else { continue };
            let Ok(lang) = root.attr("lang").await else { continue };
            return lang.expect("every page names its language");
        }
        panic!("no page stays");
    }

    /// Shows the page as a telephone of this width would. A window cannot be narrower than 500: this can.
    pub(crate) async fn set_width(&self, pixels: u32) {
        let screen = json!({"width": pixels, "height": 844, "deviceScaleFactor": 1, "mobile": true});
        self.driver().cmd(SetScreen(screen)).await.unwrap();
    }

    /// How wide the page's content is, scrolled or not: more than the screen's width means it does not fit.
    pub(crate) async fn content_width(&self) -> u64 {
        let width = self.driver().execute("return document.documentElement.scrollWidth", Vec::new()).await;
        width.unwrap().json().as_u64().unwrap()
    }

    /// Writes what is seen to a PNG file.
    pub(crate) async fn screenshot(&self, path: &Path) {
        self.driver().screenshot(path).await.unwrap();
    }

    /// The processes of this browser, chromedriver first.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.chromedriver.family()
    }

    async fn control(&self, selector: &str) -> WebElement {
        let found =
            self.driver().query(By::Css(selector)).wait(PATIENCE, LOOK_EVERY).and_displayed().single().await;
        match found {
            Ok(control) => control,
            Err(error) => {
                panic!("{} has no {selector} ({error}), but:\n{}", self.url().await, self.text().await)
            }
        }
    }

    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("there until dropped")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            self.chromedriver.end();
            // The session is gone with its processes; quitting it would wait for an answer.
            driver.leak().ok();
        }
    }
}

/// The command of Chromium's own for a screen of any size.
#[derive(Debug)]
struct SetScreen(Value);

impl FormatRequestData for SetScreen {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": self.0});
        RequestData::new(Method::POST, format!("/session/{session}/goog/cdp/execute")).add_body(command)
    }
}

#[expect(clippy::disallowed_methods, reason = "speaks to chromedriver on loopback, past any proxy")]
fn direct_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The process that starts and steers Chromium.
#[derive(Debug)]
struct Chromedriver {
    process: Child,
    port: u16,
}

impl Chromedriver {
    /// Starts it on a port that the system chooses, with its temporary files in one folder. It stays in the test's process group, so that a test which is
    /// ended from outside takes its browser along.
    fn start(temporary: &Path) -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", temporary)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver did not start; tests/run installs it (apt-get install chromium-driver): {error}")
            });
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let port = output.lines().map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let mut started = Self { process, port: 0 };
        started.port = port.unwrap_or_else(|| panic!("chromedriver ended before it named its port"));
        started
    }

    /// Its process id and those of all its descendants.
    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.process.id()];
        let mut known: BTreeSet<u32> = family.iter().copied().collect();
        let parents: Vec<(u32, u32)> = living_processes();
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            let children = parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child);
            family.extend(children.filter(|child| known.insert(*child)));
            at += 1;
        }
        family
    }

    /// Ends them all at once, by id, and returns when they are gone: a killed process takes a moment to die, and
    /// writes to its profile until then.
    #[expect(
        clippy::disallowed_methods,
        reason = "a drop cannot await, and most of these are not its children"
    )]
    fn end(&mut self) {
        let family = self.family();
        let ids = family.iter().map(u32::to_string);
        Command::new("sh")
            .args(["-c", "kill -KILL \"$@\"", "kill"])
            .args(ids)
            .stderr(Stdio::null())
            .status()
            .ok();
        self.process.wait().ok();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && living_processes().iter().any(|(id, _)| family.contains(id)) {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

/// Every process that has not ended, and its parent.
pub(crate) fn living_processes() -> Vec<(u32, u32)> {
    let folders = fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
    let ids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| {
        // `id (name) state parent …`, where the name may hold spaces and brackets.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let lives = fields.next()? != "Z";
        let parent = fields.next()?.parse().ok()?;
        lives.then_some((id, parent))
    })
    .collect()
}
