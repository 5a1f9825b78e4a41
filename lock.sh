#!/bin/sh
# Resolves the lock files anew from pyproject.toml, in a virtual environment of its own.
#
# Pip and nothing else: other resolvers do not find the CPU build of torch. The lock names no build and no hash
# of torch, so that a machine takes the build its index offers.
set -eu

cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$PYTHON" -m venv "$folder"
pip="$folder/bin/python -m pip --disable-pip-version-check -qq"

pinned() { $pip freeze --exclude-editable --exclude shls-pipelines | sed 's/^torch==\([0-9.]*\).*/torch==\1/'; }
without() { pinned | grep -vxFf "$1"; }
header() { echo "# Made by \`make lock\` from pyproject.toml; Python 3.11, x86-64."; }

# setuptools: the sources of fast-slic need the distutils that 75 removed.
$pip install cython "numpy>=2.4" "setuptools<75" wheel hatchling editables
{ header; pinned; $pip freeze --all | grep -iE '^(setuptools|wheel)=='; } | sort -u >"$folder/build.lock"
$pip install --no-build-isolation .
{ header; without "$folder/build.lock"; } >"$folder/run.lock"
"$folder/bin/python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' \
  >"$folder/dev.txt"
$pip install -r "$folder/dev.txt"
{ header; pinned | grep -vxFf "$folder/build.lock" | grep -vxFf "$folder/run.lock"; } >"$folder/dev.lock"

mv "$folder/build.lock" requirements-build.lock
mv "$folder/run.lock" requirements.lock
mv "$folder/dev.lock" requirements-dev.lock
