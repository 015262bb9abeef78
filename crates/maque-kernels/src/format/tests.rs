//! Blocks against the Python package `gguf`, to the bit.

use super::*;

/// Every format, with what `tests/goldens/dequantize.py` wrote for it.
const GOLDENS: [(Format, &[u8]); 11] = [
    (
        Format::F32,
        include_bytes!("../../tests/goldens/dequantize/F32.bin"),
    ),
    (
        Format::F16,
        include_bytes!("../../tests/goldens/dequantize/F16.bin"),
    ),
    (
        Format::BF16,
        include_bytes!("../../tests/goldens/dequantize/BF16.bin"),
    ),
    (
        Format::Q4_0,
        include_bytes!("../../tests/goldens/dequantize/Q4_0.bin"),
    ),
    (
        Format::Q4_1,
        include_bytes!("../../tests/goldens/dequantize/Q4_1.bin"),
    ),
    (
        Format::Q5_0,
        include_bytes!("../../tests/goldens/dequantize/Q5_0.bin"),
    ),
    (
        Format::Q5_1,
        include_bytes!("../../tests/goldens/dequantize/Q5_1.bin"),
    ),
    (
        Format::Q8_0,
        include_bytes!("../../tests/goldens/dequantize/Q8_0.bin"),
    ),
    (
        Format::Q4_K,
        include_bytes!("../../tests/goldens/dequantize/Q4_K.bin"),
    ),
    (
        Format::Q5_K,
        include_bytes!("../../tests/goldens/dequantize/Q5_K.bin"),
    ),
    (
        Format::Q6_K,
        include_bytes!("../../tests/goldens/dequantize/Q6_K.bin"),
    ),
];

#[test]
fn dequantize_has_the_bits_of_gguf() {
    for (format, golden) in GOLDENS {
        let block = format.block_bytes() + 4 * format.block_len();
        let n_blocks = golden.len() / block;
        assert_eq!(golden.len(), n_blocks * block);
        let (bytes, values) = golden.split_at(n_blocks * format.block_bytes());
        let mut out = vec![0.0; n_blocks * format.block_len()];
        dequantize(&mut out, format, bytes);
        for (i, (got, want)) in out.iter().zip(values.chunks_exact(4)).enumerate() {
            assert_eq!(got.to_le_bytes(), want, "{format:?}, element {i}");
        }
    }
}

#[test]
fn sizes_are_those_of_whole_blocks() {
    assert_eq!(Format::Q5_0.bytes_for(64), Some(44));
    assert_eq!(Format::Q5_0.bytes_for(0), Some(0));
    assert_eq!(Format::Q5_0.bytes_for(33), None);
    assert_eq!(Format::Q4_K.bytes_for(128), None);
    assert_eq!(Format::F32.bytes_for(usize::MAX), None);
    assert_eq!(Format::Q8_0.bytes_for(usize::MAX - 31), None);
}
