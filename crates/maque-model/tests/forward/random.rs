//! Small models with random weights, against the logits of `transformers` (goldens/random_models.py).

use crate::session::Loaded;
use maque_model::Dtype;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Golden {
    tokens: Vec<u32>,
    positions: Vec<usize>,
    logits: Vec<Vec<f32>>,
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/goldens/random")
        .join(name)
}

/// Compares all recorded logits, with the prompt fed in pieces of `piece` tokens.
#[track_caller]
fn check_pieces(loaded: &Loaded, golden: &Golden, piece: usize) {
    let mut session = loaded.session();
    let mut rows = Vec::new();
    for tokens in golden.tokens.chunks(piece) {
        rows.extend(session.feed(tokens, tokens.len()));
    }
    for (position, expected) in golden.positions.iter().zip(&golden.logits) {
        assert_eq!(rows[*position].len(), expected.len());
        for (id, (found, expected)) in rows[*position].iter().zip(expected).enumerate() {
            let error = (found - expected).abs();
            assert!(
                error <= 1e-3,
                "position {position}, id {id}: {found} instead of {expected}"
            );
        }
    }
}

#[track_caller]
fn check(name: &str, golden: &str, dtype: Dtype) {
    let loaded = Loaded::open(&path(name), dtype);
    let golden: Golden =
        serde_json::from_slice(&std::fs::read(path(golden)).expect("a committed file"))
            .expect("JSON");
    check_pieces(&loaded, &golden, golden.tokens.len());
    check_pieces(&loaded, &golden, 7);
}

#[test]
fn qwen2_tied_f32() {
    check("qwen2-tied", "qwen2-tied/logits.json", Dtype::Keep);
}

/// Rounded to 8 bits, logits are not the same but near.
#[test]
fn qwen2_sharded_bf16_rounded_to_int8() {
    let loaded = Loaded::open(&path("qwen2-sharded"), Dtype::Int8);
    let golden = std::fs::read(path("qwen2-sharded/logits.json")).expect("a committed file");
    let golden: Golden = serde_json::from_slice(&golden).expect("JSON");
    let rows = loaded.session().feed(&golden.tokens, golden.tokens.len());
    for (position, expected) in golden.positions.iter().zip(&golden.logits) {
        let error = |(a, b): (&f32, &f32)| (a - b).abs();
        let error: f32 = rows[*position].iter().zip(expected).map(error).sum();
        let size: f32 = expected.iter().map(|logit| logit.abs()).sum();
        let share = error / size;
        assert!(1e-4 < share && share < 0.05, "position {position}: {share}");
    }
}

#[test]
fn qwen2_sharded_bf16() {
    check("qwen2-sharded", "qwen2-sharded/logits.json", Dtype::Keep);
}

#[test]
fn llama_with_scaled_positions_f16() {
    check("llama-scaled", "llama-scaled/logits.json", Dtype::Keep);
}

#[test]
fn llama_tied_bf16_widened() {
    check("llama-tied", "llama-tied/logits.json", Dtype::F32);
}

#[test]
fn qwen3_f32() {
    check("qwen3", "qwen3/logits.json", Dtype::Keep);
}

#[test]
fn qwen2_gguf_q8_0() {
    check("qwen2.gguf", "qwen2.gguf.logits.json", Dtype::F32);
}

#[test]
fn llama_gguf_f16() {
    check("llama.gguf", "llama.gguf.logits.json", Dtype::Keep);
}

#[test]
fn qwen3_gguf_q4_0() {
    check("qwen3.gguf", "qwen3.gguf.logits.json", Dtype::F32);
}

/// A copy of the model in a folder of its own; embeddings are read from there.
fn copied(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("maque-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable folder");
    for entry in std::fs::read_dir(path(name)).expect("a committed folder") {
        let path = entry.expect("a readable folder").path();
        let to = folder.join(path.file_name().expect("files have names"));
        std::fs::copy(&path, to).expect("room for a small model");
    }
    folder
}

#[test]
fn a_replaced_file_is_no_loss_and_a_changed_one_is_an_error() {
    let folder = copied("llama-scaled");
    let loaded = Loaded::open(&folder, Dtype::Keep);
    let tokens: Vec<u32> = (1..9).collect();
    let before = loaded.session().feed(&tokens, 8);
    let file = folder.join("model.safetensors");
    let bytes = std::fs::read(&file).expect("it is there");
    let new = folder.join("new");
    std::fs::write(&new, b"another model").expect("a writable folder");
    let old = folder.join("old");
    std::fs::rename(&file, &old).expect("a writable folder");
    std::fs::rename(&new, &file).expect("a writable folder");
    assert_eq!(loaded.session().feed(&tokens, 8), before);
    std::fs::write(&old, &bytes[..bytes.len() / 2]).expect("a writable file");
    let error = loaded
        .session()
        .try_feed(&tokens, 8)
        .expect_err("half of the file is gone");
    assert!(
        error
            .to_string()
            .contains("model.safetensors: it was changed"),
        "{error}"
    );
    std::fs::remove_dir_all(&folder).expect("it is there");
}
