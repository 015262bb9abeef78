//! Attention against an f64 oracle, between instruction sets, and whatever the batch.

use crate::{Isa, KvPages, KvShape, Machine, PAGE_TOKENS, Query};
use std::num::NonZeroUsize;

/// Deterministic numbers in [−1, 1).
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// One sequence of `n_tokens` in pages that are numbered backwards, its slots beyond the end NaN.
struct Case {
    shape: KvShape,
    n_heads: usize,
    n_tokens: usize,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    pages: Vec<u32>,
    cache: KvPages,
}

impl Case {
    fn new(n_heads: usize, n_kv_heads: usize, head_dim: usize, n_tokens: usize) -> Case {
        let n_pages = n_tokens.div_ceil(PAGE_TOKENS);
        Case::paged(
            n_heads,
            n_kv_heads,
            head_dim,
            n_tokens,
            (0..n_pages as u32).rev().collect(),
        )
    }

    fn paged(
        n_heads: usize,
        n_kv_heads: usize,
        head_dim: usize,
        n_tokens: usize,
        pages: Vec<u32>,
    ) -> Case {
        let shape = KvShape {
            n_layers: 2,
            n_kv_heads,
            head_dim,
        };
        let width = n_kv_heads * head_dim;
        let mut cache = KvPages::new(shape, pages.len());
        let machine = machine(Isa::Scalar, 1);
        let slot = |i: usize| (pages[i / PAGE_TOKENS], (i % PAGE_TOKENS) as u32);
        let (k, v) = (noise(n_tokens * width, 1), noise(n_tokens * width, 2));
        let slots: Vec<_> = (0..n_tokens).map(slot).collect();
        machine.store_kv(&mut cache, 1, &k, &v, &slots);
        let unused: Vec<_> = (n_tokens..pages.len() * PAGE_TOKENS).map(slot).collect();
        let garbage = vec![f32::NAN; unused.len() * width];
        machine.store_kv(&mut cache, 1, &garbage, &garbage, &unused);
        let q = noise(n_tokens * n_heads * head_dim, 3)
            .iter()
            .map(|x| x * 4.0)
            .collect();
        Case {
            shape,
            n_heads,
            n_tokens,
            q,
            k,
            v,
            pages,
            cache,
        }
    }

    /// Attends every token to all before it, `chunk` tokens a call.
    fn run(&self, machine: &Machine, chunk: usize) -> Vec<f32> {
        let width = self.n_heads * self.shape.head_dim;
        let mut out = vec![f32::NAN; self.n_tokens * width];
        let queries: Vec<_> = (1..=self.n_tokens)
            .map(|n_keys| Query {
                pages: &self.pages,
                n_keys,
            })
            .collect();
        let parts = out
            .chunks_mut(chunk * width)
            .zip(self.q.chunks(chunk * width));
        for ((out, q), queries) in parts.zip(queries.chunks(chunk)) {
            machine.attend(out, q, &self.cache, 1, queries);
        }
        out
    }

    /// The textbook formula in f64.
    fn oracle(&self, token: usize, head: usize) -> Vec<f64> {
        let dim = self.shape.head_dim;
        let kv_head = head / (self.n_heads / self.shape.n_kv_heads);
        let q = &self.q[(token * self.n_heads + head) * dim..][..dim];
        let row = |x: &[f32], t: usize| -> Vec<f64> {
            let row = &x[(t * self.shape.n_kv_heads + kv_head) * dim..][..dim];
            row.iter().copied().map(f64::from).collect()
        };
        let score = |t| {
            q.iter()
                .zip(row(&self.k, t))
                .map(|(q, k)| f64::from(*q) * k)
                .sum::<f64>()
                / (dim as f64).sqrt()
        };
        let p: Vec<f64> = (0..=token).map(|t| score(t).exp()).collect();
        let mut out = vec![0.0; dim];
        for (t, p) in p.iter().enumerate() {
            for (out, v) in out.iter_mut().zip(row(&self.v, t)) {
                *out += p * v;
            }
        }
        out.iter().map(|x| x / p.iter().sum::<f64>()).collect()
    }
}

fn machine(isa: Isa, n_threads: usize) -> Machine {
    Machine::new(
        isa,
        NonZeroUsize::new(n_threads).expect("a test names at least one thread"),
    )
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// Grouped as 7:1, 3:1, 1:1 and 12:1; head sizes that fill registers and that do not.
fn cases() -> impl Iterator<Item = Case> {
    [
        (14, 2, 64, 300),
        (9, 3, 64, 70),
        (2, 2, 128, 40),
        (12, 1, 8, 50),
        (4, 2, 40, 65),
        (2, 1, 80, 33),
        (2, 1, 256, 34),
    ]
    .into_iter()
    .map(|(n_heads, n_kv_heads, head_dim, n_tokens)| {
        Case::new(n_heads, n_kv_heads, head_dim, n_tokens)
    })
}

#[test]
fn scalar_follows_the_formula() {
    for case in cases() {
        let got = case.run(&machine(Isa::Scalar, 1), case.n_tokens);
        for token in (0..case.n_tokens).step_by(7).chain([case.n_tokens - 1]) {
            for head in 0..case.n_heads {
                let got = &got[(token * case.n_heads + head) * case.shape.head_dim..];
                for (got, want) in got.iter().zip(case.oracle(token, head)) {
                    assert!(
                        (f64::from(*got) - want).abs() < 5e-4,
                        "token {token}, head {head}: {got} vs {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_isa_batch_and_thread_count_gives_the_same_bits() {
    for case in cases() {
        let want = bits(&case.run(&machine(Isa::Scalar, 1), case.n_tokens));
        for isa in Isa::available() {
            for n_threads in 1..=3 {
                let machine = machine(isa, n_threads);
                for chunk in [1, 2, 5, 33, case.n_tokens] {
                    let got = bits(&case.run(&machine, chunk));
                    assert!(
                        got == want,
                        "{isa:?}, {n_threads} threads, {chunk} tokens a call, {:?}",
                        case.shape
                    );
                }
            }
        }
    }
}

#[test]
fn page_numbers_do_not_matter() {
    let forward = Case::paged(4, 2, 64, 100, vec![0, 1, 2, 3]);
    let shuffled = Case::paged(4, 2, 64, 100, vec![2, 0, 3, 1]);
    let machine = machine(Isa::best(), 2);
    assert_eq!(
        bits(&forward.run(&machine, 100)),
        bits(&shuffled.run(&machine, 100))
    );
}

#[test]
fn sequences_in_one_batch_do_not_touch_each_other() {
    let case = Case::new(14, 2, 64, 600);
    let want = case.run(&machine(Isa::Scalar, 1), 600);
    let width = 14 * 64;
    let short = &case.pages[..3];
    // Row 599 with all pages, rows 80 and 5 of the "sequence" that has only three, one without keys.
    let places = [
        (599, &case.pages[..]),
        (80, short),
        (5, short),
        (299, &case.pages),
    ];
    let queries: Vec<_> = places
        .iter()
        .map(|(t, pages)| Query {
            pages,
            n_keys: t + 1,
        })
        .collect();
    let q: Vec<f32> = places
        .iter()
        .flat_map(|(t, _)| &case.q[t * width..][..width])
        .copied()
        .collect();
    // With more threads the keys are shared among them too, of which the short sequence has fewer.
    for (isa, n_threads) in Isa::available()
        .iter()
        .flat_map(|isa| (1..=4).map(move |n| (*isa, n)))
    {
        let mut out = vec![0.0; q.len()];
        machine(isa, n_threads).attend(&mut out, &q, &case.cache, 1, &queries);
        for ((t, _), out) in places.iter().zip(out.chunks(width)) {
            assert_eq!(
                bits(out),
                bits(&want[t * width..][..width]),
                "{isa:?}, {n_threads} threads, token {t}"
            );
        }
    }
}

#[test]
fn a_query_without_keys_is_zero() {
    let case = Case::new(2, 1, 64, 3);
    for isa in Isa::available() {
        let mut out = vec![1.0; 128];
        machine(isa, 1).attend(
            &mut out,
            &case.q[..128],
            &case.cache,
            1,
            &[Query {
                pages: &[],
                n_keys: 0,
            }],
        );
        assert_eq!(out, vec![0.0; 128]);
    }
}

#[test]
fn large_scores_do_not_overflow() {
    let mut case = Case::new(2, 1, 64, 300);
    case.q.iter_mut().for_each(|x| *x *= 1e4);
    for isa in Isa::available() {
        assert!(
            case.run(&machine(isa, 1), 300)
                .iter()
                .all(|x| x.abs() <= 1.0)
        );
    }
}
