//! The listener and the frame, over real sockets.

mod frame;
mod listener;
mod openapi;
