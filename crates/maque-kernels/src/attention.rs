//! Softmax attention over KV pages with grouped heads (GQA, arXiv 2305.13245).
//!
//! The keys of a query are split at fixed borders of 256; each split is computed alone and the splits
//! are joined in order. This holds for prefill and decode alike and whatever the tile, the thread and
//! the instruction set, so a token's result has the same bits however it is batched.

mod product;
mod split;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::kv::MAX_HEAD_DIM;
use crate::vectorise::vectorise;
use crate::{Isa, KvPages, Machine, Query};
use product::{Kernel, Naive, TILE_ROWS};
use split::{Call, Partial, Tile};

/// Buffers of attention that are kept from call to call, so that none allocates once warm.
#[derive(Default)]
pub(crate) struct Scratch {
    tiles: Vec<Tile>,
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
    let call = Call::new(q, pages, layer, queries);
    assert_eq!(out.len(), q.len(), "attention writes one row a query");
    let mut scratch = pages
        .scratch
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    plan(&mut scratch.tiles, &call);
    for tile in &scratch.tiles {
        for kv_head in 0..pages.shape().n_kv_heads {
            dispatch(machine.isa(), &call, out, *tile, kv_head);
        }
    }
}

/// Cuts the rows into tiles of at most 8 whose tokens share their pages.
fn plan(tiles: &mut Vec<Tile>, call: &Call<'_>) {
    tiles.clear();
    for run in call.queries.chunk_by(|a, b| a.pages == b.pages) {
        let start = tiles.last().map_or(0, |tile| tile.first_row + tile.n_rows);
        let end = start + run.len() * call.n_group;
        tiles.extend((start..end).step_by(TILE_ROWS).map(|first_row| Tile {
            first_row,
            n_rows: TILE_ROWS.min(end - first_row),
        }));
    }
}

/// All splits of one tile and KV head, in order.
#[inline(always)]
fn run_tile<K: Kernel>(call: &Call<'_>, out: &mut [f32], tile: Tile, kv_head: usize) {
    let mut q = [0.0; TILE_ROWS * MAX_HEAD_DIM];
    call.scaled_queries(&mut q, tile, kv_head);
    let (mut whole, mut next) = (Partial::EMPTY, Partial::EMPTY);
    for split in 0..call.n_splits(tile) {
        call.attend_split::<K>(&mut next, &q, tile, kv_head, split);
        whole.join(&next, tile.n_rows, call.head_dim);
    }
    for row in 0..tile.n_rows {
        let (token, head) = call.place(tile.first_row + row, kv_head);
        whole.finish(
            &mut out[(token * call.n_heads + head) * call.head_dim..][..call.head_dim],
            row,
        );
    }
}

fn dispatch(isa: Isa, call: &Call<'_>, out: &mut [f32], tile: Tile, kv_head: usize) {
    match isa {
        Isa::Scalar => run_tile::<Naive>(call, out, tile, kv_head),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) => vectorise(
            isa,
            #[inline(always)]
            || run_tile::<x86::Ymm>(call, out, tile, kv_head),
        ),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(_) => vectorise(
            isa,
            #[inline(always)]
            || run_tile::<x86::Zmm>(call, out, tile, kv_head),
        ),
    }
}
