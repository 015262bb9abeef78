#!/bin/sh
# Fuzzes the readers of foreign files, SECONDS (default 60) each: scripts/fuzz.sh [SECONDS [TARGET...]]
# Needs cargo-fuzz (cargo install cargo-fuzz) and a C++ compiler. A finding ends it with an error.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- gguf safetensors tokenizer template
export RUSTC_BOOTSTRAP=1 # sanitizers are unstable; this lets the compiler that builds Maque use them
python3 fuzz/seeds.py fuzz/corpus
for target in "$@"; do
  cargo fuzz run -O "$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -rss_limit_mb=512 -malloc_limit_mb=128 -timeout=5 -max_len=65536 -print_final_stats=1
done
