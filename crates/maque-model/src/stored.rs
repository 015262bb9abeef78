//! Tensors as files hold them, by name, with their shapes checked as they are taken.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use crate::LoadError;
use maque_kernels::Format;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One tensor of a file.
#[derive(Clone, Debug)]
pub(crate) struct Stored<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) format: Format,
    /// Rows first.
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: &'a [u8],
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

/// The tensors of a file that nobody has taken yet.
pub(crate) struct Tensors<'a> {
    naming: Naming,
    by_name: BTreeMap<Cow<'a, str>, Stored<'a>>,
}

impl<'a> Tensors<'a> {
    pub(crate) fn new(naming: Naming, tensors: impl Iterator<Item = Stored<'a>>) -> Tensors<'a> {
        let by_name = tensors
            .map(|tensor| (tensor.name.clone(), tensor))
            .collect();
        Tensors { naming, by_name }
    }

    /// Whether a tensor is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name
            .contains_key(self.naming.file_name(name).as_str())
    }

    /// The shape of a tensor, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(
            &self
                .by_name
                .get(self.naming.file_name(name).as_str())?
                .shape,
        )
    }

    /// Takes a tensor of exactly this shape (rows first).
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Stored<'a>, LoadError> {
        let name = self.naming.file_name(name);
        let Some(stored) = self.by_name.remove(name.as_str()) else {
            return Err(LoadError::missing(format!("tensor {name}")));
        };
        if stored.shape != shape {
            let (expected, found) = (shape.to_vec(), stored.shape);
            return Err(LoadError::Shape {
                name,
                expected,
                found,
            });
        }
        Ok(stored)
    }

    /// Takes a tensor that may be absent.
    pub(crate) fn take_optional(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<Stored<'a>>, LoadError> {
        match self.has(name) {
            true => self.take(name, shape).map(Some),
            false => Ok(None),
        }
    }

    /// Refuses a file with tensors that nothing used: its arithmetic is another one.
    pub(crate) fn finish(mut self) -> Result<(), LoadError> {
        let precomputed = "rotary_emb.inv_freq"; // a table that old checkpoints carry along
        self.by_name.retain(|name, _| !name.ends_with(precomputed));
        match self.by_name.into_keys().next() {
            None => Ok(()),
            Some(name) => Err(LoadError::unsupported(
                "the tensor list",
                format!("with a tensor {name}"),
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
