//! A folder of files that are made to break their readers: each is reported by its name, and the process lives.
#![cfg(unix)]

mod common;

use maque_library::Search;
use std::io::Write;
use std::path::Path;
use zip::write::SimpleFileOptions;

#[test]
fn every_hostile_file_is_reported_by_its_name() {
    let (home, folder) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let all = make(folder.path());
    let library = common::open(home.path());
    library.add(folder.path()).expect("a folder");
    let status = common::wait(&library, common::is_ready);
    let mut found: Vec<(&str, &str)> = status.folders[0]
        .skipped
        .iter()
        .map(|one| (one.file.as_str(), one.reason.code()))
        .collect();
    found.sort_unstable();
    let mut wanted = all;
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    assert!(25 <= wanted.len());

    // What is harmless beside them is read; nothing of an archive was written.
    let wanted = Search {
        question: "苹果甜吗",
        folder: None,
        n: 3,
    };
    let hits = library.search(&wanted).expect("a search");
    assert_eq!(hits[0].found.document.file, "good.txt");
    let wanted = Search {
        question: "梨多汁吗",
        ..wanted
    };
    assert_eq!(
        library.search(&wanted).expect("a search")[0]
            .found
            .document
            .file,
        "slip.docx"
    );
    let wanted = Search {
        question: "31415",
        ..wanted
    };
    assert_eq!(
        library.search(&wanted).expect("a search")[0]
            .found
            .document
            .file,
        "good.xlsx"
    );
    assert!(
        !folder
            .path()
            .parent()
            .expect("a parent")
            .join("evil.txt")
            .exists()
    );
}

/// Makes the files; gives back the names of those that cannot be read, and why.
fn make(folder: &Path) -> Vec<(&'static str, &'static str)> {
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("a file");
    write("good.txt", "苹果很甜".as_bytes());
    docx(
        &folder.join("slip.docx"),
        &[
            ("../../evil.txt", b"evil"),
            ("/evil.txt", b"evil"),
            (
                "word/document.xml",
                &body("<w:p><w:r><w:t>梨多汁</w:t></w:r></w:p>"),
            ),
        ],
    );
    xlsx(&folder.join("good.xlsx"), b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>31415</v></c></row></sheetData></worksheet>");
    let mut all = texts(folder);
    all.extend(documents(folder));
    all.extend(workbooks(folder));
    all.extend(specials(folder));
    all
}

/// PDF, HTML and plain text.
fn texts(folder: &Path) -> Vec<(&'static str, &'static str)> {
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("a file");
    let nested = format!(
        "%PDF-1.7\n1 0 obj\n{}{}\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
        "[".repeat(2_000_000),
        "]".repeat(2_000_000)
    );
    write("deep.pdf", nested.as_bytes());
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/library/handbook");
    let pdf = std::fs::read(handbook.join("handbook/Code of conduct.pdf")).expect("a PDF");
    write("cut.pdf", &pdf[..pdf.len() / 3]);
    write("noise.pdf", &noise(100_000));
    write("empty.pdf", b"");
    write("bytes.txt", &noise(100_000));
    write("zeros.csv", &[0; 4096]);
    write("blank.md", b"  \n\n \n");
    write("nothing.html", b"<script>while(1);</script>");
    write("program.exe", b"MZ");
    let big = std::fs::File::create(folder.join("sparse.txt")).expect("a file");
    big.set_len(4 << 30).expect("a sparse file");
    vec![
        ("deep.pdf", "broken"),
        ("cut.pdf", "broken"),
        ("noise.pdf", "broken"),
        ("empty.pdf", "broken"),
        ("bytes.txt", "broken"),
        ("zeros.csv", "broken"),
        ("blank.md", "empty"),
        ("nothing.html", "empty"),
        ("program.exe", "type"),
        ("sparse.txt", "too_large"),
    ]
}

/// Word files.
fn documents(folder: &Path) -> Vec<(&'static str, &'static str)> {
    let path = |name: &str| folder.join(name);
    let laughs: String = (1..20)
        .map(|i| format!("<!ENTITY a{i} \"{}\">", format!("&a{};", i - 1).repeat(10)))
        .collect();
    let laughs = format!(
        "<!DOCTYPE d [<!ENTITY a0 \"ha\">{laughs}]><w:document><w:t>&a19;</w:t></w:document>"
    );
    docx(
        &path("laughs.docx"),
        &[("word/document.xml", laughs.as_bytes())],
    );
    let attributes: String = (0..10_000_000).map(|i| format!("a{i}=\"\" ")).collect();
    docx(
        &path("attributes.docx"),
        &[("word/document.xml", &body(&format!("<w:p {attributes}/>")))],
    );
    docx(
        &path("depth.docx"),
        &[("word/document.xml", &body(&"<w:tbl>".repeat(4_000_000)))],
    );
    docx(
        &path("bomb.docx"),
        &[("word/document.xml", &vec![b' '; 700 << 20])],
    );
    docx(&path("hollow.docx"), &[("word/other.xml", b"<a/>")]);
    std::fs::write(path("noise.docx"), noise(100_000)).expect("a file");
    std::fs::write(
        path("locked.docx"),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
    )
    .expect("a file");
    vec![
        ("laughs.docx", "empty"),
        ("attributes.docx", "empty"),
        ("depth.docx", "empty"),
        ("bomb.docx", "too_much_text"),
        ("hollow.docx", "broken"),
        ("noise.docx", "broken"),
        ("locked.docx", "locked"),
    ]
}

/// Excel files.
fn workbooks(folder: &Path) -> Vec<(&'static str, &'static str)> {
    let path = |name: &str| folder.join(name);
    xlsx(
        &path("bomb.xlsx"),
        &[
            b"<worksheet><sheetData>".to_vec(),
            b"<row><c><v>1</v></c></row>".repeat(24 << 20),
            b"</sheetData></worksheet>".to_vec(),
        ]
        .concat(),
    );
    let corners = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData></worksheet>";
    xlsx(&path("corners.xlsx"), corners.as_bytes());
    xlsx(
        &path("cut.xlsx"),
        b"<worksheet><sheetData><row r=\"1\"><c r=\"A",
    );
    std::fs::write(path("noise.xlsx"), noise(100_000)).expect("a file");
    vec![
        ("bomb.xlsx", "fatal"),
        ("corners.xlsx", "fatal"),
        ("cut.xlsx", "broken"),
        ("noise.xlsx", "broken"),
    ]
}

/// What is no ordinary file.
fn specials(folder: &Path) -> Vec<(&'static str, &'static str)> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let link =
        |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.join(name)).expect("a link");
    link(".", "loop");
    link("/dev/zero", "zero.txt");
    link("/etc/passwd", "passwd.txt");
    link("nowhere", "nowhere.pdf");
    mknodat(CWD, folder.join("pipe.txt"), FileType::Fifo, Mode::RUSR, 0).expect("a pipe");
    drop(std::os::unix::net::UnixListener::bind(folder.join("socket.txt")).expect("a socket"));
    let deep = folder.join(vec!["d"; 40].join("/"));
    std::fs::create_dir_all(&deep).expect("folders");
    std::fs::write(deep.join("far.txt"), "x").expect("a file");
    const TOO_DEEP: &str = "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d";
    vec![
        ("loop", "link"),
        ("zero.txt", "link"),
        ("passwd.txt", "link"),
        ("nowhere.pdf", "link"),
        ("pipe.txt", "not_a_file"),
        ("socket.txt", "not_a_file"),
        (TOO_DEEP, "too_deep"),
    ]
}

fn docx(path: &Path, entries: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).expect("a file"));
    for (name, bytes) in entries {
        archive
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("an archive");
}

fn body(inner: &str) -> Vec<u8> {
    format!("<w:document><w:body>{inner}</w:body></w:document>").into_bytes()
}

/// A workbook with this sheet.
fn xlsx(path: &Path, sheet: &[u8]) {
    let types = b"<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>";
    let root = b"<Relationships><Relationship Id=\"r0\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
    let relations = b"<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let workbook =
        b"<workbook><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
    docx(
        path,
        &[
            ("[Content_Types].xml", types),
            ("_rels/.rels", root),
            ("xl/_rels/workbook.xml.rels", relations),
            ("xl/workbook.xml", workbook),
            ("xl/worksheets/sheet1.xml", sheet),
        ],
    );
}

/// Bytes without meaning, always the same.
fn noise(n: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(n).collect()
}
