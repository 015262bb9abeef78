#!/usr/bin/env bash
# Makes sure of what `make` needs beside Rust: Node, npm, Python with pip, a C compiler. Says what to do where it cannot install it.
set -euo pipefail

# install PACKAGE...: through apt where we may, else a sentence.
install() {
  if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" > /dev/null
  else
    echo "please install: $* (on Debian: sudo apt-get install $*)" >&2
    exit 1
  fi
}

command -v cargo > /dev/null || { echo "please install Rust 1.95 or newer (rustup)" >&2; exit 1; }
command -v cc > /dev/null || install build-essential
command -v npm > /dev/null || install nodejs npm
command -v python3 > /dev/null || install python3
python3 -m pip --version > /dev/null 2>&1 || install python3-pip
node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "please install Node.js 20 or newer; this is $(node --version)" >&2; exit 1; }
