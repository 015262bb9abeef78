//! A library's things as JSON.

use super::{Found, Inquiry, N_SHOWN, usage};
use crate::identity::Role;
use maque_library::{DocumentName, FolderStatus, Hit, Library, Place, Progress, Quotation, Status};
use serde_json::{Value, json};
use std::hash::{BuildHasher, RandomState};

/// The whole answer.
pub(super) fn answer(inquiry: &Inquiry, found: &Found) -> Value {
    let quotations = inquiry.library.iter().flat_map(|library| {
        let all = (1..).zip(&found.quotations);
        all.map(|(index, one)| quotation(library, index, one))
    });
    let shown = inquiry
        .library
        .as_ref()
        .map(|library| passages(library, found));
    let mut answer = json!({
        "id": format!("lib-{:016x}", RandomState::new().hash_one(0)),
        "object": "library.answer",
        "question": inquiry.question,
        "outcome": found.outcome,
        "answer": found.answer,
        "source": found.source,
        "quotations": quotations.collect::<Vec<_>>(),
        "passages": shown.map_or(json!([]), |shown| shown["passages"].clone()),
        "timings": { "search_ms": found.search_ms as u64, "total_ms": inquiry.start.elapsed().as_millis() as u64 },
        "usage": usage(&found.usage),
    });
    if !inquiry.warnings.is_empty() {
        answer["warnings"] = json!(inquiry.warnings);
    }
    answer
}

/// The nearest passages, with the sentences that are marked in them.
pub(super) fn passages(library: &Library, found: &Found) -> Value {
    let hits = &found.hits;
    let best = hits.first().map_or(1.0, |hit| hit.score).max(f32::EPSILON);
    let shown = shown(hits).map(|hit| {
        let passage = &hit.found.passage;
        json!({
            "text": passage.text,
            "document": document(library, &hit.found.document),
            "place": place(&passage.place),
            "start": passage.start,
            "end": passage.end(),
            "score": hit.score / best,
            "marked": marked(found, hit),
        })
    });
    json!({ "passages": shown.collect::<Vec<_>>() })
}

/// The sentence that is marked in a passage.
fn marked(found: &Found, hit: &Hit) -> Option<Value> {
    let all = found.marked.iter().map(|marked| &marked.found);
    let of_document = all.filter(|marked| marked.document == hit.found.document);
    let whole = &hit.found.passage;
    let part = of_document
        .map(|marked| &marked.passage)
        .find(|part| (whole.start..whole.end()).contains(&part.start))?;
    Some(json!({ "text": part.text, "start": part.start, "end": part.end() }))
}

/// The nearest passages, at most two of one document, so that others are seen too.
pub(super) fn shown(hits: &[Hit]) -> impl Iterator<Item = &Hit> {
    let is_shown = |(at, hit): &(usize, &Hit)| {
        let before = hits[..*at].iter();
        before
            .filter(|other| other.found.document == hit.found.document)
            .count()
            < 2
    };
    hits.iter()
        .enumerate()
        .filter(is_shown)
        .map(|(_, hit)| hit)
        .take(N_SHOWN)
}

/// A quotation with its number in the answer.
pub(super) fn quotation(library: &Library, index: usize, quotation: &Quotation) -> Value {
    let passage = &quotation.passage;
    json!({
        "index": index,
        "text": quotation.text,
        "document": document(library, &quotation.document),
        "place": place(&passage.place),
        "start": quotation.start,
        "end": quotation.end(),
        "passage": { "text": passage.text, "start": passage.start, "end": passage.end() },
    })
}

/// The name of a document.
pub(crate) fn document(library: &Library, document: &DocumentName) -> Value {
    json!({
        "id": document.id,
        "folder": document.folder,
        "folder_name": library.name_of(&document.folder),
        "file": document.file,
        "kind": document.kind.map(maque_library::Kind::name),
    })
}

fn place(place: &Place) -> Value {
    json!({ "headings": place.headings, "page": place.page, "sheet": place.sheet, "row": place.row })
}

/// How far everything is, for a person of this role.
pub(crate) fn status(status: &Status, role: Role) -> Value {
    let folders = &status.folders;
    let is_indexing = folders
        .iter()
        .any(|folder| matches!(folder.progress, Progress::Indexing { .. }));
    let state = match (folders.is_empty(), is_indexing) {
        (true, _) => "empty",
        (_, true) => "indexing",
        _ => "ready",
    };
    let sum = |count: fn(&FolderStatus) -> usize| folders.iter().map(count).sum::<usize>();
    let skipped = folders.iter().flat_map(|folder| {
        let files = folder.skipped.iter();
        files.map(|one| json!({ "folder": folder.id, "file": one.file, "code": one.reason.code(), "reason": one.reason.to_string() }))
    });
    json!({
        "object": "library.status",
        "state": state,
        "documents": sum(|folder| folder.n_documents),
        "passages": sum(|folder| folder.n_passages),
        "questions": sum(|folder| folder.n_questions),
        "folders": folders.iter().map(|one| folder(one, role)).collect::<Vec<_>>(),
        "skipped": skipped.collect::<Vec<_>>(),
        "frequent_questions": status.frequent,
    })
}

/// A folder, for a person of this role: only administrators learn where it is.
pub(crate) fn folder(folder: &FolderStatus, role: Role) -> Value {
    let (state, done, total, error) = match &folder.progress {
        Progress::Indexing { done, total } => ("indexing", *done, *total, None),
        Progress::Ready => ("ready", folder.n_documents, folder.n_documents, None),
        Progress::Missing => ("missing", folder.n_documents, folder.n_documents, None),
        Progress::Failed(why) => ("failed", folder.n_documents, folder.n_documents, Some(why)),
    };
    json!({
        "id": folder.id,
        "name": folder.name,
        "path": (role == Role::Admin).then(|| folder.path.to_string_lossy().into_owned()),
        "state": state,
        "error": error.filter(|_| role == Role::Admin),
        "done": done,
        "total": total,
        "documents": folder.n_documents,
        "passages": folder.n_passages,
        "questions": folder.n_questions,
        "skipped": folder.n_skipped,
    })
}
