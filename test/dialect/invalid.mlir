// Every numbered constraint of every operation of the layout-free stage has a function here, named after it, that violates it.
// RUN: tessera-opt %s --split-input-file --verify-diagnostics -o /dev/null

// ==== The program, facts, debugging ====

func.func @program_id_c1() {
  // expected-error@+1 {{'tile.program_id' op expects axis to be 0, 1 or 2, but it is 3}}
  %0 = tile.program_id 3 : i32
  return
}

// -----

func.func @num_programs_c1() {
  // expected-error@+1 {{'tile.num_programs' op expects axis to be 0, 1 or 2, but it is -1}}
  %0 = tile.num_programs -1 : i32
  return
}

// -----

func.func @hint_c1(%x: tensor<8xi32>) {
  // expected-error@+1 {{'tile.hint' op expects a list of divisibility, contiguity or constancy, but has none}}
  %0 = tile.hint %x : tensor<8xi32>
  return
}

// -----

func.func @hint_c2(%x: tensor<8x4xi32>) {
  // expected-error@+1 {{'tile.hint' op expects 2 number(s) in divisibility, but found 1}}
  %0 = tile.hint %x divisibility [16] : tensor<8x4xi32>
  return
}

// -----

func.func @hint_c3(%x: tensor<8xi32>) {
  // expected-error@+1 {{'tile.hint' op expects positive numbers in contiguity, but found 0}}
  %0 = tile.hint %x contiguity [0] : tensor<8xi32>
  return
}

// -----

func.func @hint_c4(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.hint' op expects integers or pointers, but found 'tensor<8xf32>'}}
  %0 = tile.hint %x constancy [8] : tensor<8xf32>
  return
}

// -----

func.func @print_c1(%x: f32) {
  // expected-error@+1 {{'tile.print' op expects one entry of is_signed an argument, 1, but found 2}}
  tile.print "x" (%x) is_signed [0, 1] : f32
  return
}

// -----

func.func @assert_c1(%x: tensor<8xi1>, %m: tensor<4xi1>) {
  // expected-error@+1 {{failed to verify that mask has the type of condition}}
  "tile.assert"(%x, %m) {message = "no"} : (tensor<8xi1>, tensor<4xi1>) -> ()
  return
}

// ==== Creation and rearrangement ====

// -----

func.func @arange_c1() {
  // expected-error@+1 {{'tile.arange' op expects start to be less than end, but they are 8 and 8}}
  %0 = tile.arange 8 to 8 : tensor<1xi32>
  return
}

// -----

func.func @arange_c2() {
  // expected-error@+1 {{'tile.arange' op expects the number of elements to be a power of two, but it is 6}}
  %0 = tile.arange 0 to 6 : tensor<8xi32>
  return
}

// -----

func.func @arange_c3() {
  // expected-error@+1 {{'tile.arange' op expects a result of type 'tensor<8xi32>', but it is 'tensor<4xi32>'}}
  %0 = tile.arange 0 to 8 : tensor<4xi32>
  return
}

// -----

func.func @splat_c1(%x: f16) {
  // expected-error@+1 {{'tile.splat' op expects a source of type 'f32' for 'tensor<8xf32>', but it is 'f16'}}
  %0 = tile.splat %x : f16 -> tensor<8xf32>
  return
}

// -----

func.func @broadcast_c1(%x: tensor<1xf32>) {
  // expected-error@+1 {{'tile.broadcast' op expects source and result of the same rank, but they are 'tensor<1xf32>' and 'tensor<8x8xf32>'}}
  %0 = tile.broadcast %x : tensor<1xf32> -> tensor<8x8xf32>
  return
}

// -----

func.func @broadcast_c2(%x: tensor<1xf32>) {
  // expected-error@+1 {{'tile.broadcast' op expects source and result of the same element type, but they are 'tensor<1xf32>' and 'tensor<8xf16>'}}
  %0 = tile.broadcast %x : tensor<1xf32> -> tensor<8xf16>
  return
}

// -----

func.func @broadcast_c3(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{'tile.broadcast' op expects dimension 1 of the source to be 1 or 8, but it is 4}}
  %0 = tile.broadcast %x : tensor<1x4xf32> -> tensor<8x8xf32>
  return
}

// -----

func.func @expand_dims_c1(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.expand_dims' op expects axis to be from 0 to 1, but it is 2}}
  %0 = tile.expand_dims %x, 2 : tensor<8xf32> -> tensor<8x1xf32>
  return
}

// -----

func.func @expand_dims_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.expand_dims' op expects a result of type 'tensor<1x8xf32>', but it is 'tensor<8x1xf32>'}}
  %0 = tile.expand_dims %x, 0 : tensor<8xf32> -> tensor<8x1xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.reshape' op expects as many elements in the result as in the source, 8, but it has 16}}
  %0 = tile.reshape %x : tensor<8xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.reshape' op expects source and result of the same element type, but they are 'tensor<8xf32>' and 'tensor<8xi32>'}}
  %0 = tile.reshape %x : tensor<8xf32> -> tensor<8xi32>
  return
}

// -----

func.func @trans_c1(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'tile.trans' op expects order to be a permutation of 2 dimensions, but it is [0, 0]}}
  %0 = tile.trans %x [0, 0] : tensor<8x4xf32> -> tensor<8x8xf32>
  return
}

// -----

func.func @trans_c1_length(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'tile.trans' op expects order to be a permutation of 2 dimensions, but it is [1, 0, 2]}}
  %0 = tile.trans %x [1, 0, 2] : tensor<8x4xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @trans_c2(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'tile.trans' op expects a result of type 'tensor<4x8xf32>', but it is 'tensor<8x4xf32>'}}
  %0 = tile.trans %x [1, 0] : tensor<8x4xf32> -> tensor<8x4xf32>
  return
}

// -----

func.func @join_c1(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.join' op expects a result of type 'tensor<8x2xf32>', but it is 'tensor<2x8xf32>'}}
  %0 = tile.join %x, %x : tensor<8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @split_c1(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'tile.split' op expects a source of rank 2 at least whose last side is 2, but it is 'tensor<8x4xf32>'}}
  %0, %1 = tile.split %x : tensor<8x4xf32> -> tensor<8xf32>
  return
}

// -----

func.func @split_c3(%x: tensor<8x2xf32>) {
  // expected-error@+1 {{'tile.split' op expects a result of type 'tensor<8xf32>', but it is 'tensor<4xf32>'}}
  %0, %1 = tile.split %x : tensor<8x2xf32> -> tensor<4xf32>
  return
}

// -----

func.func @cat_c1(%x: tensor<8x2xf32>) {
  // expected-error@+1 {{'tile.cat' op expects tensors of rank 1, but they are 'tensor<8x2xf32>'}}
  %0 = tile.cat %x, %x : tensor<8x2xf32> -> tensor<16x2xf32>
  return
}

// -----

func.func @cat_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.cat' op expects a result of type 'tensor<16xf32>', but it is 'tensor<8xf32>'}}
  %0 = tile.cat %x, %x : tensor<8xf32> -> tensor<8xf32>
  return
}

// ==== Memory ====

// -----

func.func @addptr_c1(%p: tensor<8x!tile.ptr<f32>>, %i: tensor<4xi32>) {
  // expected-error@+1 {{'tile.addptr' op requires the same shape for all operands and results}}
  %0 = tile.addptr %p, %i : tensor<8x!tile.ptr<f32>>, tensor<4xi32>
  return
}

// -----

func.func @bitcast_c1(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.bitcast' op expects element types of the same width, but they are 'f32' and 'i16'}}
  %0 = tile.bitcast %x : tensor<8xf32> -> tensor<8xi16>
  return
}

// -----

func.func @bitcast_c2(%x: !tile.ptr<f32>) {
  // expected-error@+1 {{'tile.bitcast' op expects two pointers of one address space or two numbers, but found '!tile.ptr<f32>' and '!tile.ptr<i32, shared>'}}
  %0 = tile.bitcast %x : !tile.ptr<f32> -> !tile.ptr<i32, shared>
  return
}

// -----

func.func @bitcast_c2_number(%x: !tile.ptr<f32>) {
  // expected-error@+1 {{'tile.bitcast' op expects two pointers of one address space or two numbers, but found '!tile.ptr<f32>' and 'i64'}}
  %0 = tile.bitcast %x : !tile.ptr<f32> -> i64
  return
}

// -----

func.func @bitcast_c3(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.bitcast' op requires the same shape for all operands and results}}
  %0 = tile.bitcast %x : tensor<8xf32> -> tensor<4x2xi32>
  return
}

// -----

func.func @ptr_to_int_c1(%p: tensor<8x!tile.ptr<f32>>) {
  // expected-error@+1 {{'tile.ptr_to_int' op requires the same shape for all operands and results}}
  %0 = tile.ptr_to_int %p : tensor<8x!tile.ptr<f32>> -> tensor<4xi64>
  return
}

// -----

func.func @int_to_ptr_c1(%i: i64) {
  // expected-error@+1 {{'tile.int_to_ptr' op requires the same shape for all operands and results}}
  %0 = tile.int_to_ptr %i : i64 -> tensor<4x!tile.ptr<f32>>
  return
}

// -----

func.func @load_operand(%p: tensor<8xf32>) {
  // expected-error@+1 {{'tile.load' op operand #0 must be pointer, or tensor of pointers with power-of-two sides, but got 'tensor<8xf32>'}}
  %0 = "tile.load"(%p) {operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @load_sides(%p: tensor<12x!tile.ptr<f32>>) {
  // expected-error@+1 {{'tile.load' op operand #0 must be pointer, or tensor of pointers with power-of-two sides, but got 'tensor<12x!tile.ptr<f32>>'}}
  %0 = "tile.load"(%p) {operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<12x!tile.ptr<f32>>) -> tensor<12xf32>
  return
}

// -----

func.func @load_c1(%p: tensor<8x!tile.ptr<f32>>) {
  // expected-error@+1 {{'tile.load' op failed to verify that result has the shape of pointer and the type it points to}}
  %0 = "tile.load"(%p) {operandSegmentSizes = array<i32: 1, 0, 0>} : (tensor<8x!tile.ptr<f32>>) -> tensor<8xf16>
  return
}

// -----

func.func @load_c2(%p: tensor<8x!tile.ptr<f32>>, %m: tensor<4xi1>) {
  // expected-error@+1 {{'tile.load' op failed to verify that mask is i1 in the shape of pointer}}
  %0 = "tile.load"(%p, %m) {operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<8x!tile.ptr<f32>>, tensor<4xi1>) -> tensor<8xf32>
  return
}

// -----

func.func @load_c3(%p: tensor<8x!tile.ptr<f32>>, %m: tensor<8xi1>, %o: tensor<8xf16>) {
  // expected-error@+1 {{'tile.load' op failed to verify that other has the shape of pointer and the type it points to}}
  %0 = "tile.load"(%p, %m, %o) {operandSegmentSizes = array<i32: 1, 1, 1>} : (tensor<8x!tile.ptr<f32>>, tensor<8xi1>, tensor<8xf16>) -> tensor<8xf32>
  return
}

// -----

func.func @load_c4(%p: !tile.ptr<f32>, %o: f32) {
  // expected-error@+1 {{'tile.load' op has a value for masked-off elements, but no mask}}
  %0 = tile.load %p other(%o) : !tile.ptr<f32>
  return
}

// -----

func.func @load_c5(%p: !tile.ptr<f32>) {
  // expected-error@+1 {{'tile.load' op expects cache to be none, ca, cg, cs or cv, but it is wb}}
  %0 = tile.load %p cache = wb : !tile.ptr<f32>
  return
}

// -----

func.func @store_c1(%p: tensor<8x!tile.ptr<f32>>, %x: tensor<8xf16>) {
  // expected-error@+1 {{'tile.store' op failed to verify that value has the shape of pointer and the type it points to}}
  "tile.store"(%p, %x) : (tensor<8x!tile.ptr<f32>>, tensor<8xf16>) -> ()
  return
}

// -----

func.func @store_c2(%p: tensor<8x!tile.ptr<f32>>, %x: tensor<8xf32>, %m: i1) {
  // expected-error@+1 {{'tile.store' op failed to verify that mask is i1 in the shape of pointer}}
  "tile.store"(%p, %x, %m) : (tensor<8x!tile.ptr<f32>>, tensor<8xf32>, i1) -> ()
  return
}

// -----

func.func @store_c3(%p: !tile.ptr<f32>, %x: f32) {
  // expected-error@+1 {{'tile.store' op expects cache to be none, cg, cs, wb or wt, but it is ca}}
  tile.store %p, %x cache = ca : !tile.ptr<f32>
  return
}

// -----

func.func @atomic_rmw_c1(%p: !tile.ptr<f32>, %x: i32) {
  // expected-error@+1 {{'tile.atomic_rmw' op failed to verify that value has the shape of pointer and the type it points to}}
  %0 = "tile.atomic_rmw"(%p, %x) {kind = #tile<rmw add>} : (!tile.ptr<f32>, i32) -> f32
  return
}

// -----

func.func @atomic_rmw_c2(%p: tensor<8x!tile.ptr<i32>>, %x: tensor<8xi32>, %m: i1) {
  // expected-error@+1 {{'tile.atomic_rmw' op failed to verify that mask is i1 in the shape of pointer}}
  %0 = "tile.atomic_rmw"(%p, %x, %m) {kind = #tile<rmw add>} : (tensor<8x!tile.ptr<i32>>, tensor<8xi32>, i1) -> tensor<8xi32>
  return
}

// -----

func.func @atomic_rmw_c3(%p: !tile.ptr<f32>, %x: f32) {
  // expected-error@+1 {{'tile.atomic_rmw' op does not have kind max on elements of type 'f32'}}
  %0 = tile.atomic_rmw max %p, %x : !tile.ptr<f32>
  return
}

// -----

func.func @atomic_rmw_c3_float(%p: !tile.ptr<i32>, %x: i32) {
  // expected-error@+1 {{'tile.atomic_rmw' op does not have kind fadd on elements of type 'i32'}}
  %0 = tile.atomic_rmw fadd %p, %x : !tile.ptr<i32>
  return
}

// -----

func.func @atomic_cas_c1(%p: !tile.ptr<i32>, %x: i64) {
  // expected-error@+1 {{'tile.atomic_cas' op failed to verify that compare has the shape of pointer and the type it points to}}
  %0 = "tile.atomic_cas"(%p, %x, %x) : (!tile.ptr<i32>, i64, i64) -> i32
  return
}

// -----

func.func @atomic_cas_c2(%p: !tile.ptr<i8>, %x: i8) {
  // expected-error@+1 {{'tile.atomic_cas' op expects elements of 16, 32 or 64 bits, but they are of type 'i8'}}
  %0 = tile.atomic_cas %p, %x, %x : !tile.ptr<i8>
  return
}

// ==== Computation ====

// -----

func.func @dot_c1(%a: tensor<2x16x16xf16>, %b: tensor<16x16xf16>, %c: tensor<16x16xf32>) {
  // expected-error@+1 {{'tile.dot' op expects tensors of rank 2, or all of rank 3, but they are 'tensor<2x16x16xf16>', 'tensor<16x16xf16>' and 'tensor<16x16xf32>'}}
  %0 = tile.dot %a, %b, %c : tensor<2x16x16xf16>, tensor<16x16xf16>, tensor<16x16xf32>
  return
}

// -----

func.func @dot_c2(%a: tensor<64x32xf16>, %b: tensor<64x128xf16>, %c: tensor<64x128xf32>) {
  // expected-error@+1 {{'tile.dot' op expects inner dimensions to agree, but they are 32 and 64}}
  %0 = tile.dot %a, %b, %c : tensor<64x32xf16>, tensor<64x128xf16>, tensor<64x128xf32>
  return
}

// -----

func.func @dot_c3(%a: tensor<64x32xf16>, %b: tensor<32x128xf16>, %c: tensor<64x64xf32>) {
  // expected-error@+1 {{'tile.dot' op expects an accumulator of 64x128, but it is 64x64}}
  %0 = tile.dot %a, %b, %c : tensor<64x32xf16>, tensor<32x128xf16>, tensor<64x64xf32>
  return
}

// -----

func.func @dot_c4(%a: tensor<2x16x16xf16>, %b: tensor<4x16x16xf16>, %c: tensor<2x16x16xf32>) {
  // expected-error@+1 {{'tile.dot' op expects batch dimensions to agree, but they are 2, 4 and 2}}
  %0 = tile.dot %a, %b, %c : tensor<2x16x16xf16>, tensor<4x16x16xf16>, tensor<2x16x16xf32>
  return
}

// -----

func.func @dot_c5(%a: tensor<16x16xf16>, %b: tensor<16x16xbf16>, %c: tensor<16x16xf32>) {
  // expected-error@+1 {{'tile.dot' op does not multiply 'f16' by 'bf16' into 'f32'}}
  %0 = tile.dot %a, %b, %c : tensor<16x16xf16>, tensor<16x16xbf16>, tensor<16x16xf32>
  return
}

// -----

func.func @dot_c6(%a: tensor<16x16xf16>, %c: tensor<16x16xf32>) {
  // expected-error@+1 {{'tile.dot' op expects max_imprecise_acc not to be negative, but it is -1}}
  %0 = tile.dot %a, %a, %c max_imprecise_acc = -1 : tensor<16x16xf16>, tensor<16x16xf16>, tensor<16x16xf32>
  return
}

// -----

func.func @reduce_c1() {
  // expected-error@+1 {{'tile.reduce' op expected 1 or more operands, but found 0}}
  "tile.reduce"() <{axis = 0 : i32}> ({
    "tile.yield"() : () -> ()
  }) : () -> ()
  return
}

// -----

func.func @reduce_c1_shapes(%x: tensor<8xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{'tile.reduce' op requires the same shape for all operands}}
  %0:2 = tile.reduce(%x, %y) axis 0 combine (%a: f32, %b: f32, %c: f32, %d: f32) {
    tile.yield %a, %b : f32, f32
  } : (tensor<8xf32>, tensor<4xf32>) -> (f32, f32)
  return
}

// -----

func.func @reduce_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.reduce' op expects axis to be from 0 to 0, but it is 1}}
  %0 = tile.reduce(%x) axis 1 combine (%a: f32, %b: f32) {
    tile.yield %a : f32
  } : (tensor<8xf32>) -> f32
  return
}

// -----

func.func @reduce_c3(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.reduce' op expects combine to take the element types twice, ('f32', 'f32'), but it takes ('f32', 'f16')}}
  %0 = tile.reduce(%x) axis 0 combine (%a: f32, %b: f16) {
    tile.yield %a : f32
  } : (tensor<8xf32>) -> f32
  return
}

// -----

func.func @reduce_c4(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.reduce' op expects combine to yield the element types, ('f32'), but it yields ('i1')}}
  %0 = tile.reduce(%x) axis 0 combine (%a: f32, %b: f32) {
    %1 = arith.cmpf olt, %a, %b : f32
    tile.yield %1 : i1
  } : (tensor<8xf32>) -> f32
  return
}

// -----

func.func @reduce_c5(%x: tensor<8xf32>) {
  %0 = tile.reduce(%x) axis 0 combine (%a: f32, %b: f32) {
    // expected-error@+1 {{'tile.barrier' op has side effects and cannot be part of combine}}
    tile.barrier
    tile.yield %a : f32
  } : (tensor<8xf32>) -> f32
  return
}

// -----

func.func @reduce_c6(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'tile.reduce' op expects a result of type 'tensor<4xf32>', but it is 'tensor<8xf32>'}}
  %0 = tile.reduce(%x) axis 0 combine (%a: f32, %b: f32) {
    tile.yield %a : f32
  } : (tensor<8x4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @reduce_isolated(%x: tensor<8xf32>, %y: f32) {
  // expected-note@+1 {{required by region isolation constraints}}
  %0 = tile.reduce(%x) axis 0 combine (%a: f32, %b: f32) {
    // expected-error@+1 {{'arith.addf' op using value defined outside the region}}
    %1 = arith.addf %a, %y : f32
    tile.yield %1 : f32
  } : (tensor<8xf32>) -> f32
  return
}

// -----

func.func @scan_c1(%x: tensor<8xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{'tile.scan' op requires the same shape for all operands}}
  %0:2 = tile.scan(%x, %y) axis 0 combine (%a: f32, %b: f32, %c: f32, %d: f32) {
    tile.yield %a, %b : f32, f32
  } : (tensor<8xf32>, tensor<4xf32>) -> (tensor<8xf32>, tensor<4xf32>)
  return
}

// -----

func.func @scan_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.scan' op expects axis to be from 0 to 0, but it is -1}}
  %0 = tile.scan(%x) axis -1 combine (%a: f32, %b: f32) {
    tile.yield %a : f32
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @scan_c3(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.scan' op expects combine to take the element types twice, ('f32', 'f32'), but it takes ('f32')}}
  %0 = tile.scan(%x) axis 0 combine (%a: f32) {
    tile.yield %a : f32
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @scan_c4(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.scan' op expects combine to yield the element types, ('f32'), but it yields ('f32', 'f32')}}
  %0 = tile.scan(%x) axis 0 combine (%a: f32, %b: f32) {
    tile.yield %a, %b : f32, f32
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @scan_c5(%x: tensor<8xf32>) {
  %0 = tile.scan(%x) axis 0 combine (%a: f32, %b: f32) {
    // expected-error@+1 {{'tile.inline_asm' op has side effects and cannot be part of combine}}
    %1 = tile.inline_asm "neg.f32 $0, $1;" constraints "=f,f" pack 1 (%a) : (f32) -> f32
    tile.yield %1 : f32
  } : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @scan_c6(%x: tensor<8x4xf32>) {
  // expected-error@+1 {{'tile.scan' op expects a result of type 'tensor<8x4xf32>', but it is 'tensor<8xf32>'}}
  %0 = tile.scan(%x) axis 0 combine (%a: f32, %b: f32) {
    tile.yield %a : f32
  } : (tensor<8x4xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @yield_parent(%x: f32) {
  // expected-error@+1 {{'tile.yield' op expects parent op to be one of 'tile.reduce, tile.scan'}}
  tile.yield %x : f32
}

// -----

func.func @gather_c1(%x: tensor<8xf32>, %i: tensor<8xi32>) {
  // expected-error@+1 {{'tile.gather' op expects axis to be from 0 to 0, but it is 1}}
  %0 = tile.gather %x[%i] axis 1 : tensor<8xf32>, tensor<8xi32> -> tensor<8xf32>
  return
}

// -----

func.func @gather_c2(%x: tensor<8x4xf32>, %i: tensor<8xi32>) {
  // expected-error@+1 {{'tile.gather' op expects source and indices of the same rank, but they are 'tensor<8x4xf32>' and 'tensor<8xi32>'}}
  %0 = tile.gather %x[%i] axis 0 : tensor<8x4xf32>, tensor<8xi32> -> tensor<8xf32>
  return
}

// -----

func.func @gather_c3(%x: tensor<8x4xf32>, %i: tensor<16x8xi32>) {
  // expected-error@+1 {{'tile.gather' op expects dimension 1 of the indices to be 4, but it is 8}}
  %0 = tile.gather %x[%i] axis 0 : tensor<8x4xf32>, tensor<16x8xi32> -> tensor<16x8xf32>
  return
}

// -----

func.func @gather_c4(%x: tensor<8xf32>, %i: tensor<16xi32>) {
  // expected-error@+1 {{'tile.gather' op expects a result of type 'tensor<16xf32>', but it is 'tensor<8xf32>'}}
  %0 = tile.gather %x[%i] axis 0 : tensor<8xf32>, tensor<16xi32> -> tensor<8xf32>
  return
}

// -----

func.func @histogram_c1(%x: tensor<8x2xi32>) {
  // expected-error@+1 {{'tile.histogram' op expects a source of rank 1, but it is 'tensor<8x2xi32>'}}
  %0 = tile.histogram %x : tensor<8x2xi32> -> tensor<8xi32>
  return
}

// -----

func.func @histogram_c2(%x: tensor<8xi32>) {
  // expected-error@+1 {{'tile.histogram' op expects a result of rank 1, but it is 'tensor<8x2xi32>'}}
  %0 = tile.histogram %x : tensor<8xi32> -> tensor<8x2xi32>
  return
}

// -----

func.func @histogram_c3(%x: tensor<8xi32>, %m: tensor<4xi1>) {
  // expected-error@+1 {{'tile.histogram' op failed to verify that mask is i1 in the shape of source}}
  %0 = "tile.histogram"(%x, %m) : (tensor<8xi32>, tensor<4xi1>) -> tensor<8xi32>
  return
}

// -----

func.func @inline_asm_c1(%x: f32) {
  // expected-error@+1 {{'tile.inline_asm' op expects one result at least}}
  tile.inline_asm "" constraints "f" pack 1 (%x) : (f32) -> ()
  return
}

// -----

func.func @inline_asm_c2(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.inline_asm' op expects all tensors to have the same shape, but found 'tensor<8xf32>' and 'tensor<4xf32>'}}
  %0 = tile.inline_asm "" constraints "=f,f" pack 1 (%x) : (tensor<8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @inline_asm_c3(%x: tensor<8xf32>) {
  // expected-error@+1 {{'tile.inline_asm' op expects pack to be a power of two, but it is 3}}
  %0 = tile.inline_asm "" constraints "=f,f" pack 3 (%x) : (tensor<8xf32>) -> tensor<8xf32>
  return
}
