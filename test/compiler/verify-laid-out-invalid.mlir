// What the laid-out stage must not contain.
// RUN: tessera-opt %s --split-input-file --tile-verify-laid-out --verify-diagnostics

module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @no_layout() {
    // expected-error@+1 {{has a tensor without a layout: 'tensor<64xi32>'}}
    %0 = tile.arange 0 to 64 : tensor<64xi32>
    return
  }
}

// -----

#two = #tile.layout<{register = [[64]], lane = [[1], [2], [4], [8], [16]], warp = [[32]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @warps() {
    // expected-error@+1 {{has a layout of 1 warp bits, expected 2}}
    %0 = tile.arange 0 to 128 : tensor<128xi32, #two>
    return
  }
}

// -----

#copies = #tile.layout<{register = [[0]], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @copies() {
    // expected-error@+1 {{has a layout with copies in registers}}
    %0 = tile.arange 0 to 128 : tensor<128xi32, #copies>
    return
  }
}

// -----

#line = #tile.layout<{register = [[128]], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @width(%p: tensor<256x!tile.ptr<f32>, #line>) {
    // expected-error@+1 {{accesses 4 elements at once, but its layout has 1 in consecutive registers}}
    %0 = tile.load %p {tile.vector = 4 : i32} : tensor<256x!tile.ptr<f32>, #line>
    return
  }
}

// -----

#wide = #tile.layout<{register = [[1], [2], [4]], lane = [[8], [16], [32], [64], [128]], warp = [[256], [512]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @bytes(%p: tensor<1024x!tile.ptr<f32>, #wide>) {
    // expected-error@+1 {{accesses 32 bytes at once, at most 16 are possible}}
    %0 = tile.load %p {tile.vector = 8 : i32} : tensor<1024x!tile.ptr<f32>, #wide>
    return
  }
}

// -----

#line = #tile.layout<{register = [], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @hint(%x: tensor<128xi32, #line>) {
    // expected-error@+1 {{must not be left in the laid-out stage}}
    %0 = tile.hint %x divisibility [4] : tensor<128xi32, #line>
    return
  }
}

// -----

// A scan needs its axis in order.
#line = #tile.layout<{register = [[128]], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @scan(%x: tensor<256xf32, #line>) {
    // expected-error@+1 {{cannot have the layout of its operand #0}}
    %s = tile.scan (%x) axis 0 combine (%a: f32, %b: f32) {
      %0 = arith.addf %a, %b : f32
      tile.yield %0 : f32
    } : (tensor<256xf32, #line>) -> tensor<256xf32, #line>
    return
  }
}

// -----

// Operand A of another instruction.
#acc = #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 8]]}>
#a = #tile.layout<{register = [[8, 0], [0, 4], [0, 8]], lane = [[0, 1], [0, 2], [1, 0], [2, 0], [4, 0]], warp = [[0, 0]]}>
#b = #tile.layout<{register = [[1, 0], [8, 0]], lane = [[2, 0], [4, 0], [0, 1], [0, 2], [0, 4]], warp = [[0, 8]]}>
module attributes {tile.num_warps = 2 : i32, tile.target = "sm_80"} {
  func.func @operand(%a: tensor<16x16xf16, #a>, %b: tensor<16x16xf16, #b>, %acc: tensor<16x16xf32, #acc>) {
    // expected-error@+1 {{expects operand #0 in layout}}
    %0 = tile.mma m16n8k16.f32.f16 %a, %b, %acc : tensor<16x16xf16, #a>, tensor<16x16xf16, #b>, tensor<16x16xf32, #acc>
    return
  }
}
