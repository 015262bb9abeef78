//! One command a file: arguments, `run`, done.

pub(crate) mod bench;
