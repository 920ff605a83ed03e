//! Owns how what became of a step is saved: as `app/mint.rs`, `app/lost.rs` and `app/reconcile.rs` do it.

use greenroom::domain::meeting::MeetingId;
use greenroom::domain::minting::Doom;
use greenroom::domain::minting::Doomed;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::minting::Minting;
use greenroom::domain::minting::NotCreated;
use greenroom::domain::step::SCANS;
use greenroom::domain::step::ScanVerdict;
use greenroom::domain::step::Timing;
use greenroom::domain::step::judge_scans;

use crate::model::house;
use crate::model::house::at;
use crate::model::house::grant;
use crate::model::house::intent;
use crate::model::house::meeting;
use crate::model::house::pause;
use crate::model::variant::Variant;
use crate::model::world::Launch;
use crate::model::world::MeetingNumber;
use crate::model::world::Outcome;

/// What an outcome makes of what exists.
pub(super) fn settle(
    (variant, timing): (Variant, Timing),
    minting: Minting,
    outcome: Outcome,
    now: u8,
) -> Minting {
    match outcome {
        Outcome::Made(launch, made) => minting.bound(meeting(launch, made, now)),
        Outcome::Refused(launch) => {
            minting.not_created(&intent(launch), NotCreated::Later(pause(launch.host, now)))
        }
        Outcome::Unanswered(launch) => minting.unanswered(&intent(launch), pause(launch.host, now)),
        Outcome::Found(launch, first, others) => {
            let mut minting = minting.bound(meeting(launch, first, now));
            for twin in all(first, others) {
                minting.doom(grant(launch.host), twin, Doom::Stray);
            }
            minting
        }
        Outcome::Searched(launch, looks, found) => {
            let stray = house::stray(launch, looks);
            let first = found.map(|(first, _)| meeting(launch, first, now));
            let found = found.map(|(first, others)| all(first, others)).unwrap_or_default();
            minting.searched(&stray, (first, &found))
        }
        Outcome::NoneFound(launch) => count_scan((variant, timing), minting, launch, now),
        Outcome::Updated(made, start, sent) => {
            minting.updated(&house::id_of(made), house::shown(start), (at(sent), at(now)))
        }
        Outcome::Gone(made) => minting.gone(&house::id_of(made)),
        Outcome::Removed(host, made) => {
            minting.removed(&Doomed::new(grant(host), house::id_of(made), Doom::Unwanted))
        }
        Outcome::Failed(host) => minting.paused(pause(host, now)),
    }
}

fn count_scan((variant, timing): (Variant, Timing), minting: Minting, launch: Launch, now: u8) -> Minting {
    let MeetingState::Intended(current) = &minting.state else { return minting };
    let counted = current.scans.saturating_add(1);
    let scans = if variant == Variant::OneScan { SCANS } else { counted };
    match judge_scans(current, scans, timing, at(now)) {
        ScanVerdict::NotMade => minting.not_created(&intent(launch), NotCreated::Lost),
        ScanVerdict::LookAgain(at) => minting.scanned(&intent(launch)).claimed(at),
    }
}

/// All that was found.
fn all(first: MeetingNumber, others: u8) -> Vec<MeetingId> {
    let others = (0..8).filter(|bit| others & (1 << bit) != 0).map(MeetingNumber);
    [first].into_iter().chain(others).map(house::id_of).collect()
}
