//! Opens files while watching stack and memory.

use crate::ALLOCATED;
use maque_kernels::{Isa, Machine};
use maque_model::{LoadError, LoadOptions, open};
use std::error::Error;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// One test at a time, because allocations are counted for the whole process.
static ALONE: Mutex<()> = Mutex::new(());
const STACK_BYTES: usize = 256 << 10;
/// Memory of tables that every file needs: regular expressions, unused parts of vocabularies.
const TABLE_BYTES: usize = 4 << 20;

/// Runs `test` alone, on a small stack.
pub(crate) fn on_a_small_stack(test: impl FnOnce() + Send) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let running = thread.spawn_scoped(scope, test).expect("a thread");
        if let Err(panic) = running.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Bytes allocated at most at once by `work`, beyond what was there before.
pub(crate) fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let result = work();
    (result, ALLOCATED.peak_usage().saturating_sub(before))
}

/// The whole sentence, with its causes.
#[track_caller]
pub(crate) fn sentence(error: &LoadError) -> String {
    let mut sentence = error.to_string();
    assert!(
        !sentence.is_empty() && !sentence.ends_with('.'),
        "{sentence}"
    );
    let mut source = error.source();
    while let Some(cause) = source {
        sentence = format!("{sentence}: {cause}");
        source = cause.source();
    }
    sentence
}

/// A folder of its own for each test, removed at the end.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    machine: Machine,
}

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("maque-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        let machine = Machine::new(Isa::best(), NonZeroUsize::MIN);
        Folder { path, machine }
    }

    /// Opens `path`, of `n_bytes` in all; the error is a sentence.
    #[track_caller]
    pub(crate) fn open(&self, path: &Path, n_bytes: usize) -> Result<(), String> {
        let work = || open(path, &self.machine, &LoadOptions::default()).map(drop);
        let (result, peak) = peak(work);
        let most = 4 * n_bytes + (1 << 20) + TABLE_BYTES;
        assert!(peak <= most, "{peak} bytes allocated, more than {most}");
        result.map_err(|error| sentence(&error))
    }

    /// Opens a file with this content.
    #[track_caller]
    pub(crate) fn open_bytes(&self, bytes: &[u8]) -> Result<(), String> {
        let path = self.path.join("model.gguf");
        std::fs::write(&path, bytes).expect("room for a file");
        self.open(&path, bytes.len())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
