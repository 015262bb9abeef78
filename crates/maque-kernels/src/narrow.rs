//! F32, F16 and BF16 weights rounded to 8 bits: the blocks that a file of Q8_0 would hold.

use crate::Format;
use crate::block::SUB_BLOCK;
use crate::codes::{encode, inverse, largest};
use crate::format::widen;
use half::f16;
use half::slice::HalfFloatSliceExt;

/// The largest code.
const MAX_CODE: f32 = 127.0;

/// Appends the blocks of a row.
#[inline(always)]
pub(crate) fn narrow(blocks: &mut Vec<u8>, format: Format, bytes: &[u8]) {
    for bytes in bytes.chunks_exact(SUB_BLOCK * format.block_bytes()) {
        let (scale, codes) = block(&values(format, bytes));
        blocks.extend(scale.to_le_bytes());
        blocks.extend(codes);
    }
}

/// The numbers of one block.
#[inline(always)]
pub(crate) fn values(format: Format, bytes: &[u8]) -> [f32; SUB_BLOCK] {
    let mut values = [0.0; SUB_BLOCK];
    if format == Format::F16 {
        let mut halves = [f16::ZERO; SUB_BLOCK];
        for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks().0) {
            *half = f16::from_le_bytes(*bytes);
        }
        halves.convert_to_f32_slice(&mut values); // one by one they would ask the processor each time what it can
        return values;
    }
    for (value, bytes) in values
        .iter_mut()
        .zip(bytes.chunks_exact(format.block_bytes()))
    {
        *value = widen(format, bytes);
    }
    values
}

/// Scale and codes of one block; NaN, and what is larger than a scale can say, becomes the largest code.
#[inline(always)]
fn block(values: &[f32; SUB_BLOCK]) -> (f16, [u8; SUB_BLOCK]) {
    let scale = f16::from_f32(largest(values) / MAX_CODE).min(f16::MAX);
    let mut codes = [0; SUB_BLOCK];
    encode(&mut codes, values, inverse(scale.to_f32()), MAX_CODE);
    let mut bytes = [0; SUB_BLOCK];
    for (byte, code) in bytes.iter_mut().zip(codes) {
        *byte = code as u8;
    }
    (scale, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_within_half_a_step() {
        let values: [f32; SUB_BLOCK] =
            std::array::from_fn(|i| ((i * 37 % 64) as f32 - 31.0) * 0.01);
        let (scale, codes) = block(&values);
        let step = scale.to_f32();
        for (code, x) in codes.iter().zip(values) {
            assert!(
                (f32::from(*code as i8) * step - x).abs() <= 0.51 * step,
                "{x}"
            );
        }
        assert!(codes.iter().any(|code| (*code as i8).abs() == 127));
    }

    #[test]
    fn odd_numbers_have_codes() {
        let of = |x: f32| {
            let mut values = [0.0; SUB_BLOCK];
            values[3] = x;
            let (scale, codes) = block(&values);
            (scale.to_f32(), codes[3] as i8)
        };
        assert_eq!(of(0.0), (0.0, 0));
        assert_eq!(of(f32::INFINITY), (65504.0, 127));
        assert_eq!(of(f32::NEG_INFINITY), (65504.0, -127));
        assert_eq!(of(1e-12), (0.0, 0));
    }
}
