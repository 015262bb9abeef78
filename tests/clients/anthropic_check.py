#!/usr/bin/env python3
"""The `anthropic` package against a running server: messages, stream, stop sequences, prefill, counting, errors.
usage: anthropic_check.py http://127.0.0.1:7860"""
import json
import sys
import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="none", max_retries=0, timeout=120)
QUESTION = [{"role": "user", "content": "Name the capital of France."}]
GREEDY = {"model": "default", "max_tokens": 16, "extra_body": {"temperature": 0}}  # the package no longer names it


def message():
    answer = client.messages.create(messages=QUESTION, **GREEDY)
    assert answer.type == "message" and answer.role == "assistant", answer
    assert "Paris" in answer.content[0].text, answer
    assert answer.stop_reason in ("end_turn", "max_tokens"), answer
    usage = answer.usage
    counted = client.messages.count_tokens(model="default", messages=QUESTION).input_tokens
    assert usage.input_tokens + usage.cache_read_input_tokens == counted, (usage, counted)
    again = client.messages.create(messages=QUESTION, **GREEDY)
    assert again.content[0].text == answer.content[0].text and again.usage.cache_read_input_tokens > 0, again
    return answer.content[0].text


def stream(want):
    events = list(client.messages.create(messages=QUESTION, stream=True, **GREEDY))
    names = [event.type for event in events]
    middle = names[2:-3]
    assert names[:2] == ["message_start", "content_block_start"], names  # the package hides pings
    assert middle and set(middle) == {"content_block_delta"}, names
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"], names
    assert "".join(event.delta.text for event in events[2:-3]) == want, events
    assert events[0].message.stop_reason is None and events[-2].delta.stop_reason in ("end_turn", "max_tokens"), events
    with client.messages.stream(messages=QUESTION, **GREEDY) as accumulated:
        last = accumulated.get_final_message()
    assert last.content[0].text == want and last.usage.output_tokens > 0, last


def system(_):
    blocks = [{"type": "text", "text": "Answer with the word Lyon.", "cache_control": {"type": "ephemeral"}}]
    one = client.messages.create(messages=QUESTION, system=blocks, **GREEDY)
    other = client.messages.create(messages=QUESTION, system="Answer with the word Lyon.", **GREEDY)
    assert one.content[0].text == other.content[0].text, (one, other)


def stops(_):
    answer = client.messages.create(messages=QUESTION, stop_sequences=["Paris"], **GREEDY)
    assert answer.stop_reason == "stop_sequence" and answer.stop_sequence == "Paris", answer
    assert "Paris" not in answer.content[0].text, answer


def prefill(want):
    half = want[:len(want) // 2].rstrip()
    begun = QUESTION + [{"role": "assistant", "content": half}]
    answer = client.messages.create(messages=begun, **GREEDY)
    assert not answer.content[0].text.startswith(half), answer
    assert (half + answer.content[0].text)[:len(want)] == want, (half, answer.content[0].text, want)


WEATHER = {"name": "get_weather", "description": "The weather of a city.",
           "input_schema": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
                            "required": ["city", "days"]}}
ASK = [{"role": "user", "content": "What is the weather in Paris for 3 days?"}]
CALLING = {"model": "default", "max_tokens": 80, "tools": [WEATHER], "extra_body": {"temperature": 0}}


def tools(_):
    for choice in ({"type": "any"}, {"type": "tool", "name": "get_weather"}, {"type": "any", "disable_parallel_tool_use": True}):
        answer = client.messages.create(messages=ASK, tool_choice=choice, **CALLING)
        calls = [block for block in answer.content if block.type == "tool_use"]
        assert calls and answer.stop_reason in ("tool_use", "max_tokens"), answer
        assert calls[0].name == "get_weather" and calls[0].id.startswith("toolu_"), answer
        assert isinstance(calls[0].input["city"], str) and 1 <= calls[0].input["days"] <= 9, answer
    assert len(calls) == 1, answer  # not in parallel
    plain = client.messages.create(messages=ASK, tool_choice={"type": "none"}, **CALLING)
    assert all(block.type == "text" for block in plain.content), plain
    free = client.messages.create(messages=ASK, tool_choice={"type": "auto"}, **CALLING)
    assert free.content and free.stop_reason in ("end_turn", "tool_use", "max_tokens"), free
    said = ASK + [{"role": "assistant", "content": answer.content},
                  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": calls[0].id, "content": [{"type": "text", "text": "sunny"}]}]}]
    after = client.messages.create(messages=said, tool_choice={"type": "none"}, **CALLING)
    assert after.content[0].text, after
    counted = client.messages.count_tokens(model="default", messages=ASK, tools=[WEATHER]).input_tokens
    assert counted > client.messages.count_tokens(model="default", messages=ASK).input_tokens, counted


def streamed_tools(_):
    one = {"type": "tool", "name": "get_weather"}
    whole = client.messages.create(messages=ASK, tool_choice=one, **CALLING)
    with client.messages.stream(messages=ASK, tool_choice=one, **CALLING) as stream:
        events = list(stream)
        last = stream.get_final_message()
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    assert len(deltas) > 1 and {delta.type for delta in deltas} == {"input_json_delta"}, deltas
    assert last.content[0].input == whole.content[0].input and last.stop_reason == "tool_use", (last, whole)


def structured(_):
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}
    config = {"format": {"type": "json_schema", "schema": schema}}
    answer = client.messages.create(messages=QUESTION, model="default", max_tokens=60, output_config=config)
    assert set(json.loads(answer.content[0].text)) == {"city"}, answer


def errors(_):
    for wrong, field in (({"temperature": -1}, "temperature"), ({"top_k": "many"}, "top_k"),
                         ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "thinking"),
                         ({"system": 3}, "system"), ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
                         ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
                         ({"tools": [{"name": "f", "input_schema": {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}}],
                           "tool_choice": {"type": "any"}}, "tools[0].input_schema")):
        try:
            client.messages.create(messages=QUESTION, model="default", max_tokens=4, extra_body=wrong)
        except anthropic.BadRequestError as error:
            body = error.body
            assert body["type"] == "error" and body["error"]["type"] == "invalid_request_error", body
            assert field in body["error"]["message"], body
        else:
            sys.exit(f"{wrong} was accepted")
    try:
        client.messages.create(messages=QUESTION, model="no-such-model", max_tokens=4)
    except anthropic.NotFoundError as error:
        assert error.body["error"]["type"] == "not_found_error", error.body
    else:
        sys.exit("an unknown model was accepted")


text = message()
for check in (stream, system, stops, prefill, tools, streamed_tools, structured, errors):
    check(text)
    print("ok: anthropic", check.__name__)
