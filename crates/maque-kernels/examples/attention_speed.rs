//! Times attention, RoPE and KV writes in the shape of Qwen2.5-0.5B, per instruction set.
//!
//! `cargo run --release -p maque-kernels --example attention_speed [threads]`
#![allow(clippy::print_stdout)] // its output is its purpose

use maque_kernels::{Isa, KvPages, KvShape, Machine, PAGE_TOKENS, Pairing, Query, RopeTable};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

const SHAPE: KvShape = KvShape {
    n_layers: 24,
    n_kv_heads: 2,
    head_dim: 64,
};
const N_HEADS: usize = 14;
const MAX_TOKENS: usize = 4096;
/// What decode reads of one layer's weights: enough to push the KV cache out of the CPU's caches.
const LAYER_BYTES: usize = 16 << 20;

fn main() {
    let n_threads = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(2);
    let n_threads = NonZeroUsize::new(n_threads).expect("at least one thread");
    for isa in Isa::available().into_iter().skip(1).rev() {
        let mut bench = Bench::new(Machine::new(isa, n_threads));
        println!("{} ({n_threads} threads), 24 layers, ms:", isa.name());
        println!("  prefill 512 at 0     {:8.3}", bench.prefill(0, 512));
        println!("  prefill 512 at 1536  {:8.3}", bench.prefill(1536, 512));
        for depth in [0, 64, 512, 2048] {
            println!(
                "  decode at {depth:<4}       {:8.3}",
                bench.decode(depth, 1)
            );
        }
        println!("  decode of 16 at 512  {:8.3}", bench.decode(512, 16));
        println!(
            "  store 512 / 1        {:8.3} / {:.3}",
            bench.store(512),
            bench.store(1)
        );
        println!(
            "  rope q 512 / 1       {:8.3} / {:.3}",
            bench.rope(512),
            bench.rope(1)
        );
        println!(
            "  norm 512 / 1         {:8.3} / {:.3}",
            bench.norm(512),
            bench.norm(1)
        );
        println!(
            "  silu 512 / 1         {:8.3} / {:.3}",
            bench.silu(512),
            bench.silu(1)
        );
    }
}

struct Bench {
    machine: Machine,
    pages: KvPages,
    numbers: Vec<u32>,
    weights: Vec<u64>, // stands for the weights that decode streams between two attentions
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Bench {
    fn new(machine: Machine) -> Bench {
        let n_pages = MAX_TOKENS / PAGE_TOKENS;
        let mut pages = KvPages::new(SHAPE, n_pages);
        let x: Vec<f32> = (0..512 * 4864)
            .map(|i| (i as f32 * 12.9898).sin())
            .collect();
        let width = SHAPE.n_kv_heads * SHAPE.head_dim;
        for layer in 0..SHAPE.n_layers {
            for start in (0..MAX_TOKENS).step_by(512) {
                machine.store_kv(
                    &mut pages,
                    layer,
                    &x[..512 * width],
                    &x[..512 * width],
                    &slots(start, 512),
                );
            }
        }
        let (numbers, y) = ((0..n_pages as u32).collect(), x.clone());
        Bench {
            machine,
            pages,
            numbers,
            weights: vec![1; SHAPE.n_layers * LAYER_BYTES / 8],
            x,
            y,
        }
    }

    fn prefill(&mut self, depth: usize, n_tokens: usize) -> f64 {
        let queries: Vec<_> = (1..=n_tokens)
            .map(|n| Query {
                pages: &self.numbers,
                n_keys: depth + n,
            })
            .collect();
        let len = n_tokens * N_HEADS * SHAPE.head_dim;
        best_of(5, || {
            let start = Instant::now();
            for layer in 0..SHAPE.n_layers {
                self.machine.attend(
                    &mut self.y[..len],
                    &self.x[..len],
                    &self.pages,
                    layer,
                    &queries,
                );
            }
            start.elapsed()
        })
    }

    /// Only attention is timed; between two layers as much memory is read as a layer's weights take.
    fn decode(&mut self, depth: usize, n_tokens: usize) -> f64 {
        let queries: Vec<_> = (0..n_tokens)
            .map(|_| Query {
                pages: &self.numbers,
                n_keys: depth + 1,
            })
            .collect();
        let len = n_tokens * N_HEADS * SHAPE.head_dim;
        best_of(10, || {
            let mut total = Duration::ZERO;
            for (layer, weights) in self.weights.chunks(LAYER_BYTES / 8).enumerate() {
                black_box(weights.iter().sum::<u64>());
                let start = Instant::now();
                self.machine.attend(
                    &mut self.y[..len],
                    &self.x[..len],
                    &self.pages,
                    layer,
                    &queries,
                );
                total += start.elapsed();
            }
            total
        })
    }

    fn store(&mut self, n_tokens: usize) -> f64 {
        let (slots, len) = (
            slots(100, n_tokens),
            n_tokens * SHAPE.n_kv_heads * SHAPE.head_dim,
        );
        best_of(10, || {
            let start = Instant::now();
            for layer in 0..SHAPE.n_layers {
                self.machine.store_kv(
                    &mut self.pages,
                    layer,
                    &self.x[..len],
                    &self.x[..len],
                    &slots,
                );
            }
            start.elapsed()
        })
    }

    fn rope(&mut self, n_tokens: usize) -> f64 {
        let frequencies: Vec<f64> = (0..32).map(|i| 1e6f64.powf(-f64::from(i) / 32.0)).collect();
        let table = RopeTable::new(Pairing::Halves, &frequencies, 32_768);
        let positions: Vec<u32> = (1000..).take(n_tokens).collect();
        self.per_layer(n_tokens * N_HEADS * SHAPE.head_dim, |machine, y, _| {
            machine.rope(y, &table, &positions)
        })
    }

    fn norm(&mut self, n_tokens: usize) -> f64 {
        let weight = self.x[..896].to_vec();
        self.per_layer(n_tokens * 896, |machine, y, x| {
            machine.rms_norm(y, x, &weight, 1e-6)
        })
    }

    fn silu(&mut self, n_tokens: usize) -> f64 {
        self.per_layer(n_tokens * 4864, |machine, y, x| machine.silu_mul(y, x))
    }

    fn per_layer(&mut self, len: usize, op: impl Fn(&Machine, &mut [f32], &[f32])) -> f64 {
        best_of(10, || {
            self.y[..len].copy_from_slice(&self.x[..len]);
            let start = Instant::now();
            for _ in 0..SHAPE.n_layers {
                op(&self.machine, &mut self.y[..len], &self.x[..len]);
            }
            start.elapsed()
        })
    }
}

fn slots(start: usize, n_tokens: usize) -> Vec<(u32, u32)> {
    (start..start + n_tokens)
        .map(|i| ((i / PAGE_TOKENS) as u32, (i % PAGE_TOKENS) as u32))
        .collect()
}

/// The shortest of some runs, in milliseconds.
fn best_of(n: usize, mut run: impl FnMut() -> Duration) -> f64 {
    (0..n)
        .map(|_| run())
        .min()
        .unwrap_or_default()
        .as_secs_f64()
        * 1e3
}
