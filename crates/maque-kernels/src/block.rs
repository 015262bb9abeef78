//! A quantised block taken apart: codes, scales and minima, and the value that they stand for.

use crate::Format;
use half::f16;

/// Elements that share a scale of their own in a matrix product, and one scale of the activations.
pub(crate) const SUB_BLOCK: usize = 32;

/// How codes of 4 to 8 bits stand for values; each kind has its own formula in the product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `d · (code − 2^shift)`: Q4_0, Q5_0, Q8_0.
    Centred { shift: u32 },
    /// `d · code + m`: Q4_1, Q5_1, Q4_K, Q5_K.
    Affine,
    /// `d · s · (code − 32)` with an integer `s` for each 16 elements: Q6_K.
    Scaled,
}

impl Kind {
    /// The kind of a block format.
    ///
    /// # Panics
    /// If `format` is no block format.
    #[inline(always)]
    pub(crate) const fn of(format: Format) -> Kind {
        match format {
            Format::Q4_0 => Kind::Centred { shift: 3 },
            Format::Q5_0 => Kind::Centred { shift: 4 },
            Format::Q8_0 => Kind::Centred { shift: 7 },
            Format::Q4_1 | Format::Q5_1 | Format::Q4_K | Format::Q5_K => Kind::Affine,
            Format::Q6_K => Kind::Scaled,
            Format::F32 | Format::F16 | Format::BF16 => panic!("only block formats have codes"),
        }
    }
}

/// One block of a file, of 32 or 256 elements. What a format does not have is zero.
#[derive(Clone)]
pub(crate) struct Block {
    /// Unsigned codes in the order of the elements. Q8_0's are its signed bytes + 128.
    pub(crate) codes: [u8; 256],
    pub(crate) d: f16,
    /// `m` of Q4_1 and Q5_1, `dmin` of Q4_K and Q5_K.
    pub(crate) m: f16,
    /// Scales of 32 elements (6 bits, Q4_K and Q5_K) or of 16 (i8, Q6_K).
    pub(crate) scales: [u8; 16],
    /// Minima of 32 elements (6 bits, Q4_K and Q5_K).
    pub(crate) mins: [u8; 8],
}

impl Block {
    /// Takes `format.block_bytes()` bytes apart.
    ///
    /// # Panics
    /// If there are fewer, or `format` is no block format.
    pub(crate) fn read(format: Format, bytes: &[u8]) -> Block {
        let mut block = Block {
            codes: [0; 256],
            d: f16::ZERO,
            m: f16::ZERO,
            scales: [0; 16],
            mins: [0; 8],
        };
        match format {
            Format::Q4_0 => {
                block.d = half_at(bytes, 0);
                nibbles(&mut block.codes, &bytes[2..18]);
            }
            Format::Q4_1 => {
                (block.d, block.m) = (half_at(bytes, 0), half_at(bytes, 2));
                nibbles(&mut block.codes, &bytes[4..20]);
            }
            Format::Q5_0 => {
                block.d = half_at(bytes, 0);
                nibbles(&mut block.codes, &bytes[6..22]);
                fifth_bits(&mut block.codes, &bytes[2..6]);
            }
            Format::Q5_1 => {
                (block.d, block.m) = (half_at(bytes, 0), half_at(bytes, 2));
                nibbles(&mut block.codes, &bytes[8..24]);
                fifth_bits(&mut block.codes, &bytes[4..8]);
            }
            Format::Q8_0 => {
                block.d = half_at(bytes, 0);
                for (code, byte) in block.codes.iter_mut().zip(&bytes[2..34]) {
                    *code = byte ^ 0x80;
                }
            }
            Format::Q4_K => {
                block.read_k_scales(bytes);
                k_nibbles(&mut block.codes, &bytes[16..144]);
            }
            Format::Q5_K => {
                block.read_k_scales(bytes);
                k_nibbles(&mut block.codes, &bytes[48..176]);
                k_fifth_bits(&mut block.codes, &bytes[16..48]);
            }
            Format::Q6_K => {
                six_bits(&mut block.codes, &bytes[..128], &bytes[128..192]);
                block.scales.copy_from_slice(&bytes[192..208]);
                block.d = half_at(bytes, 208);
            }
            Format::F32 | Format::F16 | Format::BF16 => panic!("only block formats have codes"),
        }
        block
    }

    /// `d`, `dmin`, scales and minima of Q4_K and Q5_K.
    fn read_k_scales(&mut self, bytes: &[u8]) {
        (self.d, self.m) = (half_at(bytes, 0), half_at(bytes, 2));
        let (scales, mins) = k_scales(&bytes[4..16]);
        self.scales[..8].copy_from_slice(&scales);
        self.mins = mins;
    }

    /// The values of all its elements.
    pub(crate) fn values(&self, format: Format, out: &mut [f32]) {
        for (i, (out, codes)) in out
            .chunks_exact_mut(SUB_BLOCK)
            .zip(self.codes.chunks_exact(SUB_BLOCK))
            .enumerate()
        {
            let lane = self.lane(format, i);
            for (k, (out, code)) in out.iter_mut().zip(codes).enumerate() {
                *out = lane.value(Kind::of(format), k, *code);
            }
        }
    }

    /// The scales of sub-block `i`.
    fn lane(&self, format: Format, i: usize) -> LaneScales {
        match format {
            Format::Q4_K | Format::Q5_K => {
                LaneScales::of_k(self.d, self.m, self.scales[i], self.mins[i])
            }
            Format::Q6_K => LaneScales {
                d: self.d.to_f32(),
                m: 0.0,
                s: [self.scales[2 * i] as i8, self.scales[2 * i + 1] as i8],
            },
            _ => LaneScales {
                d: self.d.to_f32(),
                m: self.m.to_f32(),
                s: [1, 1],
            },
        }
    }
}

/// What turns the codes of one row's sub-block into values.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct LaneScales {
    pub(crate) d: f32,
    /// Added to each value of [`Kind::Affine`].
    pub(crate) m: f32,
    /// Factors of the two halves of [`Kind::Scaled`].
    pub(crate) s: [i8; 2],
}

impl LaneScales {
    /// Those of a Q4_K or Q5_K sub-block; both products are exact (11 by 6 bits).
    #[inline(always)]
    pub(crate) fn of_k(d: f16, dmin: f16, scale: u8, min: u8) -> LaneScales {
        LaneScales {
            d: d.to_f32() * f32::from(scale),
            m: -(dmin.to_f32() * f32::from(min)),
            s: [1, 1],
        }
    }

    /// The value of element `k` (of 32) with this code, as `gguf` rounds it.
    #[inline(always)]
    pub(crate) fn value(&self, kind: Kind, k: usize, code: u8) -> f32 {
        let code = i32::from(code);
        match kind {
            Kind::Centred { shift } => self.d * (code - (1 << shift)) as f32,
            Kind::Affine => self.d * code as f32 + self.m,
            Kind::Scaled => self.d * f32::from(self.s[k / 16]) * (code - 32) as f32,
        }
    }
}

/// The eight 6-bit scales and the eight minima that 12 bytes of Q4_K and Q5_K hold.
#[inline(always)]
pub(crate) fn k_scales(packed: &[u8]) -> ([u8; 8], [u8; 8]) {
    let (mut scales, mut mins) = ([0; 8], [0; 8]);
    for i in 0..4 {
        scales[i] = packed[i] & 63;
        mins[i] = packed[i + 4] & 63;
        scales[i + 4] = (packed[i + 8] & 15) | ((packed[i] >> 6) << 4);
        mins[i + 4] = (packed[i + 8] >> 4) | ((packed[i + 4] >> 6) << 4);
    }
    (scales, mins)
}

fn half_at(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// 16 low nibbles, then the 16 high ones.
fn nibbles(codes: &mut [u8], packed: &[u8]) {
    let (low, high) = codes.split_at_mut(packed.len());
    for ((low, high), byte) in low.iter_mut().zip(high).zip(packed) {
        (*low, *high) = (byte & 15, byte >> 4);
    }
}

/// Bit `i` of 32 belongs to element `i`.
fn fifth_bits(codes: &mut [u8], bits: &[u8]) {
    let bits = u32::from_le_bytes([bits[0], bits[1], bits[2], bits[3]]);
    for (i, code) in codes[..32].iter_mut().enumerate() {
        *code |= ((bits >> i & 1) << 4) as u8;
    }
}

/// Each 32 bytes hold 32 low nibbles, then the 32 high ones.
fn k_nibbles(codes: &mut [u8], packed: &[u8]) {
    for (codes, packed) in codes.chunks_exact_mut(64).zip(packed.chunks_exact(32)) {
        nibbles(codes, packed);
    }
}

/// Bit `i` of byte `k` belongs to element `k` of sub-block `i`.
fn k_fifth_bits(codes: &mut [u8], bits: &[u8]) {
    for (i, codes) in codes.chunks_exact_mut(32).enumerate() {
        for (code, bits) in codes.iter_mut().zip(bits) {
            *code |= (bits >> i & 1) << 4;
        }
    }
}

/// Q6_K: for each 128 elements, 64 bytes of low nibbles and 32 of high bit pairs.
fn six_bits(codes: &mut [u8], low: &[u8], high: &[u8]) {
    let packed = low.chunks_exact(64).zip(high.chunks_exact(32));
    for (codes, (low, high)) in codes.chunks_exact_mut(128).zip(packed) {
        nibbles(codes, low);
        for (i, codes) in codes.chunks_exact_mut(32).enumerate() {
            for (code, bits) in codes.iter_mut().zip(high) {
                *code |= (bits >> (2 * i) & 3) << 4;
            }
        }
    }
}
