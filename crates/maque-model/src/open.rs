//! Files to an [`Opened`] model: words and weights are loaded side by side.

use crate::config::Config;
use crate::gguf::{self, Gguf};
use crate::mmap::Mapping;
use crate::model::{LoadOptions, Model, ModelConfig, Opened};
use crate::stored::{TensorInfo, Tensors};
use crate::weights::{Found, Packer, WeightFiles, rope_table};
use crate::{ChatTemplate, Generation, LoadError, Tokenizer, safetensors};
use maque_kernels::{Machine, dequantize};
use std::path::Path;

/// The template of models that bring none: ChatML, which most instruct models understand.
pub(crate) const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// Opens a GGUF file or a Hugging Face folder (safetensors, config.json, tokenizer.json).
///
/// # Errors
/// Any file of any content ends in a model or a [`LoadError`] naming the field; never in a panic.
pub fn open(
    path: &Path,
    machine: &Machine,
    options: &LoadOptions<'_>,
) -> Result<Opened, LoadError> {
    if path.is_dir() {
        return safetensors::open(path, machine, options);
    }
    let file = Mapping::open(path)?;
    let gguf = Gguf::parse(&file)?;
    let mut tensors = gguf::config::tensors(&gguf);
    let config = gguf::config::config(&gguf, &tensors)?;
    let weights = WeightsToLoad::find(&mut tensors, config)?;
    tensors.finish()?;
    let words = || {
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer)?;
        let generation = Generation::from_gguf(&gguf, &tokenizer)?;
        Ok(Words {
            tokenizer,
            template,
            generation,
        })
    };
    let mut opened = load(weights, words, &file, machine, options)?;
    if let Some(name) = gguf::config::file_type(&gguf) {
        opened.model.public.quantization = name.to_owned();
    }
    Ok(opened)
}

/// The part of a model that knows text.
pub(crate) struct Words {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) template: ChatTemplate,
    pub(crate) generation: Generation,
}

/// The part that computes, found and checked but still in its file.
pub(crate) struct WeightsToLoad<'a> {
    config: Config,
    found: Found<'a>,
    rope_factors: Option<Vec<f32>>,
}

impl<'a> WeightsToLoad<'a> {
    pub(crate) fn find(
        tensors: &mut Tensors<'_, 'a>,
        config: Config,
    ) -> Result<WeightsToLoad<'a>, LoadError> {
        let factors = tensors.take_optional("rope_freqs.weight", &[config.head_dim / 2])?;
        let rope_factors = factors.as_ref().map(read_factors).transpose()?;
        let found = Found::find(tensors, &config)?;
        Ok(WeightsToLoad {
            config,
            found,
            rope_factors,
        })
    }
}

fn read_factors(stored: &TensorInfo<'_>) -> Result<Vec<f32>, LoadError> {
    let mut factors = vec![0.0; stored.shape.dims().iter().product()];
    dequantize(&mut factors, stored.format, stored.bytes);
    match factors
        .iter()
        .find(|factor| !(1e-6..=1e6).contains(*factor))
    {
        Some(factor) => Err(LoadError::invalid(
            "tensor rope_freqs.weight",
            factor,
            "from 1e-6 to 1e6",
        )),
        None => Ok(factors),
    }
}

/// Packs the weights on `machine` while another thread builds the words.
pub(crate) fn load(
    weights: WeightsToLoad<'_>,
    words: impl FnOnce() -> Result<Words, LoadError> + Send,
    files: &dyn WeightFiles,
    machine: &Machine,
    options: &LoadOptions<'_>,
) -> Result<Opened, LoadError> {
    let WeightsToLoad {
        config,
        found,
        rope_factors,
    } = weights;
    let (n_total, n_parameters) = found.size();
    let (words, packed) = std::thread::scope(|scope| {
        let words = scope.spawn(words);
        let packed = Packer {
            machine,
            options,
            files,
            n_total,
            n_done: 0,
        }
        .weights(&found);
        (words.join(), packed)
    });
    let Words {
        tokenizer,
        template,
        generation,
    } = words.unwrap_or_else(|_| {
        Err(LoadError::invalid(
            "the tokenizer",
            "of a form that stops its library",
            "well-formed",
        ))
    })?;
    let public = ModelConfig {
        architecture: config.architecture.name.to_owned(),
        n_vocab: config.n_vocab,
        max_positions: config.max_positions,
        kv: config.kv_shape(),
        n_parameters,
        quantization: format!("{:?}", found.main_format()),
    };
    let rope = rope_table(&config, rope_factors.as_deref());
    let model = Model {
        public,
        config,
        weights: packed,
        rope,
    };
    Ok(Opened {
        model,
        tokenizer,
        template,
        generation,
    })
}
