#!/usr/bin/env python3
"""`maque batch` over several machines: a Ray Data pipeline whose workers each keep a Maque of their own.
usage: batch.py MAQUE_BINARY MODEL.gguf RECIPE ROWS.csv OUT.jsonl [--workers N] [--threads N] [--shard N] [--address A] [--check]
Rows go out in shards; a shard that is done is a file in OUT.jsonl.shards (which all machines must see), so that a job that was
killed goes on where it was. The answers are those of one `maque batch`, in the same order. --check kills a worker in the
middle, and ends with an error unless every row is there once and all bytes are as one process alone writes them."""
import argparse
import csv
import ctypes
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

os.environ.setdefault("RAY_worker_niceness", "0")  # read at import; Ray's own 15 starves workers beside anything else

import ray

SEEDS_PER_ROW = 256  # `maque batch` gives row n the seeds from seed + 256 n on


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a killed worker leaves nothing running


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Worker:
    """An actor: one Maque process, which answers one shard after the other."""

    def __init__(self, options):
        self.options = options
        self.home = tempfile.TemporaryDirectory(prefix="maque-ray-")
        self.server = None
        pathlib.Path(options.shards, f"worker-{os.getpid()}").touch()

    def __call__(self, shard):
        output = pathlib.Path(self.options.shards, f"{shard['first']:09}.jsonl")
        while not output.exists():
            self.serve()
            ran = subprocess.run(
                [self.options.maque, "batch", self.options.recipe, shard["path"], "-o", str(output),
                 "--seed", str(shard["first"] * SEEDS_PER_ROW), "--model", self.options.model],
                env={**os.environ, "MAQUE_HOME": self.home.name}, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
            if ran.returncode == 2:
                raise RuntimeError(ran.stderr.decode())  # wrong input; a server that went away is started again
        return {"first": shard["first"], "path": str(output)}

    def serve(self):
        """A server of its own, also where the last one ended; `maque batch` waits while it loads."""
        if self.server is not None and self.server.poll() is None:
            return
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        command = [self.options.maque, "serve", "--no-open", "--port", str(port), "--model", self.options.model,
                   "--threads", str(self.options.threads)]
        self.server = subprocess.Popen(command, env={**os.environ, "MAQUE_HOME": self.home.name},
                                       stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        end = time.monotonic() + 300
        while not listens(port):
            if self.server.poll() is not None or end < time.monotonic():
                raise RuntimeError("maque serve does not start")
            time.sleep(0.1)


def shards(options):
    """The rows in files of `--shard` rows, each with the names of the columns."""
    with open(options.rows, newline="", encoding="utf-8-sig") as file:
        names, *rows = csv.reader(file)
    for first in range(0, len(rows), options.shard):
        path = pathlib.Path(options.shards, f"{first:09}.csv")
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([names, *rows[first:first + options.shard]])
        yield {"first": first, "path": str(path)}


def claim(options):
    """Takes the folder of shards for this job, or ends where it holds another one's."""
    os.makedirs(options.shards, exist_ok=True)
    recipe = subprocess.run([options.maque, "batch", "--show", options.recipe], capture_output=True)
    if recipe.returncode != 0:
        sys.exit(recipe.stderr.decode().strip())
    parts = [recipe.stdout, pathlib.Path(options.rows).read_bytes(), options.model.encode(), str(options.shard).encode()]
    job = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    path = pathlib.Path(options.shards, "job")
    if path.exists() and path.read_text() != job:
        sys.exit(f"{options.shards} holds answers to other rows, or by another recipe, model or --shard; delete it, or name another output")
    path.write_text(job)
    for worker in pathlib.Path(options.shards).glob("worker-*"):
        worker.unlink()  # of a run that has ended


def run(options):
    """All shards through the workers; their answers in order."""
    todo = list(shards(options))
    pipeline = ray.data.from_items(todo, override_num_blocks=len(todo))
    pipeline = pipeline.map(Worker, fn_constructor_args=[options], compute=ray.data.ActorPoolStrategy(size=options.workers), num_cpus=1)
    done = sorted(pipeline.take_all(), key=lambda shard: shard["first"])
    assert [shard["first"] for shard in done] == [shard["first"] for shard in todo], "shards are missing or came twice"
    temporary = options.output + ".part"
    with open(temporary, "wb") as file:
        for shard in done:
            file.write(pathlib.Path(shard["path"]).read_bytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, options.output)


def kill_a_worker(options):
    """Kills one of the workers when a third of the shards is done."""
    folder = pathlib.Path(options.shards)
    while 3 * len(list(folder.glob("*.jsonl"))) < len(list(folder.glob("*.csv"))) or not list(folder.glob("worker-*")):
        time.sleep(0.02)
    victim = int(next(folder.glob("worker-*")).name.removeprefix("worker-"))
    os.kill(victim, signal.SIGKILL)
    print(f"killed worker {victim} after {len(list(folder.glob('*.jsonl')))} shards", flush=True)


def compare(options, n_workers):
    """That the output is what one process alone writes, and that a worker came for the one that was killed."""
    with tempfile.TemporaryDirectory() as home:
        alone = pathlib.Path(home, "alone.jsonl")
        subprocess.run([options.maque, "batch", options.recipe, options.rows, "-o", str(alone), "--model", options.model],
                       env={**os.environ, "MAQUE_HOME": home}, check=True, stderr=subprocess.DEVNULL)
        ours, theirs = pathlib.Path(options.output).read_bytes(), alone.read_bytes()
    print(f"{ours.count(10)} rows by {n_workers} workers in turn; same bytes as one process alone: {ours == theirs}")
    return 0 if ours == theirs and options.workers < n_workers else 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ["maque", "model", "recipe", "rows", "output"]:
        arguments.add_argument(name)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--shard", type=int, default=10)
    arguments.add_argument("--address", help="of a Ray cluster; without it one is started here")
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    options.maque, options.model, options.output = (os.path.abspath(path) for path in (options.maque, options.model, options.output))
    options.shards = options.output + ".shards"
    claim(options)
    here = {} if options.address else {"num_cpus": options.workers + 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    ray.init(address=options.address, log_to_driver=False, **here)
    ray.data.DataContext.get_current().enable_progress_bars = False
    if options.check:
        threading.Thread(target=kill_a_worker, args=[options], daemon=True).start()
    run(options)
    ray.shutdown()
    n_workers = len(list(pathlib.Path(options.shards).glob("worker-*")))
    shutil.rmtree(options.shards)
    return compare(options, n_workers) if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
