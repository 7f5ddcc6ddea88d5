//===- TileMemoryOps.td - Pointers, loads, stores, atomics ----*- tablegen -*-===//
//
// Arithmetic on pointers and accesses through them. Masked-off elements are never touched in memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILEMEMORYOPS
#define TESSERA_DIALECT_TILE_TILEMEMORYOPS

include "dialect/tile/TileTypes.td"

def Tile_MemoryGroup : OpDocGroup {
  let summary = "Memory";
  let description = "Arithmetic on pointers and accesses through them. Masked-off elements are never touched in memory.";
}

// `who` has the shape and encoding of `pointer` and the type that it points to.
class Tile_PointsTo<string who>
    : TypesMatchWith<who # " has the shape of pointer and the type it points to", "pointer", who,
          "::tessera::tile::getPointeeLike($_self)">;
class Tile_OptionalPointsTo<string who>
    : OptionalTypesMatchWith<who # " has the shape of pointer and the type it points to", "pointer", who,
          "::tessera::tile::getPointeeLike($_self)">;
def Tile_MaskFits : OptionalTypesMatchWith<"mask is i1 in the shape of pointer", "pointer", "mask", "::tessera::tile::getBoolLike($_self)">;

let opDocGroup = Tile_MemoryGroup in {

//===----------------------------------------------------------------------===//
// Pointers
//===----------------------------------------------------------------------===//

def Tile_AddPtrOp : Tile_Op<"addptr", [Pure, AllTypesMatch<["pointer", "result"]>, SameOperandsAndResultShape, Tile_SameEncoding]> {
  let summary = "moves pointers by elements";
  let description = [{
    `result = pointer + offset * bytes(pointee)`, element by element. `offset` is a signed integer of any width; the sum is computed in 64 bits.

    Constraints: (C1) `offset` has the shape of `pointer`; (C2) and its encoding.

    ```mlir
    %p = tile.addptr %base, %i : tensor<128x!tile.ptr<f32>>, tensor<128xi32>
    ```
  }];
  let arguments = (ins Tile_PtrLike:$pointer, Tile_IntLike:$offset);
  let results = (outs Tile_PtrLike:$result);
  let assemblyFormat = "$pointer `,` $offset attr-dict `:` type($pointer) `,` type($offset)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Tile_PtrToIntOp : Tile_Op<"ptr_to_int", [Pure, SameOperandsAndResultShape, Tile_SameEncoding]> {
  let summary = "the address as an integer";
  let description = [{
    The 64-bit address, truncated where the result is narrower.

    Constraints: (C1) the result has the shape of `source`; (C2) and its encoding.

    ```mlir
    %a = tile.ptr_to_int %p : !tile.ptr<f32> -> i64
    ```
  }];
  let arguments = (ins Tile_PtrLike:$source);
  let results = (outs Tile_IntLike:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasFolder = 1;
}

def Tile_IntToPtrOp : Tile_Op<"int_to_ptr", [Pure, SameOperandsAndResultShape, Tile_SameEncoding]> {
  let summary = "the integer as an address";
  let description = [{
    The integer, zero-extended to 64 bits, as an address.

    Constraints: (C1) the result has the shape of `source`; (C2) and its encoding.

    ```mlir
    %p = tile.int_to_ptr %a : i64 -> !tile.ptr<f32>
    ```
  }];
  let arguments = (ins Tile_IntLike:$source);
  let results = (outs Tile_PtrLike:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasFolder = 1;
}

def Tile_BitcastOp : Tile_Op<"bitcast", [Pure, SameOperandsAndResultShape, Tile_SameEncoding]> {
  let summary = "the same bits as another type";
  let description = [{
    Reinterprets each element: numbers as numbers of the same width, pointers as pointers of the same address space.

    Constraints: (C1) element types have the same width; (C2) both are pointers of one address space, or neither is a pointer; (C3) the result has the
    shape of `source`; (C4) and its encoding.

    ```mlir
    %bits = tile.bitcast %x : tensor<128xf32> -> tensor<128xi32>
    ```
  }];
  let arguments = (ins Tile_AnyValue:$source);
  let results = (outs Tile_AnyValue:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

def Tile_LoadOp : Tile_Op<"load", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, Tile_PointsTo<"result">, Tile_MaskFits, Tile_OptionalPointsTo<"other">,
    AttrSizedOperandSegments]> {
  let summary = "reads memory";
  let description = [{
    `result = mask ? *pointer : other`, element by element. Without `mask` everything is read; masked-off elements without `other` are undefined.
    A volatile load is neither removed, nor merged, nor moved across other volatile accesses.

    | `cache` | `none ca cg cs cv` |
    |---|---|
    | `evict` | `normal evict_first evict_last` |

    Constraints: (C1) the result has the shape of `pointer` and the type it points to; (C2) `mask` is i1 in that shape; (C3) `other` has the type of the result;
    (C4) `other` needs `mask`; (C5) `cache` is not `wb` or `wt`.

    ```mlir
    %x = tile.load %p mask(%m) other(%zero) cache = cg evict = evict_first : tensor<128x!tile.ptr<f32>>
    ```
  }];
  let arguments = (ins Tile_PtrLike:$pointer, Optional<Tile_BoolLike>:$mask, Optional<Tile_AnyValue>:$other,
      DefaultValuedAttr<Tile_CacheModifierAttr, "CacheModifier::None">:$cache,
      DefaultValuedAttr<Tile_EvictionPolicyAttr, "EvictionPolicy::Normal">:$evict, UnitAttr:$is_volatile);
  let results = (outs Tile_AnyValue:$result);
  let assemblyFormat = [{
    $pointer (`mask` `(` $mask^ `)`)? (`other` `(` $other^ `)`)? (`cache` `=` `` $cache^)? (`evict` `=` `` $evict^)?
    (`volatile` $is_volatile^)? attr-dict `:` type($pointer)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$pointer), [{ build($_builder, $_state, pointer, ::mlir::Value(), ::mlir::Value()); }]>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Tile_StoreOp : Tile_Op<"store", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, Tile_PointsTo<"value">, Tile_MaskFits]> {
  let summary = "writes memory";
  let description = [{
    `if mask: *pointer = value`, element by element. If several elements have the same address, one of their values stays.

    | `cache` | `none cg cs wb wt` |
    |---|---|
    | `evict` | `normal evict_first evict_last` |

    Constraints: (C1) `value` has the shape of `pointer` and the type it points to; (C2) `mask` is i1 in that shape; (C3) `cache` is not `ca` or `cv`.

    ```mlir
    tile.store %p, %x mask(%m) cache = wb evict = evict_last : tensor<128x!tile.ptr<f32>>
    ```
  }];
  let arguments = (ins Tile_PtrLike:$pointer, Tile_AnyValue:$value, Optional<Tile_BoolLike>:$mask,
      DefaultValuedAttr<Tile_CacheModifierAttr, "CacheModifier::None">:$cache,
      DefaultValuedAttr<Tile_EvictionPolicyAttr, "EvictionPolicy::Normal">:$evict);
  let assemblyFormat = [{
    $pointer `,` $value (`mask` `(` $mask^ `)`)? (`cache` `=` `` $cache^)? (`evict` `=` `` $evict^)? attr-dict `:` type($pointer)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$pointer, "::mlir::Value":$value), [{
    build($_builder, $_state, pointer, value, ::mlir::Value());
  }]>];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

//===----------------------------------------------------------------------===//
// Atomics
//===----------------------------------------------------------------------===//

def Tile_AtomicRmwOp : Tile_Op<"atomic_rmw", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, Tile_PointsTo<"value">, Tile_PointsTo<"result">, Tile_MaskFits]> {
  let summary = "reads, combines and writes memory in one step";
  let description = [{
    `result = *pointer; *pointer = kind(*pointer, value)` atomically, element by element where `mask` is absent or true; elsewhere the result is
    undefined. Each element counts once, however many copies a layout makes; elements of one tensor are not ordered among themselves.

    | `kind` | element types |
    |---|---|
    | `add` `max` `min` `umax` `umin` | i32 i64 |
    | `and` `or` `xor` | i32 i64 |
    | `fadd` | f16 bf16 f32 f64 |
    | `xchg` | i32 i64 f32 f64, pointers |

    Constraints: (C1) `value` and the result have the shape of `pointer` and the type it points to; (C2) `mask` is i1 in that shape; (C3) the element type is
    one that the table names for `kind`.

    ```mlir
    %old = tile.atomic_rmw fadd %p, %x mask(%m) sem = relaxed scope = gpu : tensor<128x!tile.ptr<f32>>
    ```
  }];
  let arguments = (ins Tile_RmwKindAttr:$kind, Tile_PtrLike:$pointer, Tile_AnyValue:$value, Optional<Tile_BoolLike>:$mask,
      DefaultValuedAttr<Tile_MemSemanticAttr, "MemSemantic::AcqRel">:$sem, DefaultValuedAttr<Tile_MemScopeAttr, "MemScope::GPU">:$scope);
  let results = (outs Tile_AnyValue:$result);
  let assemblyFormat = [{
    `` $kind $pointer `,` $value (`mask` `(` $mask^ `)`)? (`sem` `=` `` $sem^)? (`scope` `=` `` $scope^)? attr-dict `:` type($pointer)
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def Tile_AtomicCasOp : Tile_Op<"atomic_cas", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, Tile_PointsTo<"compare">, Tile_PointsTo<"value">, Tile_PointsTo<"result">]> {
  let summary = "compares and swaps memory in one step";
  let description = [{
    `result = *pointer; if (*pointer == compare) *pointer = value` atomically, element by element. Floats are compared as bits.

    Constraints: (C1) `compare`, `value` and the result have the shape of `pointer` and the type it points to; (C2) the element type is 16, 32 or 64 bits wide.

    ```mlir
    %old = tile.atomic_cas %p, %expected, %new sem = acq_rel scope = gpu : !tile.ptr<i32>
    ```
  }];
  let arguments = (ins Tile_PtrLike:$pointer, Tile_AnyValue:$compare, Tile_AnyValue:$value,
      DefaultValuedAttr<Tile_MemSemanticAttr, "MemSemantic::AcqRel">:$sem, DefaultValuedAttr<Tile_MemScopeAttr, "MemScope::GPU">:$scope);
  let results = (outs Tile_AnyValue:$result);
  let assemblyFormat = [{
    $pointer `,` $compare `,` $value (`sem` `=` `` $sem^)? (`scope` `=` `` $scope^)? attr-dict `:` type($pointer)
  }];
  let hasVerifier = 1;
}

} // let opDocGroup

#endif // TESSERA_DIALECT_TILE_TILEMEMORYOPS
