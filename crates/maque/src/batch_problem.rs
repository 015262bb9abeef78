//! What is wrong with a batch, in the user's language.

use crate::exit::Problem;
use crate::output::cannot_write;
use crate::say::Say;
use maque_batch::BatchError;
use std::path::Path;

/// Wrong input is a wrong argument; what the disk refuses is a failure.
pub(crate) fn batch_problem(error: BatchError) -> Problem {
    let shown = |path: &Path| path.display().to_string();
    let say = match error {
        BatchError::Read { path, source } => {
            return Problem::usage(Say::CannotRead { path: shown(&path) }).because(source);
        }
        BatchError::Write { path, source } => {
            return cannot_write(&path, source);
        }
        BatchError::Kind { path, known } => Say::BatchKind {
            path: shown(&path),
            known,
        },
        BatchError::TooLarge { path, limit } => Say::BatchTooLarge {
            path: shown(&path),
            limit,
        },
        BatchError::Broken { path, why } => Say::BatchBroken {
            path: shown(&path),
            why,
        },
        BatchError::NoRows { path } => Say::BatchNoRows { path: shown(&path) },
        BatchError::LongCell { row, column } => Say::BatchLongCell { row, column },
        BatchError::UnknownRecipe { name, known } => Say::BatchUnknownRecipe { name, known },
        BatchError::Recipe { name, why } => Say::BatchWrongRecipe { name, why },
        BatchError::NoColumn { column, columns } => Say::BatchNoColumn { column, columns },
        BatchError::OtherWork { path, what: "rows" } => Say::BatchOtherRows { path: shown(&path) },
        BatchError::OtherWork { path, .. } => Say::BatchOtherRecipe { path: shown(&path) },
        BatchError::Busy { path } => Say::BatchBusy { path: shown(&path) },
    };
    Problem::usage(say)
}
