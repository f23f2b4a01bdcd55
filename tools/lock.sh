#!/bin/sh
# Locks the dependencies anew, with hashes, for every platform. Needs the development environment (make test makes it).
set -eu
cd "$(dirname "$0")/.."
lock() { .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet "$@"; }
lock pyproject.toml -o requirements/run.txt
lock pyproject.toml --group dev --extra postgres -c requirements/run.txt -o requirements/dev.txt
sed -n 's/^postgres = \[\(.*\)\]$/\1/p' pyproject.toml | tr -d '" ' | lock - -c requirements/dev.txt -o requirements/postgres.txt
sed -n 's/^requires = \[\(.*\)\]$/\1/p' pyproject.toml | tr -d '" ' | tr ',' '\n' | lock - -o requirements/build.txt
