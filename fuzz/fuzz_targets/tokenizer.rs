//! Any bytes as a tokenizer.json; what opens must encode text and give it back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use maque_model::{Detokenizer, Tokenizer};

fuzz_target!(|bytes: &[u8]| {
    let Ok(tokenizer) = Tokenizer::from_json(bytes) else { return };
    let text = String::from_utf8_lossy(bytes);
    let ids = tokenizer.encode_with_special(&text).expect("short");
    let mut detokenizer = Detokenizer::default();
    let mut pieces: String = ids.iter().map(|id| detokenizer.push(&tokenizer, *id)).collect();
    pieces.push_str(&detokenizer.finish());
    assert_eq!(pieces, tokenizer.decode(&ids));
});
