//! What chat and completions have in common: how to sample, when to stop, how to send.

use crate::Service;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::limits::{MAX_CHOICES, MAX_STOPS};
use maque_engine::{Priority, Sampling};
use std::hash::{BuildHasher, RandomState};

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
    Stream(Extras),
}

/// What a stream tells beside its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extras {
    /// A last chunk with the usage.
    pub(crate) usage: bool,
    /// `maque.stage` events while waiting and reading.
    pub(crate) stages: bool,
}

/// Values of `service_tier`: with `flex`, all others go first.
pub(crate) const TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority"];

/// What answers, with the priority that `service_tier` asks for; one that is asked for batch work stays so.
pub(crate) fn tier(fields: &mut Fields, service: &Service) -> Result<Service, ApiError> {
    Ok(match fields.text("service_tier")?.as_deref() {
        Some("flex") => service.with_priority(Priority::Batch),
        _ => service.clone(),
    })
}

/// Rows of how to sample, the same in every API that has no names of its own for them.
pub(crate) const SAMPLING: &[Field] = &[
    Field::new("temperature", Kind::Number(0.0, 2.0)),
    Field::new("top_p", Kind::Number(0.0, 1.0)),
    Field::new("top_k", Kind::Integer(-1, 1_000_000)), // -1 is vLLM's 0
    Field::new("min_p", Kind::Number(0.0, 1.0)),
    Field::new("repetition_penalty", Kind::Number(0.1, 10.0)),
    Field::new("seed", Kind::Integer(i64::MIN as i128, u64::MAX as i128)),
];

/// Rows of the other common options.
pub(crate) const OPTIONS: &[Field] = &[
    Field::new("model", Kind::Text),
    Field::new("max_tokens", Kind::Integer(0, u32::MAX as i128)),
    Field::new("max_completion_tokens", Kind::Integer(0, u32::MAX as i128)),
    Field::new("presence_penalty", Kind::Number(-2.0, 2.0)),
    Field::new("frequency_penalty", Kind::Number(-2.0, 2.0)),
    Field::new("logit_bias", Kind::Object),
    Field::new("stop", Kind::Texts(MAX_STOPS)),
    Field::new("n", Kind::Integer(1, MAX_CHOICES as i128)),
    Field::new("stream", Kind::Flag),
    Field::new("stream_options", Kind::Object),
    Field::new("user", Kind::Idle),
    Field::new("cache_prompt", Kind::Idle),
    Field::new("store", Kind::Idle),
    Field::new("metadata", Kind::Idle),
];

/// Rows of `stream_options`.
pub(crate) const STREAM_OPTIONS: &[Field] = &[
    Field::new("include_usage", Kind::Flag),
    Field::new("include_stages", Kind::Flag),
    Field::new("include_obfuscation", Kind::Idle),
];

/// Tokens of an answer where the client says nothing: a small model has said by then what it can, and a request that could take
/// the whole context would keep others waiting for its pages.
pub(crate) const DEFAULT_MAX_TOKENS: usize = 2048;

impl Options {
    /// Reads them from checked `fields`; what is absent is the model's default.
    pub(crate) fn read(fields: &mut Fields, service: &Service) -> Result<Options, ApiError> {
        check_model(fields, service)?;
        let whole = fields.take_count("max_tokens");
        Ok(Options {
            sampling: sampling(fields, service)?,
            max_tokens: fields.take_count("max_completion_tokens").or(whole),
            stops: fields.texts("stop", MAX_STOPS)?,
            n: fields.take_count("n").unwrap_or(1),
            delivery: delivery(fields)?,
        })
    }
}

/// Refuses a model that is not the served one; `:latest` is how Ollama's clients end names.
pub(crate) fn check_model(fields: &mut Fields, service: &Service) -> Result<(), ApiError> {
    let Some(name) = fields.text("model")? else {
        return Ok(());
    };
    let plain = name.strip_suffix(":latest").unwrap_or(&name);
    match [plain, &name]
        .iter()
        .any(|name| *name == "default" || *name == service.name())
    {
        true => Ok(()),
        false => Err(ApiError::model_not_found(&name, service.name())),
    }
}

/// How to sample, by checked fields of these names.
pub(crate) fn sampling(fields: &mut Fields, service: &Service) -> Result<Sampling, ApiError> {
    let default = service.generation();
    let top_k = fields.take_integer("top_k");
    let seed = fields.take_integer("seed");
    Ok(Sampling {
        temperature: fields
            .take_number("temperature")
            .unwrap_or(default.temperature),
        top_p: fields.take_number("top_p").unwrap_or(default.top_p),
        top_k: top_k.map_or(default.top_k, |k| usize::try_from(k).unwrap_or(0)),
        min_p: fields.take_number("min_p").unwrap_or(0.0),
        repetition_penalty: fields
            .take_number("repetition_penalty")
            .unwrap_or(default.repetition_penalty),
        presence_penalty: fields.take_number("presence_penalty").unwrap_or(0.0),
        frequency_penalty: fields.take_number("frequency_penalty").unwrap_or(0.0),
        logit_bias: logit_bias(fields)?,
        seed: seed.map_or_else(|| RandomState::new().hash_one(0), |seed| seed as u64),
    })
}

fn logit_bias(fields: &mut Fields) -> Result<Vec<(u32, f32)>, ApiError> {
    let wrong = || {
        ApiError::field(
            "logit_bias",
            "must map token ids, each once, to numbers from -100 to 100",
        )
    };
    let Some(value) = fields.take("logit_bias") else {
        return Ok(Vec::new());
    };
    let map = value.as_object().ok_or_else(wrong)?;
    let pairs = map.iter().map(|(id, bias)| {
        let bias = bias.as_f64().filter(|bias| (-100.0..=100.0).contains(bias));
        let number: u32 = id.parse().map_err(|_| wrong())?;
        match bias.filter(|_| number.to_string() == *id) {
            Some(bias) => Ok((number, bias as f32)),
            None => Err(wrong()), // 07 would be another 7, and a body has room for a million of them
        }
    });
    pairs.collect()
}

fn delivery(fields: &mut Fields) -> Result<Delivery, ApiError> {
    let is_stream = fields.flag("stream")?;
    let options = fields.object("stream_options")?;
    let (mut options, unknown) = options.check("stream_options.", &[STREAM_OPTIONS])?;
    if let Some(warning) = unknown.into_iter().next() {
        return Err(ApiError::bad_request(&warning));
    }
    let extras = Extras {
        usage: options.flag("include_usage")?,
        stages: options.flag("include_stages")?,
    };
    Ok(match is_stream {
        true => Delivery::Stream(extras),
        false => Delivery::Whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_biased_once() {
        let read = |bias| logit_bias(&mut Fields::of(json!({ "logit_bias": bias }))?);
        let pairs = read(json!({ "0": 1, "7": -100 })).expect("fine");
        assert_eq!(pairs, [(0, 1.0), (7, -100.0)]);
        for bias in [
            json!({ "7": 1, "07": 1 }),
            json!({ "+7": 1 }),
            json!({ "7": 101 }),
            json!({ "seven": 1 }),
        ] {
            assert!(read(bias.clone()).is_err(), "{bias}");
        }
    }
}
