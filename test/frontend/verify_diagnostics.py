#!/usr/bin/env python3
"""Compares the diagnostics of `tessera` with those that a file expects, both ways: one that is missing and one that is
not expected are failures alike.

A file is cut into sections by comments that say how to compile what follows:

    # compile: --signature "x: *fp32, n: i32" --target sm_80
    @triton.jit
    def bad_axis(x, n):
        # expected-error@+1:23 {{the argument 'axis' of 'tl.program_id' must be 0, 1 or 2, but is 3}}
        y = tl.program_id(3)

The kernel is the last function of the section, unless `--kernel` names it. Every diagnostic of the compilation must be expected
in its section, and the other way round. `# check:` instead of `# compile:` runs `tessera check` on the whole file; its
diagnostics are then expected anywhere after that line. What stands before the first section is shared.

    expected-error   expected-warning   expected-note   expected-fixit

are followed by `@+1` or `@-1` (lines from the comment; none: its own line) and `:column`, or by `@*` for a diagnostic without a
place; `{{...}}` holds the whole message, and for a fix-it the text that replaces what stands at its place. `<number>` in it is
any number. Notes are expected like errors, each one.

`--update` writes the diagnostics as they are into the file, to be judged by a reader.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import argparse
import collections
import json
import re
import shlex
import subprocess
import sys

SECTION = re.compile(r"^# (compile|check):(.*)$")
EXPECTED = re.compile(r"#\s*expected-(error|warning|note|remark|fixit)(?:@(\*|[+-]\d+))?(?::(\d+))?\s*\{\{(.*)\}\}\s*$")
FUNCTION = re.compile(r"^def\s+(\w+)")

Finding = collections.namedtuple("Finding", "line column kind message")


class Section:
    def __init__(self, verb, arguments, begin):
        self.verb, self.arguments, self.begin, self.end = verb, shlex.split(arguments), begin, None
        self.kernel = None


def read_sections(lines):
    sections = []
    for number, line in enumerate(lines, 1):
        found = SECTION.match(line)
        if found:
            if sections:
                sections[-1].end = number
            sections.append(Section(found[1], found[2], number))
        elif sections and FUNCTION.match(line):
            sections[-1].kernel = FUNCTION.match(line)[1]
    if sections:
        sections[-1].end = len(lines) + 1
    return sections


def read_expected(lines, section):
    expected = collections.Counter()
    for number in range(section.begin, section.end):
        text = lines[number - 1]
        found = EXPECTED.search(text)
        if not found:
            if "expected-" in text:
                sys.exit(f"line {number}: not understood: {text.strip()}")
            continue
        kind, offset, column, message = found.groups()
        if offset == "*":
            expected[Finding(0, 0, kind, message)] += 1
        elif not column:
            sys.exit(f"line {number}: the column is missing: {text.strip()}")
        else:
            expected[Finding(number + int(offset or 0), int(column), kind, message)] += 1
    return expected


def gather(diagnostic, findings):
    line = diagnostic.get("line") or 0
    column = diagnostic.get("column") or 0
    findings[Finding(line, column if line else 0, diagnostic["severity"], diagnostic["message"])] += 1
    for fix in diagnostic.get("fixits", []):
        findings[Finding(fix["line"], fix["column"], "fixit", fix["replacement"])] += 1
    for note in diagnostic.get("notes", []):
        gather(note, findings)


def run(section, file):
    command = ["tessera", section.verb, file, *section.arguments, "--json"]
    if section.verb == "compile":
        if "--kernel" not in section.arguments and section.kernel:
            command += ["--kernel", section.kernel]
        if not any(argument.startswith("--emit") for argument in section.arguments):
            command += ["--emit=ptx"]
        if "--target" not in section.arguments:
            command += ["--target", "sm_90a"]
        command += ["--no-cache"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    words = " ".join(shlex.quote(word) for word in command)
    if done.returncode not in (0, 1):
        sys.exit(f"{words}\nended with status {done.returncode}:\n{done.stderr}")
    findings = collections.Counter()
    rest = done.stderr
    decoder = json.JSONDecoder()
    while rest.strip():
        rest = rest.lstrip()
        if rest.startswith("["):
            diagnostics, end = decoder.raw_decode(rest)
            for diagnostic in diagnostics:
                gather(diagnostic, findings)
            rest = rest[end:]
        else:
            # Not about a place in the text: one line.
            text, _, rest = rest.partition("\n")
            kind, _, message = text.removeprefix("tessera: ").partition(": ")
            findings[Finding(0, 0, kind, message)] += 1
    has_error = any(finding.kind == "error" for finding in findings)
    if has_error != (done.returncode == 1):
        sys.exit(f"{words}\nended with status {done.returncode}, but reported {'an' if has_error else 'no'} error")
    return words, findings


def describe(finding, file):
    place = f"{file}:{finding.line}:{finding.column}" if finding.line else file
    return f"{place}: {finding.kind}: {finding.message}"


def update(lines, sections, file):
    results = [(section, run(section, file)[1]) for section in sections]
    before = collections.defaultdict(list)
    for section, findings in results:
        for finding, count in sorted(findings.items()):
            at = finding.line or section.begin + 1
            before[at] += [finding] * count
    written = []
    for number, line in enumerate(lines, 1):
        shown = before.get(number, [])
        indent = re.match(r"\s*", line)[0]
        for index, finding in enumerate(shown):
            place = f"@+{len(shown) - index}:{finding.column}" if finding.line else "@*"
            written.append(f"{indent}# expected-{finding.kind}{place} {{{{{finding.message}}}}}")
        written.append(line)
    with open(file, "w") as output:
        output.write("\n".join(written) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--update", action="store_true", help="write the expectations anew")
    options = parser.parse_args()
    with open(options.file) as source:
        lines = source.read().splitlines()
    if options.update:
        lines = [line for line in lines if not re.match(r"\s*# expected-", line)]
        with open(options.file, "w") as output:
            output.write("\n".join(lines) + "\n")
    sections = read_sections(lines)
    if not sections:
        sys.exit(f"{options.file}: no '# compile:' or '# check:' in it")
    if options.update:
        return update(lines, sections, options.file)
    failures = 0
    for section in sections:
        expected = read_expected(lines, section)
        words, found = run(section, options.file)
        missing, surplus = expected - found, found - expected
        for wanted in [finding for finding in missing if "<number>" in finding.message]:
            pattern = re.escape(wanted.message).replace("<number>", r"\d+")
            for other in list(surplus):
                if other[:3] == wanted[:3] and re.fullmatch(pattern, other.message):
                    missing -= collections.Counter([wanted])
                    surplus -= collections.Counter([other])
                    break
        if missing or surplus:
            failures += 1
            print(words)
            for finding in sorted(missing.elements()):
                print("  expected, but not reported:", describe(finding, options.file))
            for finding in sorted(surplus.elements()):
                print("  reported, but not expected:", describe(finding, options.file))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
