// Conversions: renaming, butterflies, or shared memory.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#a = #tile.layout<{register = [[1], [2]], lane = [[4], [8], [16], [32], [64]]}>
#renamed = #tile.layout<{register = [[2], [1]], lane = [[4], [8], [16], [32], [64]]}>
#lanes = #tile.layout<{register = [[4], [2]], lane = [[1], [8], [16], [32], [64]]}>
#x = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[64]]}>
#y = #tile.layout<{register = [[64]], lane = [[1], [2], [4], [8], [16]], warp = [[32]]}>
module attributes {tile.num_warps = 2 : i32, tile.target = "sm_80", tile.shared_bytes = 512 : i32} {

// CHECK-LABEL: llvm.func @within_warp(
func.func @within_warp(%p: !tile.ptr<i32>) attributes {tile.kernel} {
  %r = tile.arange 0 to 128 : tensor<128xi32, #a>
  // CHECK-NOT: nvvm.shfl.sync
  %s = tile.convert_layout %r : tensor<128xi32, #a> -> tensor<128xi32, #renamed>
  // CHECK: nvvm.shfl.sync bfly
  // CHECK-NOT: nvvm.barrier0
  %t = tile.convert_layout %s : tensor<128xi32, #renamed> -> tensor<128xi32, #lanes>
  %ps = tile.splat %p : !tile.ptr<i32> -> tensor<128x!tile.ptr<i32>, #lanes>
  %pp = tile.addptr %ps, %t : tensor<128x!tile.ptr<i32>, #lanes>, tensor<128xi32, #lanes>
  tile.store %pp, %t : tensor<128x!tile.ptr<i32>, #lanes>
  return
}

// CHECK-LABEL: llvm.func @across_warps(
func.func @across_warps(%p: !tile.ptr<i32>) attributes {tile.kernel} {
  %r = tile.arange 0 to 128 : tensor<128xi32, #x>
  // CHECK: llvm.store %{{.+}}, %{{.+}} : vector<2xi32>, !llvm.ptr<3>
  // CHECK: nvvm.barrier0
  // CHECK: "ldmatrix.sync.aligned.m8n8.x2.shared.b16 {$0, $1}, [$2];"
  %t = tile.convert_layout %r {tile.scratch_offset = 0 : i32} : tensor<128xi32, #x> -> tensor<128xi32, #y>
  %ps = tile.splat %p : !tile.ptr<i32> -> tensor<128x!tile.ptr<i32>, #y>
  %pp = tile.addptr %ps, %t : tensor<128x!tile.ptr<i32>, #y>, tensor<128xi32, #y>
  tile.store %pp, %t : tensor<128x!tile.ptr<i32>, #y>
  return
}
}
