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

use crate::vectorise::vectorise;
use crate::{Isa, KvPages, Machine, Query};
use product::{Kernel, Naive, TILE_ROWS};
use split::{Call, Partial, Tile, Workspace};
use std::cell::RefCell;

/// Buffers of attention that are kept from call to call, so that none allocates once warm.
#[derive(Default)]
pub(crate) struct Scratch {
    tiles: Vec<Tile>,
}

/// What a thread needs to work on a tile.
struct Buffers {
    workspace: Workspace,
    whole: Partial,
    next: Partial,
}

thread_local! {
    static BUFFERS: RefCell<Box<Buffers>> = RefCell::new(Box::new(Buffers {
        workspace: Workspace::EMPTY,
        whole: Partial::EMPTY,
        next: Partial::EMPTY,
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
    let mut scratch = pages
        .scratch
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    plan(&mut scratch.tiles, &call);
    for tile in &scratch.tiles {
        run_whole(machine.isa(), &call, out, *tile);
    }
}

/// Cuts the rows into tiles of at most 8 whose tokens share their pages.
fn plan(tiles: &mut Vec<Tile>, call: &Call<'_>) {
    tiles.clear();
    let mut start = 0;
    for run in call.queries.chunk_by(|a, b| a.pages == b.pages) {
        let end = start + run.len() * call.n_group;
        for kv_head in 0..call.n_heads / call.n_group {
            tiles.extend((start..end).step_by(TILE_ROWS).map(|first_row| Tile {
                kv_head,
                first_row,
                n_rows: TILE_ROWS.min(end - first_row),
            }));
        }
        start = end;
    }
}

/// All splits of one tile, in order.
fn run_whole(isa: Isa, call: &Call<'_>, out: &mut [f32], tile: Tile) {
    BUFFERS.with_borrow_mut(|buffers| match isa {
        Isa::Scalar => whole::<Naive>(call, out, tile, buffers),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) => vectorise(
            isa,
            #[inline(always)]
            || whole::<x86::Ymm>(call, out, tile, buffers),
        ),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(_) => vectorise(
            isa,
            #[inline(always)]
            || whole::<x86::Zmm>(call, out, tile, buffers),
        ),
    });
}

#[inline(always)]
fn whole<K: Kernel>(call: &Call<'_>, out: &mut [f32], tile: Tile, buffers: &mut Buffers) {
    let Buffers {
        workspace,
        whole,
        next,
    } = buffers;
    call.load_queries(workspace, tile);
    whole.clear();
    for split in 0..call.n_splits(tile) {
        call.attend_split::<K>(next, workspace, tile, split);
        whole.join(next, tile.n_rows, call.head_dim);
    }
    for row in 0..tile.n_rows {
        let (_, start) = call.place(tile, row);
        whole.finish(&mut out[start..start + call.head_dim], row);
    }
}
