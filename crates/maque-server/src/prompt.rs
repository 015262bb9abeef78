//! A conversation to the ids of a prompt, and what goes when it is longer than the context.

use crate::Service;
use crate::error::ApiError;
use crate::tools::{Toolbox, foreign, render};
use maque_model::{Message, TemplateError};
use serde_json::{Value, json};
use tokio::runtime::{Handle, RuntimeFlavor};

/// What happens to a conversation that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// It is refused, with both counts.
    Error,
    /// Its oldest messages go; system messages and the last turn stay.
    DropOldest,
    /// Messages in its middle go; system messages, the first turn and the last one stay.
    KeepEnds,
}

impl Overflow {
    /// The texts that clients write.
    pub(crate) const TEXTS: &[&str] = &["error", "drop_oldest", "keep_ends"];

    /// The field `overflow`, checked; an error if absent.
    pub(crate) fn of(text: Option<&str>) -> Overflow {
        match text {
            Some("drop_oldest") => Overflow::DropOldest,
            Some("keep_ends") => Overflow::KeepEnds,
            _ => Overflow::Error,
        }
    }
}

/// A prompt, and what of the conversation is in it.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) ids: Vec<u32>,
    /// `{sent, kept, dropped_messages}`, where dropping was allowed.
    pub(crate) context: Option<Value>,
}

/// A conversation on its way into a prompt.
pub(crate) struct Conversation<'a> {
    /// The field that errors name.
    pub(crate) field: &'static str,
    pub(crate) messages: &'a [Message],
    pub(crate) overflow: Overflow,
    /// Tokens that the answer may take.
    pub(crate) max_tokens: usize,
}

impl Conversation<'_> {
    /// The prompt's ids; `render` writes messages in the way of the model's template.
    pub(crate) fn prompt(
        &self,
        service: &Service,
        render: impl Fn(&[Message]) -> Result<String, ApiError>,
    ) -> Result<Prompt, ApiError> {
        aside(|| self.fit(service, render))
    }

    /// The same with tools shown; an assistant's message at the end is gone on with.
    pub(crate) fn with_tools(
        &self,
        service: &Service,
        toolbox: &Toolbox,
        warnings: &mut Vec<String>,
    ) -> Result<Prompt, ApiError> {
        let template = &service.parts().template;
        warnings.extend(foreign(template, self.messages, toolbox));
        self.prompt(service, |messages| {
            continued(messages, |messages| render(template, messages, toolbox))
        })
    }

    fn fit(
        &self,
        service: &Service,
        render: impl Fn(&[Message]) -> Result<String, ApiError>,
    ) -> Result<Prompt, ApiError> {
        let encode = |messages: &[Message]| {
            let text = render(messages)?;
            let ids = service.parts().tokenizer.encode_with_special(&text);
            ids.map_err(|error| ApiError::field(self.field, &error.to_string()))
        };
        let ids = encode(self.messages)?;
        if self.overflow == Overflow::Error {
            return Ok(Prompt { ids, context: None });
        }
        let context = service.parts().context;
        let room = context - self.max_tokens.min(context / 4);
        let (n_sent, mut kept, mut n_dropped) = (ids.len(), ids, 0);
        if room < n_sent {
            // The fewest that are enough: fewer messages never take more tokens.
            let cuts = cuts(self.messages, self.overflow);
            let (mut low, mut high) = (0, cuts.len());
            while low < high {
                let middle = (low + high) / 2;
                let ids = encode(&without(self.messages, &cuts[middle]))?;
                let fits = ids.len() <= room;
                if fits || middle + 1 == cuts.len() {
                    (kept, n_dropped) = (ids, cuts[middle].len());
                }
                match fits {
                    true => high = middle,
                    false => low = middle + 1,
                }
            }
        }
        let context = json!({ "sent": n_sent, "kept": kept.len(), "dropped_messages": n_dropped });
        Ok(Prompt {
            ids: kept,
            context: Some(context),
        })
    }
}

/// Works for as long as megabytes of text take, while other threads see to other clients.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(), // nobody else is there
    }
}

/// Sets of messages that can go, smallest first: after each one the rest begins with a user's turn.
fn cuts(messages: &[Message], overflow: Overflow) -> Vec<Vec<usize>> {
    let is_turn = |index: &usize| messages[*index].role == "user";
    let turns: Vec<usize> = (0..messages.len()).filter(is_turn).collect();
    let first = match overflow {
        Overflow::KeepEnds => turns.get(1).copied().unwrap_or(messages.len()),
        _ => 0,
    };
    let is_droppable = |index: &usize| messages[*index].role != "system";
    let ends = turns.into_iter().filter(|end| first < *end);
    ends.map(|end| (first..end).filter(is_droppable).collect::<Vec<_>>())
        .filter(|cut| !cut.is_empty())
        .collect()
}

fn without(messages: &[Message], cut: &[usize]) -> Vec<Message> {
    let kept = messages.iter().enumerate();
    kept.filter(|(index, _)| !cut.contains(index))
        .map(|(_, message)| message.clone())
        .collect()
}

/// Writes messages by the model's template.
pub(crate) fn rendered(
    messages: &[Message],
    render: impl Fn(&[Message]) -> Result<String, TemplateError>,
) -> Result<String, ApiError> {
    let text = render(messages);
    text.map_err(|error| ApiError::field("messages", &format!("cannot be rendered: {error}")))
}

/// The same; an assistant's message at the end is gone on with, not answered.
pub(crate) fn continued(
    messages: &[Message],
    render: impl Fn(&[Message]) -> Result<String, TemplateError>,
) -> Result<String, ApiError> {
    match messages.split_last() {
        Some((last, before)) if last.role == "assistant" && last.tool_calls.is_none() => {
            Ok(rendered(before, render)? + &last.content)
        }
        _ => rendered(messages, render),
    }
}

/// A message of plain text.
pub(crate) fn message(role: &str, content: String) -> Message {
    Message {
        role: role.to_owned(),
        content,
        tool_calls: None,
        tool_call_id: None,
        name: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(roles: &str, overflow: Overflow) -> Vec<Vec<usize>> {
        let role = |letter| match letter {
            's' => "system",
            'u' => "user",
            't' => "tool",
            _ => "assistant",
        };
        let messages: Vec<Message> = roles
            .chars()
            .map(|letter| message(role(letter), String::new()))
            .collect();
        cuts(&messages, overflow)
    }

    #[test]
    fn whole_turns_go_and_system_and_last_turn_stay() {
        for (roles, overflow, want) in [
            ("su", Overflow::DropOldest, vec![]),
            ("suau", Overflow::DropOldest, vec![vec![1, 2]]),
            ("suatau", Overflow::DropOldest, vec![vec![1, 2, 3, 4]]),
            (
                "uauau",
                Overflow::DropOldest,
                vec![vec![0, 1], vec![0, 1, 2, 3]],
            ),
            ("auau", Overflow::DropOldest, vec![vec![0], vec![0, 1, 2]]),
            ("uauau", Overflow::KeepEnds, vec![vec![2, 3]]),
            ("suauaua", Overflow::KeepEnds, vec![vec![3, 4]]),
            ("uau", Overflow::KeepEnds, vec![]),
        ] {
            assert_eq!(cut(roles, overflow), want, "{roles} {overflow:?}");
        }
    }
}
