//! Any bytes as a GGUF file: header, metadata, tensor list, tokenizer, template, sampling defaults.
#![no_main]

use libfuzzer_sys::fuzz_target;
use maque_model::{ChatTemplate, Generation, Gguf, Message, Tokenizer};

fuzz_target!(|bytes: &[u8]| {
    let Ok(gguf) = Gguf::parse(bytes) else { return };
    for tensor in gguf.tensors() {
        let range = bytes.as_ptr_range();
        let own = tensor.bytes.as_ptr_range();
        assert!(range.start <= own.start && own.end <= range.end);
    }
    let Ok(tokenizer) = Tokenizer::from_gguf(&gguf) else { return };
    let _ = Generation::from_gguf(&gguf, &tokenizer);
    let ids = tokenizer.encode_with_special("麻雀 sparrow 12 <|im_end|>\n").expect("short");
    let _ = tokenizer.decode(&ids);
    let Ok(template) = ChatTemplate::from_gguf(&gguf, &tokenizer) else { return };
    let message = Message {
        role: "user".into(),
        content: "你好".into(),
        tool_calls: None,
        tool_call_id: None,
        name: None,
    };
    let _ = template.render(&[message], None);
});
