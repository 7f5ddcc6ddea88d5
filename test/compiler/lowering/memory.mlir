// Loads and stores: ordinary where nothing special is asked for, inline PTX with qualifiers where it is.
// RUN: tessera-opt %s --convert-tile-to-nvvm --split-input-file | FileCheck %s

#l = #tile.layout<{register = [[1], [2]], lane = [[4], [8], [16], [32], [64]]}>

// CHECK: module attributes {{.*}}tile.ptx_version = 70
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
// CHECK-LABEL: llvm.func @plain(
func.func @plain(%p: !tile.ptr<f16>, %b: !tile.ptr<i1>) attributes {tile.kernel} {
  %r = tile.arange 0 to 128 : tensor<128xi32, #l>
  %s = tile.splat %p : !tile.ptr<f16> -> tensor<128x!tile.ptr<f16>, #l>
  %a = tile.addptr %s, %r : tensor<128x!tile.ptr<f16>, #l>, tensor<128xi32, #l>
  // Four halves are two words; what goes out as it came in is not taken apart.
  // CHECK: %[[V:.+]] = llvm.load %{{.+}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
  // CHECK-DAG: %[[LOW:.+]] = llvm.extractelement %[[V]]
  // CHECK-DAG: %[[HIGH:.+]] = llvm.extractelement %[[V]]
  %x = tile.load %a {tile.vector = 4 : i32} : tensor<128x!tile.ptr<f16>, #l>
  // CHECK: llvm.insertelement %[[LOW]]
  // CHECK: llvm.insertelement %[[HIGH]]
  // CHECK: llvm.store %{{.+}}, %{{.+}} {alignment = 8 : i64} : vector<2xi32>, !llvm.ptr<1>
  tile.store %a, %x {tile.vector = 4 : i32} : tensor<128x!tile.ptr<f16>, #l>
  // A truth value is a byte in memory; a scalar is stored by one thread.
  // CHECK: llvm.load %{{.+}} {alignment = 1 : i64} : !llvm.ptr<1> -> i8
  // CHECK: llvm.inline_asm has_side_effects "@$2 st.global.b8 [$0], $1;", "l,h,b"
  %t = tile.load %b : !tile.ptr<i1>
  tile.store %b, %t : !tile.ptr<i1>
  return
}
}

// -----

// Eviction priorities came with PTX 7.4.
// CHECK: module attributes {{.*}}tile.ptx_version = 74
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
// CHECK-LABEL: llvm.func @hints(
func.func @hints(%p: !tile.ptr<i32>, %m: i1, %other: i32) attributes {tile.kernel} {
  // CHECK: "ld.global.cg.b32 $0, [$2];"
  %0 = tile.load %p cache = cg : !tile.ptr<i32>
  // CHECK: "ld.global.L1::evict_last.b32 $0, [$2];"
  %1 = tile.load %p evict = evict_last : !tile.ptr<i32>
  // CHECK: "ld.volatile.global.b32 $0, [$2];"
  %2 = tile.load %p volatile : !tile.ptr<i32>
  // The register holds `other` before: an operand tied to the result.
  // CHECK: "@$3 ld.global.b32 $0, [$2];", "=r,0,l,b" %arg2, %arg0, %arg1
  %3 = tile.load %p mask(%m) other(%other) : !tile.ptr<i32>
  // CHECK: "@$2 st.global.wt.b32 [$0], $1;"
  tile.store %p, %0 cache = wt : !tile.ptr<i32>
  // CHECK: "@$2 st.global.L1::evict_first.b32 [$0], $1;"
  tile.store %p, %1 evict = evict_first : !tile.ptr<i32>
  // A mask that is known leaves no code behind.
  // CHECK-NOT: inline_asm
  %false = arith.constant false
  tile.store %p, %2 mask(%false) : !tile.ptr<i32>
  %4 = tile.load %p mask(%false) other(%3) : !tile.ptr<i32>
  return
}

// Offsets below the base are added too: ptxas reads no other form.
// CHECK-LABEL: llvm.func @below(
func.func @below(%p: !tile.ptr<i32>, %i: i64, %m: i1) attributes {tile.kernel} {
  %minus = arith.constant -4 : i64
  %j = arith.addi %i, %minus : i64
  %q = tile.addptr %p, %j : !tile.ptr<i32>, i64
  // CHECK: "@$3 ld.global.b32 $0, [$2+-16];"
  %0 = tile.load %q mask(%m) : !tile.ptr<i32>
  tile.store %p, %0 : !tile.ptr<i32>
  return
}
}
