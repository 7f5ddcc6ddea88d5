// RUN: tessera-opt %s --split-input-file --tile-allocate-shared --verify-diagnostics

#layout = #tile.layout<{register = [[0, 1], [0, 2], [0, 4], [0, 128], [0, 256], [16, 0], [32, 0], [64, 0], [128, 0], [256, 0]], lane = [[0, 8], [0, 16], [0, 32], [0, 64], [1, 0]], warp = [[2, 0], [4, 0], [8, 0]]}>
#shared = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [0, 32], [0, 64], [0, 128], [0, 256], [1, 0], [2, 0], [4, 0], [8, 0], [16, 0], [32, 0], [64, 0], [128, 0], [256, 0]]}>
module attributes {tile.num_warps = 8 : i32, tile.target = "sm_86"} {
  func.func @too_much(%x: tensor<512x512xf16, #layout>) {
    // expected-error@+2 {{kernel 'too_much' needs 524288 bytes of shared memory, but sm_86 has 101376 for each program}}
    // expected-note@+1 {{this needs 524288 of them; smaller blocks need less}}
    %a = tile.alloc : !tile.buffer<512x512xf16, #shared>
    tile.local_store %x, %a : tensor<512x512xf16, #layout>, !tile.buffer<512x512xf16, #shared>
    return
  }
}
