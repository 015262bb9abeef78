//! The kinds of documents that are read, and how large each may be.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// A web page.
    Html,
    /// PDF.
    Pdf,
    /// A document of Word and its like.
    Docx,
    /// A workbook of Excel and its like.
    Xlsx,
    /// A table in text.
    Csv,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] = [
        Kind::Text,
        Kind::Markdown,
        Kind::Html,
        Kind::Pdf,
        Kind::Docx,
        Kind::Xlsx,
        Kind::Csv,
    ];

    /// The kind of a file with this name; `None` if it is none that can be read.
    pub fn of(file: &Path) -> Option<Kind> {
        let extension = file.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "txt" | "text" => Kind::Text,
            "md" | "markdown" => Kind::Markdown,
            "html" | "htm" | "xhtml" => Kind::Html,
            "pdf" => Kind::Pdf,
            "docx" => Kind::Docx,
            "xlsx" => Kind::Xlsx,
            "csv" => Kind::Csv,
            _ => return None,
        })
    }

    /// Its name, as in answers.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Markdown => "markdown",
            Kind::Html => "html",
            Kind::Pdf => "pdf",
            Kind::Docx => "docx",
            Kind::Xlsx => "xlsx",
            Kind::Csv => "csv",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Bytes that a file of it may have.
    pub fn max_bytes(self) -> u64 {
        match self {
            Kind::Text | Kind::Markdown | Kind::Html | Kind::Csv => 16 << 20,
            Kind::Pdf | Kind::Docx | Kind::Xlsx => 64 << 20,
        }
    }
}
