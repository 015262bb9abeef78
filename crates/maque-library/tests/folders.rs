//! A folder's life: what is in it is found, what changes is read again, what is let go is forgotten.

mod common;

use common::{is_ready, open, wait};
use maque_library::{Library, LibraryError, Progress, Search};
use std::path::Path;

fn found(library: &Library, question: &str) -> Vec<String> {
    let wanted = Search {
        question,
        folder: None,
        n: 10,
    };
    let hits = library.search(&wanted).expect("a search").into_iter();
    hits.map(|hit| hit.found.document.file).collect()
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// The home of a library that has read a folder with these files and is closed, and that folder.
fn indexed_before(files: &[(&str, &str)]) -> (tempfile::TempDir, tempfile::TempDir) {
    let (home, folder) = (tempfile::tempdir().expect("a folder"), folder_with(files));
    let library = open(home.path());
    library.add(folder.path()).expect("a folder");
    wait(&library, is_ready);
    (home, folder)
}

#[test]
fn changes_are_found_and_what_is_gone_is_forgotten() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[("a.txt", "苹果很甜"), ("b/c.md", "# 梨\n\n多汁")]),
    );
    let library = open(home.path());
    let added = library.add(folder.path()).expect("a folder");
    let status = wait(&library, is_ready);
    assert_eq!(status.folders[0].n_documents, 2);
    assert_eq!(found(&library, "苹果甜吗"), ["a.txt"]);

    std::fs::write(folder.path().join("a.txt"), "香蕉很软").expect("a file");
    std::fs::remove_file(folder.path().join("b/c.md")).expect("a file");
    wait(&library, |status| {
        status.folders[0].n_documents == 1 && found(&library, "香蕉") == ["a.txt"]
    });
    assert_eq!(found(&library, "苹果 梨"), Vec::<String>::new());

    assert!(library.remove(&added.id).expect("removed"));
    assert!(!library.remove(&added.id).expect("gone already"));
    assert_eq!(found(&library, "香蕉"), Vec::<String>::new());
    assert!(folder.path().join("a.txt").exists(), "no file is touched");
}

#[test]
fn an_index_of_an_earlier_layout_gives_way_to_one_that_is_built_anew() {
    let (home, _folder) = indexed_before(&[("a.txt", "苹果很甜")]);
    std::fs::rename(home.path().join("index-2"), home.path().join("index-1")).expect("renamed");
    let library = open(home.path());
    wait(&library, |status| {
        is_ready(status) && status.folders[0].n_documents == 1
    });
    assert_eq!(found(&library, "苹果甜吗"), ["a.txt"]);
    assert!(!home.path().join("index-1").exists());
}

#[test]
fn what_was_read_is_there_after_a_restart_without_reading_it_again() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[("faq.csv", "问题,答案\n几点下班？,六点\n")]),
    );
    let library = open(home.path());
    library.add(folder.path()).expect("a folder");
    wait(&library, |status| {
        status.folders[0].n_questions == 1 && is_ready(status)
    });
    drop(library);

    let no_reader = maque_library::Reader {
        program: "/nonexistent".into(),
        arguments: Vec::new(),
    };
    let library = Library::open(home.path(), no_reader).expect("a library");
    let status = wait(&library, is_ready);
    assert_eq!(
        (
            status.folders[0].n_documents,
            status.folders[0].skipped.len()
        ),
        (1, 0)
    );
    let hit = library.faq("请问几点下班呢", None).expect("in the table");
    assert_eq!(
        (
            hit.answer.passage.text.as_str(),
            hit.answer.passage.place.row
        ),
        ("六点", Some(2))
    );
    assert_eq!(library.status().frequent, ["几点下班？"]);
}

#[test]
fn only_folders_that_are_not_there_yet_are_taken() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[("in/a.txt", "a")]),
    );
    let library = open(home.path());
    assert!(matches!(
        library.add(&folder.path().join("in/a.txt")),
        Err(LibraryError::NoFolder)
    ));
    assert!(matches!(
        library.add(Path::new("/nonexistent")),
        Err(LibraryError::NoFolder)
    ));
    library.add(&folder.path().join("in")).expect("a folder");
    assert!(matches!(
        library.add(folder.path()),
        Err(LibraryError::Overlaps(_))
    ));
}

#[test]
fn a_folder_that_is_away_keeps_its_index() {
    let (home, folder) = indexed_before(&[("a.txt", "苹果很甜")]);
    let elsewhere = folder.path().with_extension("away");
    std::fs::rename(folder.path(), &elsewhere).expect("renamed");
    let library = open(home.path());
    wait(&library, |status| {
        status.folders[0].progress == Progress::Missing
    });
    assert_eq!(found(&library, "苹果"), ["a.txt"]);
    std::fs::remove_dir_all(elsewhere).expect("removed");
}

/// Links are not followed, neither to files nor to folders, and names that begin with a dot are left alone.
#[cfg(unix)]
#[test]
fn nothing_outside_a_folder_is_read() {
    let outside = folder_with(&[("secret.txt", "机密暗号是芝麻开门")]);
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[
            ("a.txt", "苹果"),
            (".hidden/x.txt", "芝麻开门"),
            (".y.txt", "芝麻开门"),
        ]),
    );
    std::os::unix::fs::symlink(outside.path(), folder.path().join("folder")).expect("a link");
    std::os::unix::fs::symlink(
        outside.path().join("secret.txt"),
        folder.path().join("file.txt"),
    )
    .expect("a link");
    let library = open(home.path());
    library.add(folder.path()).expect("a folder");
    let status = wait(&library, is_ready);
    let skipped: Vec<(&str, &str)> = status.folders[0]
        .skipped
        .iter()
        .map(|one| (one.file.as_str(), one.reason.code()))
        .collect();
    assert_eq!(skipped, [("file.txt", "link"), ("folder", "link")]);
    assert_eq!(found(&library, "芝麻开门"), Vec::<String>::new());
}
