// A barrier before each access to shared memory that must not meet an earlier one, and nowhere else.
// RUN: tessera-opt %s --tile-insert-barriers | FileCheck %s

#rows = #tile.layout<{register = [[0, 1], [0, 2], [0, 4], [32, 0]], lane = [[0, 8], [0, 16], [1, 0], [2, 0], [4, 0]], warp = [[8, 0], [16, 0]]}>
#columns = #tile.layout<{register = [[1, 0], [2, 0], [4, 0], [32, 0]], lane = [[8, 0], [16, 0], [0, 1], [0, 2], [0, 4]], warp = [[0, 8], [0, 16]]}>
#shared = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [1, 0], [2, 0], [4, 0], [8, 0], [16, 0], [32, 0]]}>
!tile_a = tensor<64x32xf16, #rows>
!tile_b = tensor<64x32xf16, #columns>
!buffer = !tile.buffer<64x32xf16, #shared>

module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80", tile.shared_bytes = 8192 : i32} {
  // Two writes to different places, one barrier, two reads.
  // CHECK-LABEL: func.func @apart
  // CHECK-NOT: tile.barrier
  // CHECK: tile.local_store
  // CHECK-NOT: tile.barrier
  // CHECK: tile.local_store
  // CHECK: tile.barrier
  // CHECK-NEXT: tile.local_load
  // CHECK-NOT: tile.barrier
  // CHECK: return
  func.func @apart(%x: !tile_a) -> (!tile_a, !tile_a) {
    %a = tile.alloc offset 0 : !buffer
    %b = tile.alloc offset 4096 : !buffer
    tile.local_store %x, %a : !tile_a, !buffer
    tile.local_store %x, %b : !tile_a, !buffer
    %y = tile.local_load %a : !buffer -> !tile_a
    %z = tile.local_load %b : !buffer -> !tile_a
    return %y, %z : !tile_a, !tile_a
  }

  // The same place: written after it was read, and after it was written.
  // CHECK-LABEL: func.func @same_place
  // CHECK: tile.local_store
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.local_load
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.local_store
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.local_store
  // CHECK-NEXT: return
  func.func @same_place(%x: !tile_a) -> !tile_a {
    %a = tile.alloc offset 0 : !buffer
    %b = tile.alloc offset 0 : !buffer
    tile.local_store %x, %a : !tile_a, !buffer
    %y = tile.local_load %a : !buffer -> !tile_a
    tile.local_store %y, %b : !tile_a, !buffer
    tile.local_store %x, %a : !tile_a, !buffer
    return %y : !tile_a
  }

  // A barrier that is there already counts.
  // CHECK-LABEL: func.func @by_hand
  // CHECK-COUNT-1: tile.barrier
  // CHECK-NOT: tile.barrier
  // CHECK: return
  func.func @by_hand(%x: !tile_a) -> !tile_a {
    %a = tile.alloc offset 0 : !buffer
    tile.local_store %x, %a : !tile_a, !buffer
    tile.barrier
    %y = tile.local_load %a : !buffer -> !tile_a
    return %y : !tile_a
  }

  // Around a loop: the store of the next iteration waits for the loads of this one.
  // CHECK-LABEL: func.func @loop
  // CHECK: scf.for
  // CHECK: tile.barrier
  // CHECK-NEXT: tile.local_store
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.local_load
  // CHECK-NOT: tile.barrier
  // CHECK: return
  func.func @loop(%x: !tile_a, %n: i32) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x) -> (!tile_a) : i32 {
      %a = tile.alloc offset 0 : !buffer
      tile.local_store %v, %a : !tile_a, !buffer
      %y = tile.local_load %a : !buffer -> !tile_a
      scf.yield %y : !tile_a
    }
    return
  }

  // Only the first iteration meets the read before the loop: one barrier before it.
  // CHECK-LABEL: func.func @before_loop
  // CHECK: tile.local_load
  // CHECK: tile.barrier
  // CHECK-NEXT: scf.for
  // CHECK-NOT: tile.barrier
  // CHECK: tile.local_store
  // CHECK-NEXT: tile.barrier
  // CHECK: tile.local_load
  // CHECK-NEXT: tile.local_store
  // CHECK-NEXT: tile.barrier
  func.func @before_loop(%x: !tile_a, %n: i32) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %a = tile.alloc offset 0 : !buffer
    %y = tile.local_load %a : !buffer -> !tile_a
    scf.for %i = %c0 to %n step %c1 : i32 {
      %b = tile.alloc offset 0 : !buffer
      %c = tile.alloc offset 4096 : !buffer
      tile.local_store %y, %b : !tile_a, !buffer
      %v = tile.local_load %b : !buffer -> !tile_a
      tile.local_store %v, %c : !tile_a, !buffer
      %w = tile.local_load %c : !buffer -> !tile_a
    }
    return
  }

  // Of two branches one wrote: a barrier after both.
  // CHECK-LABEL: func.func @branch
  // CHECK: scf.if
  // CHECK-NOT: tile.barrier
  // CHECK: }
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.local_load
  func.func @branch(%x: !tile_a, %flag: i1) -> !tile_a {
    %a = tile.alloc offset 0 : !buffer
    scf.if %flag {
      tile.local_store %x, %a : !tile_a, !buffer
    }
    %y = tile.local_load %a : !buffer -> !tile_a
    return %y : !tile_a
  }

  // A conversion writes its scratch memory, waits, and reads: before it earlier reads must be over, after it a write must wait for its reads.
  // CHECK-LABEL: func.func @scratch
  // CHECK: tile.local_load
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.convert_layout
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.local_store
  func.func @scratch(%x: !tile_a) -> !tile_b {
    %a = tile.alloc offset 0 : !buffer
    %y = tile.local_load %a : !buffer -> !tile_a
    %z = tile.convert_layout %y {tile.scratch_offset = 0 : i32} : !tile_a -> !tile_b
    tile.local_store %x, %a : !tile_a, !buffer
    return %z : !tile_b
  }

  // One thread releases for all: all must have written first.
  // CHECK-LABEL: func.func @release
  // CHECK: tile.store
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.atomic_rmw xchg
  // CHECK-NEXT: tile.atomic_rmw add
  func.func @release(%p: !tile.ptr<i32>, %v: i32) {
    tile.store %p, %v : !tile.ptr<i32>
    %0 = tile.atomic_rmw xchg %p, %v : !tile.ptr<i32>
    %1 = tile.atomic_rmw add %p, %v sem = relaxed : !tile.ptr<i32>
    return
  }

  // Every thread loads a scalar that the first one overwrites; what that one wrote the others read.
  // CHECK-LABEL: func.func @scalars
  // CHECK: tile.load
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.store
  // CHECK-NEXT: tile.store
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.load
  // CHECK-NOT: tile.barrier
  // CHECK: return
  func.func @scalars(%p: !tile.ptr<i32>, %v: i32) -> (i32, i32) {
    %0 = tile.load %p : !tile.ptr<i32>
    tile.store %p, %v : !tile.ptr<i32>
    tile.store %p, %0 : !tile.ptr<i32>
    %1 = tile.load %p : !tile.ptr<i32>
    return %0, %1 : i32, i32
  }

  // One thread loads and stores each element; other arguments are other memory.
  // CHECK-LABEL: func.func @own_elements
  // CHECK-NOT: tile.barrier
  // CHECK: return
  func.func @own_elements(%p: !tile.ptr<f16>, %q: !tile.ptr<f16>, %i: tensor<64x32xi32, #rows>) {
    %0 = tile.splat %p : !tile.ptr<f16> -> tensor<64x32x!tile.ptr<f16>, #rows>
    %1 = tile.addptr %0, %i : tensor<64x32x!tile.ptr<f16>, #rows>, tensor<64x32xi32, #rows>
    %x = tile.load %1 : tensor<64x32x!tile.ptr<f16>, #rows>
    tile.store %1, %x : tensor<64x32x!tile.ptr<f16>, #rows>
    %2 = tile.splat %q : !tile.ptr<f16> -> tensor<64x32x!tile.ptr<f16>, #rows>
    tile.store %2, %x : tensor<64x32x!tile.ptr<f16>, #rows>
    return
  }

  // Other pointers into the same argument, in the same iteration or the next.
  // CHECK-LABEL: func.func @shifted
  // CHECK: scf.for
  // CHECK: tile.barrier
  // CHECK-NEXT: tile.load
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.store
  // CHECK-NOT: tile.barrier
  // CHECK: return
  func.func @shifted(%p: !tile.ptr<f16>, %i: tensor<64x32xi32, #rows>, %n: i32) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %0 = tile.splat %p : !tile.ptr<f16> -> tensor<64x32x!tile.ptr<f16>, #rows>
    %1 = tile.addptr %0, %i : tensor<64x32x!tile.ptr<f16>, #rows>, tensor<64x32xi32, #rows>
    scf.for %j = %c0 to %n step %c1 : i32 {
      %x = tile.load %1 : tensor<64x32x!tile.ptr<f16>, #rows>
      tile.store %0, %x : tensor<64x32x!tile.ptr<f16>, #rows>
    }
    return
  }
}
