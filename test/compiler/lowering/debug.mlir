// print, assert and inline assembly.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#l = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]]}>
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {

// CHECK-DAG: llvm.mlir.global internal constant @{{.+}}("pid (%u, %u, %u) idx (%u) x = %f\0A\00") {addr_space = 1 : i32
// CHECK-DAG: llvm.mlir.global internal constant @{{.+}}("pid (%u, %u, %u) idx () 100%% of 0x%08x\0A\00")
// CHECK-DAG: llvm.mlir.global internal constant @{{.+}}("not negative\00")
// CHECK-DAG: llvm.mlir.global internal constant @{{.+}}("kernel.tile\00")
// CHECK-DAG: llvm.func @vprintf(!llvm.ptr, !llvm.ptr) -> i32
// CHECK-DAG: llvm.func @__assertfail(!llvm.ptr, !llvm.ptr, i32, !llvm.ptr, i64)

// CHECK-LABEL: llvm.func @says(
func.func @says(%x: f32, %i: i32) attributes {tile.kernel} {
  %v = tile.splat %x : f32 -> tensor<64xf32, #l>
  // Once an element, floats as doubles.
  // CHECK-COUNT-2: llvm.call @vprintf
  tile.print " x = " (%v) is_signed [0] : tensor<64xf32, #l>
  // A scalar once.
  // CHECK: llvm.cond_br
  // CHECK: llvm.call @vprintf
  tile.print " 100% of " hex (%i) is_signed [0] : i32
  return
}

// CHECK-LABEL: llvm.func @insists(
func.func @insists(%x: f32) attributes {tile.kernel} {
  %v = tile.splat %x : f32 -> tensor<64xf32, #l>
  %zero = arith.constant dense<0.0> : tensor<64xf32, #l>
  %c = arith.cmpf oge, %v, %zero : tensor<64xf32, #l>
  // One call for all elements of a thread.
  // CHECK: llvm.call @__assertfail
  // CHECK-NOT: llvm.call @__assertfail
  tile.assert %c, "not negative" : tensor<64xi1, #l> loc("kernel.tile":12:3)
  return
}

// Pairs of halves share a word.
// CHECK-LABEL: llvm.func @assembly(
func.func @assembly(%p: !tile.ptr<f16>, %x: f16) attributes {tile.kernel} {
  %v = tile.splat %x : f16 -> tensor<64xf16, #l>
  // CHECK: %[[PAIR:.+]] = llvm.bitcast %{{.+}} : vector<2xf16> to i32
  // CHECK: llvm.inline_asm "add.f16x2 $0, $1, $1;", "=r,r" %[[PAIR]] : (i32) -> i32
  // CHECK-NOT: add.f16x2
  %w = tile.inline_asm "add.f16x2 $0, $1, $1;" constraints "=r,r" pack 2 pure (%v) : (tensor<64xf16, #l>) -> tensor<64xf16, #l>
  %r = tile.arange 0 to 64 : tensor<64xi32, #l>
  %s = tile.splat %p : !tile.ptr<f16> -> tensor<64x!tile.ptr<f16>, #l>
  %a = tile.addptr %s, %r : tensor<64x!tile.ptr<f16>, #l>, tensor<64xi32, #l>
  tile.store %a, %w {tile.vector = 2 : i32} : tensor<64x!tile.ptr<f16>, #l>
  return
}
}
