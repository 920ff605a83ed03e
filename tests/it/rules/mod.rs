//! Which link a session gets, who sees it, and how its revision grows: the domain against a second, naive statement
//! of the requirements, on random sites, sessions and changes.

mod changes;
mod deciding;
mod house;
mod naive;
mod revisions;
mod seeing;
