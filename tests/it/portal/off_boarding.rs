//! A site that is off-boarded while others change it, or put another of its id (R36).

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;

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

use crate::portal::accounts::ana;
use crate::portal::accounts::room;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::memory::Memory;

type Deed = Box<dyn FnOnce(&Memory) + Send>;

/// Sites of which one is removed only after somebody else was there.
struct Overtaken(Arc<Memory>, Mutex<Option<Deed>>);

impl fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Overtaken")
    }
}

#[async_trait::async_trait]
impl Sites for Overtaken {
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError> {
        Sites::read(&*self.0, site, sessions).await
    }

    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError> {
        Sites::commit(&*self.0, change).await
    }

    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError> {
        self.0.sessions(site, range).await
    }

    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError> {
        self.0.has_session_of(site, service).await
    }

    async fn remove(&self, site: &SiteId, basis: Basis) -> Result<Committed, StoreError> {
        let deed = self.1.lock().unwrap().take();
        if let Some(deed) = deed {
            deed(&self.0);
        }
        Sites::remove(&*self.0, site, basis).await
    }

    async fn purge(&self, site: &SiteId) -> Result<(), StoreError> {
        self.0.purge(site).await
    }
}

/// Off-boards the site, while somebody does this to it just before it is removed.
async fn off_board(world: &World, deed: impl FnOnce(Site, &Memory) + Send + 'static) {
    let deed: Deed = Box::new(|memory| deed(memory.site(&lua()), memory));
    let overtaken = Overtaken(Arc::clone(&world.memory), Mutex::new(Some(deed)));
    let mut gateway = world.gateway.clone();
    gateway.sites = Arc::new(overtaken);
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
