//! A piece of a model's work, to find out how many threads do it fastest.

use crate::{Activations, Format, Machine, Matrix, Packing};
use std::time::{Duration, Instant};

/// Shape of each matrix: one of a small model's layer.
const SHAPE: [usize; 2] = [1024, 896];
/// Matrices: more than the second-level caches hold.
const N_MATRICES: usize = 16;
/// Tokens of a prompt's chunk.
const CHUNK: usize = 16;

/// Matrix products like those of a small model.
pub struct Trial {
    matrices: Vec<Matrix>,
    token: Activations,
    chunk: Activations,
    out: Vec<f32>, // [CHUNK, rows]
}

impl Trial {
    /// Makes the weights; other machines can run them too.
    pub fn new(machine: &Machine) -> Trial {
        let [n_rows, n_cols] = SHAPE;
        let bytes = vec![0; n_rows * n_cols / 32 * Format::Q4_0.block_bytes()];
        let matrix = |_| Matrix::pack(machine, Packing::default(), Format::Q4_0, SHAPE, &bytes);
        let activations = |n_tokens: usize| {
            let mut activations = Activations::new(n_tokens, n_cols);
            machine.load(&mut activations, &vec![1.0; n_tokens * n_cols]);
            activations
        };
        Trial {
            matrices: (0..N_MATRICES).map(matrix).collect(),
            token: activations(1),
            chunk: activations(CHUNK),
            out: vec![0.0; CHUNK * n_rows],
        }
    }

    /// Times of a token that is written, and of a chunk of a prompt that is read.
    pub fn run(&mut self, machine: &Machine) -> [Duration; 2] {
        [&self.token, &self.chunk].map(|x| {
            let start = Instant::now();
            for matrix in &self.matrices {
                let out = &mut self.out[..x.n_tokens() * matrix.n_rows()];
                machine.matmul(out, matrix, None, x);
            }
            start.elapsed()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use std::num::NonZeroUsize;

    #[test]
    fn another_machine_runs_it_too() {
        let [one, two] = [1, 2].map(|n| {
            let n = NonZeroUsize::new(n).expect("not zero");
            Machine::new(Isa::best(), n)
        });
        let mut trial = Trial::new(&one);
        for machine in [&one, &two] {
            assert!(trial.run(machine).iter().all(|time| !time.is_zero()));
        }
    }
}
