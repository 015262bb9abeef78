#!/usr/bin/env python3
"""Eight people at work for a long time, three of ten answers cancelled: does memory grow, are descriptors and pages given back?
usage: soak.py MAQUE_BINARY MODEL.gguf [MINUTES [LEAK_BYTES]]
Memory is RssAnon + VmSwap, every two seconds after a fifth of the time; its slope must be at most 1 MiB an hour, or, in a run too
short to tell that from noise, at most three times the slope's standard error above zero. A greedy answer must be the same throughout.
leak.sh checks the meter by a build that leaks; LEAK_BYTES does so without one: so many bytes a request are added to what is measured."""
import http.client
import json
import math
import os
import pathlib
import random
import sys
import threading
import time

from server import Server

LIMIT = 1.0  # MiB an hour
OWNER = "owner"
N_LOGITS = 32  # rows of a step
PEOPLE = [f"person-{i}" for i in range(8)]


def anonymous_mib(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:"))) / 1024


def n_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def pages_used(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/maque/load", headers={"Authorization": f"Bearer {OWNER}"})
    return json.loads(connection.getresponse().read())["pages"]["used"]


class Person(threading.Thread):
    """Asks again and again, long and short; hangs up on three of ten answers; asks no second question meanwhile, so none is refused."""

    def __init__(self, server, key, is_over):
        super().__init__(daemon=True)
        self.server, self.key, self.random, self.is_over = server, key, random.Random(key), is_over
        self.n_requests = self.n_cancelled = self.n_failed = self.n_refused = 0

    def run(self):
        while not self.is_over.is_set():
            length, draw = self.random.choice((5, 40, 150)), self.random
            prompt = f"{draw.random()} " + "Tell me about the sparrows of the town. " * length
            try:
                connection = self.server.chat(prompt, draw.choice((8, 40, 120)), self.key, stream=True, temperature=1)
                response = connection.getresponse()
                if response.status == 429:
                    self.n_refused += 1
                    self.is_over.wait(float(response.getheader("Retry-After")))
                    continue
                self.n_failed += response.status != 200
                if draw.random() < 0.3:
                    self.n_cancelled += 1
                    response.read1(draw.randrange(1, 2000))
                else:
                    response.read()
                connection.close()
            except OSError:
                self.n_failed += 1
            self.n_requests += 1


def slope(points):
    """MiB an hour, and its standard error."""
    n = len(points)
    mean_x, mean_y = (sum(point[k] for point in points) / n for k in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    residual = sum((y - mean_y - rise * (x - mean_x)) ** 2 for x, y in points) / (n - 2)
    return 3600 * rise, 3600 * math.sqrt(residual / spread)


def probe(server):
    response = server.chat("Name the capital of France.", 24, OWNER, temperature=0).getresponse()
    return json.loads(response.read())["choices"][0]["message"]["content"]


def fill(server):
    """Asks how likely each token of a prompt is: a step then writes to all the logits there is room for, as busy steps do now and then
    (the system gives memory for them in pieces of 2 MiB when they are first written, which is no leak)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = {"prompt": "Tell me about the sparrows of the town. " * 40, "max_tokens": 1, "echo": True, "logprobs": 1}
    connection.request("POST", "/v1/completions", json.dumps(body), {"Authorization": f"Bearer {OWNER}", "Content-Type": "application/json"})
    n_tokens = len(json.loads(connection.getresponse().read())["choices"][0]["logprobs"]["tokens"])
    assert N_LOGITS < n_tokens, f"{n_tokens} tokens fill no step"


def main(maque, model, minutes=60.0, leak=0):
    keys = [part for key in (OWNER, *PEOPLE) for part in ("--api-key", key)]
    with Server(maque, model, "--context", "2048", "--memory", "64M", *keys) as server:
        server.until("/health")
        fill(server)
        pid, want, is_over, points, answers = server.process.pid, probe(server), threading.Event(), [], set()
        descriptors = n_descriptors(pid)
        people = [Person(server, key, is_over) for key in PEOPLE]
        for person in people:
            person.start()
        begin, last_probe = time.monotonic(), 0.0
        while (now := time.monotonic() - begin) < 60 * minutes:
            if 12 * minutes <= now:
                n_requests = sum(person.n_requests for person in people)
                points.append((now, anonymous_mib(pid) + n_requests * leak / 2**20))
            if 60 <= now - last_probe:
                answers.add(probe(server))
                last_probe = now
            time.sleep(2)
        is_over.set()
        for person in people:
            person.join(60)
        time.sleep(35)
        left, used = n_descriptors(pid) - descriptors, pages_used(server.port)
        rise, error = slope(points)
        n_requests, n_cancelled, n_failed, n_refused = (sum(getattr(person, name) for person in people)
                                                        for name in ("n_requests", "n_cancelled", "n_failed", "n_refused"))
        is_same = answers <= {want}
        print(f"{minutes:g} min, {n_requests} requests, {n_cancelled} cancelled, {n_refused} refused, {n_failed} failed: {rise:+.2f} ± {error:.2f} MiB/h "
              f"({points[0][1]:.1f} to {points[-1][1]:.1f} MiB), {left:+d} descriptors, {used} pages in use, "
              f"greedy answer {'the same' if is_same else 'CHANGED'}")
        return 0 if rise <= max(LIMIT, 3 * error) and abs(left) <= 2 and used == 0 and n_failed == n_refused == 0 and is_same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3], *map(float, sys.argv[3:4]), *map(int, sys.argv[4:5])))
