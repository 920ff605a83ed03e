//! A site that is off-boarded while others change it, or put another of its id (R36).

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use greenroom::app::gateway::Gateway;
use greenroom::app::ports::store::SessionEntry;
use greenroom::app::ports::store::SessionRange;
use greenroom::app::ports::store::SiteChange;
use greenroom::app::ports::store::SiteSnapshot;
use greenroom::app::ports::store::Sites;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::app::ports::stored::StoreError;
use greenroom::app::presupposed::Presupposed;
use greenroom::app::sites;
use greenroom::domain::account::Owner;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::site::Site;
use tokio::sync::Notify;

use crate::portal::accounts::ana;
use crate::portal::accounts::room;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::memory::Memory;

type Deed = Box<dyn FnOnce(&Memory) + Send>;

/// Sites of which one is removed only after somebody else was there.
struct Overtaken {
    memory: Arc<Memory>,
    /// What somebody else does just before it is removed.
    deed: Mutex<Option<Deed>>,
    /// Somebody else removes it just before its accounts are.
    is_removed: bool,
    /// It was: nothing of it opens, and it is not purged yet.
    is_destroyed: AtomicBool,
}

impl fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overtaken")
    }
}

#[async_trait::async_trait]
impl Sites for Overtaken {
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError> {
        if self.is_destroyed.load(Ordering::Relaxed) {
            return Err(StoreError::Destroyed);
        }
        Sites::read(&*self.memory, site, sessions).await
    }

    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError> {
        if self.is_removed {
            let basis = Sites::read(&*self.memory, &change.site, &[]).await?.site.basis;
            assert_eq!(Sites::remove(&*self.memory, &change.site, basis).await?, Committed::Yes);
            self.is_destroyed.store(true, Ordering::Relaxed);
            return Err(StoreError::Destroyed);
        }
        Sites::commit(&*self.memory, change).await
    }

    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError> {
        self.memory.sessions(site, range).await
    }

    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError> {
        self.memory.has_session_of(site, service).await
    }

    async fn remove(&self, site: &SiteId, basis: Basis) -> Result<Committed, StoreError> {
        let deed = self.deed.lock().unwrap().take();
        if let Some(deed) = deed {
            deed(&self.memory);
            // Whoever waits for it hears of it first.
            tokio::task::yield_now().await;
        }
        Sites::remove(&*self.memory, site, basis).await
    }

    async fn purge(&self, site: &SiteId) -> Result<(), StoreError> {
        self.is_destroyed.store(false, Ordering::Relaxed);
        self.memory.purge(site).await
    }
}

/// The gateway, where somebody does this to the site just before it is removed.
fn overtaken(world: &World, deed: impl FnOnce(Site, &Memory) + Send + 'static) -> Gateway {
    let deed: Deed = Box::new(|memory| deed(memory.site(&lua()), memory));
    let overtaken = Overtaken {
        memory: Arc::clone(&world.memory),
        deed: Mutex::new(Some(deed)),
        is_removed: false,
        is_destroyed: AtomicBool::new(false),
    };
    Gateway { sites: Arc::new(overtaken), ..world.gateway.clone() }
}

/// Off-boards the site, while somebody does this to it just before it is removed.
async fn off_board(world: &World, deed: impl FnOnce(Site, &Memory) + Send + 'static) {
    let gateway = overtaken(world, deed);
    sites::remove(&gateway, &lua(), &Presupposed::Anything).await.unwrap();
}

#[tokio::test]
async fn r36_who_changes_a_site_just_before_it_goes_does_not_keep_it() {
    let world = World::start().await;
    world.connect(&Owner::Default, room("https://lua.example/x"));
    let now = world.gateway.clock.now();
    off_board(&world, move |mut site, memory| {
        site.put_account(&ana(), room("https://ana.example/x"), now);
        memory.put_site(site);
    })
    .await;
    let read = Sites::read(&*world.memory, &lua(), &[]).await.unwrap();
    assert!(read.site.value.is_none());
}

#[tokio::test]
async fn r36_a_site_that_is_put_anew_while_the_one_before_goes_keeps_all_it_has() {
    let world = World::start().await;
    world.connect(&Owner::Default, room("https://lua.example/x"));
    let now = world.gateway.clock.now();
    off_board(&world, move |site, memory| {
        let mut anew = Site::new(site.id, site.settings, HashKey::new([2; 32]), now);
        anew.put_account(&Owner::Default, room("https://anew.example/x"), now);
        memory.put_site(anew);
    })
    .await;
    let site = world.memory.site(&lua());
    assert_eq!((site.accounts.len(), site.marker_key == HashKey::new([2; 32])), (1, true));
}

#[tokio::test]
async fn r36_a_site_goes_although_the_caller_hangs_up_meanwhile() {
    let world = World::start().await;
    world.connect(&Owner::Default, room("https://lua.example/x"));
    let begun = Arc::new(Notify::new());
    let told = Arc::clone(&begun);
    let gateway = overtaken(&world, move |_, _| told.notify_one());
    let lua = lua();
    tokio::select! {
        biased;
        done = sites::remove(&gateway, &lua, &Presupposed::Anything) => panic!("{done:?}"),
        () = begun.notified() => {}
    }
    gateway.tasks.close();
    gateway.tasks.wait().await;
    let read = Sites::read(&*world.memory, &lua, &[]).await.unwrap();
    assert!(read.site.value.is_none());
}

#[tokio::test]
async fn r36_who_removes_a_site_while_somebody_else_does_is_told_that_it_is_gone() {
    let world = World::start().await;
    world.connect(&Owner::Default, room("https://lua.example/x"));
    let overtaken = Overtaken {
        memory: Arc::clone(&world.memory),
        deed: Mutex::new(None),
        is_removed: true,
        is_destroyed: AtomicBool::new(false),
    };
    let gateway = Gateway { sites: Arc::new(overtaken), ..world.gateway.clone() };
    sites::remove(&gateway, &lua(), &Presupposed::Anything).await.unwrap();
    let read = gateway.sites.read(&lua(), &[]).await.unwrap();
    assert!(read.site.value.is_none());
}
