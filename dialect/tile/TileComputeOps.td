//===- TileComputeOps.td - Dots, reductions, scans ------------*- tablegen -*-===//
//
// Operations that combine elements of tensors: matrix products, reductions, scans, gathers, histograms, inline assembly. Elementwise arithmetic
// is that of the `arith` and `math` dialects.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILECOMPUTEOPS
#define TESSERA_DIALECT_TILE_TILECOMPUTEOPS

include "dialect/tile/TileTypes.td"

def Tile_ComputeGroup : OpDocGroup {
  let summary = "Computation";
  let description = "What combines elements of tensors. Elementwise arithmetic is that of the dialects arith and math.";
}

let opDocGroup = Tile_ComputeGroup in {

def Tile_DotOp : Tile_Op<"dot", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "matrix product plus accumulator";
  let description = [{
    `result[m, n] = acc[m, n] + sum over k of a[m, k] * b[k, n]`; with rank 3 so for every index of the leading batch dimension. The order of the sum is not
    specified. `precision` says how f32 operands are multiplied. If `max_imprecise_acc` is positive, at most so many products of fp8
    operands may be added at reduced precision before they join the accumulator.

    | `a`, `b` | `acc` |
    |---|---|
    | f16 | f32 f16 |
    | bf16 | f32 bf16 |
    | f32 | f32 |
    | f64 | f64 |
    | f8E4M3FN, f8E5M2 (mixed too) | f32 f16 |
    | i8 (signed) | i32 |

    Laid out, this form multiplies without tensor cores.

    Constraints: (C1) `a`, `b` and `acc` have rank 2, or all rank 3; (C2) the inner dimensions agree, `a[M, K]` and `b[K, N]`; (C3) `acc` is `[M, N]`; (C4) the batch
    dimensions agree; (C5) the element types are a row of the table; (C6) `max_imprecise_acc` is not negative.

    ```mlir
    %c = tile.dot %a, %b, %acc precision = tf32x3 : tensor<64x32xf32>, tensor<32x16xf32>, tensor<64x16xf32>
    ```
  }];
  let arguments = (ins Tile_NumberTensor:$a, Tile_NumberTensor:$b, Tile_NumberTensor:$acc,
      DefaultValuedAttr<Tile_InputPrecisionAttr, "InputPrecision::TF32">:$precision, DefaultValuedAttr<I32Attr, "0">:$max_imprecise_acc);
  let results = (outs Tile_NumberTensor:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc (`precision` `=` `` $precision^)? (`max_imprecise_acc` `=` $max_imprecise_acc^)? attr-dict
    `:` type($a) `,` type($b) `,` type($acc)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reductions and scans
//===----------------------------------------------------------------------===//

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ParentOneOf<["ReduceOp", "ScanOp"]>]> {
  let summary = "returns the combined values of a reduce or scan";
  let description = [{
    Constraints: (C1) as many operands as the enclosing operation has, of their element types.

    ```mlir
    tile.yield %sum : f32
    ```
  }];
  let arguments = (ins Variadic<Tile_AnyScalar>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Tile_ReduceOp : Tile_Op<"reduce", [
    Pure, IsolatedFromAbove, SingleBlock, SameOperandsShape, Tile_SameOperandsEncoding, Tile_InfersType]> {
  let summary = "combines the elements along a dimension";
  let description = [{
    `n` tensors of one shape are reduced together: the `n` results at an index are the combination of the `n`-tuples of elements along
    `axis`. `combine` takes two tuples, `acc...` then `cur...`, and yields one; it must be associative and commutative, for the order is not
    specified. Results lack the dimension `axis`; from tensors of rank 1 they are scalars.

    Laid out: the coordinate of `axis` is dropped from every basis vector of the layout and register bits that become zero go; lanes and warps along the axis then hold copies.

    Constraints: (C1) at least one operand, all of one shape and encoding; (C2) `axis` is a dimension; (C3) `combine` takes the element types twice; (C4) and yields them once;
    (C5) its operations have no side effects; (C6) the results have the inferred types.

    ```mlir
    %sum = tile.reduce(%x) axis 1 combine (%acc: f32, %cur: f32) {
      %0 = arith.addf %acc, %cur : f32
      tile.yield %0 : f32
    } : (tensor<64x32xf32>) -> tensor<64xf32>
    ```
  }];
  let arguments = (ins Variadic<Tile_AnyTensor>:$operands, I32Attr:$axis);
  let results = (outs Variadic<Tile_AnyValue>:$results);
  let regions = (region SizedRegion<1>:$combine);
  let assemblyFormat = [{
    `(` $operands `)` `axis` $axis `combine` custom<CombineRegion>($combine) attr-dict `:` functional-type($operands, $results)
  }];
  let hasCanonicalizeMethod = 1;
  let hasRegionVerifier = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Creates the block of `combine` with its arguments, for a builder to fill.
    ::mlir::Block *createCombineBlock();
    /// The operation, if `combine` is exactly one operation on (acc, cur) that is yielded; null otherwise.
    ::mlir::Operation *getSingleCombiner();
  }];
}

def Tile_ScanOp : Tile_Op<"scan", [
    Pure, IsolatedFromAbove, SingleBlock, SameOperandsShape, Tile_SameEncoding, Tile_InfersType]> {
  let summary = "running combination of the elements along a dimension";
  let description = [{
    As `tile.reduce`, but keeps every intermediate value: `result[i]` combines the elements `0 .. i` along `axis`, or `i .. end` with `reverse`.
    `combine` must be associative; it is called with the earlier tuple (the later with `reverse`) first.

    Constraints: (C1) at least one operand, all of one shape and encoding; (C2) `axis` is a dimension; (C3) `combine` takes the element types twice; (C4) and yields them once;
    (C5) its operations have no side effects; (C6) the results have the types of the operands.

    ```mlir
    %sums = tile.scan(%x) axis 0 reverse combine (%acc: f32, %cur: f32) {
      %0 = arith.addf %acc, %cur : f32
      tile.yield %0 : f32
    } : (tensor<128xf32>) -> tensor<128xf32>
    ```
  }];
  let arguments = (ins Variadic<Tile_AnyTensor>:$operands, I32Attr:$axis, UnitAttr:$reverse);
  let results = (outs Variadic<Tile_AnyTensor>:$results);
  let regions = (region SizedRegion<1>:$combine);
  let assemblyFormat = [{
    `(` $operands `)` `axis` $axis (`reverse` $reverse^)? `combine` custom<CombineRegion>($combine) attr-dict
    `:` functional-type($operands, $results)
  }];
  let hasFolder = 1;
  let hasRegionVerifier = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Creates the block of `combine` with its arguments, for a builder to fill.
    ::mlir::Block *createCombineBlock();
    /// The operation, if `combine` is exactly one operation on (acc, cur) that is yielded; null otherwise.
    ::mlir::Operation *getSingleCombiner();
  }];
}

//===----------------------------------------------------------------------===//
// Data-dependent movement
//===----------------------------------------------------------------------===//

def Tile_GatherOp : Tile_Op<"gather", [Pure, Tile_InfersType]> {
  let summary = "picks elements along a dimension by index";
  let description = [{
    `result[..., i, ...] = source[..., indices[..., i, ...], ...]` along `axis`. An index outside the source gives an undefined value.

    Constraints: (C1) `axis` is a dimension of `source`; (C2) `indices` has its rank; (C3) and its sides but along `axis`; (C4) the result has the shape and encoding of
    `indices` and the element type of `source`.

    ```mlir
    %y = tile.gather %x[%i] axis 0 : tensor<64x32xf32>, tensor<16x32xi32> -> tensor<16x32xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source, Tile_IntTensor:$indices, I32Attr:$axis);
  let results = (outs Tile_AnyTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$source `[` $indices `]` `axis` $axis attr-dict `:` type($source) `,` type($indices) `->` type($result)";
}

def Tile_HistogramOp : Tile_Op<"histogram", [
    Pure, OptionalTypesMatchWith<"mask is i1 in the shape of source", "source", "mask", "::tessera::tile::getBoolLike($_self)">]> {
  let summary = "counts how often each value occurs";
  let description = [{
    `result[v]` is the number of elements of `source` that equal `v`, for `v` in `[0, bins)`; the number of bins is the length of the result. Elements outside, and
    elements where `mask` is false, are not counted.

    Constraints: (C1) `source` has rank 1; (C2) so has the result; (C3) `mask` is i1 in the shape of `source`.

    ```mlir
    %counts = tile.histogram %x mask(%m) : tensor<128xi32> -> tensor<16xi32>
    ```
  }];
  let arguments = (ins Tile_IntTensor:$source, Optional<Tile_BoolTensor>:$mask);
  let results = (outs Tile_I32Tensor:$result);
  let assemblyFormat = "$source (`mask` `(` $mask^ `)`)? attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Inline assembly
//===----------------------------------------------------------------------===//

def Tile_InlineAsmOp : Tile_Op<"inline_asm", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, DeclareOpInterfaceMethods<ConditionallySpeculatable>, Tile_SameEncoding]> {
  let summary = "PTX applied element by element";
  let description = [{
    Runs `asm_string` once for every `pack` consecutive elements of each thread. `constraints` are those of LLVM: outputs first, then inputs, each result and
    argument with `pack` elements packed into as few 32-bit registers as hold them. `pure` says that the assembly has no side effects and depends on its arguments alone.

    Constraints: (C1) at least one result; (C2) all tensors have one shape and encoding (scalars may be among them); (C3) `pack` is a power of two.

    ```mlir
    %y = tile.inline_asm "ex2.approx.ftz.f32 $0, $1;" constraints "=f,f" pack 1 pure (%x) : (tensor<128xf32>) -> tensor<128xf32>
    ```
  }];
  let arguments = (ins Variadic<Tile_AnyValue>:$args, StrAttr:$asm_string, StrAttr:$constraints, UnitAttr:$pure, I32Attr:$pack);
  let results = (outs Variadic<Tile_AnyValue>:$results);
  let assemblyFormat = [{
    $asm_string `constraints` $constraints `pack` $pack (`pure` $pure^)? ` ` `(` $args `)` attr-dict `:` functional-type($args, $results)
  }];
  let hasVerifier = 1;
}

} // let opDocGroup

#endif // TESSERA_DIALECT_TILE_TILECOMPUTEOPS
