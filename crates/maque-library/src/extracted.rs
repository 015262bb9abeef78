//! What is read out of a document: its text, the blocks in it, and the rows of a table of frequent questions.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A document that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extracted {
    /// All its text; every offset points into it.
    pub text: String,
    /// Its paragraphs, table rows and the like, in order.
    pub blocks: Vec<Block>,
    /// Its frequent questions, if it is a table of them.
    pub questions: Vec<FaqRow>,
}

/// A paragraph, a list item, a row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// Where it stands.
    pub place: Place,
    /// What is known of it beside its text: the columns' names of a row.
    pub context: String,
    /// What it is.
    pub kind: BlockKind,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BlockKind {
    /// A heading: it belongs to what follows.
    Heading,
    /// A paragraph, an item of a list.
    Paragraph,
    /// A row of a table: it stays apart from its neighbours.
    Row,
}

/// Where something stands in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The headings above it, outermost first.
    pub headings: Vec<String>,
    /// Its page, from 1.
    pub page: Option<u32>,
    /// Its sheet.
    pub sheet: Option<String>,
    /// Its row, from 1 as spreadsheet programs count.
    pub row: Option<u32>,
}

/// A row of a table of frequent questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FaqRow {
    /// The question, as written.
    pub question: String,
    /// Bytes of the document's text that answer it.
    pub answer: Range<usize>,
    /// Where the row stands.
    pub place: Place,
}

/// A text that grows block by block.
#[derive(Default)]
pub(crate) struct Builder {
    extracted: Extracted,
    headings: Headings,
}

impl Builder {
    /// Adds a heading, which is a block too: people ask for it by its words.
    pub(crate) fn heading(&mut self, level: usize, text: &str) {
        self.heading_at(level, text, Place::default());
    }

    /// Adds a heading with a page.
    pub(crate) fn heading_at(&mut self, level: usize, text: &str, place: Place) {
        self.headings.enter(level, text.trim());
        let headings = self.headings.path();
        self.push(
            text,
            Place { headings, ..place },
            String::new(),
            BlockKind::Heading,
        );
    }

    /// Adds a paragraph.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.paragraph_at(text, Place::default());
    }

    /// Adds a paragraph with a page.
    pub(crate) fn paragraph_at(&mut self, text: &str, place: Place) {
        let headings = self.headings.path();
        self.push(
            text,
            Place { headings, ..place },
            String::new(),
            BlockKind::Paragraph,
        );
    }

    /// Adds a row of a table: its cells, and the names of its columns. Gives back where each cell is in the text.
    pub(crate) fn row(
        &mut self,
        cells: &[String],
        columns: &str,
        place: Place,
    ) -> Vec<Range<usize>> {
        let mut start = self.extracted.text.len();
        let mut spans = Vec::new();
        for cell in cells {
            spans.push(start..start + cell.len());
            start += cell.len() + SEPARATOR.len();
        }
        let headings = self.headings.path();
        let text = cells.join(SEPARATOR);
        self.push(
            &text,
            Place { headings, ..place },
            columns.to_owned(),
            BlockKind::Row,
        );
        spans
    }

    /// Adds a frequent question.
    pub(crate) fn question(&mut self, row: FaqRow) {
        self.extracted.questions.push(row);
    }

    fn push(&mut self, text: &str, place: Place, context: String, kind: BlockKind) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let start = self.extracted.text.len();
        self.extracted.text += text;
        let span = start..self.extracted.text.len();
        self.extracted.text.push('\n');
        self.extracted.blocks.push(Block {
            span,
            place,
            context,
            kind,
        });
    }

    /// All that was added.
    pub(crate) fn finish(self) -> Extracted {
        self.extracted
    }
}

/// Between the cells of a row.
pub(crate) const SEPARATOR: &str = " | ";

/// The headings that something stands under.
#[derive(Default)]
pub(crate) struct Headings(Vec<(usize, String)>);

impl Headings {
    /// A heading of this level, 1 being the outermost, ends those of its level and below.
    pub(crate) fn enter(&mut self, level: usize, text: &str) {
        self.0.retain(|(above, _)| *above < level);
        if !text.is_empty() {
            self.0.push((level, text.chars().take(200).collect()));
        }
    }

    /// Their texts, outermost first.
    pub(crate) fn path(&self) -> Vec<String> {
        self.0.iter().map(|(_, text)| text.clone()).collect()
    }
}
