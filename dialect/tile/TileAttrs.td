//===- TileAttrs.td - Attributes and enumerations of the tile dialect -*- tablegen -*-===//
//
// The layouts (`#tile.layout`, `#tile.shared`), both thin wrappers of one linear map, and the enumerations that operations take.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILEATTRS
#define TESSERA_DIALECT_TILE_TILEATTRS

include "dialect/tile/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/TensorEncoding.td"

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

class Tile_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::tessera::tile";
  let genSpecializedAttr = 0;
}

// An attribute of an enumeration; operations print it as the bare keyword.
class Tile_EnumAttr<EnumAttrInfo enumInfo, string mnemonic> : EnumAttr<Tile_Dialect, enumInfo, mnemonic> {
  let assemblyFormat = "$value";
}

def Tile_AddressSpace : Tile_Enum<"AddressSpace", "memory that a pointer points into", [
    I32EnumAttrCase<"Global", 0, "global">,
    I32EnumAttrCase<"Shared", 1, "shared">]>;

def Tile_CacheModifier : Tile_Enum<"CacheModifier", "caches that a memory access goes through", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"CA", 1, "ca">,
    I32EnumAttrCase<"CG", 2, "cg">,
    I32EnumAttrCase<"CS", 3, "cs">,
    I32EnumAttrCase<"CV", 4, "cv">,
    I32EnumAttrCase<"WB", 5, "wb">,
    I32EnumAttrCase<"WT", 6, "wt">]> {
  let description = [{
    `none` the hardware's default; `ca` all levels; `cg` second level only; `cs` streamed, likely touched once; `cv` not cached, fetched anew;
    `wb` written back; `wt` written through. `ca` and `cv` are for loads, `wb` and `wt` for stores.
  }];
}
def Tile_CacheModifierAttr : Tile_EnumAttr<Tile_CacheModifier, "cache">;

def Tile_EvictionPolicy : Tile_Enum<"EvictionPolicy", "how soon a cache line may go", [
    I32EnumAttrCase<"Normal", 0, "normal">,
    I32EnumAttrCase<"EvictFirst", 1, "evict_first">,
    I32EnumAttrCase<"EvictLast", 2, "evict_last">]>;
def Tile_EvictionPolicyAttr : Tile_EnumAttr<Tile_EvictionPolicy, "evict">;

def Tile_RmwKind : Tile_Enum<"RmwKind", "operation of an atomic read-modify-write", [
    I32EnumAttrCase<"Add", 0, "add">,
    I32EnumAttrCase<"FAdd", 1, "fadd">,
    I32EnumAttrCase<"Max", 2, "max">,
    I32EnumAttrCase<"Min", 3, "min">,
    I32EnumAttrCase<"UMax", 4, "umax">,
    I32EnumAttrCase<"UMin", 5, "umin">,
    I32EnumAttrCase<"And", 6, "and">,
    I32EnumAttrCase<"Or", 7, "or">,
    I32EnumAttrCase<"Xor", 8, "xor">,
    I32EnumAttrCase<"Xchg", 9, "xchg">]>;
def Tile_RmwKindAttr : Tile_EnumAttr<Tile_RmwKind, "rmw">;

def Tile_MemSemantic : Tile_Enum<"MemSemantic", "memory order of an atomic operation", [
    I32EnumAttrCase<"Relaxed", 0, "relaxed">,
    I32EnumAttrCase<"Acquire", 1, "acquire">,
    I32EnumAttrCase<"Release", 2, "release">,
    I32EnumAttrCase<"AcqRel", 3, "acq_rel">]>;
def Tile_MemSemanticAttr : Tile_EnumAttr<Tile_MemSemantic, "semantic">;

def Tile_MemScope : Tile_Enum<"MemScope", "threads that an atomic operation is atomic with respect to", [
    I32EnumAttrCase<"CTA", 0, "cta">,
    I32EnumAttrCase<"GPU", 1, "gpu">,
    I32EnumAttrCase<"Sys", 2, "sys">]>;
def Tile_MemScopeAttr : Tile_EnumAttr<Tile_MemScope, "scope">;

def Tile_InputPrecision : Tile_Enum<"InputPrecision", "how f32 operands of a dot enter the tensor core", [
    I32EnumAttrCase<"TF32", 0, "tf32">,
    I32EnumAttrCase<"TF32x3", 1, "tf32x3">,
    I32EnumAttrCase<"IEEE", 2, "ieee">,
    I32EnumAttrCase<"BF16x3", 3, "bf16x3">,
    I32EnumAttrCase<"BF16x6", 4, "bf16x6">]> {
  let description = [{
    `tf32` rounds each operand to 10 bits of mantissa; `tf32x3`, `bf16x3` and `bf16x6` split it into parts and add the products of the
    parts, three or six of them; `ieee` multiplies in f32, without a tensor core. Operands that are not f32 ignore it.
  }];
}
def Tile_InputPrecisionAttr : Tile_EnumAttr<Tile_InputPrecision, "precision">;

def Tile_MmaKind : Tile_Enum<"MmaKind", "a warp-wide matrix instruction: shape, accumulator, operands", [
    I32EnumAttrCase<"M16N8K16_F32_F16", 0, "m16n8k16.f32.f16">,
    I32EnumAttrCase<"M16N8K16_F32_BF16", 1, "m16n8k16.f32.bf16">,
    I32EnumAttrCase<"M16N8K16_F16_F16", 2, "m16n8k16.f16.f16">,
    I32EnumAttrCase<"M16N8K8_F32_TF32", 3, "m16n8k8.f32.tf32">,
    I32EnumAttrCase<"M16N8K32_S32_S8", 4, "m16n8k32.s32.s8">,
    I32EnumAttrCase<"M16N8K32_F32_E4M3", 5, "m16n8k32.f32.e4m3">,
    I32EnumAttrCase<"M16N8K32_F32_E5M2", 6, "m16n8k32.f32.e5m2">,
    I32EnumAttrCase<"M8N8K4_F64_F64", 7, "m8n8k4.f64.f64">]>;
def Tile_MmaKindAttr : Tile_EnumAttr<Tile_MmaKind, "mma_kind">;

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

def Tile_LinearLayoutParameter : AttrParameter<"::tessera::LinearLayout", "a linear map of bits"> {
  let cppAccessorType = "const ::tessera::LinearLayout &";
}

class Tile_LayoutAttrBase<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Tile_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
  let parameters = (ins Tile_LinearLayoutParameter:$layout);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Tile_LayoutAttr : Tile_LayoutAttrBase<"Layout", "layout",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "which element of a tensor each register of each thread holds";
  let description = [{
    A linear map over GF(2) from (register, lane, warp) to the coordinates (dim0, dim1, ...) of a tensor, given by the images of its
    basis: the `i`-th vector of an input is the coordinate that its bit `i` adds, by exclusive or. The map covers the tensor: every
    coordinate is the image of something; a zero vector marks copies.

    ```mlir
    // 16x8: a lane holds 2 neighbours along dim1; 4 lanes cover dim1, 8 lanes dim0; registers hold the lower half; 4 warps hold copies.
    #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 0], [0, 0]]}>
    ```
    The sides of the tensor follow from the vectors. Where they do not (there is no vector at all), the shape is stated: `#tile.layout<{}, shape = [1, 1]>`.
  }];
}

def Tile_SharedAttr : Tile_LayoutAttrBase<"Shared", "shared"> {
  let summary = "which element of a buffer lies where in shared memory";
  let description = [{
    A linear map over GF(2) from the offset, in elements, to the coordinates of a buffer: one to one and onto. A swizzle is a map whose vectors
    have bits in several dimensions.

    ```mlir
    // 4x8, rows one after the other, columns exclusive-ored with the row.
    #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 1], [2, 2]]}>
    ```
  }];
}

#endif // TESSERA_DIALECT_TILE_TILEATTRS
