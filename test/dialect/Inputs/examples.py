"""Checks that the examples of the operations' descriptions stand, line by line, in a file that a test compiles.

Usage: examples.py TESTED FILE.td...
Every operation must have an example, and the lines of every example must follow one another in TESTED, whatever the indentation.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import re
import sys


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def main():
    tested = "\n".join(lines_of(open(sys.argv[1]).read())) + "\n"
    count = 0
    missing = []
    for path in sys.argv[2:]:
        for name, body in re.findall(r"def (Tile_\w+Op) : Tile_Op(.*?)\n}\n", open(path).read(), re.S):
            examples = re.findall(r"```mlir\n(.*?)```", body, re.S)
            if not examples:
                missing.append(f"{path}: {name} has no example")
            for example in examples:
                count += 1
                if "\n".join(lines_of(example)) + "\n" not in tested:
                    missing.append(f"{path}: the example of {name} is not compiled by any test:\n{example}")
    print("\n".join(missing) if missing else f"{count} examples are tested")
    return bool(missing)


sys.exit(main())
