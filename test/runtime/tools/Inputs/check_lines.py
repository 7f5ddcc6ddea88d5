# Checks that every line of `tessera explain --json` of a compiled kernel is one of its source, or line 0 of no file.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import json
import os
import sys

with open(sys.argv[1]) as file:
    lines = json.load(file)["lines"]
with open(sys.argv[2]) as file:
    last = len(file.readlines())
assert lines
for line in lines:
    if os.path.basename(line["file"]) == os.path.basename(sys.argv[2]):
        assert 1 <= line["line"] <= last, line["line"]
    else:
        assert (line["file"], line["line"]) == ("", 0), (line["file"], line["line"])
