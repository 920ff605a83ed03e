//! Stands in for Zoom: OAuth, users and meetings as zoom/facts.md describes them, with faults on request.
//! Knows nothing of greenroom but its clock port.
//!
//! What the facts mark as unverified is a [`Modes`] entry, so that both readings can be tested. A *control address*
//! (`/simulator/…`) injects faults, moves time, changes users and meetings, and shows the ledger of all requests.

mod answer;
mod clock;
mod control;
mod cut;
mod entropy;
mod exchange;
mod faults;
mod ledger;
mod limits;
mod meetings;
mod modes;
mod news;
mod notices;
mod oauth;
mod operation;
mod pages;
mod received;
mod server;
mod settings;
mod state;
mod user;
mod users;
mod webhooks;

pub use self::modes::Modes;
pub use self::server::Simulator;
pub use self::settings::AccountPlan;
pub use self::settings::JoinUrls;
pub use self::settings::Settings;
pub use self::settings::SimulatedAccount;
pub use self::settings::SimulatedUser;
pub use self::settings::Standing;
pub use self::settings::UserPlan;
pub use crate::demo::simulator::settings::WEBHOOK_SECRET;
