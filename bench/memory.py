#!/usr/bin/env python3
"""Peak memory of `maque serve`: after loading, and after a conversation that fills 2,048 tokens of context.
usage: memory.py MAQUE_BINARY MODEL.gguf"""
import os
import sys

from server import Server


def main(maque, model):
    file = os.path.getsize(model) / 2**20
    with Server(maque, model, "--context", "2048") as server:
        server.until("/health")
        loaded = server.peak_memory()
        server.chat("The quick brown fox jumps over the lazy dog. " * 190, 40).getresponse().read()
        served = server.peak_memory()
    print(f"file {file:.0f} MiB; peak after loading {loaded:.0f} (file + {loaded - file:.0f}), "
          f"after 2,048 tokens {served:.0f} (file + {served - file:.0f})")


main(*sys.argv[1:])
