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
    std::fs::rename(home.path().join("index-4"), home.path().join("index-3")).expect("renamed");
    let library = open(home.path());
    wait(&library, |status| {
        is_ready(status) && status.folders[0].n_documents == 1
    });
    assert_eq!(found(&library, "苹果甜吗"), ["a.txt"]);
    assert!(!home.path().join("index-3").exists());
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

/// A library whose documents are read by a script of ours before the real reader, `$real`, may; `$gate` is a file to wait for.
#[cfg(unix)]
fn open_with_script(home: &Path, lines: &str) -> Library {
    use std::os::unix::fs::PermissionsExt;
    let script = home.join("reader.sh");
    let real = env!("CARGO_BIN_EXE_maque-library-reader");
    let gate = home.join("gate");
    let text = format!(
        "#!/bin/sh\nreal='{real}'\ngate='{}'\n{lines}\n",
        gate.display()
    );
    std::fs::write(&script, text).expect("a script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).expect("its rights");
    let reader = maque_library::Reader {
        program: script,
        arguments: Vec::new(),
    };
    Library::open(&home.join("library"), reader).expect("a library")
}

#[cfg(unix)]
#[test]
fn a_file_that_takes_long_keeps_no_other_from_being_found() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[
            ("a slow one.html", "<p>香蕉很软，要剥皮</p>"),
            ("b.txt", "苹果很甜"),
        ]),
    );
    let wait_for_gate = r#"
        while [ "$1" = html ] && [ ! -e "$gate" ] && [ -e "$0" ]; do sleep 0.05; done
        exec "$real" "$@""#;
    let library = open_with_script(home.path(), wait_for_gate);
    library.add(folder.path()).expect("a folder");
    let status = wait(&library, |status| status.folders[0].n_documents == 1);
    assert_eq!(found(&library, "苹果甜吗"), ["b.txt"]);
    let progress = Progress::Indexing { done: 1, total: 2 };
    assert_eq!(status.folders[0].progress, progress);
    std::fs::write(home.path().join("gate"), "").expect("a file");
    wait(&library, is_ready);
    assert_eq!(found(&library, "香蕉软吗"), ["a slow one.html"]);
}

/// There are more slow files than are read at once. Each is stopped when it was given three seconds, and may wait when it
/// was given thirty.
#[cfg(unix)]
#[test]
fn many_files_that_take_long_keep_no_other_from_being_found() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[("last.txt", "苹果很甜，梨多汁，香蕉很软")]),
    );
    for i in 0..9 {
        let path = folder.path().join(format!("{i}.html"));
        std::fs::write(path, format!("<p>番茄{i}</p>")).expect("a file");
    }
    let slow = r#"
        if [ "$1 $2" = "html 3" ]; then kill -s XCPU $$; fi
        while [ "$1" = html ] && [ ! -e "$gate" ] && [ -e "$0" ]; do sleep 0.05; done
        exec "$real" "$@""#;
    let library = open_with_script(home.path(), slow);
    library.add(folder.path()).expect("a folder");
    let status = wait(&library, |status| status.folders[0].n_documents == 1);
    assert_eq!(found(&library, "苹果甜吗"), ["last.txt"]);
    assert_eq!(status.folders[0].n_skipped, 0);
    std::fs::write(home.path().join("gate"), "").expect("a file");
    let status = wait(&library, is_ready);
    assert_eq!(status.folders[0].n_documents, 10);
}

#[test]
fn what_could_not_be_opened_is_tried_again() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        folder_with(&[("a.txt", "苹果很甜")]),
    );
    let no_reader = maque_library::Reader {
        program: "/nonexistent".into(),
        arguments: Vec::new(),
    };
    let library = Library::open(home.path(), no_reader).expect("a library");
    library.add(folder.path()).expect("a folder");
    let status = wait(&library, is_ready);
    assert_eq!(status.folders[0].skipped[0].reason.code(), "io");
    drop(library);
    let library = open(home.path());
    let is_read = |status: &maque_library::Status| status.folders[0].n_documents == 1;
    let status = wait(&library, is_read);
    assert_eq!(status.folders[0].skipped, []);
    assert_eq!(found(&library, "苹果甜吗"), ["a.txt"]);
}

/// Waits for less than the time after which every folder is looked through anyway.
fn wait_for_change(library: &Library, question: &str, file: &str) {
    let start = std::time::Instant::now();
    while found(library, question) != [file] {
        assert!(start.elapsed().as_secs() < 200, "{question}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The path of the innermost folder is longer than the system takes; before, nothing of such a folder was watched.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_within_that_cannot_be_watched_leaves_the_others_watched() {
    use rustix::fs::{Mode, OFlags, mkdirat, openat};
    let (home, folder) = indexed_before(&[("a.txt", "苹果很甜"), ("b/c.txt", "梨很脆")]);
    let name = "n".repeat(200);
    let mut inner = rustix::fs::open(folder.path(), OFlags::RDONLY, Mode::empty()).expect("it");
    for _ in 0..25 {
        mkdirat(&inner, &name, Mode::RWXU).expect("a folder");
        inner = openat(&inner, &name, OFlags::RDONLY, Mode::empty()).expect("it");
    }
    let library = open(home.path());
    wait(&library, |status| status.folders[0].n_skipped == 1);
    std::fs::write(folder.path().join("a.txt"), "香蕉很软").expect("a file");
    wait_for_change(&library, "香蕉", "a.txt");
    std::fs::write(folder.path().join("b/c.txt"), "葡萄很小").expect("a file");
    wait_for_change(&library, "葡萄", "b/c.txt");
    std::fs::create_dir(folder.path().join("d")).expect("a folder");
    std::fs::write(folder.path().join("d/e.txt"), "西瓜很大").expect("a file");
    wait_for_change(&library, "西瓜", "d/e.txt");
}

#[test]
fn a_folder_that_is_never_quiet_is_read_all_the_same() {
    let (home, folder) = indexed_before(&[("a.txt", "苹果很甜")]);
    let library = open(home.path());
    wait(&library, is_ready);
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in (0..15_000).take_while(|_| !is_over.load(relaxed)) {
                std::fs::write(folder.path().join("log.exe"), "x").expect("a file");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        std::fs::write(folder.path().join("a.txt"), "香蕉很软").expect("a file");
        wait_for_change(&library, "香蕉", "a.txt");
        is_over.store(true, relaxed);
    });
}

#[test]
fn a_question_of_two_tables_is_shown_once_and_those_asked_most_come_first() {
    let table = "问题,答案\n几点上班？,九点\n几点下班？,六点\n";
    let (home, _folder) = indexed_before(&[("a.csv", table), ("b.csv", table)]);
    let library = open(home.path());
    wait(&library, is_ready);
    assert_eq!(library.status().frequent, ["几点上班？", "几点下班？"]);
    library.faq("请问几点下班呢", None).expect("in the table");
    assert_eq!(library.status().frequent, ["几点下班？", "几点上班？"]);
}
