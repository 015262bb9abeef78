//! Log probabilities of a prompt's last tokens on real weights: those that `echo` tells, cold or cached, alone or among others.

use crate::weights;
use maque_engine::{
    Engine, EngineOptions, Event, ModelRunner, PromptLogprobs, Request, RunnerOptions, Running,
    Sampling,
};
use maque_kernels::{Isa, Machine};
use maque_model::LoadOptions;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A prompt, and where the part begins that is asked about.
fn prompts(tokenizer: &maque_model::Tokenizer) -> Vec<(Vec<u32>, usize)> {
    let text = "The canteen opens at noon and closes at two. Guests pay at the till. ".repeat(6);
    let ends = [
        "When is lunch?",
        "Who may eat there?",
        "Where do visitors pay?",
    ];
    let before = tokenizer.encode(&text).expect("ids");
    let prompt = |end| {
        let mut ids = before.clone();
        ids.extend(tokenizer.encode(end).expect("ids"));
        (ids, before.len())
    };
    ends.into_iter().map(prompt).collect()
}

fn submit(engine: &Engine, client: u64, prompt: &[u32], from: usize) -> Running {
    let request = Request {
        client,
        prompt_logprobs: Some(PromptLogprobs { from, n_top: 0 }),
        ..Request::new(prompt.to_vec(), Sampling::greedy(), 0)
    };
    engine.submit(request).expect("taken")
}

/// The bits of all log probabilities that are told, and how many tokens came from the cache.
fn told(mut running: Running) -> (Vec<Option<u32>>, usize) {
    let mut all = Vec::new();
    while let Some(event) = running.next_blocking() {
        match event {
            Event::Prompt(token) => all.push(token.logprob.map(f32::to_bits)),
            Event::Finished { usage, .. } => return (all, usage.cached_tokens),
            _ => {}
        }
    }
    panic!("the engine has stopped");
}

#[test]
fn the_last_tokens_alone_are_told_as_all_of_them_are() {
    let Some(path) = weights::smol() else { return };
    let machine = Machine::new(Isa::best(), NonZeroUsize::MIN);
    let opened = maque_model::open(&path, &machine, &LoadOptions::default()).expect("a model");
    let prompts = prompts(&opened.tokenizer);
    let (model, machine) = (Arc::new(opened.model), Arc::new(machine));
    let runner = ModelRunner::new(model, machine, RunnerOptions::default());
    let engine = Engine::start(runner, EngineOptions::default());
    let whole: Vec<Vec<Option<u32>>> = prompts
        .iter()
        .map(|(prompt, from)| told(submit(&engine, 0, prompt, 0)).0.split_off(*from))
        .collect();
    assert!(whole.iter().flatten().all(Option::is_some));
    assert_ne!(whole[0], whole[1]);
    let ask = |client, at: usize| submit(&engine, client, &prompts[at].0, prompts[at].1);
    for (at, whole) in whole.iter().enumerate() {
        let (cold, cached) = (told(ask(10 + at as u64, at)), told(ask(10 + at as u64, at)));
        assert_eq!((&cold.0, cold.1), (whole, 0));
        assert_eq!((&cached.0, cached.1), (whole, prompts[at].1 - 1));
    }
    let beside: Vec<Running> = (0..3).map(|at| ask(20, at)).collect();
    for (running, whole) in beside.into_iter().zip(&whole) {
        assert_eq!(told(running).0, *whole);
    }
}
