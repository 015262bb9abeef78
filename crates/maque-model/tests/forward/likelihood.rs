//! What int8 arithmetic costs: mean negative log-likelihood of Chinese, English and code, against the
//! f32 reference (goldens/nll/reference.py).

use crate::session::Loaded;
use crate::weights;
use maque_model::Dtype;
use serde::Deserialize;

/// Tokens fed at once.
const PIECE: usize = 256;

#[derive(Deserialize)]
struct Golden {
    text: String,
    n_tokens: usize,
    mean_nll: f64,
}

fn text(name: &str) -> &'static str {
    match name {
        "zh.txt" => include_str!("../goldens/nll/zh.txt"),
        "en.txt" => include_str!("../goldens/nll/en.txt"),
        "code.txt" => include_str!("../goldens/nll/code.txt"),
        _ => panic!("no text {name}"),
    }
}

/// Sum over all tokens but the first of the surprise at each.
fn total_nll(loaded: &Loaded, tokens: &[u32]) -> f64 {
    let mut session = loaded.session();
    let rows = tokens
        .chunks(PIECE)
        .flat_map(|piece| session.feed(piece, piece.len()));
    rows.zip(&tokens[1..])
        .map(|(logits, next)| surprise(&logits, *next))
        .sum()
}

fn surprise(logits: &[f32], token: u32) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::MIN, f32::max));
    let sum: f64 = logits
        .iter()
        .map(|logit| (f64::from(*logit) - largest).exp())
        .sum();
    sum.ln() + largest - f64::from(logits[token as usize])
}

/// Checks the mean over all texts, and each text more loosely.
#[track_caller]
fn check(variable: &str, goldens: &str) {
    let Some(path) = weights::file(variable) else {
        return;
    };
    let loaded = Loaded::open(&path, Dtype::Keep);
    let goldens: Vec<Golden> = serde_json::from_str(goldens).expect("a committed file is JSON");
    let (mut found, mut expected) = (0.0, 0.0);
    for golden in &goldens {
        let tokens = loaded
            .opened
            .tokenizer
            .encode(text(&golden.text))
            .expect("short enough");
        assert_eq!(tokens.len(), golden.n_tokens, "{}", golden.text);
        let n = (tokens.len() - 1) as f64;
        let mean = total_nll(&loaded, &tokens) / n;
        report(&golden.text, mean, golden.mean_nll, 0.01);
        found += mean * n;
        expected += golden.mean_nll * n;
    }
    let n: usize = goldens.iter().map(|golden| golden.n_tokens - 1).sum();
    report("all", found / n as f64, expected / n as f64, 0.005);
}

#[track_caller]
fn report(name: &str, found: f64, expected: f64, tolerance: f64) {
    let change = found / expected - 1.0;
    eprintln!(
        "{name}: {found:.5}, f32 {expected:.5}: {:+.3} %",
        100.0 * change
    );
    assert!(
        change.abs() <= tolerance,
        "{name}: {found} instead of {expected}"
    );
}

/// A file of F16 as it is kept and widened to f32: run with MAQUE_TEST_F16 naming one of Qwen2.5.
#[test]
#[ignore = "needs a file that no other test needs"]
fn f16_as_kept_is_as_likely_as_in_f32() {
    let Some(path) = weights::file("MAQUE_TEST_F16") else {
        return;
    };
    let [kept, widened] = [Dtype::Keep, Dtype::F32].map(|dtype| {
        let loaded = Loaded::open(&path, dtype);
        ["zh.txt", "en.txt", "code.txt"].map(|name| {
            let encoded = loaded.opened.tokenizer.encode(text(name));
            let tokens = encoded.expect("short enough");
            total_nll(&loaded, &tokens) / (tokens.len() - 1) as f64
        })
    });
    for (name, (kept, widened)) in ["zh", "en", "code"].iter().zip(kept.iter().zip(&widened)) {
        report(name, *kept, *widened, 0.0005);
    }
    let all = |of: [f64; 3]| of.iter().sum::<f64>() / 3.0;
    report("all", all(kept), all(widened), 0.0002);
}

#[test]
fn smollm2_in_int8_is_as_likely_as_in_f32() {
    check("MAQUE_TEST_SMOL", include_str!("../goldens/nll/smol.json"));
}

#[test]
fn qwen2_in_int8_is_as_likely_as_in_f32() {
    check("MAQUE_TEST_QWEN", include_str!("../goldens/nll/qwen.json"));
}
