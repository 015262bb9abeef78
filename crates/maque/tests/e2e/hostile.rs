//! Wrong flags, wrong settings, wrong files: one sentence, the right exit code, never a crash.

use crate::command::{Home, Ran, run};
use crate::weights;
use std::path::Path;

/// One sentence that names `what`.
#[track_caller]
fn check(ran: &Ran, code: i32, what: &str) {
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran:?}");
    assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

/// Chinese sentences are this program's own, so they are exactly one line.
#[track_caller]
fn check_in_both_languages(arguments: &[&str], code: i32, what: &str) {
    let home = Home::new();
    check(&run(&mut home.maque(arguments), b""), code, what);
    let ran = run(home.maque(arguments).env("LC_ALL", "zh_CN.UTF-8"), b"");
    check(&ran, code, what);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn wrong_flags_are_named() {
    for arguments in [
        ["ask", "--threads", "0"],
        ["ask", "--threads", "-1"],
        ["ask", "--threads", "99999999"],
        ["ask", "--context", "0"],
        ["ask", "--memory", "5Q"],
        ["ask", "--memory", "99999T"],
        ["ask", "--temperature", "NaN"],
        ["ask", "--max-tokens", "many"],
        ["ask", "--seed", "-1"],
        ["ask", "--dtype", "int3"],
        ["serve", "--port", "70000"],
        ["serve", "--host", "somewhere"],
        ["bench", "--batch", "0"],
        ["bench", "--depth", "99999999999"],
        ["completions", "--shell", "cmd"],
    ] {
        let [_, flag, value] = arguments;
        let what = match (flag, value) {
            ("--memory", "99999T") | ("--shell", _) => flag,
            _ => value,
        };
        check_in_both_languages(&arguments, 2, what);
    }
    check_in_both_languages(&["asl"], 2, "asl");
    check_in_both_languages(&["pull"], 2, "MODEL");
    check_in_both_languages(&["pull", "../../etc/passwd"], 2, "../../etc/passwd");
}

#[test]
fn a_schema_that_is_too_large_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("large.json");
    std::fs::write(&path, " ".repeat(1 << 20) + "{}").expect("a file");
    let path = path.to_str().expect("UTF-8");
    check_in_both_languages(&["ask", "--json-schema", path, "Who?"], 2, "1 MiB");
}

#[test]
fn models_that_nobody_has_are_named() {
    for arguments in [
        ["serve", "--model", "no-such-model:1b"],
        ["serve", "--model", "missing.gguf"],
        ["doctor", "--model", "no-such-model:1b"],
        ["bench", "--model", "qwen2.5"],
    ] {
        check_in_both_languages(&arguments, 6, arguments[2]);
    }
    let ran = run(
        Home::new()
            .maque(&["show", "qwen2.5:0.5b"])
            .env("LANG", "zh_CN.UTF-8"),
        b"",
    );
    check(&ran, 6, "本机没有 qwen2.5:0.5b");
}

#[test]
fn models_that_are_none_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    };
    let noise: Vec<u8> = (0..100_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for path in [
        file("empty.gguf", b""),
        file("page.gguf", b"<!DOCTYPE html><html></html>"),
        file("noise.gguf", &noise),
        file(
            "magic.gguf",
            b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f",
        ),
        folder.path().to_owned(),
        folder.path().join("missing.gguf"),
    ] {
        check_model(&path);
    }
}

#[test]
fn a_model_that_was_cut_is_named() {
    let Some(model) = weights::smol() else { return };
    let bytes = std::fs::read(&model).expect("the model");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (part, name) in [(64, "head"), (4, "quarter"), (2, "half"), (1, "last-byte")] {
        let path = folder.path().join(format!("{name}.gguf"));
        let n_bytes = (bytes.len() / part).min(bytes.len() - 1);
        std::fs::write(&path, &bytes[..n_bytes]).expect("a file");
        check_model(&path);
    }
}

/// No command crashes on the file; each says which one it is.
#[track_caller]
fn check_model(path: &Path) {
    let home = Home::new();
    let text = path.to_str().expect("a UTF-8 path");
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    check(&run(&mut home.qwen(&["--model", text, "hi"]), b""), 6, name);
    check(
        &run(&mut home.maque(&["bench", "--model", text]), b""),
        6,
        name,
    );
    check(
        &run(&mut home.maque(&["doctor", "--model", text]), b""),
        6,
        name,
    );
}
