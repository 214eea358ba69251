#!/usr/bin/env bash
# Writes run.txt and test.txt anew: every package pinned, with the hashes of all its public files,
# so that both kinds of processor install from one list. Versions already there stay; add
# `--upgrade` (all) or `--upgrade-package NAME` to move them. No host of a registry is written.
set -eu
cd "$(dirname "$0")/.."
export CUSTOM_COMPILE_COMMAND="make lock"
unset PIP_FIND_LINKS # what lies on this machine is not what others will get

compile() {
    .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options "$@"
}

compile "$@" --build-deps-for editable --output-file requirements/run.txt pyproject.toml
compile "$@" --output-file requirements/test.txt requirements/test.in
