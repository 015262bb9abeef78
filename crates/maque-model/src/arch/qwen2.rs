//! Qwen2 and Qwen2.5 (arXiv 2407.10671): biases on q, k and v, nothing else beyond the common layer.
//!
//! ```text
//! q, k, v = Wq·h + bq, Wk·h + bk, Wv·h + bv      where h = RMSNorm(x)
//! x ← x + Wo·Attention(RoPE(q), RoPE(k), v)
//! x ← x + Wdown·(silu(Wgate·h) ⊙ Wup·h)          where h = RMSNorm(x)
//! ```

use super::{Architecture, Implemented, Presence};
use maque_kernels::Pairing;

/// Qwen2.
pub(super) static QWEN2: Architecture = Architecture {
    name: "qwen2",
    gguf_pairing: Pairing::Halves,
    qkv_bias: Presence::Required,
    head_norms: Presence::Absent,
    implemented: &[
        ("hidden_act", Implemented::Text("silu")),
        ("use_sliding_window", Implemented::Bool(false)),
    ],
};
