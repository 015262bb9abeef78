//! How long it takes to index two thousand generated documents, to read one changed file again, and to search.
//!
//! `cargo run --release -p maque-library --example speed` after `cargo build --release -p maque-library`.
#![allow(clippy::print_stdout)] // figures for people

use maque_library::{Library, Progress, Reader, Search};
use std::path::Path;
use std::time::{Duration, Instant};

const N_DOCUMENTS: usize = 2000;

fn main() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let n_bytes: usize = (0..N_DOCUMENTS).map(|i| write(folder.path(), i)).sum();
    let program = std::env::current_exe().expect("a path");
    let program = program
        .parent()
        .and_then(Path::parent)
        .expect("target/release")
        .join("maque-library-reader");
    let library = Library::open(
        home.path(),
        Reader {
            program,
            arguments: Vec::new(),
        },
    )
    .expect("a library");

    let start = Instant::now();
    library.add(folder.path()).expect("a folder");
    wait(&library, N_DOCUMENTS);
    println!(
        "{N_DOCUMENTS} documents, {} KiB: {:.1} s",
        n_bytes >> 10,
        start.elapsed().as_secs_f64()
    );

    std::fs::write(folder.path().join("7.md"), "# 新\n\n独角兽在此").expect("a file");
    let start = Instant::now();
    while search(&library, "独角兽").is_none_or(|file| file != "7.md") {
        std::thread::sleep(Duration::from_millis(5));
    }
    println!(
        "one changed file can be found after {:.2} s",
        start.elapsed().as_secs_f64()
    );

    let start = Instant::now();
    (0..100).for_each(|i| {
        drop(search(
            &library,
            &format!("第 {i} 号规定里出差住宿标准是多少？"),
        ))
    });
    println!(
        "a search takes {:.1} ms",
        start.elapsed().as_secs_f64() * 10.0
    );
    let size: u64 = walk(home.path());
    println!("the index takes {} KiB", size >> 10);
}

/// Writes document `i`; gives back its size.
fn write(folder: &Path, i: usize) -> usize {
    let mut text = format!("# 第 {i} 号规定\n\n");
    for section in 0..8 {
        let topic = [
            "报销", "休假", "密码", "安全", "采购", "培训", "出差", "设备",
        ][(i + section) % 8];
        text += &format!("## {topic}之{section}\n\n");
        for line in 0..4 {
            let n = i * 37 + section * 11 + line;
            text += &format!(
                "关于{topic}的第 {n} 条：部门 {} 的员工应当在 {} 天之内提交单据，住宿标准为每晚 {} 元。\n\n",
                n % 29,
                n % 60,
                n % 900
            );
        }
    }
    std::fs::write(folder.join(format!("{i}.md")), &text).expect("a file");
    text.len()
}

fn wait(library: &Library, n_documents: usize) {
    let is_ready =
        || {
            library.status().folders.iter().all(|folder| {
                folder.progress == Progress::Ready && folder.n_documents == n_documents
            })
        };
    while !is_ready() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn search(library: &Library, question: &str) -> Option<String> {
    let wanted = Search {
        question,
        folder: None,
        n: 10,
    };
    let hits = library.search(&wanted).expect("a search");
    hits.into_iter().next().map(|hit| hit.found.document.file)
}

fn walk(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                walk(&entry.path())
            } else {
                entry.metadata().map_or(0, |metadata| metadata.len())
            }
        })
        .sum()
}
