//! One command a file: arguments, `run`, done.

pub(crate) mod ask;
pub(crate) mod batch;
pub(crate) mod bench;
pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod invite;
pub(crate) mod library;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod pull;
pub(crate) mod rm;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod verify;
