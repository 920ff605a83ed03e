//! `greenroom demo`: the whole product in one process, for a person to try, or by itself as a check.

use anyhow::Context;

use crate::cli::Exit;
use crate::cli::environment;
use crate::cli::out::Out;
use crate::cli::serve::runtime;
use crate::cli::shutdown;
use crate::cli::telemetry;
use crate::demo::stage::Plan;
use crate::demo::stage::Stage;
use crate::demo::tour;
use crate::demo::tour::Stop;

/// How the demo is run.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Run the whole main job by itself and print each step; fails at the first thing that is wrong.
    #[arg(long)]
    tour: bool,
}

/// Runs the demo until it is told to stop, or the tour to its end.
pub(in crate::cli) fn run(arguments: &Arguments, out: Out) -> anyhow::Result<Exit> {
    runtime()?.block_on(demo(arguments, out))
}

async fn demo(arguments: &Arguments, out: Out) -> anyhow::Result<Exit> {
    let plan = Plan::open(environment()).await?;
    telemetry::start(plan.telemetry())?;
    let told = shutdown::on_signal().context("signals cannot be listened to")?;
    let stage = plan.start().await?;
    let ended = if arguments.tour {
        tokio::select! {
            ended = guide(&stage, out) => ended,
            () = told.cancelled() => Ok(Exit::Failed),
        }
    } else {
        out.text(&stage.text()).context("stdout is closed").map(|()| Exit::Done)
    };
    if !arguments.tour && ended.is_ok() {
        told.cancelled().await;
    }
    stage.end().await;
    ended
}

/// Prints the tour's stops as they are passed.
async fn guide(stage: &Stage, out: Out) -> anyhow::Result<Exit> {
    let mut unprinted = Ok(());
    let ended = tour::run(stage, &mut |stop: &Stop| {
        let printed = out.text(&format!("✓ {:<44} {}\n", stop.what, stop.seen));
        if unprinted.is_ok() {
            unprinted = printed;
        }
    })
    .await;
    unprinted.context("stdout is closed")?;
    match ended {
        Ok(took) => {
            out.text(&format!("The main job works: {:.1} s.\n", took.as_secs_f64()))?;
            Ok(Exit::Done)
        }
        Err(wrong) => {
            out.text(&format!("✗ {wrong}\n"))?;
            Ok(Exit::Failed)
        }
    }
}
