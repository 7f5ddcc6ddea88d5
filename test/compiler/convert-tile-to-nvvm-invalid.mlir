// What the lowering refuses, and what it says: targets that lack something, and modules that are not ready for it.
// RUN: tessera-opt %s --convert-tile-to-nvvm --split-input-file --verify-diagnostics

// expected-error@+1 {{expected attribute 'tile.target' on the module}}
module attributes {tile.num_warps = 4 : i32} {
}

// -----

// expected-error@+1 {{unknown target 'sm_70'; known are sm_80, sm_86, sm_89, sm_90a, sm_100a, sm_120a}}
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_70"} {
}

// -----

module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
func.func @fp8_arithmetic(%x: !tile.ptr<f8E5M2>) attributes {tile.kernel} {
  %v = tile.load %x : !tile.ptr<f8E5M2>
  // expected-error@+1 {{no arithmetic on 'f8E5M2'; convert to f16 or f32 first}}
  %w = arith.addf %v, %v : f8E5M2
  tile.store %x, %w : !tile.ptr<f8E5M2>
  return
}
}

// -----

module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
func.func @no_scratch(%x: !tile.ptr<i32>) attributes {tile.kernel} {
  %one = arith.constant 1 : i32
  // expected-error@+1 {{needs scratch memory but has no 'tile.scratch_offset'; shared memory must be allocated before the lowering}}
  %old = tile.atomic_rmw add %x, %one : !tile.ptr<i32>
  tile.store %x, %old : !tile.ptr<i32>
  return
}
}

// -----

module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
func.func @no_sine(%x: f32) attributes {tile.kernel} {
  // expected-error@+1 {{operation 'math.sin' has no lowering to the device}}
  %y = math.sin %x : f32
  return
}
}

// -----

module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
func.func @no_offset() attributes {tile.kernel} {
  // expected-error@+1 {{has no offset; shared memory must be allocated before the lowering}}
  %b = tile.alloc : !tile.buffer<16xi8>
  return
}
}

// -----

module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
func.func @towards_zero(%x: f32) attributes {tile.kernel} {
  // expected-error@+1 {{no conversion from 'f32' to 'f8E4M3FN' with rounding towards zero}}
  %y = arith.truncf %x toward_zero : f32 to f8E4M3FN
  return
}
}
