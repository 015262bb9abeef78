//! The index on disk: what is known of each file, its passages and its frequent questions, in one tantivy index.

use crate::Kind;
use crate::extracted::{Extracted, FaqRow};
use crate::folder::Version;
use crate::passage::{Passage, passages};
use crate::skipped::Reason;
use crate::words::{pairs, words};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::path::Path;
use tantivy::collector::DocSetCollector;
use tantivy::query::{BooleanQuery, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::store::Compressor;
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{
    DocAddress, Index as Tantivy, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher,
    TantivyDocument, Term,
};

/// The folder of this layout and these words; a later one has another, and is built anew from the documents.
const LAYOUT: &str = "index-4";
/// Folders of earlier ones.
const EARLIER: &[&str] = &["index-1", "index-2", "index-3"];
/// Memory in which the writer gathers before it writes.
const WRITER_BYTES: usize = 48 << 20;

/// What a file became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    pub(crate) document: DocumentName,
    /// `None` if it was never opened.
    pub(crate) version: Option<Version>,
    pub(crate) skipped: Option<Reason>,
    pub(crate) n_passages: usize,
    pub(crate) n_questions: usize,
}

impl FileRecord {
    /// Whether it is worth another try though the file is as it was: rights and disks change without it.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.skipped, Some(Reason::Io { .. }))
    }
}

/// Which document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocumentName {
    /// Its id, made of the folder's and the file's names.
    pub id: String,
    /// The id of its folder.
    pub folder: String,
    /// Its path from the folder.
    pub file: String,
    /// What it is; `None` for a file of no kind that is read.
    pub kind: Option<Kind>,
}

impl DocumentName {
    /// The name of this file of that folder.
    pub(crate) fn new(folder: &str, file: &str, kind: Option<Kind>) -> DocumentName {
        let digest = Sha256::digest(format!("{folder}\0{file}"));
        let id = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (folder, file) = (folder.to_owned(), file.to_owned());
        DocumentName {
            id,
            folder,
            file,
            kind,
        }
    }
}

/// A passage and the document that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassageRecord {
    /// The document.
    pub document: DocumentName,
    /// The passage.
    pub passage: Passage,
}

/// A frequent question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FaqRecord {
    pub(crate) question: String,
    /// Its answer, as a passage.
    pub(crate) answer: PassageRecord,
    /// The place of the row among all of its table.
    pub(crate) number: usize,
}

/// The fields of the index.
#[derive(Clone, Copy)]
pub(crate) struct FieldsOfIndex {
    document: Field,
    folder: Field,
    sort: Field,
    record: Field,
    /// Words of a passage.
    pub(crate) body: Field,
    /// Pairs of Chinese letters of a passage.
    pub(crate) pairs: Field,
    /// Words of what stands above it: file name, headings, names of columns.
    pub(crate) above: Field,
}

/// What a document of the index is.
#[derive(Clone, Copy)]
enum Sort {
    File,
    Text,
    Passage,
    Faq,
}

impl Sort {
    fn name(self) -> &'static str {
        match self {
            Sort::File => "file",
            Sort::Text => "text",
            Sort::Passage => "passage",
            Sort::Faq => "faq",
        }
    }
}

/// The index.
pub(crate) struct Index {
    tantivy: Tantivy,
    reader: IndexReader,
    pub(crate) fields: FieldsOfIndex,
}

impl Index {
    /// Opens the index in `home`, or makes an empty one; one that is broken is made anew, as all in it can be.
    pub(crate) fn open(home: &Path) -> tantivy::Result<Index> {
        let path = home.join(LAYOUT);
        for earlier in EARLIER {
            let _ = std::fs::remove_dir_all(home.join(earlier)); // mostly there is none
        }
        std::fs::create_dir_all(&path)?;
        Index::try_open(&path).or_else(|_| {
            std::fs::remove_dir_all(&path)?;
            std::fs::create_dir_all(&path)?;
            Index::try_open(&path)
        })
    }

    fn try_open(path: &Path) -> tantivy::Result<Index> {
        let (schema, fields) = schema();
        let directory = tantivy::directory::MmapDirectory::open(path)?;
        let settings = IndexSettings {
            docstore_compression: Compressor::None,
            ..IndexSettings::default()
        };
        let tantivy = match Tantivy::exists(&directory)? {
            true => Tantivy::open(directory)?,
            false => Tantivy::create(directory, schema, settings)?,
        };
        let reader = tantivy
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Index {
            tantivy,
            reader,
            fields,
        })
    }

    /// What is in it now.
    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Shows what was committed.
    pub(crate) fn reload(&self) -> tantivy::Result<()> {
        self.reader.reload()
    }

    /// The one who writes; there is one among all processes.
    pub(crate) fn writer(&self) -> tantivy::Result<Writer> {
        let writer = self.tantivy.writer_with_num_threads(1, WRITER_BYTES)?;
        Ok(Writer {
            writer,
            fields: self.fields,
        })
    }

    /// What is known of every file.
    pub(crate) fn files(&self) -> tantivy::Result<Vec<FileRecord>> {
        self.records(Term::from_field_text(self.fields.sort, Sort::File.name()))
    }

    /// Every frequent question, in the order of their tables.
    pub(crate) fn questions(&self) -> tantivy::Result<Vec<FaqRecord>> {
        let mut all: Vec<FaqRecord> =
            self.records(Term::from_field_text(self.fields.sort, Sort::Faq.name()))?;
        all.sort_by(|a, b| {
            let place = |record: &FaqRecord| (record.answer.document.file.clone(), record.number);
            place(a).cmp(&place(b))
        });
        Ok(all)
    }

    /// The text of a document; `None` if it is unknown.
    pub(crate) fn text(&self, document: &str) -> tantivy::Result<Option<(DocumentName, String)>> {
        let term = Term::from_field_text(self.fields.document, &text_key(document));
        Ok(self.records(term)?.pop())
    }

    /// The query that finds passages of these folders only.
    pub(crate) fn passages_of(&self, folders: &[String]) -> BooleanQuery {
        let term = |field, text: &str| {
            let term = Term::from_field_text(field, text);
            Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>
        };
        let folders = folders
            .iter()
            .map(|folder| term(self.fields.folder, folder));
        BooleanQuery::intersection(vec![
            term(self.fields.sort, Sort::Passage.name()),
            Box::new(BooleanQuery::union(folders.collect())),
        ])
    }

    /// The passage at an address.
    pub(crate) fn passage(
        &self,
        searcher: &Searcher,
        at: DocAddress,
    ) -> tantivy::Result<PassageRecord> {
        self.record(searcher, at)
    }

    fn records<T: DeserializeOwned>(&self, term: Term) -> tantivy::Result<Vec<T>> {
        let searcher = self.searcher();
        let found = searcher.search(
            &TermQuery::new(term, IndexRecordOption::Basic),
            &DocSetCollector,
        )?;
        found
            .into_iter()
            .map(|at| self.record(&searcher, at))
            .collect()
    }

    fn record<T: DeserializeOwned>(
        &self,
        searcher: &Searcher,
        at: DocAddress,
    ) -> tantivy::Result<T> {
        let stored: TantivyDocument = searcher.doc(at)?;
        let bytes = stored
            .get_first(self.fields.record)
            .and_then(|value| value.as_bytes())
            .unwrap_or_default();
        serde_json::from_slice(bytes)
            .map_err(|error| tantivy::TantivyError::InternalError(error.to_string()))
    }
}

/// Writes to the index; what was written counts from its commit.
pub(crate) struct Writer {
    writer: IndexWriter,
    fields: FieldsOfIndex,
}

impl Writer {
    /// Forgets a document.
    pub(crate) fn forget(&self, document: &DocumentName) {
        for key in [document.id.clone(), text_key(&document.id)] {
            self.writer
                .delete_term(Term::from_field_text(self.fields.document, &key));
        }
    }

    /// Forgets all of a folder.
    pub(crate) fn forget_folder(&self, folder: &str) {
        self.writer
            .delete_term(Term::from_field_text(self.fields.folder, folder));
    }

    /// Writes what a file became, instead of what it was before.
    pub(crate) fn put(
        &self,
        document: &DocumentName,
        version: Option<Version>,
        read: Result<Extracted, Reason>,
    ) -> tantivy::Result<FileRecord> {
        self.forget(document);
        let mut file = FileRecord {
            document: document.clone(),
            version,
            skipped: None,
            n_passages: 0,
            n_questions: 0,
        };
        match read {
            Err(reason) => file.skipped = Some(reason),
            Ok(extracted) => {
                file.n_questions = extracted.questions.len();
                file.n_passages = self.put_parts(document, extracted)?;
            }
        }
        self.writer
            .add_document(self.of(Sort::File, document, &document.id, &file))?;
        Ok(file)
    }

    fn put_parts(&self, document: &DocumentName, extracted: Extracted) -> tantivy::Result<usize> {
        let passages = passages(&extracted);
        let n_passages = passages.len();
        for passage in passages {
            let above = above(document, &passage);
            let record = PassageRecord {
                document: document.clone(),
                passage,
            };
            let mut stored = self.of(Sort::Passage, document, &document.id, &record);
            let text = &record.passage.text;
            stored.add_pre_tokenized_text(self.fields.body, tokenized(words(text)));
            stored.add_pre_tokenized_text(self.fields.pairs, tokenized(pairs(text)));
            stored.add_pre_tokenized_text(self.fields.above, tokenized(words(&above)));
            self.writer.add_document(stored)?;
        }
        for (number, row) in extracted.questions.iter().enumerate() {
            let record = faq(document, number, row, &extracted.text);
            self.writer
                .add_document(self.of(Sort::Faq, document, &document.id, &record))?;
        }
        let text = (document, extracted.text);
        self.writer
            .add_document(self.of(Sort::Text, document, &text_key(&document.id), &text))?;
        Ok(n_passages)
    }

    /// Makes what was written count.
    pub(crate) fn commit(&mut self) -> tantivy::Result<()> {
        self.writer.commit().map(|_| ())
    }

    /// Waits until the index is in order.
    pub(crate) fn finish(self) -> tantivy::Result<()> {
        self.writer.wait_merging_threads()
    }

    fn of(
        &self,
        sort: Sort,
        document: &DocumentName,
        key: &str,
        record: &impl Serialize,
    ) -> TantivyDocument {
        let mut stored = TantivyDocument::new();
        stored.add_text(self.fields.sort, sort.name());
        stored.add_text(self.fields.document, key);
        stored.add_text(self.fields.folder, &document.folder);
        stored.add_bytes(
            self.fields.record,
            &serde_json::to_vec(record).unwrap_or_default(),
        );
        stored
    }
}

/// What stands above a passage.
pub(crate) fn above(document: &DocumentName, passage: &Passage) -> String {
    let place = &passage.place;
    let stem = document
        .file
        .rsplit_once('.')
        .map_or(document.file.as_str(), |(stem, _)| stem);
    let parts = [stem, &passage.context]
        .into_iter()
        .chain(place.headings.iter().map(String::as_str));
    parts
        .chain(place.sheet.as_deref())
        .collect::<Vec<_>>()
        .join("\n")
}

fn faq(document: &DocumentName, number: usize, row: &FaqRow, text: &str) -> FaqRecord {
    let passage = Passage {
        text: text[row.answer.clone()].to_owned(),
        start: text[..row.answer.start].chars().count(),
        place: row.place.clone(),
        context: row.question.clone(),
    };
    FaqRecord {
        question: row.question.clone(),
        answer: PassageRecord {
            document: document.clone(),
            passage,
        },
        number,
    }
}

/// The key of a document's text, apart from the document's own so that searching never meets it.
fn text_key(document: &str) -> String {
    format!("text:{document}")
}

fn schema() -> (Schema, FieldsOfIndex) {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_index_option(IndexRecordOption::WithFreqs)
        .set_fieldnorms(true);
    let text = TextOptions::default().set_indexing_options(indexing);
    let fields = FieldsOfIndex {
        document: builder.add_text_field("document", STRING),
        folder: builder.add_text_field("folder", STRING),
        sort: builder.add_text_field("sort", STRING),
        record: builder.add_bytes_field("record", STORED),
        body: builder.add_text_field("body", text.clone()),
        pairs: builder.add_text_field("pairs", text.clone()),
        above: builder.add_text_field("above", text),
    };
    (builder.build(), fields)
}

/// Words as the index takes them.
fn tokenized(words: Vec<String>) -> PreTokenizedString {
    let token = |(position, text): (usize, String)| Token {
        offset_from: 0,
        offset_to: 0,
        position,
        text,
        position_length: 1,
    };
    PreTokenizedString {
        text: String::new(),
        tokens: words.into_iter().enumerate().map(token).collect(),
    }
}
