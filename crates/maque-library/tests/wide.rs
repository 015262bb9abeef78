//! Thousands of folders side by side, in a process that may have few files open.
#![cfg(unix)]

mod common;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[test]
fn more_folders_than_files_may_be_open_are_looked_through() {
    let limit = getrlimit(Resource::Nofile);
    let current = Some(256);
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).expect("a limit");
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    for number in 0..2000 {
        std::fs::create_dir(folder.path().join(number.to_string())).expect("a folder");
    }
    for number in [0, 999, 1999] {
        let path = folder.path().join(format!("{number}/a.txt"));
        std::fs::write(path, "苹果很甜").expect("a file");
    }
    let library = common::open(home.path());
    library.add(folder.path()).expect("a folder");
    let status = common::wait(&library, common::is_ready);
    assert_eq!(status.folders[0].skipped, []);
    assert_eq!(status.folders[0].n_documents, 3);
}
