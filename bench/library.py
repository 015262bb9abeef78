#!/usr/bin/env python3
"""The library of a running server: 2,000 generated documents, one of them changed, and frequent questions.
usage: library.py MAQUE_BINARY MODEL.gguf [DOCUMENTS]
Ends with an error if a promise about speed is broken or an answer is not from where it should be."""
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from server import Server

MAX_INDEX = 60.0
MAX_CHANGE = 1.0
MAX_FREQUENT = 0.050
TOPICS = ["报销", "休假", "密码", "安全", "采购", "培训", "出差", "设备"]


def write(folder, n):
    """Document `n` with eight sections; its size in bytes."""
    text = f"# 第 {n} 号规定\n\n"
    for section in range(8):
        topic = TOPICS[(n + section) % 8]
        text += f"## {topic}之{section}\n\n"
        for line in range(4):
            k = n * 37 + section * 11 + line
            text += f"关于{topic}的第 {k} 条：部门 {k % 29} 的员工应当在 {k % 60} 天之内提交单据，住宿标准为每晚 {k % 900} 元。\n\n"
    return (folder / f"{n}.md").write_bytes(text.encode())


def call(server, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    response = connection.getresponse()
    read = response.read()
    assert response.status < 300, (path, response.status, read)
    return json.loads(read or b"null")


def ask(server, question):
    """The answer, and seconds until it is there."""
    start = time.perf_counter()
    answer = call(server, "POST", "/v1/library/ask", {"question": question})
    return answer, time.perf_counter() - start


def index(maque, server, folder, n):
    """Seconds that `maque library add` takes, from its start to its end."""
    n_bytes = sum(write(folder, i) for i in range(n))
    start = time.perf_counter()
    added = subprocess.run([maque, "library", "add", str(folder)], env={**os.environ, "MAQUE_HOME": server.home.name}, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    assert added.returncode == 0, added.stderr
    (held,) = call(server, "GET", "/v1/library/status")["folders"]
    assert held["documents"] == n and not held["skipped"], held
    print(f"{n} documents, {n_bytes >> 10} KiB: {seconds:.1f} s")
    return seconds


def change(server, folder, n):
    """Seconds from writing a table of `n` frequent questions anew until the library has them all."""
    rows = "".join(f"独角兽{i}住在哪里？,{i} 号马厩。\n" for i in range(n))
    (folder / "faq.csv").write_text("问题,答案\n" + rows)
    start = time.perf_counter()
    while call(server, "GET", "/v1/library/status")["questions"] != n:
        if 30 < time.perf_counter() - start:
            sys.exit("the changed file was not read within 30 s")
        time.sleep(0.01)
    return time.perf_counter() - start


def frequent(server, i):
    """Seconds that a question of the table takes, asked with a politeness."""
    answer, seconds = ask(server, f"请问独角兽{i}住在哪里？")
    assert answer["source"] == "faq" and f"{i} 号马厩。" in answer["answer"], answer
    return seconds


def main():
    maque, model = map(str, map(pathlib.Path.resolve, map(pathlib.Path, sys.argv[1:3])))
    n = int(sys.argv[3]) if 3 < len(sys.argv) else 2000
    with tempfile.TemporaryDirectory() as folder, Server(maque, model) as server:
        folder = pathlib.Path(folder)
        server.until("/health")
        indexed = index(maque, server, folder, n)
        changes = [change(server, folder, 10 + i) for i in range(10)]
        asked = [frequent(server, i % 19) for i in range(100)]
        print(f"one changed file is in the index after {statistics.median(changes):.2f} s (median of {len(changes)}), {max(changes):.2f} s at most")
        print(f"a frequent question: median {1000 * statistics.median(asked):.1f} ms, {1000 * max(asked):.1f} ms at most (of {len(asked)})")
    return 0 if indexed <= MAX_INDEX and statistics.median(changes) <= MAX_CHANGE and max(asked) < MAX_FREQUENT else 1


if __name__ == "__main__":
    sys.exit(main())
