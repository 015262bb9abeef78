//! Memory stays near the size of the model's file, also while it is loaded.

use crate::server::{Server, question};
use crate::weights;

const MIB: u64 = 1 << 20;
const CONTEXT: usize = 2048;

#[test]
fn loading_and_serving_take_little_more_than_the_file() {
    let Some(model) = weights::qwen() else { return };
    let file = std::fs::metadata(&model).expect("the model").len();
    let server = Server::start(&model, &["--context", "2048"]);
    let sentence = "The quick brown fox jumps over the lazy dog. ";
    let answer = server.chat(&question(&sentence.repeat(190), 40));
    let n_prompt = answer["usage"]["prompt_tokens"].as_u64().expect("a count");
    assert!(
        (CONTEXT as u64 * 9 / 10..CONTEXT as u64).contains(&n_prompt),
        "{n_prompt} tokens do not fill the context"
    );
    let peak = server.peak_memory();
    assert!(
        peak <= file + 150 * MIB,
        "peak {} MiB, file {} MiB",
        peak / MIB,
        file / MIB
    );
}
