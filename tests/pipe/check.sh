#!/usr/bin/env bash
# Converts the five files here by the line of the README and asks TypeScript's compiler what it thinks of each.
# usage: check.sh MAQUE_BINARY MODEL; exits 1 where an answer is not code only. What the model gets wrong is counted, not hidden.
set -euo pipefail
maque=$(realpath "$1"); model=$2; cd "$(dirname "$0")"
tsc=../../web/node_modules/.bin/tsc
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
ln -s "$maque" "$work/qwen"
export MAQUE_HOME="$work" MAQUE_MODEL="$model"
# What Node gives, so that no package of types is needed.
echo 'declare function require(name: string): any; declare const module: { exports: any };' > "$work/node.d.ts"

accepted=0; asked=0; prose=0
for request in "把这段JS转成TypeScript" "Convert this JS to TypeScript"; do
  for file in *.js; do
    output="$work/${file%.js}.ts"
    "$work/qwen" "$request" < "$file" > "$output"
    asked=$((asked + 1))
    if grep -q '```' "$output"; then prose=$((prose + 1)); echo "$file: not code only"; fi
    if errors=$("$tsc" --noEmit --strict false --types "" "$work/node.d.ts" "$output"); then
      accepted=$((accepted + 1)); echo "$file: accepted"
    else
      echo "$file: $(sed "s|.*/||" <<< "$errors" | grep -m 2 error)"
    fi
  done
done
echo "code only: $((asked - prose)) of $asked; accepted by tsc $("$tsc" --version | cut -d' ' -f2): $accepted of $asked"
exit $((prose > 0))
