//! Bytes of a document to its text and blocks; one file a format. Runs in a child process with limits, see `reader`.

mod csv;
mod docx;
mod html;
mod markdown;
mod pdf;
mod table;
mod text;
mod xlsx;

use crate::Kind;
use crate::extracted::Extracted;
use crate::skipped::Reason;

/// Text that a document may have, in MiB.
const MAX_TEXT_MIB: u64 = 16;

/// Reads a document of this kind.
pub(crate) fn extract(kind: Kind, bytes: &[u8]) -> Result<Extracted, Reason> {
    let extracted = match kind {
        Kind::Text => text::extract(&text::decode(bytes)?),
        Kind::Markdown => markdown::extract(text::decode(bytes)?),
        Kind::Html => html::extract(&text::decode(bytes)?),
        Kind::Csv => csv::extract(&text::decode(bytes)?)?,
        Kind::Pdf => pdf::extract(bytes)?,
        Kind::Docx => docx::extract(bytes)?,
        Kind::Xlsx => xlsx::extract(bytes)?,
    };
    match extracted.text.len() {
        n if (MAX_TEXT_MIB << 20) < n as u64 => Err(Reason::TooMuchText {
            limit_mib: MAX_TEXT_MIB,
        }),
        _ if extracted.blocks.is_empty() => Err(Reason::Empty),
        _ => Ok(extracted),
    }
}
