//! Tokenizer, chat template and sampling defaults of a folder.

use super::json;
use crate::generation::{Family, GenerationFile, Ids};
use crate::open::{CHATML, Words};
use crate::{ChatTemplate, Generation, LoadError, Tokenizer};
use serde::Deserialize;
use std::path::Path;

/// Largest tokenizer.json that is read.
const MAX_TOKENIZER_BYTES: u64 = 64 << 20;
/// Largest of the other files.
const MAX_BYTES: u64 = 4 << 20;
/// Largest generation_config.json; they have a few hundred bytes.
const MAX_GENERATION_BYTES: u64 = 32 << 10;

/// What is used of config.json here.
#[derive(Deserialize, Default)]
pub(super) struct Hints {
    #[serde(default)]
    eos_token_id: Option<Ids>,
    #[serde(default)]
    model_type: String,
    #[serde(default, rename = "_name_or_path")]
    name: Option<String>,
}

/// What is used of tokenizer_config.json.
#[derive(Deserialize, Default)]
struct TokenizerFile {
    bos_token: Option<Token>,
    eos_token: Option<Token>,
    chat_template: Option<Templates>,
}

/// A special token: its text, or an object with it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Token {
    Text(String),
    Object { content: String },
}

/// One template, or several by name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<Named>),
}

#[derive(Deserialize)]
struct Named {
    name: String,
    template: String,
}

impl Templates {
    fn main(self) -> Option<String> {
        match self {
            Templates::One(template) => Some(template),
            Templates::Named(all) => all
                .into_iter()
                .find(|named| named.name == "default")
                .map(|named| named.template),
        }
    }
}

/// Reads all of them; `n_vocab` is how many ids the weights have.
pub(super) fn read(folder: &Path, config: &[u8], n_vocab: usize) -> Result<Words, LoadError> {
    let tokenizer = json::read_required(folder, "tokenizer.json", MAX_TOKENIZER_BYTES)?;
    let tokenizer = Tokenizer::from_json(&tokenizer)?;
    if n_vocab < tokenizer.n_vocab() {
        let expected = format!("at most {n_vocab}, as many as the weights have rows for");
        return Err(LoadError::invalid(
            "tokenizer.json: the number of tokens",
            tokenizer.n_vocab(),
            expected,
        ));
    }
    let template = template(folder)?;
    let generation = generation(folder, config, &tokenizer)?;
    Ok(Words {
        tokenizer,
        template,
        generation,
    })
}

fn template(folder: &Path) -> Result<ChatTemplate, LoadError> {
    const FILE: &str = "tokenizer_config.json";
    let file: TokenizerFile = match json::read(folder, FILE, MAX_BYTES)? {
        Some(bytes) => json::parse(&bytes, FILE)?,
        None => TokenizerFile::default(),
    };
    let own = match json::read(folder, "chat_template.jinja", MAX_BYTES)? {
        Some(bytes) => Some(
            String::from_utf8(bytes)
                .map_err(|error| LoadError::invalid("chat_template.jinja", error, "UTF-8 text"))?,
        ),
        None => file.chat_template.and_then(Templates::main),
    };
    let text = |token: Option<Token>| match token {
        Some(Token::Text(text) | Token::Object { content: text }) => text,
        None => String::new(),
    };
    ChatTemplate::new(
        own.as_deref().unwrap_or(CHATML),
        &text(file.bos_token),
        &text(file.eos_token),
    )
}

fn generation(
    folder: &Path,
    config: &[u8],
    tokenizer: &Tokenizer,
) -> Result<Generation, LoadError> {
    const FILE: &str = "generation_config.json";
    let file: GenerationFile = match json::read(folder, FILE, MAX_GENERATION_BYTES)? {
        Some(bytes) => json::parse(&bytes, FILE)?,
        None => GenerationFile::default(),
    };
    let hints: Hints = json::parse(config, "config.json")?;
    let mut stop_tokens = file.stop_tokens();
    stop_tokens.extend(hints.eos_token_id.map(Ids::into_vec).unwrap_or_default());
    stop_tokens.retain(|id| (*id as usize) < tokenizer.n_vocab());
    let folder_name = folder
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let names = format!(
        "{} {} {folder_name}",
        hints.model_type,
        hints.name.unwrap_or_default()
    );
    let mut generation = Generation::of_family(Family::named(&names), stop_tokens, tokenizer)
        .ok_or_else(|| LoadError::missing("config.json: eos_token_id"))?;
    file.apply(&mut generation);
    Ok(generation)
}
