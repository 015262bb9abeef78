//! The way of a model to readiness: found, fetched, loaded, warmed. `serve` and `ask` go the same way.

use crate::kept::ModelFiles;
use crate::loaded::Loaded;
use crate::models::{self, Located};
use crate::settings::{Settings, Speculation};
use maque_engine::{Engine, EngineOptions, RunnerOptions};
use maque_hub::Progress;
use maque_server::{Parts, Service, Stage};
use std::time::SystemTime;

/// A model that is ready.
pub(crate) struct Started {
    pub(crate) service: Service,
    /// Its files as they were before they were read.
    pub(crate) files: std::io::Result<ModelFiles>,
}

/// Goes the whole way; `enter` hears of each stage but the last.
pub(crate) fn start(
    settings: &Settings,
    enter: &(dyn Fn(Stage) + Sync),
) -> anyhow::Result<Started> {
    enter(Stage::Locating {
        model: settings.model.value.clone(),
    });
    let located = models::obtain(settings, &|model, step| match step {
        Progress::Source { .. } => enter(Stage::Locating {
            model: model.to_owned(),
        }),
        Progress::Bytes { done, total } => enter(Stage::Downloading {
            model: model.to_owned(),
            done,
            total,
        }),
    })?;
    let Located { name: model, path } = located;
    let loading = |done, total| {
        enter(Stage::Loading {
            model: model.clone(),
            done,
            total,
        })
    };
    loading(0, 0);
    let files = ModelFiles::list(&path);
    let loaded = Loaded::open(&path, settings, Some(&loading))?;
    let service = service(loaded, model.clone(), settings);
    enter(Stage::Warming);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(service.warm());
    Ok(Started { service, files })
}

fn service(loaded: Loaded, name: String, settings: &Settings) -> Service {
    let config = loaded.model.config().clone();
    let n_bytes = loaded.model.n_bytes();
    let context = settings.context.value.get().min(config.max_positions);
    let kv_bytes = usize::try_from(settings.memory.value.0).unwrap_or(usize::MAX);
    let runner = loaded.runner(RunnerOptions {
        context,
        kv_bytes,
        ..RunnerOptions::default()
    });
    let engine = Engine::start(
        runner,
        EngineOptions {
            context,
            speculation: match settings.speculation.value {
                Speculation::Auto => maque_engine::Speculation::Auto,
                Speculation::Off => maque_engine::Speculation::Off,
            },
            ..EngineOptions::default()
        },
    );
    let Loaded {
        model,
        tokenizer,
        template,
        generation,
        ..
    } = loaded;
    Service::new(Parts {
        name,
        engine,
        context,
        model,
        config,
        tokenizer,
        template,
        generation,
        n_bytes,
        since: SystemTime::now(),
    })
}
