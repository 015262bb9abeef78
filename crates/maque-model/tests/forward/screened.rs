//! The best logits are the same whether all or only what can be among them is computed.

use crate::session::Loaded;
use crate::weights;
use maque_kernels::KvPages;
use maque_model::{Dtype, Enough, Scratch, Slice};
use std::path::Path;

/// Candidates of the models' own sampling settings.
const N_BEST: usize = 20;
/// Rows of logits of one pass: more are computed in full.
const N_ROWS: usize = 4;
/// Positions of one sequence.
const N_POSITIONS: usize = 256;

/// The project's own texts: prose in two languages, code.
fn texts() -> impl Iterator<Item = String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("README.zh.md"), root.join("README.md")];
    let mut folders = vec![root.join("crates"), root.join("web/src")];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).expect("the checkout has this folder");
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.is_dir() => folders.push(path),
                Some("rs" | "ts" | "tsx" | "md") => files.push(path),
                _ => (),
            }
        }
    }
    files[2..].sort();
    let texts = files.into_iter().map(std::fs::read_to_string);
    texts.map(|text| text.expect("text is UTF-8"))
}

/// The best candidates, lowest id first among equals.
fn best(logits: &[f32]) -> Vec<(usize, u32)> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    let by_rank = |a: &usize, b: &usize| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b));
    order.select_nth_unstable_by(N_BEST - 1, by_rank);
    order.truncate(N_BEST);
    order.sort_by(by_rank);
    order
        .into_iter()
        .map(|id| (id, logits[id].to_bits()))
        .collect()
}

/// Compares the first `n` positions of the texts; says how many there were.
fn compare(n: usize) -> Option<usize> {
    let loaded = Loaded::open(&weights::file("MAQUE_TEST_QWEN")?, Dtype::Keep);
    let encode = |text: String| loaded.opened.tokenizer.encode(&text).expect("a short text");
    let tokens: Vec<u32> = texts().flat_map(encode).take(n).collect();
    let enough = Some(Enough {
        n_best: N_BEST,
        lowered: &[],
        allowed: None,
    });
    for sequence in tokens.chunks(N_POSITIONS) {
        let mut session = loaded.session();
        for tokens in sequence.chunks(N_ROWS) {
            let screened = session.peek(tokens, tokens.len(), enough);
            let whole = session.feed(tokens, tokens.len());
            for (screened, whole) in screened.iter().zip(&whole) {
                let n_computed = screened.iter().filter(|logit| logit.is_finite()).count();
                assert!(
                    n_computed < whole.len() / 2,
                    "{n_computed} logits are no screen"
                );
                assert_eq!(best(screened), best(whole));
            }
        }
    }
    Some(tokens.len())
}

#[test]
fn the_best_of_512_positions_are_the_same() {
    if let Some(n) = compare(512) {
        assert_eq!(n, 512);
    }
}

#[test]
fn those_who_may_choose_of_few_cost_the_others_nothing() {
    let Some(path) = weights::file("MAQUE_TEST_QWEN") else {
        return;
    };
    const CHOICES: [u32; 4] = [0, 31, 40_000, 151_000];
    let loaded = Loaded::open(&path, Dtype::Keep);
    let (model, machine) = (&loaded.opened.model, &loaded.machine);
    let mut words = vec![0u32; model.config().n_vocab.div_ceil(32)];
    CHOICES
        .iter()
        .for_each(|id| words[*id as usize / 32] |= 1 << (id % 32));
    let mut kv = KvPages::new(model.config().kv, 8);
    let mut scratch = Scratch::new(model, 16, 8);
    let mut rows = |enough: [Option<Enough<'_>>; 8]| -> Vec<Vec<u32>> {
        let tokens: [[u32; 2]; 8] = std::array::from_fn(|i| [100 * i as u32, 7]);
        let pages: [[u32; 1]; 8] = std::array::from_fn(|i| [i as u32]);
        let slices = tokens.iter().zip(&pages).zip(enough);
        let batch: Vec<_> = slices
            .map(|((tokens, pages), enough)| Slice {
                tokens,
                start: 0,
                pages,
                logits: 1..2,
                enough,
            })
            .collect();
        let done = model.forward(machine, &mut scratch, &mut kv, &batch, &|| true);
        assert!(done.expect("the file is there"));
        let rows = (0..8).map(|row| scratch.logits(row));
        rows.map(|row| row.iter().map(|logit| logit.to_bits()).collect())
            .collect()
    };
    let all = |allowed| {
        Some(Enough {
            n_best: N_BEST,
            lowered: &[],
            allowed,
        })
    };
    let few = all(Some(&words));
    let whole = rows([None; 8]);
    let got = rows([None, all(None), few, None, all(None), few, few, few]);
    for (i, (got, whole)) in got.iter().zip(&whole).enumerate() {
        let n_computed = got
            .iter()
            .filter(|bits| f32::from_bits(**bits).is_finite())
            .count();
        match i {
            ..5 => assert!(got == whole, "row {i}"),
            _ => assert!(
                n_computed <= 16 * CHOICES.len(),
                "{n_computed} logits of row {i} are not few"
            ),
        }
        for id in CHOICES {
            assert_eq!(got[id as usize], whole[id as usize], "row {i}");
        }
    }
}

/// Takes half an hour: run it when the margin or the way of scoring changes.
#[test]
#[ignore = "100,000 positions take half an hour"]
fn the_best_of_100_000_positions_are_the_same() {
    if let Some(n) = compare(100_000) {
        assert_eq!(n, 100_000);
    }
}
