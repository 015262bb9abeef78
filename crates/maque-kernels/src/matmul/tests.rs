//! Every instruction set against the scalar specification, to the bit.

use crate::{
    Activations, Dtype, Format, Isa, Machine, Matrix, Outputs, Packing, Precision, dequantize,
};
use std::num::NonZeroUsize;

const FORMATS: [Format; 11] = [
    Format::F32,
    Format::F16,
    Format::BF16,
    Format::Q4_0,
    Format::Q4_1,
    Format::Q5_0,
    Format::Q5_1,
    Format::Q8_0,
    Format::Q4_K,
    Format::Q5_K,
    Format::Q6_K,
];

/// Deterministic noise (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }
    /// Between −1 and 1.
    fn float(&mut self) -> f32 {
        (self.next() % 20_001) as f32 / 10_000.0 - 1.0
    }
    /// File bytes of random blocks whose scales are between 2⁻⁷ and 2⁻⁵, of either sign.
    fn weights(&mut self, format: Format, n: usize) -> Vec<u8> {
        let halves: &[usize] = match format {
            Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => &[0],
            Format::Q6_K => &[208],
            _ => &[0, 2],
        };
        let n_bytes = format.bytes_for(n).expect("whole blocks");
        let mut bytes: Vec<u8> = (0..n_bytes).map(|_| self.next() as u8).collect();
        for block in bytes.chunks_exact_mut(format.block_bytes()) {
            match format {
                Format::F32 => block.copy_from_slice(&self.float().to_le_bytes()),
                Format::F16 => {
                    block.copy_from_slice(&half::f16::from_f32(self.float()).to_le_bytes());
                }
                Format::BF16 => {
                    block.copy_from_slice(&half::bf16::from_f32(self.float()).to_le_bytes());
                }
                _ => halves.iter().for_each(|at| {
                    block[at + 1] = 0x20 | (self.next() % 8) as u8 | (self.next() as u8 & 0x80);
                }),
            }
        }
        bytes
    }
}

struct Case {
    format: Format,
    n_rows: usize,
    n_cols: usize,
    n_tokens: usize,
    bytes: Vec<u8>,
    x: Vec<f32>,
    bias: Vec<f32>,
}

impl Case {
    fn new(format: Format, n_rows: usize, n_cols: usize, n_tokens: usize) -> Case {
        let seed = (n_rows * 1_000_003 + n_cols * 1009 + n_tokens) as u64;
        let mut noise = Noise(seed * 2 + 1);
        Case {
            format,
            n_rows,
            n_cols,
            n_tokens,
            bytes: noise.weights(format, n_rows * n_cols),
            x: (0..n_tokens * n_cols).map(|_| noise.float()).collect(),
            bias: (0..n_rows).map(|_| noise.float()).collect(),
        }
    }

    /// The product with bias, then the same once more added to it.
    fn run(&self, isa: Isa, n_threads: usize) -> Vec<f32> {
        self.run_packed(Packing::default(), isa, n_threads)
    }

    fn run_packed(&self, packing: Packing, isa: Isa, n_threads: usize) -> Vec<f32> {
        let machine = Machine::new(isa, NonZeroUsize::new(n_threads).expect("a thread"));
        let weights = self.pack(&machine, packing);
        let mut x = Activations::new(self.n_tokens, self.n_cols);
        let mut out = vec![f32::NAN; self.n_tokens * self.n_rows];
        machine.load(&mut x, &self.x);
        machine.matmul(&mut out, &weights, Some(&self.bias), &x);
        machine.matmul_add(&mut out, &weights, &x);
        out
    }

    fn pack(&self, machine: &Machine, packing: Packing) -> Matrix {
        let shape = [self.n_rows, self.n_cols];
        Matrix::pack(machine, packing, self.format, shape, &self.bytes)
    }

    fn name(&self) -> String {
        let Case {
            format,
            n_rows,
            n_cols,
            n_tokens,
            ..
        } = self;
        format!("{format:?} {n_rows}×{n_cols}, {n_tokens} tokens")
    }
}

fn packing(dtype: Dtype, outputs: Outputs) -> Packing {
    Packing { dtype, outputs }
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn every_isa_and_number_of_threads_has_the_bits_of_scalar_code() {
    for format in FORMATS {
        let block = format.block_len().max(32);
        let mut shapes = vec![(1, block, 1), (16, 3 * block, 2), (37, 1024 + 256, 5)];
        shapes.extend((1..=17).map(|n_tokens| (50, 2 * block, n_tokens)));
        shapes.extend([(33, 512, 40), (100, 768, 25), (33, 1024, 43)]);
        for (n_rows, n_cols, n_tokens) in shapes {
            let case = Case::new(format, n_rows, n_cols, n_tokens);
            let want = bits(&case.run(Isa::Scalar, 1));
            for isa in Isa::available() {
                for n_threads in [1, 2, 3] {
                    let got = bits(&case.run(isa, n_threads));
                    assert!(got == want, "{isa:?}, {n_threads} threads, {}", case.name());
                }
            }
        }
    }
}

#[test]
fn the_largest_codes_of_f16_do_not_overflow() {
    for sign in [1.0, -1.0] {
        for n_tokens in [1, 3, 9] {
            let case = Case {
                bytes: [0x00, 0x7c].repeat(20 * 64), // infinite: the largest code, 65,528
                x: vec![sign; n_tokens * 64],
                bias: vec![0.0; 20],
                ..Case::new(Format::F16, 20, 64, n_tokens)
            };
            for isa in Isa::available() {
                for outputs in [Outputs::All, Outputs::Best] {
                    let got = case.run_packed(packing(Dtype::Keep, outputs), isa, 1);
                    let want = sign * 2.0 * 64.0 * 65_528.0;
                    let is_close = |got: &f32| (got / want - 1.0).abs() < 1e-6;
                    assert!(got.iter().all(is_close), "{isa:?}: {got:?} for {want}");
                }
            }
        }
    }
}

#[test]
fn planes_have_the_bits_of_whole_codes() {
    for (n_rows, n_cols, n_tokens) in (1..=17).map(|n| (50, 288, n)).chain([(100, 1056, 43)]) {
        for format in [Format::Q8_0, Format::F16] {
            let case = Case::new(format, n_rows, n_cols, n_tokens);
            let want = bits(&case.run(Isa::Scalar, 1));
            for isa in Isa::available() {
                let got = bits(&case.run_packed(packing(Dtype::Keep, Outputs::Best), isa, 2));
                assert!(got == want, "{isa:?}, {}", case.name());
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_in_every_batch() {
    for format in FORMATS {
        let all = Case::new(format, 40, 512, 20);
        let want = bits(&all.run(Isa::best(), 2));
        for token in 0..all.n_tokens {
            let one = Case {
                n_tokens: 1,
                x: all.x[token * 512..][..512].to_vec(),
                bytes: all.bytes.clone(),
                bias: all.bias.clone(),
                ..all
            };
            assert!(bits(&one.run(Isa::best(), 2)) == want[token * 40..][..40]);
        }
    }
}

#[test]
fn scalar_code_is_close_to_the_product_in_f64() {
    for format in FORMATS {
        let case = Case::new(format, 35, 512, 9);
        let mut weights = vec![0.0; case.n_rows * case.n_cols];
        dequantize(&mut weights, format, &case.bytes);
        let got = case.run(Isa::Scalar, 1);
        for (i, got) in got.iter().enumerate() {
            let (token, row) = (i / case.n_rows, i % case.n_rows);
            let x = &case.x[token * 512..][..512];
            let w = &weights[row * 512..][..512];
            let terms = || w.iter().zip(x).map(|(w, x)| f64::from(w * x));
            let want = 2.0 * terms().sum::<f64>() + f64::from(case.bias[row]);
            // Rounding to 127 steps: errors are independent, so they grow with the root of the sum of squares.
            let size = w.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>().sqrt();
            let in_f32 = 1e-5 * (1.0 + terms().map(f64::abs).sum::<f64>());
            let tolerance = match format.precision() {
                Precision::Int8 => 2.0 * 6.0 * size / 127.0 / 12f64.sqrt(),
                // Weights err by half of 2⁻¹² of 1 at most, activations by half of 1/8191.
                Precision::Int16 => {
                    in_f32 + 2.0 * 6.0 * (size + 512f64.sqrt()) / 8191.0 / 12f64.sqrt()
                }
                Precision::F32 => in_f32,
            };
            let error = (f64::from(*got) - want).abs();
            assert!(error < tolerance, "{}: {got} for {want}", case.name());
        }
    }
}

#[test]
fn rows_are_the_file_s_values() {
    for format in FORMATS {
        let case = Case::new(format, 21, 512, 1);
        let machine = Machine::new(Isa::best(), NonZeroUsize::MIN);
        let mut want = vec![0.0; 21 * 512];
        dequantize(&mut want, format, &case.bytes);
        let tokens = [20, 0, 7, 7];
        for packing in [
            Packing::default(),
            packing(Dtype::F32, Outputs::All),
            packing(Dtype::Keep, Outputs::Best),
        ] {
            let matrix = case.pack(&machine, packing);
            let mut out = vec![f32::NAN; 4 * 512];
            machine.embed(&mut out, &matrix, &tokens);
            let is_coded = format == Format::F16 && packing.dtype == Dtype::Keep;
            for (out, token) in out.chunks(512).zip(tokens) {
                let want = &want[token as usize * 512..][..512];
                match is_coded {
                    true => assert_coded(out, want),
                    false => assert_eq!(bits(out), bits(want)),
                }
            }
        }
    }
}

/// F16 keeps all bits of what is not below a quarter of the largest of 32; the rest errs by at most 2⁻¹³ of that.
fn assert_coded(got: &[f32], want: &[f32]) {
    for (got, want) in got.chunks(32).zip(want.chunks(32)) {
        let largest = want.iter().fold(0.0f32, |a, x| a.max(x.abs()));
        for (got, want) in got.iter().zip(want) {
            let is_exact = largest <= 4.0 * want.abs();
            let tolerance = if is_exact { 0.0 } else { largest / 8192.0 };
            assert!((got - want).abs() <= tolerance, "{got} for {want}");
        }
    }
}

#[test]
fn narrowed_rows_are_within_half_a_step() {
    let machine = Machine::new(Isa::best(), NonZeroUsize::MIN);
    for format in FORMATS {
        let case = Case::new(format, 21, 512, 1);
        let mut want = vec![0.0; 21 * 512];
        dequantize(&mut want, format, &case.bytes);
        let rows = |matrix: Matrix| {
            let mut out = vec![f32::NAN; 21 * 512];
            machine.embed(&mut out, &matrix, &Vec::from_iter(0..21));
            out
        };
        let got = rows(case.pack(&machine, packing(Dtype::Int8, Outputs::All)));
        let head = case.pack(&machine, packing(Dtype::Int8, Outputs::Best));
        assert_eq!(bits(&got), bits(&rows(head)), "{format:?}");
        for (got, want) in got.chunks(32).zip(want.chunks(32)) {
            let largest = want.iter().fold(0.0f32, |a, x| a.max(x.abs()));
            let step = match format.is_quantized() {
                true => 0.0,
                false => 0.51 * largest / 127.0,
            };
            for (got, want) in got.iter().zip(want) {
                assert!((got - want).abs() <= step, "{format:?}: {got} for {want}");
            }
        }
    }
}

#[test]
fn packing_keeps_the_bits_per_weight() {
    let machine = Machine::new(Isa::best(), NonZeroUsize::MIN);
    for format in FORMATS {
        let case = Case::new(format, 32, 1024, 1);
        let matrix = case.pack(&machine, Packing::default());
        let n_bytes = match format {
            Format::Q4_K | Format::Q5_K => case.bytes.len() + 32 * 1024 / 256 * 4,
            Format::F16 => 32 * 1024 / 32 * 57, // 14.25 bits
            _ => case.bytes.len(),
        };
        assert_eq!(matrix.n_bytes(), n_bytes, "{format:?}");
    }
}
