#!/usr/bin/env python3
"""Kills the server again and again while people converse; then counts what was lost.
usage: kill.py MAQUE_BINARY MODEL.gguf [SECONDS [WRITERS]]
After each SIGKILL: is the database whole, is every message there that was acknowledged, how many seconds of streamed
text are missing, and how soon are conversations served again. Ends with an error if a promise was broken."""
import http.client
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from server import free_port

MAX_LOST_SECONDS = 2.0
MAX_SERVING_SECONDS = 2.0


class Writer(threading.Thread):
    """One person at one conversation: asks, reads the answer, asks again, until the server is gone."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.port, self.name_, self.conversation = port, name, None
        self.acknowledged = {}  # id of a message: its text
        self.heard = {}  # id of an answer: [(time, characters so far)], and the text
        self.complete = set()  # answers of which the end was heard

    def run(self):
        try:
            self.conversation = self.post("/maque/conversations", {
                "title": self.name_, "settings": {"max_tokens": 120, "temperature": 1}})["id"]
            for i in range(1000):
                self.ask(f"{self.name_}, question {i}: tell me a long story about sparrow number {random.randrange(10**9)}.")
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass  # killed

    def post(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())

    def ask(self, text):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        path = f"/maque/conversations/{self.conversation}/messages"
        connection.request("POST", path, json.dumps({"content": text}), {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            time.sleep(0.2)  # the queue is full: nothing was acknowledged
            return
        answer = None
        for line in response:
            if line.startswith(b"data: {"):
                data = json.loads(line[6:])
                if "question" in data:
                    answer = data["answer"]["id"]
                    self.acknowledged[data["question"]["id"]] = text
                    self.heard[answer] = ([], "")
                elif data.get("choices"):
                    times, heard = self.heard[answer]
                    heard += data["choices"][0]["delta"].get("content") or ""
                    times.append((time.monotonic(), len(heard)))
                    self.heard[answer] = (times, heard)
                    if data["choices"][0]["finish_reason"]:
                        self.complete.add(answer)


class Round:
    """A server on a home that stays, and its writers."""

    def __init__(self, maque, model, home):
        self.port = free_port()
        command = [maque, "serve", "--no-open", "--port", str(self.port), "--model", model, "--context", "2048"]
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            command, env={**os.environ, "MAQUE_HOME": home}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def until(self, path):
        while time.monotonic() - self.start < 120:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return time.monotonic() - self.start
            except OSError:
                pass
            time.sleep(0.005)
        raise SystemExit("maque serve did not become ready")

    def kill(self):
        self.process.kill()
        self.process.wait()
        return time.monotonic()


def check(home, writers, killed, report):
    """Looks at a copy of what the killed process left, as SQLite itself recovers it."""
    with tempfile.TemporaryDirectory() as copy:
        for file in pathlib.Path(home, "store").glob("maque.sqlite3*"):
            shutil.copy(file, copy)
        database = sqlite3.connect(pathlib.Path(copy, "maque.sqlite3"))
        report["whole"] += database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        rows = dict(database.execute("SELECT id, content FROM messages"))
        states = dict(database.execute("SELECT id, state FROM messages"))
        database.close()
    for writer in writers:
        for number, text in writer.acknowledged.items():
            report["acknowledged"] += 1
            report["lost"] += rows.get(number) != text
        for number, (times, heard) in writer.heard.items():
            stored = rows.get(number)
            if stored is None or number in writer.complete and (stored != heard or states[number] != "complete"):
                report["lost"] += 1
                continue
            report["wrong"] += not (heard.startswith(stored) or stored.startswith(heard))
            missing = [at for at, n in times if len(stored) < n]
            if missing:
                report["seconds"].append(killed - missing[0])


def main(maque, model, seconds=60, n_writers=20):
    report = {"whole": 0, "acknowledged": 0, "lost": 0, "wrong": 0, "seconds": [0.0]}
    serving, ready, rounds = [], [], 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        while time.monotonic() - begin < seconds:
            server = Round(maque, model, home)
            serving.append(server.until("/maque/conversations"))
            ready.append(server.until("/health"))
            writers = [Writer(server.port, f"writer {rounds}.{i}") for i in range(n_writers)]
            for writer in writers:
                writer.start()
            time.sleep(random.uniform(0.3, 3))
            killed = server.kill()
            for writer in writers:
                writer.join(10)
            check(home, writers, killed, report)
            rounds += 1
        server = Round(maque, model, home)
        server.until("/maque/conversations")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/maque/conversations?limit=200")
        listed = len(json.loads(connection.getresponse().read())["conversations"])
        server.kill()
    print(f"kills {rounds}, writers {n_writers}: whole {report['whole']}/{rounds}, "
          f"acknowledged {report['acknowledged']}, lost {report['lost']}, other text than was heard {report['wrong']}, "
          f"streamed text lost at most {max(report['seconds']):.2f} s, conversations served after at most {max(serving):.2f} s "
          f"(model ready after {max(ready):.2f} s), {listed} conversations listed at the end")
    is_kept = (report["whole"] == rounds and not report["lost"] and not report["wrong"] and 0 < report["acknowledged"]
               and max(report["seconds"]) <= MAX_LOST_SECONDS and max(serving) <= MAX_SERVING_SECONDS)
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3], *map(float, sys.argv[3:4]), *map(int, sys.argv[4:5])))
