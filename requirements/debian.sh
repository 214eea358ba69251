#!/usr/bin/env bash
# debian.sh PACKAGE...: installs Debian packages where this user may do so without being asked for
# anything; else says the one line that installs them, and fails.
set -eu
line="apt-get install --yes --no-install-recommends $*"

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    as_root=(false)
fi

if ! command -v apt-get >/dev/null || [ "${as_root[*]}" = false ]; then
    echo "Missing on this machine: $*. This line installs it: sudo $line" >&2
    exit 1
fi

# The lists of a fresh machine are empty or old. No input: nobody may be there to answer.
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" $line </dev/null
