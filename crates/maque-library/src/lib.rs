//! Folders of documents to passages and quotations: formats, a full-text index on disk, frequent questions.
//!
//! [`Library::open`] watches folders and keeps their index; [`Library::search`] finds the passages nearest to a question,
//! [`Library::near`] those nearest in meaning, [`Library::faq`] the answer of a table of frequent questions, and [`Quotation::find`] proves that words are a document's own.
//! Documents are read by [`child`] in a process of its own, since files can be made to break those who read them.

mod asked;
mod evidence;
mod extract;
mod extracted;
mod faq;
mod folder;
mod folders;
mod index;
mod indexing;
mod kind;
mod library;
mod line_breaks;
mod nearness;
mod numbers;
mod passage;
mod queue;
mod quotation;
mod reader;
mod search;
mod sentences;
mod skipped;
mod sought;
mod synonyms;
mod watch;
mod whether;
mod words;

pub use evidence::{answers, closest, quotable, support};
pub use extracted::Place;
pub use faq::FaqHit;
pub use index::{DocumentName, PassageRecord};
pub use kind::Kind;
pub use library::{FolderStatus, Library, LibraryError, NO_FOLDER, Progress, Status};
pub use nearness::VectorOf;
pub use passage::Passage;
pub use quotation::{Quotation, unsupported};
pub use reader::{Reader, child};
pub use search::{Hit, Search};
pub use sentences::sentences;
pub use skipped::{Reason, Skipped};
pub use sought::{echoes, fits};
pub use whether::{asks_whether, contradict};
pub use words::{is_chinese_text, words};
