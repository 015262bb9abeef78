#!/usr/bin/env bash
# Plants a leak of 4 KiB a request, builds that, takes it away again, and runs the soak: its meter must find the leak.
# usage: leak.sh MODEL.gguf [MINUTES]
set -euo pipefail
cd "$(dirname "$0")/.."
place=crates/maque-engine/src/handle.rs
git diff --quiet -- "$place" || { echo "leak.sh: $place has changes; commit or stash them first" >&2; exit 1; }
work=$(mktemp -d); trap 'git checkout --quiet -- "$place"; rm -rf "$work"' EXIT
sed -i '0,/    pub fn submit(.*{$/s//&\n        std::mem::forget(std::hint::black_box(vec![1u8; 4096]));/' "$place"
git diff --quiet -- "$place" && { echo "leak.sh: no place for the leak in $place" >&2; exit 1; }
cargo build --release --locked -p maque
cp target/release/maque "$work/maque"
git checkout --quiet -- "$place"
if python3 bench/soak.py "$work/maque" "$1" "${2:-10}"; then
  echo "the meter did not find the leak" >&2
  exit 1
fi
echo "the meter found the leak"
