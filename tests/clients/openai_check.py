#!/usr/bin/env python3
"""The `openai` package against a running server: chat, stream, logprobs, usage, completions, errors.
usage: openai_check.py http://127.0.0.1:7860/v1"""
import sys
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0, timeout=120)
QUESTION = [{"role": "user", "content": "Name the capital of France."}]
GREEDY = {"model": "default", "temperature": 0, "max_tokens": 16}


def models():
    names = [model.id for model in client.models.list()]
    assert names, "no model is listed"
    assert client.models.retrieve(names[0]).id == names[0]
    return names[0]


def chat():
    answer = client.chat.completions.create(messages=QUESTION, **GREEDY)
    assert "Paris" in answer.choices[0].message.content, answer
    assert answer.choices[0].finish_reason in ("stop", "length"), answer
    usage = answer.usage
    assert 0 < usage.prompt_tokens and 0 < usage.completion_tokens <= 16, usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage
    again = client.chat.completions.create(messages=QUESTION, **GREEDY)
    assert 0 < again.usage.prompt_tokens_details.cached_tokens, again.usage
    return answer.choices[0].message.content


def stream(want):
    chunks = list(client.chat.completions.create(
        messages=QUESTION, stream=True, stream_options={"include_usage": True}, **GREEDY))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == want, (text, want)
    assert [chunk.usage for chunk in chunks if chunk.usage][-1].completion_tokens > 0, chunks[-1]
    ends = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert len(ends) == 1, ends


def logprobs(want):
    answer = client.chat.completions.create(messages=QUESTION, logprobs=True, top_logprobs=5, **GREEDY)
    tokens = answer.choices[0].logprobs.content
    assert tokens and all(token.logprob <= 0 and len(token.top_logprobs) == 5 for token in tokens), tokens
    assert all(token.top_logprobs[0].token == token.token for token in tokens), "greedy takes the likeliest token"
    assert b"".join(bytes(token.bytes or []) for token in tokens).decode() == want, tokens


def completions():
    answer = client.completions.create(prompt="The capital of France is", logprobs=2, **GREEDY)
    assert answer.choices[0].text and answer.choices[0].logprobs.tokens, answer
    both = client.completions.create(prompt=["One, two,", "A, B,"], **GREEDY)
    assert [choice.index for choice in both.choices] == [0, 1], both
    echoed = client.completions.create(
        model="default", prompt="The capital of France is Paris", max_tokens=0, echo=True, logprobs=1, temperature=0)
    assert echoed.choices[0].text == "The capital of France is Paris", echoed
    assert len(echoed.choices[0].logprobs.token_logprobs) == echoed.usage.prompt_tokens, echoed


def stops():
    answer = client.chat.completions.create(messages=QUESTION, stop=["Paris"], **GREEDY)
    assert "Paris" not in answer.choices[0].message.content and answer.choices[0].finish_reason == "stop", answer


def errors():
    for field, value in (("temperature", -1), ("max_tokens", -3), ("top_logprobs", 99)):
        try:
            client.chat.completions.create(messages=QUESTION, model="default", extra_body={"logprobs": True, field: value})
        except openai.BadRequestError as error:
            assert field in str(error.body), error.body
        else:
            sys.exit(f"{field}={value} was accepted")
    try:
        client.chat.completions.create(messages=[{"role": "user", "content": "word " * 60_000}], model="default")
    except openai.BadRequestError as error:
        assert error.code == "context_length_exceeded", error.body
    else:
        sys.exit("a prompt longer than the context was accepted")


print("model:", models())
text = chat()
for name, check in (("stream", lambda: stream(text)), ("logprobs", lambda: logprobs(text)),
                    ("completions", completions), ("stop", stops), ("errors", errors)):
    check()
    print("ok:", name)
