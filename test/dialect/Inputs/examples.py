"""Checks that the examples of the dialect's descriptions stand in files that tests compile.

Usage: examples.py TESTED.mlir... FILE.td...
Every operation, type and layout of the TableGen files must have an example. The lines of an operation's example must follow one another in a
tested file, whatever the indentation; each line of another example, comments aside, must occur in one.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import re
import sys

DEFINITION = re.compile(r"def (Tile_\w+) : (Tile_Op|Tile_Type|Tile_LayoutAttrBase)<(.*?)\n}\n", re.S)
EXAMPLE = re.compile(r"```mlir\n(.*?)```", re.S)


def lines_of(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def is_tested(kind, example, tested):
    if kind == "Tile_Op":
        return "\n".join(lines_of(example)) + "\n" in tested
    return all(line in tested for line in lines_of(example) if not line.startswith("//"))


def main():
    tested = "".join("\n".join(lines_of(open(path).read())) + "\n" for path in sys.argv[1:] if path.endswith(".mlir"))
    count = 0
    missing = []
    for path in (path for path in sys.argv[1:] if path.endswith(".td")):
        for name, kind, body in DEFINITION.findall(open(path).read()):
            examples = EXAMPLE.findall(body)
            count += len(examples)
            if not examples:
                missing.append(f"{path}: {name} has no example")
            for example in examples:
                if not is_tested(kind, example, tested):
                    missing.append(f"{path}: no test compiles the example of {name}:\n{example}")
    print("\n".join(missing) if missing else f"{count} examples are tested")
    return bool(missing)


sys.exit(main())
