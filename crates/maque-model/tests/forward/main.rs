//! The forward pass against independent references, on small random models and on real weights.

mod likelihood;
mod published;
mod random;
mod same_bytes;
mod screened;
mod session;
mod weights;
