//! Model folders whose JSON files lie.

use crate::watch::{Folder, on_a_small_stack};
use std::path::Path;

/// A copy of a small valid model.
fn copy(name: &str, model: &str) -> (Folder, usize) {
    let folder = Folder::new(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/goldens/random")
        .join(model);
    let mut n_bytes = 0;
    for file in std::fs::read_dir(source).expect("a committed folder") {
        let file = file.expect("a file").path();
        let name = file.file_name().expect("a name");
        n_bytes += std::fs::copy(&file, folder.path.join(name)).expect("room") as usize;
    }
    (folder, n_bytes)
}

/// Opens the folder with `file` replaced, and puts the old content back.
#[track_caller]
fn open_with(folder: &Folder, n_bytes: usize, file: &str, content: &str) -> Result<(), String> {
    let path = folder.path.join(file);
    let old = std::fs::read(&path).expect("a file of the folder");
    std::fs::write(&path, content).expect("room");
    let result = folder.open(&folder.path, n_bytes + content.len());
    std::fs::write(&path, old).expect("room");
    result
}

#[test]
fn config_fields_are_named() {
    on_a_small_stack(|| {
        let (folder, n_bytes) = copy("config", "qwen2-tied");
        assert_eq!(folder.open(&folder.path, n_bytes), Ok(()));
        let text = std::fs::read_to_string(folder.path.join("config.json")).expect("text");
        let config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let fields = [
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "vocab_size",
            "max_position_embeddings",
            "rms_norm_eps",
            "model_type",
        ];
        for field in fields {
            for value in [
                "0",
                "-1",
                "1e300",
                "18446744073709551615",
                "[]",
                "{}",
                "\"\"",
                "null",
            ] {
                let mut bent = config.clone();
                bent[field] = serde_json::from_str(value).expect("JSON");
                let error = open_with(&folder, n_bytes, "config.json", &bent.to_string());
                let error = error.expect_err(field);
                assert!(error.contains(field), "{field} = {value}: {error}");
            }
        }
    });
}

#[test]
fn cut_and_deep_json_names_its_file() {
    on_a_small_stack(|| {
        let (folder, n_bytes) = copy("json", "qwen2-tied");
        for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
            let text = std::fs::read_to_string(folder.path.join(file)).expect("text");
            let cuts = (0..text.trim_end().len()).step_by(1 + text.len() / 100);
            let cut = cuts.map(|n| String::from_utf8_lossy(&text.as_bytes()[..n]).into_owned());
            let bombs = ["[", "{\"a\":", "{\"model\":{\"vocab\":"].map(|part| part.repeat(4_000));
            for content in cut.chain(bombs) {
                let error = open_with(&folder, n_bytes, file, &content).expect_err(file);
                assert!(error.contains(file), "{error}");
            }
        }
    });
}

#[test]
fn an_index_names_only_files_beside_it() {
    on_a_small_stack(|| {
        const INDEX: &str = "model.safetensors.index.json";
        let (folder, n_bytes) = copy("index", "qwen2-sharded");
        assert_eq!(folder.open(&folder.path, n_bytes), Ok(()));
        for name in [
            "../model.safetensors",
            "/etc/passwd",
            "a/b.safetensors",
            "C:\\\\b.safetensors",
            ".safetensors",
            "",
        ] {
            let index = format!("{{\"weight_map\":{{\"a\":\"{name}\"}}}}");
            let error = open_with(&folder, n_bytes, INDEX, &index).expect_err(name);
            assert!(error.contains(INDEX), "{error}");
        }
    });
}
