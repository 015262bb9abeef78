//! An answer that is taken in as it comes, also while an earlier one is still being shown.

use crate::answer::{Heard, Question};
use crate::exit::Problem;
use crate::reply::Reply;
use crate::respondent::Respondent;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Answers that are written at once; more would leave the others on a shared server little room.
const AT_ONCE: usize = 8;

/// What is heard of one answer, and when. Dropping it cancels the answer.
pub(crate) struct Listening {
    asked: Instant,
    heard: UnboundedReceiver<Result<(Instant, Heard), Problem>>,
}

impl Listening {
    /// Asks, and listens from now on.
    pub(crate) fn ask(respondent: &Arc<Respondent>, question: Question) -> Listening {
        let respondent = Arc::clone(respondent);
        Listening::new(async move { respondent.ask(&question).await })
    }

    /// Listens to an answer that has begun.
    pub(crate) fn to(reply: Reply) -> Listening {
        Listening::new(std::future::ready(Ok(reply)))
    }

    fn new(reply: impl Future<Output = Result<Reply, Problem>> + Send + 'static) -> Listening {
        let (tell, heard) = unbounded_channel(); // an answer has an end
        tokio::spawn(async move {
            tokio::select! {
                () = take_in(reply, &tell) => {}
                () = tell.closed() => {}
            }
        });
        Listening {
            asked: Instant::now(),
            heard,
        }
    }

    /// When it was asked for.
    pub(crate) fn asked(&self) -> Instant {
        self.asked
    }

    /// The next thing heard and when it was; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<(Instant, Heard)>, Problem> {
        self.heard.recv().await.transpose()
    }
}

async fn take_in(
    reply: impl Future<Output = Result<Reply, Problem>>,
    tell: &UnboundedSender<Result<(Instant, Heard), Problem>>,
) {
    let mut reply = match reply.await {
        Ok(reply) => reply,
        Err(problem) => return drop(tell.send(Err(problem))),
    };
    while let Some(heard) = reply.next().await.transpose() {
        let heard = heard.map(|heard| (Instant::now(), heard));
        if tell.send(heard).is_err() {
            return;
        }
    }
}

/// Answers to questions in their order, some of which are written while the first is shown.
pub(crate) struct Answers<Q> {
    respondent: Arc<Respondent>,
    questions: Q,
    begun: VecDeque<Listening>,
}

impl<Q: Iterator<Item = Question>> Answers<Q> {
    pub(crate) fn new(respondent: Arc<Respondent>, questions: Q) -> Answers<Q> {
        Answers {
            respondent,
            questions,
            begun: VecDeque::new(),
        }
    }
}

impl<Q: Iterator<Item = Question>> Iterator for Answers<Q> {
    type Item = Listening;

    fn next(&mut self) -> Option<Listening> {
        let n_more = AT_ONCE - self.begun.len();
        for question in self.questions.by_ref().take(n_more) {
            let listening = Listening::ask(&self.respondent, question);
            self.begun.push_back(listening);
        }
        self.begun.pop_front()
    }
}
