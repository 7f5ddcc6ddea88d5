// Areas share bytes when they are never in use together.
// RUN: tessera-opt %s --split-input-file --tile-allocate-shared | FileCheck %s

#rows = #tile.layout<{register = [[0, 1], [0, 2], [0, 4], [32, 0]], lane = [[0, 8], [0, 16], [1, 0], [2, 0], [4, 0]], warp = [[8, 0], [16, 0]]}>
#columns = #tile.layout<{register = [[1, 0], [2, 0], [4, 0], [32, 0]], lane = [[8, 0], [16, 0], [0, 1], [0, 2], [0, 4]], warp = [[0, 8], [0, 16]]}>
#shared = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 0], [4, 0], [8, 0], [16, 0], [32, 0]]}>

// One after the other: the same 4 KiB.
// CHECK: tile.shared_bytes = 4096 : i32
// CHECK-LABEL: func.func @in_turn
// CHECK: tile.alloc offset 0
// CHECK: tile.alloc offset 0
// CHECK: tile.convert_layout {{.*}} {tile.scratch_offset = 0 : i32}
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @in_turn(%x: tensor<64x32xf16, #rows>) -> tensor<64x32xf16, #columns> {
    %a = tile.alloc : !tile.buffer<64x32xf16, #shared>
    tile.local_store %x, %a : tensor<64x32xf16, #rows>, !tile.buffer<64x32xf16, #shared>
    %y = tile.local_load %a : !tile.buffer<64x32xf16, #shared> -> tensor<64x32xf16, #rows>
    %b = tile.alloc : !tile.buffer<64x32xf16, #shared>
    tile.local_store %y, %b : tensor<64x32xf16, #rows>, !tile.buffer<64x32xf16, #shared>
    %z = tile.local_load %b : !tile.buffer<64x32xf16, #shared> -> tensor<64x32xf16, #rows>
    %w = tile.convert_layout %z : tensor<64x32xf16, #rows> -> tensor<64x32xf16, #columns>
    return %w : tensor<64x32xf16, #columns>
  }
}

// -----

#rows = #tile.layout<{register = [[0, 1], [0, 2], [0, 4], [32, 0]], lane = [[0, 8], [0, 16], [1, 0], [2, 0], [4, 0]], warp = [[8, 0], [16, 0]]}>
#shared = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 0], [4, 0], [8, 0], [16, 0], [32, 0]]}>

// A buffer read in a loop is in use until the loop ends; areas of one loop are kept apart, since sharing would cost barriers.
// CHECK: tile.shared_bytes = 12288 : i32
// CHECK-LABEL: func.func @loop
// CHECK: tile.alloc offset 0
// CHECK: scf.for
// CHECK: tile.alloc offset 4096
// CHECK: tile.alloc offset 8192
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @loop(%x: tensor<64x32xf16, #rows>, %n: i32) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %a = tile.alloc : !tile.buffer<64x32xf16, #shared>
    tile.local_store %x, %a : tensor<64x32xf16, #rows>, !tile.buffer<64x32xf16, #shared>
    scf.for %i = %c0 to %n step %c1 : i32 {
      %y = tile.local_load %a : !tile.buffer<64x32xf16, #shared> -> tensor<64x32xf16, #rows>
      %b = tile.alloc : !tile.buffer<64x32xf16, #shared>
      tile.local_store %y, %b : tensor<64x32xf16, #rows>, !tile.buffer<64x32xf16, #shared>
      %z = tile.local_load %b : !tile.buffer<64x32xf16, #shared> -> tensor<64x32xf16, #rows>
      %c = tile.alloc : !tile.buffer<64x32xf16, #shared>
      tile.local_store %z, %c : tensor<64x32xf16, #rows>, !tile.buffer<64x32xf16, #shared>
    }
    return
  }
}

// -----

// A reduction across 4 warps leaves one number a warp; an atomic whose result is used passes it on.
// CHECK: tile.shared_bytes = 16 : i32
// CHECK-LABEL: func.func @scratch
// CHECK: tile.reduce{{.*}}
// CHECK: {tile.scratch_offset = 0 : i32}
// CHECK: tile.atomic_rmw {{.*}} {tile.scratch_offset = 0 : i32}
// CHECK: tile.atomic_rmw
// CHECK-NOT: scratch_offset
#line = #tile.layout<{register = [[128]], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @scratch(%x: tensor<256xf32, #line>, %p: !tile.ptr<f32>) -> f32 {
    %s = tile.reduce (%x) axis 0 combine (%a: f32, %b: f32) {
      %0 = arith.addf %a, %b : f32
      tile.yield %0 : f32
    } : (tensor<256xf32, #line>) -> f32
    %old = tile.atomic_rmw fadd %p, %s : !tile.ptr<f32>
    %unused = tile.atomic_rmw fadd %p, %s : !tile.ptr<f32>
    return %old : f32
  }
}
