//! Rows of bodies under `/maque`; `api/table.rs` says which routes have them.

use crate::field::{Field, Kind};
use crate::limits::MAX_GUESTS;

/// What begins a conversation.
pub(crate) const CONVERSATION: &[Field] = &[
    Field::new("title", Kind::Text),
    Field::new("settings", Kind::Object),
];
/// What changes one.
pub(crate) const CHANGE: &[Field] = &[
    Field::new("title", Kind::Text),
    Field::new("settings", Kind::Object),
    Field::new("active", Kind::Integer(1, i64::MAX as i128)),
];
/// A question.
pub(crate) const ASK: &[Field] = &[
    Field::new("content", Kind::Text),
    Field::new("parent", Kind::Integer(1, i64::MAX as i128)),
    Field::new("model", Kind::Text),
    Field::new("stream", Kind::Flag),
];
/// A question instead of another one.
pub(crate) const EDIT: &[Field] = &[
    Field::new("content", Kind::Text),
    Field::new("model", Kind::Text),
    Field::new("stream", Kind::Flag),
];
/// The same question once more.
pub(crate) const REGENERATE: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("stream", Kind::Flag),
];
/// A persona, or a change of one.
pub(crate) const PERSONA: &[Field] = &[
    Field::new("name", Kind::Text),
    Field::new("prompt", Kind::Text),
    Field::new("settings", Kind::Object),
    Field::new("shared", Kind::Flag),
];
/// A prompt, or a change of one.
pub(crate) const PROMPT: &[Field] = &[
    Field::new("prompt", Kind::Text),
    Field::new("shared", Kind::Flag),
];
/// What a guest shows at the door.
pub(crate) const JOIN: &[Field] = &[
    Field::new("code", Kind::Text),
    Field::new("name", Kind::Text),
];
/// A key for a program.
pub(crate) const KEY: &[Field] = &[Field::new("name", Kind::Text)];
/// An invitation.
pub(crate) const INVITATION: &[Field] = &[
    Field::new("guests", Kind::Integer(1, MAX_GUESTS as i128)),
    Field::new("role", Kind::OneOf(&["user", "admin"])),
];
/// The switch of sharing.
pub(crate) const SHARE: &[Field] = &[Field::new("shared", Kind::Flag)];
/// A model to fetch.
pub(crate) const PULL: &[Field] = &[Field::new("name", Kind::Text)];
