//! What becomes of a file's numbers in memory.

use crate::Format;
use crate::block::SUB_BLOCK;

/// Whether weights are kept nearly as stored, widened to f32 or rounded to 8 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dtype {
    /// As the file has them, but F16 as whole numbers of 14 bits with a power of two for each 32, with arithmetic in these: what
    /// is below a quarter of the largest of 32 loses what is below 2⁻¹³ of that.
    #[default]
    Keep,
    /// Widened to f32, with f32 arithmetic.
    F32,
    /// F32, F16 and BF16 rounded to 8 bits with a scale for each 32 (Q8_0), with 8-bit arithmetic; what is in blocks already as
    /// stored.
    Int8,
}

impl Dtype {
    /// What a matrix of this format and width becomes; it is not rounded where its rows are no whole blocks of 32.
    pub(crate) fn of(self, format: Format, n_cols: usize) -> Format {
        match self {
            Dtype::Keep if format == Format::F16 && !n_cols.is_multiple_of(SUB_BLOCK) => {
                Format::F32
            }
            Dtype::Keep => format,
            Dtype::F32 => Format::F32,
            Dtype::Int8 if format.is_quantized() => format,
            Dtype::Int8 => match Format::Q8_0.bytes_for(n_cols) {
                Some(_) => Format::Q8_0,
                None => Dtype::Keep.of(format, n_cols),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_blocks_already_or_has_no_whole_ones_stays() {
        assert_eq!(Dtype::Int8.of(Format::BF16, 64), Format::Q8_0);
        assert_eq!(Dtype::Int8.of(Format::F32, 63), Format::F32);
        assert_eq!(Dtype::Int8.of(Format::Q4_K, 256), Format::Q4_K);
        assert_eq!(Dtype::Keep.of(Format::F16, 64), Format::F16);
        assert_eq!(Dtype::Keep.of(Format::F16, 63), Format::F32);
        assert_eq!(Dtype::Int8.of(Format::F16, 63), Format::F32);
    }
}
