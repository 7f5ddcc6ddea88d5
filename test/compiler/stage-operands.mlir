// Operands of products pass through a buffer, loaded right where they are used.
// RUN: tessera-opt %s --tile-stage-operands --tile-verify-laid-out | FileCheck %s

#rows = #tile.layout<{register = [[0, 1], [0, 2], [0, 4], [16, 0], [32, 0]], lane = [[0, 8], [0, 16], [0, 32], [1, 0], [2, 0]], warp = [[4, 0], [8, 0]]}>
#acc = #tile.layout<{register = [[0, 1], [8, 0], [0, 16], [0, 32], [32, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 8], [16, 0]]}>
#a = #tile.layout<{register = [[0, 1], [8, 0], [0, 8], [0, 16], [0, 32], [32, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 0], [16, 0]]}>
#b = #tile.layout<{register = [[1, 0], [8, 0], [16, 0], [32, 0], [0, 16], [0, 32]], lane = [[2, 0], [4, 0], [0, 1], [0, 2], [0, 4]], warp = [[0, 8], [0, 0]]}>

module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  // A does not change in the loop: written before it, read in it since 32 registers are too many to hold. B is written and read in it.
  // CHECK-LABEL: func.func @loop
  // CHECK: %[[BUFFER_A:.+]] = tile.alloc
  // CHECK: tile.local_store %{{.*}}, %[[BUFFER_A]]
  // CHECK: scf.for
  // CHECK: %[[BUFFER_B:.+]] = tile.alloc
  // CHECK: tile.local_store %{{.*}}, %[[BUFFER_B]]
  // CHECK: %[[A:.+]] = tile.local_load %[[BUFFER_A]]
  // CHECK: %[[B:.+]] = tile.local_load %[[BUFFER_B]]
  // CHECK-NEXT: tile.mma{{ +}}m16n8k16.f32.f16 %[[A]], %[[B]]
  func.func @loop(%p: tensor<64x64x!tile.ptr<f16>, #rows>, %n: i32) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %zero = arith.constant dense<0.0> : tensor<64x64xf32, #acc>
    %x = tile.load %p : tensor<64x64x!tile.ptr<f16>, #rows>
    %a = tile.convert_layout %x : tensor<64x64xf16, #rows> -> tensor<64x64xf16, #a>
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %zero) -> (tensor<64x64xf32, #acc>) : i32 {
      %y = tile.load %p : tensor<64x64x!tile.ptr<f16>, #rows>
      %b = tile.convert_layout %y : tensor<64x64xf16, #rows> -> tensor<64x64xf16, #b>
      %d = tile.mma m16n8k16.f32.f16 %a, %b, %acc : tensor<64x64xf16, #a>, tensor<64x64xf16, #b>, tensor<64x64xf32, #acc>
      scf.yield %d : tensor<64x64xf32, #acc>
    }
    return
  }

  // What is used otherwise too stays a conversion.
  // CHECK-LABEL: func.func @other_use
  // CHECK: tile.convert_layout
  // CHECK-NOT: tile.alloc
  func.func @other_use(%x: tensor<64x64xf16, #rows>, %b: tensor<64x64xf16, #b>, %acc: tensor<64x64xf32, #acc>) -> tensor<64x64xf16, #a> {
    %a = tile.convert_layout %x : tensor<64x64xf16, #rows> -> tensor<64x64xf16, #a>
    %d = tile.mma m16n8k16.f32.f16 %a, %b, %acc : tensor<64x64xf16, #a>, tensor<64x64xf16, #b>, tensor<64x64xf32, #acc>
    return %a : tensor<64x64xf16, #a>
  }
}
