// scf to blocks: loops come out rotated and carry scalars one by one.
// RUN: tessera-opt %s --convert-tile-to-nvvm | FileCheck %s

#l = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]]}>
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {

// CHECK-LABEL: llvm.func @loop(
// CHECK-SAME: %[[N:.+]]: i32, %[[X:.+]]: f32, %[[P:.+]]: !llvm.ptr<1>
func.func @loop(%n: i32, %x: f32, %p: !tile.ptr<f32>) attributes {tile.kernel} {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %init = tile.splat %x : f32 -> tensor<64xf32, #l>
  // The guard, then body and exit with one argument for each register.
  // CHECK: %[[ENTER:.+]] = llvm.icmp "slt" %{{.+}}, %[[N]] : i32
  // CHECK: llvm.cond_br %[[ENTER]], ^[[BODY:.+]](%{{.+}}, %[[X]], %[[X]] : i32, f32, f32), ^[[EXIT:.+]](%[[X]], %[[X]] : f32, f32)
  // CHECK: ^[[EXIT]](%{{.+}}: f32, %{{.+}}: f32):
  // CHECK: ^[[BODY]](%[[I:.+]]: i32, %[[A:.+]]: f32, %[[B:.+]]: f32):
  // CHECK: %[[A2:.+]] = llvm.fadd %[[A]], %[[A]]
  // CHECK: %[[B2:.+]] = llvm.fadd %[[B]], %[[B]]
  // CHECK: %[[NEXT:.+]] = llvm.add %[[I]], %{{.+}} overflow<nsw> : i32
  // CHECK: %[[AGAIN:.+]] = llvm.icmp "slt" %[[NEXT]], %[[N]] : i32
  // CHECK: llvm.cond_br %[[AGAIN]], ^[[BODY]](%[[NEXT]], %[[A2]], %[[B2]] : i32, f32, f32), ^[[EXIT]](%[[A2]], %[[B2]] : f32, f32)
  %sum = scf.for %i = %zero to %n step %one iter_args(%acc = %init) -> tensor<64xf32, #l> : i32 {
    %next = arith.addf %acc, %acc : tensor<64xf32, #l>
    scf.yield %next : tensor<64xf32, #l>
  }
  %ps = tile.splat %p : !tile.ptr<f32> -> tensor<64x!tile.ptr<f32>, #l>
  %r = tile.arange 0 to 64 : tensor<64xi32, #l>
  %pp = tile.addptr %ps, %r : tensor<64x!tile.ptr<f32>, #l>, tensor<64xi32, #l>
  tile.store %pp, %sum {tile.vector = 2 : i32} : tensor<64x!tile.ptr<f32>, #l>
  return
}

// CHECK-LABEL: llvm.func @conditional(
// CHECK-SAME: %[[C:.+]]: i1, %[[X:.+]]: f32, %{{.+}}: !llvm.ptr<1>
func.func @conditional(%c: i1, %x: f32, %p: !tile.ptr<f32>) attributes {tile.kernel} {
  // CHECK: llvm.cond_br %[[C]], ^[[THEN:.+]], ^[[ELSE:.+]]
  // CHECK: ^[[THEN]]:
  // CHECK: %[[SUM:.+]] = llvm.fadd %[[X]], %[[X]]
  // CHECK: llvm.br ^[[MERGE:.+]](%[[SUM]] : f32)
  // CHECK: ^[[MERGE]](%[[Y:.+]]: f32):
  // CHECK: ^[[ELSE]]:
  // CHECK: llvm.br ^[[MERGE]](%[[X]] : f32)
  %y = scf.if %c -> f32 {
    %0 = arith.addf %x, %x : f32
    scf.yield %0 : f32
  } else {
    scf.yield %x : f32
  }
  tile.store %p, %y : !tile.ptr<f32>
  return
}

// CHECK-LABEL: llvm.func @indefinite(
func.func @indefinite(%n: i32, %p: !tile.ptr<i32>) attributes {tile.kernel} {
  %one = arith.constant 1 : i32
  // CHECK: llvm.br ^[[BEFORE:.+]](%{{.+}} : i32)
  // CHECK: ^[[BEFORE]](%[[A:.+]]: i32):
  // CHECK: llvm.cond_br %{{.+}}, ^[[AFTER:.+]](%[[A]] : i32), ^[[EXIT:.+]](%[[A]] : i32)
  // CHECK: ^[[AFTER]](%{{.+}}: i32):
  // CHECK: llvm.br ^[[BEFORE]]
  %r = scf.while (%a = %n) : (i32) -> i32 {
    %c = arith.cmpi sgt, %a, %one : i32
    scf.condition(%c) %a : i32
  } do {
  ^bb0(%a: i32):
    %b = arith.shrui %a, %one : i32
    scf.yield %b : i32
  }
  tile.store %p, %r : !tile.ptr<i32>
  return
}
}
