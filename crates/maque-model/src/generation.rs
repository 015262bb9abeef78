//! Sampling defaults: the publisher's `generation_config.json`, or what is known of the family.

use crate::Tokenizer;
use serde::Deserialize;

/// Sampling defaults that the model's publisher gives (`generation_config.json`, or known ones per family).
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Softmax temperature; 0 is greedy.
    pub temperature: f32,
    /// Nucleus mass.
    pub top_p: f32,
    /// Candidates kept; 0 keeps all.
    pub top_k: usize,
    /// Divides positive and multiplies negative logits of tokens already seen; 1 is off.
    pub repetition_penalty: f32,
    /// Tokens that end an answer.
    pub stop_tokens: Vec<u32>,
}

/// Models whose publisher recommends the same sampling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// Qwen2, Qwen2.5 and Qwen2.5-Coder in small sizes.
    Qwen2,
    /// Qwen3 with thinking.
    Qwen3,
    /// SmolLM and SmolLM2.
    SmolLm,
    /// Llama 3.
    Llama,
    /// Any other.
    Other,
}

/// Added tokens that end an answer wherever a vocabulary has them.
const ENDS: [&str; 6] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "</s>",
];

/// The part of `generation_config.json` that is used.
#[derive(Deserialize, Default)]
pub(crate) struct GenerationFile {
    temperature: Option<f32>,
    top_p: Option<f32>,
    top_k: Option<usize>,
    repetition_penalty: Option<f32>,
    eos_token_id: Option<Ids>,
}

/// One id or several.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub(crate) enum Ids {
    /// One.
    One(u32),
    /// Several.
    Many(Vec<u32>),
}

impl Ids {
    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<u32> {
        match self {
            Ids::One(id) => vec![id],
            Ids::Many(ids) => ids,
        }
    }
}

impl Family {
    /// By the architecture and name that files give.
    pub(crate) fn named(names: &str) -> Family {
        let names = names.to_lowercase();
        let known = [
            ("smollm", Family::SmolLm),
            ("qwen3", Family::Qwen3),
            ("qwen2", Family::Qwen2),
            ("llama", Family::Llama),
        ];
        known
            .into_iter()
            .find(|(name, _)| names.contains(name))
            .map_or(Family::Other, |(_, family)| family)
    }

    /// Temperature, top-p, top-k and repetition penalty, from the publishers' generation_config.json
    /// and model cards.
    fn sampling(self) -> (f32, f32, usize, f32) {
        match self {
            Family::Qwen2 => (0.7, 0.8, 20, 1.1),
            Family::Qwen3 => (0.6, 0.95, 20, 1.0),
            Family::SmolLm => (0.2, 0.9, 50, 1.0),
            Family::Llama => (0.6, 0.9, 50, 1.0),
            Family::Other => (0.7, 0.95, 40, 1.0),
        }
    }
}

impl Generation {
    /// The family's defaults; `None` when nothing would ever end an answer.
    pub(crate) fn of_family(
        family: Family,
        mut stop_tokens: Vec<u32>,
        tokenizer: &Tokenizer,
    ) -> Option<Generation> {
        let (temperature, top_p, top_k, repetition_penalty) = family.sampling();
        stop_tokens.extend(ENDS.iter().filter_map(|text| tokenizer.added_token(text)));
        stop_tokens.sort_unstable();
        stop_tokens.dedup();
        let some = !stop_tokens.is_empty();
        some.then_some(Generation {
            temperature,
            top_p,
            top_k,
            repetition_penalty,
            stop_tokens,
        })
    }
}

impl GenerationFile {
    /// The tokens that end an answer.
    pub(crate) fn stop_tokens(&self) -> Vec<u32> {
        self.eos_token_id
            .clone()
            .map(Ids::into_vec)
            .unwrap_or_default()
    }

    /// Puts the publisher's values, where they make sense, in the place of the family's.
    pub(crate) fn apply(&self, generation: &mut Generation) {
        let set = |value: &mut f32, own: Option<f32>, most: f32| {
            *value = own
                .filter(|own| (0.0..=most).contains(own))
                .unwrap_or(*value);
        };
        set(&mut generation.temperature, self.temperature, 2.0);
        set(
            &mut generation.top_p,
            self.top_p.filter(|top_p| *top_p != 0.0),
            1.0,
        );
        set(
            &mut generation.repetition_penalty,
            self.repetition_penalty.filter(|by| *by != 0.0),
            2.0,
        );
        generation.top_k = self.top_k.unwrap_or(generation.top_k);
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, Generation, GenerationFile};

    #[test]
    fn families_are_recognised() {
        assert_eq!(
            Family::named("qwen2Qwen2.5-CoderQwen2.5 Coder 0.5B"),
            Family::Qwen2
        );
        assert_eq!(Family::named("llamasmollm2Smollm2 135M"), Family::SmolLm);
        assert_eq!(Family::named("qwen3"), Family::Qwen3);
        assert_eq!(Family::named("llamaLlama-3.2"), Family::Llama);
        assert_eq!(Family::named("phi"), Family::Other);
    }

    #[test]
    fn nonsense_in_the_file_keeps_the_family_value() {
        let file: GenerationFile = serde_json::from_str(
            r#"{"temperature": -3, "top_p": 0.5, "top_k": 7, "eos_token_id": [1, 2]}"#,
        )
        .unwrap();
        let mut generation = Generation {
            temperature: 0.7,
            top_p: 0.8,
            top_k: 20,
            repetition_penalty: 1.1,
            stop_tokens: vec![],
        };
        file.apply(&mut generation);
        assert_eq!(
            (generation.temperature, generation.top_p, generation.top_k),
            (0.7, 0.5, 7)
        );
        assert_eq!(file.stop_tokens(), [1, 2]);
    }
}
