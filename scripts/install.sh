#!/usr/bin/env bash
# Puts the binary under PREFIX: `maque`, its short name `mq`, the name `qwen` where nothing else has it, completions and manual pages.
# usage: install.sh MAQUE_BINARY [PREFIX]
set -euo pipefail
maque=$1; prefix=${2:-/usr/local}; bin="$prefix/bin"
mkdir -p "$bin" "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"
install -m 755 "$maque" "$bin/maque.new"
mv -f "$bin/maque.new" "$bin/maque" # a maque that is running keeps its own file
echo "installed $bin/maque"

# Whether a name leads to what this script installed, or to nothing.
is_free() {
  local found; found=$(command -v "$1" 2> /dev/null) || found="$bin/$1"
  [[ ! -e $found && ! -L $found ]] || [[ $(readlink -f "$found") == "$(readlink -f "$bin/maque")" ]]
}

for name in mq qwen; do
  if is_free "$name"; then
    ln -sfn maque "$bin/$name"
    echo "installed $bin/$name: asks, as \"maque ask\" does"
  elif [[ $name == mq && ! -e $bin/mq ]]; then
    ln -s maque "$bin/mq"
    echo "installed $bin/mq; another mq comes first in PATH: $(command -v mq)"
  else
    echo "left the name $name alone, another program has it: $(command -v "$name" || echo "$bin/$name"); use mq or \"maque ask\""
  fi
done

for name in maque mq qwen; do
  [[ -e $bin/$name && $(readlink -f "$bin/$name") == "$(readlink -f "$bin/maque")" ]] || continue
  "$bin/maque" completions bash --name "$name" > "$prefix/share/bash-completion/completions/$name"
  "$bin/maque" completions zsh --name "$name" > "$prefix/share/zsh/site-functions/_$name"
  "$bin/maque" completions fish --name "$name" > "$prefix/share/fish/vendor_completions.d/$name.fish"
done
"$bin/maque" man "$prefix/share/man"
case ":$PATH:" in *":$bin:"*) ;; *) echo "put $bin into PATH" ;; esac
