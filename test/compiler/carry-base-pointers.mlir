// Loops carry scalar pointers for tensors that move by one offset.
// RUN: tessera-opt %s --tile-carry-base-pointers | FileCheck %s

// CHECK-LABEL: func.func @moved
// CHECK-SAME: %[[BASE:.*]]: !tile.ptr<f16>, %[[N:.*]]: i32
// CHECK: %[[OFFSETS:.*]] = tile.arange
// CHECK: %[[R:.*]]:2 = scf.for {{.*}} iter_args(%[[B:.*]] = %[[BASE]], %{{.*}} = %{{.*}}) -> (!tile.ptr<f16>, tensor<32xf16>)
// CHECK-NEXT: %[[S:.*]] = tile.splat %[[B]]
// CHECK-NEXT: %[[P:.*]] = tile.addptr %[[S]], %[[OFFSETS]]
// CHECK-NEXT: tile.load %[[P]]
// CHECK: %[[C:.*]] = tile.addptr %[[B]], %[[N]] : !tile.ptr<f16>, i32
// CHECK: scf.yield %[[C]],
// CHECK: %[[END:.*]] = tile.splat %[[R]]#0
// CHECK: %[[PEND:.*]] = tile.addptr %[[END]], %[[OFFSETS]]
// CHECK: tile.store %[[PEND]], %[[R]]#1
func.func @moved(%base: !tile.ptr<f16>, %n: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant dense<0.0> : tensor<32xf16>
  %offsets = tile.arange 0 to 32 : tensor<32xi32>
  %bases = tile.splat %base : !tile.ptr<f16> -> tensor<32x!tile.ptr<f16>>
  %init = tile.addptr %bases, %offsets : tensor<32x!tile.ptr<f16>>, tensor<32xi32>
  %steps = tile.splat %n : i32 -> tensor<32xi32>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %init, %acc = %zero) -> (tensor<32x!tile.ptr<f16>>, tensor<32xf16>) : i32 {
    %x = tile.load %p : tensor<32x!tile.ptr<f16>>
    %sum = arith.addf %acc, %x : tensor<32xf16>
    %q = tile.addptr %p, %steps : tensor<32x!tile.ptr<f16>>, tensor<32xi32>
    scf.yield %q, %sum : tensor<32x!tile.ptr<f16>>, tensor<32xf16>
  }
  tile.store %r#0, %r#1 : tensor<32x!tile.ptr<f16>>
  return
}

// Offsets that differ from element to element: as it was.
// CHECK-LABEL: func.func @spread
// CHECK: iter_args(%{{.*}} = %{{.*}}) -> (tensor<32x!tile.ptr<f16>>)
func.func @spread(%base: !tile.ptr<f16>, %n: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %offsets = tile.arange 0 to 32 : tensor<32xi32>
  %bases = tile.splat %base : !tile.ptr<f16> -> tensor<32x!tile.ptr<f16>>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %bases) -> (tensor<32x!tile.ptr<f16>>) : i32 {
    %q = tile.addptr %p, %offsets : tensor<32x!tile.ptr<f16>>, tensor<32xi32>
    scf.yield %q : tensor<32x!tile.ptr<f16>>
  }
  return
}

// Two pointers swapped around a loop are not counted from one base.
// CHECK-LABEL: func.func @swapped
// CHECK: -> (tensor<32x!tile.ptr<f16>>, tensor<32x!tile.ptr<f16>>)
func.func @swapped(%a: !tile.ptr<f16>, %b: !tile.ptr<f16>, %n: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %as = tile.splat %a : !tile.ptr<f16> -> tensor<32x!tile.ptr<f16>>
  %bs = tile.splat %b : !tile.ptr<f16> -> tensor<32x!tile.ptr<f16>>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%p = %as, %q = %bs) -> (tensor<32x!tile.ptr<f16>>, tensor<32x!tile.ptr<f16>>) : i32 {
    scf.yield %q, %p : tensor<32x!tile.ptr<f16>>, tensor<32x!tile.ptr<f16>>
  }
  return
}
