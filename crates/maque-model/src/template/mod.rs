//! Conversation to prompt text, by the model's own Jinja template.
//!
//! A template is data from a file: it sees the conversation and nothing else, it can include nothing,
//! and fuel bounds its steps and the bytes that it makes.

mod json;
mod python;

use crate::LoadError;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde::{Deserialize, Serialize};

/// Longest template source that is compiled.
const MAX_SOURCE_BYTES: usize = 256 << 10;
/// Steps that a template may take, apart from what the conversation's size asks for. One step pays
/// for 64 bytes of text too.
const FUEL: u64 = 100_000;
/// Fuel for each byte of the conversation: a template may copy it some times.
const FUEL_PER_BYTE: u64 = 1;
/// Nesting of loops, macros and expressions.
const MAX_NESTING: usize = 64;
/// The name it is compiled under, as error messages show it.
const NAME: &str = "chat_template";

/// One turn of a conversation, in the shape that templates expect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// Its text.
    pub content: String,
    /// Calls made by the assistant, in OpenAI's shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<serde_json::Value>,
    /// The call that a `tool` message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Name of the tool or speaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Why a conversation could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The template itself says no (`raise_exception`), or fails.
    #[error("the model's chat template refuses this conversation: {0}")]
    Refused(String),
    /// It wanted to take too many steps or to write too much.
    #[error(
        "the model's chat template takes too many steps for this conversation; shorten it or use another model"
    )]
    TooLong,
}

/// A compiled chat template; rendering is bounded in steps and output.
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos_token: String,
    eos_token: String,
}

impl ChatTemplate {
    /// Compiles `source`; `bos_token` and `eos_token` are the texts that it may ask for.
    ///
    /// # Errors
    /// When it is too long or no valid template.
    pub fn new(source: &str, bos_token: &str, eos_token: &str) -> Result<ChatTemplate, LoadError> {
        if MAX_SOURCE_BYTES < source.len() {
            let found = format!("{} bytes long", source.len());
            return Err(LoadError::invalid(
                "the chat template",
                found,
                "at most 256 KiB long",
            ));
        }
        let mut environment = Environment::new();
        environment.set_syntax(syntax()?);
        environment.set_recursion_limit(MAX_NESTING);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_formatter(python::format);
        environment.add_filter("tojson", json::tojson);
        environment.add_function("raise_exception", python::raise_exception);
        environment.add_function("strftime_now", python::strftime_now);
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|source| LoadError::Template {
                field: "the chat template".into(),
                source,
            })?;
        Ok(ChatTemplate {
            environment,
            bos_token: bos_token.into(),
            eos_token: eos_token.into(),
        })
    }

    /// The prompt for the assistant's next turn; `tools` in OpenAI's shape.
    ///
    /// # Errors
    /// When the template refuses the conversation or takes too many steps.
    pub fn render(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
    ) -> Result<String, TemplateError> {
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(FUEL + FUEL_PER_BYTE * n_bytes(messages, tools)));
        let messages: Vec<Message> = messages.iter().map(with_argument_objects).collect();
        let context = context! {
            messages => Value::from(Serde(&messages)),
            tools => Value::from(Serde(tools)),
            add_generation_prompt => true,
            bos_token => &self.bos_token,
            eos_token => &self.eos_token,
        };
        let template = environment
            .get_template(NAME)
            .map_err(|error| refusal(&error))?;
        template.render(context).map_err(|error| refusal(&error))
    }
}

/// Blocks eat their own line, as `transformers` sets Jinja up.
fn syntax() -> Result<SyntaxConfig, LoadError> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|source| LoadError::Template {
            field: "the template syntax".into(),
            source,
        })
}

/// OpenAI's `arguments` are a string of JSON, templates expect the object that it describes.
fn with_argument_objects(message: &Message) -> Message {
    let mut message = message.clone();
    let calls = message
        .tool_calls
        .as_mut()
        .and_then(serde_json::Value::as_array_mut);
    for call in calls.into_iter().flatten() {
        let Some(arguments) = call.pointer_mut("/function/arguments") else {
            continue;
        };
        let object = arguments
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok());
        if let Some(object @ serde_json::Value::Object(_)) = object {
            *arguments = object;
        }
    }
    message
}

fn n_bytes(messages: &[Message], tools: Option<&serde_json::Value>) -> u64 {
    let values = messages
        .iter()
        .filter_map(|message| message.tool_calls.as_ref())
        .chain(tools);
    let values: usize = values.map(|value| 16 * value.to_string().len()).sum();
    let texts: usize = messages
        .iter()
        .map(|message| message.role.len() + message.content.len() + 64)
        .sum();
    (values + texts) as u64
}

fn refusal(error: &Error) -> TemplateError {
    match error.kind() {
        ErrorKind::OutOfFuel => TemplateError::TooLong,
        ErrorKind::InvalidOperation => {
            TemplateError::Refused(error.detail().unwrap_or("an operation failed").to_owned())
        }
        _ => TemplateError::Refused(error.to_string()),
    }
}
