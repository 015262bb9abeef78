//! What is counted of answers, under the names that vLLM gives them, for `GET /metrics`.

use crate::choice::Output;
use crate::record::{self, Record};
use maque_engine::{Load, Usage};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts};
use std::sync::Arc;
use std::time::Instant;

/// Bounds of times to a first token and of whole answers, in seconds.
const LONG: [f64; 14] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0,
];
/// Bounds of times between tokens.
const SHORT: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5,
];

/// Counters of one model's answers.
pub(crate) struct Metrics {
    model: String,
    first_token: Histogram,
    between_tokens: Histogram,
    queue: Histogram,
    whole: Histogram,
    prompt_tokens: IntCounter,
    cached_tokens: IntCounter,
    generated_tokens: IntCounter,
    ends: IntCounterVec,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new(model: &str) -> Metrics {
        let options = |name: &str, help: &str| {
            Opts::new(format!("maque:{name}"), help).const_label("model_name", model)
        };
        let histogram = |name, help, bounds: &[f64]| {
            let options = HistogramOpts::from(options(name, help)).buckets(bounds.to_vec());
            Histogram::with_opts(options).expect("a constant name and rising bounds")
        };
        let counter =
            |name, help| IntCounter::with_opts(options(name, help)).expect("a constant name");
        Metrics {
            model: model.to_owned(),
            first_token: histogram(
                "time_to_first_token_seconds",
                "From a request to its first token.",
                &LONG,
            ),
            between_tokens: histogram(
                "inter_token_latency_seconds",
                "Between two tokens of an answer.",
                &SHORT,
            ),
            queue: histogram(
                "request_queue_time_seconds",
                "From a request to the beginning of its prompt's evaluation.",
                &LONG,
            ),
            whole: histogram(
                "e2e_request_latency_seconds",
                "From a request to its end.",
                &LONG,
            ),
            prompt_tokens: counter(
                "prompt_tokens_total",
                "Tokens of prompts, cached ones included.",
            ),
            cached_tokens: counter(
                "prefix_cache_hits_total",
                "Tokens of prompts that were cached.",
            ),
            generated_tokens: counter("generation_tokens_total", "Tokens of answers."),
            ends: IntCounterVec::new(
                options(
                    "request_success_total",
                    "Answers by the reason of their end.",
                ),
                &["finished_reason"],
            )
            .expect("a constant name"),
        }
    }

    /// All counters, and what the engine has in hand now.
    pub(crate) fn gather(&self, load: Load) -> Vec<MetricFamily> {
        let mut families = self.of_engine(load);
        for histogram in [
            &self.first_token,
            &self.between_tokens,
            &self.queue,
            &self.whole,
        ] {
            families.extend(histogram.collect());
        }
        for counter in [
            &self.prompt_tokens,
            &self.cached_tokens,
            &self.generated_tokens,
        ] {
            families.extend(counter.collect());
        }
        families.extend(self.ends.collect());
        families
    }

    /// What the engine counts itself.
    fn of_engine(&self, load: Load) -> Vec<MetricFamily> {
        let used = load.n_pages_used as f64 / load.n_pages.max(1) as f64;
        let gauges = [
            ("num_requests_running", "Answers under way.", load.n_running),
            (
                "num_requests_waiting",
                "Requests in the queue.",
                load.n_waiting,
            ),
            (
                "kv_pages_used",
                "KV pages of answers under way.",
                load.n_pages_used,
            ),
            (
                "kv_pages_cached",
                "KV pages that hold cached prefixes only.",
                load.n_pages_cached,
            ),
            ("kv_pages", "KV pages there are.", load.n_pages),
        ];
        let counters = [
            (
                "spec_decode_num_draft_tokens_total",
                "Tokens that were guessed and verified together.",
                load.n_drafted,
            ),
            (
                "spec_decode_num_accepted_tokens_total",
                "Guessed tokens that were right.",
                load.n_accepted,
            ),
        ];
        let label = |name: &str, help| {
            Opts::new(format!("maque:{name}"), help).const_label("model_name", &self.model)
        };
        let mut families = Vec::new();
        for (name, help, value) in gauges {
            let gauge = IntGauge::with_opts(label(name, help)).expect("a constant name");
            gauge.set(value as i64);
            families.extend(gauge.collect());
        }
        for (name, help, value) in counters {
            let counter = IntCounter::with_opts(label(name, help)).expect("a constant name");
            counter.inc_by(value);
            families.extend(counter.collect());
        }
        let share = label(
            "kv_cache_usage_perc",
            "Share of KV pages that answers use; 1 is all.",
        );
        let share = prometheus::Gauge::with_opts(share).expect("a constant name");
        share.set(used);
        families.extend(share.collect());
        families
    }

    /// Tokens of prompts, of them cached, and tokens of answers.
    pub(crate) fn tokens(&self) -> [u64; 3] {
        [
            &self.prompt_tokens,
            &self.cached_tokens,
            &self.generated_tokens,
        ]
        .map(IntCounter::get)
    }

    /// About how long a request waits that has `position` others before it; `None` before anything was measured.
    pub(crate) fn seconds(&self, position: usize, n_running: usize) -> Option<u64> {
        let n = self.whole.get_sample_count();
        let mean = self.whole.get_sample_sum() / n as f64;
        let rounds = (position + 1) as f64 / n_running.max(1) as f64;
        (0 < n).then(|| (mean * rounds).ceil() as u64)
    }
}

/// Counts one answer as it is heard.
pub(crate) struct Watch {
    metrics: Arc<Metrics>,
    record: Option<Arc<Record>>,
    start: Instant,
    is_read: bool,
    last: Option<Instant>,
}

impl Watch {
    /// From now on, for the request of this task.
    pub(crate) fn new(metrics: Arc<Metrics>) -> Watch {
        Watch {
            metrics,
            record: record::current(),
            start: Instant::now(),
            is_read: false,
            last: None,
        }
    }

    /// Takes in what comes.
    pub(crate) fn hear(&mut self, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Stage(stage) if !self.is_read && stage["stage"] == "reading" => {
                    self.is_read = true;
                    self.metrics
                        .queue
                        .observe(self.start.elapsed().as_secs_f64());
                }
                Output::Text(_, tokens) if !tokens.is_empty() => self.tokens(tokens.len()),
                Output::End(reason, usage) => self.end(reason, *usage),
                _ => {}
            }
        }
    }

    fn tokens(&mut self, n: usize) {
        let now = Instant::now();
        match self.last.replace(now) {
            None => self
                .metrics
                .first_token
                .observe((now - self.start).as_secs_f64()),
            Some(last) => {
                let each = (now - last).as_secs_f64() / n as f64; // several may come at once, after a character of several tokens
                (0..n).for_each(|_| self.metrics.between_tokens.observe(each));
            }
        }
    }

    fn end(&self, reason: &str, usage: Usage) {
        let metrics = &self.metrics;
        metrics.whole.observe(self.start.elapsed().as_secs_f64());
        metrics.prompt_tokens.inc_by(usage.prompt_tokens as u64);
        metrics.cached_tokens.inc_by(usage.cached_tokens as u64);
        metrics
            .generated_tokens
            .inc_by(usage.completion_tokens as u64);
        metrics.ends.with_label_values(&[reason]).inc();
        if let Some(record) = &self.record {
            record.count(usage);
        }
    }
}
