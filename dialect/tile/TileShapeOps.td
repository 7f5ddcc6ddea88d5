//===- TileShapeOps.td - Creation and rearrangement of tensors -*- tablegen -*-===//
//
// Operations that make tensors of scalars and rearrange tensors without computing on their elements. In the laid-out stage most of them
// need no code: the layout of the result follows from the layout of the source, as each description says.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILESHAPEOPS
#define TESSERA_DIALECT_TILE_TILESHAPEOPS

include "dialect/tile/TileTypes.td"

def Tile_ShapeGroup : OpDocGroup {
  let summary = "Creation and rearrangement";
  let description = "Tensors of scalars, and tensors with their elements in other places. Laid out, most of these need no code.";
}

let opDocGroup = Tile_ShapeGroup in {

def Tile_ArangeOp : Tile_Op<"arange", [Pure, Tile_InfersType]> {
  let summary = "consecutive integers";
  let description = [{
    `result[i] = start + i` for `i` in `[0, end - start)`. Any layout of the result will do.

    Constraints: (C1) `start` is less than `end`; (C2) `end - start` is a power of two; (C3) the result has `end - start` elements of i32.

    ```mlir
    %i = tile.arange 0 to 128 : tensor<128xi32>
    ```
  }];
  let arguments = (ins I32Attr:$start, I32Attr:$end);
  let results = (outs Tile_I32Tensor:$result);
  let assemblyFormat = "$start `to` $end attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "a tensor with the same scalar everywhere";
  let description = [{
    `result[...] = source`. Any layout of the result will do.

    Constraints: (C1) `source` has the element type of the result.

    ```mlir
    %zeros = tile.splat %zero : f32 -> tensor<64x32xf32>
    ```
  }];
  let arguments = (ins Tile_AnyScalar:$source);
  let results = (outs Tile_AnyTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_BroadcastOp : Tile_Op<"broadcast", [Pure]> {
  let summary = "grows dimensions of size one";
  let description = [{
    `result[..., i, ...] = source[..., 0, ...]` along every dimension in which `source` has size 1 and the result more.

    Laid out: the layout of `source` is that of the result with the coordinates of the grown dimensions set to 0, up to registers that
    hold copies. Every thread then holds what it needs and no code is made.

    Constraints: (C1) same rank; (C2) same element type; (C3) each side of `source` is 1 or that of the result; (C4) both or neither has an encoding, and the
    layouts fit as said above.

    ```mlir
    %b = tile.broadcast %row : tensor<1x32xf32> -> tensor<64x32xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source);
  let results = (outs Tile_AnyTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Tile_ExpandDimsOp : Tile_Op<"expand_dims", [Pure, Tile_InfersType]> {
  let summary = "inserts a dimension of size one";
  let description = [{
    The shape of the result is that of `source` with 1 inserted before position `axis`; the elements stay in order.

    Laid out: the new coordinate of every basis vector is 0.

    Constraints: (C1) `axis` is at least 0 and at most the rank of `source`; (C2) the result has the inferred type.

    ```mlir
    %column = tile.expand_dims %x, 1 : tensor<64xf32> -> tensor<64x1xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source, I32Attr:$axis);
  let results = (outs Tile_AnyTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$source `,` $axis attr-dict `:` type($source) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Tile_ReshapeOp : Tile_Op<"reshape", [Pure]> {
  let summary = "the same elements in another shape";
  let description = [{
    The elements of `source` in row-major order are those of the result in row-major order. With `allow_reorder` the compiler may permute
    them, where that saves moving data.

    Laid out: coordinates are flattened and cut anew, so the layout of the result follows; with `allow_reorder` any layout of the result
    that has as many elements in each thread as the source will do.

    Constraints: (C1) as many elements; (C2) same element type; (C3) both or neither has an encoding; (C4) without `allow_reorder` the layout of the result is
    the reshaped layout of `source`.

    ```mlir
    %flat = tile.reshape %x : tensor<64x2xf32> -> tensor<128xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source, UnitAttr:$allow_reorder);
  let results = (outs Tile_AnyTensor:$result);
  let assemblyFormat = "$source (`allow_reorder` $allow_reorder^)? attr-dict `:` type($source) `->` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$source, "::llvm::ArrayRef<int64_t>":$shape, CArg<"bool", "false">:$allowReorder)>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Tile_TransOp : Tile_Op<"trans", [Pure, Tile_InfersType]> {
  let summary = "permutes dimensions";
  let description = [{
    Dimension `d` of the result is dimension `order[d]` of `source`.

    Laid out: the coordinates of every basis vector are permuted likewise.

    Constraints: (C1) `order` is a permutation of the dimensions of `source`; (C2) the result has the inferred type.

    ```mlir
    %t = tile.trans %x [1, 0] : tensor<64x32xf32> -> tensor<32x64xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source, DenseI32ArrayAttr:$order);
  let results = (outs Tile_AnyTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$source $order attr-dict `:` type($source) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Tile_JoinOp : Tile_Op<"join", [Pure, Tile_InfersType, AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "two tensors side by side in a new innermost dimension";
  let description = [{
    `result[..., 0] = lhs[...]` and `result[..., 1] = rhs[...]`.

    Laid out: the layout gains one register bit, the lowest, that stands for the new dimension.

    Constraints: (C1) the result has the inferred type.

    ```mlir
    %pairs = tile.join %re, %im : tensor<64xf32> -> tensor<64x2xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$lhs, Tile_AnyTensor:$rhs);
  let results = (outs Tile_AnyTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)";
  let hasFolder = 1;
}

def Tile_SplitOp : Tile_Op<"split", [Pure, Tile_InfersType, AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "takes a pair of tensors apart: the inverse of join";
  let description = [{
    `lhs[...] = source[..., 0]` and `rhs[...] = source[..., 1]`.

    Laid out: one register bit of `source` stands for the last dimension, and no other bit touches it; the results lack that bit.

    Constraints: (C1) `source` has rank 2 at least and its last side is 2; (C2) laid out, the last dimension lies in one register bit; (C3) the results have the inferred type.

    ```mlir
    %re, %im = tile.split %pairs : tensor<64x2xf32> -> tensor<64xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$source);
  let results = (outs Tile_AnyTensor:$lhs, Tile_AnyTensor:$rhs);
  let hasVerifier = 1;
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($lhs)";
  let hasFolder = 1;
}

def Tile_CatOp : Tile_Op<"cat", [Pure, Tile_InfersType, AllTypesMatch<["lhs", "rhs"]>]> {
  let summary = "two tensors one after the other";
  let description = [{
    `result[i] = lhs[i]` for `i < N`, `rhs[i - N]` else, where `N` is the length of each.

    Laid out: the layout gains one register bit, the highest, that stands for the upper half.

    Constraints: (C1) rank 1; (C2) the result has the inferred type.

    ```mlir
    %both = tile.cat %x, %y : tensor<64xf32> -> tensor<128xf32>
    ```
  }];
  let arguments = (ins Tile_AnyTensor:$lhs, Tile_AnyTensor:$rhs);
  let results = (outs Tile_AnyTensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)";
}

} // let opDocGroup

#endif // TESSERA_DIALECT_TILE_TILESHAPEOPS
