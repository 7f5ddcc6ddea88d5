// Types, attributes and the attributes on functions, arguments and modules that are refused.
// RUN: tessera-opt %s --split-input-file --verify-diagnostics -o /dev/null

// expected-error@+1 {{expected a pointer to an integer of 1, 8, 16, 32 or 64 bits, a float or a pointer, but found 'i7'}}
func.func private @pointer(!tile.ptr<i7>)

// -----

// expected-error@+1 {{expected a pointer to an integer of 1, 8, 16, 32 or 64 bits, a float or a pointer, but found 'tensor<4xf32>'}}
func.func private @pointer_tensor(!tile.ptr<tensor<4xf32>>)

// -----

// expected-error@+1 {{expected a buffer of integers of 1, 8, 16, 32 or 64 bits, floats or pointers, but found 'index'}}
func.func private @buffer_element(!tile.buffer<4xindex>)

// -----

// expected-error@+1 {{expected a buffer of rank 1 at least}}
func.func private @buffer_rank(!tile.buffer<f32>)

// -----

// expected-error@+1 {{expected a buffer of shape 4x8, which its layout has, but found 8x4}}
func.func private @buffer_shape(!tile.buffer<8x4xf16, #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 0], [2, 0]]}>>)

// -----

// expected-error@+1 {{tensor of shape 16 has a layout of shape 8}}
func.func private @encoding_shape(tensor<16xf32, #tile.layout<{lane = [[1], [2], [4]]}>>)

// -----

// expected-error@+1 {{layout does not cover the tensor: it reaches 4 of 8 elements}}
func.func private @layout_covers(tensor<8xf32, #tile.layout<{lane = [[1], [4]]}>>)

// -----

// expected-error@+1 {{layout has a dimension 'offset', which has no place here}}
func.func private @layout_dim(tensor<8xf32, #tile.layout<{offset = [[1], [2], [4]]}>>)

// -----

// expected-error@+2 {{layout has a dimension 'lane', which has no place here}}
// expected-error@+1 {{failed to parse Tile_Buffer parameter 'layout'}}
func.func private @shared_dim(!tile.buffer<8xf32, #tile.shared<{lane = [[1], [2], [4]]}>>)

// -----

// expected-error@+2 {{layout puts an element at several offsets}}
// expected-error@+1 {{failed to parse Tile_Buffer parameter 'layout'}}
func.func private @shared_copies(!tile.buffer<4xf32, #tile.shared<{offset = [[1], [2], [3]]}>>)

// -----

// expected-error@+1 {{expected 'register', 'lane', 'warp', 'block' or 'offset', but found 'thread'}}
func.func private @layout_name(tensor<8xf32, #tile.layout<{thread = [[1], [2], [4]]}>>)

// -----

// expected-error@+1 {{expected a shape after a layout without bases}}
func.func private @layout_shape(tensor<1xf32, #tile.layout<{lane = []}>>)

// -----

// expected-error@+1 {{coordinate}}
func.func private @layout_outside(tensor<8xf32, #tile.layout<{lane = [[1], [2], [8]]}, shape = [8]>>)

// -----

// expected-error@+1 {{expected numbers that are not negative, but found -1}}
func.func private @layout_negative(tensor<8xf32, #tile.layout<{lane = [[-1], [2], [4]]}>>)

// -----

// expected-error@+1 {{coordinates}}
func.func private @layout_ragged(tensor<8xf32, #tile.layout<{lane = [[1], [2, 0], [4]]}>>)

// -----

// expected-error@+1 {{'builtin.module' op has attribute 'tile.kernel', which belongs on a function}}
module attributes {tile.kernel} {}

// -----

// expected-error@+1 {{'func.func' op expects attribute 'tile.kernel' to be a unit attribute, but it is 1 : i64}}
func.func private @kernel() attributes {tile.kernel = 1}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.num_warps' to be a power of two, but it is 3}}
module attributes {tile.num_warps = 3 : i32} {}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.num_warps' to be from 1 to 32, but it is 64}}
module attributes {tile.num_warps = 64 : i32} {}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.num_warps' to be an i32, but it is 4 : i64}}
module attributes {tile.num_warps = 4 : i64} {}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.num_ctas' to be from 1 to 16, but it is 0}}
module attributes {tile.num_ctas = 0 : i32} {}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.num_stages' to be from 0 to 2147483647, but it is -1}}
module attributes {tile.num_stages = -1 : i32} {}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.target' to be a string, but it is 90 : i64}}
module attributes {tile.target = 90} {}

// -----

// expected-error@+1 {{'builtin.module' op expects attribute 'tile.shared_bytes' to be from 0 to 2147483647, but it is -1}}
module attributes {tile.shared_bytes = -1 : i32} {}

// -----

func.func @vector(%p: !tile.ptr<f32>) {
  // expected-error@+1 {{'tile.load' op expects attribute 'tile.vector' to be a power of two, but it is 3}}
  %0 = tile.load %p {tile.vector = 3 : i32} : !tile.ptr<f32>
  return
}

// -----

func.func @scratch(%x: tensor<8xi32>) {
  // expected-error@+1 {{'tile.histogram' op expects attribute 'tile.scratch_offset' to be a multiple of 16, but it is 4}}
  %0 = tile.histogram %x {tile.scratch_offset = 4 : i32} : tensor<8xi32> -> tensor<8xi32>
  return
}

// -----

func.func @loop(%n: index) {
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{'scf.for' op expects attribute 'tile.flatten' to be a unit attribute, but it is true}}
  scf.for %i = %c1 to %n step %c1 {
  } {tile.flatten = true}
  return
}

// -----

func.func @mma_kind(%a: tensor<16x16xf16>, %c: tensor<16x16xf32>) {
  // expected-error@+1 {{'tile.dot' op expects attribute 'tile.mma_kind' to be #tile<mma_kind ...>, but it is "m16n8k16"}}
  %0 = tile.dot %a, %a, %c {tile.mma_kind = "m16n8k16"} : tensor<16x16xf16>, tensor<16x16xf16>, tensor<16x16xf32>
  return
}

// -----

// expected-error@+1 {{'func.func' op expects attribute 'tile.name' of argument 1 to be a string, but it is 1 : i64}}
func.func private @name(i32, i32 {tile.name = 1})

// -----

// expected-error@+1 {{'func.func' op expects attribute 'tile.divisibility' to be a power of two, but it is 24}}
func.func private @divisibility(i32 {tile.divisibility = 24 : i32})

// -----

// expected-error@+1 {{'func.func' op has attribute 'tile.divisibility' on argument 0 of type 'f32', which is neither an integer nor a pointer}}
func.func private @divisibility_type(f32 {tile.divisibility = 16 : i32})
