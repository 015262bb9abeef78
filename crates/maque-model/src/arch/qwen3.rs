//! Qwen3 (arXiv 2505.09388): each query and key head is normalised before rotation; heads have a
//! width of their own (`head_dim`), and there are no biases.
//!
//! ```text
//! q, k, v = RMSNorm(Wq·h), RMSNorm(Wk·h), Wv·h   by head, where h = RMSNorm(x)
//! x ← x + Wo·Attention(RoPE(q), RoPE(k), v)
//! x ← x + Wdown·(silu(Wgate·h) ⊙ Wup·h)          where h = RMSNorm(x)
//! ```

use super::{Architecture, Implemented, Presence};
use maque_kernels::Pairing;

/// Qwen3.
pub(super) static QWEN3: Architecture = Architecture {
    name: "qwen3",
    gguf_pairing: Pairing::Halves,
    qkv_bias: Presence::Absent,
    head_norms: Presence::Required,
    implemented: &[
        ("hidden_act", Implemented::Text("silu")),
        ("use_sliding_window", Implemented::Bool(false)),
        ("attention_bias", Implemented::Bool(false)),
    ],
};
