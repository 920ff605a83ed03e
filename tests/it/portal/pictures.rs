//! Every page in a real browser, at the width of a telephone and of a desk: nothing sticks out, and people may look
//! at the pictures in `target/tmp/portal`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use greenroom::domain::account::LapseReason;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use greenroom::domain::visibility::Audience;
use greenroom::web::urls;

use crate::portal::accounts::ana;
use crate::portal::accounts::room;
use crate::portal::joining::session;
use crate::portal::joining::with_link;
use crate::portal::lapses::lapsed;
use crate::portal::provider::host;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::browser::Browser;

const WIDTHS: [u32; 2] = [390, 1200];

/// One person's way through every page, in one language.
struct Tour {
    world: World,
    browser: Browser,
    tag: &'static str,
}

impl Tour {
    async fn start(language: &'static str, tag: &'static str) -> Self {
        Self { world: World::start().await, browser: Browser::start_in(language).await, tag }
    }

    async fn goto(&self, path: &str) {
        self.browser.goto(self.world.base.join(path).unwrap().as_str()).await;
    }

    /// Presses a control, and waits for the page it leads to.
    async fn press(&self, action: &str, path: &str) {
        self.browser.click_action(action).await;
        self.arrive(path).await;
    }

    async fn arrive(&self, path: &str) {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let arrives = async {
            while self.browser.url().await.path() != path {
                looks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), arrives).await.expect(path);
    }

    async fn photograph(&self, name: &str) {
        assert_eq!(self.browser.lang().await, self.tag, "{name}");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("portal");
        fs::create_dir_all(&folder).unwrap();
        for width in WIDTHS {
            self.browser.set_width(width).await;
            self.browser.screenshot(&folder.join(format!("{}.{name}.{width}.png", self.tag))).await;
            let content = self.browser.content_width().await;
            assert!(content <= u64::from(width), "{name} is {content} wide on a screen of {width}");
        }
    }

    async fn visit(&self, path: &str, name: &str) {
        self.goto(path).await;
        self.photograph(name).await;
    }

    /// The one-time link, and the accounts while there are none.
    async fn enter(&self) {
        let link = self.world.link(Actor::Owner, Page::Manage).await.unwrap();
        self.visit(link.path(), "open").await;
        self.press("open", "/portal").await;
        self.photograph("manage-empty").await;
        self.visit(link.path(), "link-used").await;
    }

    /// To Zoom and back, as another user than before.
    async fn connect(&self) {
        self.visit("/portal/connect?owner=default", "connect").await;
        self.visit("/portal/failed?owner=default&error=missing_scopes", "failed").await;
        for (code, name) in [("code-1", "confirm"), ("code-2", "confirm-another")] {
            self.goto("/portal/connect?owner=default").await;
            self.browser.click_action("connect_zoom").await;
            self.left().await;
            let state = self.world.provider.state.lock().unwrap().clone();
            self.goto(&format!("/oauth/zoom/callback?state={state}&code={code}")).await;
            self.photograph(name).await;
            self.press("confirm", "/portal").await;
            self.world.provider.next(host("studio.with.a.very.long.name.indeed", Plan::Basic));
        }
        self.photograph("manage-zoom").await;
        let connected = self.world.memory.site(&lua()).accounts[&Owner::Default].connection.clone();
        for (reason, name) in
            [(LapseReason::UserGone, "lapsed"), (LapseReason::MissingScopes, "lapsed-scopes")]
        {
            self.world.connect(&Owner::Default, lapsed(reason));
            self.visit("/portal", name).await;
        }
        self.world.connect(&Owner::Default, connected);
        self.visit("/portal/disconnect?owner=default", "disconnect").await;
    }

    /// Waits until the browser has gone to the provider, which no test reaches.
    async fn left(&self) {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let leaves = async {
            while self.browser.url().await.host_str() == Some("127.0.0.1") {
                looks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), leaves)
            .await
            .expect("the browser leaves for the provider");
    }

    /// A custom link, wrong and right.
    async fn paste(&self) {
        self.visit("/portal/staff", "staff").await;
        self.visit("/portal/custom-link?owner=default", "custom-link").await;
        self.browser.fill("url", "http://meet.example/room").await;
        self.press("save", "/portal/custom-link").await;
        self.photograph("custom-link-wrong").await;
        self.browser.fill("url", "https://meet.example/room").await;
        self.press("save", "/portal").await;
        self.world.connect(&ana(), room("https://ana.example/x"));
        self.visit("/portal?notice=saved", "manage").await;
        self.press("done", "/portal/finished").await;
        self.photograph("finished").await;
        self.visit("/portal", "session-over").await;
    }

    /// What participants see.
    async fn join(&self) {
        let session = session(&self.world);
        let address = urls::join(&self.world.base, &session.join.token(Audience::Staff));
        self.world.memory.put_session(&lua(), session.clone());
        self.visit(address.path(), "waiting").await;
        let text = "Toque a campainha duas vezes.\nDial-in: +55 11 5555 0000, 123#";
        let shown = with_link(session, "https://sala.estudio-lua.example/yoga", Some("k3J9aQ"), Some(text));
        self.world.memory.put_session(&lua(), shown);
        self.visit(address.path(), "join").await;
        self.browser.click_action("copy_password").await;
        self.photograph("join-copied").await;
        self.visit("/j/nothing", "no-link").await;
        self.visit("/oauth/zoom/callback", "install").await;
        self.world.memory.break_down();
        self.visit(address.path(), "later").await;
    }
}

async fn tour(language: &'static str, tag: &'static str) {
    let tour = Tour::start(language, tag).await;
    tour.enter().await;
    tour.connect().await;
    tour.paste().await;
    tour.join().await;
}

#[tokio::test]
async fn every_page_fits_a_telephone_and_a_desk_in_english() {
    tour("en-US", "en").await;
}

#[tokio::test]
async fn every_page_fits_a_telephone_and_a_desk_in_portuguese() {
    tour("pt-BR", "pt-BR").await;
}
