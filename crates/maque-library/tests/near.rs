//! Passages near in meaning, by vectors of words that a test makes up.

mod common;

use maque_library::{Library, Search};
use std::path::Path;

/// What words mean: each kind of thing is a direction; all other words have directions of their own, or none.
fn vector(word: &str) -> Vec<f32> {
    let kinds: [&[&str]; 3] = [
        &["canteen", "lunch", "grub", "食堂"],
        &["shuttl", "bus", "coach"],
        &["password", "watchword"],
    ];
    let mut vector = vec![0.0; 16];
    if let Some(kind) = kinds.iter().position(|kind| kind.contains(&word)) {
        vector[kind] = 1.0;
    } else if word.len().is_multiple_of(2) {
        vector[3 + word.bytes().map(usize::from).sum::<usize>() % 13] = 1.0;
    }
    vector
}

fn near(library: &Library, question: &str, n: usize) -> Vec<String> {
    let wanted = Search {
        question,
        folder: None,
        n,
    };
    let hits = library.near(&wanted, &vector).expect("a search");
    hits.into_iter()
        .map(|hit| hit.found.document.file)
        .collect()
}

fn write(folder: &Path, file: &str, text: &str) {
    std::fs::write(folder.join(file), text).expect("a file");
}

/// Three documents, one of them with more passages than the others.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in [
        ("meals.txt", "The canteen serves noodles from noon."),
        (
            "travel.md",
            "# Morning\n\nA shuttle leaves at eight.\n\n# Evening\n\nThe shuttle returns at six.\n\n# Sunday\n\nNo shuttle.",
        ),
        (
            "access.txt",
            "A forgotten password is reset by the service desk.",
        ),
    ] {
        write(folder.path(), file, text);
    }
    folder
}

#[test]
fn what_shares_no_word_is_found_by_its_meaning() {
    let (home, folder) = (tempfile::tempdir().expect("a folder"), folder());
    let library = common::open(home.path());
    library.add(folder.path()).expect("a folder");
    common::wait(&library, common::is_ready);
    for (question, file) in [
        ("grub?", "meals.txt"),
        ("Which coach?", "travel.md"),
        ("my watchword", "access.txt"),
    ] {
        let own = Search {
            question,
            folder: None,
            n: 9,
        };
        let found = library.search(&own).expect("a search");
        assert!(found.is_empty(), "no word of {question:?} is there");
        assert_eq!(near(&library, question, 1), [file]);
        let mut all = near(&library, question, 9);
        all.sort();
        let two_of_each_at_most = ["access.txt", "meals.txt", "travel.md", "travel.md"];
        assert_eq!(all, two_of_each_at_most);
    }
    assert_eq!(near(&library, "password", 1), ["access.txt"], "by itself");
    let elsewhere = Search {
        question: "grub?",
        folder: Some("none"),
        n: 9,
    };
    let found = library.near(&elsewhere, &vector).expect("a search");
    assert!(found.is_empty());
}

#[test]
fn meanings_follow_the_folder() {
    let (home, folder) = (tempfile::tempdir().expect("a folder"), folder());
    let library = common::open(home.path());
    library.add(folder.path()).expect("a folder");
    common::wait(&library, common::is_ready);
    assert_eq!(near(&library, "grub?", 1), ["meals.txt"]);
    std::fs::remove_file(folder.path().join("meals.txt")).expect("a file");
    write(folder.path(), "kitchen.txt", "食堂 is open all day.");
    common::wait(&library, |status| {
        common::is_ready(status) && near(&library, "grub?", 1) == ["kitchen.txt"]
    });
    let all = near(&library, "grub?", 9);
    assert!(!all.contains(&"meals.txt".to_owned()), "{all:?}");
}
