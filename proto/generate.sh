#!/bin/sh
# Generates advisor/v1/ from proto/advisor/v1/. The same input and the pinned tools give the same
# bytes; tests/proto/test_generated.py compares. PYTHON names the interpreter that has the tools,
# the first argument another root folder to write to.
set -eu
export LC_ALL=C

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
target=${1:-$root}
PATH=$(dirname -- "$python"):$PATH

cd "$root/proto"
mkdir -p "$target/advisor/v1"
rm -f "$target"/advisor/v1/*_pb2.py "$target"/advisor/v1/*_pb2.pyi \
    "$target"/advisor/v1/*_pb2_grpc.py "$target"/advisor/v1/*_pb2_grpc.pyi
"$python" -m grpc_tools.protoc -I. --python_out="$target" --mypy_out="quiet:$target" \
    advisor/v1/*.proto
"$python" -m grpc_tools.protoc -I. --grpc_python_out="$target" --mypy_grpc_out="quiet:$target" \
    advisor/v1/*_service.proto
