//! KV cache pages of 32 tokens in f16.

/// Tokens in one page.
pub const PAGE_TOKENS: usize = 32;

/// Dimensions of a model's KV cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KvShape {
    /// Transformer layers.
    pub n_layers: usize,
    /// Key/value heads.
    pub n_kv_heads: usize,
    /// Elements of one head.
    pub head_dim: usize,
}

impl KvShape {
    /// Bytes of one page over all layers.
    pub fn page_bytes(&self) -> usize {
        todo!()
    }
}

/// A fixed number of pages in one anonymous mapping; memory is used when a page is first written.
pub struct KvPages {}

impl KvPages {
    /// Reserves address space for `n_pages`.
    pub fn new(shape: KvShape, n_pages: usize) -> KvPages {
        todo!("{shape:?} {n_pages}")
    }
    /// Pages it was made for.
    pub fn n_pages(&self) -> usize {
        todo!()
    }
    /// The shape it was made for.
    pub fn shape(&self) -> KvShape {
        todo!()
    }
    /// Copies all layers of page `from` to page `to` (copy on write of a shared last page).
    pub fn copy_page(&mut self, from: u32, to: u32) {
        todo!("{from} {to}")
    }
}
