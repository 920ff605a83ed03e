//! `greenroom demo`: the program itself, as a person starts it.

mod browser;
mod program;
mod start_page;
mod tour;
