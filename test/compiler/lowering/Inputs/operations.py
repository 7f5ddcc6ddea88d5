"""Every operation of the kernel language, by groups: operations.py GROUP DIRECTORY TARGET...

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import itertools
import math
import random
import sys

from kernels import BITS, Kernel, check, fp8_value, rounded

N = 256
FLOATS = ("f16", "bf16", "f32", "f64")
INTEGERS = ("i8", "i16", "i32", "i64")
FP8 = ("f8E4M3FN", "f8E5M2")
EPSILON = {"f16": 2e-3, "bf16": 1.2e-2, "f32": 1e-6, "f64": 1e-14}
rng = random.Random(1)


def random_floats(dtype, count=N, positive=False):
    if dtype in FP8:
        bits = [rng.randrange(256) for _ in range(count)]
        return [v if math.isfinite(v) else 1.0 for v in (fp8_value(b, dtype) for b in bits)]
    values = [rounded(rng.gauss(0, 3), dtype) for _ in range(count)]
    return [rounded(abs(v) + 0.0078125, dtype) if positive else v for v in values]


def random_integers(dtype, count=N):
    limit = 1 << (BITS[dtype] - 1)
    return [rng.randrange(-limit, limit) for _ in range(count)]


def random_values(dtype, count=N):
    return random_integers(dtype, count) if dtype.startswith("i") else random_floats(dtype, count)


def wrap(x, dtype):
    bits = BITS[dtype]
    return (int(x) + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


def tensor(dtype, *shape):
    return f"tensor<{'x'.join(map(str, shape))}x{dtype}>"


# ---- Elementwise -----------------------------------------------------------------------------------------------------------


def arithmetic():
    binary = {"addf": lambda a, b: a + b, "subf": lambda a, b: a - b, "mulf": lambda a, b: a * b, "divf": lambda a, b: a / b,
              "remf": math.fmod, "minnumf": min, "maxnumf": max, "minimumf": min, "maximumf": max}
    compare = {"olt": lambda a, b: a < b, "oge": lambda a, b: a >= b, "une": lambda a, b: a != b}
    for t in FLOATS:
        k = Kernel("arithmetic_" + t)
        x, y = random_floats(t), random_floats(t, positive=True)
        a, b = k.load(t, x, N), k.load(t, y, N)
        # The remainder of a large quotient keeps few bits in the narrow types: only the quotient's own error counts.
        for name, f in binary.items():
            slack = dict(absolute=2e3) if name == "remf" and t != "f64" else {}
            v = k.emit(f"$ = arith.{name} {a}, {b} : {tensor(t, N)}")
            k.store(v, t, [f(p, q) for p, q in zip(x, y)], N, tolerance=EPSILON[t], **slack)
        v = k.emit(f"$ = arith.divf {a}, {b} fastmath<afn> : {tensor(t, N)}")
        k.store(v, t, [p / q for p, q in zip(x, y)], N, tolerance=EPSILON[t])
        v = k.emit(f"$ = math.fma {a}, {b}, {a} : {tensor(t, N)}")
        k.store(v, t, [p * q + p for p, q in zip(x, y)], N, tolerance=EPSILON[t])
        v = k.emit(f"$ = arith.negf {a} : {tensor(t, N)}")
        k.store(v, t, [-p for p in x], N)
        for name, f in compare.items():
            v = k.emit(f"$ = arith.cmpf {name}, {a}, {b} : {tensor(t, N)}")
            k.store(v, "i1", [f(p, q) for p, q in zip(x, y)], N)
        m = k.emit(f"$ = arith.cmpf ogt, {a}, {b} : {tensor(t, N)}")
        v = k.emit(f"$ = arith.select {m}, {a}, {b} : {tensor('i1', N)}, {tensor(t, N)}")
        k.store(v, t, [max(p, q) for p, q in zip(x, y)], N)
        yield k


def functions():
    anywhere = {"absf": abs, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "roundeven": round,
                "round": lambda x: math.trunc(x + math.copysign(0.5, x)), "exp": math.exp, "exp2": lambda x: 2.0**x}
    positive = {"log": math.log, "log2": math.log2, "log10": math.log10, "sqrt": math.sqrt, "rsqrt": lambda x: x**-0.5}
    for t in FLOATS:
        k = Kernel("functions_" + t)
        for table, x in ((anywhere, random_floats(t)), (positive, random_floats(t, positive=True))):
            a = k.load(t, x, N)
            for name, f in table.items():
                loose = 30 if t == "f32" and name in ("exp", "log", "log2", "log10") else 1
                v = k.emit(f"$ = math.{name} {a} : {tensor(t, N)}")
                k.store(v, t, [float(f(p)) for p in x], N, tolerance=EPSILON[t] * loose)
        v = k.emit(f"$ = math.sqrt {a} fastmath<afn> : {tensor(t, N)}")
        k.store(v, t, [math.sqrt(p) for p in x], N, tolerance=EPSILON[t])
        for name, f in (("isnan", math.isnan), ("isinf", math.isinf), ("isfinite", math.isfinite)):
            special = [math.nan, math.inf, -math.inf, 0.0] * (N // 4)
            a = k.load(t, special, N) if t in ("f32", "f64") else None
            if a:
                v = k.emit(f"$ = math.{name} {a} : {tensor(t, N)}")
                k.store(v, "i1", [f(p) for p in special], N)
        yield k


def integers():
    def cut(a, b):
        return int(abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)

    for t in INTEGERS:
        bits = BITS[t]
        unsigned = lambda x: x % (1 << bits)
        table = {
            "arith.addi": lambda a, b: a + b, "arith.subi": lambda a, b: a - b, "arith.muli": lambda a, b: a * b,
            "arith.divsi": cut, "arith.remsi": lambda a, b: a - cut(a, b) * b,
            "arith.divui": lambda a, b: unsigned(a) // unsigned(b), "arith.remui": lambda a, b: unsigned(a) % unsigned(b),
            "arith.floordivsi": lambda a, b: a // b, "arith.ceildivsi": lambda a, b: -(-a // b),
            "arith.ceildivui": lambda a, b: -(-unsigned(a) // unsigned(b)),
            "arith.andi": lambda a, b: a & b, "arith.ori": lambda a, b: a | b, "arith.xori": lambda a, b: a ^ b,
            "arith.maxsi": max, "arith.minsi": min, "arith.maxui": lambda a, b: max(a, b, key=unsigned),
            "arith.minui": lambda a, b: min(a, b, key=unsigned)}
        shifts = {"arith.shli": lambda a, b: a << b, "arith.shrsi": lambda a, b: a >> b, "arith.shrui": lambda a, b: unsigned(a) >> b}
        unary = {"math.absi": abs, "math.ctpop": lambda a: bin(unsigned(a)).count("1"),
                 "math.ctlz": lambda a: bits - unsigned(a).bit_length(),
                 "math.cttz": lambda a: (unsigned(a) & -unsigned(a)).bit_length() - 1 if a else bits}
        k = Kernel("integers_" + t)
        x, y, s = random_integers(t), [v or 1 for v in random_integers(t)], [rng.randrange(bits) for _ in range(N)]
        a, b, c = k.load(t, x, N), k.load(t, y, N), k.load(t, s, N)
        for name, f in table.items():
            k.store(k.emit(f"$ = {name} {a}, {b} : {tensor(t, N)}"), t, [wrap(f(p, q), t) for p, q in zip(x, y)], N)
        for name, f in shifts.items():
            k.store(k.emit(f"$ = {name} {a}, {c} : {tensor(t, N)}"), t, [wrap(f(p, q), t) for p, q in zip(x, s)], N)
        for name, f in unary.items():
            k.store(k.emit(f"$ = {name} {a} : {tensor(t, N)}"), t, [wrap(f(p), t) for p in x], N)
        for name, f in (("slt", lambda p, q: p < q), ("uge", lambda p, q: unsigned(p) >= unsigned(q)), ("eq", lambda p, q: p == q)):
            k.store(k.emit(f"$ = arith.cmpi {name}, {a}, {b} : {tensor(t, N)}"), "i1", [f(p, q) for p, q in zip(x, y)], N)
        if bits >= 32:
            for name, f in (("mului", unsigned), ("mulsi", lambda p: p)):
                k.count += 1
                k.lines.append(f"  %l{k.count}, %h{k.count} = arith.{name}_extended {a}, {b} : {tensor(t, N)}")
                k.store(f"%h{k.count}", t, [wrap((f(p) * f(q)) >> bits, t) for p, q in zip(x, y)], N)
        yield k


def casts():
    for source in FLOATS + FP8:
        k = Kernel("casts_" + source)
        x = random_floats(source)
        if source not in FP8:
            x = [rounded(v * 2.0 ** rng.randrange(-14, 10), source) for v in x]
        a = k.load(source, x, N)
        for to in FLOATS + FP8:
            if BITS[to] == BITS[source]:
                continue
            op = "extf" if BITS[to] > BITS[source] else "truncf"
            v = k.emit(f"$ = arith.{op} {a} : {tensor(source, N)} to {tensor(to, N)}")
            through = [rounded(p, "f32") if to in FP8 else p for p in x]
            k.store(v, to, [rounded(p, to) for p in through], N)
        if source not in FP8:
            small = [rounded(rng.uniform(-100, 100), source) for _ in range(N)]
            b = k.load(source, small, N)
            for to in INTEGERS:
                v = k.emit(f"$ = arith.fptosi {b} : {tensor(source, N)} to {tensor(to, N)}")
                k.store(v, to, [math.trunc(p) for p in small], N)
        yield k
    for source in INTEGERS:
        k = Kernel("casts_" + source)
        x = [wrap(rng.gauss(0, 2000), source) for _ in range(N)]
        a = k.load(source, x, N)
        for to in FLOATS:
            for op, f in (("sitofp", lambda p: p), ("uitofp", lambda p: p % (1 << BITS[source]))):
                if op == "uitofp" and to == "f16" and source != "i8":
                    continue
                v = k.emit(f"$ = arith.{op} {a} : {tensor(source, N)} to {tensor(to, N)}")
                k.store(v, to, [rounded(float(f(p)), to) for p in x], N)
        for to in INTEGERS:
            if BITS[to] > BITS[source]:
                for op, f in (("extsi", lambda p: p), ("extui", lambda p: p % (1 << BITS[source]))):
                    k.store(k.emit(f"$ = arith.{op} {a} : {tensor(source, N)} to {tensor(to, N)}"), to, [f(p) for p in x], N)
            elif BITS[to] < BITS[source]:
                k.store(k.emit(f"$ = arith.trunci {a} : {tensor(source, N)} to {tensor(to, N)}"), to, [wrap(p, to) for p in x], N)
        yield k


# ---- Across threads --------------------------------------------------------------------------------------------------------


def combine(op, t):
    return f"combine (%a: {t}, %b: {t}) {{\n    %0 = arith.{op} %a, %b : {t}\n    tile.yield %0 : {t}\n  }}"


FOLDS = (("f32", "addf", lambda a, b: a + b), ("f16", "maxnumf", max), ("i32", "addi", lambda a, b: wrap(a + b, "i32")),
         ("i64", "maxsi", max), ("f64", "addf", lambda a, b: a + b), ("i8", "maxui", lambda a, b: max(a, b, key=lambda x: x % 256)))


def reductions():
    for warps, size in itertools.product((1, 4, 8), (64, 1024, 4096)):
        k = Kernel(f"reductions_{size}", warps)
        for t, op, f in FOLDS:
            x = random_values(t, size)
            a = k.load(t, x, size)
            up, down = list(itertools.accumulate(x, f)), list(itertools.accumulate(x[::-1], f))[::-1]
            slack = dict(tolerance=1e-5, absolute=1e3) if t == "f32" else dict(tolerance=1e-9)
            v = k.emit(f"$ = tile.reduce ({a}) axis 0 {combine(op, t)} : ({tensor(t, size)}) -> {t}")
            k.store_scalar(v, t, up[-1], tolerance=1e-3 if t == "f32" else 1e-9)
            for word, wanted in (("", up), ("reverse ", down)):
                v = k.emit(f"$ = tile.scan ({a}) axis 0 {word}{combine(op, t)} : ({tensor(t, size)}) -> {tensor(t, size)}")
                k.store(v, t, wanted, size, **slack)
        yield k
    rows, columns = 32, 64
    for axis in (0, 1):
        k = Kernel(f"reductions_axis{axis}")
        x = [float(round(v)) for v in random_floats("f32", rows * columns)]
        a, i = k.load("f32", x, rows, columns), k.index(rows, columns)
        lines = [x[r * columns : (r + 1) * columns] for r in range(rows)]
        lines = lines if axis == 1 else [list(c) for c in zip(*lines)]
        extent = len(lines)
        v = k.emit(f"$ = tile.reduce ({a}) axis {axis} {combine('addf', 'f32')} : ({tensor('f32', rows, columns)}) -> {tensor('f32', extent)}")
        k.store(v, "f32", [sum(line) for line in lines], extent, tolerance=1e-6)
        k.count += 1
        k.lines.append(f"""  %m{k.count}:2 = tile.reduce ({a}, {i}) axis {axis} combine (%a: f32, %i: i32, %b: f32, %j: i32) {{
    %gt = arith.cmpf ogt, %a, %b : f32
    %eq = arith.cmpf oeq, %a, %b : f32
    %lt = arith.cmpi slt, %i, %j : i32
    %tie = arith.andi %eq, %lt : i1
    %first = arith.ori %gt, %tie : i1
    %x = arith.select %first, %a, %b : f32
    %n = arith.select %first, %i, %j : i32
    tile.yield %x, %n : f32, i32
  }} : ({tensor('f32', rows, columns)}, {tensor('i32', rows, columns)}) -> ({tensor('f32', extent)}, {tensor('i32', extent)})""")
        best = [line.index(max(line)) for line in lines]
        number = (lambda line, b: line * columns + b) if axis == 1 else (lambda line, b: b * columns + line)
        k.store(f"%m{k.count}#1", "i32", [number(n, b) for n, b in enumerate(best)], extent)
        yield k


def movement():
    rows, columns = 32, 64
    for t in ("f32", "f16", "i8", "i64"):
        k = Kernel("movement_" + t)
        x = random_values(t, rows * columns)
        a = k.load(t, x, rows, columns)
        turned = k.emit(f"$ = tile.trans {a} [1, 0] : {tensor(t, rows, columns)} -> {tensor(t, columns, rows)}")
        k.store(turned, t, [x[r * columns + c] for c in range(columns) for r in range(rows)], columns, rows)
        y, z = random_values(t), random_values(t)
        b, c = k.load(t, y, N), k.load(t, z, N)
        pair = k.emit(f"$ = tile.join {b}, {c} : {tensor(t, N)} -> {tensor(t, N, 2)}")
        flat = k.emit(f"$ = tile.reshape {pair} : {tensor(t, N, 2)} -> {tensor(t, 2 * N)}")
        k.store(flat, t, [v for both in zip(y, z) for v in both], 2 * N)
        again = k.emit(f"$ = tile.reshape {flat} : {tensor(t, 2 * N)} -> {tensor(t, N, 2)}")
        k.count += 1
        k.lines.append(f"  %l{k.count}, %r{k.count} = tile.split {again} : {tensor(t, N, 2)} -> {tensor(t, N)}")
        k.store(f"%r{k.count}", t, z, N)
        both = k.emit(f"$ = tile.cat {b}, {c} : {tensor(t, N)} -> {tensor(t, 2 * N)}")
        k.store(both, t, y + z, 2 * N)
        picks = [rng.randrange(N) for _ in range(64)]
        i = k.load("i32", picks, 64)
        v = k.emit(f"$ = tile.gather {b}[{i}] axis 0 : {tensor(t, N)}, {tensor('i32', 64)} -> {tensor(t, 64)}")
        k.store(v, t, [y[p] for p in picks], 64)
        yield k
    k = Kernel("histogram")
    x = [rng.randrange(-5, 80) for _ in range(1024)]
    v = k.emit(f"$ = tile.histogram {k.load('i32', x, 1024)} : {tensor('i32', 1024)} -> {tensor('i32', 64)}")
    k.store(v, "i32", [x.count(b) for b in range(64)], 64)
    yield k


def atomics():
    unsigned = lambda x: x % (1 << 64)
    table = (("add", "i32", lambda a, b: wrap(a + b, "i32")), ("add", "i64", lambda a, b: wrap(a + b, "i64")),
             ("fadd", "f32", lambda a, b: a + b), ("fadd", "f64", lambda a, b: a + b), ("fadd", "f16", lambda a, b: a + b),
             ("max", "i32", max), ("umin", "i64", lambda a, b: min(a, b, key=unsigned)), ("xchg", "i32", lambda a, b: b),
             ("or", "i64", lambda a, b: a | b), ("xor", "i32", lambda a, b: a ^ b))
    for size in (64, N):
        k = Kernel(f"atomics_{size}")
        for kind, t, f in table:
            x, y = random_values(t, size), random_values(t, size)
            target = k.argument(t, x)
            p, b = k.pointers(target, t, size), k.load(t, y, size)
            for word in ("", " sem = relaxed"):
                x_before = x
                v = k.emit(f"$ = tile.atomic_rmw {kind} {p}, {b}{word} : {tensor(f'!tile.ptr<{t}>', size)}")
                if word == "":
                    k.store(v, t, x_before, size)
                x = [f(a, c) for a, c in zip(x, y)]
            k.expect(target, x, EPSILON.get(t, 0.0))
        yield k
    # Programs take a number each, and each adds one under a lock.
    k = Kernel("atomics_scalar", grid="16")
    counter, taken, lock, total = (k.argument("i32", [0] * n) for n in (1, 16, 1, 1))
    k.lines.append(f"""  %one = arith.constant 1 : i32
  %zero = arith.constant 0 : i32
  %mine = tile.atomic_rmw add {counter}, %one : !tile.ptr<i32>
  %place = tile.addptr {taken}, %mine : !tile.ptr<i32>, i32
  tile.store %place, %mine : !tile.ptr<i32>
  %held = scf.while (%a = %one) : (i32) -> i32 {{
    %old = tile.atomic_cas {lock}, %zero, %one : !tile.ptr<i32>
    %busy = arith.cmpi eq, %old, %one : i32
    scf.condition(%busy) %old : i32
  }} do {{
  ^bb0(%b: i32):
    scf.yield %b : i32
  }}
  %sum = tile.load {total} volatile : !tile.ptr<i32>
  %more = arith.addi %sum, %one : i32
  tile.store {total}, %more : !tile.ptr<i32>
  %free = tile.atomic_rmw xchg {lock}, %zero : !tile.ptr<i32>""")
    k.expect(taken, range(16))
    k.expect(total, [16])
    yield k


def dots():
    table = (("f16", "f16", "f32", (64, 64, 64), "tf32", 1e-6), ("f16", "f16", "f16", (64, 64, 64), "tf32", 5e-3),
             ("bf16", "bf16", "f32", (64, 64, 32), "tf32", 1e-6), ("f32", "f32", "f32", (64, 32, 32), "tf32", 1e-3),
             ("f32", "f32", "f32", (64, 32, 32), "tf32x3", 2e-6), ("f32", "f32", "f32", (32, 32, 32), "ieee", 1e-6),
             ("f32", "f32", "f32", (64, 32, 32), "bf16x3", 5e-5), ("f32", "f32", "f32", (64, 32, 32), "bf16x6", 2e-6),
             ("i8", "i8", "i32", (64, 32, 64), "tf32", 0), ("f64", "f64", "f64", (32, 32, 32), "tf32", 1e-14),
             ("f8E4M3FN", "f8E4M3FN", "f32", (64, 32, 64), "tf32", 1e-4), ("f8E5M2", "f8E5M2", "f32", (64, 32, 64), "tf32", 1e-4),
             ("f16", "f16", "f32", (8, 8, 8), "tf32", 1e-6), ("f32", "f32", "f32", (1, 16, 16), "ieee", 1e-6))
    for number, (ta, tb, tc, (m, n, depth), precision, tolerance) in enumerate(table):
        k = Kernel(f"dots_{number}")
        x, y = random_values(ta, m * depth), random_values(tb, depth * n)
        if ta in FP8:
            x, y = ([v if abs(v) < 16 else 1.0 for v in w] for w in (x, y))
        a, b = k.load(ta, x, m, depth), k.load(tb, y, depth, n)
        zero = "0" if tc == "i32" else "0.0"
        c = k.emit(f"$ = arith.constant dense<{zero}> : {tensor(tc, m, n)}")
        v = k.emit(f"$ = tile.dot {a}, {b}, {c} precision = {precision} : {tensor(ta, m, depth)}, {tensor(tb, depth, n)}, {tensor(tc, m, n)}")
        products = [[[x[i * depth + p] * y[p * n + j] for p in range(depth)] for j in range(n)] for i in range(m)]
        # An error relative to the sum of magnitudes, which is what each term contributes to.
        scale = max((sum(map(abs, t)) for row in products for t in row), default=1.0)
        k.store(v, tc, [sum(t) if tc == "i32" else math.fsum(t) for row in products for t in row], m, n,
                tolerance=tolerance, absolute=scale)
        yield k


GROUPS = {f.__name__: f for f in (arithmetic, functions, integers, casts, reductions, movement, atomics, dots)}

if __name__ == "__main__":
    group, directory, *targets = sys.argv[1:]
    for kernel in GROUPS[group]():
        for target in targets:
            check(kernel, target, directory)
