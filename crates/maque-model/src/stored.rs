//! Tensors as files hold them, by name, with their shapes checked as they are taken.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use crate::LoadError;
use maque_kernels::Format;

/// Most dimensions of a tensor.
pub(crate) const MAX_DIMS: usize = 4;

/// One tensor of a file; its bytes are known to be as many as its shape and format need.
#[derive(Clone, Debug)]
pub struct TensorInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// How its elements are stored.
    pub format: Format,
    /// Its dimensions.
    pub shape: Shape,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where they start, counted from the start of the file's data.
    pub(crate) offset: u64,
}

/// Dimensions of a tensor, rows first; at most four.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    dims: [usize; MAX_DIMS],
    n_dims: u8,
}

impl Shape {
    /// Adds a dimension after the others; `None` when there are four already.
    pub(crate) fn push(&mut self, dim: usize) -> Option<()> {
        *self.dims.get_mut(usize::from(self.n_dims))? = dim;
        self.n_dims = self.n_dims.checked_add(1)?;
        Some(())
    }

    /// The other order.
    pub(crate) fn reversed(mut self) -> Shape {
        if let Some(dims) = self.dims.get_mut(..usize::from(self.n_dims)) {
            dims.reverse();
        }
        self
    }

    /// Rows first.
    pub fn dims(&self) -> &[usize] {
        self.dims
            .get(..usize::from(self.n_dims))
            .unwrap_or_default()
    }

    /// Elements, if they can be counted.
    pub(crate) fn n_elements(&self) -> Option<usize> {
        self.dims()
            .iter()
            .try_fold(1_usize, |n, dim| n.checked_mul(*dim))
    }

    /// Bytes in `format`, if rows are whole blocks and the bytes can be counted.
    pub(crate) fn n_bytes(&self, format: Format) -> Option<usize> {
        format.bytes_for(self.dims().last().copied().unwrap_or(1))?;
        format.bytes_for(self.n_elements()?)
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.dims().fmt(f)
    }
}

/// Which names a file uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Naming {
    /// llama.cpp's, which are also the names used in this program: `blk.0.attn_q.weight`.
    Gguf,
    /// Those of `transformers`: `model.layers.0.self_attn.q_proj.weight`.
    Transformers,
}

/// Names of modules: llama.cpp's and those of `transformers`.
const MODULES: [(&str, &str); 14] = [
    ("token_embd", "model.embed_tokens"),
    ("output_norm", "model.norm"),
    ("output", "lm_head"),
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

impl Naming {
    /// The file's name of `blk.{layer}.{module}.{part}` or `{module}.{part}`.
    fn file_name(self, name: &str) -> String {
        if self == Naming::Gguf {
            return name.to_owned();
        }
        let (layer, rest) = match name
            .strip_prefix("blk.")
            .and_then(|rest| rest.split_once('.'))
        {
            Some((layer, rest)) => (Some(layer), rest),
            None => (None, name),
        };
        let (module, part) = rest.split_once('.').unwrap_or((rest, ""));
        let module = MODULES
            .iter()
            .find(|(ours, _)| *ours == module)
            .map_or(module, |(_, theirs)| theirs);
        match layer {
            Some(layer) => format!("model.layers.{layer}.{module}.{part}"),
            None => format!("{module}.{part}"),
        }
    }
}

/// The tensors of a model, handed out once each.
pub(crate) struct Tensors<'list, 'a> {
    naming: Naming,
    sorted: &'list [TensorInfo<'a>], // by name
    taken: Vec<bool>,                // as sorted
}

impl<'list, 'a> Tensors<'list, 'a> {
    /// `sorted` is in the order of names, each there once.
    pub(crate) fn new(naming: Naming, sorted: &'list [TensorInfo<'a>]) -> Tensors<'list, 'a> {
        let taken = vec![false; sorted.len()];
        Tensors {
            naming,
            sorted,
            taken,
        }
    }

    fn find(&self, file_name: &str) -> Option<usize> {
        self.sorted
            .binary_search_by(|tensor| tensor.name.cmp(file_name))
            .ok()
    }

    /// The shape of a tensor, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        let index = self.find(&self.naming.file_name(name))?;
        Some(self.sorted.get(index)?.shape.dims())
    }

    /// Takes a tensor of exactly this shape (rows first).
    pub(crate) fn take(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<TensorInfo<'a>, LoadError> {
        let found = self.take_optional(name, shape)?;
        found.ok_or_else(|| LoadError::missing(format!("tensor {}", self.naming.file_name(name))))
    }

    /// Takes a tensor that may be absent.
    pub(crate) fn take_optional(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<TensorInfo<'a>>, LoadError> {
        let name = self.naming.file_name(name);
        let Some(index) = self.find(&name) else {
            return Ok(None);
        };
        if let Some(taken) = self.taken.get_mut(index) {
            *taken = true;
        }
        match self.sorted.get(index) {
            Some(tensor) if tensor.shape.dims() != shape => {
                let (expected, found) = (shape.to_vec(), tensor.shape.dims().to_vec());
                Err(LoadError::Shape {
                    name,
                    expected,
                    found,
                })
            }
            found => Ok(found.cloned()),
        }
    }

    /// Refuses a file with tensors that nothing used: its arithmetic is another one.
    pub(crate) fn finish(self) -> Result<(), LoadError> {
        let precomputed = "rotary_emb.inv_freq"; // a table that old checkpoints carry along
        let left = self
            .sorted
            .iter()
            .zip(&self.taken)
            .find(|(tensor, taken)| !*taken && !tensor.name.ends_with(precomputed));
        match left {
            None => Ok(()),
            Some((tensor, _)) => Err(LoadError::unsupported(
                "the tensor list",
                format!("with a tensor {}", tensor.name),
                "the tensors of this architecture only",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Naming;

    #[test]
    fn names_are_translated() {
        let name = |ours| Naming::Transformers.file_name(ours);
        assert_eq!(
            name("blk.12.attn_q.bias"),
            "model.layers.12.self_attn.q_proj.bias"
        );
        assert_eq!(name("output_norm.weight"), "model.norm.weight");
        assert_eq!(name("output.weight"), "lm_head.weight");
        assert_eq!(
            Naming::Gguf.file_name("blk.1.ffn_up.weight"),
            "blk.1.ffn_up.weight"
        );
    }
}
