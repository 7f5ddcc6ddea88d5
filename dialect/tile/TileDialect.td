//===- TileDialect.td - The tile dialect ---------------------*- tablegen -*-===//
//
// Defines the `tile` dialect itself and the base classes of its operations, types and attributes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_DIALECT_TILE_TILEDIALECT
#define TESSERA_DIALECT_TILE_TILEDIALECT

include "mlir/IR/DialectBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let summary = "block-level GPU kernels: programs that compute on tensors of registers";
  let description = [{
    A kernel is one `func.func` with the attribute `tile.kernel`. A grid of *programs* executes it; every program is one thread block, and
    every value of tensor type in it is spread over the registers of the program's threads.

    The dialect has two stages. **Layout-free**: no tensor has an encoding; operations carry the semantics of the language and nothing
    about threads. **Laid out**: every tensor has the encoding `#tile.layout`, a linear map from (register, lane, warp) to the
    coordinates of the tensor, and movement of data between threads is explicit. Most operations live in both stages; those of
    *Laid-out operations* occur in the second only, and `tile.dot` becomes `tile.mma` where a tensor core takes it.

    Tensors are builtin ranked tensors: static shape, every side a power of two, rank 1 to 8, elements scalars (`i1 i8 i16 i32 i64 f16 bf16
    f32 f64 f8E4M3FN f8E5M2`) or `!tile.ptr`. Arithmetic is that of `arith` and `math`, control flow that of `scf`.

    Attributes of the dialect on other things:

    | on | name | type | meaning |
    |---|---|---|---|
    | module | `tile.num_warps` | i32, power of two up to 32 | warps of a program |
    | module, loop | `tile.num_stages` | i32, not negative | depth of software pipelines, of one loop where it stands on a loop |
    | module | `tile.num_ctas` | i32, power of two up to 16 | thread blocks of a cluster |
    | module | `tile.target` | string | the GPU, `sm_90a` for example |
    | module | `tile.shared_bytes` | i32, not negative | shared memory of a program in bytes, once allocated |
    | function | `tile.kernel` | unit | marks the entry point |
    | argument | `tile.name` | string | name of the parameter in the source |
    | argument | `tile.divisibility` | i32, power of two | divides the integer, or the address in bytes of the pointer |
    | load, store, atomic | `tile.vector` | i32, power of two up to 16 | elements that one access moves: so many lowest registers are neighbours in memory, the first aligned to all of them, under one mask |
    | loop | `tile.loop_unroll_factor` | i32, not negative | how often to repeat the body |
    | loop | `tile.flatten`, `tile.warp_specialize`, `tile.disallow_acc_multi_buffer`, `tile.disable_licm` | unit | the options of `tl.range` |
    | module | `tile.ptx_version` | i32 | ten times the PTX version that the code needs |
    | dot | `tile.mma_kind` | `#tile<mma_kind ...>` | the instruction chosen, before layouts are |
    | any operation | `tile.scratch_offset` | i32, multiple of 16 | where in shared memory the operation exchanges data between warps |
  }];
  let cppNamespace = "::tessera::tile";
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;

  let extraClassDeclaration = [{
    /// Names of the attributes that the dialect puts on functions, modules and arguments.
    static constexpr ::llvm::StringLiteral kernelAttrName = "tile.kernel";
    static constexpr ::llvm::StringLiteral numWarpsAttrName = "tile.num_warps";
    static constexpr ::llvm::StringLiteral numStagesAttrName = "tile.num_stages";
    static constexpr ::llvm::StringLiteral numCtasAttrName = "tile.num_ctas";
    static constexpr ::llvm::StringLiteral targetAttrName = "tile.target";
    static constexpr ::llvm::StringLiteral sharedBytesAttrName = "tile.shared_bytes";
    static constexpr ::llvm::StringLiteral vectorAttrName = "tile.vector";
    static constexpr ::llvm::StringLiteral scratchOffsetAttrName = "tile.scratch_offset";
    static constexpr ::llvm::StringLiteral mmaKindAttrName = "tile.mma_kind";
    static constexpr ::llvm::StringLiteral ptxVersionAttrName = "tile.ptx_version";
    static constexpr ::llvm::StringLiteral loopUnrollFactorAttrName = "tile.loop_unroll_factor";
    static constexpr ::llvm::StringLiteral flattenAttrName = "tile.flatten";
    static constexpr ::llvm::StringLiteral warpSpecializeAttrName = "tile.warp_specialize";
    static constexpr ::llvm::StringLiteral disallowAccMultiBufferAttrName = "tile.disallow_acc_multi_buffer";
    static constexpr ::llvm::StringLiteral disableLicmAttrName = "tile.disable_licm";
    static constexpr ::llvm::StringLiteral argNameAttrName = "tile.name";
    static constexpr ::llvm::StringLiteral divisibilityAttrName = "tile.divisibility";

    void registerAttributes();
    void registerTypes();
  }];
}

#endif // TESSERA_DIALECT_TILE_TILEDIALECT
