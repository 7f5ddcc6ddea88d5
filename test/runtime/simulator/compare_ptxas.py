#!/usr/bin/env python3
"""Compares what the simulator and NVIDIA's ptxas say of PTX with one mistake.

  compare_ptxas.py --fuzz BUILD/bin/fuzz_ptx --inputs test/runtime/simulator/Inputs --cases 400 --seed 1

writes texts with one spoilt instruction each, has both judge them and prints four numbers and, of those texts that only
one of the two accepts, the message of the other. `--files FOLDER` judges the .ptx files of a folder instead. Texts that
the simulator refuses and ptxas accepts are mistakes of the simulator, or instructions that it does not have and names.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile


def ptxas_verdict(ptxas, name):
    """'ok', or the first error."""
    text = open(name, "rb").read().decode("latin-1")
    target = re.search(r"^\s*\.target\s+(sm_\w+)", text, re.M)
    command = [ptxas, "-O0", "-c", "-arch", target.group(1) if target else "sm_90a", name, "-o", "/dev/null"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "timeout"
    if done.returncode == 0:
        return "ok"
    if "Unresolved extern" in done.stdout + done.stderr:  # one function of a file: the others are elsewhere
        return "ok"
    for line in (done.stdout + done.stderr).splitlines():
        found = re.match(r"ptxas \S+, line (\d+); (?:error|fatal)\s*:\s*(.*)", line)
        if found:
            return f"{found.group(1)}: {found.group(2)}"
        if re.match(r"ptxas (error|fatal)", line):
            return line
    return "error"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--fuzz", required=True)
    arguments.add_argument("--inputs")
    arguments.add_argument("--files")
    arguments.add_argument("--cases", type=int, default=400)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--ptxas", default="/usr/local/cuda/bin/ptxas")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    options = arguments.parse_args()
    if not os.access(options.ptxas, os.X_OK):
        sys.exit(f"no ptxas at {options.ptxas}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.files or scratch
        if not options.files:
            subprocess.run([options.fuzz, "--inputs", options.inputs, "--seed", str(options.seed), "--cases",
                            str(options.cases), "--mistakes", folder], check=True)
        judged = subprocess.run([options.fuzz, "--judge", folder], check=True, capture_output=True)
        lines = judged.stdout.decode("latin-1").splitlines()
        ours = dict(line.split("\t", 1) for line in lines if "\t" in line)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            theirs = dict(zip(ours, pool.map(lambda name: ptxas_verdict(options.ptxas, name), ours)))
        counts = {}
        for name, mine in ours.items():
            other = theirs[name]
            key = ("accepted" if mine == "ok" else "refused", "accepted" if other == "ok" else "refused")
            counts[key] = counts.get(key, 0) + 1
            if key[0] == key[1]:
                continue
            line = re.match(r"(?:ptx:)?(\d+):", mine if mine != "ok" else other)
            text = open(name, "rb").read().decode("latin-1").split("\n")
            source = text[int(line.group(1)) - 1].strip()[:160] if line and int(line.group(1)) <= len(text) else ""
            who = "only the simulator refuses" if mine != "ok" else "only ptxas refuses"
            print(f"{who} {os.path.basename(name)}: {(mine if mine != 'ok' else other)[:200]}\n    {source}")
        for key, count in sorted(counts.items()):
            print(f"simulator {key[0]}, ptxas {key[1]}: {count}")


if __name__ == "__main__":
    main()
