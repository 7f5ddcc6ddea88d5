# Small kernels whose counts were worked out by hand, from the rules of the hardware as docs/simulator.md states them
# and the text of each kernel alone, and what `tessera explain --json` says of them. Nothing here is computed by what is
# tested.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#   hand_counted.py FOLDER      writes the kernels there, explains each, prints what differs and how many were compared
import json
import os
import subprocess
import sys

COUNTS = (
    "thread_instructions warp_instructions global_sectors global_sectors_least shared_wavefronts "
    "shared_wavefronts_least global_bytes async_copy_bytes tma_bytes tensor_flops divergent_branches "
    "barrier_waits"
).split()
CLASSES = (
    "alu fma mma wgmma sfu global_load global_store shared_load shared_store ldmatrix stmatrix async_copy tma "
    "atomic shuffle barrier branch convert move other"
).split()
BUFFER = "x=i32[65536]:arange"
folder = sys.argv[1]
compared = wrong = 0


def differs(name, what, want, got):
    global wrong
    if want != got:
        wrong += 1
        print(f"{name}: {what}: {want} by hand, {got} counted")


def check(
    name,
    body,
    classes,
    threads,
    block="32",
    grid="1",
    shared="",
    before="",
    options=(),
    arguments=None,
    parameters=None,
    flops=None,
    shared_bytes=None,
    **counts,
):
    """Counts and classes that are not given are 0; warp instructions are the sum of the classes."""
    global compared
    compared += 1
    takes = "[x]" in body
    arguments = arguments if arguments is not None else ([BUFFER] if takes else [])
    parameters = parameters if parameters is not None else (".param .u64 x" if takes else "")
    path = os.path.join(folder, name + ".ptx")
    with open(path, "w") as file:
        file.write(f""".version 8.6
.target sm_90a
.address_size 64
{before}
.visible .entry k({parameters}) .reqntid {block}
{{
  .reg .pred %p<4>; .reg .b16 %h<8>; .reg .b32 %r<256>; .reg .b64 %rd<16>; .reg .f32 %f<256>; .reg .f64 %d<32>;
  {shared}
{body}
  ret;
}}
""")
    command = ["tessera", "explain", path, "--grid", grid, "--json", *options]
    for argument in arguments:
        command += ["--arg", argument]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        return differs(name, "runs", "yes", ran.stderr)
    found = json.loads(ran.stdout)
    totals = found["totals"]
    counts["thread_instructions"] = threads
    counts["warp_instructions"] = sum(classes.values())
    for key in COUNTS:
        differs(name, key, counts.pop(key, 0), totals[key])
        differs(name, "lines of " + key, totals[key], sum(line[key] for line in found["lines"]))
    for key in CLASSES:
        differs(name, key, classes.get(key, 0), totals["classes"][key])
    for key, want in counts.items():
        differs(name, key, want, totals[key])
    if flops is not None:
        differs(name, "flops", flops, {kind: count for kind, count in totals["flops"].items() if count})
    if shared_bytes is not None:
        differs(name, "shared_bytes", shared_bytes, found["shared_bytes"])


def times(count, classes):
    return {key: count * value for key, value in classes.items()}


# ---- Global memory: sectors of 32 bytes. Lane i at stride * i; five instructions before the access, with the return.
LOAD = dict(move=2, alu=2, branch=1, global_load=1)
STORE = dict(move=2, alu=2, branch=1, global_store=1)
ATOMIC = dict(move=2, alu=2, branch=1, atomic=1)


def access(name, stride, instruction, classes, threads, sectors, least, size, block="32", **counts):
    check(
        name,
        f"""  ld.param.b64 %rd1, [x];
  mov.u32 %r1, %tid.x;
  mul.wide.u32 %rd2, %r1, {stride};
  add.s64 %rd3, %rd1, %rd2;
  {instruction}""",
        classes,
        threads,
        block,
        global_sectors=sectors,
        global_sectors_least=least,
        global_bytes=size,
        **counts,
    )


access("contiguous", 4, "ld.global.b32 %r2, [%rd3];", LOAD, 192, 4, 4, 128)
access("misaligned", 4, "ld.global.b32 %r2, [%rd3+4];", LOAD, 192, 5, 4, 128)
access("every-second", 8, "ld.global.b32 %r2, [%rd3];", LOAD, 192, 8, 4, 128)
access("every-eighth", 32, "ld.global.b32 %r2, [%rd3];", LOAD, 192, 32, 4, 128)
access("one-word", 0, "ld.global.b32 %r2, [%rd3];", LOAD, 192, 1, 1, 4)
access("vectors-of-4", 16, "ld.global.v4.b32 {%r2, %r3, %r4, %r5}, [%rd3];", LOAD, 192, 16, 16, 512)
access("vectors-misaligned", 16, "ld.global.v4.b32 {%r2, %r3, %r4, %r5}, [%rd3+16];", LOAD, 192, 17, 16, 512)
access("vectors-of-2", 8, "ld.global.v2.b32 {%r2, %r3}, [%rd3+8];", LOAD, 192, 9, 8, 256)
access("bytes", 1, "ld.global.u8 %r2, [%rd3];", LOAD, 192, 1, 1, 32)
access("bytes-across", 1, "ld.global.u8 %r2, [%rd3+31];", LOAD, 192, 2, 1, 32)
access("halves-apart", 4, "ld.global.u16 %h2, [%rd3];", LOAD, 192, 4, 2, 64)
access(
    "five-lanes",
    4,
    "setp.lt.u32 %p1, %r1, 5; @%p1 ld.global.b32 %r2, [%rd3];",
    {**LOAD, "alu": 3},
    32 * 6 + 5,
    1,
    1,
    20,
)
access("no-lane", 4, "setp.gt.u32 %p1, %r1, 50; @%p1 ld.global.b32 %r2, [%rd3];", {**LOAD, "alu": 3}, 32 * 6, 0, 0, 0)
access("ragged-warp", 4, "ld.global.b32 %r2, [%rd3];", times(2, LOAD), 6 * 40, 5, 5, 160, block="40")
access("all-store-one-word", 0, "st.global.b32 [%rd3], 7;", STORE, 192, 1, 1, 4)
access("atomics-on-one-word", 0, "red.global.add.u32 [%rd3], 1;", ATOMIC, 192, 1, 1, 4, l1_bypass_bytes=4)
access("atomics-apart", 4, "atom.global.add.u32 %r2, [%rd3], 1;", ATOMIC, 192, 4, 4, 128, l1_bypass_bytes=128)
access(
    "atomic-vectors",
    16,
    "red.global.add.v4.f32 [%rd3], {%f1, %f2, %f3, %f4};",
    ATOMIC,
    192,
    16,
    16,
    512,
    l1_bypass_bytes=512,
)
access("past-l1", 4, "ld.global.cg.b32 %r2, [%rd3];", LOAD, 192, 4, 4, 128, l1_bypass_bytes=128)
access("generic", 4, "ld.b32 %r2, [%rd3];", LOAD, 192, 4, 4, 128)
# 8 x 4 threads, rows 400 bytes apart: rows begin at 0, 400, 800, 1200, every second one in the middle of a sector.
check(
    "rows-of-8",
    """  ld.param.b64 %rd1, [x];
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, %tid.y;
  mul.lo.u32 %r3, %r2, 400;
  mad.lo.u32 %r4, %r1, 4, %r3;
  cvt.u64.u32 %rd2, %r4;
  add.s64 %rd3, %rd1, %rd2;
  ld.global.b32 %r5, [%rd3];""",
    dict(move=3, alu=3, convert=1, global_load=1, branch=1),
    9 * 32,
    block="8,4,1",
    global_sectors=6,
    global_sectors_least=4,
    global_bytes=128,
)
# 96 threads; the first 50 load halves, the others store them: 64 bytes, 36 bytes from 64 on; 28 from 100 on, 64 bytes.
check(
    "three-warps",
    """  ld.param.b64 %rd1, [x];
  mov.u32 %r1, %tid.x;
  mul.wide.u32 %rd2, %r1, 2;
  add.s64 %rd3, %rd1, %rd2;
  setp.lt.u32 %p1, %r1, 50;
  mov.u16 %h1, 0;
  @%p1 ld.global.u16 %h1, [%rd3];
  @!%p1 st.global.u16 [%rd3], %h1;""",
    dict(move=9, alu=9, global_load=3, global_store=3, branch=3),
    96 * 7 + 50 + 46,
    block="96",
    global_sectors=2 + 2 + 1 + 2,
    global_sectors_least=2 + 2 + 1 + 2,
    global_bytes=192,
)
check(
    "classes",
    """  ld.param.b64 %rd1, [x];
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, %ctaid.x;
  mov.u32 %r3, %ntid.x;
  mad.lo.u32 %r4, %r2, %r3, %r1;
  mul.wide.u32 %rd2, %r4, 4;
  add.s64 %rd3, %rd1, %rd2;
  ld.global.f32 %f1, [%rd3];
  fma.rn.f32 %f2, %f1, %f1, %f1;
  sqrt.approx.f32 %f3, %f2;
  cvt.rzi.s32.f32 %r5, %f3;
  st.global.b32 [%rd3], %r5;""",
    times(6, dict(move=4, alu=3, global_load=1, fma=1, sfu=1, convert=1, global_store=1, branch=1)),
    13 * 192,
    block="64",
    grid="3",
    global_sectors=48,
    global_sectors_least=48,
    global_bytes=1536,
)
check(
    "local",
    "  mov.u32 %r1, %tid.x; st.local.b32 [l], %r1; ld.local.b32 %r2, [l];",
    dict(move=1, other=2, branch=1),
    128,
    shared=".local .align 4 .b8 l[16];",
    local_bytes=256,
)

# ---- Shared memory: wavefronts of 32 banks of 4 bytes.
TILE = ".shared .align 128 .b8 t[8192];"


def bank(name, stride, instruction, wavefronts, least, kind="shared_load", alu=1, threads=None, middle=""):
    check(
        name,
        f"""  mov.u32 %r1, %tid.x;
  mov.u32 %r2, t;
  mad.lo.u32 %r3, %r1, {stride}, %r2;
  {middle}
  {instruction}""",
        {"move": 2, "alu": alu, "branch": 1, kind: 1},
        threads or 32 * (4 + alu),
        shared=TILE,
        shared_wavefronts=wavefronts,
        shared_wavefronts_least=least,
        shared_bytes=8192,
    )


WORD, VECTOR = "ld.shared.b32 %r4, [%r3];", "ld.shared.v4.b32 {%r4, %r5, %r6, %r7}, [%r3];"
for ways in (1, 2, 4, 8, 16, 32):
    bank(f"load-4-{ways}-ways", 4 * ways, WORD, ways, 1)
    bank(f"store-4-{ways}-ways", 4 * ways, "st.shared.b32 [%r3], %r1;", ways, 1, "shared_store")
for ways in (1, 2, 4, 8, 16):  # 16 lanes at a time
    bank(f"load-8-{ways}-ways", 8 * ways, "ld.shared.b64 %rd4, [%r3];", 2 * ways, 2)
for ways in (1, 2, 4, 8):  # 8 lanes at a time
    bank(f"load-16-{ways}-ways", 16 * ways, VECTOR, 4 * ways, 4)
    bank(
        f"store-16-{ways}-ways", 16 * ways, "st.shared.v4.b32 [%r3], {%r1, %r1, %r1, %r1};", 4 * ways, 4, "shared_store"
    )
bank("padded-column", 33 * 4, WORD, 1, 1)
bank("padded-vectors", 144, VECTOR, 4, 4)  # rows of 36 words: 8 lanes begin at banks 0, 4, ... 28
bank("odd-stride", 20, WORD, 1, 1)
bank("stride-6", 24, WORD, 2, 1)
bank("stride-12", 48, WORD, 4, 1)
bank("one-word-for-all", 0, WORD, 1, 1)
bank("one-vector-for-all", 0, VECTOR, 1, 1)
bank(
    "two-words", 0, "ld.shared.b32 %r4, [%r5];", 1, 1, alu=3, middle="and.b32 %r4, %r1, 1; mad.lo.u32 %r5, %r4, 4, %r2;"
)
bank(
    "two-words-of-a-bank",
    0,
    "ld.shared.b32 %r4, [%r5];",
    2,
    1,
    alu=3,
    middle="and.b32 %r4, %r1, 1; mad.lo.u32 %r5, %r4, 128, %r2;",
)
bank("bytes-of-words", 1, "ld.shared.u8 %r4, [%r3];", 1, 1)
bank("bytes-of-a-column", 128, "ld.shared.u8 %r4, [%r3];", 32, 1)
bank("halves-4-ways", 16, "ld.shared.u16 %h4, [%r3];", 4, 1)
bank(
    "even-lanes",
    8,
    "@%p1 ld.shared.b32 %r4, [%r3];",
    2,
    1,
    alu=3,
    threads=32 * 6 + 16,
    middle="and.b32 %r4, %r1, 1; setp.eq.u32 %p1, %r4, 0;",
)
bank(
    "half-a-warp",
    8,
    "@%p1 ld.shared.b64 %rd4, [%r3];",
    1,
    1,
    alu=2,
    threads=32 * 5 + 16,
    middle="setp.lt.u32 %p1, %r1, 16;",
)
bank(
    "swizzled-column",
    0,
    "ld.shared.b32 %r4, [%r7];",
    1,
    1,
    alu=4,
    middle="xor.b32 %r5, %r1, 5; mad.lo.u32 %r6, %r1, 128, %r2; mad.lo.u32 %r7, %r5, 4, %r6;",
)
bank("atomics-on-one-place", 0, "red.shared.add.u32 [%r3], 1;", 32, 1, "atomic")
bank("atomics-side-by-side", 4, "red.shared.add.u32 [%r3], 1;", 1, 1, "atomic")
bank("atomics-2-ways", 8, "atom.shared.add.u32 %r4, [%r3], 1;", 2, 1, "atomic")
check(
    "shared-ragged",
    "  mov.u32 %r1, %tid.x; mov.u32 %r2, t; mad.lo.u32 %r3, %r1, 8, %r2; st.shared.b32 [%r3], %r1;",
    dict(move=4, alu=2, shared_store=2, branch=2),
    5 * 48,
    shared=TILE,
    block="48",
    shared_wavefronts=3,
    shared_wavefronts_least=2,
)

# ---- ldmatrix and stmatrix: lane i has row i % 8 of matrix i / 8, which stand 16 bytes apart in rows of `pitch` bytes.
ROWS = """and.b32 %r3, %r1, 7;
  shr.u32 %r4, %r1, 3;
  mad.lo.u32 %r5, %r3, PITCH, %r2;
  mad.lo.u32 %r9, %r4, 16, %r5;"""
SWIZZLED = """and.b32 %r3, %r1, 7;
  shr.u32 %r4, %r1, 3;
  xor.b32 %r6, %r3, %r4;
  mad.lo.u32 %r5, %r3, 128, %r2;
  mad.lo.u32 %r9, %r6, 16, %r5;"""
for count, registers in ((1, "{%r10}"), (2, "{%r10, %r11}"), (4, "{%r10, %r11, %r12, %r13}")):
    for modifier in ("", ".trans"):
        for kind, instruction in (
            ("ldmatrix", f"ldmatrix.sync.aligned.m8n8.x{count}{modifier}.shared.b16 {registers}, [%r9];"),
            ("stmatrix", f"stmatrix.sync.aligned.m8n8.x{count}{modifier}.shared.b16 [%r9], {registers};"),
        ):
            for layout, rows, alu, wavefronts in (
                ("plain", ROWS.replace("PITCH", "128"), 4, 8),
                ("padded", ROWS.replace("PITCH", "144"), 4, 1),
                ("narrow", ROWS.replace("PITCH", "64"), 4, 4),
                ("swizzled", SWIZZLED, 5, 1),
            ):
                check(
                    f"{kind}-{count}{modifier}-{layout}",
                    f"  mov.u32 %r1, %tid.x; mov.u32 %r2, t;\n  {rows}\n  {instruction}",
                    {"move": 2, "alu": alu, kind: 1, "branch": 1},
                    32 * (4 + alu),
                    shared=TILE,
                    shared_wavefronts=count * wavefronts,
                    shared_wavefronts_least=count,
                )

# ---- cp.async: bytes that are read, sectors they lie in, wavefronts of what is written.


def copy(
    name, size, instruction, sectors, least, read, wavefronts, wavefronts_least, past=0, alu=3, middle="", threads=320
):
    check(
        name,
        f"""  ld.param.b64 %rd1, [x];
  mov.u32 %r1, %tid.x;
  mov.u32 %r2, t;
  mad.lo.u32 %r3, %r1, {size}, %r2;
  mul.wide.u32 %rd2, %r1, {size};
  add.s64 %rd3, %rd1, %rd2;
  {middle}
  {instruction}
  cp.async.commit_group;
  cp.async.wait_group 0;""",
        dict(move=3, alu=alu, async_copy=3, branch=1),
        threads,
        shared=TILE,
        global_sectors=sectors,
        global_sectors_least=least,
        async_copy_bytes=read,
        shared_wavefronts=wavefronts,
        shared_wavefronts_least=wavefronts_least,
        l1_bypass_bytes=past,
    )


copy("copy-4", 4, "cp.async.ca.shared.global [%r3], [%rd3], 4;", 4, 4, 128, 1, 1)
copy("copy-4-misaligned", 4, "cp.async.ca.shared.global [%r3], [%rd3+4], 4;", 5, 4, 128, 1, 1)
copy("copy-8", 8, "cp.async.ca.shared.global [%r3], [%rd3], 8;", 8, 8, 256, 2, 2)
copy("copy-16", 16, "cp.async.ca.shared.global [%r3], [%rd3], 16;", 16, 16, 512, 4, 4)
copy("copy-16-past-l1", 16, "cp.async.cg.shared.global [%r3], [%rd3], 16;", 16, 16, 512, 4, 4, past=512)
copy("copy-8-of-16", 16, "cp.async.cg.shared.global [%r3], [%rd3], 16, 8;", 16, 8, 256, 4, 4, past=256)
copy("copy-4-of-8", 8, "cp.async.ca.shared.global [%r3], [%rd3], 8, 4;", 8, 4, 128, 2, 2)
copy("copy-0-of-16", 16, "cp.async.ca.shared.global [%r3], [%rd3], 16, 0;", 0, 0, 0, 4, 4)
copy(
    "copy-ignoring",
    16,
    "cp.async.cg.shared.global [%r3], [%rd3], 16, %p1;",
    4,
    4,
    128,
    4,
    4,
    past=128,
    alu=4,
    middle="setp.ge.u32 %p1, %r1, 8;",
    threads=352,
)

# ---- Bulk copies and tensors: bytes inside the tensor. One lane copies, all wait for the mbarrier.
check(
    "bulk",
    """  mov.u32 %r1, %tid.x;
  mov.u32 %r2, t;
  mov.u32 %r3, b;
  ld.param.b64 %rd1, [x];
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra wait;
  mbarrier.init.shared.b64 [%r3], 1;
  fence.mbarrier_init.release.cluster;
  mbarrier.arrive.expect_tx.shared.b64 _, [%r3], 1024;
  cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1], 1024, [%r3];
wait:
  bar.warp.sync -1;
spin:
  mbarrier.try_wait.parity.shared.b64 %p2, [%r3], 0;
  @!%p2 bra spin;""",
    dict(move=4, alu=1, branch=3, barrier=5, tma=1),
    5 * 32 + 31 + 4 + 3 * 32,
    shared=TILE + ".shared .align 8 .b64 b;",
    tma_bytes=1024,
    divergent_branches=1,
    barrier_waits=1,
)
TENSOR = [BUFFER.replace("65536", "64,64"), "d=desc(x,[64,64],[64,1],[16,32])"]  # boxes of 16 rows of 32 words
HEAD = """  mov.u32 %r1, %tid.x;
  mov.u32 %r2, t;
  mov.b64 %rd1, d;
  cvta.param.u64 %rd1, %rd1;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 ret;
"""
BOTH = ".param .u64 x, .param .align 64 .b8 d[128]"
for name, x, y, inside in (
    ("inside", 0, 0, 16 * 32),
    ("right", 40, 0, 16 * 24),
    ("top", 0, -4, 12 * 32),
    ("corner", -8, 60, 4 * 24),
    ("outside", 64, 0, 0),
):
    check(
        f"tensor-load-{name}",
        HEAD + f"""  mov.u32 %r3, b;
  mbarrier.init.shared.b64 [%r3], 1;
  mbarrier.arrive.expect_tx.shared.b64 _, [%r3], 2048;
  cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r2], [%rd1, {{{x}, {y}}}], [%r3];
spin:
  mbarrier.try_wait.parity.shared.b64 %p2, [%r3], 0;
  @!%p2 bra spin;""",
        dict(move=5, alu=1, barrier=3, tma=1, branch=3),
        5 * 32 + 31 + 6,
        arguments=TENSOR,
        parameters=BOTH,
        shared=TILE + ".shared .align 8 .b64 b;",
        tma_bytes=4 * inside,
        barrier_waits=1,
    )
for name, instruction, x, y, inside in (
    ("store", "cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group", 0, 0, 16 * 32),
    ("store-right", "cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group", 40, 0, 16 * 24),
    ("add-bottom", "cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group", 0, 50, 14 * 32),
):
    check(
        f"tensor-{name}",
        HEAD + f"""  {instruction} [%rd1, {{{x}, {y}}}], [%r2];
  cp.async.bulk.commit_group;
  cp.async.bulk.wait_group 0;""",
        dict(move=4, alu=1, branch=2, tma=3),
        5 * 32 + 31 + 4,
        arguments=TENSOR,
        parameters=BOTH,
        shared=TILE,
        tma_bytes=4 * inside,
    )

# ---- Products: 2 m n k.


def registers(letter, count, first=1):
    return "{" + ", ".join(f"%{letter}{first + i}" for i in range(count)) + "}"


F4, R2, R4 = registers("f", 4), registers("r", 2, 20), registers("r", 4, 20)
for shape, d, a, b, flops, kind in (
    ("m16n8k8.row.col.f32.f16.f16.f32", F4, registers("r", 2), "%r9", 2048, "tensor_fp16"),
    ("m16n8k16.row.col.f32.f16.f16.f32", F4, registers("r", 4), registers("r", 2, 9), 4096, "tensor_fp16"),
    ("m16n8k16.row.col.f16.f16.f16.f16", R2, registers("r", 4), registers("r", 2, 9), 4096, "tensor_fp16"),
    ("m16n8k8.row.col.f32.bf16.bf16.f32", F4, registers("r", 2), "%r9", 2048, "tensor_fp16"),
    ("m16n8k16.row.col.f32.bf16.bf16.f32", F4, registers("r", 4), registers("r", 2, 9), 4096, "tensor_fp16"),
    ("m16n8k4.row.col.f32.tf32.tf32.f32", F4, registers("r", 2), "%r9", 1024, "tensor_tf32"),
    ("m16n8k8.row.col.f32.tf32.tf32.f32", F4, registers("r", 4), registers("r", 2, 9), 2048, "tensor_tf32"),
    ("m8n8k4.row.col.f64.f64.f64.f64", registers("d", 2), "%d5", "%d6", 512, "tensor_fp64"),
    ("m16n8k4.row.col.f64.f64.f64.f64", registers("d", 4), registers("d", 2, 5), "%d8", 1024, "tensor_fp64"),
    (
        "m16n8k8.row.col.f64.f64.f64.f64",
        registers("d", 4),
        registers("d", 4, 5),
        registers("d", 2, 10),
        2048,
        "tensor_fp64",
    ),
    (
        "m16n8k16.row.col.f64.f64.f64.f64",
        registers("d", 4),
        registers("d", 8, 5),
        registers("d", 4, 20),
        4096,
        "tensor_fp64",
    ),
    ("m8n8k16.row.col.s32.s8.s8.s32", R2, "%r1", "%r9", 2048, "tensor_int8"),
    ("m16n8k16.row.col.s32.u8.s8.s32", R4, registers("r", 2), "%r9", 4096, "tensor_int8"),
    ("m16n8k32.row.col.satfinite.s32.s8.s8.s32", R4, registers("r", 4), registers("r", 2, 9), 8192, "tensor_int8"),
    ("m16n8k32.row.col.f32.e4m3.e5m2.f32", F4, registers("r", 4), registers("r", 2, 9), 8192, "tensor_fp8"),
    ("m8n8k32.row.col.s32.s4.s4.s32", R2, "%r1", "%r9", 4096, "tensor_int8"),
    ("m16n8k64.row.col.s32.u4.s4.s32", R4, registers("r", 4), registers("r", 2, 9), 16384, "tensor_int8"),
    ("m16n8k256.row.col.s32.b1.b1.s32.xor.popc", R4, registers("r", 4), registers("r", 2, 9), 65536, "tensor_int8"),
):
    check(
        f"mma-{shape}",
        f"  mma.sync.aligned.{shape} {d}, {a}, {b}, {d};",
        dict(mma=1, branch=1),
        64,
        tensor_flops=flops,
        flops={kind: flops},
    )
for shape, d, a, b, flops, kind in (
    ("m16n16k16.f32.f32", registers("f", 8), registers("r", 8), registers("r", 8, 20), 8192, "tensor_fp16"),
    ("m32n8k16.f16.f16", registers("r", 4, 40), registers("r", 8), registers("r", 8, 20), 8192, "tensor_fp16"),
    ("m16n16k8.f32.tf32.tf32.f32", registers("f", 8), registers("r", 4), registers("r", 4, 20), 4096, "tensor_tf32"),
    ("m16n16k16.s32.s8.s8.s32", registers("r", 8), registers("r", 2, 20), registers("r", 2, 30), 8192, "tensor_int8"),
):
    check(
        f"wmma-{shape}",
        f"  wmma.mma.sync.aligned.row.col.{shape} {d}, {a}, {b}, {d};",
        dict(mma=1, branch=1),
        64,
        tensor_flops=flops,
        flops={kind: flops},
    )
for shape, d, tail, flops, kind in (
    ("m64n8k16.f32.f16.f16", registers("f", 4), "1, 1, 1, 0, 0", 2 * 64 * 8 * 16, "tensor_fp16"),
    ("m64n256k16.f32.f16.f16", registers("f", 128), "1, 1, 1, 0, 0", 2 * 64 * 256 * 16, "tensor_fp16"),
    ("m64n64k16.f32.bf16.bf16", registers("f", 32), "1, 1, 1, 0, 0", 2 * 64 * 64 * 16, "tensor_fp16"),
    ("m64n16k8.f32.tf32.tf32", registers("f", 8), "1, 1, 1", 2 * 64 * 16 * 8, "tensor_tf32"),
    ("m64n32k32.f32.e4m3.e4m3", registers("f", 16), "1, 1, 1", 2 * 64 * 32 * 32, "tensor_fp8"),
    ("m64n32k32.s32.s8.s8", registers("r", 16), "1", 2 * 64 * 32 * 32, "tensor_int8"),
):
    check(
        f"wgmma-{shape}",
        f"""  mov.u32 %r200, m;
  shr.u32 %r201, %r200, 4;
  cvt.u64.u32 %rd1, %r201;
  or.b64 %rd1, %rd1, 0x0000000800080000;
  wgmma.fence.sync.aligned;
  wgmma.mma_async.sync.aligned.{shape} {d}, %rd1, %rd1, {tail};
  wgmma.commit_group.sync.aligned;
  wgmma.wait_group.sync.aligned 0;""",
        times(4, dict(move=1, alu=2, convert=1, wgmma=4, branch=1)),
        9 * 128,
        block="128",
        shared=".shared .align 1024 .b8 m[32768];",
        tensor_flops=flops,
        flops={kind: flops},
    )
check(
    "operations",
    """  fma.rn.f16x2 %r1, %r2, %r3, %r4;
  add.f32 %f1, %f2, %f3;
  mul.f64 %d1, %d2, %d3;
  div.rn.f32 %f4, %f1, %f2;
  ex2.approx.f32 %f5, %f4;
  max.f32 %f6, %f5, %f4;
  sub.bf16x2 %r5, %r6, %r7;""",
    dict(fma=4, sfu=2, alu=1, branch=1),
    8 * 32,
    flops={"fp16": 32 * 4 + 32 * 2, "fp32": 32 * 2, "fp64": 32},
)

# ---- Barriers and control.
check("barrier", "  bar.sync 0;", dict(barrier=2, branch=2), 128, block="64", barrier_waits=2)
check("barrier-counted", "  bar.sync 1, 64;", dict(barrier=2, branch=2), 128, block="64", barrier_waits=2)
check(
    "barrier-reducing",
    "  setp.eq.u32 %p1, %r1, 0; barrier.cta.red.popc.u32 %r2, 0, %p1;",
    dict(alu=2, barrier=2, branch=2),
    192,
    block="64",
    barrier_waits=2,
)
check("barrier-of-a-warp", "  bar.warp.sync -1; membar.gl;", dict(barrier=2, branch=1), 96)
check(
    "arrive-and-wait",
    """  mov.u32 %r1, %tid.x;
  setp.ge.u32 %p1, %r1, 32;
  @%p1 bra consumer;
  barrier.cta.arrive 1, 64;
  bra.uni end;
consumer:
  barrier.cta.sync 1, 64;
end:""",
    dict(move=2, alu=2, branch=5, barrier=2),
    64 * 3 + 32 * 4,
    block="64",
    barrier_waits=1,
)
check(
    "barrier-of-a-cluster",
    "  barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;",
    dict(barrier=4, branch=2),
    192,
    grid="2",
    options=("--cluster", "2"),
    barrier_waits=2,
)
check(
    "mbarrier",
    """  mov.u32 %r1, %tid.x;
  mov.u32 %r2, b;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra ready;
  mbarrier.init.shared.b64 [%r2], 64;
ready:
  bar.sync 0;
  mbarrier.arrive.shared.b64 %rd1, [%r2];
spin:
  mbarrier.test_wait.shared.b64 %p2, [%r2], %rd1;
  @!%p2 bra spin;""",
    dict(move=4, alu=2, branch=6, barrier=7),
    64 * 3 + 63 + 1 + 64 * 4,
    block="64",
    shared=".shared .align 8 .b64 b;",
    divergent_branches=1,
    barrier_waits=4,
)
# Lane i goes round i + 1 times; round j has 33 - j lanes, of which one leaves.
check(
    "lanes-leave-a-loop",
    """  mov.u32 %r1, %tid.x;
round:
  sub.s32 %r1, %r1, 1;
  setp.ge.s32 %p1, %r1, 0;
  @%p1 bra round;""",
    dict(move=1, alu=64, branch=33),
    32 + 2 * 528 + 496 + 32,
    divergent_branches=31,
)
check(
    "uniform-loop",
    """  mov.u32 %r1, 10;
round:
  sub.s32 %r1, %r1, 1;
  setp.gt.s32 %p1, %r1, 0;
  @%p1 bra round;""",
    dict(move=2, alu=40, branch=22),
    64 * (1 + 20 + 9 + 1),
    block="64",
)
check(
    "if-and-else",
    """  mov.u32 %r1, %tid.x;
  setp.lt.u32 %p1, %r1, 10;
  @%p1 bra then;
  add.u32 %r2, %r1, 1;
  add.u32 %r2, %r2, 1;
  bra.uni end;
then:
  mul.lo.u32 %r2, %r1, 3;
end:
  add.u32 %r3, %r2, 1;""",
    dict(move=1, alu=5, branch=3),
    64 + 10 + 66 + 10 + 64,
    divergent_branches=1,
)
check(
    "if-of-a-warp",
    """  mov.u32 %r1, %tid.x;
  setp.lt.u32 %p1, %r1, 32;
  @%p1 bra end;
  add.u32 %r2, %r1, 1;
end:""",
    dict(move=2, alu=3, branch=4),
    64 + 64 + 32 + 32 + 64,
    block="64",
)
check(
    "four-targets",
    """  mov.u32 %r1, %tid.x;
  and.b32 %r2, %r1, 3;
targets: .branchtargets A, B, C, D;
  brx.idx %r2, targets;
A: add.u32 %r3, %r1, 1; bra.uni end;
B: add.u32 %r3, %r1, 2; bra.uni end;
C: add.u32 %r3, %r1, 3; bra.uni end;
D: add.u32 %r3, %r1, 4;
end:""",
    dict(move=1, alu=5, branch=5),
    96 + 32 + 24 + 32,
    divergent_branches=1,
)
FUNCTION = """.func (.param .b32 o) f(.param .b32 i)
{ .reg .b32 %r<4>; ld.param.b32 %r1, [i]; add.u32 %r2, %r1, 1; st.param.b32 [o], %r2; ret; }"""
CALL = "{ .param .b32 a; .param .b32 b; st.param.b32 [a], %r1; call (b), f, (a); ld.param.b32 %r1, [b]; }"
check("call", "  mov.u32 %r1, %tid.x;\n" + CALL, dict(move=5, alu=1, branch=3), 9 * 32, before=FUNCTION)
check(
    "call-of-8-lanes",
    f"  mov.u32 %r1, %tid.x; setp.ge.u32 %p1, %r1, 8; @%p1 bra end;\n{CALL}\nend:",
    dict(move=5, alu=2, branch=4),
    64 + 24 + 8 * 7 + 32,
    before=FUNCTION,
    divergent_branches=1,
)
check(
    "exchanges",
    """  mov.u32 %r1, %laneid;
  shfl.sync.idx.b32 %r2, %r1, 0, 31, -1;
  vote.sync.ballot.b32 %r3, %p1, -1;
  match.any.sync.b32 %r4, %r1, -1;
  redux.sync.add.u32 %r5, %r1, -1;
  activemask.b32 %r6;
  elect.sync %r7|%p2, -1;
  movmatrix.sync.aligned.m8n8.trans.b16 %r8, %r1;""",
    dict(move=1, shuffle=7, branch=1),
    288,
)
check(
    "dynamic-shared",
    "  mov.u32 %r1, %tid.x; mov.u32 %r2, dynamic; mad.lo.u32 %r3, %r1, 4, %r2; st.shared.b32 [%r3], %r1;",
    dict(move=2, alu=1, shared_store=1, branch=1),
    160,
    before=".extern .shared .align 16 .b8 dynamic[];",
    options=("--shared", "100000"),
    shared_wavefronts=1,
    shared_wavefronts_least=1,
    shared_bytes=100000,
)

print(compared, "kernels,", wrong, "wrong counts")
