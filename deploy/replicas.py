#!/usr/bin/env python3
"""Replicas of Maque behind a router that keeps a conversation at one replica: one command starts all on loopback.
usage: replicas.py MAQUE_BINARY MODEL.gguf [--replicas N] [--port P] [--check]
The router is `vllm-router` (pip install vllm-router). --check sends 200 requests through it, kills a replica in the middle, and
ends with an error unless each request was answered."""
import argparse
import collections
import concurrent.futures
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port, path="/health"):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False


def until_ready(ports, seconds=120):
    end = time.monotonic() + seconds
    while not all(answers(port) for port in ports):
        if end < time.monotonic():
            raise SystemExit(f"not ready after {seconds} s: {ports}")
        time.sleep(0.1)


def start_replica(options, home, threads):
    port = free_port()
    command = [options.maque, "serve", "--no-open", "--port", str(port), "--model", options.model, "--threads", str(threads)]
    return port, subprocess.Popen(command, env={**os.environ, "MAQUE_HOME": home}, stderr=subprocess.DEVNULL)


def start_router(options, ports):
    workers = [f"http://127.0.0.1:{port}" for port in ports]
    router = shutil.which("vllm-router", path=os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", ""))
    if router is None:
        raise SystemExit("vllm-router is not there: pip install vllm-router")
    command = [router, "--worker-urls", *workers, "--policy", "cache_aware", "--host", "127.0.0.1", "--port", str(options.port)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(port, i):
    """The status of a short question of one of twenty conversations; "lost" where none came."""
    body = {"model": "default", "max_tokens": 16, "messages": [{"role": "user", "content": f"Conversation {i % 20}: name a bird."}]}
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return "lost"


def check(port, victim, n=200):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(ask, port, i) for i in range(n)]
        while sum(one.done() for one in asked) < n // 3:
            time.sleep(0.01)
        victim.send_signal(signal.SIGKILL)
        counts = collections.Counter(one.result() for one in asked)
    print(f"{n} requests, one replica killed in the middle: {dict(counts)}")
    return 0 if counts[200] + counts[429] + counts[503] == n and 0.9 * n <= counts[200] else 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("maque")
    arguments.add_argument("model")
    arguments.add_argument("--replicas", type=int, default=3)
    arguments.add_argument("--port", type=int, default=7870)
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    threads = max(1, (os.cpu_count() or 1) // options.replicas)
    with tempfile.TemporaryDirectory() as homes:
        started = [start_replica(options, f"{homes}/{i}", threads) for i in range(options.replicas)]
        processes = [process for _, process in started]
        try:
            until_ready([port for port, _ in started])
            processes.append(start_router(options, [port for port, _ in started]))
            until_ready([options.port])
            print(f"{options.replicas} replicas of {threads} threads behind http://127.0.0.1:{options.port}/v1", flush=True)
            return check(options.port, processes[0]) if options.check else processes[-1].wait()
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
