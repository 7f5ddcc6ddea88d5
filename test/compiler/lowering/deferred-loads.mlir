// Loads that wait for their product, and loads that must not: the buffer may be written before the next barrier.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#a = #tile.layout<{register = [[0, 1], [8, 0], [0, 8]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 0]]}>
#b = #tile.layout<{register = [[1, 0], [8, 0]], lane = [[2, 0], [4, 0], [0, 1], [0, 2], [0, 4]], warp = [[0, 0]]}>
#c = #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 0]]}>
#rows = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [0, 8], [1, 0], [2, 0], [4, 0], [8, 0]]}>
#columns = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 0], [2, 0], [4, 0], [8, 0]]}>
module attributes {tile.num_warps = 2 : i32, tile.target = "sm_80", tile.shared_bytes = 768 : i32} {

// A barrier stands between, but nothing writes to the buffer of `a` afterwards: it waits.
// CHECK-LABEL: llvm.func @waits(
func.func @waits(%n: i32, %x: f16) attributes {tile.kernel} {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %init = arith.constant dense<0.0> : tensor<16x8xf32, #c>
  %new = tile.splat %x : f16 -> tensor<16x8xf16, #b>
  %sa = tile.alloc offset 0 : !tile.buffer<16x16xf16, #rows>
  %sb = tile.alloc offset 512 : !tile.buffer<16x8xf16, #columns>
  %r = scf.for %i = %zero to %n step %one iter_args(%acc = %init) -> tensor<16x8xf32, #c> : i32 {
    // CHECK: llvm.store
    // CHECK-NOT: ldmatrix
    // CHECK: nvvm.barrier0
    // CHECK: ldmatrix.sync.aligned.m8n8.x4
    // CHECK: mma.sync
    %va = tile.local_load %sa : !tile.buffer<16x16xf16, #rows> -> tensor<16x16xf16, #a>
    tile.local_store %new, %sb : tensor<16x8xf16, #b>, !tile.buffer<16x8xf16, #columns>
    tile.barrier
    %vb = tile.local_load %sb : !tile.buffer<16x8xf16, #columns> -> tensor<16x8xf16, #b>
    %d = tile.mma m16n8k16.f32.f16 %va, %vb, %acc : tensor<16x16xf16, #a>, tensor<16x8xf16, #b>, tensor<16x8xf32, #c>
    tile.barrier
    scf.yield %d : tensor<16x8xf32, #c>
  }
  return
}

// The next turn writes to the buffer of `a` before any barrier: it is loaded where it stands.
// CHECK-LABEL: llvm.func @does_not_wait(
func.func @does_not_wait(%n: i32, %x: f16) attributes {tile.kernel} {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %init = arith.constant dense<0.0> : tensor<16x8xf32, #c>
  %new = tile.splat %x : f16 -> tensor<16x16xf16, #a>
  %vb = tile.splat %x : f16 -> tensor<16x8xf16, #b>
  %sa = tile.alloc offset 0 : !tile.buffer<16x16xf16, #rows>
  %r = scf.for %i = %zero to %n step %one iter_args(%acc = %init) -> tensor<16x8xf32, #c> : i32 {
    // CHECK: nvvm.barrier0
    // CHECK: ldmatrix.sync.aligned.m8n8.x4
    // CHECK: nvvm.barrier0
    // CHECK: mma.sync
    tile.local_store %new, %sa : tensor<16x16xf16, #a>, !tile.buffer<16x16xf16, #rows>
    tile.barrier
    %va = tile.local_load %sa : !tile.buffer<16x16xf16, #rows> -> tensor<16x16xf16, #a>
    tile.barrier
    %d = tile.mma m16n8k16.f32.f16 %va, %vb, %acc : tensor<16x16xf16, #a>, tensor<16x8xf16, #b>, tensor<16x8xf32, #c>
    scf.yield %d : tensor<16x8xf32, #c>
  }
  return
}
}
