//! The store with files of one's own; pulls are tested with the binary, against servers that misbehave.

use super::*;

fn store() -> (tempfile::TempDir, Store) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(home.path()).expect("open");
    (home, store)
}

fn name(text: &str) -> ModelName {
    text.parse().expect("a name")
}

fn gguf(home: &Path) -> PathBuf {
    let path = home.join("mine.gguf");
    std::fs::write(&path, b"GGUF and more").expect("written");
    path
}

#[test]
fn a_model_comes_in_is_listed_verified_and_goes() {
    let (home, store) = store();
    let mine = name("mine:1b");
    let path = store
        .import(&mine, &gguf(home.path()), &|_| {})
        .expect("imported");
    assert_eq!(std::fs::read(&path).expect("there"), b"GGUF and more");
    assert_eq!(store.find(&mine).expect("found").path, path);
    assert_eq!(store.list().expect("listed").len(), 1);
    store.verify(&mine, &|_| {}).expect("whole");
    let pulled = store.pull(&mine, &PullOptions::default(), &|_| {});
    assert_eq!(pulled.expect("here"), path);
    assert_eq!(store.remove(&mine).expect("removed"), 13);
    assert!(store.list().expect("listed").is_empty() && !path.exists());
    assert!(matches!(store.remove(&mine), Err(HubError::Absent { .. })));
}

#[test]
fn a_name_is_taken_once() {
    let (home, store) = store();
    let path = gguf(home.path());
    store
        .import(&name("mine:1b"), &path, &|_| {})
        .expect("imported");
    let again = store.import(&name("mine:1b"), &path, &|_| {});
    assert!(matches!(again, Err(HubError::Taken { .. })));
}

#[test]
fn what_is_no_model_stays_outside() {
    let (home, store) = store();
    let page = home.path().join("page.gguf");
    std::fs::write(&page, "<html>").expect("written");
    for path in [page.as_path(), home.path()] {
        let error = store
            .import(&name("mine:1b"), path, &|_| {})
            .expect_err("no model");
        assert!(matches!(error, HubError::NoModel { .. }), "{error}");
    }
    assert!(store.list().expect("listed").is_empty());
}

#[test]
fn a_folder_is_one_model() {
    let (home, store) = store();
    let folder = home.path().join("hf");
    std::fs::create_dir(&folder).expect("made");
    for file in [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "README.md",
    ] {
        std::fs::write(folder.join(file), file).expect("written");
    }
    let mine = name("mine:1b");
    let path = store.import(&mine, &folder, &|_| {}).expect("imported");
    assert!(path.join("model.safetensors").exists() && !path.join("README.md").exists());
    store.verify(&mine, &|_| {}).expect("whole");
    std::fs::write(path.join("config.json"), "CONFIG.json").expect("written");
    assert!(store.verify(&mine, &|_| {}).is_err());
}

#[test]
fn changed_bytes_are_found_and_a_changed_length_is_no_model() {
    let (home, store) = store();
    let mine = name("mine:1b");
    let path = store
        .import(&mine, &gguf(home.path()), &|_| {})
        .expect("imported");
    std::fs::write(&path, b"GGUF and mire").expect("written");
    let error = store.verify(&mine, &|_| {}).expect_err("damaged");
    assert!(error.to_string().contains("maque rm mine:1b"), "{error}");
    std::fs::write(&path, b"GGUF").expect("written");
    assert!(matches!(store.find(&mine), Err(HubError::Absent { .. })));
}

#[test]
fn an_unknown_name_says_which_there_are() {
    let (_home, store) = store();
    let pulled = store.pull(&name("no:model"), &PullOptions::default(), &|_| {});
    let error = pulled.expect_err("unknown").to_string();
    assert!(error.contains("qwen2.5:0.5b"), "{error}");
}
