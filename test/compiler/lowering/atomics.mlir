// Atomics: one instruction an element and copy, results shared where several threads want them.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#l = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[64]]}>
#copies = #tile.layout<{lane = [[1], [2], [4], [8], [16]], warp = [[0]]}>
module attributes {tile.num_warps = 2 : i32, tile.target = "sm_90a", tile.shared_bytes = 128 : i32} {

// Nobody looks at the old value: a reduction if it is relaxed.
// CHECK-LABEL: llvm.func @unused(
func.func @unused(%p: !tile.ptr<f32>, %x: f32) attributes {tile.kernel} {
  %r = tile.arange 0 to 128 : tensor<128xi32, #l>
  %s = tile.splat %p : !tile.ptr<f32> -> tensor<128x!tile.ptr<f32>, #l>
  %a = tile.addptr %s, %r : tensor<128x!tile.ptr<f32>, #l>, tensor<128xi32, #l>
  %v = tile.splat %x : f32 -> tensor<128xf32, #l>
  // CHECK: "red.global.relaxed.gpu.add.f32 [$0], $1;"
  // CHECK: "red.global.relaxed.gpu.add.f32 [$0+4], $1;"
  %0 = tile.atomic_rmw fadd %a, %v sem = relaxed : tensor<128x!tile.ptr<f32>, #l>
  // CHECK-COUNT-2: "atom.global.acq_rel.gpu.add.f32 $0, [$1{{.*}}], $2;"
  // CHECK-NOT: nvvm.barrier0
  %1 = tile.atomic_rmw fadd %a, %v : tensor<128x!tile.ptr<f32>, #l>
  return
}

// The second warp holds copies: it does not add, but is told the results.
// CHECK-LABEL: llvm.func @shared_results(
func.func @shared_results(%p: !tile.ptr<i32>) attributes {tile.kernel} {
  %r = tile.arange 0 to 32 : tensor<32xi32, #copies>
  %s = tile.splat %p : !tile.ptr<i32> -> tensor<32x!tile.ptr<i32>, #copies>
  %a = tile.addptr %s, %r : tensor<32x!tile.ptr<i32>, #copies>, tensor<32xi32, #copies>
  // CHECK: %[[OLD:.+]] = llvm.inline_asm has_side_effects "@$3 atom.global.relaxed.cta.max.s32 $0, [$1], $2;", "=r,l,r,b"
  // CHECK: llvm.store %[[OLD]], %{{.+}} : i32, !llvm.ptr<3>
  // CHECK: nvvm.barrier0
  // CHECK: llvm.load %{{.+}} : !llvm.ptr<3> -> i32
  %0 = tile.atomic_rmw max %a, %r sem = relaxed scope = cta {tile.scratch_offset = 0 : i32} : tensor<32x!tile.ptr<i32>, #copies>
  tile.store %a, %0 : tensor<32x!tile.ptr<i32>, #copies>
  return
}

// A scalar that releases waits for what the other threads wrote before it.
// CHECK-LABEL: llvm.func @scalar(
func.func @scalar(%p: !tile.ptr<i32>, %x: i32, %y: i32) attributes {tile.kernel} {
  // CHECK: nvvm.barrier0
  // CHECK: "@$4 atom.global.acq_rel.gpu.cas.b32 $0, [$1], $2, $3;"
  // CHECK: nvvm.barrier0
  %0 = tile.atomic_cas %p, %x, %y {tile.scratch_offset = 0 : i32} : !tile.ptr<i32>
  tile.store %p, %0 : !tile.ptr<i32>
  return
}
}
