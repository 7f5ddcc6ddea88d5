#!/usr/bin/env bash
# Runs the examples and the probes of single instructions on a real GPU: `gpu-tests.sh [-C FOLDER] [NAME...]`, FOLDER being the one with the
# programs (default: this script's own), NAME an example or `silicon`. `tessera-silicon --device cuda --record D` keeps the probes' outputs.
# Exits with 77, and a word, where there is no GPU. It is part of the package, so that it runs on a machine with nothing but a driver.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -u
folder=$(cd "$(dirname "$0")" && pwd)
[ "${1:-}" != -C ] || { folder=$2; shift 2; }
[ $# -gt 0 ] || set -- vector_add softmax matmul attention silicon

if ! "$folder/tessera" devices | grep -q '^cuda'; then
  echo "skipped: no CUDA device here"
  exit 77
fi
failed=0
for name in "$@"; do
  if [ "$name" = silicon ]; then
    "$folder/tessera-silicon" --device cuda || { echo "FAILED: $name"; failed=1; }
    continue
  fi
  TESSERA_DEVICE=cuda "$folder/example_$name" || { echo "FAILED: $name"; failed=1; }
done
exit $failed
