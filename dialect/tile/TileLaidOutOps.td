//===- TileLaidOutOps.td - Operations of the laid-out stage ---*- tablegen -*-===//
//
// Operations that occur only once every tensor has a layout: conversions between layouts, shared memory, tensor-core instructions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILELAIDOUTOPS
#define TESSERA_DIALECT_TILE_TILELAIDOUTOPS

include "dialect/tile/TileTypes.td"

def Tile_LaidOutGroup : OpDocGroup {
  let summary = "Laid-out operations";
  let description = "What occurs only once every tensor has a layout.";
}

let opDocGroup = Tile_LaidOutGroup in {

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure, SameOperandsAndResultShape, SameOperandsAndResultElementType]> {
  let summary = "moves a tensor from one layout to another";
  let description = [{
    The same tensor, held by other registers, lanes and warps. What it costs follows from the two maps: nothing, renaming, shuffles, or a
    round trip through shared memory.

    Constraints: (C1) same shape; (C2) same element type; (C3) both have an encoding.

    ```mlir
    %y = tile.convert_layout %x : tensor<32x2xf32, #rows> -> tensor<32x2xf32, #columns>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source);
  let results = (outs Tile_AnyTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Tile_AllocOp : Tile_Op<"alloc", []> {
  let summary = "reserves shared memory";
  let description = [{
    A buffer in the shared memory of the program. `offset`, in bytes from its start, is absent until shared memory has been allocated.

    Constraints: (C1) `offset` is a multiple of 16, and not negative.

    ```mlir
    %b = tile.alloc offset 1024 : !tile.buffer<96xi8>
    ```
  }];
  let arguments = (ins OptionalAttr<I32Attr>:$offset);
  let results = (outs Res<Tile_Buffer, "", [MemAlloc<Tile_SharedMemory>]>:$result);
  let assemblyFormat = "(`offset` $offset^)? attr-dict `:` qualified(type($result))";
  let builders = [OpBuilder<(ins "::mlir::Type":$type), [{ build($_builder, $_state, type, ::mlir::IntegerAttr()); }]>];
  let hasVerifier = 1;
}

def Tile_LocalStoreOp : Tile_Op<"local_store", []> {
  let summary = "writes a tensor to shared memory";
  let description = [{
    Each thread writes what it holds to the places that the map of the buffer says. Other threads see it after a `tile.barrier`.

    Constraints: (C1) `value` has the shape and element type of `buffer`; (C2) `value` has an encoding; (C3) `buffer` has a map.

    ```mlir
    tile.local_store %x, %b : tensor<32x2xf32, #rows>, !tile.buffer<32x2xf32, #shared>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$value, Arg<Tile_Buffer, "", [MemWrite<Tile_SharedMemory>]>:$buffer);
  let assemblyFormat = "$value `,` $buffer attr-dict `:` type($value) `,` qualified(type($buffer))";
  let hasVerifier = 1;
}

def Tile_LocalLoadOp : Tile_Op<"local_load", []> {
  let summary = "reads a tensor from shared memory";
  let description = [{
    Each thread reads what it is to hold from the places that the map of the buffer says.

    Constraints: (C1) the result has the shape and element type of `buffer`; (C2) the result has an encoding; (C3) `buffer` has a map.

    ```mlir
    %x = tile.local_load %b : !tile.buffer<32x2xf32, #shared> -> tensor<32x2xf32, #rows>
    ```
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead<Tile_SharedMemory>]>:$buffer);
  let results = (outs Tile_AnyTensor:$result);
  let assemblyFormat = "$buffer attr-dict `:` qualified(type($buffer)) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_MmaOp : Tile_Op<"mma", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "matrix product plus accumulator on tensor cores";
  let description = [{
    `result[m, n] = acc[m, n] + sum over k of a[m, k] * b[k, n]`, with rank 3 for every index of the leading batch dimension, by warp-wide instructions of `kind`. The
    layouts of `a`, `b` and `acc` are the fragments of the instruction, repeated. `precision` says how f32 operands reach it: `tf32` rounded, `tf32x3`, `bf16x3` and
    `bf16x6` split in parts and multiplied several times.

    | `kind` | m, n, k | `a`, `b` | `acc` |
    |---|---|---|---|
    | `m16n8k16.f32.f16` | 16, 8, 16 | f16 | f32 |
    | `m16n8k16.f32.bf16` | 16, 8, 16 | bf16 (f32 with `bf16x3`, `bf16x6`) | f32 |
    | `m16n8k16.f16.f16` | 16, 8, 16 | f16 | f16 |
    | `m16n8k8.f32.tf32` | 16, 8, 8 | f32 | f32 |
    | `m16n8k32.s32.s8` | 16, 8, 32 | i8 | i32 |
    | `m16n8k32.f32.e4m3` | 16, 8, 32 | f8E4M3FN | f32 |
    | `m16n8k32.f32.e5m2` | 16, 8, 32 | f8E5M2 | f32 |
    | `m8n8k4.f64.f64` | 8, 8, 4 | f64 | f64 |

    Constraints: (C1) ranks and sides agree as for `tile.dot`; (C2) the element types are those of `kind`; (C3) the sides are at least those of the instruction; (C4) all have encodings.

    ```mlir
    %c = tile.mma m16n8k16.f32.f16 %a, %b, %acc : tensor<16x16xf16, #a>, tensor<16x8xf16, #b>, tensor<16x8xf32, #acc>
    ```
  }];
  let arguments = (ins Tile_MmaKindAttr:$kind, Tile_NumberTensor:$a, Tile_NumberTensor:$b, Tile_NumberTensor:$acc,
      DefaultValuedAttr<Tile_InputPrecisionAttr, "InputPrecision::TF32">:$precision);
  let results = (outs Tile_NumberTensor:$result);
  let assemblyFormat = [{
    `` $kind $a `,` $b `,` $acc (`precision` `=` `` $precision^)? attr-dict `:` type($a) `,` type($b) `,` type($acc)
  }];
  let hasVerifier = 1;
}

} // let opDocGroup

#endif // TESSERA_DIALECT_TILE_TILELAIDOUTOPS
