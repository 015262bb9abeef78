#!/usr/bin/env python3
"""`schemathesis` against a running server's own /openapi.json: no 5xx, every status and type of answer as documented.
usage: openapi_check.py http://127.0.0.1:7860"""
import pathlib
import subprocess
import sys

BASE = sys.argv[1]
# What it would leave behind, or wait for: fetched and deleted models, ended sessions, answers that nobody reads to their end.
LEFT_OUT = ["/api/pull", "/maque/models/pull", "/maque/models/{name}", "/maque/models/{name}/verify", "/maque/leave"]

command = [pathlib.Path(sys.executable).parent / "schemathesis", "run", BASE + "/openapi.json",
           "--checks", "not_a_server_error,status_code_conformance,content_type_conformance",
           "--phases", "fuzzing", "--max-examples", "4", "--seed", "7", "--request-timeout", "30", "--no-color"]
for path in LEFT_OUT:
    command += ["--exclude-path", path]
ran = subprocess.run(command, capture_output=True, text=True, timeout=240)
if ran.returncode != 0:
    sys.exit(ran.stdout[-6000:] + ran.stderr[-2000:])
print("ok: openapi", ran.stdout.strip().splitlines()[-1].strip("= "))
