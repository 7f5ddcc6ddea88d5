"""Runs the code blocks of a document, so that what it shows is what happens.

usage: run_docs.py DOCUMENT.md                      run its blocks in a fresh folder; exit status 1 where one does not hold
       run_docs.py --extract DOCUMENT.md FOLDER     write its C++ programs there and print their names (used by CMake)

A fenced block whose language is followed by a file's name (```tile add.tile) writes that file. A `console` block is a dialogue:
lines that begin with `$ ` are commands (a trailing backslash continues them), the lines behind a command are its output, in which `...`
stands for any text within a line and a line of `...` alone for any lines.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import os
import re
import subprocess
import sys
import tempfile


def blocks(path):
    """(line, language, file name or None, text) of every fenced block."""
    found, fence = [], None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if fence is None and line.startswith("```"):
            words = line[3:].split()
            fence = (number, words[0] if words else "", words[1] if len(words) > 1 else None, [])
        elif fence is not None and line.startswith("```"):
            found.append((fence[0], fence[1], fence[2], "".join(fence[3])))
            fence = None
        elif fence is not None:
            fence[3].append(line)
    return found


def dialogue(text):
    """(command, expected lines) of every command in a console block."""
    result, lines = [], iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines).strip()
            result.append((command, []))
        elif result:
            result[-1][1].append(line)
    return result


def matches(expected, actual):
    """Whether the lines of output are the ones that the document shows."""
    if not expected:
        return not actual
    if expected[0].strip() == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    if not actual:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].rstrip().split("..."))
    return re.fullmatch(pattern, actual[0].rstrip()) is not None and matches(expected[1:], actual[1:])


def run(path):
    failures = commands = 0
    with tempfile.TemporaryDirectory() as folder:
        for line, language, name, text in blocks(path):
            if name:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            if language != "console":
                continue
            for command, expected in dialogue(text):
                commands += 1
                done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=300)
                actual = (done.stdout + done.stderr).splitlines()
                if not matches(expected, actual):
                    failures += 1
                    print(f"{path}:{line}: `{command}` does not print what the document shows")
                    print("\n".join(["expected:"] + expected + ["actual:"] + actual))
    print(f"{path}: {commands} commands, {failures} failures")
    return 1 if failures else 0


def extract(path, folder):
    os.makedirs(folder, exist_ok=True)
    names = []
    for _, language, name, text in blocks(path):
        if not name:
            continue
        target = os.path.join(folder, name)
        if not os.path.exists(target) or open(target, encoding="utf-8").read() != text:
            with open(target, "w", encoding="utf-8") as file:
                file.write(text)
        if language == "cpp":
            names.append(name)
    print(";".join(names), end="")


if __name__ == "__main__":
    if sys.argv[1] == "--extract":
        extract(sys.argv[2], sys.argv[3])
    else:
        sys.exit(run(sys.argv[1]))
