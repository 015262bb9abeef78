#!/usr/bin/env python3
"""Seconds from the start of `maque serve` to the page, and to the model being ready; the first start reads the file into the page cache.
usage: startup.py MAQUE_BINARY MODEL.gguf [ROUNDS]"""
import statistics
import sys

from server import Server


def start(maque, model):
    with Server(maque, model) as server:
        return server.until("/"), server.until("/health")


def main(maque, model, rounds=5):
    start(maque, model)
    page, ready = zip(*(start(maque, model) for _ in range(int(rounds))))
    print(f"page after {statistics.median(page):.2f} s, ready after {statistics.median(ready):.2f} s (at most {max(ready):.2f})")


main(*sys.argv[1:])
