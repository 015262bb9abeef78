//! The real binary on real weights: what a person, a pipe and a client see.

mod access;
mod apis;
mod ask;
mod bench;
mod bytes;
mod cancel;
mod command;
mod config;
mod conversations;
mod doctor;
mod hostile;
mod library;
mod memory;
mod mirror;
mod models;
mod pipe;
mod pull;
mod serve;
mod server;
mod share;
mod slow;
mod speculation;
mod structure;
mod upstream;
mod weights;
mod wire;
