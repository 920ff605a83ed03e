//! `greenroom openapi`: prints the document that the internal listener serves. Needs neither configuration nor store.

use crate::cli::Exit;
use crate::cli::out::Out;
use crate::web::internal::document;

/// Runs the command. Fails where stdout does.
pub(super) fn run(out: Out) -> anyhow::Result<Exit> {
    out.text(&format!("{}\n", document()))?;
    Ok(Exit::Done)
}
