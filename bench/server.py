"""A `maque serve` process for the scripts beside this file: start, wait, ask, watch, end."""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """The process, with a home of its own; leaving the `with` block ends it."""

    def __init__(self, maque, model, *flags):
        self.port = free_port()
        self.home = tempfile.TemporaryDirectory()
        command = [maque, "serve", "--no-open", "--port", str(self.port), "--model", model, *flags]
        self.start = time.perf_counter()
        self.process = subprocess.Popen(
            command, env={**os.environ, "MAQUE_HOME": self.home.name}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.home.cleanup()

    def status(self, path):
        """The status of a GET; None while nobody listens."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None

    def until(self, path):
        """Seconds from the start of the process until a GET of `path` answers 200."""
        while self.status(path) != 200:
            if self.process.poll() is not None or 120 < time.perf_counter() - self.start:
                raise SystemExit("maque serve did not become ready")
            time.sleep(0.002)
        return time.perf_counter() - self.start

    def chat(self, prompt, max_tokens, key="", **fields):
        """Sends a chat request, of whom `key` names where the server has keys; the connection's response can be read as it comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        body = {"model": "default", "messages": [{"role": "user", "content": prompt}], "max_tokens": max_tokens, **fields}
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        connection.socket = connection.sock  # http.client forgets it where the server closes after the answer
        return connection

    def peak_memory(self):
        """The most memory it ever had, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024

    def cpu_seconds(self):
        """Processor time of all its threads so far, to the nanosecond as the scheduler counts it."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except FileNotFoundError:
                pass  # a thread that has ended
        return total / 1e9
