//! The model files that `make test` fetches.

use std::path::PathBuf;

/// SmolLM2-135M-Instruct: quick.
pub(crate) fn smol() -> Option<PathBuf> {
    named("MAQUE_TEST_SMOL")
}

/// Qwen2.5-Coder-0.5B-Instruct: what people use.
pub(crate) fn qwen() -> Option<PathBuf> {
    named("MAQUE_TEST_QWEN")
}

/// The file that a variable names; `None` only where tests with weights are switched off.
fn named(variable: &str) -> Option<PathBuf> {
    if std::env::var_os("MAQUE_SKIP_WEIGHTS").is_some_and(|value| value == "1") {
        return None;
    }
    let path = std::env::var_os(variable);
    let path = path.unwrap_or_else(|| {
        panic!("{variable} names no model file: run `make test`, or set MAQUE_SKIP_WEIGHTS=1")
    });
    Some(path.into())
}
