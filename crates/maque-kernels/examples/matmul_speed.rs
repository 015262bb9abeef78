//! Times matrix products in the shapes of Qwen2.5-0.5B, per format and instruction set.
//!
//! `cargo run --release -p maque-kernels --example matmul_speed -- [isa=NAME] [threads=N] [passes=N]
//! [tokens=N] [shape=INDEX] [FORMAT...]`
#![allow(clippy::print_stdout)] // its output is its purpose

use maque_kernels::{Activations, Buffer, Format, Isa, Machine, Matrix};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

const FORMATS: [Format; 11] = [
    Format::Q5_0,
    Format::Q8_0,
    Format::Q4_K,
    Format::Q6_K,
    Format::Q4_0,
    Format::Q4_1,
    Format::Q5_1,
    Format::Q5_K,
    Format::F16,
    Format::BF16,
    Format::F32,
];
/// Rows and columns; k-quants skip the columns that are no whole blocks.
const SHAPES: [[usize; 2]; 4] = [[896, 896], [4864, 896], [896, 4864], [151_936, 896]];
const N_TOKENS: [usize; 5] = [1, 4, 16, 128, 512];
/// What a timed pass reads at least, in weights, so that they come from memory as in a real pass.
const PASS_BYTES: usize = 96 << 20;
/// What a pass computes at most, beyond one product.
const PASS_MULTIPLY_ADDS: usize = 4_000_000_000;

/// What the arguments ask for.
struct Plan {
    n_passes: usize,
    n_tokens: Vec<usize>,
    shapes: Vec<[usize; 2]>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |key: &str| arguments.iter().find_map(|a| a.strip_prefix(key));
    let number = |key: &str| value(key).and_then(|n| n.parse().ok());
    let plan = Plan {
        n_passes: number("passes=").unwrap_or(5),
        n_tokens: number("tokens=").map_or(N_TOKENS.to_vec(), |n| vec![n]),
        shapes: number("shape=").map_or(SHAPES.to_vec(), |i| vec![SHAPES[i]]),
    };
    let n_threads =
        NonZeroUsize::new(number("threads=").unwrap_or(2)).expect("at least one thread");
    let isas = match value("isa=") {
        Some(name) => vec![Isa::named(name).expect("an instruction set of this CPU")],
        None => Isa::available().into_iter().skip(1).rev().collect(),
    };
    for isa in isas {
        let machine = Machine::new(isa, n_threads);
        println!(
            "{} ({n_threads} threads): GMAC/s for {:?} tokens, GB/s for 1",
            isa.name(),
            plan.n_tokens
        );
        for format in FORMATS {
            let is_asked = arguments.contains(&format!("{format:?}"));
            if is_asked || arguments.iter().all(|argument| argument.contains('=')) {
                measure(&machine, format, &plan);
            }
        }
    }
}

fn measure(machine: &Machine, format: Format, plan: &Plan) {
    for [n_rows, n_cols] in plan.shapes.iter().copied() {
        let n_cols = n_cols.next_multiple_of(format.block_len());
        let bytes = weights(format, n_rows * n_cols);
        let n_copies = PASS_BYTES.div_ceil(bytes.len());
        let start = Instant::now();
        let copies: Vec<Matrix> = (0..n_copies)
            .map(|_| Matrix::pack(machine, format, n_rows, n_cols, &bytes))
            .collect();
        let packing = start.elapsed().as_secs_f64() / n_copies as f64;
        print!("  {format:<5?} {n_rows:>6} × {n_cols:<4}");
        for n_tokens in plan.n_tokens.iter().copied() {
            let seconds = product_seconds(machine, &copies, n_tokens, plan.n_passes);
            let multiply_adds = (n_rows * n_cols * n_tokens) as f64;
            print!(" {:7.1}", multiply_adds / seconds / 1e9);
            if n_tokens == 1 {
                print!(" ({:4.1} GB/s)", copies[0].n_bytes() as f64 / seconds / 1e9);
            }
        }
        println!(
            "   packed at {:.2} GB/s",
            bytes.len() as f64 / packing / 1e9
        );
    }
}

/// Seconds of one product, in the fastest pass over the copies.
fn product_seconds(machine: &Machine, copies: &[Matrix], n_tokens: usize, n_passes: usize) -> f64 {
    let (n_rows, n_cols) = (copies[0].n_rows(), copies[0].n_cols());
    let x: Vec<f32> = (0..n_tokens * n_cols).map(|i| (i as f32).sin()).collect();
    let mut activations = Activations::new(n_tokens, n_cols);
    machine.load(&mut activations, &x);
    let mut out = Buffer::zeroed(n_tokens * n_rows);
    let at_most = PASS_MULTIPLY_ADDS.div_ceil(n_rows * n_cols * n_tokens);
    let copies = &copies[..copies.len().min(at_most)];
    let pass = || {
        let start = Instant::now();
        for weights in copies {
            machine.matmul(&mut out, weights, None, &activations);
        }
        start.elapsed()
    };
    let fastest: Duration = std::iter::repeat_with(pass)
        .take(n_passes)
        .min()
        .unwrap_or_default();
    fastest.as_secs_f64() / copies.len() as f64
}

/// File bytes with small scales: speed does not depend on their values, as long as none is subnormal.
fn weights(format: Format, n: usize) -> Vec<u8> {
    let n_bytes = format.bytes_for(n).expect("whole blocks");
    let first = if format.is_quantized() { 0 } else { 17 };
    (0..n_bytes).map(|i| first + (i * 7 % 61) as u8).collect()
}
