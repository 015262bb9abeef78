//! Safetensors headers that lie.

use crate::watch::{on_a_small_stack, peak, sentence};
use maque_model::Safetensors;

const VALID: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}"#;

/// A file with this header and 32 bytes of data.
fn file(header: &str) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &[0; 32]].concat()
}

#[track_caller]
fn parse(bytes: &[u8]) -> Result<(), String> {
    let (result, peak) = peak(|| Safetensors::parse(bytes, "a.safetensors").map(drop));
    assert!(
        peak <= 4 * bytes.len() + (1 << 20),
        "{peak} bytes allocated"
    );
    result.map_err(|error| sentence(&error))
}

/// What is changed in the valid header, into what, and what the error must say.
const CHANGES: [(&str, &str, &str); 14] = [
    ("[24,32]", "[20,28]", "data_offsets of b"),
    ("[24,32]", "[25,33]", "data_offsets of b"),
    ("[24,32]", "[0,8]", "data_offsets of"),
    ("[24,32]", "[24,33]", "data_offsets of b"),
    ("[24,32]", "[32,24]", "data_offsets of b"),
    (
        "[24,32]",
        "[18446744073709551608,18446744073709551615]",
        "data_offsets of b",
    ),
    ("[24,32]", "[-1,7]", "the header of a.safetensors"),
    ("[4]", "[5]", "data_offsets of b"),
    ("[4]", "[0]", "shape of b"),
    ("[4]", "[4294967296,4294967296,2]", "shape of b"),
    ("[4]", "[1,1,1,1,4]", "more than four dimensions"),
    ("BF16", "I64", "dtype of b"),
    ("\"b\"", "\"a\"", "tensor a is there twice"),
    (
        ",\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]}",
        "",
        "the data",
    ),
];

#[test]
fn errors_name_the_entry() {
    on_a_small_stack(|| {
        assert_eq!(parse(&file(VALID)), Ok(()));
        for (from, to, says) in CHANGES {
            assert!(VALID.contains(from));
            let error = parse(&file(&VALID.replacen(from, to, 1))).expect_err(to);
            assert!(error.contains(says), "{error:?} does not say {says:?}");
        }
    });
}

#[test]
fn every_prefix_and_any_rest_is_an_error() {
    on_a_small_stack(|| {
        let mut bytes = file(VALID);
        for n_bytes in 0..bytes.len() {
            assert!(parse(&bytes[..n_bytes]).is_err(), "{n_bytes} bytes");
        }
        bytes.extend(b"PK\x03\x04");
        assert!(parse(&bytes).is_err_and(|error| error.contains("the data")));
    });
}

#[test]
fn header_lengths_and_deep_nesting_are_survived() {
    on_a_small_stack(|| {
        for length in [0, 1, 1 << 31, (64 << 20) + 1, 1 << 63, u64::MAX] {
            let mut bytes = file(VALID);
            bytes[..8].copy_from_slice(&length.to_le_bytes());
            assert!(parse(&bytes).is_err_and(|error| error.contains("header")));
        }
        for bomb in ["[", "{\"a\":", "{\"__metadata__\":["] {
            assert!(parse(&file(&bomb.repeat(100_000))).is_err());
        }
    });
}
