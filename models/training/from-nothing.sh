#!/bin/sh
# From nothing to a pack, in one command: lessons, what perception makes of them, training, evaluation, model card.
#
#   PYTHON=.venv/bin/python models/training/from-nothing.sh FOLDER OUT [MINUTES]
#
# Needs `npm run build`, the default model pack (`focus-gateway models prepare`) and a Python with requirements.txt. What is
# in FOLDER already is used again. MINUTES is what the training itself may take, 27 if not said.
set -eu
lessons=${1:?usage: from-nothing.sh FOLDER OUT [MINUTES]}
out=${2:?usage: from-nothing.sh FOLDER OUT [MINUTES]}
python=${PYTHON:-python3}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
compiled=${FOCUS_GATEWAY_DIST:-dist}
tool() { name=$1; shift; node "$here/../../$compiled/models/attention/$name.js" "$@"; }

[ -d "$lessons/train" ] || tool export "$lessons" 300
# One process a core: drawing is most of it, and draws on one.
tool measure "$lessons" 66 72 1/2 & first=$!
tool measure "$lessons" 66 72 2/2 & second=$!
wait "$first"
wait "$second"
"$python" "$here/noise.py" "$lessons/seen" "$here/noise.json"
"$python" "$here/train.py" "$lessons" "$out" --minutes "${3:-27}"
tool report "$out" "$lessons/recordings"
tool card "$out"
