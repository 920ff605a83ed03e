//! Bad days of tokens: whatever happens, a refresh happens once, and nobody is asked to consent again who need not (R29).

mod both;
mod redis;
mod replicas;
