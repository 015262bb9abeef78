#!/usr/bin/env python3
"""The `openai` package against a running server: chat, stream, logprobs, usage, completions, errors, schemas, tools.
usage: openai_check.py http://127.0.0.1:7860/v1"""
import json
import sys
import openai
import pydantic

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
    for field, value in (("temperature", -1), ("max_tokens", -3), ("top_logprobs", 99), ("stop", 3), ("seed", "x")):
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


class Place(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=20)
    kind: str = pydantic.Field(pattern="^(city|river)$")
    rank: int = pydantic.Field(ge=1, le=99)


def schemas():
    question = [{"role": "user", "content": "Describe Paris as JSON."}]
    answer = client.chat.completions.parse(messages=question, model="default", response_format=Place, max_tokens=100)
    assert answer.choices[0].message.parsed.kind in ("city", "river"), answer
    answer = client.chat.completions.create(messages=question, model="default", response_format={"type": "json_object"},
                                            max_tokens=400, temperature=0)
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(answer.choices[0].message.content), dict), answer
    answer = client.chat.completions.create(messages=question, model="default", max_tokens=30,
                                            extra_body={"structured_outputs": {"choice": ["yes", "no"]}})
    assert answer.choices[0].message.content in ("yes", "no"), answer


def tool(name, **properties):
    parameters = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": name.replace("_", " "), "parameters": parameters}}


TOOLS = [tool("get_weather", city={"type": "string", "maxLength": 20}),
         tool("get_time", zone={"type": "string", "enum": ["UTC", "CET"]})]
ASKED = [{"role": "user", "content": "What is the weather in Paris and the time in UTC?"}]


def called(answer, names=("get_weather", "get_time")):
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.tool_calls, answer
    for call in choice.message.tool_calls:
        arguments = json.loads(call.function.arguments)
        assert call.type == "function" and call.id and call.function.name in names, call
        assert set(arguments) == {"city" if call.function.name == "get_weather" else "zone"}, call
    return choice.message


def tools():
    common = {"model": "default", "messages": ASKED, "tools": TOOLS, "temperature": 0, "max_tokens": 400}
    message = called(client.chat.completions.create(tool_choice="required", **common))
    named = {"type": "function", "function": {"name": "get_time"}}
    called(client.chat.completions.create(tool_choice=named, **common), ["get_time"])
    one = called(client.chat.completions.create(tool_choice="required", parallel_tool_calls=False, **common))
    assert len(one.tool_calls) == 1, one
    auto = client.chat.completions.create(tool_choice="auto", **common)
    assert auto.choices[0].message.tool_calls is None or called(auto), auto
    none = client.chat.completions.create(tool_choice="none", **common)
    assert none.choices[0].message.tool_calls is None, none
    with client.chat.completions.stream(tool_choice="required", **common) as events:
        kinds = [event.type for event in events]
        streamed = called(events.get_final_completion())
    assert "tool_calls.function.arguments.delta" in kinds, kinds
    arguments = [[call.function.arguments for call in one.tool_calls] for one in (streamed, message)]
    assert arguments[0] == arguments[1], arguments
    results = [{"role": "tool", "tool_call_id": call.id, "content": "18 degrees, sunny"} for call in message.tool_calls]
    turns = {**common, "messages": [*ASKED, message, *results], "tool_choice": "auto"}
    final = client.chat.completions.create(**turns)
    assert final.choices[0].message.content or final.choices[0].message.tool_calls, final


def refused(param, **fields):
    try:
        client.chat.completions.create(**{"messages": QUESTION, "model": "default", "max_tokens": 4, **fields})
    except openai.BadRequestError as error:
        assert (error.param or "").startswith(param), error.body
    else:
        sys.exit(f"{param} was accepted")


def bad_structures():
    schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    refused("response_format.json_schema.schema.uniqueItems",
            response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": schema}})
    refused("structured_outputs.grammar", extra_body={"structured_outputs": {"grammar": "start: " + "(" * 60_000}})
    refused("structured_outputs.regex", extra_body={"structured_outputs": {"regex": "+"}})
    refused("tools", tools=[tool("f", a={"type": "string", "pattern": "[["})], tool_choice="required")
    refused("messages[1].tool_calls[0].function.name", messages=[
        *QUESTION, {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {}}]}])


def responses_tools():
    tool = {"type": "function", "name": "get_weather", "strict": True, "description": "The weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}
    asked = {"model": "default", "input": "What is the weather in Paris?", "temperature": 0, "max_output_tokens": 60, "tools": [tool]}
    for choice in ("required", {"type": "function", "name": "get_weather"}):
        answer = client.responses.create(tool_choice=choice, parallel_tool_calls=False, **asked)
        (call,) = answer.output
        assert call.type == "function_call" and call.name == "get_weather" and answer.status == "completed", answer
        assert isinstance(json.loads(call.arguments)["city"], str), answer
    events = list(client.responses.create(tool_choice="required", parallel_tool_calls=False, stream=True, **asked))
    assert [event.sequence_number for event in events] == list(range(len(events))), events
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert "".join(deltas) == call.arguments == events[-1].response.output[0].arguments, events
    assert [event.type for event in events[:3]] == ["response.created", "response.in_progress", "response.output_item.added"], events
    said = [{"role": "user", "content": asked["input"]}, call.to_dict(),
            {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}]
    after = client.responses.create(**(asked | {"input": said}), tool_choice="none")
    assert after.output_text, after
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"], "additionalProperties": False}
    formatted = client.responses.create(model="default", input="Name a city.", text={"format": {"type": "json_schema", "name": "city", "schema": schema}})
    assert set(json.loads(formatted.output_text)) == {"city"}, formatted


def responses():
    answer = client.responses.create(
        model="default", instructions="Be brief.", input="Name the capital of France.", temperature=0, max_output_tokens=64)
    assert answer.status == "completed" and answer.output_text and answer.usage.output_tokens > 0, answer
    events = list(client.responses.create(
        model="default", instructions="Be brief.", input=[{"role": "user", "content": "Name the capital of France."}],
        temperature=0, max_output_tokens=64, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events))), events
    names = [event.type.removeprefix("response.") for event in events]
    n_deltas = names.count("output_text.delta")
    assert names == ["created", "in_progress", "output_item.added", "content_part.added"] + ["output_text.delta"] * n_deltas + [
        "output_text.done", "content_part.done", "output_item.done", "completed"], names
    assert all(event.output_index == 0 for event in events[2:-1]), events
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == answer.output_text == events[-1].response.output_text, (text, answer)
    cut = client.responses.create(model="default", input="Count to a hundred.", temperature=0, max_output_tokens=3)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens", cut
    with client.responses.stream(model="default", input="Count to a hundred.", temperature=0, max_output_tokens=3) as stream:
        last = [event.type for event in stream][-1]
    assert last == "response.incomplete", last


def embeddings():
    try:
        client.embeddings.create(model="default", input="a")
    except openai.NotFoundError as error:
        assert error.code == "no_embedding_model" and "embedding model" in error.body["message"], error.body
    else:
        sys.exit("an embedding was made without an embedding model")


print("model:", models())
text = chat()
for name, check in (("stream", lambda: stream(text)), ("logprobs", lambda: logprobs(text)),
                    ("completions", completions), ("stop", stops), ("errors", errors), ("schemas", schemas), ("tools", tools),
                    ("bad structures", bad_structures), ("responses", responses), ("responses with tools", responses_tools), ("embeddings", embeddings)):
    check()
    print("ok:", name)
