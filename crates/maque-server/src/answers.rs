//! Several answers to one request, heard as they come.

use crate::choice::{Choice, Output};
use maque_engine::Usage;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver};

/// Outputs that may wait for a slow reader.
const CAPACITY: usize = 64;

/// Answers under way. Dropping this cancels all of them.
pub(crate) struct Answers {
    outputs: Receiver<(usize, Output)>,
    n: usize,
}

impl Answers {
    /// Listens to all choices at once; choice `i` answers prompt `i / n`.
    pub(crate) fn new(choices: Vec<Choice>, n: usize) -> Answers {
        let (sender, outputs) = mpsc::channel(CAPACITY);
        for (index, mut choice) in choices.into_iter().enumerate() {
            let sender = sender.clone();
            tokio::spawn(async move {
                loop {
                    let outputs = tokio::select! {
                        () = sender.closed() => return,
                        outputs = choice.next() => outputs,
                    };
                    for output in outputs {
                        let is_last = matches!(output, Output::End(..) | Output::Failed(_));
                        if sender.send((index, output)).await.is_err() || is_last {
                            return;
                        }
                    }
                }
            });
        }
        Answers { outputs, n }
    }

    /// The next output with its choice's index; `None` when all have ended.
    pub(crate) async fn next(&mut self) -> Option<(usize, Output)> {
        self.outputs.recv().await
    }

    /// Adds the usage of choice `index`; a prompt counts once, however many choices it has.
    pub(crate) fn count(&self, total: &mut Usage, index: usize, usage: Usage) {
        if index.is_multiple_of(self.n) {
            total.prompt_tokens += usage.prompt_tokens;
            total.cached_tokens += usage.cached_tokens;
        }
        total.completion_tokens += usage.completion_tokens;
    }
}

/// Usage in OpenAI's shape.
pub(crate) fn usage_json(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": { "cached_tokens": usage.cached_tokens },
    })
}
