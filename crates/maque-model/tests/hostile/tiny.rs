//! A small valid GGUF file, and the same with anything in it changed.

/// Types of metadata, by number.
pub(crate) const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
pub(crate) const STRING: u32 = 8;
pub(crate) const ARRAY: u32 = 9;
/// The tensor type F32, and bytes of an element.
const ELEMENT_BYTES: u64 = 4;
/// Width of the residual stream, and of all else.
const DIM: u64 = 32;

/// One metadata entry.
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) kind: u32,
    pub(crate) value: Vec<u8>,
}

/// One tensor's entry.
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dims: Vec<u64>,
    pub(crate) kind: u32,
    pub(crate) offset: u64,
}

/// A GGUF file in parts.
pub(crate) struct Tiny {
    pub(crate) entries: Vec<Entry>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) n_data_bytes: u64,
}

/// Where an integer is in the written file.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) width: usize,
}

/// Bytes being written, and where its integers are.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

impl Writer {
    fn mark(&mut self, name: String, width: usize) {
        let at = self.bytes.len();
        self.fields.push(Field { name, at, width });
    }
    fn u32(&mut self, name: String, value: u32) {
        self.mark(name, 4);
        self.bytes.extend(value.to_le_bytes());
    }
    fn u64(&mut self, name: String, value: u64) {
        self.mark(name, 8);
        self.bytes.extend(value.to_le_bytes());
    }
    fn text(&mut self, name: String, text: &str) {
        self.u64(name, text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }
    fn entry(&mut self, entry: &Entry) {
        let key = &entry.key;
        self.text(format!("the name length of {key}"), key);
        self.u32(format!("the type of {key}"), entry.kind);
        match (entry.kind, entry.value.len()) {
            (STRING, _) => self.mark(key.clone(), 8),
            (ARRAY, _) => {
                self.mark(format!("the element type of {key}"), 4);
                self.fields.push(Field {
                    name: key.clone(),
                    at: self.bytes.len() + 4,
                    width: 8,
                });
                self.fields.push(Field {
                    name: key.clone(),
                    at: self.bytes.len() + 12,
                    width: 4,
                });
            }
            (_, width) => self.mark(key.clone(), width),
        }
        self.bytes.extend(&entry.value);
    }
    fn tensor(&mut self, tensor: &Tensor) {
        let name = &tensor.name;
        self.text(format!("the name length of {name}"), name);
        self.u32(
            format!("the number of dimensions of {name}"),
            tensor.dims.len() as u32,
        );
        for dim in &tensor.dims {
            self.u64(format!("a dimension of {name}"), *dim);
        }
        self.u32(format!("the type of tensor {name}"), tensor.kind);
        self.u64(format!("the offset of tensor {name}"), tensor.offset);
    }
}

/// A string as values hold it.
pub(crate) fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// An array as values hold it.
pub(crate) fn array(kind: u32, elements: &[Vec<u8>]) -> Vec<u8> {
    let n_elements = (elements.len() as u64).to_le_bytes();
    [&kind.to_le_bytes(), &n_elements[..], &elements.concat()].concat()
}

/// The letters of all bytes, and three merged tokens, and two special ones.
fn tokens() -> Vec<String> {
    let plain = |byte: &u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let letters = (0..256).filter(plain).chain(256..324);
    let letters = letters.filter_map(char::from_u32).map(String::from);
    letters
        .chain(["ab", "abc", "Ġa", "<|im_start|>", "<|im_end|>"].map(String::from))
        .collect()
}

impl Tiny {
    /// A Llama of one layer.
    pub(crate) fn new() -> Tiny {
        let mut tiny = Tiny {
            entries: Vec::new(),
            tensors: Vec::new(),
            n_data_bytes: 0,
        };
        tiny.numbers();
        tiny.words();
        tiny.weights();
        tiny
    }

    fn numbers(&mut self) {
        self.put("general.architecture", STRING, string("llama"));
        self.put("general.alignment", U32, 32_u32.to_le_bytes().into());
        for (key, number) in [
            ("block_count", 1_u32),
            ("context_length", 64),
            ("embedding_length", 32),
            ("feed_forward_length", 32),
            ("attention.head_count", 2),
            ("attention.head_count_kv", 1),
        ] {
            self.put(&format!("llama.{key}"), U32, number.to_le_bytes().into());
        }
        let eps = 1e-5_f32.to_le_bytes().into();
        self.put("llama.attention.layer_norm_rms_epsilon", F32, eps);
    }

    fn words(&mut self) {
        let strings =
            |all: &[String]| array(STRING, &all.iter().map(|s| string(s)).collect::<Vec<_>>());
        let (tokens, merges) = (tokens(), ["a b", "ab c", "Ġ a"].map(String::from));
        let last = tokens.len() - 1;
        let kinds = (0..=last).map(|id| if last <= id + 1 { 3_i32 } else { 1 });
        let kinds: Vec<Vec<u8>> = kinds.map(|kind| kind.to_le_bytes().into()).collect();
        self.put("tokenizer.ggml.model", STRING, string("gpt2"));
        self.put("tokenizer.ggml.pre", STRING, string("smollm"));
        self.put("tokenizer.ggml.tokens", ARRAY, strings(&tokens));
        self.put("tokenizer.ggml.token_type", ARRAY, array(I32, &kinds));
        self.put("tokenizer.ggml.merges", ARRAY, strings(&merges));
        self.put(
            "tokenizer.ggml.eos_token_id",
            U32,
            (last as u32).to_le_bytes().into(),
        );
        self.put(
            "tokenizer.chat_template",
            STRING,
            string("{{ messages[0].content }}"),
        );
    }

    fn weights(&mut self) {
        self.tensor("token_embd.weight", &[DIM, tokens().len() as u64]);
        self.tensor("output_norm.weight", &[DIM]);
        for norm in ["attn_norm", "ffn_norm"] {
            self.tensor(&format!("blk.0.{norm}.weight"), &[DIM]);
        }
        for kv in ["attn_k", "attn_v"] {
            self.tensor(&format!("blk.0.{kv}.weight"), &[DIM, DIM / 2]);
        }
        for matrix in ["attn_q", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
            self.tensor(&format!("blk.0.{matrix}.weight"), &[DIM, DIM]);
        }
    }

    fn put(&mut self, key: &str, kind: u32, value: Vec<u8>) {
        self.entries.push(Entry {
            key: key.into(),
            kind,
            value,
        });
    }

    fn tensor(&mut self, name: &str, dims: &[u64]) {
        let (offset, dims) = (self.n_data_bytes, dims.to_vec());
        self.n_data_bytes += ELEMENT_BYTES * dims.iter().product::<u64>();
        self.tensors.push(Tensor {
            name: name.into(),
            dims,
            kind: 0,
            offset,
        });
    }

    /// The entry of a key.
    pub(crate) fn entry(&mut self, key: &str) -> &mut Entry {
        let mut entries = self.entries.iter_mut();
        entries
            .find(|entry| entry.key == key)
            .expect("a key of the file")
    }

    /// The file, and where its integers are.
    pub(crate) fn write(&self) -> (Vec<u8>, Vec<Field>) {
        let mut writer = Writer {
            bytes: b"GGUF".to_vec(),
            ..Writer::default()
        };
        writer.u32("the GGUF version".into(), 3);
        writer.u64("the tensor count".into(), self.tensors.len() as u64);
        writer.u64("the metadata count".into(), self.entries.len() as u64);
        self.entries.iter().for_each(|entry| writer.entry(entry));
        self.tensors.iter().for_each(|tensor| writer.tensor(tensor));
        let n_bytes = writer.bytes.len().next_multiple_of(32) + self.n_data_bytes as usize;
        writer.bytes.resize(n_bytes, 0);
        (writer.bytes, writer.fields)
    }
}
