//! What chat and completions have in common: how to sample, when to stop, how to send.

use crate::Service;
use crate::error::ApiError;
use crate::fields::Fields;
use maque_engine::Sampling;
use serde_json::Value;
use std::hash::{BuildHasher, RandomState};

/// Choices of one request at most.
const MAX_CHOICES: u64 = 8;
/// Stop strings at most.
const MAX_STOPS: usize = 16;

/// Common options of a request.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) sampling: Sampling,
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stops: Vec<String>,
    pub(crate) n: usize,
    pub(crate) delivery: Delivery,
}

/// How the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// In one piece.
    Whole,
    /// As server-sent events.
    Stream {
        /// A last chunk with the usage.
        with_usage: bool,
        /// `maque.stage` events while waiting and reading.
        with_stages: bool,
    },
}

impl Options {
    /// Reads them from `fields`; what is absent is the model's default.
    pub(crate) fn read(fields: &mut Fields, service: &Service) -> Result<Options, ApiError> {
        check_model(fields, service)?;
        for name in ["user", "cache_prompt", "store", "metadata"] {
            fields.take(name); // they change nothing in the answer
        }
        let whole = fields.integer("max_tokens", 0..=u32::MAX.into())?;
        let max_tokens = fields
            .integer("max_completion_tokens", 0..=u32::MAX.into())?
            .or(whole);
        Ok(Options {
            sampling: sampling(fields, service)?,
            max_tokens: max_tokens.map(|n| n as usize),
            stops: fields.texts("stop", MAX_STOPS)?,
            n: fields.integer("n", 1..=MAX_CHOICES)?.unwrap_or(1) as usize,
            delivery: delivery(fields)?,
        })
    }
}

fn check_model(fields: &mut Fields, service: &Service) -> Result<(), ApiError> {
    match fields.text("model")? {
        Some(name) if name != "default" && name != service.name() => {
            Err(ApiError::model_not_found(&name, service.name()))
        }
        _ => Ok(()),
    }
}

fn sampling(fields: &mut Fields, service: &Service) -> Result<Sampling, ApiError> {
    let default = service.generation();
    let seed = fields.integer("seed", 0..=u64::MAX)?;
    Ok(Sampling {
        temperature: fields
            .number("temperature", 0.0..=2.0)?
            .unwrap_or(default.temperature),
        top_p: fields.number("top_p", 0.0..=1.0)?.unwrap_or(default.top_p),
        top_k: fields
            .integer("top_k", 0..=1_000_000)?
            .map_or(default.top_k, |k| k as usize),
        min_p: fields.number("min_p", 0.0..=1.0)?.unwrap_or(0.0),
        repetition_penalty: fields
            .number("repetition_penalty", 0.1..=10.0)?
            .unwrap_or(default.repetition_penalty),
        presence_penalty: fields
            .number("presence_penalty", -2.0..=2.0)?
            .unwrap_or(0.0),
        frequency_penalty: fields
            .number("frequency_penalty", -2.0..=2.0)?
            .unwrap_or(0.0),
        logit_bias: logit_bias(fields)?,
        seed: seed.unwrap_or_else(|| RandomState::new().hash_one(0)),
    })
}

fn logit_bias(fields: &mut Fields) -> Result<Vec<(u32, f32)>, ApiError> {
    let wrong = || {
        ApiError::field(
            "logit_bias",
            "must map token ids to numbers from -100 to 100",
        )
    };
    let Some(value) = fields.take("logit_bias") else {
        return Ok(Vec::new());
    };
    let map = value.as_object().ok_or_else(wrong)?;
    let pairs = map.iter().map(|(id, bias)| {
        let bias = bias.as_f64().filter(|bias| (-100.0..=100.0).contains(bias));
        let id = id.parse().map_err(|_| wrong())?;
        Ok((id, bias.ok_or_else(wrong)? as f32))
    });
    pairs.collect()
}

fn delivery(fields: &mut Fields) -> Result<Delivery, ApiError> {
    let is_stream = fields.flag("stream")?;
    let mut options = fields.object("stream_options")?;
    let with_usage = options.flag("include_usage")?;
    let with_stages = options.flag("include_stages")?;
    if let Some(warning) = options.warnings("stream_options.").into_iter().next() {
        return Err(ApiError::bad_request(&warning));
    }
    Ok(match is_stream {
        true => Delivery::Stream {
            with_usage,
            with_stages,
        },
        false => Delivery::Whole,
    })
}

/// Whether a field asks for nothing: absent features may be switched off.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Bool(flag) => !flag,
        Value::String(text) => text == "none",
        _ => false,
    }
}
