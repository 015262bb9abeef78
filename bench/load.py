#!/usr/bin/env python3
"""Many clients at once: who is answered, how soon others are refused, how fair it is, and what is left afterwards.
usage: load.py MAQUE_BINARY MODEL.gguf [turn|sixteen|steady|crowd]... (all four without)"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import statistics
import sys
import threading
import time

from server import Server

STORY = "Write a very long story about sparrow number {}."
N_TOKENS = 256
ENDLESS = {"151645": -100, "151643": -100}  # no answer of Qwen's ends by itself
LONG = "The quick brown fox jumps over the lazy dog. " * 400  # some 4,000 tokens


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def anonymous_mib(pid):
    """RssAnon and VmSwap: pages that were swapped out are not free."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:"))) / 1024


def n_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def ask(port, key, body):
    """Status, seconds to the first byte, tokens, and the times of the pieces of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    start = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    response = connection.getresponse()
    first, times = time.perf_counter() - start, []
    for line in response:
        if b'"content":"' in line and b'"content":""' not in line:
            times.append(time.perf_counter())
    connection.close()
    return response.status, first, times


def watch_health(port, is_over, seconds):
    while not is_over.is_set():
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/health")
        connection.getresponse().read()
        connection.close()
        seconds.append(time.perf_counter() - start)
        time.sleep(0.02)


def crowd(server, keys, n):
    """`n` chats at once, of as many persons as there are keys."""
    is_over, health = threading.Event(), []
    watcher = threading.Thread(target=watch_health, args=(server.port, is_over, health))
    watcher.start()
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        body = lambda i: {"messages": [{"role": "user", "content": STORY.format(i)}], "max_tokens": 32, "stream": True, "temperature": 1}
        asked = [pool.submit(ask, server.port, keys[i % len(keys)], body(i)) for i in range(n)]
        answers = [one.result() for one in asked]
    is_over.set()
    watcher.join()
    statuses = [status for status, _, _ in answers]
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    refused = [first for status, first, _ in answers if status in (429, 503)]
    served = [sum(answers[i][0] == 200 for i in range(k, n, len(keys))) for k in range(len(keys))]
    jain = sum(served) ** 2 / (len(served) * sum(x * x for x in served))
    print(f"{n} at once by {len(keys)}: {counts}; refused within {1000 * percentile(refused, 0.99):.0f} ms (p99), "
          f"{1000 * max(refused, default=0):.0f} ms (worst); health p99 {1000 * percentile(health, 0.99):.0f} ms; Jain {jain:.3f}", flush=True)


def sixteen(server, key, n=16):
    """Sixteen chats from when the last of them has begun until the first of them ends, to be held beside `maque bench --batch 16`."""
    body = lambda i: {"messages": [{"role": "user", "content": STORY.format(i)}], "max_tokens": N_TOKENS, "stream": True,
                      "temperature": 1, "logit_bias": ENDLESS}
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        all_times = [times for _, _, times in pool.map(lambda i: ask(server.port, key, body(i)), range(n))]
    begin, end = max(times[0] for times in all_times), min(times[-1] for times in all_times)
    # A piece of text may be several tokens: a character of three, the end of a stop string that was not one.
    n_tokens = sum(N_TOKENS / len(times) * sum(begin < at <= end for at in times) for times in all_times)
    print(f"{n} chats: {n_tokens / (end - begin):.0f} tokens/s in all over {end - begin:.1f} s", flush=True)


def steady(server, key, n=16):
    """Sixteen chats, and a long prompt that is read meanwhile."""
    body = lambda i: {"messages": [{"role": "user", "content": STORY.format(i)}], "max_tokens": 256, "stream": True, "temperature": 1}
    with concurrent.futures.ThreadPoolExecutor(n + 1) as pool:
        start = time.perf_counter()
        asked = [pool.submit(ask, server.port, key, body(i)) for i in range(n - 1)]
        time.sleep(3)
        long = {"messages": [{"role": "user", "content": LONG}], "max_tokens": 8, "stream": True}
        began = time.perf_counter()
        _, _, reading = pool.submit(ask, server.port, key, long).result()
        answers = [one.result() for one in asked]
    read = reading[0] - began
    gaps, n_tokens, end = [], 0, 0
    for _, _, times in answers:
        n_tokens += len(times)
        end = max([end, *times])
        gaps += [b - a for a, b in zip(times, times[1:]) if began <= b <= reading[0]]
    print(f"{n - 1} chats beside a long prompt that takes {read:.1f} s: {n_tokens / (end - start):.0f} pieces/s in all; "
          f"gap p50 {1000 * statistics.median(gaps):.0f} ms, p99 {1000 * percentile(gaps, 0.99):.0f} ms, worst {1000 * max(gaps):.0f} ms", flush=True)


def conversation(server, key, n):
    """Seconds to the first token of each of ten turns of the `n`th conversation, and the usage of the last one."""
    messages, firsts = [], []
    for turn in range(10):
        messages.append({"role": "user", "content": f"Conversation {n}, turn {turn}. " + "Tell me more about the sparrows of the old town. " * 12})
        body = {"messages": messages, "max_tokens": 60, "temperature": 0, "stream": True, "stream_options": {"include_usage": True}}
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
        start = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", json.dumps(body),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
        first, text, usage = None, "", {}
        for line in connection.getresponse():
            chunk = json.loads(line[6:]) if line.startswith(b"data: {") else {}
            usage = chunk.get("usage") or usage
            for choice in chunk.get("choices", []):
                piece = choice["delta"].get("content") or ""
                first = first or (time.perf_counter() - start if piece else None)
                text += piece
        firsts.append(first)
        messages.append({"role": "assistant", "content": text})
    return firsts, usage


def tenth_turn(server, key, n=5):
    """First tokens of the second and of the tenth turn: medians of some conversations."""
    all_firsts, usages = zip(*(conversation(server, key, i) for i in range(n)))
    second, tenth = (statistics.median(firsts[i] for firsts in all_firsts) for i in (1, 9))
    usage = usages[-1]
    print(f"turn 10: {usage.get('prompt_tokens')} tokens of which {usage.get('prompt_tokens_details', {}).get('cached_tokens')} were cached; "
          f"first token {1000 * tenth:.0f} ms, of turn 2 {1000 * second:.0f} ms: {tenth / second:.2f} ({n} conversations)", flush=True)


def crowds(maque, model, n=200):
    """The same crowd three times: the first touches memory that stays, the pages of conversations."""
    keys = [f"person-{i}" for i in range(20)]
    flags = [part for key in ["owner", *keys] for part in ("--api-key", key)]
    with Server(maque, model, "--context", "1024", "--memory", "32M", *flags) as server:
        server.until("/health")
        for _ in range(3):
            crowd(server, keys, n)
            time.sleep(20)
            print(f"  afterwards: {anonymous_mib(server.process.pid):.1f} MiB (RssAnon + VmSwap), "
                  f"{n_descriptors(server.process.pid)} descriptors", flush=True)


def main(maque, model, *parts):
    if not parts or "crowd" in parts:
        crowds(maque, model)
    with Server(maque, model, "--api-key", "owner") as server:
        server.until("/health")
        for name, measure in (("turn", tenth_turn), ("sixteen", sixteen), ("steady", steady)):
            if not parts or name in parts:
                measure(server, "owner")


main(*sys.argv[1:])
