//! What the Zoom simulator promises, through HTTP on a real socket.

mod control;
mod faults;
mod limits;
mod lists;
mod meetings;
mod oauth;
mod pages;
mod webhooks;
mod world;
