#!/usr/bin/env bash
# Installs code-server, a real VS Code host for Node 20, once, and prints the script that starts it.
# usage: host.sh [FOLDER]
# Two of its own install steps would download from elsewhere than the package registries: Debian's ripgrep is put in
# the place of one, and the published @vscode/proxy-agent serves instead of a git dependency.
set -euo pipefail
folder=${1:-$HOME/.cache/maque-code-server}
entry=$folder/node_modules/code-server/out/node/entry.js

packages() {
  command -v rg > /dev/null && [ -f /usr/include/krb5.h ] && return
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ripgrep libkrb5-dev build-essential python3 > /dev/null
}

host() {
  cd "$folder"
  npm install code-server@4.96.4 --ignore-scripts --no-audit --no-fund
  cd node_modules/code-server/lib/vscode
  rm -f npm-shrinkwrap.json
  npm install --omit=dev --ignore-scripts --no-audit --no-fund
  mkdir -p node_modules/@vscode/ripgrep/bin
  cp "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
  npm rebuild @vscode/spdlog native-watchdog @parcel/watcher kerberos
  (cd node_modules/node-pty && { npx --no-install node-gyp rebuild || npm rebuild --build-from-source; })
  ln -sfn node_modules node_modules.asar
  cd "$folder"
  npm rebuild argon2 --build-from-source
}

if [ ! -f "$folder/.ready" ]; then
  echo "e2e: installing code-server (some minutes, once)" >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  packages
  (set -e; host) > "$folder.log" 2>&1 || { tail -20 "$folder.log" >&2; exit 1; }
  node "$entry" --version > /dev/null
  touch "$folder/.ready"
fi
echo "$entry"
