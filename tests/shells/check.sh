#!/usr/bin/env bash
# What the real shells offer at TAB with our completions, for each shell that is here (apt-get install zsh fish).
# usage: check.sh MAQUE_BINARY MAQUE_HOME, a home with the model smollm2:135m
set -euo pipefail
maque=$(realpath "$1"); export MAQUE_HOME=$(realpath "$2") LC_ALL=C.UTF-8
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; mkdir "$work/bin"
for name in maque mq qwen; do ln -s "$maque" "$work/bin/$name"; done
export PATH="$work/bin:$PATH"; failed=0; passed=0
mkdir "$work/here"; cd "$work/here"; touch notes.txt mine.toml

# generate SHELL PREFIX SUFFIX: the completions of each name, as files.
generate() {
  mkdir "$work/$1"
  for name in maque mq qwen; do maque completions "$1" --name "$name" > "$work/$1/$2$name$3"; done
}

in_bash() {
  bash --norc -c 'for file in "$1"/*; do source "$file"; done
    read -ra COMP_WORDS <<< "$2"; [[ $2 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
    word=${COMP_WORDS[COMP_CWORD]}; before=${COMP_WORDS[COMP_CWORD-1]}
    "_${COMP_WORDS[0]}" "${COMP_WORDS[0]}" "$word" "$before"; printf "%s\n" "${COMPREPLY[@]}"' _ "$work/bash" "$1"
}

in_fish() {
  fish --no-config -c 'set -p fish_complete_path $argv[1]; complete -C $argv[2]' "$work/fish" "$1" | cut -f1
}

# A terminal with zsh, where what is added to the completions goes to a file.
in_zsh() {
  ZDOTDIR="$work/dot" zsh -f -c 'zmodload zsh/zpty; zpty z zsh -i; : > $2; zpty -w -n z "$1"$'"'\t'"'
    for n in {1..100}; do sleep 0.05; [[ -s $3 ]] && break; done; sleep 0.2; zpty -d z' _ "$1" "$work/hits" "$work/done"
  cat "$work/hits"; rm -f "$work/done"
}

zsh_rc() {
  mkdir "$work/dot"
  cat > "$work/dot/.zshrc" << RC
fpath=("$work/zsh" \$fpath); autoload -Uz compinit; compinit -u -D; PS1=
compadd() {
  if [[ " \$* " != *" "-(O|A|D)" "* ]]; then
    local -a hits; builtin compadd -A hits "\$@"; print -rl -- \$hits >> "$work/hits"
  fi
  builtin compadd "\$@"
}
ended() { zle expand-or-complete; print done > "$work/done" }
zle -N ended; bindkey '^I' ended
RC
}

# offers SHELL LINE WORD...: all of them are offered; a word that begins with ! is not.
offers() {
  local shell=$1 line=$2 offered word; shift 2
  offered=$("in_$shell" "$line" 2>&1)
  for word in "$@"; do
    if grep -qxF -- "${word#!}" <<< "$offered"; then found=yes; else found=no; fi
    if [[ ($word == !* && $found == no) || ($word != !* && $found == yes) ]]; then passed=$((passed + 1)); continue; fi
    failed=$((failed + 1)); echo "$shell: \"$line\" ${word#!}: offered: $found ($(tr '\n' ' ' <<< "$offered" | head -c 300))"
  done
}

for shell in bash zsh fish; do
  command -v "$shell" > /dev/null || { echo "$shell is not here; its completions were not checked"; continue; }
  case $shell in
    bash) generate bash "" "" ;;
    zsh) generate zsh _ ""; zsh_rc ;;
    fish) generate fish "" .fish ;;
  esac
  offers "$shell" "maque " serve ask batch library pull completions '!library-reader'
  offers "$shell" "maque se" serve '!pull'
  offers "$shell" "maque batch --" --prompt --restart --at-once --model
  offers "$shell" "maque serve --speculation " auto off
  offers "$shell" "maque completions " bash zsh fish
  for name in mq qwen; do offers "$shell" "$name --" --escalate --no-escalate --split --json-schema --persona '!--restart'; done
  [[ $shell == bash ]] && continue # it completes files by itself, and its words end at a colon
  offers "$shell" "qwen hello not" notes.txt
  offers "$shell" "maque pull " qwen2.5:0.5b smollm2:360m
  offers "$shell" "maque rm " smollm2:135m '!smollm2:360m'
  offers "$shell" "qwen --model " smollm2:135m notes.txt
  offers "$shell" "maque ask --model " smollm2:135m
  offers "$shell" "maque batch --show " tickets characters
  offers "$shell" "maque batch " tickets mine.toml
done
echo "$passed passed, $failed failed"
exit $((failed > 0))
