#!/usr/bin/env bash
# Asks a running hashwatch whatever its own description of the API allows, and much that it does not, and looks whether each
# answer is a described one: no undocumented status, no 500, no body that its schema does not allow.
#
#   tests/schema/run.sh http://127.0.0.1:8345 [EXAMPLES]
#
# Schemathesis is installed into .parts/schema (a virtual environment, so that nothing is put on the host). Prints its seed;
# $HASHWATCH_SEED asks the same again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/venv.sh

url=${1:?the address of a running hashwatch}
examples=${2:-10}
venv schema tests/schema/requirements.txt
# Slugs and versions are words that a registry alone knows: a text that is none of them is refused with 400, as is described, though
# the schema of a text allows it. A store that is down is described, and not met here.
# The stream of notices has no end that could be waited for.
exec .parts/schema/bin/st run "$url/api/v1/openapi.json" \
  --phases examples,coverage,fuzzing --max-examples "$examples" --seed "${HASHWATCH_SEED:-5}" --workers 1 \
  --exclude-path /api/v1/alerts/stream --exclude-checks positive_data_acceptance --generation-database none --no-color
