// Fewer operations before layouts are chosen.
// RUN: tessera-opt %s --tile-simplify | FileCheck %s

// A dot from zero and the sum it goes into are one operation.
// CHECK-LABEL: func.func @accumulate
// CHECK-SAME: %[[A:.*]]: tensor<16x16xf16>, %[[ACC:.*]]: tensor<16x16xf32>
// CHECK: %[[D:.*]] = tile.dot %[[A]], %[[A]], %[[ACC]]
// CHECK-NEXT: return %[[D]]
func.func @accumulate(%a: tensor<16x16xf16>, %acc: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant dense<0.0> : tensor<16x16xf32>
  %d = tile.dot %a, %a, %zero : tensor<16x16xf16>, tensor<16x16xf16>, tensor<16x16xf32>
  %s = arith.addf %acc, %d : tensor<16x16xf32>
  return %s : tensor<16x16xf32>
}

// Not when the product is used otherwise too.
// CHECK-LABEL: func.func @used_twice
// CHECK: tile.dot
// CHECK: arith.addf
func.func @used_twice(%a: tensor<16x16xf16>, %acc: tensor<16x16xf32>) -> (tensor<16x16xf32>, tensor<16x16xf32>) {
  %zero = arith.constant dense<0.0> : tensor<16x16xf32>
  %d = tile.dot %a, %a, %zero : tensor<16x16xf16>, tensor<16x16xf16>, tensor<16x16xf32>
  %s = arith.addf %acc, %d : tensor<16x16xf32>
  return %s, %d : tensor<16x16xf32>, tensor<16x16xf32>
}

// Equal operations are merged, and what a loop does not change leaves it; loads stay.
// CHECK-LABEL: func.func @loop
// CHECK: tile.arange
// CHECK-NOT: tile.arange
// CHECK: tile.addptr
// CHECK: scf.for
// CHECK-NOT: tile.addptr
// CHECK: tile.load
func.func @loop(%p: !tile.ptr<f32>, %n: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  scf.for %i = %c0 to %n step %c1 : i32 {
    %r = tile.arange 0 to 32 : tensor<32xi32>
    %s = tile.arange 0 to 32 : tensor<32xi32>
    %ps = tile.splat %p : !tile.ptr<f32> -> tensor<32x!tile.ptr<f32>>
    %q = tile.addptr %ps, %r : tensor<32x!tile.ptr<f32>>, tensor<32xi32>
    %t = tile.addptr %ps, %s : tensor<32x!tile.ptr<f32>>, tensor<32xi32>
    %v = tile.load %q : tensor<32x!tile.ptr<f32>>
    tile.store %t, %v : tensor<32x!tile.ptr<f32>>
  }
  return
}
