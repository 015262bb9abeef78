//! What the model is asked for: an answer from passages.

use super::{Inquiry, Teller};
use crate::Service;
use crate::choice::{Choice, Output};
use crate::error::ApiError;
use crate::prompt::{Conversation, Overflow, message, rendered};
use maque_engine::{Request, Sampling, Usage};
use maque_library::{Hit, is_chinese_text};
use maque_model::Message;
use serde_json::json;

/// What the model wrote.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) usage: Usage,
}

/// What the model sees between a document's name and the headings above a passage.
pub(super) const BETWEEN_HEADINGS: &str = " › ";

/// How passages are put to the model.
struct Words {
    system: &'static str,
    passages: &'static str,
    question: &'static str,
}

const CHINESE: Words = Words {
    system: "你是公司的资料助手。只根据下面的资料，用一两句话回答问题，照抄资料里的数字和名称，不要补充资料里没有的内容。资料里没有答案时，只回答“没有找到”。",
    passages: "资料：",
    question: "问题：",
};
const ENGLISH: Words = Words {
    system: "You answer questions from documents. Answer in one or two sentences from the excerpts below, with their own words and figures. If they do not say it, answer: Not found.",
    passages: "Excerpts:",
    question: "Question: ",
};

/// An answer from these passages; its text is told while it is written, if it `may_be_shown`.
pub(super) async fn answer(
    service: &Service,
    inquiry: &Inquiry,
    read: &[Hit],
    teller: &Teller,
    may_be_shown: bool,
) -> Result<Told, ApiError> {
    let words = match is_chinese_text(&inquiry.question) {
        true => CHINESE,
        false => ENGLISH,
    };
    let passages: Vec<String> = read
        .iter()
        .zip(1..)
        .map(|(hit, index)| excerpt(index, hit))
        .collect();
    let text = format!(
        "{}\n{}\n\n{}{}",
        words.passages,
        passages.join("\n\n"),
        words.question,
        inquiry.question
    );
    let messages = [
        message("system", words.system.to_owned()),
        message("user", text),
    ];
    let choice = write(service, &messages, inquiry.max_tokens, inquiry.seed)?;
    hear(choice, teller, may_be_shown).await
}

/// Whether the model says that it found nothing.
pub(super) fn is_refusal(text: &str) -> bool {
    let text = text.to_lowercase();
    text.is_empty()
        || [
            "没有找到",
            "未找到",
            "没有提到",
            "没有提及",
            "未提及",
            "not found",
            "not mention",
            "no information",
        ]
        .iter()
        .any(|words| text.contains(words))
}

/// A passage as the model reads it, among others.
fn excerpt(index: usize, hit: &Hit) -> String {
    format!("[{index}] {}\n{}", above(hit), hit.found.passage.text)
}

/// What stands above a passage: where it is, and the names of its columns.
pub(super) fn above(hit: &Hit) -> String {
    let (document, passage) = (&hit.found.document, &hit.found.passage);
    let name = document.file.rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let place: Vec<&str> = std::iter::once(name)
        .chain(passage.place.headings.iter().map(String::as_str))
        .collect();
    let columns = match passage.context.is_empty() {
        true => String::new(),
        false => format!("（{}）", passage.context),
    };
    format!("{}{columns}", place.join(BETWEEN_HEADINGS))
}

/// The likeliest words, always the same, under way.
fn write(
    service: &Service,
    messages: &[Message],
    max_tokens: usize,
    seed: u64,
) -> Result<Choice, ApiError> {
    let conversation = Conversation {
        field: "question",
        messages,
        overflow: Overflow::Error,
        max_tokens,
    };
    let prompt = conversation.prompt(service, |messages| {
        rendered(messages, |messages| service.render(messages))
    })?;
    let sampling = Sampling {
        temperature: 0.0,
        repetition_penalty: 1.0,
        seed,
        ..Sampling::default()
    };
    let request = Request {
        stop_tokens: service.generation().stop_tokens.clone(),
        ..Request::new(prompt.ids, sampling, max_tokens)
    };
    let running = service.submit(request)?;
    Ok(Choice::new(service.clone(), running, Vec::new()))
}

/// Tells its stages and, if it may be shown, its text.
async fn hear(mut choice: Choice, teller: &Teller, may_be_shown: bool) -> Result<Told, ApiError> {
    let mut written = String::new();
    loop {
        for output in choice.next().await {
            match output {
                Output::Failed(error) => return Err(error),
                Output::End(_, usage) => {
                    let text = written.trim().to_owned();
                    return Ok(Told { text, usage });
                }
                Output::Stage(stage) => {
                    teller.tell("maque.stage", stage).await;
                }
                Output::Text(text, _) => {
                    if written.is_empty() {
                        teller.stage("writing").await;
                    }
                    written += &text;
                    if may_be_shown {
                        teller.tell("maque.delta", json!({ "text": text })).await;
                    }
                }
                _ => {}
            }
        }
    }
}
