//! GGUF files cut, bent and lied in.

use crate::tiny::{ARRAY, STRING, Tiny, U32, array, string};
use crate::watch::{Folder, on_a_small_stack, peak};
use maque_model::{ChatTemplate, Generation, Gguf, Tokenizer};

/// Keys that every file of this architecture needs.
const REQUIRED: [&str; 12] = [
    "general.architecture",
    "llama.block_count",
    "llama.context_length",
    "llama.embedding_length",
    "llama.feed_forward_length",
    "llama.attention.head_count",
    "llama.attention.layer_norm_rms_epsilon",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.merges",
];

/// A zero of each of the 13 types; arrays have one element of type u8.
fn zero(kind: u32) -> Vec<u8> {
    match kind {
        0 | 1 | 7 => vec![0],
        2 | 3 => vec![0; 2],
        4..=6 => vec![0; 4],
        STRING => string(""),
        ARRAY => array(0, &[vec![0]]),
        _ => vec![0; 8],
    }
}

/// Numbers at which careless arithmetic breaks, and the neighbours of `value`.
fn boundaries(value: u64) -> Vec<u64> {
    let powers = [7, 8, 15, 16, 31, 32, 62, 63].map(|n| 1_u64 << n);
    let around = powers
        .iter()
        .flat_map(|power| [power - 1, *power, power + 1]);
    around
        .chain([
            0,
            1,
            u64::MAX - 1,
            u64::MAX,
            value.wrapping_sub(1),
            value.wrapping_add(1),
        ])
        .collect()
}

#[track_caller]
fn assert_names(result: Result<(), String>, part: &str) {
    let error = result.expect_err(part);
    assert!(error.contains(part), "{error:?} does not name {part:?}");
}

#[test]
fn the_file_itself_is_valid_and_runs_on_a_small_stack() {
    on_a_small_stack(|| {
        let (bytes, _) = Tiny::new().write();
        assert_eq!(Folder::new("valid").open_bytes(&bytes), Ok(()));
        let (gguf, peak) = peak(|| Gguf::parse(&bytes).expect("valid"));
        assert!(
            peak <= 4 * bytes.len(),
            "{peak} bytes to parse {}",
            bytes.len()
        );
        let tokenizer = Tokenizer::from_gguf(&gguf).expect("valid");
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer).expect("valid");
        assert!(
            Generation::from_gguf(&gguf, &tokenizer).is_ok() && template.render(&[], None).is_err()
        );
        assert_eq!(tokenizer.encode("abc").expect("short").len(), 1);
    });
}

#[test]
fn every_prefix_is_an_error() {
    on_a_small_stack(|| {
        let ((bytes, _), folder) = (Tiny::new().write(), Folder::new("prefix"));
        for n_bytes in 0..bytes.len() {
            let prefix = &bytes[..n_bytes];
            assert!(Gguf::parse(prefix).is_err(), "{n_bytes} bytes are a model");
        }
        for n_bytes in (0..bytes.len()).step_by(97) {
            assert!(folder.open_bytes(&bytes[..n_bytes]).is_err());
        }
    });
}

#[test]
fn every_integer_at_every_boundary_is_survived() {
    on_a_small_stack(|| {
        let ((bytes, fields), folder) = (Tiny::new().write(), Folder::new("integers"));
        assert!(100 < fields.len());
        for field in &fields {
            let place = field.at..field.at + field.width;
            let mut value = [0; 8];
            value[..field.width].copy_from_slice(&bytes[place.clone()]);
            for boundary in boundaries(u64::from_le_bytes(value)) {
                let mut bent = bytes.clone();
                bent[place.clone()].copy_from_slice(&boundary.to_le_bytes()[..field.width]);
                // An error or, by chance, a model.
                if let Err(error) = folder.open_bytes(&bent) {
                    let n_bytes = error.len();
                    assert!(n_bytes < 1000, "{}: {error}", field.name);
                }
            }
        }
    });
}

#[test]
fn required_keys_are_named_when_they_are_missing_or_of_another_type() {
    on_a_small_stack(|| {
        let folder = Folder::new("keys");
        for key in REQUIRED {
            let mut tiny = Tiny::new();
            tiny.entries.retain(|entry| entry.key != key);
            assert_names(folder.open_bytes(&tiny.write().0), key);
            for kind in 0..=12 {
                let mut tiny = Tiny::new();
                (tiny.entry(key).kind, tiny.entry(key).value) = (kind, zero(kind));
                assert_names(folder.open_bytes(&tiny.write().0), key);
            }
        }
    });
}

#[test]
fn tensors_must_lie_inside_the_file() {
    on_a_small_stack(|| {
        let folder = Folder::new("ranges");
        let n_data_bytes = Tiny::new().n_data_bytes;
        for index in 0..Tiny::new().tensors.len() {
            for offset in [
                1,
                n_data_bytes - 1,
                n_data_bytes,
                n_data_bytes + 1,
                n_data_bytes + 32,
                1 << 63,
                u64::MAX - 31,
                u64::MAX,
            ] {
                let mut tiny = Tiny::new();
                tiny.tensors[index].offset = offset;
                assert_names(folder.open_bytes(&tiny.write().0), "the offset of tensor");
            }
            for dims in [
                vec![0],
                vec![u64::MAX, 2],
                vec![1 << 32, 1 << 32],
                vec![1; 5],
                vec![32, 1 << 40],
                vec![],
            ] {
                let mut tiny = Tiny::new();
                tiny.tensors[index].dims = dims;
                let name = tiny.tensors[index].name.clone();
                assert_names(folder.open_bytes(&tiny.write().0), &name);
            }
        }
    });
}

/// One change and what the error must say.
type Change = (&'static str, fn(&mut Tiny));

const CHANGES: [Change; 14] = [
    ("general.alignment is 0", |tiny| {
        tiny.entry("general.alignment").value = vec![0; 4]
    }),
    ("general.alignment is 1073741824", |tiny| {
        tiny.entry("general.alignment").value = (1_u32 << 30).to_le_bytes().into()
    }),
    ("general.alignment is 48", |tiny| {
        tiny.entry("general.alignment").value = 48_u32.to_le_bytes().into()
    }),
    ("general.alignment is", |tiny| {
        (
            tiny.entry("general.alignment").kind,
            tiny.entry("general.alignment").value,
        ) = (STRING, string("32"))
    }),
    ("llama.context_length is there twice", |tiny| {
        tiny.entry("llama.block_count").key = "llama.context_length".into()
    }),
    ("tensor output_norm.weight is there twice", |tiny| {
        tiny.tensors[2].name = "output_norm.weight".into()
    }),
    ("blk.0.attn_norm.weight is missing", |tiny| {
        tiny.tensors[2].name = "a.surprise".into()
    }),
    (
        "tokenizer.chat_template is an array nested deeper",
        |tiny| {
            let bomb = (0..10_000)
                .map(|_| [ARRAY.to_le_bytes().to_vec(), 1_u64.to_le_bytes().to_vec()].concat());
            (
                tiny.entry("tokenizer.chat_template").kind,
                tiny.entry("tokenizer.chat_template").value,
            ) = (ARRAY, bomb.collect::<Vec<_>>().concat());
        },
    ),
    ("the chat template is not a valid template", |tiny| {
        tiny.entry("tokenizer.chat_template").value = string(&"{% if x %}".repeat(5_000));
    }),
    ("the chat template", |tiny| {
        tiny.entry("tokenizer.chat_template").value =
            string(&format!("{{{{ {} }}}}", "(".repeat(100_000)))
    }),
    ("tokenizer.ggml.eos_token_id", |tiny| {
        tiny.entry("tokenizer.ggml.eos_token_id").value = 100_000_u32.to_le_bytes().into()
    }),
    ("llama.attention.head_count_kv", |tiny| {
        tiny.entry("llama.attention.head_count_kv").value = 3_u32.to_le_bytes().into()
    }),
    ("blk.1.", |tiny| {
        tiny.entry("llama.block_count").value = 1024_u32.to_le_bytes().into()
    }),
    ("llama.context_length", |tiny| {
        (
            tiny.entry("llama.context_length").kind,
            tiny.entry("llama.context_length").value,
        ) = (U32, u32::MAX.to_le_bytes().into())
    }),
];

#[test]
fn errors_name_the_field() {
    on_a_small_stack(|| {
        let folder = Folder::new("changes");
        for (says, change) in CHANGES {
            let mut tiny = Tiny::new();
            change(&mut tiny);
            assert_names(folder.open_bytes(&tiny.write().0), says);
        }
    });
}
