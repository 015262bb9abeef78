//! A library of its own for each test.

use maque_library::{Library, Progress, Reader, Status};
use std::path::Path;
use std::time::{Duration, Instant};

/// A library in `home` whose documents are read by the real child.
pub(crate) fn open(home: &Path) -> Library {
    let reader = Reader {
        program: env!("CARGO_BIN_EXE_maque-library-reader").into(),
        arguments: Vec::new(),
    };
    Library::open(home, reader).expect("a library")
}

/// What the library says once `is_so`.
pub(crate) fn wait(library: &Library, is_so: impl Fn(&Status) -> bool) -> Status {
    let start = Instant::now();
    loop {
        let status = library.status();
        if is_so(&status) {
            return status;
        }
        assert!(start.elapsed() < Duration::from_secs(400), "{status:#?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether every folder can be searched.
pub(crate) fn is_ready(status: &Status) -> bool {
    status
        .folders
        .iter()
        .all(|folder| folder.progress == Progress::Ready)
}
