"""What the kernels in kernels.json execute, Tessera's PTX beside Triton's, counted by the simulator: exact, without a GPU.

usage: dynamic_counts.py BUILD_FOLDER [--target sm_80]

Needs a Python with Triton (pip install triton; no torch, no GPU). Both compile the same functions with the same options; both PTX texts run the same launch under
`tessera explain --json`. A Markdown table is printed: warp instructions, sectors of global memory and wavefronts of shared memory over the least possible.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import argparse
import json
import os
import re
import subprocess
import tempfile

from compile_times import ROOT, device_functions, triton, triton_source
from triton.backends.compiler import GPUTarget

SHARED_BYTES = 160 * 1024  # as much as any of them takes; how much is there does not change what is counted


def parameters(signature):
    """Names of the parameters that the PTX has: not the constexprs, not the integers known to be one."""
    names = []
    for item in re.findall(r'\s*((?:[^,"]|"[^"]*")+)', signature):
        match = re.match(r"(\w+)\s*:\s*(.+)$", item.strip())
        if match and match.group(2).strip() != "1":
            names.append(match.group(1))
    return names


def explain(build, ptx, kernel, folder):
    path = os.path.join(folder, "kernel.ptx")
    with open(path, "w") as file:
        file.write(re.sub(r"^\s*\.(loc|file)\b.*$", "", ptx, flags=re.MULTILINE))
    launch = kernel["launch"]
    arguments = [f"--arg={name}={launch['args'][name]}" for name in parameters(kernel["signature"])]
    done = subprocess.run([os.path.join(build, "bin/tessera"), "explain", path, "--grid", launch["grid"], "--shared", str(SHARED_BYTES), "--json", *arguments],
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{kernel['name']}: {done.stderr}")
    return json.loads(done.stdout)


def over(totals, what):
    asked, least = totals[what], totals[what + "_least"]
    return f"{asked} (+{asked - least})" if asked else "0"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--target", default="sm_80")
    options = parser.parse_args()
    arch = int(re.search(r"\d+", options.target).group())
    kernels = json.load(open(os.path.join(ROOT, "test/benchmarks/kernels.json")))
    print(f"Target {options.target}, Triton {triton.__version__}; (+N): above the least possible\n")
    print("| kernel | warps, stages | grid | warp instructions | Triton's | ratio | global sectors | Triton's | shared wavefronts | Triton's |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kernel in kernels:
            path = os.path.join(ROOT, kernel["file"])
            function = getattr(device_functions(path, folder), kernel["kernel"])
            theirs = triton.compile(triton_source(function, kernel["signature"]), target=GPUTarget("cuda", arch, 32),
                                    options={"num_warps": kernel["warps"], "num_stages": kernel["stages"]}).asm["ptx"]
            ours = subprocess.run([os.path.join(options.build, "bin/tessera"), "compile", path, "--kernel", kernel["kernel"], "--signature", kernel["signature"],
                                   "--num-warps", str(kernel["warps"]), "--num-stages", str(kernel["stages"]), "--target", options.target, "--emit=ptx"],
                                  capture_output=True, text=True, check=True).stdout
            mine, other = (explain(options.build, ptx, kernel, folder)["totals"] for ptx in (ours, theirs))
            cells = [kernel["name"], f"{kernel['warps']}, {kernel['stages']}", kernel["launch"]["grid"], mine["warp_instructions"], other["warp_instructions"],
                     f"{mine['warp_instructions'] / other['warp_instructions']:.2f}"]
            for what in ("global_sectors", "shared_wavefronts"):
                cells += [over(mine, what), over(other, what)]
            print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
