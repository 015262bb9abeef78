//! `maque bench`: how fast a model runs here, one line per measurement.

use crate::exit::{Exit, Problem};
use crate::first_token::{self, FirstToken};
use crate::loaded::Loaded;
use crate::measure::{BatchShape, Measure, median};
use crate::models;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use maque_engine::{ModelRunner, Runner, RunnerOptions};
use maque_kernels::PAGE_TOKENS;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::time::Duration;

/// Measure how fast a model runs on this machine
#[derive(clap::Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    model: ModelFlags,
    /// Tokens of the prompt that is read (0: none)
    #[arg(
        short = 'p',
        long = "prompt",
        value_name = "TOKENS",
        default_value_t = 512,
        value_parser = number()
    )]
    n_prompt: usize,
    /// Tokens that are written (0: none)
    #[arg(
        short = 'n',
        long = "decode",
        value_name = "TOKENS",
        default_value_t = 64,
        value_parser = number()
    )]
    n_decode: usize,
    /// Tokens of context before the first one written
    #[arg(long, value_name = "TOKENS", default_value_t = 0, value_parser = number())]
    depth: usize,
    /// Conversations written at once, each after its own prompt
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    batch: Option<u16>,
    /// Measure this often and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    repeat: NonZeroUsize,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What is measured.
#[derive(Clone, Copy)]
enum Test {
    Prefill { n: usize },
    Decode { n: usize, depth: usize },
    Batch(BatchShape),
}

/// One measurement; `samples` are the repetitions.
#[derive(serde::Serialize)]
struct Line {
    test: &'static str,
    n: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    samples: Vec<f64>,
    threads: usize,
    isa: &'static str,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&self.model, &ServerFlags::default())?;
        let loaded = Loaded::open(&models::local(&settings)?.path, &settings, None)?;
        let tests = self.tests();
        let wanted = largest(&tests, &|shape| shape.n_prompt + shape.n_decode);
        let limit = loaded.model.config().max_positions;
        if limit < wanted {
            return Err(Problem::usage(Say::TooManyPositions { wanted, limit }).into());
        }
        let mut measure = Measure::new(runner(&loaded, &tests))?;
        for test in tests {
            let samples = (0..self.repeat.get()).map(|_| test.tokens_per_s(&mut measure));
            let samples = samples.collect::<io::Result<_>>()?;
            self.show(&Line::new(test, samples, &loaded))?;
        }
        drop(measure);
        if self.batch.is_none() && 0 < self.n_prompt && 0 < self.n_decode {
            let times = first_token::measure(&loaded, self.repeat.get())?;
            self.show(&Line::first_token(&times, &loaded))?;
        }
        Ok(Exit::Complete)
    }

    fn tests(&self) -> Vec<Test> {
        let (n_prompt, n_decode) = (self.n_prompt, self.n_decode);
        if let Some(b) = self.batch {
            return vec![Test::Batch(BatchShape {
                n_sequences: b.into(),
                n_prompt,
                n_decode,
            })];
        }
        let prefill = (0 < n_prompt).then_some(Test::Prefill { n: n_prompt });
        let decode = (0 < n_decode).then_some(Test::Decode {
            n: n_decode,
            depth: self.depth,
        });
        prefill.into_iter().chain(decode).collect()
    }

    fn show(&self, line: &Line) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        if self.json {
            writeln!(stdout, "{}", serde_json::to_string(line)?)?;
            return Ok(());
        }
        let detail = match (line.depth, line.b) {
            (Some(depth), _) => format!("{} @ {depth}", line.n),
            (_, Some(b)) => format!("{} × {b}", line.n),
            _ => line.n.to_string(),
        };
        let (value, unit) = match (line.tokens_per_s, line.ms) {
            (Some(rate), _) => (rate, "tokens/s"),
            (None, ms) => (ms.unwrap_or(f64::NAN), "ms"),
        };
        writeln!(stdout, "{:8} {detail:>12} {value:9.1} {unit}", line.test)?;
        Ok(())
    }
}

impl Test {
    /// The cache that it needs.
    fn shape(self) -> BatchShape {
        match self {
            Test::Prefill { n } => BatchShape {
                n_sequences: 1,
                n_prompt: n,
                n_decode: 0,
            },
            Test::Decode { n, depth } => BatchShape {
                n_sequences: 1,
                n_prompt: depth,
                n_decode: n,
            },
            Test::Batch(shape) => shape,
        }
    }

    fn run(self, measure: &mut Measure<impl Runner>) -> io::Result<Duration> {
        match self {
            Test::Prefill { n } => measure.prefill(n),
            Test::Decode { n, depth } => measure.decode(n, depth),
            Test::Batch(shape) => measure.batch(shape),
        }
    }

    fn tokens_per_s(self, measure: &mut Measure<impl Runner>) -> io::Result<f64> {
        let shape = self.shape();
        let n_tokens = match self {
            Test::Prefill { n } => n,
            Test::Decode { .. } | Test::Batch(_) => shape.n_sequences * shape.n_decode,
        };
        Ok(n_tokens as f64 / self.run(measure)?.as_secs_f64())
    }
}

impl Line {
    fn new(test: Test, samples: Vec<f64>, loaded: &Loaded) -> Line {
        let (name, n, depth, b) = match test {
            Test::Prefill { n } => ("prefill", n, None, None),
            Test::Decode { n, depth } => ("decode", n, Some(depth), None),
            Test::Batch(shape) => ("batch", shape.n_decode, None, Some(shape.n_sequences)),
        };
        let (threads, isa) = (loaded.machine.n_threads(), loaded.machine.isa().name());
        Line {
            test: name,
            n,
            depth,
            b,
            tokens_per_s: Some(median(&samples)),
            ms: None,
            samples,
            threads,
            isa,
        }
    }
}

impl Line {
    fn first_token(times: &[FirstToken], loaded: &Loaded) -> Line {
        let samples: Vec<f64> = times
            .iter()
            .map(|sample| sample.time.as_secs_f64() * 1e3)
            .collect();
        let lengths: Vec<f64> = times.iter().map(|sample| sample.n_prompt as f64).collect();
        Line {
            test: "ttft",
            n: median(&lengths) as usize,
            depth: None,
            b: None,
            tokens_per_s: None,
            ms: Some(median(&samples)),
            samples,
            threads: loaded.machine.n_threads(),
            isa: loaded.machine.isa().name(),
        }
    }
}

/// A runner with the engine's own chunk size, and a cache as large as the tests need.
fn runner(loaded: &Loaded, tests: &[Test]) -> ModelRunner {
    let n_pages = largest(tests, &BatchShape::n_pages).max(2);
    let n_sequences = largest(tests, &|shape| shape.n_sequences);
    let defaults = RunnerOptions::default();
    loaded.runner(RunnerOptions {
        context: largest(tests, &|shape| shape.n_prompt + shape.n_decode).max(2 * PAGE_TOKENS),
        kv_bytes: n_pages * loaded.model.config().kv.page_bytes(),
        max_logits: defaults.max_logits.max(n_sequences),
        max_batch_tokens: defaults.max_batch_tokens.max(n_sequences),
    })
}

/// The largest need of any test.
fn largest(tests: &[Test], need: &dyn Fn(&BatchShape) -> usize) -> usize {
    let needs = tests.iter().map(|test| need(&test.shape()));
    needs.max().unwrap_or(0)
}

/// A number of tokens; no model reads more at once.
fn number() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(..=1_000_000)
        .map(|n| n as usize)
}
