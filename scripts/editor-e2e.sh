#!/usr/bin/env bash
# Drives the packaged extension in a real VS Code host (code-server) against the real binary with real weights.
# usage: editor-e2e.sh MAQUE_BINARY MAQUE_HOME
set -euo pipefail
maque=$(realpath "$1"); home=$(realpath "$2"); cd "$(dirname "$0")/../editors/vscode"

if ! command -v chromium > /dev/null; then
  echo "e2e: installing chromium" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk > /dev/null
fi
CODE_SERVER=$(./e2e/host.sh) MAQUE_BIN="$maque" MAQUE_WEIGHTS=$(MAQUE_HOME=$home "$maque" pull smollm2:135m) npm run e2e
