#!/usr/bin/env bash
# Drives the real page and real clients against the real binary with real weights.
# usage: e2e.sh MAQUE_BINARY MAQUE_HOME
set -euo pipefail
maque=$(realpath "$1"); home=$(realpath "$2"); cd "$(dirname "$0")/.."
work=$(mktemp -d); trap 'kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT; server=

if ! command -v chromium > /dev/null; then
  echo "e2e: installing chromium" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk > /dev/null
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
MAQUE_HOME=$home "$maque" serve --no-open --port "$port" --model smollm2:135m 2> "$work/serve.log" & server=$!
for _ in $(seq 150); do
  curl -sf "http://127.0.0.1:$port/health" > /dev/null && break
  kill -0 "$server" || { cat "$work/serve.log" >&2; exit 1; }
  sleep 0.2
done

(cd web && MAQUE_BIN="$maque" MAQUE_WEIGHTS=$(MAQUE_HOME=$home "$maque" pull smollm2:135m) npm run e2e)

tests/shells/check.sh "$maque" "$home"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet openai anthropic ollama litellm langchain-openai llm schemathesis jsonschema
"$work/venv/bin/python" tests/clients/openai_check.py "http://127.0.0.1:$port/v1"
for client in batch anthropic ollama others ops openapi; do
  "$work/venv/bin/python" "tests/clients/${client}_check.py" "http://127.0.0.1:$port"
done
