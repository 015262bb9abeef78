//! Arithmetic on one machine: packed weights, matmul, attention, norms, RoPE and a thread pool.
//!
//! Scalar is the specification, to the bit: every ISA gives the same bits (see ARCHITECTURE.md).
#![allow(unsafe_code)] // SIMD loads and stores, anonymous memory, and the pool's shared slices

mod activations;
mod attention;
mod block;
mod buffer;
mod codes;
mod dtype;
mod elementwise;
mod exp;
mod format;
mod gated;
mod isa;
mod kv;
mod machine;
mod matmul;
mod matrix;
mod memory;
mod narrow;
mod pairs;
mod panel;
mod parts;
mod pool;
pub mod probe;
mod quantise;
mod repack;
mod rope;
mod screen;
mod trial;
mod vectorise;

pub use activations::Activations;
pub use buffer::{Buffer, Number};
pub use dtype::Dtype;
pub use format::{Format, Precision, dequantize};
pub use isa::Isa;
pub use kv::{KvPages, KvShape, PAGE_TOKENS};
pub use machine::{Biased, Machine, Query};
pub use matrix::{Matrix, Outputs, Packing};
pub use rope::{Pairing, RopeTable};
pub use screen::{Best, Screen};
pub use trial::Trial;
