// Folders and canonicalisations of the dialect: what they turn into, and where they must not apply.
// RUN: tessera-opt %s --canonicalize | FileCheck %s

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
#z = #tile.layout<{lane = [[4], [1], [2]]}>
// CHECK-DAG: #[[LX:.+]] = #tile.layout<{lane = {{\[\[}}1], [2], [4]]}>
// CHECK-DAG: #[[LY:.+]] = #tile.layout<{lane = {{\[\[}}2], [1], [4]]}>
// CHECK-DAG: #[[LZ:.+]] = #tile.layout<{lane = {{\[\[}}4], [1], [2]]}>

// A splat of a constant is a constant, so that the folders of arith see it.
// CHECK-LABEL: func @splat_of_constant
func.func @splat_of_constant() -> tensor<8xi32> {
  // CHECK: %[[C:.+]] = arith.constant dense<5> : tensor<8xi32>
  // CHECK: return %[[C]]
  %two = arith.constant 2 : i32
  %three = arith.constant dense<3> : tensor<8xi32>
  %0 = tile.splat %two : i32 -> tensor<8xi32>
  %1 = arith.addi %0, %three : tensor<8xi32>
  return %1 : tensor<8xi32>
}

// Constants pass through every rearrangement.
// CHECK-LABEL: func @rearranged_constant
func.func @rearranged_constant() -> (tensor<8x4xf32>, tensor<16xf32>) {
  // CHECK-DAG: %[[A:.+]] = arith.constant dense<1.000000e+00> : tensor<8x4xf32>
  // CHECK-DAG: %[[B:.+]] = arith.constant dense<1.000000e+00> : tensor<16xf32>
  // CHECK: return %[[A]], %[[B]]
  %0 = arith.constant dense<1.0> : tensor<4xf32>
  %1 = tile.expand_dims %0, 1 : tensor<4xf32> -> tensor<4x1xf32>
  %2 = tile.broadcast %1 : tensor<4x1xf32> -> tensor<4x8xf32>
  %3 = tile.trans %2 [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  %4 = tile.join %0, %0 : tensor<4xf32> -> tensor<4x2xf32>
  %5 = tile.reshape %3 : tensor<8x4xf32> -> tensor<16x2xf32>
  %6, %7 = tile.split %5 : tensor<16x2xf32> -> tensor<16xf32>
  return %3, %6 : tensor<8x4xf32>, tensor<16xf32>
}

// Elements that differ keep their order.
// CHECK-LABEL: func @reshaped_constant
func.func @reshaped_constant() -> tensor<2x1x2xi32> {
  // CHECK{LITERAL}: arith.constant dense<[[[1, 2]], [[3, 4]]]> : tensor<2x1x2xi32>
  %0 = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  %1 = tile.reshape %0 : tensor<4xi32> -> tensor<2x2xi32>
  %2 = tile.expand_dims %1, 1 : tensor<2x2xi32> -> tensor<2x1x2xi32>
  return %2 : tensor<2x1x2xi32>
}

// A splat is a splat in every shape.
// CHECK-LABEL: func @rearranged_splat
// CHECK-SAME: (%[[X:.+]]: f32)
func.func @rearranged_splat(%x: f32) -> tensor<2x16xf32> {
  // CHECK: %[[S:.+]] = tile.splat %[[X]] : f32 -> tensor<2x16xf32>
  // CHECK: return %[[S]]
  %0 = tile.splat %x : f32 -> tensor<4xf32>
  %1 = tile.expand_dims %0, 0 : tensor<4xf32> -> tensor<1x4xf32>
  %2 = tile.broadcast %1 : tensor<1x4xf32> -> tensor<8x4xf32>
  %3 = tile.trans %2 [1, 0] : tensor<8x4xf32> -> tensor<4x8xf32>
  %4 = tile.reshape %3 : tensor<4x8xf32> -> tensor<2x16xf32>
  return %4 : tensor<2x16xf32>
}

// CHECK-LABEL: func @identities
// CHECK-SAME: (%[[X:.+]]: tensor<4x2xf32>)
func.func @identities(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // CHECK-NEXT: return %[[X]]
  %0 = tile.broadcast %x : tensor<4x2xf32> -> tensor<4x2xf32>
  %1 = tile.reshape %0 : tensor<4x2xf32> -> tensor<4x2xf32>
  %2 = tile.trans %1 [0, 1] : tensor<4x2xf32> -> tensor<4x2xf32>
  %3 = tile.bitcast %2 : tensor<4x2xf32> -> tensor<4x2xf32>
  %4, %5 = tile.split %3 : tensor<4x2xf32> -> tensor<4xf32>
  %6 = tile.join %4, %5 : tensor<4xf32> -> tensor<4x2xf32>
  return %6 : tensor<4x2xf32>
}

// CHECK-LABEL: func @split_of_join
// CHECK-SAME: (%[[X:.+]]: tensor<4xf32>, %[[Y:.+]]: tensor<4xf32>)
func.func @split_of_join(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: return %[[X]], %[[Y]]
  %0 = tile.join %x, %y : tensor<4xf32> -> tensor<4x2xf32>
  %1, %2 = tile.split %0 : tensor<4x2xf32> -> tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}

// A join of the halves in the other order is not what was split.
// CHECK-LABEL: func @join_of_swapped_split
func.func @join_of_swapped_split(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // CHECK: %[[L:.+]], %[[R:.+]] = tile.split
  // CHECK: tile.join %[[R]], %[[L]]
  %0, %1 = tile.split %x : tensor<4x2xf32> -> tensor<4xf32>
  %2 = tile.join %1, %0 : tensor<4xf32> -> tensor<4x2xf32>
  return %2 : tensor<4x2xf32>
}

// CHECK-LABEL: func @merged_broadcasts
// CHECK-SAME: (%[[X:.+]]: tensor<1x1xf32>)
func.func @merged_broadcasts(%x: tensor<1x1xf32>) -> tensor<8x4xf32> {
  // CHECK: tile.broadcast %[[X]] : tensor<1x1xf32> -> tensor<8x4xf32>
  %0 = tile.broadcast %x : tensor<1x1xf32> -> tensor<1x4xf32>
  %1 = tile.broadcast %0 : tensor<1x4xf32> -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// CHECK-LABEL: func @merged_reshapes
// CHECK-SAME: (%[[X:.+]]: tensor<8xf32>)
func.func @merged_reshapes(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<2x4xf32>) {
  // CHECK: %[[R:.+]] = tile.reshape %[[X]] allow_reorder : tensor<8xf32> -> tensor<2x4xf32>
  // CHECK: return %[[X]], %[[R]]
  %0 = tile.reshape %x : tensor<8xf32> -> tensor<4x2xf32>
  %1 = tile.reshape %0 : tensor<4x2xf32> -> tensor<8xf32>
  %2 = tile.reshape %0 allow_reorder : tensor<4x2xf32> -> tensor<2x4xf32>
  return %1, %2 : tensor<8xf32>, tensor<2x4xf32>
}

// CHECK-LABEL: func @merged_transposes
// CHECK-SAME: (%[[X:.+]]: tensor<2x4x8xf32>)
func.func @merged_transposes(%x: tensor<2x4x8xf32>) -> (tensor<4x8x2xf32>, tensor<2x4x8xf32>) {
  // CHECK: %[[T:.+]] = tile.trans %[[X]] [1, 2, 0] : tensor<2x4x8xf32> -> tensor<4x8x2xf32>
  // CHECK: return %[[T]], %[[X]]
  %0 = tile.trans %x [2, 0, 1] : tensor<2x4x8xf32> -> tensor<8x2x4xf32>
  %1 = tile.trans %0 [2, 0, 1] : tensor<8x2x4xf32> -> tensor<4x8x2xf32>
  %2 = tile.trans %0 [1, 2, 0] : tensor<8x2x4xf32> -> tensor<2x4x8xf32>
  return %1, %2 : tensor<4x8x2xf32>, tensor<2x4x8xf32>
}

// CHECK-LABEL: func @hints
// CHECK-SAME: (%[[X:.+]]: tensor<8xi32>)
func.func @hints(%x: tensor<8xi32>) -> (tensor<8xi32>, tensor<8xi32>, tensor<8xi32>) {
  // CHECK-DAG: %[[C:.+]] = arith.constant dense<16> : tensor<8xi32>
  // CHECK-DAG: %[[ONE:.+]] = tile.hint %[[X]] divisibility [16] contiguity [8] : tensor<8xi32>
  // CHECK-DAG: %[[INNER:.+]] = tile.hint %[[X]] divisibility [12] : tensor<8xi32>
  // CHECK-DAG: %[[OUTER:.+]] = tile.hint %[[INNER]] divisibility [16] : tensor<8xi32>
  // CHECK: return %[[ONE]], %[[OUTER]], %[[C]]
  %0 = tile.hint %x divisibility [8] contiguity [8] : tensor<8xi32>
  %1 = tile.hint %0 divisibility [16] : tensor<8xi32>
  %2 = tile.hint %x divisibility [12] : tensor<8xi32>
  %3 = tile.hint %2 divisibility [16] : tensor<8xi32>
  %c = arith.constant dense<16> : tensor<8xi32>
  %4 = tile.hint %c divisibility [16] : tensor<8xi32>
  return %1, %3, %4 : tensor<8xi32>, tensor<8xi32>, tensor<8xi32>
}

// CHECK-LABEL: func @assume_and_assert
// CHECK-SAME: (%[[C:.+]]: i1)
func.func @assume_and_assert(%c: i1) {
  // CHECK-NEXT: tile.assume %[[C]] : i1
  // CHECK-NEXT: tile.assert %[[C]], "kept" : i1
  // CHECK-NEXT: return
  %true = arith.constant true
  %false = arith.constant false
  tile.assume %true : i1
  tile.assume %c : i1
  tile.assert %true, "true" : i1
  tile.assert %c, "masked off" mask(%false) : i1
  tile.assert %c, "kept" mask(%true) : i1
  return
}

// CHECK-LABEL: func @addptr
// CHECK-SAME: (%[[P:.+]]: !tile.ptr<f32>, %[[I:.+]]: i32)
func.func @addptr(%p: !tile.ptr<f32>, %i: i32) -> (!tile.ptr<f32>, tensor<8x!tile.ptr<f32>>, tensor<8x!tile.ptr<f32>>) {
  // CHECK-DAG: %[[C3:.+]] = arith.constant 3 : i32
  // CHECK-DAG: %[[Q:.+]] = tile.addptr %[[P]], %[[I]] : !tile.ptr<f32>, i32
  // CHECK-DAG: %[[QS:.+]] = tile.splat %[[Q]] : !tile.ptr<f32> -> tensor<8x!tile.ptr<f32>>
  // CHECK-DAG: %[[R:.+]] = tile.addptr %[[P]], %[[C3]] : !tile.ptr<f32>, i32
  // CHECK-DAG: %[[RS:.+]] = tile.splat %[[R]] : !tile.ptr<f32> -> tensor<8x!tile.ptr<f32>>
  // CHECK: return %[[P]], %[[QS]], %[[RS]]
  %zero = arith.constant 0 : i32
  %0 = tile.addptr %p, %zero : !tile.ptr<f32>, i32
  %ps = tile.splat %p : !tile.ptr<f32> -> tensor<8x!tile.ptr<f32>>
  %is = tile.splat %i : i32 -> tensor<8xi32>
  %1 = tile.addptr %ps, %is : tensor<8x!tile.ptr<f32>>, tensor<8xi32>
  %threes = arith.constant dense<3> : tensor<8xi32>
  %2 = tile.addptr %ps, %threes : tensor<8x!tile.ptr<f32>>, tensor<8xi32>
  return %0, %1, %2 : !tile.ptr<f32>, tensor<8x!tile.ptr<f32>>, tensor<8x!tile.ptr<f32>>
}

// CHECK-LABEL: func @casts
// CHECK-SAME: (%[[P:.+]]: !tile.ptr<f32>, %[[A:.+]]: i64, %[[X:.+]]: tensor<4xf32>)
func.func @casts(%p: !tile.ptr<f32>, %a: i64, %x: tensor<4xf32>) -> (!tile.ptr<f32>, i64, tensor<4xf32>, i32, tensor<4xi16>, f32) {
  // CHECK-DAG: %[[ONE:.+]] = arith.constant 1065353216 : i32
  // CHECK-DAG: %[[HALVES:.+]] = arith.constant dense<15360> : tensor<4xi16>
  // CHECK-DAG: %[[TWO:.+]] = arith.constant 2.000000e+00 : f32
  // CHECK: return %[[P]], %[[A]], %[[X]], %[[ONE]], %[[HALVES]], %[[TWO]]
  %0 = tile.ptr_to_int %p : !tile.ptr<f32> -> i64
  %1 = tile.int_to_ptr %0 : i64 -> !tile.ptr<f32>
  %2 = tile.int_to_ptr %a : i64 -> !tile.ptr<f32>
  %3 = tile.ptr_to_int %2 : !tile.ptr<f32> -> i64
  %4 = tile.bitcast %x : tensor<4xf32> -> tensor<4xi32>
  %5 = tile.bitcast %4 : tensor<4xi32> -> tensor<4xf32>
  %one = arith.constant 1.0 : f32
  %6 = tile.bitcast %one : f32 -> i32
  %halves = arith.constant dense<1.0> : tensor<4xf16>
  %7 = tile.bitcast %halves : tensor<4xf16> -> tensor<4xi16>
  %bits = arith.constant 0x40000000 : i32
  %8 = tile.bitcast %bits : i32 -> f32
  return %1, %3, %5, %6, %7, %8 : !tile.ptr<f32>, i64, tensor<4xf32>, i32, tensor<4xi16>, f32
}

// An address that was cut to 32 bits does not come back.
// CHECK-LABEL: func @narrow_casts
func.func @narrow_casts(%p: !tile.ptr<f32>) -> !tile.ptr<f32> {
  // CHECK: tile.ptr_to_int
  // CHECK: tile.int_to_ptr
  %0 = tile.ptr_to_int %p : !tile.ptr<f32> -> i32
  %1 = tile.int_to_ptr %0 : i32 -> !tile.ptr<f32>
  return %1 : !tile.ptr<f32>
}

// CHECK-LABEL: func @load_all
// CHECK-SAME: (%[[P:.+]]: tensor<8x!tile.ptr<f32>>, %[[X:.+]]: tensor<8xf32>)
func.func @load_all(%p: tensor<8x!tile.ptr<f32>>, %x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: %[[L:.+]] = tile.load %[[P]] evict = evict_last : tensor<8x!tile.ptr<f32>>
  // CHECK: return %[[L]]
  %all = arith.constant dense<true> : tensor<8xi1>
  %0 = tile.load %p mask(%all) other(%x) evict = evict_last : tensor<8x!tile.ptr<f32>>
  return %0 : tensor<8xf32>
}

// Nothing is read: neither do volatile loads, whose effect is in the reading.
// CHECK-LABEL: func @load_none
// CHECK-SAME: (%[[P:.+]]: tensor<8x!tile.ptr<f32>>, %[[X:.+]]: tensor<8xf32>)
func.func @load_none(%p: tensor<8x!tile.ptr<f32>>, %x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  // CHECK: %[[ZERO:.+]] = arith.constant dense<0.000000e+00> : tensor<8xf32>
  // CHECK-NEXT: return %[[X]], %[[ZERO]], %[[X]]
  %none = arith.constant dense<false> : tensor<8xi1>
  %0 = tile.load %p mask(%none) other(%x) : tensor<8x!tile.ptr<f32>>
  %1 = tile.load %p mask(%none) : tensor<8x!tile.ptr<f32>>
  %2 = tile.load %p mask(%none) other(%x) volatile : tensor<8x!tile.ptr<f32>>
  return %0, %1, %2 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// Loads whose values nobody uses go, volatile ones stay.
// CHECK-LABEL: func @load_unused
func.func @load_unused(%p: !tile.ptr<f32>) {
  // CHECK-NEXT: tile.load %{{.+}} volatile
  // CHECK-NEXT: return
  %0 = tile.load %p : !tile.ptr<f32>
  %1 = tile.load %p volatile : !tile.ptr<f32>
  return
}

// CHECK-LABEL: func @store
// CHECK-SAME: (%[[P:.+]]: !tile.ptr<f32>, %[[X:.+]]: f32)
func.func @store(%p: !tile.ptr<f32>, %x: f32) {
  // CHECK-NEXT: tile.store %[[P]], %[[X]] : !tile.ptr<f32>
  // CHECK-NEXT: return
  %true = arith.constant true
  %false = arith.constant false
  tile.store %p, %x mask(%true) : !tile.ptr<f32>
  tile.store %p, %x mask(%false) : !tile.ptr<f32>
  return
}

// CHECK-LABEL: func @atomic_rmw
// CHECK-SAME: (%[[P:.+]]: !tile.ptr<i32>, %[[X:.+]]: i32)
func.func @atomic_rmw(%p: !tile.ptr<i32>, %x: i32) {
  // CHECK-NEXT: tile.atomic_rmw add %[[P]], %[[X]] : !tile.ptr<i32>
  // CHECK-NEXT: return
  %true = arith.constant true
  %false = arith.constant false
  %0 = tile.atomic_rmw add %p, %x mask(%true) : !tile.ptr<i32>
  %1 = tile.atomic_rmw add %p, %x mask(%false) : !tile.ptr<i32>
  return
}

// Pure operations whose results are unused go; what prints, traps or synchronises stays.
// CHECK-LABEL: func @dead
func.func @dead(%x: tensor<8xf32>, %c: i1) {
  // CHECK-NEXT: tile.inline_asm "bar" constraints "=f" pack 1 ()
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.print
  // CHECK-NEXT: tile.assert
  // CHECK-NEXT: return
  %0 = tile.reduce(%x) axis 0 combine (%a: f32, %b: f32) {
    %s = arith.addf %a, %b : f32
    tile.yield %s : f32
  } : (tensor<8xf32>) -> f32
  %1 = tile.inline_asm "foo" constraints "=f" pack 1 pure () : () -> f32
  %2 = tile.inline_asm "bar" constraints "=f" pack 1 () : () -> f32
  %3 = tile.alloc : !tile.buffer<96xi8>
  tile.barrier
  tile.print "here" () is_signed []
  tile.assert %c, "no" : i1
  return
}

// CHECK-LABEL: func @nothing_to_combine
// CHECK-SAME: (%[[X:.+]]: tensor<8x1xf32>, %[[Y:.+]]: tensor<1xf32>)
func.func @nothing_to_combine(%x: tensor<8x1xf32>, %y: tensor<1xf32>) -> (tensor<8xf32>, tensor<8x1xf32>, f32) {
  // CHECK: %[[R:.+]] = tile.reshape %[[X]] : tensor<8x1xf32> -> tensor<8xf32>
  // CHECK: %[[S:.+]] = tile.reduce(%[[Y]])
  // CHECK: return %[[R]], %[[X]], %[[S]]
  %0 = tile.reduce(%x) axis 1 combine (%a: f32, %b: f32) {
    %s = arith.addf %a, %b : f32
    tile.yield %s : f32
  } : (tensor<8x1xf32>) -> tensor<8xf32>
  %1 = tile.scan(%x) axis 1 combine (%a: f32, %b: f32) {
    %s = arith.addf %a, %b : f32
    tile.yield %s : f32
  } : (tensor<8x1xf32>) -> tensor<8x1xf32>
  %2 = tile.reduce(%y) axis 0 combine (%a: f32, %b: f32) {
    %s = arith.addf %a, %b : f32
    tile.yield %s : f32
  } : (tensor<1xf32>) -> f32
  return %0, %1, %2 : tensor<8xf32>, tensor<8x1xf32>, f32
}

// CHECK-LABEL: func @conversions
// CHECK-SAME: (%[[V:.+]]: tensor<8xf32, #[[LX]]>, %[[S:.+]]: f32)
func.func @conversions(%v: tensor<8xf32, #x>, %s: f32) -> (tensor<8xf32, #x>, tensor<8xf32, #z>, tensor<8xf32, #x>, tensor<8xf32, #y>, tensor<8xf32, #y>, tensor<8xi32, #y>) {
  // CHECK-DAG: %[[TWICE:.+]] = tile.convert_layout %[[V]] : tensor<8xf32, #[[LX]]> -> tensor<8xf32, #[[LZ]]>
  // CHECK-DAG: %[[SPLAT:.+]] = tile.splat %[[S]] : f32 -> tensor<8xf32, #[[LY]]>
  // CHECK-DAG: %[[C:.+]] = arith.constant dense<1.000000e+00> : tensor<8xf32, #[[LY]]>
  // CHECK-DAG: %[[I:.+]] = tile.arange 0 to 8 : tensor<8xi32, #[[LY]]>
  // CHECK: return %[[V]], %[[TWICE]], %[[V]], %[[SPLAT]], %[[C]], %[[I]]
  %same = tile.convert_layout %v : tensor<8xf32, #x> -> tensor<8xf32, #x>
  %0 = tile.convert_layout %v : tensor<8xf32, #x> -> tensor<8xf32, #y>
  %1 = tile.convert_layout %0 : tensor<8xf32, #y> -> tensor<8xf32, #z>
  %2 = tile.convert_layout %0 : tensor<8xf32, #y> -> tensor<8xf32, #x>
  %3 = tile.splat %s : f32 -> tensor<8xf32, #x>
  %4 = tile.convert_layout %3 : tensor<8xf32, #x> -> tensor<8xf32, #y>
  %c = arith.constant dense<1.0> : tensor<8xf32, #x>
  %5 = tile.convert_layout %c : tensor<8xf32, #x> -> tensor<8xf32, #y>
  %i = tile.arange 0 to 8 : tensor<8xi32, #x>
  %6 = tile.convert_layout %i : tensor<8xi32, #x> -> tensor<8xi32, #y>
  return %same, %1, %2, %4, %5, %6 : tensor<8xf32, #x>, tensor<8xf32, #z>, tensor<8xf32, #x>, tensor<8xf32, #y>, tensor<8xf32, #y>, tensor<8xi32, #y>
}
