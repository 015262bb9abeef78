#!/usr/bin/env python3
"""Conversations with tools are as /openapi.json describes them, and `schemathesis` finds no 5xx, every status and type of
answer as documented.
usage: openapi_check.py http://127.0.0.1:7860"""
import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import jsonschema

BASE = sys.argv[1]
# What it would leave behind, or wait for: fetched and deleted models, ended sessions, answers that nobody reads to their end.
LEFT_OUT = ["/api/pull", "/maque/models/pull", "/maque/models/{name}", "/maque/models/{name}/verify", "/maque/leave"]

QUESTION = {"role": "user", "content": "Weather in Paris?"}
ARGUMENTS = {"city": "Paris"}
# A question, the call of a tool, and its result, as each API writes them.
CONVERSATIONS = {
    "/v1/chat/completions": [
        QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "weather", "arguments": json.dumps(ARGUMENTS)}}]},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "sun"}]}],
    "/v1/messages": [
        QUESTION,
        {"role": "assistant", "content": [{"type": "text", "text": "I look."},
                                          {"type": "tool_use", "id": "1", "name": "weather", "input": ARGUMENTS}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "sun"}]}],
    "/api/chat": [
        QUESTION,
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "weather", "arguments": ARGUMENTS}}]},
        {"role": "tool", "tool_name": "weather", "content": "sun"}],
}


def post(path, body):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        return urllib.request.urlopen(request, timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code


def described(path, body):
    operation = document["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(schema).is_valid(body)


document = json.load(urllib.request.urlopen(BASE + "/openapi.json"))
for path, messages in CONVERSATIONS.items():
    limit = {"options": {"num_predict": 1}} if path == "/api/chat" else {"max_tokens": 1}
    body = {"messages": messages, "stream": False, **limit}
    assert (described(path, body), post(path, body)) == (True, 200), path
    picture = {"role": "user", "content": [{"type": "image"}]}
    body["messages"] = [picture]
    assert (described(path, body), post(path, body)) == (False, 400), path

command = [pathlib.Path(sys.executable).parent / "schemathesis", "run", BASE + "/openapi.json",
           "--checks", "not_a_server_error,status_code_conformance,content_type_conformance",
           "--phases", "fuzzing", "--max-examples", "4", "--seed", "7", "--request-timeout", "30", "--no-color"]
for path in LEFT_OUT:
    command += ["--exclude-path", path]
ran = subprocess.run(command, capture_output=True, text=True, timeout=240)
if ran.returncode != 0:
    sys.exit(ran.stdout[-6000:] + ran.stderr[-2000:])
print("ok: openapi", ran.stdout.strip().splitlines()[-1].strip("= "))
