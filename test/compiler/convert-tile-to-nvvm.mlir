// The lowering as a whole: the kernel function, values as lists of scalars, what depends on the thread.
// RUN: tessera-opt %s --convert-tile-to-nvvm --split-input-file | FileCheck %s

#l = #tile.layout<{register = [[1], [2], [512]], lane = [[4], [8], [16], [32], [64]], warp = [[128], [256]]}>

module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
// A pointer keeps its divisibility as alignment, or else the size of what it points to; the block size is fixed.
// CHECK-LABEL: llvm.func @add(
// CHECK-SAME: %[[X:.+]]: !llvm.ptr<1> {llvm.align = 16 : i64}, %[[Y:.+]]: !llvm.ptr<1> {llvm.align = 4 : i64}, %[[N:.+]]: i32)
// CHECK-SAME: nvvm.kernel, nvvm.reqntid = array<i32: 128, 1, 1>
func.func @add(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %y: !tile.ptr<f32>, %n: i32) attributes {tile.kernel} {
  // The position of the thread in the tile is one shift: its bits stay together.
  // CHECK: %[[TID:.+]] = nvvm.read.ptx.sreg.tid.x range <i32, 0, 128> : i32
  // CHECK: %[[BASE:.+]] = llvm.shl %[[TID]], %{{.+}} : i32
  // CHECK: llvm.br ^[[BODY:.+]]
  // CHECK: ^[[BODY]]:
  // CHECK: llvm.or disjoint %[[BASE]], %{{.+}} : i32
  %r = tile.arange 0 to 1024 : tensor<1024xi32, #l>
  %ns = tile.splat %n : i32 -> tensor<1024xi32, #l>
  // CHECK-COUNT-8: llvm.icmp "slt"
  %m = arith.cmpi slt, %r, %ns : tensor<1024xi32, #l>
  // The addresses of a thread are one register and immediates.
  // CHECK: %[[P:.+]] = llvm.getelementptr %[[X]][%[[BASE]]] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
  // CHECK: llvm.getelementptr %[[P]][4] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i8
  %xs = tile.splat %x : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>, #l>
  %xp = tile.addptr %xs, %r : tensor<1024x!tile.ptr<f32>, #l>, tensor<1024xi32, #l>
  %ys = tile.splat %y : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>, #l>
  %yp = tile.addptr %ys, %r : tensor<1024x!tile.ptr<f32>, #l>, tensor<1024xi32, #l>
  // Four registers at once where the attribute says so, one by one where it is absent.
  // CHECK: "@$9 ld.global.v4.b32 {$0, $1, $2, $3}, [$8];", "=r,=r,=r,=r,0,1,2,3,l,b"
  // CHECK: "@$9 ld.global.v4.b32 {$0, $1, $2, $3}, [$8+2048];"
  %v = tile.load %xp mask(%m) {tile.vector = 4 : i32} : tensor<1024x!tile.ptr<f32>, #l>
  // CHECK-COUNT-8: llvm.fadd
  %w = arith.addf %v, %v : tensor<1024xf32, #l>
  // CHECK-COUNT-8: "@$2 st.global.b32 [$0{{.*}}], $1;"
  tile.store %yp, %w mask(%m) : tensor<1024x!tile.ptr<f32>, #l>
  // CHECK: llvm.return
  return
}
}

// -----

// The PTX version is the target's own unless something needs more.
// CHECK: module attributes {{.*}}tile.ptx_version = 70
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
// One warp: a mask of lanes alone. Copies are stored once, by the threads whose bits for them are zero.
// CHECK-LABEL: llvm.func @copies
func.func @copies(%x: !tile.ptr<i32>) attributes {tile.kernel} {
  // CHECK-DAG: %[[TID:.+]] = nvvm.read.ptx.sreg.tid.x range <i32, 0, 32> : i32
  // CHECK-DAG: %[[BITS:.+]] = llvm.mlir.constant(28 : i32) : i32
  // CHECK: %[[COPY:.+]] = llvm.and %[[TID]], %[[BITS]] : i32
  // CHECK: %[[OWNER:.+]] = llvm.icmp "eq" %[[COPY]], %{{.+}} : i32
  // CHECK: llvm.inline_asm has_side_effects "@$2 st.global.b32 [$0], $1;", "l,r,b" %{{.+}}, %{{.+}}, %[[OWNER]]
  %r = tile.arange 0 to 4 : tensor<4xi32, #tile.layout<{lane = [[1], [2], [0], [0], [0]]}>>
  %xs = tile.splat %x : !tile.ptr<i32> -> tensor<4x!tile.ptr<i32>, #tile.layout<{lane = [[1], [2], [0], [0], [0]]}>>
  %xp = tile.addptr %xs, %r : tensor<4x!tile.ptr<i32>, #tile.layout<{lane = [[1], [2], [0], [0], [0]]}>>, tensor<4xi32, #tile.layout<{lane = [[1], [2], [0], [0], [0]]}>>
  tile.store %xp, %r : tensor<4x!tile.ptr<i32>, #tile.layout<{lane = [[1], [2], [0], [0], [0]]}>>
  return
}
}
