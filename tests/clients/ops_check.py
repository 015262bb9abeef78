#!/usr/bin/env python3
"""What a supervisor, a router and Prometheus see of a running server that has answered some requests.
usage: ops_check.py http://127.0.0.1:7860"""
import json
import sys
import urllib.error
import urllib.request

BASE = sys.argv[1]


def ask(path, body=None, headers=()):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"content-type": "application/json", **dict(headers)})
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def health():
    assert [ask(path)[0] for path in ("/health", "/livez")] == [200, 200]


def ids():
    assert ask("/livez", headers={"x-request-id": "mine-1"}.items())[1]["x-request-id"] == "mine-1"
    made = [ask("/v1/models", headers={"x-request-id": bad}.items())[1]["x-request-id"] for bad in ("", "a b", "x" * 200)]
    assert len(set(made)) == 3 and all(one.startswith("req_") for one in made), made


def metrics():
    status, headers, text = ask("/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain"), headers
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    sums = lambda name: sum(float(value) for key, value in values.items() if key.split("{")[0] == name)
    for name in ("time_to_first_token_seconds_count", "inter_token_latency_seconds_count", "e2e_request_latency_seconds_count",
                 "request_queue_time_seconds_count", "prompt_tokens_total", "generation_tokens_total", "request_success_total",
                 "prefix_cache_hits_total", "kv_pages", "kv_pages_cached", "http_requests_total"):
        assert sums(f"maque:{name}") > 0, (name, text)
    assert sums("maque:spec_decode_num_accepted_tokens_total") <= sums("maque:spec_decode_num_draft_tokens_total"), text
    assert sums("maque:num_requests_running") == 0 and sums("maque:num_requests_waiting") == 0, text


def texts():
    text = "麻雀虽小，五脏俱全 <|im_end|>"
    tokens = json.loads(ask("/tokenize", {"prompt": text})[2])
    assert tokens["count"] == len(tokens["tokens"]), tokens
    assert json.loads(ask("/detokenize", {"tokens": tokens["tokens"]})[2])["prompt"] == text
    plain = json.loads(ask("/tokenize", {"content": text, "parse_special": False})[2])
    assert plain["count"] > tokens["count"], (plain, tokens)
    messages = [{"role": "user", "content": "hello"}]
    prompt = json.loads(ask("/apply-template", {"messages": messages})[2])["prompt"]
    assert "hello" in prompt, prompt
    both = [json.loads(ask("/tokenize", body)[2])["tokens"] for body in ({"messages": messages}, {"prompt": prompt})]
    assert both[0] == both[1], both
    assert ask("/detokenize", {"tokens": [10**9]})[0] == 400


def overflow():
    turns = [{"role": role, "content": f"{i} " + "word " * 600} for i in range(12) for role in ("user", "assistant")]
    body = {"messages": [{"role": "system", "content": "Be brief."}, *turns, {"role": "user", "content": "Say yes."}], "max_tokens": 4}
    status, _, text = ask("/v1/chat/completions", body)
    error = json.loads(text)["error"]
    assert (status, error["code"]) == (400, "context_length_exceeded") and error["n_prompt"] > error["context"], text
    for how in ("drop_oldest", "keep_ends"):
        status, _, text = ask("/v1/chat/completions", {**body, "overflow": how})
        context = json.loads(text)["context"]
        assert status == 200 and 0 < context["dropped_messages"] < 24 and context["kept"] < context["sent"], text


def described():
    document = json.loads(ask("/openapi.json")[2])
    assert document["openapi"].startswith("3.") and "/v1/chat/completions" in document["paths"]
    routes = json.loads(ask("/v1/capabilities")[2])["routes"]
    fields = {route["path"]: route["fields"] for route in routes}
    assert fields["/v1/messages"]["stop_sequences"] == "works" and fields["/api/chat"]["options.num_gpu"] == "no effect"
    for path, all_fields in fields.items():
        for name, status in all_fields.items():
            if status == "refused" and "." not in name and path in ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat"):
                code, _, text = ask(path, {name: {"a": 1}})
                assert code == 400 and name in text, (path, name, text)


for check in (health, ids, metrics, texts, overflow, described):
    check()
    print("ok: ops", check.__name__)
