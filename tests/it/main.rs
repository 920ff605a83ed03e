//! The one binary of tests that reach greenroom through HTTP, the command line and the store only.

#[cfg(test)]
mod auth;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod config;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod model;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod seeded_bugs;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod web;
#[cfg(test)]
mod zoom;
