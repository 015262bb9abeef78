//! Llama 2 and 3 (arXiv 2407.21783) and models of their shape, SmolLM2 among them.
//!
//! ```text
//! q, k, v = Wq·h, Wk·h, Wv·h                     where h = RMSNorm(x)
//! x ← x + Wo·Attention(RoPE(q), RoPE(k), v)
//! x ← x + Wdown·(silu(Wgate·h) ⊙ Wup·h)          where h = RMSNorm(x)
//! ```
//!
//! GGUF converters permute the rows of Wq and Wk, so that a rotated pair lies side by side.

use super::{Architecture, Implemented, Presence};
use maque_kernels::Pairing;

/// Llama.
pub(super) static LLAMA: Architecture = Architecture {
    name: "llama",
    gguf_pairing: Pairing::Interleaved,
    qkv_bias: Presence::Optional,
    head_norms: Presence::Absent,
    implemented: &[
        ("hidden_act", Implemented::Text("silu")),
        ("attention_bias", Implemented::Bool(false)),
        ("mlp_bias", Implemented::Bool(false)),
    ],
};
