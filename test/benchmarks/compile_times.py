"""Compile times and ptxas figures of the kernels in kernels.json, Tessera's beside Triton's, in one run on one machine.

usage: compile_times.py BUILD_FOLDER [--target sm_80] [--repeat 7]

Needs a Python with Triton (pip install triton; no torch, no GPU) and, for registers and spills, ptxas (Triton's wheel has one). Times are medians of
warm compilations to PTX in one process, caches off; a Markdown table is printed.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import argparse
import ast
import importlib.util
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("TRITON_CACHE_DIR", tempfile.mkdtemp())
os.environ["TRITON_ALWAYS_COMPILE"] = "1"
os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
import triton  # noqa: E402
from triton.backends.compiler import GPUTarget  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def device_functions(path, folder):
    """The device functions of a file as a Python module that Triton can compile."""
    source = open(path).read()
    parts = ["import triton", "import triton.language as tl", ""]
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and any(re.search(r"jit|tile\.", ast.unparse(d)) for d in node.decorator_list):
            parts += ["@triton.jit"] + source.splitlines()[node.lineno - 1 : node.end_lineno] + [""]
    name = os.path.join(folder, re.sub(r"\W", "_", path) + ".py")
    with open(name, "w") as file:
        file.write("\n".join(parts))
    spec = importlib.util.spec_from_file_location("kernels", name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def triton_source(function, signature):
    types, constants, attributes = {}, {}, {}
    for index, item in enumerate(re.findall(r'\s*((?:[^,"]|"[^"]*")+)', signature)):
        match = re.match(r"(\w+)\s*(?:=\s*(.+)|:\s*([^:]+)(?::(\d+))?)$", item.strip())
        name, value, kind, divisor = match.groups()
        if value is not None or kind.strip() == "1":
            types[name], constants[name] = "constexpr", ast.literal_eval(value) if value is not None else 1
        else:
            types[name] = kind.strip()
            if divisor:
                attributes[(index,)] = [["tt.divisibility", int(divisor)]]
    return triton.compiler.ASTSource(fn=function, signature=types, constexprs=constants, attrs=attributes)


def assemble(ptx, target):
    """(registers, spilled bytes) that ptxas reports."""
    tool = os.path.join(os.path.dirname(triton.__file__), "backends/nvidia/bin/ptxas")
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        report = subprocess.run([tool, "-v", f"-arch={target}", file.name, "-o", "/dev/null"], capture_output=True, text=True).stderr
    registers = re.search(r"Used (\d+) registers", report)
    return (int(registers.group(1)) if registers else -1), sum(int(n) for n in re.findall(r"(\d+) bytes spill", report))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--target", default="sm_80")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    arch = int(re.search(r"\d+", options.target).group())
    kernels = json.load(open(os.path.join(ROOT, "test/benchmarks/kernels.json")))

    report = subprocess.run([os.path.join(options.build, "bin/tessera-benchmarks"), f"--benchmark_filter=.* {options.target}$", "--benchmark_format=json",
                             "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"], capture_output=True, text=True, check=True).stdout
    ours = {row["run_name"]: row["real_time"] for row in json.loads(report)["benchmarks"] if row.get("aggregate_name") == "median"}

    print(f"Target {options.target}, Triton {triton.__version__}, {os.cpu_count()} cores\n")
    print("| kernel | warps, stages | Tessera ms | Triton ms | ratio | registers | Triton's | spilled bytes | Triton's |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kernel in kernels:
            path = os.path.join(ROOT, kernel["file"])
            function = getattr(device_functions(path, folder), kernel["kernel"])
            times = []
            for _ in range(options.repeat + 1):
                stages = {}
                triton.knobs.compilation.listener = lambda src, metadata, metadata_group, times, cache_hit: stages.update(
                    {name: us for name, us in times.lowering_stages} | {"ast": times.ir_initialization}
                )
                start = time.perf_counter()
                compiled = triton.compile(triton_source(function, kernel["signature"]), target=GPUTarget("cuda", arch, 32),
                                          options={"num_warps": kernel["warps"], "num_stages": kernel["stages"]})
                total = (time.perf_counter() - start) * 1e3
                times.append(sum(us for name, us in stages.items() if name != "cubin") / 1e3 if stages else total)
            theirs = statistics.median(times[1:])
            ptx = subprocess.run([os.path.join(options.build, "bin/tessera"), "compile", path, "--kernel", kernel["kernel"], "--signature", kernel["signature"],
                                  "--num-warps", str(kernel["warps"]), "--num-stages", str(kernel["stages"]), "--target", options.target, "--emit=ptx"],
                                 capture_output=True, text=True, check=True).stdout
            mine = ours[f"{kernel['name']} {options.target}"]
            registers, spills = assemble(ptx, options.target)
            their_registers, their_spills = assemble(compiled.asm["ptx"], "sm_90a" if arch == 90 else options.target)
            print(f"| {kernel['name']} | {kernel['warps']}, {kernel['stages']} | {mine:.1f} | {theirs:.1f} | {mine / theirs:.2f} | {registers} | "
                  f"{their_registers} | {spills} | {their_spills} |")


if __name__ == "__main__":
    main()
