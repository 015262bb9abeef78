//! A model in memory, loaded as the settings say.

use crate::calibration;
use crate::exit::{Exit, Problem};
use crate::say::Say;
use crate::settings::{Dtype, Settings};
use maque_engine::{ModelRunner, RunnerOptions};
use maque_kernels::Machine;
use maque_model::{ChatTemplate, Generation, Head, LoadError, LoadOptions, Model, Tokenizer};
use std::path::Path;
use std::sync::Arc;

/// Called with (bytes done, bytes in all).
pub(crate) type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// A model and the machine it runs on.
pub(crate) struct Loaded {
    pub(crate) machine: Arc<Machine>,
    pub(crate) model: Arc<Model>,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) template: ChatTemplate,
    pub(crate) generation: Generation,
}

impl Loaded {
    /// Reads the model at `path`.
    pub(crate) fn open(
        path: &Path,
        settings: &Settings,
        progress: Option<Progress<'_>>,
    ) -> Result<Loaded, Problem> {
        let machine = Arc::new(Machine::new(
            settings.isa.value,
            calibration::threads(settings),
        ));
        let dtype = match settings.dtype.value {
            Dtype::Keep => maque_model::Dtype::Keep,
            Dtype::F32 => maque_model::Dtype::F32,
            Dtype::Int8 => maque_model::Dtype::Int8,
        };
        let head = match settings.exact_head.value {
            true => Head::Exact,
            false => Head::Screened,
        };
        let options = LoadOptions {
            dtype,
            head,
            progress,
        };
        let opened = maque_model::open(path, &machine, &options);
        let opened = opened.map_err(|error| cannot_load(path, error))?;
        Ok(Loaded {
            machine,
            model: Arc::new(opened.model),
            tokenizer: opened.tokenizer,
            template: opened.template,
            generation: opened.generation,
        })
    }

    /// A runner with its own cache.
    pub(crate) fn runner(&self, options: RunnerOptions) -> ModelRunner {
        ModelRunner::new(Arc::clone(&self.model), Arc::clone(&self.machine), options)
    }
}

/// Why a model cannot be loaded: what people can mend in their language, the rest as its reader says it.
fn cannot_load(path: &Path, error: LoadError) -> Problem {
    let path = path.display().to_string();
    let problem = |say| Problem::new(Exit::Unavailable, say);
    match error {
        LoadError::Io { path, source } => {
            let path = path.display().to_string();
            problem(Say::CannotRead { path }).because(source)
        }
        LoadError::NotAModel { start, .. } => problem(Say::NotAModel { path, start }),
        error => problem(Say::CannotLoad { path }).because(error),
    }
}
