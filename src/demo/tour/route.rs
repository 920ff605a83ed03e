//! Owns the order of the tour's stops.

use std::time::Duration;

use crate::demo::stage::Stage;
use crate::demo::tour::booking;
use crate::demo::tour::changing;
use crate::demo::tour::connecting;
use crate::demo::tour::joining;
use crate::demo::tour::wrong::Wrong;

/// A stop that was passed.
#[derive(Debug)]
pub struct Stop {
    /// What was done.
    pub what: &'static str,
    /// What was seen.
    pub seen: String,
}

/// Runs the whole main job, and tells each stop. Ends at the first [`Wrong`], which names its stop; else says how
/// long it took.
pub async fn run(stage: &Stage, tell: &mut (impl FnMut(&Stop) + Send)) -> Result<Duration, Wrong> {
    let begun = stage.clock.now();
    let mut pass = |what: &'static str, seen: Result<String, Wrong>| {
        let seen = seen.map_err(|wrong| wrong.at(what))?;
        tell(&Stop { what, seen });
        Ok::<(), Wrong>(())
    };
    pass("A site and its services are put", booking::site(stage).await)?;
    pass("A booking before anything is connected", booking::before_any_account(stage).await)?;
    pass("Staff must wait for a default account", connecting::staff_first(stage).await)?;
    pass("The owner connects Zoom as the default", connecting::default_account(stage).await)?;
    pass("The early booking gets its link", booking::early_heals(stage).await)?;
    pass("Ana connects her own Zoom", connecting::ana(stage).await)?;
    pass("Carla gives a custom link", connecting::carla(stage).await)?;
    pass("Three classes with Bob", booking::three_classes(stage).await)?;
    pass("A session with Ana", booking::with_ana(stage).await)?;
    pass("A session with Carla", booking::with_carla(stage).await)?;
    pass("A course stays on the default account", booking::course(stage).await)?;
    pass("One booking sent twenty times at once", booking::twenty_times(stage).await)?;
    pass("Every audience has an address of its own", joining::audiences(stage).await)?;
    pass("A participant joins on Zoom", joining::on_zoom(stage).await)?;
    pass("A participant joins on Carla's link", joining::on_custom_link(stage).await)?;
    pass("The site hides links from e-mails", joining::hidden(stage).await)?;
    pass("A session is moved and renamed", changing::moved(stage).await)?;
    pass("A session is cancelled", changing::cancelled(stage).await)?;
    pass("Zoom is down while a session is booked", changing::zoom_down(stage).await)?;
    pass("Zoom made nothing twice", changing::nothing_twice(stage).await)?;
    let took = stage.clock.now().duration_since(begun);
    Ok(Duration::try_from(took).unwrap_or_default())
}
