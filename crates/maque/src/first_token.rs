//! Time to the first token of short questions in fresh conversations, the system prompt being warm.

use crate::loaded::Loaded;
use anyhow::Context;
use maque_engine::{Engine, EngineOptions, Event, Request, RunnerOptions, Sampling};
use maque_model::Message;
use std::time::{Duration, Instant};

const QUESTIONS: [&str; 3] = [
    "李白和杜甫谁活得更久？为什么？",
    "写一段朋友圈文案，推荐雨天喝热茶",
    "写一个函数，输入列表，返回去重并按长度排序的字符串",
];

/// Tokens of a question and the time to its answer's first token.
pub(crate) struct FirstToken {
    pub(crate) n_prompt: usize,
    pub(crate) time: Duration,
}

/// Asks each question `n_repeats` times, never reusing what another asker's conversation left.
pub(crate) fn measure(loaded: &Loaded, n_repeats: usize) -> anyhow::Result<Vec<FirstToken>> {
    let prompts = QUESTIONS
        .iter()
        .map(|question| prompt(loaded, question))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let engine = Engine::start(
        loaded.runner(RunnerOptions::default()),
        EngineOptions::default(),
    );
    let n_shared = prompts[0]
        .iter()
        .zip(&prompts[1])
        .take_while(|(a, b)| a == b)
        .count();
    let mut warming = engine.warm(&prompts[0][..n_shared])?;
    while warming.next_blocking().is_some() {}
    let repeated = (0..n_repeats).flat_map(|_| &prompts).enumerate();
    let measured = repeated.map(|(client, prompt)| {
        let mut request = Request::new(prompt.clone(), Sampling::greedy(), 1);
        request.client = client as u64 + 1;
        let time = first_token(&engine, request)?;
        Ok(FirstToken {
            n_prompt: prompt.len(),
            time,
        })
    });
    let measured = measured.collect();
    engine.shutdown();
    measured
}

fn first_token(engine: &Engine, request: Request) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut running = engine.submit(request)?;
    while let Some(event) = running.next_blocking() {
        if matches!(event, Event::Token(_)) {
            return Ok(start.elapsed());
        }
    }
    anyhow::bail!("the model ended its answer without a token")
}

fn prompt(loaded: &Loaded, question: &str) -> anyhow::Result<Vec<u32>> {
    let message = Message {
        role: "user".to_owned(),
        content: question.to_owned(),
        tool_calls: None,
        tool_call_id: None,
        name: None,
    };
    let text = loaded.template.render(&[message], None)?;
    loaded
        .tokenizer
        .encode_with_special(&text)
        .context("cannot tokenise a question")
}
