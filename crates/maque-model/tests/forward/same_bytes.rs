//! The same tokens give the same bits, whatever they are batched with and however many threads there are.

use crate::session::Loaded;
use crate::weights;
use maque_kernels::{Isa, KvPages, Machine, PAGE_TOKENS};
use maque_model::{Dtype, Scratch, Slice};
use std::num::NonZeroUsize;

/// Logits after every token, as bits.
fn bits(loaded: &Loaded, tokens: &[u32], piece: usize) -> Vec<Vec<u32>> {
    let mut session = loaded.session();
    let rows = tokens
        .chunks(piece)
        .flat_map(|tokens| session.feed(tokens, tokens.len()));
    rows.map(|row| row.into_iter().map(f32::to_bits).collect())
        .collect()
}

fn tokens(n: u32) -> Vec<u32> {
    (0..n).map(|i| (i * i * 31 + i * 7 + 3) % 20_000).collect()
}

fn machine(isa: Isa, n_threads: usize) -> Machine {
    Machine::new(isa, NonZeroUsize::new(n_threads).expect("not zero"))
}

#[test]
fn pieces_threads_and_instruction_sets_do_not_matter() {
    let Some(path) = weights::file("MAQUE_TEST_SMOL") else {
        return;
    };
    let tokens = tokens(70);
    let open = |isa, n_threads| Loaded::open_on(&path, Dtype::Keep, machine(isa, n_threads));
    let loaded = open(Isa::best(), 2);
    let whole = bits(&loaded, &tokens, tokens.len());
    assert!(whole == bits(&loaded, &tokens, 1), "one by one");
    assert!(whole == bits(&loaded, &tokens, 33), "in pieces of 33");
    assert!(
        whole == bits(&open(Isa::best(), 1), &tokens, 70),
        "with one thread"
    );
    let short = bits(&open(Isa::Scalar, 2), &tokens[..8], 8);
    assert!(whole[..8] == short, "on the scalar instruction set");
}

#[test]
fn neighbours_in_the_batch_do_not_matter() {
    let Some(path) = weights::file("MAQUE_TEST_SMOL") else {
        return;
    };
    let loaded = Loaded::open_on(&path, Dtype::Keep, machine(Isa::best(), 2));
    let (model, tokens) = (&loaded.opened.model, tokens(90));
    let alone = bits(&loaded, &tokens[..40], 40);
    let mut kv = KvPages::new(model.config().kv, 8);
    let mut scratch = Scratch::new(model, 128, 16);
    let pages: [&[u32]; 3] = [&[5, 1], &[0, 7], &[3]];
    let slice = |tokens, start, pages, logits| Slice {
        tokens,
        start,
        pages,
        logits,
        enough: None,
    };
    let mut run = |batch: &[Slice<'_>]| {
        let done = model.forward(&loaded.machine, &mut scratch, &mut kv, batch, &|| true);
        assert!(done.expect("the file is there"));
        scratch
            .logits(1)
            .iter()
            .map(|logit| logit.to_bits())
            .collect::<Vec<u32>>()
    };
    run(&[
        slice(&tokens[40..59], 0, pages[0], 18..19),
        slice(&tokens[..39], 0, pages[1], 38..39),
    ]);
    let beside = run(&[
        slice(&tokens[59..60], 19, pages[0], 0..1),
        slice(&tokens[39..40], 39, pages[1], 0..1),
        slice(&tokens[60..90], 0, pages[2], 0..0),
    ]);
    assert_eq!(pages[1].len(), 40_usize.div_ceil(PAGE_TOKENS));
    assert!(beside == alone[39], "token 39 beside two others");
}

#[test]
fn an_ended_pass_says_so_and_can_be_repeated() {
    let Some(path) = weights::file("MAQUE_TEST_SMOL") else {
        return;
    };
    let loaded = Loaded::open(&path, Dtype::Keep);
    let model = &loaded.opened.model;
    let mut kv = KvPages::new(model.config().kv, 2);
    let mut scratch = Scratch::new(model, 64, 1);
    let tokens = tokens(40);
    let batch = [Slice {
        tokens: &tokens,
        start: 0,
        pages: &[1, 0],
        logits: 39..40,
        enough: None,
    }];
    let asked = std::cell::Cell::new(0);
    let end_after = |n| {
        asked.set(0);
        move |asked: &std::cell::Cell<usize>| {
            asked.set(asked.get() + 1);
            asked.get() <= n
        }
    };
    for n in [0, 1, 2, 3, 50] {
        let keep_going = end_after(n);
        let keep_going = || keep_going(&asked);
        let done = model.forward(&loaded.machine, &mut scratch, &mut kv, &batch, &keep_going);
        assert!(!done.expect("the file is there"));
        assert_eq!(asked.get(), n + 1, "nothing is asked after a no");
    }
    let done = model.forward(&loaded.machine, &mut scratch, &mut kv, &batch, &|| true);
    assert!(done.expect("the file is there"));
    let again: Vec<u32> = scratch
        .logits(0)
        .iter()
        .map(|logit| logit.to_bits())
        .collect();
    assert!(again == bits(&loaded, &tokens, 40)[39]);
}
