//! The rows that are done, a line each, on the disk before they count: killed at any time, a batch goes on where it was.

use crate::BatchError;
use crate::recipe::Recipe;
use crate::sheet::Sheet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What came of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The row, from 0.
    pub row: usize,
    /// Its answer; null where there is none.
    pub answer: Value,
    /// What is wrong with it, if anything.
    pub mark: Option<String>,
    /// How often it was asked.
    pub tries: u32,
}

/// Which work a journal belongs to: the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    recipe: String,
    rows: String,
}

/// What to do with a journal that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Go on with it.
    Resume,
    /// Begin anew.
    Anew,
}

/// A journal that no other process has.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    done: BTreeMap<usize, Record>,
}

impl Work {
    /// A recipe, asked of the rows of a sheet with these further settings.
    pub fn of(recipe: &Recipe, settings: &str, sheet: &Sheet) -> Work {
        Work::new(
            &format!("{} {settings}", recipe.identity()),
            &format!("{sheet:?}"),
        )
    }

    /// Any work: what is asked, and of what.
    pub fn new(asked: &str, rows: &str) -> Work {
        Work {
            recipe: digest(asked),
            rows: digest(rows),
        }
    }
}

fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Journal {
    /// The journal beside `output`.
    ///
    /// # Errors
    /// Where it belongs to other work, or another process has it.
    pub fn open(output: &Path, work: &Work, begin: Begin) -> Result<Journal, BatchError> {
        let mut name = output.as_os_str().to_owned();
        name.push(".journal");
        let path = PathBuf::from(name);
        let failed = |source| BatchError::Write {
            path: path.clone(),
            source,
        };
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = opened.map_err(|source| BatchError::Write {
            path: output.to_owned(), // the name that somebody knows
            source,
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BatchError::Busy { path }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut text = Vec::new();
        if begin == Begin::Resume {
            file.read_to_end(&mut text).map_err(failed)?;
        }
        let (found, done, n_whole) = whole(&text);
        if let Some(what) = found.as_ref().and_then(|found| work.difference(found)) {
            return Err(BatchError::OtherWork { path, what });
        }
        file.set_len(n_whole as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if found.is_none() {
            write(&mut file, work).map_err(failed)?;
            sync_folder(&path).map_err(failed)?;
        }
        Ok(Journal { file, path, done })
    }

    /// The rows that are done.
    pub fn done(&self) -> &BTreeMap<usize, Record> {
        &self.done
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a row in; it is on the disk when this returns.
    pub fn append(&mut self, record: Record) -> Result<(), BatchError> {
        let written = write(&mut self.file, &record);
        written.map_err(|source| BatchError::Write {
            path: self.path.clone(),
            source,
        })?;
        self.done.insert(record.row, record);
        Ok(())
    }

    /// Takes the journal away: the output has everything.
    pub fn finish(self) -> Result<(), BatchError> {
        std::fs::remove_file(&self.path).map_err(|source| BatchError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

impl Work {
    /// What of this work is not as it was found.
    fn difference(&self, found: &Work) -> Option<&'static str> {
        match (self.recipe == found.recipe, self.rows == found.rows) {
            (true, true) => None,
            (false, _) => Some("recipe"),
            (true, false) => Some("rows"),
        }
    }
}

/// What whole lines say, and how many bytes they are: a kill may have cut the last one.
fn whole(text: &[u8]) -> (Option<Work>, BTreeMap<usize, Record>, usize) {
    let mut lines = text
        .split_inclusive(|&byte| byte == b'\n')
        .take_while(|line| line.ends_with(b"\n"));
    let Some((first, work)) = lines
        .next()
        .and_then(|line| Some((line.len(), serde_json::from_slice(line).ok()?)))
    else {
        return (None, BTreeMap::new(), 0);
    };
    let (mut done, mut n_whole) = (BTreeMap::new(), first);
    for line in lines {
        let Ok(record) = serde_json::from_slice::<Record>(line) else {
            break;
        };
        n_whole += line.len();
        done.insert(record.row, record);
    }
    (Some(work), done, n_whole)
}

fn write(file: &mut File, line: &impl Serialize) -> std::io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    file.write_all(&bytes)?;
    file.sync_data()
}

/// The name of a new file is on the disk only when its folder is.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path; // folders cannot be opened there
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(row: usize) -> Record {
        Record {
            row,
            answer: json!({ "a": "霜" }),
            mark: None,
            tries: 1,
        }
    }

    #[test]
    fn a_journal_goes_on_wherever_it_was_cut() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("out.xlsx");
        let path = folder.path().join("out.xlsx.journal");
        let work = Work::new("ask", "rows");
        let mut journal = Journal::open(&output, &work, Begin::Resume).expect("a journal");
        for row in [2, 0, 1] {
            journal.append(record(row)).expect("written");
        }
        drop(journal);
        let whole = std::fs::read(&path).expect("the journal");
        let ends: Vec<usize> = (1..=whole.len())
            .filter(|&end| whole[end - 1] == b'\n')
            .collect();
        for end in 0..=whole.len() {
            std::fs::write(&path, &whole[..end]).expect("cut");
            let mut journal = Journal::open(&output, &work, Begin::Resume).expect("a journal");
            let n_whole = ends
                .iter()
                .filter(|&&line| line <= end)
                .count()
                .saturating_sub(1);
            assert_eq!(journal.done().len(), n_whole, "cut at {end}");
            journal.append(record(7)).expect("written");
            drop(journal);
            let journal = Journal::open(&output, &work, Begin::Resume).expect("a journal");
            assert_eq!(journal.done().len(), n_whole + 1, "cut at {end}");
        }
    }

    #[test]
    fn other_work_and_a_second_process_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("out.csv");
        let open = |work: &Work, begin| Journal::open(&output, work, begin);
        let mut journal = open(&Work::new("ask", "rows"), Begin::Resume).expect("a journal");
        journal.append(record(0)).expect("written");
        assert!(matches!(
            open(&Work::new("ask", "rows"), Begin::Resume),
            Err(BatchError::Busy { .. })
        ));
        drop(journal);
        for (work, wanted) in [
            (Work::new("other", "rows"), "recipe"),
            (Work::new("ask", "other"), "rows"),
        ] {
            match open(&work, Begin::Resume) {
                Err(BatchError::OtherWork { what, .. }) => assert_eq!(what, wanted),
                other => panic!("{other:?}"),
            }
        }
        let journal = open(&Work::new("ask", "other"), Begin::Anew).expect("a new journal");
        assert_eq!(journal.done().len(), 0);
        journal.finish().expect("gone");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            0
        );
    }
}
