//! Hostile files: each ends in an error that names the field, never in a panic or a large allocation.

mod folder;
mod gguf;
mod safetensors;
mod tiny;
mod watch;

/// Counts the bytes that are allocated.
#[global_allocator]
static ALLOCATED: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
