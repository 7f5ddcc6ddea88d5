// RUN: tessera-opt %s --split-input-file --tile-legalize-dots --verify-diagnostics

// expected-error@+1 {{expected attribute 'tile.target' on the module}}
module attributes {tile.num_warps = 4 : i32} {
}
