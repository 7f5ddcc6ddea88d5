// The constraints that concern layouts: of the operations of the laid-out stage, and of the others once their tensors have layouts.
// RUN: tessera-opt %s --split-input-file --verify-diagnostics -o /dev/null

#x = #tile.layout<{lane = [[1, 0], [2, 0], [4, 0]]}, shape = [8, 1]>
#y = #tile.layout<{register = [[0, 1], [0, 2]], lane = [[1, 0], [2, 0], [4, 0]]}>
func.func @broadcast_c4(%x: tensor<8x1xf32, #x>) {
  // expected-error@+1 {{'tile.broadcast' op expects both or neither of source and result to have a layout}}
  %0 = tile.broadcast %x : tensor<8x1xf32, #x> -> tensor<8x4xf32>
  return
}

// -----

#x = #tile.layout<{lane = [[1, 0], [2, 0], [4, 0]]}, shape = [8, 1]>
#y = #tile.layout<{register = [[0, 1], [0, 2]], lane = [[4, 0], [2, 0], [1, 0]]}>
func.func @broadcast_c4_other(%x: tensor<8x1xf32, #x>) {
  // expected-error@+1 {{'tile.broadcast' op expects a source with layout #tile.layout<{lane = [[4, 0], [2, 0], [1, 0]]}>, but it has #tile.layout<{lane = [[1, 0], [2, 0], [4, 0]]}>}}
  %0 = tile.broadcast %x : tensor<8x1xf32, #x> -> tensor<8x4xf32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
func.func @reshape_c3(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.reshape' op expects both or neither of source and result to have a layout}}
  %0 = tile.reshape %x : tensor<8xf32, #x> -> tensor<4x2xf32>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[1, 0], [2, 0], [0, 1]]}>
func.func @reshape_c4(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.reshape' op expects a result with layout #tile.layout<{lane = [[0, 1], [1, 0], [2, 0]]}>, but it has #tile.layout<{lane = [[1, 0], [2, 0], [0, 1]]}>}}
  %0 = tile.reshape %x : tensor<8xf32, #x> -> tensor<4x2xf32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[0, 1], [1, 0], [2, 0]]}>
func.func @split_c2(%x: tensor<4x2xf32, #x>) {
  // expected-error@+1 {{'tile.split' op expects a layout that keeps the last dimension in a register bit, but it is #tile.layout<{lane = [[0, 1], [1, 0], [2, 0]]}>}}
  %0, %1 = tile.split %x : tensor<4x2xf32, #x> -> tensor<4xf32>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @addptr_c2(%p: tensor<8x!tile.ptr<f32>, #x>, %i: tensor<8xi32, #y>) {
  // expected-error@+1 {{'tile.addptr' op expects all tensors to have the same layout, but found}}
  %0 = tile.addptr %p, %i : tensor<8x!tile.ptr<f32>, #x>, tensor<8xi32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @reduce_c1_layouts(%x: tensor<8xf32, #x>, %y: tensor<8xf32, #y>) {
  // expected-error@+1 {{'tile.reduce' op expects all tensors to have the same layout, but found}}
  %0:2 = tile.reduce(%x, %y) axis 0 combine (%a: f32, %b: f32, %c: f32, %d: f32) {
    tile.yield %a, %b : f32, f32
  } : (tensor<8xf32, #x>, tensor<8xf32, #y>) -> (f32, f32)
  return
}

// -----

#x = #tile.layout<{register = [[0, 1]], lane = [[1, 0], [2, 0], [4, 0]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @reduce_c6_layout(%x: tensor<8x2xf32, #x>) {
  // expected-error@+1 {{'tile.reduce' op expects a result of type 'tensor<8xf32, #tile.layout<{lane = [[1], [2], [4]]}>>', but it is 'tensor<8xf32, #tile.layout<{lane = [[2], [1], [4]]}>>'}}
  %0 = tile.reduce(%x) axis 1 combine (%a: f32, %b: f32) {
    tile.yield %a : f32
  } : (tensor<8x2xf32, #x>) -> tensor<8xf32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[1], [2], [4], [8]]}>
func.func @convert_layout_c1(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.convert_layout' op requires the same shape for all operands and results}}
  %0 = tile.convert_layout %x : tensor<8xf32, #x> -> tensor<16xf32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
func.func @convert_layout_c2(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.convert_layout' op requires the same element type for all operands and results}}
  %0 = tile.convert_layout %x : tensor<8xf32, #x> -> tensor<8xf16, #x>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
func.func @convert_layout_c3(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.convert_layout' op expects tensors with layouts, but found 'tensor<8xf32>'}}
  %0 = tile.convert_layout %x : tensor<8xf32, #x> -> tensor<8xf32>
  return
}

// -----

func.func @alloc_c1() {
  // expected-error@+1 {{'tile.alloc' op expects offset to be a multiple of 16 and not negative, but it is 8}}
  %0 = tile.alloc offset 8 : !tile.buffer<96xi8>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#s = #tile.shared<{offset = [[1], [2], [4]]}>
func.func @local_store_c1(%x: tensor<8xf32, #x>) {
  %b = tile.alloc : !tile.buffer<8xf16, #s>
  // expected-error@+1 {{'tile.local_store' op expects tensor and buffer of the same shape and element type, but they are}}
  tile.local_store %x, %b : tensor<8xf32, #x>, !tile.buffer<8xf16, #s>
  return
}

// -----

#s = #tile.shared<{offset = [[1], [2], [4]]}>
func.func @local_store_c2(%x: tensor<8xf32>) {
  %b = tile.alloc : !tile.buffer<8xf32, #s>
  // expected-error@+1 {{'tile.local_store' op expects a tensor with a layout, but it is 'tensor<8xf32>'}}
  tile.local_store %x, %b : tensor<8xf32>, !tile.buffer<8xf32, #s>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
func.func @local_store_c3(%x: tensor<8xf32, #x>) {
  %b = tile.alloc : !tile.buffer<8xf32>
  // expected-error@+1 {{'tile.local_store' op expects a buffer with a layout, but it is '!tile.buffer<8xf32>'}}
  tile.local_store %x, %b : tensor<8xf32, #x>, !tile.buffer<8xf32>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#s = #tile.shared<{offset = [[1], [2]]}>
func.func @local_load_c1() {
  %b = tile.alloc : !tile.buffer<4xf32, #s>
  // expected-error@+1 {{'tile.local_load' op expects tensor and buffer of the same shape and element type, but they are}}
  %0 = tile.local_load %b : !tile.buffer<4xf32, #s> -> tensor<8xf32, #x>
  return
}

// -----

#s = #tile.shared<{offset = [[1], [2], [4]]}>
func.func @local_load_c2() {
  %b = tile.alloc : !tile.buffer<8xf32, #s>
  // expected-error@+1 {{'tile.local_load' op expects a tensor with a layout, but it is 'tensor<8xf32>'}}
  %0 = tile.local_load %b : !tile.buffer<8xf32, #s> -> tensor<8xf32>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
func.func @local_load_c3() {
  %b = tile.alloc : !tile.buffer<8xf32>
  // expected-error@+1 {{'tile.local_load' op expects a buffer with a layout, but it is '!tile.buffer<8xf32>'}}
  %0 = tile.local_load %b : !tile.buffer<8xf32> -> tensor<8xf32, #x>
  return
}

// -----

func.func @mma_c1(%a: tensor<16x16xf16>, %b: tensor<8x8xf16>, %c: tensor<16x8xf32>) {
  // expected-error@+1 {{'tile.mma' op expects inner dimensions to agree, but they are 16 and 8}}
  %0 = tile.mma m16n8k16.f32.f16 %a, %b, %c : tensor<16x16xf16>, tensor<8x8xf16>, tensor<16x8xf32>
  return
}

// -----

func.func @mma_c2(%a: tensor<16x16xf32>, %b: tensor<16x8xf32>, %c: tensor<16x8xf32>) {
  // expected-error@+1 {{'tile.mma' op does not multiply 'f32' by 'f32' into 'f32' with kind m16n8k16.f32.bf16}}
  %0 = tile.mma m16n8k16.f32.bf16 %a, %b, %c : tensor<16x16xf32>, tensor<16x8xf32>, tensor<16x8xf32>
  return
}

// -----

func.func @mma_c3(%a: tensor<16x8xf16>, %b: tensor<8x8xf16>, %c: tensor<16x8xf32>) {
  // expected-error@+1 {{'tile.mma' op expects sides of 16x8x16 at least, but they are 16x8x8}}
  %0 = tile.mma m16n8k16.f32.f16 %a, %b, %c : tensor<16x8xf16>, tensor<8x8xf16>, tensor<16x8xf32>
  return
}

// -----

func.func @mma_c4(%a: tensor<16x16xf16>, %b: tensor<16x8xf16>, %c: tensor<16x8xf32>) {
  // expected-error@+1 {{'tile.mma' op expects tensors with layouts, but found 'tensor<16x16xf16>'}}
  %0 = tile.mma m16n8k16.f32.f16 %a, %b, %c : tensor<16x16xf16>, tensor<16x8xf16>, tensor<16x8xf32>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @ptr_to_int_c2(%s: tensor<8x!tile.ptr<f32>, #x>) {
  // expected-error@+1 {{'tile.ptr_to_int' op expects all tensors to have the same layout, but found}}
  %0 = tile.ptr_to_int %s : tensor<8x!tile.ptr<f32>, #x> -> tensor<8xi64, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @int_to_ptr_c2(%s: tensor<8xi64, #x>) {
  // expected-error@+1 {{'tile.int_to_ptr' op expects all tensors to have the same layout, but found}}
  %0 = tile.int_to_ptr %s : tensor<8xi64, #x> -> tensor<8x!tile.ptr<f32>, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @bitcast_c4(%s: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.bitcast' op expects all tensors to have the same layout, but found}}
  %0 = tile.bitcast %s : tensor<8xf32, #x> -> tensor<8xi32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @scan_c1_layouts(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.scan' op expects all tensors to have the same layout, but found}}
  %0 = tile.scan(%x) axis 0 combine (%a: f32, %b: f32) {
    tile.yield %a : f32
  } : (tensor<8xf32, #x>) -> tensor<8xf32, #y>
  return
}

// -----

#x = #tile.layout<{lane = [[1], [2], [4]]}>
#y = #tile.layout<{lane = [[2], [1], [4]]}>
func.func @inline_asm_c2_layouts(%x: tensor<8xf32, #x>) {
  // expected-error@+1 {{'tile.inline_asm' op expects all tensors to have the same layout, but found}}
  %0 = tile.inline_asm "" constraints "=f,f" pack 1 (%x) : (tensor<8xf32, #x>) -> tensor<8xf32, #y>
  return
}
