//! Real weights in f32 arithmetic, against an independent implementation in NumPy (goldens/reference.py).

use crate::session::{Loaded, Session};
use crate::weights;
use maque_model::Dtype;
use serde::Deserialize;

/// Margin between the two best tokens below which two right implementations may differ.
const MARGIN: f32 = 0.05;
/// How near the logits must be.
const TOLERANCE: f32 = 0.02;

#[derive(Deserialize)]
struct Golden {
    prompt: Vec<u32>,
    top_ids: Vec<usize>,
    top_logits: Vec<f32>,
    greedy: Vec<u32>,
    greedy_margin: Vec<f32>,
}

#[track_caller]
fn check(session: &mut Session<'_>, golden: &Golden) {
    let logits = session.feed(&golden.prompt, 1).remove(0);
    for (id, expected) in golden.top_ids.iter().zip(&golden.top_logits) {
        let error = (logits[*id] - expected).abs();
        assert!(
            error <= TOLERANCE,
            "id {id}: {} instead of {expected}",
            logits[*id]
        );
    }
    let sure = golden
        .greedy_margin
        .iter()
        .take_while(|margin| MARGIN <= **margin)
        .count();
    assert_eq!(session.greedy(&logits, sure), golden.greedy[..sure]);
}

#[track_caller]
fn check_file(variable: &str, goldens: &str) {
    let Some(path) = weights::file(variable) else {
        return;
    };
    let loaded = Loaded::open(&path, Dtype::F32);
    let goldens: Vec<Golden> = serde_json::from_str(goldens).expect("a committed file is JSON");
    for golden in &goldens {
        check(&mut loaded.session(), golden);
    }
}

#[test]
fn smollm2_has_the_logits_of_the_reference() {
    check_file(
        "MAQUE_TEST_SMOL",
        include_str!("../goldens/smol.golden.json"),
    );
}

#[test]
fn qwen2_has_the_logits_of_the_reference() {
    check_file(
        "MAQUE_TEST_QWEN",
        include_str!("../goldens/qwen.golden.json"),
    );
}
