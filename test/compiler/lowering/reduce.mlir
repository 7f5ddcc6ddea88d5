// Reductions: registers in order, lanes by butterflies, warps through scratch memory.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#two = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[64], [128]]}>
#rows = #tile.layout<{register = [[0, 1]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[8, 0], [16, 0]]}>
#row = #tile.layout<{lane = [[0], [0], [1], [2], [4]], warp = [[8], [16]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80", tile.shared_bytes = 16 : i32} {

// CHECK-LABEL: llvm.func @whole(
func.func @whole(%x: f32, %p: !tile.ptr<f32>) attributes {tile.kernel} {
  %v = tile.splat %x : f32 -> tensor<256xf32, #two>
  // Two registers, five lane bits, then one store a warp and one vector load of the four partial sums.
  // CHECK: llvm.fadd
  // CHECK-COUNT-5: nvvm.shfl.sync bfly
  // CHECK: llvm.inline_asm has_side_effects "@$2 st.shared.b32 [$0], $1;"
  // CHECK-NEXT: nvvm.barrier0
  // CHECK: llvm.load %{{.+}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
  // CHECK-COUNT-3: llvm.fadd
  // CHECK-NOT: llvm.fadd
  %y = tile.reduce (%v) axis 0 combine (%a: f32, %b: f32) {
    %s = arith.addf %a, %b : f32
    tile.yield %s : f32
  } {tile.scratch_offset = 0 : i32} : (tensor<256xf32, #two>) -> f32
  tile.store %p, %y : !tile.ptr<f32>
  return
}

// Along rows that stay in two lane bits there is no memory to go through.
// CHECK-LABEL: llvm.func @within_warps(
func.func @within_warps(%x: f32, %p: !tile.ptr<f32>) attributes {tile.kernel} {
  %v = tile.splat %x : f32 -> tensor<32x8xf32, #rows>
  // CHECK-COUNT-2: nvvm.shfl.sync bfly
  // CHECK-NOT: nvvm.shfl.sync
  // CHECK-NOT: nvvm.barrier0
  %y = tile.reduce (%v) axis 1 combine (%a: f32, %b: f32) {
    %s = arith.maxnumf %a, %b : f32
    tile.yield %s : f32
  } : (tensor<32x8xf32, #rows>) -> tensor<32xf32, #row>
  %r = tile.arange 0 to 32 : tensor<32xi32, #row>
  %ps = tile.splat %p : !tile.ptr<f32> -> tensor<32x!tile.ptr<f32>, #row>
  %pp = tile.addptr %ps, %r : tensor<32x!tile.ptr<f32>, #row>, tensor<32xi32, #row>
  tile.store %pp, %y : tensor<32x!tile.ptr<f32>, #row>
  return
}

// Integers over a whole warp take one instruction.
// CHECK-LABEL: llvm.func @integers(
func.func @integers(%x: i32, %p: !tile.ptr<i32>) attributes {tile.kernel} {
  %v = tile.splat %x : i32 -> tensor<256xi32, #two>
  // CHECK: llvm.call_intrinsic "llvm.nvvm.redux.sync.add"
  // CHECK-NOT: nvvm.shfl.sync
  %y = tile.reduce (%v) axis 0 combine (%a: i32, %b: i32) {
    %s = arith.addi %a, %b : i32
    tile.yield %s : i32
  } {tile.scratch_offset = 0 : i32} : (tensor<256xi32, #two>) -> i32
  tile.store %p, %y : !tile.ptr<i32>
  return
}
}
