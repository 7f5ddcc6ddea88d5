//===- Passes.td - The lowering as a pass -----------------------------------------------------------------------------===//
//
// Documents convert-tile-to-nvvm.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===------------------------------------------------------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_PASSES
#define TESSERA_COMPILER_LOWERING_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTileToNVVMPass : Pass<"convert-tile-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "lower laid-out kernels to LLVM and NVVM dialect";
  let description = [{
    Every value becomes a list of scalars, one for each register of its layout, and every operation code on them; `scf` becomes blocks that
    carry the scalars one by one. The module gets `tile.ptx_version`, ten times the PTX version that the code needs.

    ```mlir
    func.func @k(%p: !tile.ptr<f32>) attributes {tile.kernel} {
      %i = tile.arange 0 to 128 : tensor<128xi32, #l>
      ...
    }
    ```
    ==>
    ```mlir
    llvm.func @k(%p: !llvm.ptr<1>) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 128, 1, 1>} {
      %tid = nvvm.read.ptx.sreg.tid.x : i32
      ...
    }
    ```

    Preconditions: every tensor has a `#tile.layout`, shared memory is allocated, barriers are inserted (`tile-verify-laid-out`). The target is the module's
    `tile.target`. What a target cannot do is refused with a diagnostic at the operation.

    Postconditions: no operation of `tile`, `arith`, `math` or `scf` is left in kernels.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
  let options = [Option<"lineInfo", "line-info", "bool", "true", "Keep the places in the source">];
}

#endif // TESSERA_COMPILER_LOWERING_PASSES
