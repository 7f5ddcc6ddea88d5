//===- Passes.td - Passes on the tile dialect ----------------------------------------------------------*- tablegen -*-===//
//
// The passes between the frontend's layout-free IR and the lowering to NVVM, in alphabetical order; Pipeline.cpp has the order in which they run.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===--------------------------------------------------------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_PASSES
#define TESSERA_COMPILER_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def AllocateSharedPass : Pass<"tile-allocate-shared", "::mlir::ModuleOp"> {
  let summary = "give every shared-memory buffer and scratch area its place";
  let description = [{
    Finds how long each `tile.alloc` and each operation that needs scratch memory (conversions and reductions across warps, gathers, ...) uses its
    bytes, and packs them so that areas overlap only where they are never in use together. Buffers that live at the same time are kept apart; everything
    starts at a multiple of 16 bytes.

    ```mlir
    %b = tile.alloc : !tile.buffer<64x64xf16, #shared>                      // 8 KiB, last read before the conversion
    ...
    %y = tile.convert_layout %x : tensor<64x64xf32, #a> -> tensor<64x64xf32, #b>
    ==>
    module attributes {tile.shared_bytes = 16384 : i32}
    %b = tile.alloc offset 0 : !tile.buffer<64x64xf16, #shared>
    ...
    %y = tile.convert_layout %x {tile.scratch_offset = 0 : i32} : tensor<64x64xf32, #a> -> tensor<64x64xf32, #b>
    ```

    Precondition: laid out. Postcondition: every `tile.alloc` has an `offset`; every operation whose scratch size is not 0 has `tile.scratch_offset`; the module
    has `tile.shared_bytes`. A kernel that needs more shared memory than its target has is an error.
  }];
  let dependentDialects = ["::tessera::tile::TileDialect"];
  let statistics = [Statistic<"numAreas", "num-areas", "Buffers and scratch areas that were placed">];
}

def AssignLayoutsPass : Pass<"tile-assign-layouts", "::mlir::ModuleOp"> {
  let summary = "choose which thread holds which element of every tensor";
  let description = [{
    Takes layout-free IR to laid-out IR: every tensor gets a `#tile.layout`, chosen for the whole kernel at once, loops included. Anchors
    propose (loads and stores coalesced vector accesses, dots the fragments of their instruction for every grid of warps, reductions and scans their axis
    within a warp); the cost model prices operations in layouts, conversions between layouts and recomputing cheap values instead; the solver takes the choice of the
    lowest total cost. `compiler/transforms/layouts/` holds the parts and says how.

    ```mlir
    %i = tile.arange 0 to 256 : tensor<256xi32>
    %p = tile.addptr %base, %i : tensor<256x!tile.ptr<f32>>, tensor<256xi32>
    %x = tile.load %p : tensor<256x!tile.ptr<f32>>
    ==>
    #layout = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[64], [128]]}>
    %i = tile.arange 0 to 256 : tensor<256xi32, #layout>
    %p = tile.addptr %base, %i : tensor<256x!tile.ptr<f32>, #layout>, tensor<256xi32, #layout>
    %x = tile.load %p {tile.vector = 2 : i32} : tensor<256x!tile.ptr<f32>, #layout>
    ```

    What needs another layout than its operand has gets a `tile.convert_layout`, outside of all loops that do not change the operand. `tile.dot` with an
    instruction becomes `tile.mma`; without, it stays and means FMA. `tile.hint` is read and goes. Loads and stores that may move several elements at once say so in
    `tile.vector`: the lowest registers hold elements that follow each other in memory, aligned to their size together, all or none of them masked.

    Precondition: layout-free, dots legalized (`tile-legalize-dots`). Postcondition: what `tile-verify-laid-out` checks.
  }];
  let dependentDialects = ["::tessera::tile::TileDialect"];
  let statistics = [
    Statistic<"numConversions", "num-conversions", "Conversions inserted">,
    Statistic<"numRecomputed", "num-recomputed", "Operations repeated in another layout instead of a conversion">,
    Statistic<"numMoves", "num-moves", "Proposals the solver tried">,
    Statistic<"numImprovements", "num-improvements", "Proposals that lowered the cost">
  ];
}

def CarryBasePointersPass : Pass<"tile-carry-base-pointers", "::mlir::ModuleOp"> {
  let summary = "loops carry one pointer in place of a tensor of them";
  let description = [{
    A tensor of pointers that a loop moves by the same offset everywhere is a scalar pointer plus offsets that do not change. Carrying the scalar saves the
    registers of the tensor (two for each access of each thread) and the additions that move each of them.

    ```mlir
    %init = tile.addptr %splat_of_base, %offsets : tensor<128x32x!tile.ptr<f16>>, tensor<128x32xi32>
    scf.for ... iter_args(%p = %init) {
      %x = tile.load %p : tensor<128x32x!tile.ptr<f16>>
      %q = tile.addptr %p, %splat_of_step : tensor<128x32x!tile.ptr<f16>>, tensor<128x32xi32>
      scf.yield %q
    }
    ==>
    scf.for ... iter_args(%b = %base) {
      %s = tile.splat %b : !tile.ptr<f16> -> tensor<128x32x!tile.ptr<f16>>
      %p = tile.addptr %s, %offsets : tensor<128x32x!tile.ptr<f16>>, tensor<128x32xi32>
      %x = tile.load %p : tensor<128x32x!tile.ptr<f16>>
      %c = tile.addptr %b, %step : !tile.ptr<f16>, i32
      scf.yield %c
    }
    ```

    Precondition and postcondition: layout-free.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::tessera::tile::TileDialect"];
  let statistics = [Statistic<"numCarried", "num-carried", "Tensors of pointers that are no longer carried">];
}

def EliminateConversionsPass : Pass<"tile-eliminate-conversions", "::mlir::ModuleOp"> {
  let summary = "fold, merge and sink layout conversions";
  let description = [{
    What the solver cannot see since it decides about layouts, not about operations: conversions of conversions start from the first source, equal operations (values
    recomputed in the same layout for several users) are merged, and what only one branch needs is converted in that branch.

    ```mlir
    %0 = tile.convert_layout %x : tensor<64x64xf32, #a> -> tensor<64x64xf32, #b>
    %1 = tile.convert_layout %0 : tensor<64x64xf32, #b> -> tensor<64x64xf32, #c>
    ==>
    %1 = tile.convert_layout %x : tensor<64x64xf32, #a> -> tensor<64x64xf32, #c>
    ```

    Precondition and postcondition: laid out.
  }];
  let dependentDialects = ["::tessera::tile::TileDialect"];
  let statistics = [Statistic<"numEliminated", "num-eliminated", "Conversions that went">];
}

def InsertBarriersPass : Pass<"tile-insert-barriers", "::mlir::ModuleOp"> {
  let summary = "insert barriers where shared or global memory demands them";
  let description = [{
    Walks the kernel with the sets of bytes of shared memory written and read since the last barrier, and puts a `tile.barrier` before an operation that
    reads what was written, or writes what was written or read. Loops are walked until the sets at their head no longer grow; branches join. An operation with
    scratch memory writes it, synchronises by itself, and reads it.

    ```mlir
    tile.local_store %x, %b : tensor<64x64xf16, #a>, !tile.buffer<64x64xf16, #shared>
    %y = tile.local_load %b : !tile.buffer<64x64xf16, #shared> -> tensor<64x64xf16, #b>
    ==>
    tile.local_store %x, %b : tensor<64x64xf16, #a>, !tile.buffer<64x64xf16, #shared>
    tile.barrier
    %y = tile.local_load %b : !tile.buffer<64x64xf16, #shared> -> tensor<64x64xf16, #b>
    ```

    A barrier also precedes a scalar atomic with release semantics, so that what all threads of the program wrote is released and not only what the one thread
    that executes it wrote.

    Global memory is looked at as well, since a program is sequential and its threads are not: between two accesses of which one writes, and whose pointers
    stem from the same argument (or from an origin that cannot be told), a barrier is put unless one thread deals with each element in both, that is, the pointer is
    the same value and its layout makes no copies. A scalar is loaded by every thread and stored by one.

    Precondition: shared memory allocated. Postcondition: no two threads access the same bytes without a barrier between, unless both read.
  }];
  let dependentDialects = ["::tessera::tile::TileDialect"];
  let statistics = [Statistic<"numBarriers", "num-barriers", "Barriers inserted">];
}

def LegalizeDotsPass : Pass<"tile-legalize-dots", "::mlir::ModuleOp"> {
  let summary = "bring dots into the forms that the target multiplies";
  let description = [{
    Chooses the instruction of every `tile.dot` by element types, shape and target, and notes it as `tile.mma_kind`; without one, the product is done by FMA. Where no
    instruction takes the types as they are, operands and accumulator are converted: fp8 to f16 on targets without fp8 tensor cores, or for mixed fp8 operands; accumulators of bf16,
    and of f16 for fp8 operands, to f32; small f16, bf16 and fp8 products to f32.

    ```mlir
    // target sm_80
    %c = tile.dot %a, %b, %acc : tensor<64x32xf8E5M2>, tensor<32x64xf8E5M2>, tensor<64x64xf32>
    ==>
    %0 = arith.extf %a : tensor<64x32xf8E5M2> to tensor<64x32xf16>
    %1 = arith.extf %b : tensor<32x64xf8E5M2> to tensor<32x64xf16>
    %c = tile.dot %0, %1, %acc {tile.mma_kind = #tile.mma_kind<m16n8k16.f32.f16>} : tensor<64x32xf16>, tensor<32x64xf16>, tensor<64x64xf32>
    ```

    Precondition: layout-free. Postcondition: every `tile.dot` has a `tile.mma_kind` that fits its types and sides, or operands of f32, f64 or i8.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::tessera::tile::TileDialect"];
}

def PrintAxisFactsPass : Pass<"tile-print-axis-facts", "::mlir::ModuleOp"> {
  let summary = "say what is known about integers and pointers";
  let description = [{
    Emits a remark at every operation with integer or pointer results: contiguity, divisibility and constancy along each dimension, the value where it is a known constant, and
    whether it cannot be negative. For tests and for finding out why an access is not as wide as it could be.

    ```
    remark: #0: contiguity [128], divisibility [16], constancy [1], not negative
    ```

    Changes nothing; works in both stages.
  }];
}

def SimplifyPass : Pass<"tile-simplify", "::mlir::ModuleOp"> {
  let summary = "canonicalise, merge equal operations, hoist what loops do not change";
  let description = [{
    Canonical patterns of all dialects in use, common subexpressions, loop-invariant code; and sums of a dot with zero accumulator become the accumulator.

    ```mlir
    %d = tile.dot %a, %b, %zero : tensor<64x32xf16>, tensor<32x64xf16>, tensor<64x64xf32>
    %c = arith.addf %d, %acc : tensor<64x64xf32>
    ==>
    %c = tile.dot %a, %b, %acc : tensor<64x32xf16>, tensor<32x64xf16>, tensor<64x64xf32>
    ```

    Works in both stages.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::tessera::tile::TileDialect"];
}

def StageOperandsPass : Pass<"tile-stage-operands", "::mlir::ModuleOp"> {
  let summary = "pass operands of matrix products through shared memory";
  let description = [{
    A conversion to an operand of `tile.mma` (or of a `tile.dot` by FMA) that goes through shared memory is split: a buffer, written where the operand is defined, and a load
    directly before the product. The lowering can then load slice by slice along K, right before the instructions that use the slice, and no operand is ever in
    registers as a whole. The order of the buffer is planned for both sides, without bank conflicts.

    ```mlir
    %1 = tile.convert_layout %0 : tensor<64x64xf16, #rows> -> tensor<64x64xf16, #a>
    %c = tile.mma m16n8k16.f32.f16 %1, %b, %acc : ...
    ==>
    %s = tile.alloc : !tile.buffer<64x64xf16, #shared>
    tile.local_store %0, %s : tensor<64x64xf16, #rows>, !tile.buffer<64x64xf16, #shared>
    %1 = tile.local_load %s : !tile.buffer<64x64xf16, #shared> -> tensor<64x64xf16, #a>
    %c = tile.mma m16n8k16.f32.f16 %1, %b, %acc : ...
    ```

    Operands that a loop does not change are written before it; they are loaded before it too if they are small, and in each iteration otherwise.

    Precondition and postcondition: laid out.
  }];
  let dependentDialects = ["::tessera::tile::TileDialect"];
  let statistics = [Statistic<"numStaged", "num-staged", "Operands that go through a buffer">];
}

def VerifyLaidOutPass : Pass<"tile-verify-laid-out", "::mlir::ModuleOp"> {
  let summary = "check what the laid-out stage promises";
  let description = [{
    Reports an error at the first operation that breaks a promise of the laid-out stage:

    1. every tensor has an encoding, `#tile.layout`, with 5 lane bits and as many warp bits as the module has warps, without register copies;
    2. operands and results of every operation have the layouts that the rules of `compiler/analysis/LayoutRules.h` ask for;
    3. values carried by loops and branches keep their layouts;
    4. no `tile.hint` is left, and `tile.vector` is a power of two, at most 16 bytes, and no more than the layout has contiguous registers.

    Changes nothing. Run between all passes in tests.
  }];
}

#endif // TESSERA_COMPILER_TRANSFORMS_PASSES
