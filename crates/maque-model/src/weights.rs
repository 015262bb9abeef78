//! The parts of a model: first as tensors found in a file with the right shapes, then packed.

use crate::LoadError;
use crate::arch::Presence;
use crate::config::{Config, Tied};
use crate::embedding::Embedding;
use crate::model::{Head, LoadOptions};
use crate::stored::{TensorInfo, Tensors};
use crate::weight_file::Part;
use maque_kernels::{Format, Machine, Matrix, Outputs, Packing, RopeTable, dequantize};

/// All parts of a model as its file holds them.
pub(crate) struct Found<'a> {
    embed: TensorInfo<'a>, // [n_vocab, dim]
    layers: Vec<Layer<TensorInfo<'a>, TensorInfo<'a>>>,
    norm: TensorInfo<'a>,         // [dim]
    head: Option<TensorInfo<'a>>, // [n_vocab, dim]; none when the embedding is the head
}

/// All parts of a model ready for use.
pub(crate) struct Packed {
    pub(crate) embed: Option<Embedding>, // none when the head is the embedding
    pub(crate) layers: Vec<Layer<Matrix, Vec<f32>>>,
    pub(crate) norm: Vec<f32>, // [dim]
    pub(crate) head: Matrix,   // [n_vocab, dim]
}

/// One layer, its matrices as `M` and its vectors as `V`.
pub(crate) struct Layer<M, V> {
    pub(crate) attn_norm: V,        // [dim]
    pub(crate) q: Projection<M, V>, // [n_heads · head_dim, dim]
    pub(crate) k: Projection<M, V>, // [n_kv_heads · head_dim, dim]
    pub(crate) v: Projection<M, V>, // [n_kv_heads · head_dim, dim]
    pub(crate) q_norm: Option<V>,   // [head_dim]
    pub(crate) k_norm: Option<V>,   // [head_dim]
    pub(crate) o: M,                // [dim, n_heads · head_dim]
    pub(crate) ffn_norm: V,         // [dim]
    pub(crate) gate: M,             // [ffn_dim, dim]
    pub(crate) up: M,               // [ffn_dim, dim]
    pub(crate) down: M,             // [dim, ffn_dim]
}

/// A matrix with an optional bias.
pub(crate) struct Projection<M, V> {
    pub(crate) weight: M,
    pub(crate) bias: Option<V>,
}

impl<'a> Found<'a> {
    /// Finds every part among `tensors` and checks its shape.
    pub(crate) fn find(
        tensors: &mut Tensors<'_, 'a>,
        config: &Config,
    ) -> Result<Found<'a>, LoadError> {
        let Config { dim, n_vocab, .. } = *config;
        let head = match config.tied {
            Tied::Always => tensors
                .take_optional("output.weight", &[n_vocab, dim])?
                .and(None),
            Tied::WithoutHead => tensors.take_optional("output.weight", &[n_vocab, dim])?,
            Tied::Never => Some(tensors.take("output.weight", &[n_vocab, dim])?),
        };
        Ok(Found {
            embed: tensors.take("token_embd.weight", &[n_vocab, dim])?,
            norm: tensors.take("output_norm.weight", &[dim])?,
            layers: (0..config.n_layers)
                .map(|index| find_layer(tensors, config, index))
                .collect::<Result<_, _>>()?,
            head,
        })
    }

    /// Bytes and elements of all parts.
    pub(crate) fn size(&self) -> (u64, u64) {
        let layers = self.layers.iter().flat_map(|layer| {
            let projections = [&layer.q, &layer.k, &layer.v];
            let biases = projections.map(|projection| projection.bias.as_ref());
            let weights = projections.map(|projection| Some(&projection.weight));
            let rest = [
                &layer.attn_norm,
                &layer.o,
                &layer.ffn_norm,
                &layer.gate,
                &layer.up,
                &layer.down,
            ];
            let norms = [layer.q_norm.as_ref(), layer.k_norm.as_ref()];
            biases
                .into_iter()
                .chain(weights)
                .chain(rest.map(Some))
                .chain(norms)
                .flatten()
        });
        let ends = [Some(&self.embed), Some(&self.norm), self.head.as_ref()]
            .into_iter()
            .flatten();
        ends.chain(layers)
            .fold((0, 0), |(n_bytes, n_elements), part| {
                let elements: usize = part.shape.dims().iter().product();
                (
                    n_bytes + part.bytes.len() as u64,
                    n_elements + elements as u64,
                )
            })
    }

    /// The format that most bytes of the layers are stored in.
    pub(crate) fn main_format(&self) -> Format {
        let layer = self
            .layers
            .iter()
            .flat_map(|l| [&l.q.weight, &l.o, &l.gate, &l.up, &l.down]);
        let mut totals: Vec<(usize, Format)> = Vec::new();
        for part in layer.chain([&self.embed]) {
            match totals.iter_mut().find(|(_, format)| *format == part.format) {
                Some((total, _)) => *total += part.bytes.len(),
                None => totals.push((part.bytes.len(), part.format)),
            }
        }
        totals
            .into_iter()
            .max_by_key(|(total, _)| *total)
            .map_or(Format::F32, |(_, format)| format)
    }
}

fn find_layer<'a>(
    tensors: &mut Tensors<'_, 'a>,
    config: &Config,
    index: usize,
) -> Result<Layer<TensorInfo<'a>, TensorInfo<'a>>, LoadError> {
    let Config {
        architecture,
        dim,
        ffn_dim,
        head_dim,
        ..
    } = *config;
    let (q_dim, kv_dim) = (config.q_dim(), config.kv_dim());
    let name = |part: &str| format!("blk.{index}.{part}");
    let mut optional = |presence: Presence, part: &str, n: usize| match presence {
        Presence::Required => tensors.take(&name(part), &[n]).map(Some),
        Presence::Optional => tensors.take_optional(&name(part), &[n]),
        Presence::Absent => Ok(None),
    };
    let q_bias = optional(architecture.qkv_bias, "attn_q.bias", q_dim)?;
    let k_bias = optional(architecture.qkv_bias, "attn_k.bias", kv_dim)?;
    let v_bias = optional(architecture.qkv_bias, "attn_v.bias", kv_dim)?;
    let q_norm = optional(architecture.head_norms, "attn_q_norm.weight", head_dim)?;
    let k_norm = optional(architecture.head_norms, "attn_k_norm.weight", head_dim)?;
    let mut take = |part: &str, shape: &[usize]| tensors.take(&name(part), shape);
    Ok(Layer {
        attn_norm: take("attn_norm.weight", &[dim])?,
        q: Projection {
            weight: take("attn_q.weight", &[q_dim, dim])?,
            bias: q_bias,
        },
        k: Projection {
            weight: take("attn_k.weight", &[kv_dim, dim])?,
            bias: k_bias,
        },
        v: Projection {
            weight: take("attn_v.weight", &[kv_dim, dim])?,
            bias: v_bias,
        },
        q_norm,
        k_norm,
        o: take("attn_output.weight", &[dim, q_dim])?,
        ffn_norm: take("ffn_norm.weight", &[dim])?,
        gate: take("ffn_gate.weight", &[ffn_dim, dim])?,
        up: take("ffn_up.weight", &[ffn_dim, dim])?,
        down: take("ffn_down.weight", &[dim, ffn_dim])?,
    })
}

/// The files that tensors lie in.
pub(crate) trait WeightFiles {
    /// Gives back a tensor's pages.
    fn release(&self, bytes: &[u8]);
    /// The part of a file that a tensor is.
    fn part(&self, bytes: &[u8]) -> Option<Part>;
}

/// Turns tensors of a file into packed ones, giving the file's pages back.
pub(crate) struct Packer<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) options: &'a LoadOptions<'a>,
    pub(crate) files: &'a dyn WeightFiles,
    pub(crate) n_total: u64,
    pub(crate) n_done: u64,
}

impl Packer<'_> {
    /// Packs all parts, in the order in which files hold them, more or less.
    pub(crate) fn weights(&mut self, found: &Found<'_>) -> Packed {
        let embed = found.head.as_ref().map(|_| self.embedding(&found.embed));
        Packed {
            embed,
            head: self.head(found.head.as_ref().unwrap_or(&found.embed)),
            layers: found.layers.iter().map(|layer| self.layer(layer)).collect(),
            norm: self.vector(&found.norm),
        }
    }

    fn layer(&mut self, found: &Layer<TensorInfo<'_>, TensorInfo<'_>>) -> Layer<Matrix, Vec<f32>> {
        Layer {
            attn_norm: self.vector(&found.attn_norm),
            q: self.projection(&found.q),
            k: self.projection(&found.k),
            v: self.projection(&found.v),
            q_norm: found.q_norm.as_ref().map(|norm| self.vector(norm)),
            k_norm: found.k_norm.as_ref().map(|norm| self.vector(norm)),
            o: self.matrix(&found.o),
            ffn_norm: self.vector(&found.ffn_norm),
            gate: self.matrix(&found.gate),
            up: self.matrix(&found.up),
            down: self.matrix(&found.down),
        }
    }

    fn projection(
        &mut self,
        found: &Projection<TensorInfo<'_>, TensorInfo<'_>>,
    ) -> Projection<Matrix, Vec<f32>> {
        let bias = found.bias.as_ref().map(|bias| self.vector(bias));
        Projection {
            weight: self.matrix(&found.weight),
            bias,
        }
    }

    /// What stays in its file.
    fn embedding(&mut self, stored: &TensorInfo<'_>) -> Embedding {
        let part = self.files.part(stored.bytes);
        let dim = stored.shape.dims().last().copied().unwrap_or_default();
        let embedding = part.and_then(|part| Embedding::new(part, stored.format, dim));
        self.finish(stored);
        embedding.expect("tensors lie in their files, in rows of whole blocks")
    }

    fn matrix(&mut self, stored: &TensorInfo<'_>) -> Matrix {
        self.pack(stored, Outputs::All)
    }

    fn head(&mut self, stored: &TensorInfo<'_>) -> Matrix {
        self.pack(
            stored,
            match self.options.head {
                Head::Screened => Outputs::Best,
                Head::Exact => Outputs::All,
            },
        )
    }

    fn pack(&mut self, stored: &TensorInfo<'_>, outputs: Outputs) -> Matrix {
        let &[n_rows, n_cols] = stored.shape.dims() else {
            unreachable!("the shape of every matrix was checked when it was taken");
        };
        let packing = Packing {
            dtype: self.options.dtype,
            outputs,
        };
        let shape = [n_rows, n_cols];
        let matrix = Matrix::pack(self.machine, packing, stored.format, shape, stored.bytes);
        self.finish(stored);
        matrix
    }

    fn vector(&mut self, stored: &TensorInfo<'_>) -> Vec<f32> {
        let mut vector = vec![0.0; stored.shape.dims().iter().product()];
        dequantize(&mut vector, stored.format, stored.bytes);
        self.finish(stored);
        vector
    }

    fn finish(&mut self, stored: &TensorInfo<'_>) {
        self.files.release(stored.bytes);
        self.n_done += stored.bytes.len() as u64;
        if let Some(progress) = self.options.progress {
            progress(self.n_done, self.n_total);
        }
    }
}

impl Packed {
    /// Bytes of memory.
    pub(crate) fn n_bytes(&self) -> u64 {
        let layers = self.layers.iter().flat_map(Layer::matrices);
        let matrices = layers.chain([&self.head]);
        matrices.map(|matrix| matrix.n_bytes() as u64).sum()
    }
}

impl Layer<Matrix, Vec<f32>> {
    /// All matrices, in the order of use.
    pub(crate) fn matrices(&self) -> [&Matrix; 7] {
        let [q, k, v] = [&self.q, &self.k, &self.v].map(|projection| &projection.weight);
        [q, k, v, &self.o, &self.gate, &self.up, &self.down]
    }
}

/// The table of rotations that a model needs.
pub(crate) fn rope_table(config: &Config, factors: Option<&[f32]>) -> RopeTable {
    let frequencies = config.rope.frequencies(config.head_dim, factors);
    RopeTable::new(config.rope.pairing, &frequencies, config.max_positions)
}
