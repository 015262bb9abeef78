//! Where the real weights are.

use std::path::PathBuf;

/// The file that `variable` names; `None` when real weights are to be left out.
///
/// # Panics
/// If the variable is not set and MAQUE_SKIP_WEIGHTS=1 does not excuse it.
pub(crate) fn file(variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    let skip = std::env::var("MAQUE_SKIP_WEIGHTS").is_ok_and(|value| value == "1");
    assert!(
        skip,
        "set {variable} to a model file (`maque pull` fetches one and prints its path), or MAQUE_SKIP_WEIGHTS=1 to leave this test out"
    );
    None
}
