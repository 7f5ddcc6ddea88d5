// RUN: tessera-opt %s --split-input-file --tile-assign-layouts --verify-diagnostics

// expected-error@+1 {{expected attribute 'tile.num_warps' on the module}}
module {
}

// -----

module attributes {tile.num_warps = 4 : i32} {
  // expected-error@+1 {{expected a kernel whose parameters are scalars and pointers, got 'tensor<64xi32>'}}
  func.func @parameter(%x: tensor<64xi32>) {
    return
  }
}

// -----

#line = #tile.layout<{register = [], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]}>
module attributes {tile.num_warps = 4 : i32} {
  func.func @laid_out() {
    // expected-error@+1 {{expected a tensor without a layout, got 'tensor<128xi32,}}
    %0 = tile.arange 0 to 128 : tensor<128xi32, #line>
    return
  }
}
