# Which kernels are compiled how: what make-triton-ptx makes. A type followed by :16 is divisible by 16.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

BOTH = (80, 90)


def products(make):
    def strided(name, arch, type, result, acc="tl.float32", activation="", order="rc", sizes=(64, 64, 32), **rest):
        """order: what is contiguous of a and b: r(ows) or c(olumns)."""
        bm, bn, bk = sizes
        fixed = {"sak" if order[0] == "r" else "sam": 1, "sbn" if order[1] == "r" else "sbk": 1}
        strides = "".join(f" {s}=i32:16" for s in ("sam", "sak", "sbk", "sbn") if s not in fixed)
        make(f"triton/{name}.sm_{arch}", "triton/matmul.py", "strided", arch,
             f"a=*{type}:16 b=*{type}:16 c=*{result}:16 M=i32 N=i32 K=i32{strides} scm=i32:16", **fixed, ACC=acc, ACTIVATION=activation, BM=bm, BN=bn,
             BK=bk, GROUP=4, **rest)

    for arch in BOTH:
        strided("matmul-f16-4-stages", arch, "fp16", "fp16", activation="leaky", order="rr", stages=4)
        strided("matmul-f16-1-stage", arch, "fp16", "fp32", order="cc", stages=1)
        strided("matmul-bf16-transposed-a", arch, "bf16", "bf16", order="cr", sizes=(128, 64, 64), stages=3)
        strided("matmul-f16-transposed-b", arch, "fp16", "fp16", order="rc", sizes=(64, 128, 64), stages=3)
        strided("matmul-tf32-4-stages", arch, "fp32", "fp32", order="rc", stages=4)
        strided("matmul-i8-3-stages", arch, "i8", "i32", "tl.int32", order="rc", sizes=(64, 64, 64), stages=3)
        strided("matmul-f16-in-f16", arch, "fp16", "fp16", "tl.float16", order="rr", stages=3)
    for arch in (89, 90):
        strided("matmul-e4m3", arch, "fp8e4nv", "fp16", order="rc", sizes=(64, 64, 64), stages=3)
        strided("matmul-e5m2", arch, "fp8e5", "fp16", order="rc", sizes=(64, 64, 64), stages=4)
    strided("matmul-tf32-narrow", 90, "fp32", "fp32", order="rr", sizes=(64, 32, 32))
    strided("matmul-tf32-narrowest", 90, "fp32", "fp32", order="rc", sizes=(64, 16, 32), stages=2)
    strided("matmul-i8-wide", 90, "i8", "i32", "tl.int32", order="rc", sizes=(64, 128, 64))
    strided("matmul-f16-8-warps", 90, "fp16", "fp16", order="rr", sizes=(128, 128, 64), stages=4, warps=8)
    strided("matmul-f16-cluster", 90, "fp16", "fp16", order="rr", sizes=(128, 128, 64), stages=3, ctas=2)

    def described(name, kernel, arch, type, result, acc=None, sizes=(64, 64, 64), b="nk", c=None, batch=False, **rest):
        bm, bn, bk = sizes
        lead = "1," if batch else ""
        block = lambda type, rows, columns: f"tensordesc<{type}[{lead}{rows},{columns}]>"
        result_block = block(result, *(c or (bm, bn)))
        more = {} if acc is None else {"ACC": acc, "TRANSPOSED": b == "nk"}
        make(f"triton/{name}.sm_{arch}", "triton/matmul.py", kernel, arch,
             f"a={block(type, bm, bk)} b={block(type, *((bn, bk) if b == 'nk' else (bk, bn)))} c={result_block} M=i32 N=i32 K=i32", BM=bm, BN=bn, BK=bk,
             **more, **rest)

    f32 = "tl.float32"
    for arch in BOTH:
        described("described-f16-3-stages", "described", arch, "fp16", "fp16", f32, b="kn", GROUP=4, stages=3)
        described("batched", "batched", arch, "fp16", "fp16", b="kn", sizes=(64, 64, 32), batch=True)
        described("split-described", "split_described", arch, "fp16", "fp32", b="kn", SPLIT=3)
    described("described-bf16-4-stages", "described", 90, "bf16", "bf16", f32, sizes=(64, 128, 32), GROUP=4, stages=4)
    described("described-tf32", "described", 90, "fp32", "fp32", f32, sizes=(64, 64, 32), GROUP=4, stages=3)
    described("described-i8", "described", 90, "i8", "i32", "tl.int32", sizes=(64, 64, 128), GROUP=4, stages=3)
    described("described-f16-narrow", "described", 90, "fp16", "fp16", f32, sizes=(64, 16, 16), GROUP=4)
    described("described-e4m3", "described", 90, "fp8e4nv", "fp16", f32, sizes=(64, 64, 128), GROUP=4)
    described("described-e5m2", "described", 90, "fp8e5", "bf16", f32, sizes=(64, 64, 64), GROUP=4, stages=4)
    described("described-f16-8-warps", "described", 90, "fp16", "fp16", f32, sizes=(128, 256, 64), GROUP=4, stages=3, warps=8)
    described("described-f16-cluster", "described", 90, "fp16", "fp16", f32, sizes=(128, 128, 64), GROUP=4, ctas=2)
    for arch in BOTH:
        persistent = lambda name, flatten, specialize, parts, **rest: described(
            f"persistent-described-{name}", "persistent_described", arch, "fp16", "fp16", c=(64, 64 // parts), FLATTEN=flatten, SPECIALIZE=specialize,
            SUBTILES=parts, GROUP=4, **rest)
        persistent("flat", True, False, 2, stages=4 if arch == 90 else 2)
        if arch == 90:
            persistent("plain", False, False, 1)
            persistent("specialized", False, True, 1)
            persistent("specialized-flat", True, True, 2)
    pointers = "a=*fp16:16 b=*fp16:16 c=*fp16:16 M=i32 N=i32:16 K=i32:16"
    for arch in BOTH:
        one = lambda name, kernel, arguments, **rest: make(f"triton/{name}.sm_{arch}", "triton/matmul.py", kernel, arch, arguments, **rest)
        one("device-described", "device_described", pointers, BM=64, BN=64, BK=64, GROUP=4)
        one("persistent", "persistent", pointers, BM=64, BN=64, BK=32, GROUP=4)
        one("persistent-device-described", "persistent_device_described", pointers, FLATTEN=True, BM=64, BN=64, BK=64, GROUP=4)
        groups = "pointers_a=*i64:16 pointers_b=*i64:16 pointers_c=*i64:16 sizes=*i32:16 groups=i32"
        one("grouped", "grouped", groups, BM=64, BN=64, BK=32)
        one("grouped-described", "grouped_described", groups, BM=64, BN=64, BK=64)
        one("split", "split", "a=*fp16:16 b=*fp16:16 c=*fp32:16 M=i32 N=i32:16 K=i32:16", BM=32, BN=64, BK=32, SPLIT=3)
        one("stream", "stream", "a=*fp16:16 b=*fp16:16 c=*fp32:16 locks=*i32:16 M=i32 N=i32:16 K=i32:16", BM=64, BN=64, BK=32)
        one("widened", "widened", "a=*i8:16 b=*fp16:16 c=*fp16:16 scales=*fp32:16 M=i32 N=i32:16 K=i32:16", BM=64, BN=64, BK=64)
        one("four-bits", "four_bits", "a=*fp16:16 b=*i32:16 c=*fp16:16 scales=*fp16:16 zeros=*fp16:16 M=i32 N=i32:16 K=i32:16", PER=32, BM=64, BN=64,
            BK=32)
        one("convolution", "convolution", "x=*fp16:16 w=*fp16:16 y=*fp16:16 N=i32 C=i32:16 H=i32 W=i32 F=i32:16", BM=64, BN=32, BK=32)
        one("experts", "experts", "x=*bf16:16 w=*bf16:16 y=*bf16:16 tokens=*i32:16 expert_of=*i32:16 M=i32 N=i32:16 K=i32:16", BM=32, BN=64, BK=32)
    for arch in (89, 90):
        make(f"triton/block-scaled.sm_{arch}", "triton/matmul.py", "block_scaled", arch,
             "a=*fp8e4nv:16 b=*fp8e4nv:16 c=*bf16:16 scales_a=*fp32:16 scales_b=*fp32:16 M=i32 N=i32 K=i32:16", BM=64, BN=64, BK=128)
    for fa, fb in (("e4m3", "e2m1"), ("e2m1", "e5m2")):
        types = {"e4m3": "fp8e4nv", "e5m2": "fp8e5", "e2m1": "u8"}
        make(f"triton/micro-scaled-{fa}-{fb}.sm_90", "triton/matmul.py", "micro_scaled", 90, f"a=*{types[fa]}:16 b=*{types[fb]}:16 c=*fp32:16 "
             "scales_a=*u8:16 scales_b=*u8:16 N=i32:16 K=i32:16", FORMAT_A=fa, FORMAT_B=fb, BM=64, BN=32, BK=64)
    for precision in ("bf16x3", "bf16x6", "ieee"):
        make(f"triton/precise-{precision}.sm_90", "triton/matmul.py", "precise", 90, "a=*fp32:16 b=*fp32:16 c=*fp32:16 K=i32:16", PRECISION=precision, BM=32,
             BN=32, BK=32, stages=2)


def attention(make):
    def one(name, kernel, arch, arguments, **rest):
        make(f"triton/attention-{name}.sm_{arch}", "triton/attention.py", kernel, arch, arguments, **rest)

    rows = lambda type, m, n: f"tensordesc<{type}[{m},{n}]>"
    for name, type, d, causal, transposed, warps in (
            ("described-full", "fp16", 64, False, False, 4), ("described-causal", "fp16", 64, True, False, 4),
            ("described-wide", "bf16", 128, True, False, 8),
            ("described-e5m2", "fp8e5", 64, False, True, 4)):
        bm, bn = (128, 64) if d == 128 else (64, 64)
        one(name, "described", 90, f"q={rows(type, bm, d)} k={rows(type, bn, d)} v={rows(type, *((d, bn) if transposed else (bn, d)))} "
            f"out={rows('fp16' if type == 'fp8e5' else type, bm, d)} sums=*fp32:16 scale=fp32 length=i32", CAUSAL=causal, TRANSPOSED_V=transposed, D=d,
            BM=bm, BN=bn, warps=warps)
    whole = "q=*fp16:16 k=*fp16:16 v=*fp16:16 out=*fp16:16 sums=*fp32:16 scale=fp32 heads=i32 length=i32"
    back = "q=*fp16:16 k=*fp16:16 v=*fp16:16 grad=*fp16:16 sums=*fp32:16 delta=*fp32:16"
    for arch in BOTH:
        for causal in (False, True):
            kind = "causal" if causal else "full"
            one(f"device-{kind}", "device_described", arch, whole, CAUSAL=causal, D=64, BM=64, BN=64)
            one(f"keys-{kind}", "backward_keys", arch, back + " dk=*fp16:16 dv=*fp16:16 scale=fp32 length=i32", CAUSAL=causal, D=64, BM=32, BN=64, stages=2)
            one(f"queries-{kind}", "backward_queries", arch, back + " dq=*fp16:16 scale=fp32 length=i32", CAUSAL=causal, D=64, BM=64, BN=32, stages=2)
        one("pointers", "pointers", arch, whole, CAUSAL=True, D=64, BM=64, BN=32)
        one("dots", "backward_dots", arch, "out=*fp16:16 grad=*fp16:16 delta=*fp32:16 rows=i32", D=64, BM=32)
        one("decode", "decode_parts", arch, "q=*fp16:16 pages=*fp16:16 table=*i32:16 lengths=*i32:16 out=*fp32:16 sums=*fp32:16 scale=fp32", PAGE=32,
            MOST=16, HEADS=16, D=64, PARTS=4)
        one("join", "decode_join", arch, "parts=*fp32:16 sums=*fp32:16 out=*fp16:16", HEADS=16, D=64, PARTS=4)
    for name, stages, d in (("specialized", 3, 64), ("specialized-wide", 2, 128)):
        one(name, "specialized", 90, " ".join(f"{n}={rows('fp16', 64, d)}" for n in ("q", "k", "v", "out")) + " sums=*fp32:16 scale=fp32 length=i32", D=d,
            BM=64, BN=64, stages=stages)
    one("keys-described", "backward_keys_described", 90, " ".join(f"{n}={rows('fp16', m, 64)}" for n, m in (("q", 64), ("k", 64), ("v", 64), ("grad", 64))) +
        " sums=*fp32:16 delta=*fp32:16 " + " ".join(f"{n}={rows('fp16', 64, 64)}" for n in ("dk", "dv")) + " scale=fp32 length=i32", D=64, BM=64, BN=64,
        stages=2)


def rows(make):
    def one(name, kernel, arguments, archs=BOTH, **rest):
        for arch in archs:
            make(f"triton/{name}.sm_{arch}", "triton/norm.py", kernel, arch, arguments, **rest)

    one("layer-norm", "layer_norm", "x=*fp16:16 out=*fp16:16 weight=*fp16:16 bias=*fp16:16 means=*fp32:16 scales=*fp32:16 columns=i32:16 eps=fp32",
        BLOCK=1024)
    one("layer-norm-backward", "layer_norm_backward", "dx=*fp16:16 dy=*fp16:16 dw=*fp32:16 db=*fp32:16 x=*fp16:16 weight=*fp16:16 means=*fp32:16 "
        "scales=*fp32:16 locks=*i32:16 columns=i32", GROUPS=4, BLOCK=512)
    one("column-sums", "column_sums", "parts_w=*fp32:16 parts_b=*fp32:16 dw=*fp32:16 db=*fp32:16 rows=i32 columns=i32", BM=32, BN=32)
    one("rms-norm", "rms_norm", "x=*bf16:16 out=*bf16:16 weight=*bf16:16 scales=*fp32:16 columns=i32 eps=fp32", BLOCK=256)
    one("rms-norm-backward", "rms_norm_backward", "x=*bf16:16 dy=*bf16:16 weight=*bf16:16 scales=*fp32:16 dx=*bf16:16 dw=*fp32:16 rows=i32 columns=i32:16",
        BLOCK=512)
    one("batch-norm", "batch_norm", "x=*fp32:16 means=*fp32:16 variances=*fp32:16 rows=i32 columns=i32", (90,), BM=64, BN=32)
    one("group-norm", "group_norm", "x=*fp16:16 out=*fp16:16 weight=*fp32:16 bias=*fp32:16 channels=i32 pixels=i32 eps=fp32", (80,), PER=6, BM=8, BN=128)
    one("softmax-rows", "softmax_rows", "x=*fp32:16 out=*fp32:16 stride_x=i32:16 stride_out=i32:16 rows=i32 columns=i32", BLOCK=512, STAGES=4)
    one("softmax-online", "softmax_online", "x=*fp16:16 out=*fp32:16 columns=i32", (80,), BLOCK=256, warps=2)
    one("softmax-backward", "softmax_backward", "y=*fp16:16 dy=*fp16:16 dx=*fp16:16 columns=i32:16", (90,), BLOCK=512, warps=8)
    one("cross-entropy", "cross_entropy", "logits=*bf16:16 labels=*i64:16 losses=*fp32:16 columns=i32 ignored=i32 smoothing=fp32", BLOCK=512)
    one("quantise-rows", "quantise_rows", "x=*fp16:16 out=*i8:16 scales=*fp32:16 columns=i32:16", BLOCK=512)
    one("quantise-blocks", "quantise_blocks", "x=*bf16:16 out=*fp8e4nv:16 scales=*fp32:16 n=i32", (89, 90), BLOCK=1024, GROUP=128)
    one("block-pointers", "ema_and_norm", "x=*fp32:16 state=*fp32:16 out=*fp32:16 rows=i32 columns=i32 decay=fp32", (80,), BM=16, BN=32)


def elements(make):
    def one(name, kernel, arguments, archs=BOTH, **rest):
        for arch in archs:
            make(f"triton/{name}.sm_{arch}", "triton/elements.py", kernel, arch, arguments, **rest)

    one("seeded-dropout", "seeded_dropout", "x=*fp32:16 out=*fp32:16 n=i32 p=fp32 seed=i32", BLOCK=256)
    one("philox-words", "philox_words", "out=*i32:16 normals=*fp32:16 n=i32 seed=i64", (90,), BLOCK=128)
    for backward in (False, True):
        one("rotary-backward" if backward else "rotary", "rotary", "q=*bf16:16 cosines=*fp32:16 sines=*fp32:16 length=i32", (80 if backward else 90,),
            HEADS=4, HALF=32, BACKWARD=backward)
    one("swiglu", "swiglu", "x=*bf16:16 y=*bf16:16 dz=*bf16:16 z=*bf16:16 dx=*bf16:16 dy=*bf16:16 n=i32", BLOCK=512)
    one("gelus", "gelus", "x=*fp16:16 out=*fp32:16 n=i32", (80,), BLOCK=256)
    one("packed-bfloats", "packed_bfloats", "x=*bf16:16 y=*bf16:16 out=*bf16:16 n=i32:16", BLOCK=256)
    one("embedding", "embedding", "table=*fp16:16 indices=*i64:16 out=*fp16:16 columns=i32 missing=i32", (90,), BLOCK=128)
    one("embedding-backward", "embedding_backward", "grad=*fp16:16 indices=*i64:16 out=*fp32:16 columns=i32:16 missing=i32", BLOCK=128)
    one("adam", "adam", "p=*fp32:16 g=*bf16:16 m=*fp32:16 v=*fp32:16 n=i32 rate=fp32 beta1=fp32 beta2=fp32 eps=fp32 decay=fp32 step=i32", (80,), BLOCK=256)
    one("conversions", "conversions", "x=*fp32:16 halves=*fp16:16 bfloats=*bf16:16 e5=*fp8e5:16 integers=*i32:16 back=*fp32:16 n=i32", (90,), BLOCK=256)
    one("eight-bit-floats", "eight_bit_floats", "x=*fp32:16 e4=*fp8e4nv:16 e5=*fp8e5:16 sums=*fp32:16 n=i32", (90,), BLOCK=512)
    one("scans", "scans", "x=*i32:16 sums=*i32:16 tops=*i32:16 products=*fp32:16 reversed=*i32:16", (80,), M=16, N=32)
    one("recurrence", "recurrence", "a=*fp32:16 x=*fp32:16 out=*fp32:16 length=i32 channels=i32", BT=16, BC=32)
    one("sort-rows", "sort_rows", "x=*i16:16 out=*i32:16 tops=*i64:16 columns=i32", (90,), K=8, BLOCK=64, warps=2)
    one("compact", "compact", "x=*i32:16 out=*i32:16 places=*i32:16 counts=*i32:16 n=i32 limit=i32", (80,), BLOCK=256)
    one("gather-rows", "gather_rows", "x=*fp32:16 index=*i32:16 out=*fp32:16", (80,), M=32, N=64)
    one("align-experts", "align_experts", "chosen=*i32:16 sorted=*i32:16 starts=*i32:16 counts=*i32:16 n=i32", EXPERTS=16, BM=16, BLOCK=128)
    one("atomic-kinds", "atomic_kinds", "x=*i32:16 counters=*i32:16 wide=*i64:16 n=i32", BLOCK=128)
    one("bytes-by-assembly", "bytes_by_assembly", "x=*i8:16 out=*i8:16 n=i32", (80,), BLOCK=512)
    one("matrices", "matrices", "x=*i32:16 out=*i32:16 M=i32 N=i32 stride=i32:16", (80,), BM=32, BN=32)
    one("doubles", "doubles", "x=*fp64:16 y=*fp64:16 out=*fp64:16 n=i32", (80,), BLOCK=128)
    one("two-phases", "two_phases", "x=*fp32:16 parts=*fp32:16 out=*fp32:16 arrived=*i32:16 n=i32", BLOCK=128, PROGRAMS=8)
    one("dependent", "dependent", "x=*i32:16 y=*i32:16 n=i32", (90,), BLOCK=256, options={"launch_pdl": True})
    one("four-bit-exponents", "bytes_with_four_bit_exponents", "x=*fp16:16 packed=*i8:16 out=*fp16:16 n=i32", (80,), BLOCK=512)
    one("integers", "integers", "x=*i32:16 y=*i32:16 out=*i64:16 n=i32", (80,), BLOCK=128)


def descriptors(make):
    def one(name, kernel, arguments, archs=(90,), **rest):
        for arch in archs:
            make(f"triton/descriptor-{name}.sm_{arch}", "triton/descriptors.py", kernel, arch, arguments, **rest)

    two = lambda type, m, n, names=("x", "y"): " ".join(f"{x}=tensordesc<{type}[{m},{n}]>" for x in names)
    one("copy-f16", "copy_2d", two("fp16", 32, 64), BOTH, BM=32, BN=64)
    one("copy-f32-wide", "copy_2d", two("fp32", 16, 128), BM=16, BN=128)
    one("copy-i8-narrow", "copy_2d", two("i8", 64, 16), BM=64, BN=16)
    one("copy-i64", "copy_2d", two("i64", 16, 32), BM=16, BN=32)
    one("copy-u32", "copy_2d", two("u32", 8, 8), BM=8, BN=8)
    one("copy-f64", "copy_2d", two("fp64", 16, 16), BM=16, BN=16)
    one("padded-f16", "padded_2d", two("fp16", 32, 32, ("x",)) + " out=*fp16:16", BOTH, BM=32, BN=32)
    one("padded-f32", "padded_2d", two("fp32", 32, 16, ("x",)) + " out=*fp32:16", BM=32, BN=16)
    one("padded-bf16", "padded_2d", two("bf16", 16, 128, ("x",)) + " out=*bf16:16", BM=16, BN=128)
    for padding in ("zero", "nan"):
        one(f"device-{padding}", "padded_device", "x=*fp32:16 out=*fp32:16 M=i32 N=i32:16", BOTH if padding == "nan" else (90,), PADDING=padding, BM=32, BN=32)
    one("1d", "copy_1d", "x=tensordesc<fp32[128]> y=tensordesc<fp32[128]>", B0=128)
    one("3d", "copy_3d", "x=tensordesc<i32[2,8,32]> y=tensordesc<i32[2,8,32]>", BOTH, A=2, B=8, C=32)
    one("4d", "copy_4d", "x=tensordesc<i16[2,4,4,32]> y=tensordesc<i16[2,4,4,32]> e=i32", A=2, B=4, C=4, D=32)
    one("5d", "copy_5d", "x=tensordesc<i32[1,2,4,2,16]> y=tensordesc<i32[1,2,4,2,16]> d=i32 e=i32", A=1, B=2, C=4, D=2, E=16)
    one("device-5d", "device_5d", "x=*i16:16 y=*i16:16 a=i32 b=i32 c=i32 d=i32 e=i32:16", A=2, B=2, C=2, D=2, E=16)
    one("device-transpose", "device_transpose", "x=*fp16:16 y=*fp16:16 M=i32:16 N=i32:16", BM=64, BN=32)
    for kind, types in (("add", ("fp32", "fp16", "bf16", "i32", "u32", "u64")), ("min", ("i32", "u32", "i64", "u64")),
                        ("max", ("i32", "u32", "i64", "u64")), ("and", ("i32", "i64")), ("or", ("i32", "u64")), ("xor", ("u32", "i64"))):
        for type in types:
            one(f"{kind}-{type}", "reductions", two(type, 8, 32), KIND=kind, BM=8, BN=32)
    one("softmax", "row_softmax", two("bf16", 8, 256) + " rows=i32", BOTH, BM=8, BN=256)
    one("several", "several", "x=*i32:16 y=*i32:16 rows=i32 columns=i32:16", BM=8, BN=32)
    one("ragged", "ragged", "x=tensordesc<fp16[1,1,16,32]> y=tensordesc<fp16[1,1,16,32]> sizes=*i32:16", BM=16, BN=32)


def arithmetic(make):
    def one(name, kernel, arguments, archs=BOTH, **rest):
        for arch in archs:
            make(f"triton/{name}.sm_{arch}", "triton/arithmetic.py", kernel, arch, arguments, **rest)

    one("halves", "halves", "x=*fp16:16 y=*fp16:16 z=*fp16:16 out=*fp16:16 flags=*i32:16 n=i32:16", BLOCK=512)
    one("unsigned", "unsigned", "x=*u32:16 y=*u32:16 out=*u32:16 wide=*u64:16 n=i32", (80,), BLOCK=128)
    one("signed", "signed", "x=*i64:16 y=*i64:16 out=*i64:16 n=i32", (80,), BLOCK=128)
    one("rows-of-integers", "rows_of_integers", "x=*i32:16 u=*u32:16 out=*i32:16 unsigned=*u32:16", (90,), M=8, N=128)
    one("kept", "kept", "x=*i32:16 out=*i32:16 n=i32:16", BLOCK=512)
    one("more-conversions", "more_conversions", "x=*fp32:16 words=*i64:16 halves=*fp16:16 singles=*fp32:16 shorts=*u16:16 n=i32", (80,), BLOCK=128)
    one("sums-of-fours", "sums_of_fours", "x=*fp32:16 out=*fp32:16 counters=*i32:16 n=i32:16", BLOCK=512)


def hopper(make):
    def one(name, kernel, arguments, **rest):
        make(f"triton/hopper-{name}.sm_90", "triton/hopper.py", kernel, 90, arguments, **rest)

    one("ring", "ring", "a=*fp16:16 b=*fp16:16 c=*fp16:16 M=i32 N=i32:16 K=i32:16", BM=64, BN=64, BK=64, STAGES=3)
    one("ring-wide", "ring", "a=*fp16:16 b=*fp16:16 c=*fp16:16 M=i32 N=i32:16 K=i32:16", BM=128, BN=256, BK=64, STAGES=2, warps=8)
    one("left-in-registers", "left_in_registers", "a=*fp16:16 b=*fp16:16 c=*fp32:16 N=i32:16 K=i32:16", BM=64, BN=64, BK=32)
    one("copies-arrive", "copies_arrive", "x=*fp32:16 y=*fp32:16 n=i32:16", BLOCK=512)
    one("three-parts", "three_parts", "x=*i32:16 y=*i32:16 M=i32 N=i32:16", BM=16, BN=16)


def first(make):
    """What the suite began with, from kernels.py and features.py."""
    def one(name, kernel, arguments, arch=80, file="kernels.py", **rest):
        make(f"triton-{name}", file, kernel, arch, arguments, **rest)

    one("add", "add", "x=*fp32:16 y=*fp32:16 out=*fp32:16 n=i32", BLOCK=1024)
    one("softmax", "softmax", "x=*fp32:16 out=*fp32:16 stride=i32 columns=i32", BLOCK=1024)
    one("layer-norm", "layer_norm", "x=*fp16:16 out=*fp16:16 weight=*fp16:16 bias=*fp16:16 stride=i32:16 columns=i32 eps=fp32", BLOCK=256)
    one("dropout", "dropout", "x=*fp32:16 out=*fp32:16 n=i32 p=fp32 seed=i32", BLOCK=512)
    one("scan-sort", "scan_sort", "x=*i32:16 sums=*i32:16 sorted=*i32:16 tops=*i32", BLOCK=512)
    one("row-sums", "row_sums", "x=*fp32:16 out=*fp32:16 columns=i32:16", BM=32, BN=64)
    one("transpose", "transpose", "x=*fp16:16 out=*fp16:16 M=i32:16 N=i32:16", BM=64, BN=64)
    one("sin-erf", "sin_erf", "x=*fp32:16 out=*fp32:16 n=i32", BLOCK=256)
    for arch, prefix in ((80, ""), (90, "hopper-")):
        for type in ("fp16", "bf16", "fp32"):
            one(f"{prefix}matmul-{type}", "matmul", f"a=*{type}:16 b=*{type}:16 c=*{type}:16 M=i32 N=i32 K=i32:16 sam=i32:16 sbk=i32:16 scm=i32:16", arch,
                sak=1, sbn=1, BM=64, BN=64, BK=32, GROUP=8)
        wide = {"BM": 128, "BN": 128, "BK": 32} if arch == 80 else {"BM": 128, "BN": 256, "BK": 64}
        one(f"{prefix}matmul-large", "matmul", "a=*fp16:16 b=*fp16:16 c=*fp16:16 M=i32:16 N=i32:16 K=i32:16 sam=i32:16 sbk=i32:16 scm=i32:16", arch, sak=1,
            sbn=1, GROUP=8, warps=8, **wide)
        one(f"{prefix}matmul-int8", "matmul_int8", "a=*i8:16 b=*i8:16 c=*i32:16 M=i32:16 N=i32:16 K=i32:16", arch, BM=64, BN=64, BK=64)
        for causal in (True, False):
            one(f"{prefix}attention-{causal}", "attention", "q=*fp16:16 k=*fp16:16 v=*fp16:16 out=*fp16:16 scale=fp32 heads=i32 length=i32", arch,
                CAUSAL=causal, BM=64, BN=64, D=64)

    def feature(name, arch, arguments, **rest):
        one(f"feature-{name}-{arch}", name, arguments, arch, "features.py", **rest)

    feature("printing", 80, "x=*fp32:16 n=i32", BLOCK=128)
    feature("asserting", 80, "x=*i32:16 n=i32", BLOCK=128, options={"debug": True})
    feature("fp8", 80, "x=*fp32:16 y=*fp8e5:16 z=*fp32:16 n=i32:16", BLOCK=512)
    feature("fp8e4", 89, "x=*fp32:16 y=*fp8e4nv:16 z=*fp32:16 n=i32:16", BLOCK=512)
    for arch in (89, 90):
        feature("fp8dot", arch, "a=*fp8e4nv:16 b=*fp8e4nv:16 c=*fp32:16", BM=64, BK=64)
    feature("hist", 80, "x=*i32:16 out=*i32:16", BLOCK=512)
    feature("gather", 80, "x=*fp32:16 idx=*i32:16 out=*fp32:16", BLOCK=512)
    feature("assoc", 80, "x=*fp32:16 y=*fp32:16 out=*fp32:16", BM=16, BN=64)
    feature("dot64", 80, "a=*fp64:16 b=*fp64:16 c=*fp64:16", BM=32, BK=32)
    feature("locks", 80, "lock=*i32:16 data=*i32:16 n=i32", BLOCK=128)
    for arch in BOTH:
        feature("dots", arch, "a=*fp32:16 b=*fp32:16 c=*fp32:16 d=*fp32:16 e=*fp32:16", BM=32, BK=32)
        feature("atomics", arch, "x=*fp32:16 o16=*fp16:16 obf=*bf16:16 oi=*i32:16 o64=*i64:16 n=i32", BLOCK=256)
    feature("lib", 80, "x=*fp32:16 out=*fp32:16 n=i32", BLOCK=128)
    feature("asm", 80, "x=*i32:16 out=*i32:16", BLOCK=256)
    feature("topk", 80, "x=*fp32:16 out=*fp32:16", BM=8, BN=64)


def describe(make):
    first(make)
    products(make)
    attention(make)
    rows(make)
    elements(make)
    descriptors(make)
    arithmetic(make)
    hopper(make)
