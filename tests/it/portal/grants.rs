//! What becomes of a grant: renewed, shared, let go, revoked when nobody needs it.

use std::sync::Arc;
use std::time::Duration;

use greenroom::app::adopt;
use greenroom::app::grants;
use greenroom::app::hosts;
use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::store::GrantChange;
use greenroom::app::ports::stored::Committed;
use greenroom::app::redecide;
use greenroom::domain::account::AccountState;
use greenroom::domain::account::Host;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::grant::Grant;
use greenroom::domain::grant::LapseReason;
use greenroom::domain::id::StaffId;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use secrecy::ExposeSecret;

use crate::portal::flow::callback;
use crate::portal::flow::connect;
use crate::portal::flow::consent;
use crate::portal::flow::email;
use crate::portal::flow::manage;
use crate::portal::joining::session;
use crate::portal::joining::with_meeting;
use crate::portal::provider::Says;
use crate::portal::provider::host;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::visitor::Visitor;

#[tokio::test]
async fn another_user_than_before_is_said_so_and_the_old_grant_is_revoked() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    assert!(page.text.contains("ana@studio.example") && page.text.contains("The account is connected."));
    world.provider.next(host("bob", Plan::Basic));
    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    let answer = browser.get(callback(&world, &there, "code=code-2")).await;
    let asked = browser.follow(answer).await;
    assert!(asked.text.contains("another Zoom account than before (ana@studio.example)"), "{}", asked.text);
    assert!(asked.text.contains("40 minutes"));

    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;

    assert_eq!(email(&world, &Owner::Default).as_deref(), Some("bob@studio.example"));
    assert!(world.provider.revoked.lock().unwrap().is_empty(), "its meetings have yet to move");
    world.clock.advance(Duration::from_mins(11));
    for (grant, _) in world.memory.grants() {
        grants::tend(&world.gateway, &grant.id).await.unwrap();
    }
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert_eq!(world.memory.grants().len(), 1);
}

#[tokio::test]
async fn reconnecting_the_same_user_renews_the_grant_and_revokes_nothing() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    world.clock.advance(Duration::from_mins(5));
    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    let answer = browser.get(callback(&world, &there, "code=code-2")).await;
    let asked = browser.follow(answer).await;
    assert!(!asked.text.contains("another Zoom account than before"));
    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    let grants = world.memory.grants();
    assert_eq!((grants.len(), grants[0].0.tokens.generation()), (1, 2));
    assert!(world.provider.revoked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_grant_that_does_not_know_of_an_account_is_kept_while_the_account_names_it() {
    let world = World::start().await;
    connect(&world, "code-1").await;
    world.clock.advance(Duration::from_mins(12));
    // As after a failover, when whoever wrote it is dead.
    let id = world.memory.grants()[0].0.id.clone();
    let stored = world.gateway.grants.read(&id).await.unwrap();
    let mut forgetful = Grant::clone(stored.value.as_ref().unwrap());
    let known = std::mem::take(&mut forgetful.references);
    let change = GrantChange::Put { grant: Arc::new(forgetful), due: Clock::now(world.clock.as_ref()) };
    let committed = world.gateway.grants.commit(&id, stored.basis, change).await.unwrap();
    assert_eq!(committed, Committed::Yes);

    grants::tend(&world.gateway, &id).await.unwrap();

    assert!(world.provider.revoked.lock().unwrap().is_empty());
    assert_eq!(world.memory.grants()[0].0.references, known);
}

#[tokio::test]
async fn one_user_on_two_accounts_is_one_grant_revoked_with_the_last() {
    let world = World::start().await;
    connect(&world, "code-1").await;
    let ana = Owner::Staff(StaffId::parse("ana").unwrap());
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Connect(ana.clone())).await.unwrap()).await;
    let asked = consent(&world, &browser, &page, "code-2").await;
    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    let grants = world.memory.grants();
    assert_eq!((grants.len(), grants[0].0.references.len()), (1, 2));

    for (owner, revoked) in [("staff/ana", 0), ("default", 1)] {
        let (browser, page) = manage(&world).await;
        let asked = browser.press_of(&page, "disconnect", Some(owner), &[]).await;
        let page = browser.press(&asked, "confirm", &[("meetings", "keep")]).await;
        assert!(page.text.contains("The account is disconnected."), "{}", page.text);
        world.clock.advance(Duration::from_mins(12));
        if let Some((grant, _)) = world.memory.grants().first() {
            grants::tend(&world.gateway, &grant.id).await.unwrap();
        }
        world.settle().await;
        assert_eq!(world.provider.revoked.lock().unwrap().len(), revoked, "{owner}");
    }
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn an_account_disconnected_at_once_is_revoked_at_once() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    let asked = browser.press_of(&page, "disconnect", Some("default"), &[]).await;
    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn meetings_that_are_to_be_deleted_have_ten_minutes_before_the_grant_is_revoked() {
    let world = World::start().await;
    let booked = with_meeting(session(&world));
    world.change(|site| site.accounts.clear());
    let (browser, page) = connect(&world, "code-1").await;
    let grant = world.memory.grants()[0].0.id.clone();
    let mut upcoming = booked.clone();
    let MeetingState::Bound(mut meeting) = upcoming.minting.state else { panic!("it has a meeting") };
    meeting.grant = grant.clone();
    upcoming.minting.state = MeetingState::Bound(meeting);
    world.memory.put_session(&lua(), upcoming);
    let asked = browser.press_of(&page, "disconnect", Some("default"), &[]).await;

    browser.press(&asked, "confirm", &[("meetings", "delete")]).await;
    grants::tend(&world.gateway, &grant).await.unwrap();
    assert!(world.provider.revoked.lock().unwrap().is_empty(), "its meetings do not know yet");
    redecide::sessions_of(&world.gateway, &lua()).await.unwrap();
    while !world.gateway.tasks.is_empty() {
        tokio::task::yield_now().await;
    }

    let minting = world.memory.session(&lua(), &booked.id).minting;
    assert_eq!((minting.doomed.len(), minting.state), (1, MeetingState::Nothing));
    let (_, due) = world.memory.grants().remove(0);
    assert_eq!(due, world.gateway.clock.now().checked_add(Duration::from_mins(10)).unwrap());
    assert!(world.provider.revoked.lock().unwrap().is_empty());
    world.clock.advance(Duration::from_mins(11));
    grants::tend(&world.gateway, &grant).await.unwrap();
    assert!(world.provider.revoked.lock().unwrap().is_empty(), "one is not deleted yet");
    let mut session = world.memory.session(&lua(), &booked.id);
    session.minting.doomed.clear();
    world.memory.put_session(&lua(), session);
    grants::tend(&world.gateway, &grant).await.unwrap();
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
}

#[tokio::test]
async fn an_abandoned_connect_is_revoked_later_and_only_if_nobody_uses_the_grant() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let asked = consent(&world, &browser, &page, "code-1").await;
    let page = browser.press(&asked, "cancel", &[]).await;
    assert!(page.text.contains("Nothing was connected."), "{}", page.text);
    let (grant, due) = world.memory.grants().remove(0);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    assert!(world.provider.revoked.lock().unwrap().is_empty(), "somebody may still confirm");
    assert!(due > world.gateway.clock.now());

    world.clock.advance(Duration::from_mins(11));
    grants::tend(&world.gateway, &grant.id).await.unwrap();

    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn a_revocation_that_is_not_answered_is_tried_again() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    consent(&world, &browser, &page, "code-1").await;
    let (grant, _) = world.memory.grants().remove(0);
    world.clock.advance(Duration::from_mins(11));
    world.provider.says(Says::Broken);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    let (_, due) = world.memory.grants().remove(0);
    assert!(due > world.gateway.clock.now());

    world.provider.says(Says::Yes);
    grants::tend(&world.gateway, &grant.id).await.unwrap();

    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn a_lapsed_grant_is_told_to_its_account_and_an_authorisation_heals_it() {
    let world = World::start().await;
    connect(&world, "code-1").await;
    let (grant, _) = world.memory.grants().remove(0);
    let now = world.gateway.clock.now();
    let stored = world.gateway.grants.read(&grant.id).await.unwrap();
    let mut lapsed = (*grant).clone();
    lapsed.tokens = lapsed.tokens.lapsed(1, LapseReason::Refused, now);
    let change = GrantChange::Put { grant: lapsed.into(), due: now };
    let committed = world.gateway.grants.commit(&grant.id, stored.basis, change).await.unwrap();
    assert_eq!(committed, Committed::Yes);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    let (browser, page) = manage(&world).await;
    assert!(page.text.contains("Reconnect needed"), "{}", page.text);

    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    browser.get(callback(&world, &there, "code=code-2")).await;
    world.settle().await;

    let page = browser.get(world.base.join("/portal").unwrap()).await;
    assert!(!page.text.contains("Reconnect needed"), "healed before anybody confirms: {}", page.text);
}

#[tokio::test]
async fn a_consent_without_a_permission_lapses_the_accounts_whose_tokens_it_killed() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    world.provider.says(Says::MissingScopes);
    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    let failed = browser.follow(browser.get(callback(&world, &there, "code=code-2")).await).await;
    assert!(failed.text.contains("<dd>meeting:write</dd>"), "{}", failed.text);
    world.settle().await;

    let (grant, _) = world.memory.grants().remove(0);
    assert!(grant.tokens.pair().is_none());
    let account = world.memory.site(&lua()).accounts[&Owner::Default].clone();
    let state = account.connection.hosted().unwrap().state;
    assert!(
        matches!(state, AccountState::ReauthorizationRequired { reason: LapseReason::MissingScopes, .. }),
        "{state:?}"
    );
    assert!(world.provider.revoked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_differs_of_a_user_is_told_to_accounts_and_touches_links_only_where_they_differ() {
    let world = World::start().await;
    connect(&world, "code-1").await;
    let (grant, _) = world.memory.grants().remove(0);
    let before = world.memory.site(&lua()).epochs.owners[&Owner::Default].count;
    let email = "ana@new.example".to_owned();
    let renamed = Host { email, personal_room: Some("1".into()), ..grant.host.clone() };
    let downgraded = Host { plan: Plan::Basic, ..renamed.clone() };
    for (host, changes) in [(renamed, 0), (downgraded, 1)] {
        world.clock.advance(Duration::from_mins(1));
        let asked_at = world.gateway.clock.now();
        hosts::put(&world.gateway, &grant.id, (&host, asked_at)).await.unwrap();
        assert_eq!(world.memory.grants()[0].1, asked_at, "the accounts are told at once");
        grants::tend(&world.gateway, &grant.id).await.unwrap();

        let site = world.memory.site(&lua());
        assert_eq!(site.accounts[&Owner::Default].connection.hosted().unwrap().host, host);
        assert_eq!(site.epochs.owners[&Owner::Default].count, before + changes);
    }
    let stale = (&grant.host, grant.looked_at);
    hosts::put(&world.gateway, &grant.id, stale).await.unwrap();
    assert_eq!(world.memory.grants()[0].0.host.plan, Plan::Basic, "what was said later stays");
}

#[tokio::test]
async fn a_store_that_is_away_for_a_moment_loses_no_authorisation() {
    let world = World::start().await;
    let gateway = world.gateway.clone();
    let verifier = "verifier of a flow".into();
    let authorized = gateway.authorization.exchange(&"code-1".into(), &verifier).await.unwrap();
    world.memory.break_down();
    let adopting = tokio::spawn(async move { adopt::adopt(&gateway, authorized).await });
    tokio::task::yield_now().await;
    world.memory.mend();

    while !adopting.is_finished() {
        world.clock.advance(Duration::from_secs(2));
        tokio::task::yield_now().await;
    }

    assert_eq!(adopting.await.unwrap().unwrap().tokens.generation(), 1);
    assert_eq!(world.memory.grants().len(), 1);
}

#[tokio::test]
async fn an_authorisation_that_waited_for_the_store_does_not_replace_a_later_one() {
    let world = World::start().await;
    let gateway = world.gateway.clone();
    let verifier = "verifier of a flow".into();
    let [first, second] = ["code-1", "code-2"].map(Into::into);
    let first = gateway.authorization.exchange(&first, &verifier).await.unwrap();
    let second = gateway.authorization.exchange(&second, &verifier).await.unwrap();
    world.memory.break_down();
    let own = gateway.clone();
    let waiting = tokio::spawn(async move { adopt::adopt(&own, first).await });
    tokio::task::yield_now().await;
    world.memory.mend();
    world.clock.advance(Duration::from_secs(1));
    adopt::adopt(&gateway, second).await.unwrap();

    while !waiting.is_finished() {
        world.clock.advance(Duration::from_secs(2));
        tokio::task::yield_now().await;
    }

    waiting.await.unwrap().unwrap();
    let (grant, _) = world.memory.grants().remove(0);
    assert_eq!(grant.tokens.pair().unwrap().access.expose_secret(), "access of code-2");
}
