//! What a token costs, for comparing a measured speed with a machine's limits.

use crate::Model;
use crate::weights::Layer;
use maque_kernels::{Matrix, Precision};

/// Work of one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-adds in the layers' matrices: what a token of a prompt takes, attention aside.
    pub layer_macs: u64,
    /// Multiply-adds in the output head: what a token's logits take.
    pub head_macs: u64,
    /// Bytes of weights that are read once for all tokens of a pass, of the output head as much as the best logits take.
    pub n_bytes: u64,
    /// What most of the work multiplies.
    pub precision: Precision,
}

impl Model {
    /// What a token costs.
    pub fn cost(&self) -> Cost {
        let weights = &self.weights;
        let layers: Vec<&Matrix> = weights.layers.iter().flat_map(Layer::matrices).collect();
        let head = &weights.head;
        let layer_macs = layers.iter().map(|m| macs(m)).sum();
        let macs_of = |precision: &Precision| -> u64 {
            let of_it = layers.iter().filter(|m| m.precision() == *precision);
            of_it.map(|m| macs(m)).sum()
        };
        let all = [Precision::F32, Precision::Int16, Precision::Int8];
        let n_bytes: usize = layers.iter().map(|m| m.n_bytes()).sum();
        Cost {
            layer_macs,
            head_macs: macs(head),
            n_bytes: (n_bytes + head.n_bytes_for_best()) as u64,
            precision: all
                .into_iter()
                .max_by_key(macs_of)
                .expect("there are three"),
        }
    }
}

fn macs(matrix: &Matrix) -> u64 {
    matrix.n_rows() as u64 * matrix.n_cols() as u64
}
