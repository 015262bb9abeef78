#!/usr/bin/env python3
"""How soon the processor is free after a connection was closed: in the queue, in a 1,500-token prompt, in an answer.
usage: cancel.py MAQUE_BINARY MODEL.gguf [ROUNDS]"""
import socket
import statistics
import sys
import time

from server import Server

WATCH = 1.0
STEP = 0.005
BUSY = 0.2  # of one processor: less than this is not work on a request


def close_and_watch(server, connections):
    """Milliseconds until the processor was idle, and milliseconds of processor time used until then."""
    before = server.cpu_seconds()
    for connection in connections:
        connection.socket.shutdown(socket.SHUT_RDWR)
        connection.close()
    start = last = time.perf_counter()
    used, idle_since, spent = before, 0.0, 0.0
    while last - start < WATCH:
        time.sleep(STEP)
        now, cpu = time.perf_counter(), server.cpu_seconds()
        if BUSY < (cpu - used) / (now - last):
            idle_since, spent = now - start, cpu - before
        used, last = cpu, now
    return 1000 * idle_since, 1000 * spent


def wait_for(connection, text):
    """Reads the stream until it holds `text`."""
    response, seen = connection.getresponse(), b""
    connection.response = response  # keeps the socket open
    while text not in seen:
        piece = response.read1(4096)
        if not piece:
            raise SystemExit(f"the stream ended before {text!r}: {seen[-200:]!r}")
        seen += piece


def reading(server, i):
    prompt = f"{i}. " + "The quick brown fox jumps over the lazy dog. " * 150
    connection = server.chat(prompt, 100, stream=True, stream_options={"include_stages": True})
    wait_for(connection, b'"reading"')
    return [connection]


def writing(server, i):
    connection = server.chat(f"Write a very long story about {i} sparrows.", 2000, stream=True, temperature=1)
    wait_for(connection, b'"content":')
    return [connection]


def waiting(server, i):
    """Sixteen run, six wait: all are closed at once, and none of the six may begin."""
    story = f"Write a very long story about {i} sparrows."
    connections = []
    for n in (16, 6):
        begun = [server.chat(story, 600, stream=True, temperature=1) for _ in range(n)]
        if n == 16:
            for connection in begun:
                wait_for(connection, b'"content":')
        connections += begun
    return connections


def main(maque, model, rounds=5):
    with Server(maque, model) as server:
        server.until("/health")
        for name, begin in (("reading a prompt", reading), ("writing an answer", writing), ("in the queue", waiting)):
            figures = [close_and_watch(server, begin(server, i)) for i in range(int(rounds))]
            idle, spent = ([figure[k] for figure in figures] for k in (0, 1))
            print(f"{name:18} processor free after {statistics.median(idle):4.0f} ms (at most {max(idle):.0f}), "
                  f"{statistics.median(spent):4.0f} ms of its time (at most {max(spent):.0f})", flush=True)


main(*sys.argv[1:])
