//! KV cache pages of 32 tokens in f16.

use crate::Buffer;
use crate::attention::Scratch;
use crate::parts::Parts;
use crate::pool::Pool;
use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use std::sync::Mutex;

/// Tokens in one page.
pub const PAGE_TOKENS: usize = 32;
/// Elements of the largest head.
pub(crate) const MAX_HEAD_DIM: usize = 256;

/// Dimensions of a model's KV cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KvShape {
    /// Transformer layers.
    pub n_layers: usize,
    /// Key/value heads.
    pub n_kv_heads: usize,
    /// Elements of one head: a multiple of 8, at most 256.
    pub head_dim: usize,
}

impl KvShape {
    /// Bytes of one page over all layers.
    pub fn page_bytes(&self) -> usize {
        self.page_len() * size_of::<f16>()
    }
    /// Elements of one page over all layers.
    fn page_len(&self) -> usize {
        self.n_layers * self.n_kv_heads * self.block_len()
    }
    /// Elements of one block: the keys, then the values, of one page, layer and head.
    fn block_len(&self) -> usize {
        2 * self.half_len()
    }
    /// Elements of the keys, or of the values, of one block.
    fn half_len(&self) -> usize {
        PAGE_TOKENS * self.head_dim
    }
    /// First element of one block.
    #[inline(always)]
    fn block_start(&self, page: u32, layer: usize, kv_head: usize) -> usize {
        let block = (page as usize * self.n_layers + layer) * self.n_kv_heads + kv_head;
        block * self.block_len()
    }
}

/// A fixed number of pages in one anonymous mapping; memory is used when a page is first written.
///
/// A page holds a block for each layer and, within it, each KV head: keys `[head_dim][32 tokens]`
/// (so that the scores of 32 keys are lanes), then values `[32 tokens][head_dim]`, all f16.
pub struct KvPages {
    shape: KvShape,
    n_pages: usize,
    elements: Buffer<u16>, // f16 bits, [n_pages][n_layers][n_kv_heads][2][32 · head_dim]
    pub(crate) scratch: Mutex<Scratch>,
}

impl KvPages {
    /// Reserves address space for `n_pages`.
    ///
    /// # Panics
    /// If `shape.head_dim` is no multiple of 8 between 8 and 256, or the size overflows.
    pub fn new(shape: KvShape, n_pages: usize) -> KvPages {
        let dim = shape.head_dim;
        assert!(
            dim.is_multiple_of(8) && (8..=MAX_HEAD_DIM).contains(&dim),
            "head_dim {dim} is no multiple of 8 up to 256"
        );
        let len = n_pages
            .checked_mul(shape.page_len())
            .expect("the KV cache is larger than the address space");
        KvPages {
            shape,
            n_pages,
            elements: Buffer::zeroed(len),
            scratch: Mutex::default(),
        }
    }
    /// Pages it was made for.
    pub fn n_pages(&self) -> usize {
        self.n_pages
    }
    /// The shape it was made for.
    pub fn shape(&self) -> KvShape {
        self.shape
    }
    /// Writes keys and values (`[n_tokens, n_kv_heads · head_dim]`) of one layer: token `t` goes to
    /// `slots[t]`. Rounds to nearest even; what f16 cannot hold saturates at ±65504 instead of becoming
    /// infinite.
    ///
    /// # Panics
    /// If the rows are not one a slot, or a slot or the layer does not exist.
    pub(crate) fn store(
        &mut self,
        pool: &Pool,
        layer: usize,
        k: &[f32],
        v: &[f32],
        slots: &[(u32, u32)],
    ) {
        let KvShape {
            n_layers,
            n_kv_heads,
            head_dim,
        } = self.shape;
        let len = slots.len() * n_kv_heads * head_dim;
        assert_eq!(
            (k.len(), v.len()),
            (len, len),
            "keys and values have one row a slot"
        );
        assert!(layer < n_layers, "layer {layer} of {n_layers}");
        let exists = |(page, slot): &(u32, u32)| {
            (*page as usize) < self.n_pages && (*slot as usize) < PAGE_TOKENS
        };
        assert!(slots.iter().all(exists), "a KV slot does not exist");
        let shape = self.shape;
        let elements = Parts::new(&mut self.elements);
        let store_head = |kv_head: usize| {
            let source = Source {
                k,
                v,
                slots,
                kv_head,
            };
            store_head(shape, source, |page| {
                let start = shape.block_start(page, layer, kv_head);
                // SAFETY: a head has blocks of its own, the pool hands out each head once, and one head's
                // blocks are taken one after the other.
                unsafe { elements.take(start..start + shape.block_len()) }
            });
        };
        match slots.len() {
            ..PAGE_TOKENS => (0..n_kv_heads).for_each(store_head), // too little for more threads
            _ => pool.run(n_kv_heads, &store_head),
        }
    }
    /// Copies all layers of page `from` to page `to` (copy on write of a shared last page).
    ///
    /// # Panics
    /// If there is no such page.
    pub fn copy_page(&mut self, from: u32, to: u32) {
        let len = self.shape.page_len();
        let (from, to) = (from as usize * len, to as usize * len);
        self.elements.copy_within(from..from + len, to);
    }
    /// All layers of a page: f16 bits, `[n_layers][n_kv_heads][2][32 · head_dim]`.
    ///
    /// # Panics
    /// If there is no such page.
    pub fn page(&self, page: u32) -> &[u16] {
        let len = self.shape.page_len();
        &self.elements[page as usize * len..][..len]
    }
    /// The same, to be written.
    ///
    /// # Panics
    /// If there is no such page.
    pub fn page_mut(&mut self, page: u32) -> &mut [u16] {
        let len = self.shape.page_len();
        &mut self.elements[page as usize * len..][..len]
    }
    /// Keys `[head_dim][32]` and values `[32][head_dim]` of one block.
    #[inline(always)]
    pub(crate) fn block(&self, page: u32, layer: usize, kv_head: usize) -> (&[f16], &[f16]) {
        let start = self.shape.block_start(page, layer, kv_head);
        let block = &self.elements[start..][..self.shape.block_len()];
        block
            .reinterpret_cast::<f16>()
            .split_at(self.shape.half_len())
    }
}

/// What [`store_head`] writes.
#[derive(Clone, Copy)]
struct Source<'a> {
    k: &'a [f32],            // [n_tokens, n_kv_heads · head_dim]
    v: &'a [f32],            // as k
    slots: &'a [(u32, u32)], // [n_tokens]
    kv_head: usize,
}

/// Writes one KV head of all tokens; `block` gives its part of a page.
fn store_head<'a>(shape: KvShape, source: Source<'_>, block: impl Fn(u32) -> &'a mut [u16]) {
    let (dim, width) = (shape.head_dim, shape.n_kv_heads * shape.head_dim);
    let rows = source
        .k
        .chunks_exact(width)
        .zip(source.v.chunks_exact(width));
    for ((k, v), (page, slot)) in rows.zip(source.slots) {
        let (keys, values) = block(*page)
            .reinterpret_cast_mut::<f16>()
            .split_at_mut(shape.half_len());
        let (slot, head) = (*slot as usize, source.kv_head * dim);
        let mut narrow = [f16::ZERO; MAX_HEAD_DIM];
        let narrow = &mut narrow[..dim];
        saturate(narrow, &k[head..head + dim]);
        for (key, x) in keys
            .iter_mut()
            .skip(slot)
            .step_by(PAGE_TOKENS)
            .zip(&*narrow)
        {
            *key = *x;
        }
        saturate(&mut values[slot * dim..][..dim], &v[head..head + dim]);
    }
}

/// Rounds to f16 within ±65504.
fn saturate(out: &mut [f16], x: &[f32]) {
    let mut bounded = [0.0f32; MAX_HEAD_DIM];
    let bounded = &mut bounded[..x.len()];
    for (bounded, x) in bounded.iter_mut().zip(x) {
        *bounded = x.clamp(f16::MIN.to_f32_const(), f16::MAX.to_f32_const());
    }
    out.convert_from_f32_slice(bounded);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: KvShape = KvShape {
        n_layers: 2,
        n_kv_heads: 2,
        head_dim: 8,
    };

    #[test]
    fn keys_are_columns_and_values_rows() {
        let mut pages = KvPages::new(SHAPE, 3);
        let k: Vec<f32> = (0..32).map(|i| i as f32).collect();
        let v: Vec<f32> = (0..32).map(|i| -i as f32).collect();
        pages.store(&Pool::new(1), 1, &k, &v, &[(2, 31), (0, 4)]);
        let (keys, values) = pages.block(2, 1, 1);
        for i in 0..8 {
            assert_eq!(keys[i * PAGE_TOKENS + 31].to_f32(), k[8 + i]);
            assert_eq!(values[31 * 8 + i].to_f32(), v[8 + i]);
        }
        let (keys, values) = pages.block(0, 1, 0);
        for i in 0..8 {
            assert_eq!(keys[i * PAGE_TOKENS + 4].to_f32(), k[16 + i]);
            assert_eq!(values[4 * 8 + i].to_f32(), v[16 + i]);
        }
        assert!(pages.block(2, 0, 1).0.iter().all(|x| *x == f16::ZERO));
    }

    #[test]
    fn numbers_beyond_f16_saturate_and_halves_round_to_even() {
        let mut pages = KvPages::new(SHAPE, 1);
        let mut x = [0.0; 16];
        x[..4].copy_from_slice(&[1e9, -1e9, 2049.0, 2051.0]);
        pages.store(&Pool::new(1), 0, &x, &x, &[(0, 0)]);
        let values: Vec<f32> = pages.block(0, 0, 0).1[..4]
            .iter()
            .map(|x| x.to_f32())
            .collect();
        assert_eq!(values, [65504.0, -65504.0, 2048.0, 2052.0]);
    }

    #[test]
    fn a_copied_page_is_equal_in_all_layers() {
        let mut pages = KvPages::new(SHAPE, 3);
        for layer in 0..2 {
            pages.store(
                &Pool::new(1),
                layer,
                &[layer as f32 + 1.0; 16],
                &[7.0; 16],
                &[(2, 9)],
            );
        }
        pages.copy_page(2, 0);
        for (layer, head) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert!(pages.block(2, layer, head) == pages.block(0, layer, head));
            assert!(
                pages
                    .block(1, layer, head)
                    .0
                    .iter()
                    .all(|x| *x == f16::ZERO)
            );
        }
    }

    #[test]
    #[should_panic(expected = "a KV slot does not exist")]
    fn a_slot_outside_its_page_is_refused() {
        KvPages::new(SHAPE, 1).store(&Pool::new(0), 0, &[0.0; 16], &[0.0; 16], &[(0, 32)]);
    }
}
