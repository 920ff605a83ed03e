//! Gateways and the simulator as processes of their own, on a real Redis: what stands when they are killed.

mod fleet;
mod judge;
mod platform;
mod redis;
