//! Passages in the order of how likely they make the question: log P(question | passage) by the model that writes the answers
//! (UPR, arXiv 2204.07496), and how near they are. It finds what is said in other words.

use super::writing::above;
use crate::Service;
use crate::choice::{Choice, Output};
use crate::error::ApiError;
use crate::prompt::{Conversation, Overflow, aside, message, rendered};
use maque_engine::{PromptLogprobs, Request, Sampling, Usage};
use maque_library::{Hit, is_chinese_text};
use maque_model::Message;

/// Tokens of the question that are looked at.
const MAX_QUESTION: usize = 64;
/// log P of what there is no room for: less than any other, and small enough to leave nearness its digits.
const UNLIKELY: f32 = -10_000.0;
/// Nearness counts up to so much: a single rare word in common makes it 10 or 18, and would outweigh any likelihood.
const NEAREST: f32 = 4.0;
/// How much of a passage is read, with what stands above it: in thirds of a Chinese letter, as much as other letters count.
const MAX_THIRDS: usize = 720;

/// The likeliest first. A unit of nearness, up to [`NEAREST`], counts as much as a factor e of likelihood.
pub(super) async fn order(
    service: &Service,
    question: &str,
    hits: Vec<Hit>,
) -> Result<(Vec<Hit>, Usage), ApiError> {
    let encoded = aside(|| service.parts().tokenizer.encode(question));
    let mut asked = encoded.map_err(|error| ApiError::field("question", &error.to_string()))?;
    asked.truncate(MAX_QUESTION);
    let mut usage = Usage::default();
    let mut order: Vec<Hit> = Vec::new();
    for mut hit in hits {
        // One by one: whoever else asks has a turn in between, and nobody who goes away leaves much behind.
        let (logprob, read) = logprob(service, question, &hit, &asked).await?;
        usage.prompt_tokens += read.prompt_tokens;
        usage.cached_tokens += read.cached_tokens;
        hit.score = hit.score.min(NEAREST) + logprob;
        order.push(hit);
    }
    order.sort_by(|a, b| b.score.total_cmp(&a.score)); // those alike stay as they are
    let best = order.first().map_or(0.0, |hit| hit.score);
    for hit in &mut order {
        hit.score = (hit.score - best).exp(); // as shares of the best
    }
    Ok((order, usage))
}

/// What the model is shown: how people ask who have not read the documents. It is the same for all passages, and read once.
struct Examples {
    task: &'static str,
    shown: [[&'static str; 2]; 4],
}

const CHINESE: Examples = Examples {
    task: "读一段公司资料，写一个没读过它的员工会用自己的话问的问题。",
    shown: [
        [
            "图书角 › 借阅\n每人一次可借三本，借期一个月，逾期每天交一元。",
            "书看不完，拖几天还要掏钱吗？",
        ],
        [
            "停车场 › 月卡\n月卡每月五日前在物业窗口办理，凭行驶证和工牌。",
            "我刚买了车，怎么弄个长期的车位？",
        ],
        [
            "快递柜\n包裹存放超过 48 小时的，退回快递公司。",
            "这周都不在，东西会不会没了啊？",
        ],
        [
            "宿舍 › 用水\n每间每月六吨以内免费，超出部分按表计费。",
            "洗澡洗多了会另外收我的钱吗？",
        ],
    ],
};
const ENGLISH: Examples = Examples {
    task: "Read an excerpt of company documents and write a question that an employee who has not read it would ask in their own words.",
    shown: [
        [
            "Book corner › Loans\nEach person may borrow three books for one month; one euro is due for every day after that.",
            "I can't finish the novel in time, will I have to pay?",
        ],
        [
            "Car park › Monthly passes\nPasses are issued at the facilities desk before the fifth of each month; bring your registration certificate and your badge.",
            "I just bought a car, how do I get a regular spot?",
        ],
        [
            "Parcel lockers\nParcels that are not collected within 48 hours are sent back.",
            "I'm away all week, will my stuff be gone?",
        ],
        [
            "Dormitory › Water\nUp to six cubic metres a month are free; what exceeds this is charged by the meter.",
            "Does it cost me extra if I shower a lot?",
        ],
    ],
};

/// The conversation that the question ends.
fn conversation(question: &str, hit: &Hit) -> Vec<Message> {
    let examples = match is_chinese_text(question) {
        true => CHINESE,
        false => ENGLISH,
    };
    let mut messages = vec![message("system", examples.task.to_owned())];
    for [passage, asked] in examples.shown {
        messages.push(message("user", passage.to_owned()));
        messages.push(message("assistant", asked.to_owned()));
    }
    let text = format!("{}\n{}", above(hit), hit.found.passage.text);
    messages.push(message("user", beginning(&text).to_owned()));
    messages
}

/// As much of a text as is read.
fn beginning(text: &str) -> &str {
    let mut n_thirds = 0;
    let end = text.char_indices().find(|(_, letter)| {
        n_thirds += if letter.is_ascii() { 1 } else { 3 };
        MAX_THIRDS < n_thirds
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// log P(question | passage)
async fn logprob(
    service: &Service,
    question: &str,
    hit: &Hit,
    asked: &[u32],
) -> Result<(f32, Usage), ApiError> {
    let conversation = Conversation {
        field: "question",
        messages: &conversation(question, hit),
        overflow: Overflow::Error,
        max_tokens: 0,
    };
    let mut prompt = conversation.prompt(service, |messages| {
        rendered(messages, |messages| service.render(messages))
    })?;
    let from = prompt.ids.len();
    prompt.ids.extend(asked);
    if service.parts().context < prompt.ids.len() {
        return Ok((UNLIKELY, Usage::default()));
    }
    let request = Request {
        prompt_logprobs: Some(PromptLogprobs { from, n_top: 0 }),
        ..Request::new(prompt.ids, Sampling::greedy(), 0)
    };
    let running = service.submit(request)?;
    sum(Choice::new(service.clone(), running, Vec::new())).await
}

/// The sum of the logprobs that are told.
async fn sum(mut choice: Choice) -> Result<(f32, Usage), ApiError> {
    let mut sum = 0.0;
    loop {
        for output in choice.next().await {
            match output {
                Output::Prompt(token) => sum += token.logprob.unwrap_or(0.0),
                Output::Failed(error) => return Err(error),
                Output::End(_, usage) => return Ok((sum, usage)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_passage_the_beginning_is_read() {
        assert_eq!(beginning("短 short"), "短 short");
        assert_eq!(beginning(&"长".repeat(500)), "长".repeat(240));
        assert_eq!(beginning(&"long ".repeat(500)).len(), 720);
        assert_eq!(beginning(""), "");
    }
}
