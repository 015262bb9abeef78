//! Any bytes as a safetensors file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use maque_model::Safetensors;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = Safetensors::parse(bytes, "model.safetensors") else { return };
    let n_bytes: usize = file.tensors().iter().map(|tensor| tensor.bytes.len()).sum();
    assert!(n_bytes < bytes.len(), "tensors overlap");
});
