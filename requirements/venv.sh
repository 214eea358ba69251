#!/usr/bin/env bash
# venv.sh LIST...: makes .venv, installs requirements/LIST.txt and then the country itself.
# Quick when nothing has changed: each list leaves a mark, which is the hash of what it came from.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}

if ! command -v "$python" >/dev/null; then
    echo "Nagara needs Python 3.11. On Debian: apt-get install python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    requirements/debian.sh python3.11-venv
fi
# A .venv which was moved, or made halfway, has no Python that runs: it is made anew.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear .venv
fi

for list in "$@"; do
    wanted=$(cat "requirements/$list.txt" pyproject.toml | sha256sum)
    mark=.venv/installed-$list
    if [ "$(cat "$mark" 2>/dev/null)" = "$wanted" ]; then
        continue
    fi
    # The list is closed under dependencies, so nothing is resolved and nothing is built.
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        --require-hashes --only-binary=:all: --no-deps --requirement "requirements/$list.txt"
    if [ "$list" = run ]; then
        .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
            --no-deps --no-build-isolation --editable .
    fi
    echo "$wanted" >"$mark"
done
