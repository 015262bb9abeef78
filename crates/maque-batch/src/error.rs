//! What can be wrong with a batch, said to the person who can mend it.

use std::path::PathBuf;

/// Why a batch cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of a kind that is not read, or not written.
    #[error("{} is none of: {known}; save it as one of them", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// Endings that are known.
        known: &'static str,
    },
    /// A file that is larger than a table may be.
    #[error("{} is larger than {limit}; split it", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes, or rows.
        limit: String,
    },
    /// A file that is not what its name says.
    #[error("{}: {why}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What, and where.
        why: String,
    },
    /// A table without rows.
    #[error("{} holds no rows under its line of column names", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A cell that a workbook cannot hold.
    #[error(
        "row {row}, column {column:?} has more text than a workbook's cell holds; write csv or jsonl instead"
    )]
    LongCell {
        /// The row, from 1.
        row: usize,
        /// The column.
        column: String,
    },
    /// A recipe that does not exist.
    #[error("there is no recipe {name:?}; there are: {known}, or the path of a .toml file")]
    UnknownRecipe {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A recipe that is wrong.
    #[error("the recipe {name}: {why}")]
    Recipe {
        /// Its name or path.
        name: String,
        /// The field, and what it must be.
        why: String,
    },
    /// A recipe wants a column that the rows do not have.
    #[error("the rows have no column {column:?}, which the prompt wants; they have: {columns}")]
    NoColumn {
        /// The column.
        column: String,
        /// The columns there are.
        columns: String,
    },
    /// A journal of other work.
    #[error("{} is the journal of other work: the {what} changed since; begin anew with --restart, or write to another file", path.display())]
    OtherWork {
        /// The journal.
        path: PathBuf,
        /// Recipe or rows.
        what: &'static str,
    },
    /// A journal that another process has.
    #[error("{} is in use: the same batch is running already", path.display())]
    Busy {
        /// The journal.
        path: PathBuf,
    },
}
