//! Use case: book sessions, one or many in one commit (R16 to R19, R27). A booking never fails because a provider does.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::app::announce::has_moved;
use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::mint;
use crate::app::overlaps;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::presupposed::Presupposed;
use crate::app::schedule;
use crate::app::schedule::Launch;
use crate::app::sessions::SessionError;
use crate::app::sessions::SessionView;
use crate::app::sessions::admit;
use crate::app::sessions::find_many;
use crate::app::sites::Put;
use crate::domain::account::Revision;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::join::JoinKey;
use crate::domain::link::Pending;
use crate::domain::link::Status;
use crate::domain::meeting::after;
use crate::domain::pace::Urgency;
use crate::domain::session::Booking;
use crate::domain::session::NewSession;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Overlap;

/// Of one batch so many creates are sent by whoever commits it, those of the soonest sessions (R30): more at once would
/// only meet the host's limit a second. The others are due with the same commit, not intended, so that none has to be
/// looked for should this process die.
const AT_ONCE: usize = 8;

/// A session to be booked.
#[derive(Debug)]
pub struct Book {
    /// Which session.
    pub session: SessionId,
    /// What is booked.
    pub booking: Booking,
    /// The revision the caller read, if it says.
    pub presupposed: Presupposed,
}

/// What became of one booking.
pub type Booked = Result<(Put, SessionView), SessionError>;

/// Books a session, or changes its booking: a batch of one.
pub async fn put(gateway: &Gateway, site: &SiteId, book: Book, wait: Duration) -> Booked {
    let booked = put_all(gateway, site, std::slice::from_ref(&book), wait).await?;
    booked.into_iter().next().unwrap_or(Err(SessionError::Unknown))
}

/// Books sessions, each once, or changes their bookings; the same booking changes nothing. All that changes is one
/// commit, with the first step towards each meeting in it; steps are taken in tasks that outlive the caller, who waits
/// for all of them together. Answers in the order asked.
///
/// What one booking refers to is refused for itself. Fails as a whole only where nothing is known of any: an unknown
/// site, or a store that cannot be read.
#[tracing::instrument(name = "booking.put_all", skip_all, fields(sessions = books.len()))]
pub async fn put_all(
    gateway: &Gateway,
    site: &SiteId,
    books: &[Book],
    wait: Duration,
) -> Result<Vec<Booked>, SessionError> {
    let deadline = after(gateway.clock.now(), wait);
    let joins = books.iter().map(|_| gateway.join_key()).collect::<Vec<_>>();
    let ids = books.iter().map(|book| book.session.clone()).collect::<Vec<_>>();
    let mut last = None;
    let saved = change(gateway, site, &ids, |snapshot| {
        let (round, change) = decide_all(gateway, (books, &joins), snapshot)?;
        last = Some(round);
        Ok(if change.sessions.is_empty() { Decision::Keep(()) } else { Decision::Commit(change, ()) })
    });
    let round = match (saved.await, last) {
        (Ok(()), Some(round)) => round,
        (Err(SessionError::Store(error)), Some(round)) => {
            return Ok(round.decided.into_iter().map(|decided| decided.unsaved(&error)).collect());
        }
        (Err(error), _) => return Err(error),
        (Ok(()), None) => return Ok(Vec::new()),
    };
    gateway.bell.notify_one();
    let launched = launch(gateway, site, round.launches, deadline);
    let mut booked = round.decided.into_iter().map(Decided::saved).collect::<Vec<_>>();
    tokio::join!(launched, overlaps::look_now(gateway, site, &round.moved, wait));
    read_again(gateway, site, &round.moved, &mut booked).await;
    settle_down(gateway, site, (books, &mut booked), deadline).await;
    Ok(booked)
}

/// What was decided on one snapshot.
#[derive(Debug, Default)]
struct Round {
    /// In the order asked.
    decided: Vec<Decided>,
    /// The creates that the commit begins.
    launches: Vec<Launch>,
    /// The sessions that may meet others now.
    moved: Vec<SessionId>,
}

/// What was decided of one booking.
#[derive(Debug)]
enum Decided {
    /// It cannot be.
    Refused(SessionError),
    /// It is what stands already.
    Kept(SessionView),
    /// It is to be written.
    Written(Put, SessionView),
}

impl Decided {
    fn saved(self) -> Booked {
        match self {
            Self::Refused(error) => Err(error),
            Self::Kept(view) => Ok((Put::Replaced, view)),
            Self::Written(put, view) => Ok((put, view)),
        }
    }

    fn unsaved(self, error: &StoreError) -> Booked {
        match self {
            Self::Written(..) => Err(SessionError::Store(error.clone())),
            Self::Refused(_) | Self::Kept(_) => self.saved(),
        }
    }
}

/// Decides every booking, those of the soonest sessions first.
fn decide_all(
    gateway: &Gateway,
    (books, joins): (&[Book], &[JoinKey]),
    snapshot: &SiteSnapshot,
) -> Result<(Round, Change), SessionError> {
    let site = snapshot.site.value.as_ref().ok_or(SessionError::UnknownSite)?;
    let read = snapshot.sessions.iter().zip(&snapshot.overlaps);
    let asked = books.iter().zip(joins).zip(read).enumerate();
    let mut soonest = asked.collect::<Vec<_>>();
    soonest.sort_by_key(|(_, ((book, _), _))| book.booking.starts_at);
    let (mut change, mut launches, mut decided) = (Change::default(), Vec::new(), Vec::new());
    let mut moved = Vec::new();
    for (place, (book, stored)) in soonest {
        let room = AT_ONCE.saturating_sub(launches.len());
        decided.push((
            place,
            match decide(gateway, site, (book, stored), room) {
                Err(error) => Decided::Refused(error),
                Ok(Outcome::Kept(view)) => Decided::Kept(view),
                Ok(Outcome::Written(written)) => {
                    if written.is_new_address {
                        let join = &written.view.session.join;
                        change.joins.push((join.locator(), book.0.session.clone()));
                    }
                    if has_moved(stored.0.value.as_deref(), &written.view.session) {
                        moved.push(book.0.session.clone());
                    }
                    change.sessions.push(written.change);
                    launches.extend(written.launch);
                    Decided::Written(written.put, written.view)
                }
            },
        ));
    }
    decided.sort_by_key(|(place, _)| *place);
    Ok((
        Round { decided: decided.into_iter().map(|(_, decided)| decided).collect(), launches, moved },
        change,
    ))
}

#[derive(Debug)]
enum Outcome {
    Kept(SessionView),
    Written(Box<Written>),
}

/// A booking that is to be written.
#[derive(Debug)]
struct Written {
    put: Put,
    view: SessionView,
    change: SessionChange,
    launch: Option<Launch>,
    is_new_address: bool,
}

/// A session as it was read, and what it overlapped with.
type Read<'a> = (&'a Stored<Session>, &'a Stored<Vec<Overlap>>);

/// Decides one booking. While there is room, its create is begun; else its first step is due.
fn decide(
    gateway: &Gateway,
    site: &Arc<Site>,
    ((book, join), (stored, overlaps)): ((&Book, &JoinKey), Read<'_>),
    room: usize,
) -> Result<Outcome, SessionError> {
    if !site.services.contains_key(&book.booking.service_id) {
        return Err(SessionError::UnknownService);
    }
    let now = gateway.clock.now();
    let old = stored.value.as_deref();
    let live = old.filter(|old| old.booking.is_some());
    admit(&book.presupposed, live)?;
    if let Some(same) = stored.value.as_ref().filter(|old| old.booking.as_ref() == Some(&book.booking)) {
        return Ok(Outcome::Kept(SessionView::new(site, Arc::clone(same), overlaps)));
    }
    let put = if live.is_some() { Put::Replaced } else { Put::Created };
    let session = rebooked(book, join, stored, now);
    let (change, session, launch) = if room > 0 {
        schedule::with_first_step(gateway, site, (session, stored), (Urgency::Awaited, now))
    } else {
        let (change, session) = schedule::with_step_due(gateway, site, (session, stored), now);
        (change, session, None)
    };
    let is_new_address = old.is_none_or(|old| old.join != session.join);
    let view = SessionView::new(site, session, overlaps);
    Ok(Outcome::Written(Box::new(Written { put, view, change, launch, is_new_address })))
}

fn rebooked(book: &Book, join: &JoinKey, stored: &Stored<Session>, now: Timestamp) -> Session {
    let Some(old) = &stored.value else {
        let new = NewSession { join: join.clone(), first: first_revision(stored.basis), now };
        return Session::new(book.session.clone(), book.booking.clone(), new);
    };
    let mut session = Session::clone(old);
    session.rebook(book.booking.clone(), join.clone());
    session
}

/// Where the revisions of a session begin: above those of any session of its id before it.
fn first_revision(basis: Basis) -> Revision {
    match basis {
        Basis::Absent { floor } => Revision(floor + 1),
        Basis::Version(version) => Revision(version + 1),
    }
}

/// Reads again what moved, with whom it meets there. While it cannot be read, what was committed stands.
async fn read_again(gateway: &Gateway, site: &SiteId, moved: &[SessionId], booked: &mut [Booked]) {
    if moved.is_empty() {
        return;
    }
    let Ok(views) = find_many(gateway, site, moved).await else { return };
    for found in views.into_iter().flatten() {
        let mut own = booked.iter_mut().filter_map(|booked| booked.as_mut().ok());
        if let Some((_, view)) = own.find(|(_, view)| view.session.id == found.session.id) {
            *view = found;
        }
    }
}

/// Sends the creates, and waits for them until time is up. What came of each stands in its record; where time is up,
/// the tasks go on without us.
async fn launch(gateway: &Gateway, site: &SiteId, launches: Vec<Launch>, deadline: Timestamp) {
    let tasks = launches
        .into_iter()
        .map(|launch| gateway.tasks.spawn(mint::create(gateway.clone(), site.clone(), launch)))
        .collect::<Vec<_>>();
    tokio::select! {
        biased;
        _ = join_all(tasks) => {}
        () = gateway.clock.wait(remaining(gateway.clock.now(), deadline)) => {}
    }
}

/// How long before meetings that others make are looked at again.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Waits until the first try for every meeting is over, or the time the caller gave.
async fn settle_down(
    gateway: &Gateway,
    site: &SiteId,
    (books, booked): (&[Book], &mut [Booked]),
    deadline: Timestamp,
) {
    let mut pause = LOOK_PAUSE;
    while look_again(gateway, site, (books, booked)).await {
        let now = gateway.clock.now();
        if now >= deadline {
            return;
        }
        gateway.clock.wait(pause.min(remaining(now, deadline))).await;
        pause = pause.saturating_mul(2).min(Duration::from_millis(500));
    }
}

/// Reads again what is being made; whether any of it still is. While it cannot be read, what was committed stands.
async fn look_again(gateway: &Gateway, site: &SiteId, (books, booked): (&[Book], &mut [Booked])) -> bool {
    let now = gateway.clock.now();
    let all = books.iter().zip(booked.iter_mut());
    let mut waiting = all.filter(|(_, booked)| is_minting(booked, now)).collect::<Vec<_>>();
    if waiting.is_empty() {
        return false;
    }
    let ids = waiting.iter().map(|(book, _)| book.session.clone()).collect::<Vec<_>>();
    let Ok(views) = find_many(gateway, site, &ids).await else { return false };
    for ((_, booked), found) in waiting.iter_mut().zip(views) {
        match (found, &mut **booked) {
            (Some(found), Ok((_, view))) => *view = found,
            (Some(_), Err(_)) => {}
            (None, booked) => *booked = Err(SessionError::Unknown),
        }
    }
    waiting.iter().any(|(_, booked)| is_minting(booked, now))
}

fn is_minting(booked: &Booked, now: Timestamp) -> bool {
    booked.as_ref().is_ok_and(|(_, view)| view.link(now).status == Status::Pending(Pending::Minting))
}

fn remaining(now: Timestamp, deadline: Timestamp) -> Duration {
    Duration::try_from(deadline.duration_since(now)).unwrap_or_default()
}
