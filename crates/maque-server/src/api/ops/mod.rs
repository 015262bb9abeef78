//! Routes for who runs the server, and for who wants to know what it can.

pub(crate) mod described;
pub(crate) mod metrics;
pub(crate) mod text;
