//! Owns stdout: data, in the form that was asked for. Everything else goes to stderr.

use std::io;
use std::io::Write;

use serde::Serialize;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// One object, or one array for lists.
    Json,
}

/// Where a command's data goes.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Out {
    format: OutputFormat,
}

impl Out {
    /// Prints in this form.
    pub(in crate::cli) fn new(format: OutputFormat) -> Self {
        Self { format }
    }

    /// Prints data: as JSON, or in the form for people. Fails where stdout does.
    pub(in crate::cli) fn data(
        self,
        data: &impl Serialize,
        people: impl FnOnce() -> String,
    ) -> io::Result<()> {
        match self.format {
            OutputFormat::Table => self.text(&people()),
            OutputFormat::Json => {
                let mut line = serde_json::to_string_pretty(data)?;
                line.push('\n');
                self.text(&line)
            }
        }
    }

    /// Prints a text as it is, whatever form was asked for. Fails where stdout does; a reader that went away is no failure.
    #[expect(clippy::unused_self, reason = "who prints holds the one way to stdout")]
    pub(in crate::cli) fn text(self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        match printed {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            printed => printed,
        }
    }
}
