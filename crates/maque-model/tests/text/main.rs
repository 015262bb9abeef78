//! Text to ids and conversations to prompts, against the Python packages that models are published with.

mod ids;
mod mixed;
mod templates;
#[path = "../forward/weights.rs"]
mod weights;
