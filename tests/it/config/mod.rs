//! Configuration: through the command line, and through the one function that reads it.

mod command;
mod problems;
mod watch;
