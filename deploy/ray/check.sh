#!/usr/bin/env bash
# Two workers of a local Ray answer 200 rows and one of them is killed in the middle: each row must be there once, and all bytes
# as one process alone writes them.
# usage: check.sh MAQUE_BINARY MODEL.gguf     (pip installs ray[data] into a temporary folder first: half a gigabyte)
set -euo pipefail
maque=$(realpath "$1"); model=$(realpath "$2"); cd "$(dirname "$0")"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "ray[data]"
{
  echo ticket
  for n in $(seq 200); do echo "Order $((n * 37)) has not arrived after $((n % 9 + 2)) days and nobody answers my mails."; done
} > "$work/rows.csv"
"$work/venv/bin/python" batch.py "$maque" "$model" tickets.en "$work/rows.csv" "$work/out.jsonl" --workers 2 --check
