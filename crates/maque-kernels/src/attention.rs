//! Softmax attention over KV pages with grouped heads (GQA, arXiv 2305.13245).
//!
//! The keys of a query are split at fixed borders of 256; each split is computed alone and the splits
//! are joined in order. This holds for prefill and decode alike and whatever the tile, the thread and
//! the instruction set, so a token's result has the same bits however it is batched.

mod product;
mod softmax;
mod split;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::parts::Parts;
use crate::vectorise::vectorise;
use crate::{Isa, KvPages, Machine, Query};
use product::{Naive, TILE_ROWS};
use split::{Call, Partial, Tile, Workspace};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::PoisonError;

/// Below this many multiply-adds the caller's thread is done before another one has come.
const MIN_SHARED_WORK: usize = 1 << 17;

/// Buffers of attention that are kept from call to call, so that none allocates once warm.
#[derive(Default)]
pub(crate) struct Scratch {
    tiles: Vec<Tile>,
    partials: Vec<Partial>, // [n_tiles, n_splits]
}

/// What a thread needs to work on a tile.
struct Buffers {
    workspace: Workspace,
    whole: Partial,
}

thread_local! {
    static BUFFERS: RefCell<Box<Buffers>> = RefCell::new(Box::new(Buffers {
        workspace: Workspace::EMPTY,
        whole: Partial::EMPTY,
    }));
}

pub(crate) fn attend(
    machine: &Machine,
    out: &mut [f32],
    q: &[f32],
    pages: &KvPages,
    layer: usize,
    queries: &[Query<'_>],
) {
    if queries.is_empty() {
        return;
    }
    assert_eq!(out.len(), q.len(), "attention writes one row a query");
    let call = Call::new(q, pages, layer, queries);
    let mut scratch = pages.scratch.lock().unwrap_or_else(PoisonError::into_inner);
    let Scratch { tiles, partials } = &mut *scratch;
    plan(tiles, &call);
    let n_splits = tiles
        .iter()
        .map(|tile| call.n_splits(*tile))
        .max()
        .unwrap_or(0);
    let attention = Attention {
        isa: machine.isa(),
        call: &call,
        tiles,
        out: Parts::new(out),
    };
    if call.n_multiply_adds() < MIN_SHARED_WORK {
        (0..tiles.len()).for_each(|i| attention.whole(i));
    } else if n_splits <= 1 || 4 * machine.n_threads() <= tiles.len() {
        machine.pool().run(tiles.len(), &|i| attention.whole(i));
    } else {
        attend_by_splits(machine, &attention, partials, n_splits);
    }
}

/// Few tiles of many keys (decode at depth): the threads share the splits, which are then joined.
fn attend_by_splits(
    machine: &Machine,
    attention: &Attention<'_>,
    partials: &mut Vec<Partial>,
    n_splits: usize,
) {
    let n_items = attention.tiles.len() * n_splits;
    if partials.len() < n_items {
        partials.resize_with(n_items, || Partial::EMPTY);
    }
    let parts = Parts::new(partials);
    machine.pool().run(n_items, &|i| {
        // SAFETY: the pool hands out each `i` once.
        let partial = unsafe { parts.take(i..i + 1) };
        attention.split(&mut partial[0], i / n_splits, i % n_splits);
    });
    for (i, partials) in partials[..n_items].chunks(n_splits).enumerate() {
        attention.join(i, partials);
    }
}

/// Cuts the rows into tiles of at most 8 whose tokens share their pages.
fn plan(tiles: &mut Vec<Tile>, call: &Call<'_>) {
    tiles.clear();
    let mut run_start = 0;
    for run in call.queries.chunk_by(|a, b| a.pages == b.pages) {
        let n_rows = run.len() * call.n_group;
        for first in (0..n_rows).step_by(TILE_ROWS) {
            let tile = |kv_head| Tile {
                kv_head,
                first_token: run_start + first / call.n_group,
                first_member: first % call.n_group,
                n_rows: TILE_ROWS.min(n_rows - first),
            };
            tiles.extend((0..call.n_kv_heads()).map(tile));
        }
        run_start += run.len();
    }
}

/// One call's tiles and its output, shared by the threads: each tile has rows of its own.
struct Attention<'a> {
    isa: Isa,
    call: &'a Call<'a>,
    tiles: &'a [Tile],
    out: Parts<'a, f32>,
}

impl Attention<'_> {
    /// All splits of one tile, in order. Each tile must be run once.
    fn whole(&self, i: usize) {
        let tile = self.tiles[i];
        BUFFERS.with_borrow_mut(|buffers| {
            let Buffers { workspace, whole } = &mut **buffers;
            self.run(whole, workspace, tile, 0..self.call.n_splits(tile));
            self.finish(whole, tile);
        });
    }

    /// One split of one tile; nothing where the tile has fewer.
    fn split(&self, partial: &mut Partial, i: usize, split: usize) {
        let tile = self.tiles[i];
        if split < self.call.n_splits(tile) {
            BUFFERS.with_borrow_mut(|buffers| {
                self.run(partial, &mut buffers.workspace, tile, split..split + 1);
            });
        }
    }

    /// Joins the splits of one tile, in order. Each tile must be joined once.
    fn join(&self, i: usize, partials: &[Partial]) {
        let tile = self.tiles[i];
        BUFFERS.with_borrow_mut(|buffers| {
            let whole = &mut buffers.whole;
            whole.clear();
            for next in &partials[..self.call.n_splits(tile)] {
                self.add(whole, next, tile);
            }
            self.finish(whole, tile);
        });
    }

    fn run(
        &self,
        partial: &mut Partial,
        workspace: &mut Workspace,
        tile: Tile,
        splits: Range<usize>,
    ) {
        let call = self.call;
        match self.isa {
            Isa::Scalar => call.attend::<Naive>(partial, workspace, tile, splits),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) | Isa::AvxVnni(_) => vectorise(
                self.isa,
                #[inline(always)]
                || call.attend::<x86::Ymm>(partial, workspace, tile, splits),
            ),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni(_) | Isa::Amx(_) => vectorise(
                self.isa,
                #[inline(always)]
                || call.attend::<x86::Zmm>(partial, workspace, tile, splits),
            ),
        }
    }

    fn add(&self, whole: &mut Partial, next: &Partial, tile: Tile) {
        vectorise(
            self.isa,
            #[inline(always)]
            || whole.join(next, tile.n_rows, self.call.head_dim),
        );
    }

    fn finish(&self, whole: &Partial, tile: Tile) {
        for (row, (_, start)) in self.call.rows(tile).enumerate() {
            // SAFETY: a row of one KV head belongs to one tile, and each tile is finished once.
            let out = unsafe { self.out.take(start..start + self.call.head_dim) };
            whole.finish(out, row);
        }
    }
}
