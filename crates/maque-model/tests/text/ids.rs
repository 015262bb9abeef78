//! Token ids of 2.4 MB of mixed text, against the Python package `tokenizers` (goldens/token_ids.py).

use crate::{mixed, weights};
use maque_model::{Gguf, Tokenizer};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    n_bytes: usize,
    plain: Hashes,
    with_special: Hashes,
}

#[derive(Deserialize)]
struct Hashes {
    n_ids: usize,
    hashes: Vec<String>, // by chunk
}

/// FNV-1a of the ids' bytes, little-endian.
fn fnv1a(ids: &[u32]) -> String {
    let bytes = ids.iter().flat_map(|id| id.to_le_bytes());
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{hash:016x}")
}

#[track_caller]
fn check_hashes(texts: &[String], golden: &Hashes, encode: impl Fn(&str) -> Vec<u32>) {
    assert_eq!(texts.len(), golden.hashes.len());
    let mut n_ids = 0;
    for (index, (text, hash)) in texts.iter().zip(&golden.hashes).enumerate() {
        let ids = encode(text);
        n_ids += ids.len();
        assert_eq!(fnv1a(&ids), *hash, "chunk {index}: {text:?}");
    }
    assert_eq!(n_ids, golden.n_ids);
}

/// Checks the vocabulary of the file that `variable` names.
#[track_caller]
fn check(variable: &str, golden: &str) {
    let Some(path) = weights::file(variable) else {
        return;
    };
    let bytes = std::fs::read(&path).expect("the file is readable");
    let gguf = Gguf::parse(&bytes).expect("a GGUF file");
    let tokenizer = Tokenizer::from_gguf(&gguf).expect("a known vocabulary");
    let golden: Golden = serde_json::from_str(golden).expect("a committed file is JSON");
    let pools = mixed::Pools::new();
    let texts: Vec<String> = (0..mixed::CHUNKS).map(|index| pools.chunk(index)).collect();
    assert_eq!(texts.iter().map(String::len).sum::<usize>(), golden.n_bytes);
    check_hashes(&texts, &golden.plain, |text| {
        tokenizer.encode(text).expect("short enough")
    });
    check_hashes(&texts, &golden.with_special, |text| {
        let ids = tokenizer.encode_with_special(text);
        ids.expect("short enough")
    });
}

#[test]
fn smollm2_has_the_ids_of_tokenizers() {
    let golden = include_str!("../goldens/token_ids.smol.json");
    check("MAQUE_TEST_SMOL", golden);
}

#[test]
fn qwen2_has_the_ids_of_tokenizers() {
    let golden = include_str!("../goldens/token_ids.qwen.json");
    check("MAQUE_TEST_QWEN", golden);
}
