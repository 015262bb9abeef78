//! Rotary position embedding: the table of angles (RoFormer, arXiv 2104.09864).

/// Which elements of a head form a rotated pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pairing {
    /// `(x[i], x[i + d/2])`: Qwen2, Qwen3, and Llama as published by Hugging Face.
    Halves,
    /// `(x[2i], x[2i + 1])`: Llama as stored in GGUF.
    Interleaved,
}

/// Positions between two entries of the coarse table.
const STRIDE: usize = 256;
/// Pairs of the largest head.
pub(crate) const MAX_PAIRS: usize = 128;

/// Cosines and sines of every position, in f64 and in two compact tables: the angle of a position is
/// that of a multiple of 256 plus that of a rest, joined by the addition theorem. 32,768 positions of
/// 32 pairs take 200 KB instead of 8 MB, and the result is still exact to f64 rounding.
pub struct RopeTable {
    pairing: Pairing,
    n_pairs: usize,
    coarse: Angles, // [max_positions / 256][n_pairs]
    fine: Angles,   // [256][n_pairs]
}

/// Cosines and sines, beside each other so that their rows are vectors.
#[derive(Default)]
struct Angles {
    cos: Vec<f64>,
    sin: Vec<f64>,
}

impl RopeTable {
    /// Angles `position · frequencies[i]`, `frequencies` being `[head_dim / 2]` (f64, already scaled by
    /// the model's rope scaling, if any), for positions below `max_positions`.
    ///
    /// # Panics
    /// If there are more than 128 frequencies.
    pub fn new(pairing: Pairing, frequencies: &[f64], max_positions: usize) -> RopeTable {
        assert!(
            frequencies.len() <= MAX_PAIRS,
            "{} frequencies are more than {MAX_PAIRS}",
            frequencies.len()
        );
        RopeTable {
            pairing,
            n_pairs: frequencies.len(),
            coarse: Angles::new(frequencies, STRIDE, max_positions.div_ceil(STRIDE)),
            fine: Angles::new(frequencies, 1, STRIDE.min(max_positions)),
        }
    }
    pub(crate) fn pairing(&self) -> Pairing {
        self.pairing
    }
    pub(crate) fn n_pairs(&self) -> usize {
        self.n_pairs
    }
    /// Writes the cosines and sines (`[n_pairs]` each) of one position.
    ///
    /// # Panics
    /// If the position is outside the table.
    #[inline(always)]
    pub(crate) fn angles(&self, cos: &mut [f32], sin: &mut [f32], position: u32) {
        let (coarse, fine) = (position as usize / STRIDE, position as usize % STRIDE);
        let (cos_a, sin_a) = self.coarse.row(coarse, self.n_pairs);
        let (cos_b, sin_b) = self.fine.row(fine, self.n_pairs);
        let rows = cos_a.iter().zip(sin_a).zip(cos_b.iter().zip(sin_b));
        for ((cos, sin), ((cos_a, sin_a), (cos_b, sin_b))) in cos.iter_mut().zip(sin).zip(rows) {
            *cos = (cos_a * cos_b - sin_a * sin_b) as f32;
            *sin = (sin_a * cos_b + cos_a * sin_b) as f32;
        }
    }
}

impl Angles {
    fn new(frequencies: &[f64], stride: usize, n_rows: usize) -> Angles {
        let mut angles = Angles::default();
        for row in 0..n_rows {
            for frequency in frequencies {
                let (sin, cos) = libm::sincos((row * stride) as f64 * frequency);
                angles.cos.push(cos);
                angles.sin.push(sin);
            }
        }
        angles
    }
    #[inline(always)]
    fn row(&self, row: usize, n_pairs: usize) -> (&[f64], &[f64]) {
        let range = row * n_pairs..(row + 1) * n_pairs;
        (&self.cos[range.clone()], &self.sin[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_equal_the_direct_product() {
        let frequencies: Vec<f64> = (0..32).map(|i| 1e6f64.powf(-f64::from(i) / 32.0)).collect();
        let table = RopeTable::new(Pairing::Halves, &frequencies, 32_768);
        let (mut cos, mut sin) = ([0.0; 32], [0.0; 32]);
        for position in [0, 1, 255, 256, 257, 4_095, 20_000, 32_767] {
            table.angles(&mut cos, &mut sin, position);
            for (i, frequency) in frequencies.iter().enumerate() {
                let (want_sin, want_cos) = (f64::from(position) * frequency).sin_cos();
                assert!(
                    (f64::from(cos[i]) - want_cos).abs() < 6e-8,
                    "cos {position} {i}"
                );
                assert!(
                    (f64::from(sin[i]) - want_sin).abs() < 6e-8,
                    "sin {position} {i}"
                );
            }
        }
    }

    #[test]
    fn position_zero_rotates_nothing() {
        let table = RopeTable::new(Pairing::Interleaved, &[1.0, 0.1], 10);
        let (mut cos, mut sin) = ([0.0; 2], [1.0; 2]);
        table.angles(&mut cos, &mut sin, 0);
        assert_eq!((cos, sin), ([1.0; 2], [0.0; 2]));
    }
}
