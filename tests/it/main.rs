//! Everything that is tested from outside: through HTTP, the command line and the store. One binary for all.

mod auth;
mod config;
mod web;
