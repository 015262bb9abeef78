#!/usr/bin/env bash
# Licences, sources and duplicate versions of every dependency by cargo-deny; advisories too where their database can be fetched.
set -euo pipefail
tools=${MAQUE_TOOLS:-$HOME/.cache/maque-tools}
deny=$tools/bin/cargo-deny
[ -x "$deny" ] || cargo install --quiet --debug --locked --root "$tools" cargo-deny
"$deny" --log-level error check licenses sources bans
if timeout 20 "$deny" --log-level error fetch db > /dev/null 2>&1; then
  "$deny" --log-level error check advisories
else
  echo "deny: the advisory database cannot be reached from here; advisories were not checked" >&2
fi
