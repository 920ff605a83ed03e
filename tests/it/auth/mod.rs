//! Callers: what tokens are accepted, and in which order requests are refused.

mod attacks;
mod issuer;
mod jwks;
mod order;
