//! KV cache pages of 32 tokens, as codes of 14 bits with a scale for each token and head.

use crate::attention::Scratch;
use crate::codes::{MAX_CODE, encode, inverse, largest, pack_scale, unpack_scale};
use crate::parts::Parts;
use crate::vectorise::vectorise;
use crate::{Buffer, Machine};
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
        self.page_len() * size_of::<i16>()
    }
    /// Elements of one page over all layers.
    fn page_len(&self) -> usize {
        self.n_layers * self.n_kv_heads * self.block_len()
    }
    /// Elements of one block: keys, values and their scales, of one page, layer and head.
    fn block_len(&self) -> usize {
        2 * self.half_len() + 2 * PAGE_TOKENS
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
/// A page holds a block for each layer and, within it, each KV head: keys `[head_dim / 2][32 tokens][2]` (so that the scores
/// of 32 keys are lanes), values `[16 pairs of tokens][head_dim][2]`, scales of the 32 keys and of the 32 values as bf16 bits.
pub struct KvPages {
    shape: KvShape,
    n_pages: usize,
    elements: Buffer<i16>, // [n_pages][n_layers][n_kv_heads][64 · head_dim + 64]
    pub(crate) scratch: Mutex<Scratch>,
}

/// One page, layer and KV head, as [`KvPages`] has it.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) keys: &'a [i16],
    pub(crate) values: &'a [i16],
    pub(crate) key_scales: &'a [i16; PAGE_TOKENS],
    pub(crate) value_scales: &'a [i16; PAGE_TOKENS],
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
    /// Writes keys and values (`[n_tokens, n_kv_heads · head_dim]`) of one layer: token `t` goes to `slots[t]`.
    ///
    /// # Panics
    /// If the rows are not one a slot, or a slot or the layer does not exist.
    pub(crate) fn store(
        &mut self,
        machine: &Machine,
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
            let block = |page| {
                let start = shape.block_start(page, layer, kv_head);
                // SAFETY: a head has blocks of its own, the pool hands out each head once, and one head's
                // blocks are taken one after the other.
                unsafe { elements.take(start..start + shape.block_len()) }
            };
            vectorise(
                machine.isa(),
                #[inline(always)]
                || store_head(shape, source, block),
            );
        };
        match slots.len() {
            ..PAGE_TOKENS => (0..n_kv_heads).for_each(store_head), // too little for more threads
            _ => machine.pool().run(n_kv_heads, &store_head),
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
    /// All layers of a page: its blocks, `[n_layers][n_kv_heads]`.
    ///
    /// # Panics
    /// If there is no such page.
    pub fn page(&self, page: u32) -> &[i16] {
        let len = self.shape.page_len();
        &self.elements[page as usize * len..][..len]
    }
    /// The same, to be written.
    ///
    /// # Panics
    /// If there is no such page.
    pub fn page_mut(&mut self, page: u32) -> &mut [i16] {
        let len = self.shape.page_len();
        &mut self.elements[page as usize * len..][..len]
    }
    /// One block.
    #[inline(always)]
    pub(crate) fn block(&self, page: u32, layer: usize, kv_head: usize) -> Block<'_> {
        let start = self.shape.block_start(page, layer, kv_head);
        let block = &self.elements[start..][..self.shape.block_len()];
        let (keys, block) = block.split_at(self.shape.half_len());
        let (values, block) = block.split_at(self.shape.half_len());
        let (scales, _) = block.as_chunks();
        Block {
            keys,
            values,
            key_scales: &scales[0],
            value_scales: &scales[1],
        }
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
#[inline(always)]
fn store_head<'a>(shape: KvShape, source: Source<'_>, block: impl Fn(u32) -> &'a mut [i16]) {
    let (dim, width) = (shape.head_dim, shape.n_kv_heads * shape.head_dim);
    let rows = source
        .k
        .chunks_exact(width)
        .zip(source.v.chunks_exact(width));
    let mut codes = [0; MAX_HEAD_DIM];
    let codes = &mut codes[..dim];
    for ((k, v), (page, slot)) in rows.zip(source.slots) {
        let (keys, rest) = block(*page).split_at_mut(shape.half_len());
        let (values, scales) = rest.split_at_mut(shape.half_len());
        let (slot, head) = (*slot as usize, source.kv_head * dim);
        scales[slot] = encode_row(codes, &k[head..head + dim]);
        let keys = keys.as_chunks_mut::<2>().0.iter_mut();
        for (key, pair) in keys
            .skip(slot)
            .step_by(PAGE_TOKENS)
            .zip(codes.as_chunks().0)
        {
            *key = *pair;
        }
        scales[PAGE_TOKENS + slot] = encode_row(codes, &v[head..head + dim]);
        let values = &mut values[slot / 2 * 2 * dim..][..2 * dim];
        for (value, code) in values.as_chunks_mut::<2>().0.iter_mut().zip(&*codes) {
            value[slot % 2] = *code;
        }
    }
}

/// Codes of one key or value; returns the bits of its scale.
#[inline(always)]
fn encode_row(codes: &mut [i16], x: &[f32]) -> i16 {
    let scale = pack_scale(largest(x) / MAX_CODE);
    encode(codes, x, inverse(unpack_scale(scale)), MAX_CODE);
    scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use std::num::NonZeroUsize;

    const SHAPE: KvShape = KvShape {
        n_layers: 2,
        n_kv_heads: 2,
        head_dim: 8,
    };

    fn machine() -> Machine {
        Machine::new(Isa::Scalar, NonZeroUsize::MIN)
    }

    #[test]
    fn keys_are_columns_and_values_rows() {
        let mut pages = KvPages::new(SHAPE, 3);
        let k: Vec<f32> = (0..32).map(|i| i as f32).collect();
        let v: Vec<f32> = (0..32).map(|i| -i as f32).collect();
        pages.store(&machine(), 1, &k, &v, &[(2, 31), (0, 4)]);
        for (page, slot, from) in [(2, 31, 8), (0, 4, 24)] {
            let block = pages.block(page, 1, 1);
            let key_scale = unpack_scale(block.key_scales[slot]);
            let value_scale = unpack_scale(block.value_scales[slot]);
            assert_eq!(key_scale, value_scale);
            for i in 0..8 {
                let key = block.keys[2 * (i / 2 * PAGE_TOKENS + slot) + i % 2];
                let value = block.values[2 * (slot / 2 * 8 + i) + slot % 2];
                assert!((f32::from(key) * key_scale - k[from + i]).abs() <= key_scale / 2.0);
                assert_eq!(value, -key);
            }
        }
        assert!(pages.block(2, 0, 1).keys.iter().all(|x| *x == 0));
    }

    #[test]
    fn a_copied_page_is_equal_in_all_layers() {
        let mut pages = KvPages::new(SHAPE, 3);
        for layer in 0..2 {
            pages.store(
                &machine(),
                layer,
                &[layer as f32 + 1.0; 16],
                &[7.0; 16],
                &[(2, 9)],
            );
        }
        pages.copy_page(2, 0);
        for (layer, head) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert_eq!(
                pages.block(2, layer, head).keys,
                pages.block(0, layer, head).keys
            );
            assert!(pages.block(0, layer, head).values.iter().any(|x| *x != 0));
            assert!(pages.block(1, layer, head).values.iter().all(|x| *x == 0));
        }
    }

    #[test]
    #[should_panic(expected = "a KV slot does not exist")]
    fn a_slot_outside_its_page_is_refused() {
        KvPages::new(SHAPE, 1).store(&machine(), 0, &[0.0; 16], &[0.0; 16], &[(0, 32)]);
    }
}
