// Products on tensor cores: one instruction a tile, k-slice by k-slice, operands from shared memory loaded where they are used.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#a = #tile.layout<{register = [[0, 1], [8, 0], [0, 8], [0, 16]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]}>
#b = #tile.layout<{register = [[1, 0], [8, 0], [16, 0]], lane = [[2, 0], [4, 0], [0, 1], [0, 2], [0, 4]]}>
#c = #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]}>
#rows = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 8], [2, 16], [4, 0], [8, 0]]}>
#columns = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 0], [2, 0], [4, 0], [8, 0], [16, 0]]}>
#ta = #tile.layout<{register = [[8, 0], [0, 4]], lane = [[0, 1], [0, 2], [1, 0], [2, 0], [4, 0]]}>
#tb = #tile.layout<{register = [[4, 0]], lane = [[1, 0], [2, 0], [0, 1], [0, 2], [0, 4]]}>
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80", tile.shared_bytes = 1536 : i32} {

// CHECK-LABEL: llvm.func @slices(
func.func @slices(%p: !tile.ptr<f32>) attributes {tile.kernel} {
  %sa = tile.alloc offset 0 : !tile.buffer<16x32xf16, #rows>
  %sb = tile.alloc offset 1024 : !tile.buffer<32x8xf16, #columns>
  %zero = arith.constant dense<0.0> : tensor<16x8xf32, #c>
  %va = tile.local_load %sa : !tile.buffer<16x32xf16, #rows> -> tensor<16x32xf16, #a>
  %vb = tile.local_load %sb : !tile.buffer<32x8xf16, #columns> -> tensor<32x8xf16, #b>
  // CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16
  // CHECK: ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16
  // CHECK: llvm.inline_asm "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {$0, $1, $2, $3}, {$4, $5, $6, $7}, {$8, $9}, {$0, $1, $2, $3};", "=f,=f,=f,=f,r,r,r,r,r,r,0,1,2,3"
  // CHECK: ldmatrix.sync.aligned.m8n8.x4.shared.b16
  // CHECK: ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16
  // CHECK: mma.sync
  // CHECK-NOT: mma.sync
  %d = tile.mma m16n8k16.f32.f16 %va, %vb, %zero : tensor<16x32xf16, #a>, tensor<32x8xf16, #b>, tensor<16x8xf32, #c>
  %s = tile.reduce (%d) axis 0 combine (%x: f32, %y: f32) {
    %0 = arith.addf %x, %y : f32
    tile.yield %0 : f32
  } : (tensor<16x8xf32, #c>) -> tensor<8xf32, #tile.layout<{register = [[1]], lane = [[2], [4], [0], [0], [0]]}>>
  %t = tile.reduce (%s) axis 0 combine (%x: f32, %y: f32) {
    %0 = arith.addf %x, %y : f32
    tile.yield %0 : f32
  } : (tensor<8xf32, #tile.layout<{register = [[1]], lane = [[2], [4], [0], [0], [0]]}>>) -> f32
  tile.store %p, %t : !tile.ptr<f32>
  return
}

// f32 operands are rounded; split in two they make three products.
// CHECK-LABEL: llvm.func @tf32(
func.func @tf32(%x: f32, %p: !tile.ptr<f32>) attributes {tile.kernel} {
  %va = tile.splat %x : f32 -> tensor<16x8xf32, #ta>
  %vb = tile.splat %x : f32 -> tensor<8x8xf32, #tb>
  %zero = arith.constant dense<0.0> : tensor<16x8xf32, #c>
  // CHECK-COUNT-6: cvt.rna.tf32.f32
  // CHECK: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
  %d = tile.mma m16n8k8.f32.tf32 %va, %vb, %zero : tensor<16x8xf32, #ta>, tensor<8x8xf32, #tb>, tensor<16x8xf32, #c>
  // CHECK-COUNT-12: cvt.rna.tf32.f32
  // CHECK-COUNT-3: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
  // CHECK-NOT: mma.sync
  %e = tile.mma m16n8k8.f32.tf32 %va, %vb, %d precision = tf32x3 : tensor<16x8xf32, #ta>, tensor<8x8xf32, #tb>, tensor<16x8xf32, #c>
  return
}
}
