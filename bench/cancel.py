#!/usr/bin/env python3
"""How soon the processor is free after a connection was closed or reset: in the queue, in a long prompt, in an answer; of streams
and of whole answers. Then 500 of them beside neighbours whose greedy answers must stay the same, and no page may be left.
usage: cancel.py MAQUE_BINARY MODEL.gguf [ROUNDS [REPETITIONS]]
Ends with an error if the processor was not free within 250 ms, measured by the time of it that was used afterwards."""
import http.client
import itertools
import json
import re
import socket
import statistics
import struct
import sys
import threading
import time

from server import Server

ALLOWED = 250.0  # ms of each of two processors
WATCH = 1.0
STEP = 0.005
BUSY = 0.2  # of one processor: less than this is not work on a request
N_SLOTS = 16
ENDS = [151643, 151645] if "qwen" in sys.argv[2].lower() else [0, 2]  # tokens that end an answer of Qwen, of SmolLM2
ENDLESS = {str(token): -100 for token in ENDS}
LONG = "The quick brown fox jumps over the lazy dog. " * 150  # some 1,500 tokens
STORY = "Write a very long story about a sparrow."

PHASES = ("queued", "reading", "writing")
WAYS = ("close", "reset")
KINDS = ("stream", "whole")


def end(connection, way):
    """Closes a connection, or resets it."""
    if way == "reset":
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        connection.socket.shutdown(socket.SHUT_RDWR)
    connection.close()
    if connection.response is not None:
        connection.response.close()
    connection.socket.close()


def wait_for(connection, pattern):
    """Reads the stream until it holds `pattern`."""
    response, seen = connection.getresponse(), b""
    connection.response = response  # keeps the socket open
    while not re.search(pattern, seen):
        piece = response.read1(4096)
        if not piece:
            raise SystemExit(f"the stream ended before {pattern!r}: {seen[-200:]!r}")
        seen += piece


def ask(server, kind, prompt, phase):
    """A question that has come to `phase`. A whole answer does not tell how far it is: it is given a moment."""
    fields = {"stream": True, "stream_options": {"include_stages": True}} if kind == "stream" else {}
    connection = server.chat(prompt, 600, temperature=1, logit_bias=ENDLESS, **fields)
    connection.response = None
    if kind == "stream":
        # Where a place has just come free nothing is queued: what is cancelled then is an answer.
        patterns = {"queued": b'"queued"|"content":"[^"]', "reading": b'"reading"', "writing": b'"content":"[^"]'}
        wait_for(connection, patterns[phase])
    else:
        time.sleep(0.3 if phase == "writing" else 0.1)
    return connection


def begin(server, phase, kind, i):
    """Connections of which the last ones are in `phase`."""
    if phase != "queued":
        return [ask(server, kind, f"{i}. " + (LONG if phase == "reading" else STORY), phase)]
    running = [ask(server, kind, f"{i}. {STORY}", "writing") for _ in range(N_SLOTS)]
    return running + [ask(server, kind, STORY, "queued") for _ in range(6)]


def close_and_watch(server, connections, way):
    """Milliseconds until the processor was idle, and milliseconds of processor time used in the second after the end."""
    before = server.cpu_seconds()
    for connection in connections:
        end(connection, way)
    start = last = time.perf_counter()
    used, idle_since = before, 0.0
    while last - start < WATCH:
        time.sleep(STEP)
        now, cpu = time.perf_counter(), server.cpu_seconds()
        if BUSY < (cpu - used) / (now - last):
            idle_since = now - start
        used, last = cpu, now
    return 1000 * idle_since, 1000 * (used - before)


def matrix(server, rounds):
    """Every phase, way and kind; whether all were in time."""
    is_soon = True
    for phase, way, kind in itertools.product(PHASES, WAYS, KINDS):
        figures = [close_and_watch(server, begin(server, phase, kind, i), way) for i in range(rounds)]
        idle, spent = ([figure[k] for figure in figures] for k in (0, 1))
        is_soon &= max(spent) <= 2 * ALLOWED
        print(f"{phase:8} {way:6} {kind:7} processor free after {statistics.median(idle):4.0f} ms (at most {max(idle):.0f}), "
              f"{statistics.median(spent):4.0f} ms of its time used (at most {max(spent):.0f})", flush=True)
    return is_soon


def neighbour(server, answers):
    """A greedy answer of some length."""
    connection = server.chat(STORY, 400, temperature=0, logit_bias=ENDLESS)
    answers.append(json.loads(connection.getresponse().read())["choices"][0]["message"]["content"])


def repeat(server, phase, n):
    """`n` ends in a phase, in turn of each way and kind, beside neighbours; the neighbours' answers."""
    answers, n_done = [], 0
    while n_done < n:
        n_neighbours = N_SLOTS if phase == "queued" else 1
        neighbours = [threading.Thread(target=neighbour, args=(server, answers)) for _ in range(n_neighbours)]
        for thread in neighbours:
            thread.start()
        while n_done < n and (n_done == 0 or any(thread.is_alive() for thread in neighbours)):
            way, kind = WAYS[n_done % 2], KINDS[n_done // 2 % 2]
            if phase == "queued" and kind == "stream" and not all(thread.is_alive() for thread in neighbours):
                break  # a place has come free: nobody is queued
            end(ask(server, kind, f"{n_done}. " + (LONG if phase == "reading" else STORY), phase), way)
            n_done += 1
        for thread in neighbours:
            thread.join()
    return answers


def pages_used(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/maque/load")
    return json.loads(connection.getresponse().read())["pages"]["used"]


def main(maque, model, rounds=5, repetitions=500):
    with Server(maque, model, "--memory", "512M") as server:
        server.until("/health")
        is_soon = matrix(server, int(rounds))
        want = []
        neighbour(server, want)
        answers = [answer for phase in PHASES for answer in repeat(server, phase, -(-int(repetitions) // len(PHASES)))]
        time.sleep(1)
        n_changed, n_pages = sum(answer != want[0] for answer in answers), pages_used(server)
        print(f"{repetitions} connections ended beside neighbours: {n_changed} of their {len(answers)} answers changed, {n_pages} pages in use")
        return 0 if is_soon and n_changed == 0 and n_pages == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
