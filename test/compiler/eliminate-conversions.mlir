// Fewer conversions, and where they are needed.
// RUN: tessera-opt %s --tile-eliminate-conversions | FileCheck %s

#a = #tile.layout<{register = [[128]], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
#b = #tile.layout<{register = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[64], [128]]}>
#c = #tile.layout<{register = [[32]], lane = [[1], [2], [4], [8], [16]], warp = [[64], [128]]}>

// CHECK-DAG: #[[A:.+]] = #tile.layout<{register = {{\[\[}}128]]
// CHECK-DAG: #[[B:.+]] = #tile.layout<{register = {{\[\[}}1]]
// CHECK-DAG: #[[C:.+]] = #tile.layout<{register = {{\[\[}}32]]
module attributes {tile.num_warps = 4 : i32} {
  // From the first source directly.
  // CHECK-LABEL: func.func @chain
  // CHECK-SAME: %[[X:.*]]: tensor
  // CHECK-NEXT: %[[Y:.*]] = tile.convert_layout %[[X]] : tensor<256xf32, #[[A]]> -> tensor<256xf32, #[[C]]>
  // CHECK-NEXT: return %[[Y]]
  func.func @chain(%x: tensor<256xf32, #a>) -> tensor<256xf32, #c> {
    %0 = tile.convert_layout %x : tensor<256xf32, #a> -> tensor<256xf32, #b>
    %1 = tile.convert_layout %0 : tensor<256xf32, #b> -> tensor<256xf32, #c>
    return %1 : tensor<256xf32, #c>
  }

  // There and back is nothing.
  // CHECK-LABEL: func.func @back
  // CHECK-SAME: %[[X:.*]]: tensor
  // CHECK-NEXT: return %[[X]]
  func.func @back(%x: tensor<256xf32, #a>) -> tensor<256xf32, #a> {
    %0 = tile.convert_layout %x : tensor<256xf32, #a> -> tensor<256xf32, #b>
    %1 = tile.convert_layout %0 : tensor<256xf32, #b> -> tensor<256xf32, #a>
    return %1 : tensor<256xf32, #a>
  }

  // Only where the branch is taken, but before the loop in it.
  // CHECK-LABEL: func.func @branch
  // CHECK-NEXT: scf.if
  // CHECK-NEXT: tile.convert_layout
  // CHECK-NEXT: scf.for
  func.func @branch(%x: tensor<256xf32, #a>, %p: tensor<256x!tile.ptr<f32>, #b>, %flag: i1, %n: index) {
    %0 = tile.convert_layout %x : tensor<256xf32, #a> -> tensor<256xf32, #b>
    scf.if %flag {
      scf.for %i = %n to %n step %n {
        tile.store %p, %0 : tensor<256x!tile.ptr<f32>, #b>
      }
    }
    return
  }
}
