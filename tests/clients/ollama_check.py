#!/usr/bin/env python3
"""The `ollama` package against a running server: chat, generate, streams, options, what is served, errors.
usage: ollama_check.py http://127.0.0.1:7860"""
import json
import sys
import ollama

client = ollama.Client(host=sys.argv[1], timeout=120)
QUESTION = [{"role": "user", "content": "Name the capital of France."}]
OPTIONS = {"temperature": 0, "num_predict": 16}


def served():
    (model,) = client.list().models
    assert model.model and model.size > 0 and model.details.parameter_size, model
    (running,) = client.ps().models
    assert running.context_length > 0, running
    shown = client.show(model.model)
    assert shown.modelinfo["general.architecture"] and "completion" in shown.capabilities, shown
    return model.model


def chat(model):
    answer = client.chat(model=model, messages=QUESTION, options=OPTIONS, keep_alive="5m")
    assert "Paris" in answer.message.content and answer.done and answer.done_reason in ("stop", "length"), answer
    assert answer.prompt_eval_count > 0 and 0 < answer.eval_count <= 16, answer
    assert 0 < answer.eval_duration <= answer.total_duration, answer
    lines = list(client.chat(model=model, messages=QUESTION, options=OPTIONS, stream=True))
    assert "".join(line.message.content for line in lines) == answer.message.content, lines
    assert [line.done for line in lines[-2:]] == [False, True] and lines[-1].eval_count == answer.eval_count, lines
    begun = QUESTION + [{"role": "assistant", "content": "The capital of France is"}]
    assert "Paris" in client.chat(model=model, messages=begun, options=OPTIONS).message.content


def generate(model):
    answer = client.generate(model=model, prompt="Name the capital of France.", system="Be brief.", options=OPTIONS)
    assert answer.response and answer.done, answer
    raw = client.generate(model=model, prompt="The capital of France is", raw=True, options=OPTIONS)
    assert "Paris" in raw.response, raw
    stopped = client.generate(model=model, prompt="The capital of France is", raw=True, options=OPTIONS | {"stop": ["Paris"]})
    assert "Paris" not in stopped.response and stopped.done_reason == "stop", stopped
    assert client.generate(model=model).done_reason == "load"
    lines = list(client.generate(model=model, prompt="The capital of France is", raw=True, stream=True, options=OPTIONS))
    assert "".join(line.response for line in lines) == raw.response, lines


def logprobs(model):
    answer = client.chat(model=model, messages=QUESTION, options=OPTIONS, logprobs=True, top_logprobs=2)
    assert answer.logprobs and all(token.logprob <= 0 and len(token.top_logprobs) == 2 for token in answer.logprobs), answer


def weather(city: str, days: int) -> str:
    """The weather of a city.

    Args:
        city: The city.
        days: How many days.
    """
    return f"sunny in {city} for {days} days"


def tools(model):
    ask = [{"role": "user", "content": "Call weather for Paris and 3 days."}]
    options = {"temperature": 0, "num_predict": 80}
    answer = client.chat(model=model, messages=ask, tools=[weather], options=options)
    lines = list(client.chat(model=model, messages=ask, tools=[weather], options=options, stream=True))
    assert "".join(line.message.content or "" for line in lines) == (answer.message.content or ""), (answer, lines)
    streamed = [call for line in lines for call in line.message.tool_calls or []]
    calls = answer.message.tool_calls or []
    assert [call.function for call in streamed] == [call.function for call in calls], (answer, lines)
    assert all(isinstance(call.function.arguments["city"], str) for call in calls if answer.done_reason == "stop"), calls
    called = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Paris", "days": 3}}}]}
    told = ask + [called, {"role": "tool", "tool_name": "weather", "content": weather("Paris", 3)}]
    assert client.chat(model=model, messages=told, tools=[weather], options=options).done


def formats(model):
    schema = {"type": "object", "properties": {"capital": {"type": "string", "maxLength": 20}}, "required": ["capital"]}
    options = {"temperature": 0, "num_predict": 120}
    answer = client.chat(model=model, messages=QUESTION, format=schema, options=options)
    assert set(json.loads(answer.message.content)) == {"capital"}, answer
    answer = client.generate(model=model, prompt="Name the capital of France.", format=schema, options=options)
    assert set(json.loads(answer.response)) == {"capital"}, answer
    answer = client.chat(model=model, messages=QUESTION, format="json", options=options)
    assert answer.message.content.lstrip().startswith("{"), answer


def errors(model):
    for wrong, field in (({"options": {"temperature": -1}}, "options.temperature"), ({"format": {"type": "object", "not": {}}}, "format.not"), ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
                         ({"options": {"num_predict": 1.5}}, "options.num_predict")):
        try:
            client.chat(model=model, messages=QUESTION, **wrong)
        except ollama.ResponseError as error:
            assert error.status_code == 400 and field in error.error, error
        else:
            sys.exit(f"{wrong} was accepted")
    for call in (lambda: client.chat(model="no-such-model", messages=QUESTION), lambda: client.embed(model=model, input="a")):
        try:
            call()
        except ollama.ResponseError as error:
            assert error.status_code == 404, error
        else:
            sys.exit("a model that is not there was found")


name = served()
for check in (chat, generate, logprobs, tools, formats, errors):
    check(name)
    print("ok: ollama", check.__name__)
