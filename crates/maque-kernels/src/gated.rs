//! The gated half of a feed-forward layer: two products, SiLU, and the quantisation of the result, 32 rows at a time.

use crate::activations::{TILE_TOKENS, Writer};
use crate::block::SUB_BLOCK;
use crate::elementwise::silu;
use crate::matmul::{MAX_TILES, Piece, Pieces, Product, passes, run};
use crate::panel::GROUP_ROWS;
use crate::vectorise::vectorise;
use crate::{Activations, Machine, Matrix};
use std::cell::RefCell;
use std::ops::Range;

/// Groups of rows that make one block of the next product's input.
const BLOCK_GROUPS: usize = SUB_BLOCK / GROUP_ROWS;

/// Both products of one block, for the tokens of one pass: `[n_tokens][32]`.
struct Products {
    gate: [f32; MAX_TILES * TILE_TOKENS * SUB_BLOCK],
    up: [f32; MAX_TILES * TILE_TOKENS * SUB_BLOCK],
}

thread_local! {
    static PRODUCTS: RefCell<Box<Products>> = RefCell::new(Box::new(Products {
        gate: [0.0; MAX_TILES * TILE_TOKENS * SUB_BLOCK],
        up: [0.0; MAX_TILES * TILE_TOKENS * SUB_BLOCK],
    }));
}

/// The operation's parts, shared by the threads.
struct Gated<'a> {
    machine: &'a Machine,
    gate: &'a Matrix,
    up: &'a Matrix,
    x: &'a Activations,
    writer: Writer<'a>,
}

/// # Panics
/// If gate and up are of different shapes, `out` has other columns than they have rows, or `x` other columns
/// than they.
pub(crate) fn multiply_gated(
    machine: &Machine,
    out: &mut Activations,
    gate: &Matrix,
    up: &Matrix,
    x: &Activations,
) {
    assert!(
        gate.n_rows() == up.n_rows() && gate.n_rows() == out.n_cols(),
        "gate and up have a row for each column of the output"
    );
    let n_blocks = out.n_cols() / SUB_BLOCK;
    let gated = Gated {
        machine,
        gate,
        up,
        x,
        writer: Writer::new(machine.isa(), out, x.n_tokens()),
    };
    for tiles in passes(x) {
        // Both matrices are read: pieces of half as many rows are as much work.
        let n_groups = Pieces::of(gate, tiles.len(), machine.n_threads()).n_groups;
        let n_in_piece = (n_groups / 2).div_ceil(BLOCK_GROUPS).max(1);
        machine.pool().run(n_blocks.div_ceil(n_in_piece), &|i| {
            let blocks = i * n_in_piece..n_blocks.min((i + 1) * n_in_piece);
            blocks.for_each(|block| gated.block(block, tiles.clone()));
        });
    }
}

impl Gated<'_> {
    /// One block of the output for the tokens of `tiles`.
    fn block(&self, block: usize, tiles: Range<usize>) {
        let (machine, x) = (self.machine, self.x);
        let piece = Piece {
            groups: block * BLOCK_GROUPS..(block + 1) * BLOCK_GROUPS,
            tiles,
        };
        let first_token = piece.tiles.start * TILE_TOKENS;
        let n_tokens = (piece.tiles.end * TILE_TOKENS).min(x.n_tokens()) - first_token;
        PRODUCTS.with_borrow_mut(|products| {
            let gate = &mut products.gate[..n_tokens * SUB_BLOCK];
            let up = &mut products.up[..n_tokens * SUB_BLOCK];
            for (out, weights) in [(&mut *gate, self.gate), (&mut *up, self.up)] {
                let product = Product::of_piece(out, SUB_BLOCK, weights, x, &piece);
                run(machine.isa(), &product, x, piece.clone());
            }
            vectorise(
                machine.isa(),
                #[inline(always)]
                || {
                    silu(gate, up);
                    for (i, x) in gate.chunks_exact(SUB_BLOCK).enumerate() {
                        // SAFETY: the pool hands out each block of a pass once.
                        unsafe { self.writer.write(first_token + i, block, x) };
                    }
                },
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Isa, Packing};
    use std::num::NonZeroUsize;

    fn noise(n: usize, seed: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 12.9898 + seed).sin()).collect()
    }

    /// The down product after both halves, fused or step by step.
    fn run(isa: Isa, n_tokens: usize, is_fused: bool) -> Vec<u32> {
        let (n_cols, n_rows) = (64, 96);
        let machine = Machine::new(isa, NonZeroUsize::new(2).expect("two threads"));
        let bytes = |n: usize, seed| -> Vec<u8> {
            noise(n, seed)
                .iter()
                .flat_map(|w| w.to_le_bytes())
                .collect()
        };
        let pack = |rows, cols, seed| {
            let bytes = bytes(rows * cols, seed);
            Matrix::pack(
                &machine,
                Packing::default(),
                Format::F32,
                [rows, cols],
                &bytes,
            )
        };
        let (gate, up) = (pack(n_rows, n_cols, 1.0), pack(n_rows, n_cols, 2.0));
        let blocks: Vec<u8> = (0..n_rows / 32 * 34 * 50)
            .map(|i| (i * 7 % 61) as u8)
            .collect();
        let down = Matrix::pack(
            &machine,
            Packing::default(),
            Format::Q8_0,
            [50, n_rows],
            &blocks,
        );
        let mut x = Activations::new(n_tokens, n_cols);
        let mut middle = Activations::new(n_tokens, n_rows);
        machine.load(&mut x, &noise(n_tokens * n_cols, 3.0));
        if is_fused {
            machine.matmul_gated(&mut middle, &gate, &up, &x);
        } else {
            let mut halves = [(); 2].map(|()| vec![0.0; n_tokens * n_rows]);
            let [g, u] = &mut halves;
            machine.matmul_each([(g, &gate, None), (u, &up, None)], &x);
            machine.silu_mul(g, u);
            machine.load(&mut middle, g);
        }
        let mut out = vec![0.0; n_tokens * 50];
        machine.matmul(&mut out, &down, None, &middle);
        out.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn fused_or_step_by_step_the_bits_are_the_same() {
        for n_tokens in [1, 3, 8, 21, 600] {
            let want = run(Isa::Scalar, n_tokens, false);
            for isa in Isa::available() {
                assert!(
                    run(isa, n_tokens, true) == want,
                    "{isa:?}, {n_tokens} tokens"
                );
            }
        }
    }
}
