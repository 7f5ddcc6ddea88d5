"""Kernels of the tile dialect that are compiled, assembled where ptxas is found, run on the simulator, and compared.

A `Kernel` collects inputs, lines of IR and outputs with the values that they must have; `check` does the rest. Numbers are Python's own:
floats are doubles, f16 and f32 are rounded by `struct`, bf16 and fp8 by hand.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import ast
import math
import os
import shutil
import struct
import subprocess
import sys

# dtype: (struct letter, NumPy's description, bytes, how `tessera run` spells it)
DTYPES = {
    "i1": ("?", "|b1", 1, "i1"), "i8": ("b", "|i1", 1, "i8"), "i16": ("h", "<i2", 2, "i16"), "i32": ("i", "<i4", 4, "i32"),
    "i64": ("q", "<i8", 8, "i64"), "f16": ("e", "<f2", 2, "fp16"), "f32": ("f", "<f4", 4, "fp32"), "f64": ("d", "<f8", 8, "fp64"),
    "bf16": ("H", "<u2", 2, "bf16"), "f8E4M3FN": ("B", "|u1", 1, "fp8e4nv"), "f8E5M2": ("B", "|u1", 1, "fp8e5"),
}
BITS = {t: 8 * d[2] for t, d in DTYPES.items()}


# ---- Numbers -------------------------------------------------------------------------------------------------------------


def fp8_value(bits, dtype):
    mantissa, bias = (2, 15) if dtype == "f8E5M2" else (3, 7)
    sign = -1.0 if bits & 0x80 else 1.0
    magnitude = bits & 0x7F
    exponent, fraction = magnitude >> mantissa, magnitude & ((1 << mantissa) - 1)
    if dtype == "f8E5M2" and exponent == 31:
        return sign * (math.nan if fraction else math.inf)
    if dtype == "f8E4M3FN" and magnitude == 0x7F:
        return math.nan
    if exponent == 0:
        return sign * fraction * 2.0 ** (1 - bias - mantissa)
    return sign * (1 + fraction / (1 << mantissa)) * 2.0 ** (exponent - bias)


def to_fp8(x, dtype):
    """The nearest finite number, ties to even, as bits."""
    finite = [b for b in range(128) if math.isfinite(fp8_value(b, dtype))]
    best = min(finite, key=lambda b: (abs(fp8_value(b, dtype) - abs(x)), b & 1))
    return best | (0x80 if math.copysign(1, x) < 0 else 0)


def encode(x, dtype):
    """The bits (or the number, where `struct` knows the type) that hold x, rounded to nearest even."""
    if dtype == "bf16":
        word = struct.unpack("<I", struct.pack("<f", x))[0]
        return (word + 0x7FFF + ((word >> 16) & 1)) >> 16 & 0xFFFF
    if dtype.startswith("f8"):
        return to_fp8(x, dtype)
    if dtype.startswith("i") and dtype != "i1":
        bits = BITS[dtype]
        return (int(x) + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))
    return x


def decode(x, dtype):
    if dtype == "bf16":
        return struct.unpack("<f", struct.pack("<I", x << 16))[0]
    return fp8_value(x, dtype) if dtype.startswith("f8") else x


def rounded(x, dtype):
    if dtype in ("f16", "f32"):
        letter = DTYPES[dtype][0]
        try:
            return struct.unpack(letter, struct.pack(letter, x))[0]
        except OverflowError:
            return math.copysign(math.inf, x)
    return decode(encode(x, dtype), dtype)


# ---- Files ---------------------------------------------------------------------------------------------------------------


def write_npy(path, values, dtype):
    letter, description, _, _ = DTYPES[dtype]
    header = str({"descr": description, "fortran_order": False, "shape": (len(values),)})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}{letter}", *(encode(v, dtype) for v in values)))


def read_npy(path, dtype):
    data = open(path, "rb").read()
    length = struct.unpack("<H", data[8:10])[0]
    count = math.prod(ast.literal_eval(data[10 : 10 + length].decode())["shape"])
    letter = DTYPES[dtype][0]
    return [decode(v, dtype) for v in struct.unpack(f"<{count}{letter}", data[10 + length :])]


# ---- Kernels -------------------------------------------------------------------------------------------------------------


class Kernel:
    def __init__(self, name, warps=4, grid="1"):
        self.name, self.warps, self.grid = name, warps, grid
        self.arguments, self.lines, self.outputs, self.count = [], [], [], 0

    def emit(self, text):
        """A line of IR; `$` stands for the value that it makes, which is returned."""
        self.count += 1
        value = f"%v{self.count}"
        self.lines.append("  " + text.replace("$", value))
        return value

    def index(self, *shape):
        """Row-major numbers of a tensor of one or two dimensions."""
        size = "x".join(map(str, shape))
        if len(shape) == 1:
            return self.emit(f"$ = tile.arange 0 to {size} : tensor<{size}xi32>")
        rows, columns = shape
        parts = []
        for extent, axis, step, thin in ((rows, 1, columns, f"{rows}x1"), (columns, 0, 1, f"1x{columns}")):
            i = self.emit(f"$ = tile.arange 0 to {extent} : tensor<{extent}xi32>")
            e = self.emit(f"$ = tile.expand_dims {i}, {axis} : tensor<{extent}xi32> -> tensor<{thin}xi32>")
            c = self.emit(f"$ = arith.constant dense<{step}> : tensor<{thin}xi32>")
            m = self.emit(f"$ = arith.muli {e}, {c} : tensor<{thin}xi32>")
            parts.append(self.emit(f"$ = tile.broadcast {m} : tensor<{thin}xi32> -> tensor<{size}xi32>"))
        return self.emit(f"$ = arith.addi {parts[0]}, {parts[1]} : tensor<{size}xi32>")

    def pointers(self, argument, dtype, *shape):
        size = "x".join(map(str, shape))
        s = self.emit(f"$ = tile.splat {argument} : !tile.ptr<{dtype}> -> tensor<{size}x!tile.ptr<{dtype}>>")
        i = self.index(*shape)
        return self.emit(f"$ = tile.addptr {s}, {i} : tensor<{size}x!tile.ptr<{dtype}>>, tensor<{size}xi32>")

    def argument(self, dtype, values):
        name = f"a{len(self.arguments)}"
        self.arguments.append((name, dtype, values))
        return "%" + name

    def load(self, dtype, values, *shape):
        p = self.pointers(self.argument(dtype, values), dtype, *shape)
        size = "x".join(map(str, shape))
        return self.emit(f"$ = tile.load {p} : tensor<{size}x!tile.ptr<{dtype}>>")

    def expect(self, argument, wanted, tolerance=0.0, absolute=1e-3):
        self.outputs.append((argument[1:], list(wanted), tolerance, absolute))

    def store(self, value, dtype, wanted, *shape, tolerance=0.0, absolute=1e-3):
        argument = self.argument(dtype, [0] * len(wanted))
        p = self.pointers(argument, dtype, *shape)
        self.lines.append(f"  tile.store {p}, {value} : tensor<{'x'.join(map(str, shape))}x!tile.ptr<{dtype}>>")
        self.expect(argument, wanted, tolerance, absolute)

    def store_scalar(self, value, dtype, wanted, tolerance=0.0):
        argument = self.argument(dtype, [0])
        self.lines.append(f"  tile.store {argument}, {value} : !tile.ptr<{dtype}>")
        self.expect(argument, [wanted], tolerance)

    def text(self, target):
        parameters = ", ".join(f"%{n}: !tile.ptr<{t}> {{tile.divisibility = 16 : i32}}" for n, t, _ in self.arguments)
        return "\n".join(
            [f'module attributes {{tile.num_warps = {self.warps} : i32, tile.target = "{target}"}} {{',
             f"func.func @{self.name}({parameters}) attributes {{tile.kernel}} {{", *self.lines, "  return", "}", "}", ""])


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}{done.stdout}")
    return done.stdout


def matches(got, want, tolerance, absolute):
    if isinstance(want, float) and math.isnan(want):
        return math.isnan(got)
    return got == want or abs(got - want) <= tolerance * (abs(want) + absolute)


def check(kernel, target, directory):
    """Compiles and runs the kernel; leaves with a message where a result is wrong."""
    os.makedirs(directory, exist_ok=True)
    base = os.path.join(directory, f"{kernel.name}-{target}-{kernel.warps}")
    with open(base + ".mlir", "w") as file:
        file.write(kernel.text(target))
    ptx = run(["tessera-translate", "--tile-to-ptx", "--shared-bytes", base + ".mlir"])
    with open(base + ".ptx", "w") as file:
        file.write(ptx)
    ptxas = shutil.which("ptxas", path=os.environ["PATH"] + ":/usr/local/cuda/bin")
    if ptxas:
        run([ptxas, "-arch=" + target, base + ".ptx", "-o", base + ".cubin"])
    shared = ptx.rsplit("// shared ", 1)[1].strip()
    command = ["tessera", "run", base + ".ptx", "--grid", kernel.grid, "--shared", shared]
    for name, dtype, values in kernel.arguments:
        write_npy(f"{base}-{name}.npy", values, dtype)
        command += ["--arg", f"{name}={DTYPES[dtype][3]}[{len(values)}]:@{base}-{name}.npy"]
    for name, _, _, _ in kernel.outputs:
        command += ["--save", f"{name}={base}-{name}-out.npy"]
    run(command)
    types = {name: dtype for name, dtype, _ in kernel.arguments}
    for name, wanted, tolerance, absolute in kernel.outputs:
        got = read_npy(f"{base}-{name}-out.npy", types[name])
        for i, (g, w) in enumerate(zip(got, wanted)):
            if not matches(g, w, tolerance, absolute):
                sys.exit(f"{base}.mlir: argument {name}, element {i}: got {g}, want {w}")
    print(f"{kernel.name} {target} {kernel.warps} warps: {len(kernel.outputs)} results right")
