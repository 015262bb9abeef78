//! What chat and generate have in common: the model, `options`, and how to send.

use crate::Service;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::MAX_STOPS;
use crate::options::{DEFAULT_MAX_TOKENS, check_model, sampling};
use crate::prompt::Overflow;
use maque_engine::Sampling;
use serde_json::{Value, json};

/// Rows of both routes.
pub(crate) const COMMON: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("stream", Kind::Flag),
    Field::new("options", Kind::Object),
    Field::new("overflow", Kind::OneOf(Overflow::TEXTS)),
    Field::new("logprobs", Kind::Flag),
    Field::new("top_logprobs", Kind::Integer(0, 20)),
    Field::new("keep_alive", Kind::Idle), // the model stays loaded as long as the server lives
    Field::new("truncate", Kind::Hint),
    Field::new("shift", Kind::Hint),
    Field::new("format", Kind::Mixed),
    Field::new("think", Kind::Refused),
];

/// Rows of `options`.
pub(crate) const OPTIONS: &[Field] = &[
    Field::new("num_predict", Kind::Integer(-2, u32::MAX as i128)),
    Field::new("temperature", Kind::Number(0.0, 2.0)),
    Field::new("top_p", Kind::Number(0.0, 1.0)),
    Field::new("top_k", Kind::Integer(-1, 1_000_000)),
    Field::new("min_p", Kind::Number(0.0, 1.0)),
    Field::new("repeat_penalty", Kind::Number(0.1, 10.0)),
    Field::new("presence_penalty", Kind::Number(-2.0, 2.0)),
    Field::new("frequency_penalty", Kind::Number(-2.0, 2.0)),
    Field::new("seed", Kind::Integer(i64::MIN as i128, u64::MAX as i128)),
    Field::new("stop", Kind::Texts(MAX_STOPS)),
    Field::new("num_ctx", Kind::Integer(0, u32::MAX as i128)),
    Field::new("mirostat", Kind::Integer(0, 0)),
    Field::new("tfs_z", Kind::Number(1.0, 1.0)),
    Field::new("typical_p", Kind::Number(1.0, 1.0)),
    Field::new("mirostat_tau", Kind::Hint),
    Field::new("mirostat_eta", Kind::Hint),
    Field::new("repeat_last_n", Kind::Hint), // the penalty counts all tokens seen
    Field::new("penalize_newline", Kind::Hint),
    Field::new("num_keep", Kind::Hint),
    Field::new("num_batch", Kind::Hint),
    Field::new("num_gpu", Kind::Hint),
    Field::new("main_gpu", Kind::Hint),
    Field::new("num_thread", Kind::Hint),
    Field::new("numa", Kind::Hint),
    Field::new("low_vram", Kind::Hint),
    Field::new("f16_kv", Kind::Hint),
    Field::new("use_mmap", Kind::Hint),
    Field::new("use_mlock", Kind::Hint),
];

/// What both routes read.
pub(super) struct Options {
    pub(super) model: String,
    pub(super) is_stream: bool,
    pub(super) overflow: Overflow,
    pub(super) sampling: Sampling,
    pub(super) max_tokens: usize,
    pub(super) stops: Vec<String>,
    pub(super) logprobs: Option<usize>,
}

impl Options {
    /// Reads them from checked `fields`.
    pub(super) fn read(
        fields: &mut Fields,
        service: &Service,
        warnings: &mut Vec<String>,
    ) -> Result<Options, ApiError> {
        let model = fields.take("model").unwrap_or(json!("default"));
        let model = model.as_str().unwrap_or_default().to_owned();
        check_model(&mut Fields::of(json!({ "model": model }))?, service)?;
        let mut options = fields.take("options").unwrap_or(json!({}));
        if let Some(map) = options.as_object_mut()
            && let Some(penalty) = map.get("repeat_penalty").cloned()
        {
            map.insert("repetition_penalty".to_owned(), penalty);
        }
        let (mut options, unused) = Fields::checked(options, "options.", &[OPTIONS, RENAMED])?;
        warnings.extend(unused);
        let context = service.parts().context;
        if let Some(wanted) = options
            .take_count("num_ctx")
            .filter(|wanted| context < *wanted)
        {
            warnings.push(format!(
                "options.num_ctx is {wanted}, the context of this server is {context}"
            ));
        }
        let n = options.take_integer("num_predict");
        let logprobs = fields.take_count("top_logprobs").unwrap_or(0);
        Ok(Options {
            model,
            is_stream: fields.take_flag("stream").unwrap_or(true),
            overflow: Overflow::of(fields.text("overflow")?.as_deref()),
            sampling: sampling(&mut options, service)?,
            // Ollama's −1 is no limit, −2 the rest of the context.
            max_tokens: n.map_or(DEFAULT_MAX_TOKENS, |n| {
                usize::try_from(n).unwrap_or(usize::MAX)
            }),
            stops: options.texts("stop", MAX_STOPS)?,
            logprobs: fields.flag("logprobs")?.then_some(logprobs),
        })
    }
}

/// Ollama's `repeat_penalty` under the name that it has elsewhere.
const RENAMED: &[Field] = &[Field::new("repetition_penalty", Kind::Number(0.1, 10.0))];

/// A list of texts that may only be empty.
pub(super) fn refuse_images(at: &str, images: Option<Value>) -> Result<(), ApiError> {
    match images {
        Some(Value::Array(list)) if !list.is_empty() => Err(ApiError::field(
            at,
            "cannot be seen by this model; leave it out",
        )),
        _ => Ok(()),
    }
}
