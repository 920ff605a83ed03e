//! The system from outside: through HTTP, the command line and the store only.

mod store;
mod support;
