// Every operation parses, verifies and prints as it was written. The bodies hold the examples of the reference word for word (examples.test compares them).
// RUN: tessera-opt %s -o %t.once
// RUN: tessera-opt %t.once -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: tessera-opt %s --mlir-print-op-generic -o %t.generic
// RUN: tessera-opt %t.generic -o %t.back
// RUN: diff %t.once %t.back
// RUN: tessera-opt %s --emit-bytecode -o %t.bytecode
// RUN: tessera-opt %t.bytecode -o %t.read
// RUN: diff %t.once %t.read
// RUN: FileCheck %s < %t.once

// CHECK-DAG: #[[ROWS:.+]] = #tile.layout<{register = {{\[\[}}0, 1]], lane = {{\[\[}}1, 0], [2, 0], [4, 0], [8, 0], [16, 0]]}>
#rows = #tile.layout<{register = [[0, 1]], lane = [[1, 0], [2, 0], [4, 0], [8, 0], [16, 0]]}>
#columns = #tile.layout<{register = [[16, 0]], lane = [[0, 1], [1, 0], [2, 0], [4, 0], [8, 0]]}>
#shared = #tile.shared<{offset = [[0, 1], [1, 0], [2, 0], [4, 0], [8, 0], [16, 0]]}>
#a = #tile.layout<{register = [[0, 1], [8, 0], [0, 8]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]}>
#b = #tile.layout<{register = [[1, 0], [8, 0]], lane = [[2, 0], [4, 0], [0, 1], [0, 2], [0, 4]]}>
#acc = #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]}>

// ==== The program, facts, debugging ====

// CHECK-LABEL: func @program
// CHECK: tile.program_id 0 : i32
// CHECK: tile.num_programs 0 : i32
// CHECK: tile.barrier
func.func @program() {
  %row = tile.program_id 0 : i32
  %rows = tile.num_programs 0 : i32
  tile.barrier
  return
}

// CHECK-LABEL: func @facts
// CHECK-SAME: (%[[POSITIVE:.+]]: i1, %[[OFFSET:.+]]: tensor<128xi32>, %[[P:.+]]: !tile.ptr<f32>)
// CHECK: tile.assume %[[POSITIVE]] : i1
// CHECK: tile.hint %[[OFFSET]] divisibility [16] contiguity [4] : tensor<128xi32>
// CHECK: tile.hint %[[P]] constancy [1] : !tile.ptr<f32>
func.func @facts(%positive: i1, %offset: tensor<128xi32>, %p: !tile.ptr<f32>) {
  tile.assume %positive : i1
  %aligned = tile.hint %offset divisibility [16] contiguity [4] : tensor<128xi32>
  %same = tile.hint %p constancy [1] : !tile.ptr<f32>
  return
}

// CHECK-LABEL: func @debugging
// CHECK: tile.print "x = " (%{{.+}}, %{{.+}}) is_signed [0, 1] : tensor<128xf32>, i32
// CHECK: tile.print "here" () is_signed []
// CHECK: tile.print "bits" hex (%{{.+}}) is_signed [0] : i32
// CHECK: tile.assert %{{.+}}, "index out of bounds" mask(%{{.+}}) : tensor<128xi1>
// CHECK: tile.assert %{{.+}}, "no" : tensor<128xi1>
func.func @debugging(%x: tensor<128xf32>, %i: i32, %inside: tensor<128xi1>, %mask: tensor<128xi1>) {
  tile.print "x = " (%x, %i) is_signed [0, 1] : tensor<128xf32>, i32
  tile.print "here" () is_signed []
  tile.print "bits" hex (%i) is_signed [0] : i32
  tile.assert %inside, "index out of bounds" mask(%mask) : tensor<128xi1>
  tile.assert %inside, "no" : tensor<128xi1>
  return
}

// ==== Creation and rearrangement ====

// CHECK-LABEL: func @creation
// CHECK: tile.arange 0 to 128 : tensor<128xi32>
// CHECK: tile.arange -4 to 4 : tensor<8xi32>
// CHECK: tile.splat %{{.+}} : f32 -> tensor<64x32xf32>
// CHECK: tile.splat %{{.+}} : !tile.ptr<f32> -> tensor<8x!tile.ptr<f32>>
func.func @creation(%zero: f32, %p: !tile.ptr<f32>) {
  %i = tile.arange 0 to 128 : tensor<128xi32>
  %negative = tile.arange -4 to 4 : tensor<8xi32>
  %zeros = tile.splat %zero : f32 -> tensor<64x32xf32>
  %ps = tile.splat %p : !tile.ptr<f32> -> tensor<8x!tile.ptr<f32>>
  return
}

// CHECK-LABEL: func @broadcast
// CHECK: tile.broadcast %{{.+}} : tensor<1x32xf32> -> tensor<64x32xf32>
func.func @broadcast(%row: tensor<1x32xf32>) -> tensor<64x32xf32> {
  %b = tile.broadcast %row : tensor<1x32xf32> -> tensor<64x32xf32>
  return %b : tensor<64x32xf32>
}

// CHECK-LABEL: func @expand_dims
// CHECK: tile.expand_dims %{{.+}}, 1 : tensor<64xf32> -> tensor<64x1xf32>
// CHECK: tile.expand_dims %{{.+}}, 0 : tensor<64xf32> -> tensor<1x64xf32>
func.func @expand_dims(%x: tensor<64xf32>) {
  %column = tile.expand_dims %x, 1 : tensor<64xf32> -> tensor<64x1xf32>
  %row = tile.expand_dims %x, 0 : tensor<64xf32> -> tensor<1x64xf32>
  return
}

// CHECK-LABEL: func @reshape
// CHECK: tile.reshape %{{.+}} : tensor<64x2xf32> -> tensor<128xf32>
// CHECK: tile.reshape %{{.+}} allow_reorder : tensor<64x2xf32> -> tensor<2x64xf32>
func.func @reshape(%x: tensor<64x2xf32>) {
  %flat = tile.reshape %x : tensor<64x2xf32> -> tensor<128xf32>
  %any = tile.reshape %x allow_reorder : tensor<64x2xf32> -> tensor<2x64xf32>
  return
}

// CHECK-LABEL: func @trans
// CHECK: tile.trans %{{.+}} [1, 0] : tensor<64x32xf32> -> tensor<32x64xf32>
// CHECK: tile.trans %{{.+}} [2, 0, 1] : tensor<2x4x8xf32> -> tensor<8x2x4xf32>
func.func @trans(%x: tensor<64x32xf32>, %y: tensor<2x4x8xf32>) {
  %t = tile.trans %x [1, 0] : tensor<64x32xf32> -> tensor<32x64xf32>
  %u = tile.trans %y [2, 0, 1] : tensor<2x4x8xf32> -> tensor<8x2x4xf32>
  return
}

// CHECK-LABEL: func @join
// CHECK: tile.join %{{.+}}, %{{.+}} : tensor<64xf32> -> tensor<64x2xf32>
func.func @join(%re: tensor<64xf32>, %im: tensor<64xf32>) -> tensor<64x2xf32> {
  %pairs = tile.join %re, %im : tensor<64xf32> -> tensor<64x2xf32>
  return %pairs : tensor<64x2xf32>
}

// CHECK-LABEL: func @split
// CHECK: %{{.+}}, %{{.+}} = tile.split %{{.+}} : tensor<64x2xf32> -> tensor<64xf32>
func.func @split(%pairs: tensor<64x2xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %re, %im = tile.split %pairs : tensor<64x2xf32> -> tensor<64xf32>
  return %re, %im : tensor<64xf32>, tensor<64xf32>
}

// CHECK-LABEL: func @cat
// CHECK: tile.cat %{{.+}}, %{{.+}} : tensor<64xf32> -> tensor<128xf32>
func.func @cat(%x: tensor<64xf32>, %y: tensor<64xf32>) -> tensor<128xf32> {
  %both = tile.cat %x, %y : tensor<64xf32> -> tensor<128xf32>
  return %both : tensor<128xf32>
}

// ==== Memory ====

// CHECK-LABEL: func @addptr
// CHECK: tile.addptr %{{.+}}, %{{.+}} : tensor<128x!tile.ptr<f32>>, tensor<128xi32>
// CHECK: tile.addptr %{{.+}}, %{{.+}} : !tile.ptr<i8, shared>, i64
func.func @addptr(%base: tensor<128x!tile.ptr<f32>>, %i: tensor<128xi32>, %s: !tile.ptr<i8, shared>, %j: i64) {
  %p = tile.addptr %base, %i : tensor<128x!tile.ptr<f32>>, tensor<128xi32>
  %q = tile.addptr %s, %j : !tile.ptr<i8, shared>, i64
  return
}

// CHECK-LABEL: func @ptr_to_int
// CHECK: tile.ptr_to_int %{{.+}} : !tile.ptr<f32> -> i64
func.func @ptr_to_int(%p: !tile.ptr<f32>) -> i64 {
  %a = tile.ptr_to_int %p : !tile.ptr<f32> -> i64
  return %a : i64
}

// CHECK-LABEL: func @int_to_ptr
// CHECK: tile.int_to_ptr %{{.+}} : i64 -> !tile.ptr<f32>
func.func @int_to_ptr(%a: i64) -> !tile.ptr<f32> {
  %p = tile.int_to_ptr %a : i64 -> !tile.ptr<f32>
  return %p : !tile.ptr<f32>
}

// CHECK-LABEL: func @bitcast
// CHECK: tile.bitcast %{{.+}} : tensor<128xf32> -> tensor<128xi32>
// CHECK: tile.bitcast %{{.+}} : !tile.ptr<i8> -> !tile.ptr<f8E4M3FN>
func.func @bitcast(%x: tensor<128xf32>, %p: !tile.ptr<i8>) {
  %bits = tile.bitcast %x : tensor<128xf32> -> tensor<128xi32>
  %q = tile.bitcast %p : !tile.ptr<i8> -> !tile.ptr<f8E4M3FN>
  return
}

// CHECK-LABEL: func @load
// CHECK: tile.load %{{.+}} mask(%{{.+}}) other(%{{.+}}) cache = cg evict = evict_first : tensor<128x!tile.ptr<f32>>
// CHECK: tile.load %{{.+}} mask(%{{.+}}) : tensor<128x!tile.ptr<f32>>
// CHECK: tile.load %{{.+}} volatile : !tile.ptr<bf16>
func.func @load(%p: tensor<128x!tile.ptr<f32>>, %m: tensor<128xi1>, %zero: tensor<128xf32>, %s: !tile.ptr<bf16>) -> bf16 {
  %x = tile.load %p mask(%m) other(%zero) cache = cg evict = evict_first : tensor<128x!tile.ptr<f32>>
  %y = tile.load %p mask(%m) : tensor<128x!tile.ptr<f32>>
  %z = tile.load %s volatile : !tile.ptr<bf16>
  return %z : bf16
}

// CHECK-LABEL: func @store
// CHECK: tile.store %{{.+}}, %{{.+}} mask(%{{.+}}) cache = wb evict = evict_last : tensor<128x!tile.ptr<f32>>
// CHECK: tile.store %{{.+}}, %{{.+}} : tensor<128x!tile.ptr<f32>>
func.func @store(%p: tensor<128x!tile.ptr<f32>>, %x: tensor<128xf32>, %m: tensor<128xi1>) {
  tile.store %p, %x mask(%m) cache = wb evict = evict_last : tensor<128x!tile.ptr<f32>>
  tile.store %p, %x : tensor<128x!tile.ptr<f32>>
  return
}

// Acquire-release at the scope of the GPU is what an atomic does unless told otherwise.
// CHECK-LABEL: func @atomic_rmw
// CHECK: tile.atomic_rmw fadd %{{.+}}, %{{.+}} mask(%{{.+}}) sem = relaxed : tensor<128x!tile.ptr<f32>>
// CHECK: tile.atomic_rmw umax %{{.+}}, %{{.+}} scope = sys : !tile.ptr<i32>
func.func @atomic_rmw(%p: tensor<128x!tile.ptr<f32>>, %x: tensor<128xf32>, %m: tensor<128xi1>, %q: !tile.ptr<i32>, %i: i32) {
  %old = tile.atomic_rmw fadd %p, %x mask(%m) sem = relaxed scope = gpu : tensor<128x!tile.ptr<f32>>
  %more = tile.atomic_rmw umax %q, %i sem = acq_rel scope = sys : !tile.ptr<i32>
  return
}

// CHECK-LABEL: func @atomic_cas
// CHECK: tile.atomic_cas %{{.+}}, %{{.+}}, %{{.+}} : !tile.ptr<i32>
func.func @atomic_cas(%p: !tile.ptr<i32>, %expected: i32, %new: i32) -> i32 {
  %old = tile.atomic_cas %p, %expected, %new sem = acq_rel scope = gpu : !tile.ptr<i32>
  return %old : i32
}

// ==== Computation ====

// CHECK-LABEL: func @dot
// CHECK: tile.dot %{{.+}}, %{{.+}}, %{{.+}} precision = tf32x3 : tensor<64x32xf32>, tensor<32x16xf32>, tensor<64x16xf32>
// CHECK: tile.dot %{{.+}}, %{{.+}}, %{{.+}} max_imprecise_acc = 32 : tensor<2x16x32xf8E4M3FN>, tensor<2x32x8xf8E5M2>, tensor<2x16x8xf32>
func.func @dot(%a: tensor<64x32xf32>, %b: tensor<32x16xf32>, %acc: tensor<64x16xf32>,
               %d: tensor<2x16x32xf8E4M3FN>, %e: tensor<2x32x8xf8E5M2>, %f: tensor<2x16x8xf32>) {
  %c = tile.dot %a, %b, %acc precision = tf32x3 : tensor<64x32xf32>, tensor<32x16xf32>, tensor<64x16xf32>
  %g = tile.dot %d, %e, %f max_imprecise_acc = 32 : tensor<2x16x32xf8E4M3FN>, tensor<2x32x8xf8E5M2>, tensor<2x16x8xf32>
  return
}

// CHECK-LABEL: func @reduce
// CHECK: tile.reduce(%{{.+}}) axis 1 combine (%[[ACC:.+]]: f32, %[[CUR:.+]]: f32) {
// CHECK:   %[[SUM:.+]] = arith.addf %[[ACC]], %[[CUR]] : f32
// CHECK:   tile.yield %[[SUM]] : f32
// CHECK: } : (tensor<64x32xf32>) -> tensor<64xf32>
func.func @reduce(%x: tensor<64x32xf32>) -> tensor<64xf32> {
  %sum = tile.reduce(%x) axis 1 combine (%acc: f32, %cur: f32) {
    %0 = arith.addf %acc, %cur : f32
    tile.yield %0 : f32
  } : (tensor<64x32xf32>) -> tensor<64xf32>
  return %sum : tensor<64xf32>
}

// Several tensors together, to scalars: the place of the largest element.
// CHECK-LABEL: func @argmax
// CHECK: tile.reduce(%{{.+}}, %{{.+}}) axis 0 combine (%{{.+}}: f32, %{{.+}}: i32, %{{.+}}: f32, %{{.+}}: i32) {
// CHECK: } : (tensor<64xf32>, tensor<64xi32>) -> (f32, i32)
func.func @argmax(%x: tensor<64xf32>, %i: tensor<64xi32>) -> i32 {
  %r:2 = tile.reduce(%x, %i) axis 0 combine (%v0: f32, %i0: i32, %v1: f32, %i1: i32) {
    %greater = arith.cmpf ogt, %v0, %v1 : f32
    %v = arith.select %greater, %v0, %v1 : f32
    %k = arith.select %greater, %i0, %i1 : i32
    tile.yield %v, %k : f32, i32
  } : (tensor<64xf32>, tensor<64xi32>) -> (f32, i32)
  return %r#1 : i32
}

// CHECK-LABEL: func @yield
func.func @yield(%x: tensor<64xf32>) -> f32 {
  %r = tile.reduce(%x) axis 0 combine (%acc: f32, %sum: f32) {
    tile.yield %sum : f32
  } : (tensor<64xf32>) -> f32
  return %r : f32
}

// CHECK-LABEL: func @scan
// CHECK: tile.scan(%{{.+}}) axis 0 reverse combine (%{{.+}}: f32, %{{.+}}: f32) {
// CHECK: } : (tensor<128xf32>) -> tensor<128xf32>
func.func @scan(%x: tensor<128xf32>) -> tensor<128xf32> {
  %sums = tile.scan(%x) axis 0 reverse combine (%acc: f32, %cur: f32) {
    %0 = arith.addf %acc, %cur : f32
    tile.yield %0 : f32
  } : (tensor<128xf32>) -> tensor<128xf32>
  return %sums : tensor<128xf32>
}

// CHECK-LABEL: func @gather
// CHECK: tile.gather %{{.+}}[%{{.+}}] axis 0 : tensor<64x32xf32>, tensor<16x32xi32> -> tensor<16x32xf32>
func.func @gather(%x: tensor<64x32xf32>, %i: tensor<16x32xi32>) -> tensor<16x32xf32> {
  %y = tile.gather %x[%i] axis 0 : tensor<64x32xf32>, tensor<16x32xi32> -> tensor<16x32xf32>
  return %y : tensor<16x32xf32>
}

// CHECK-LABEL: func @histogram
// CHECK: tile.histogram %{{.+}} mask(%{{.+}}) : tensor<128xi32> -> tensor<16xi32>
func.func @histogram(%x: tensor<128xi32>, %m: tensor<128xi1>) -> tensor<16xi32> {
  %counts = tile.histogram %x mask(%m) : tensor<128xi32> -> tensor<16xi32>
  return %counts : tensor<16xi32>
}

// CHECK-LABEL: func @inline_asm
// CHECK: tile.inline_asm "ex2.approx.ftz.f32 $0, $1;" constraints "=f,f" pack 1 pure (%{{.+}}) : (tensor<128xf32>) -> tensor<128xf32>
// CHECK: tile.inline_asm "mov.u32 $0, %smid;" constraints "=r" pack 1 () : () -> i32
func.func @inline_asm(%x: tensor<128xf32>) -> tensor<128xf32> {
  %y = tile.inline_asm "ex2.approx.ftz.f32 $0, $1;" constraints "=f,f" pack 1 pure (%x) : (tensor<128xf32>) -> tensor<128xf32>
  %sm = tile.inline_asm "mov.u32 $0, %smid;" constraints "=r" pack 1 () : () -> i32
  return %y : tensor<128xf32>
}

// ==== Laid out ====

// CHECK-LABEL: func @convert_layout
// CHECK-SAME: tensor<32x2xf32, #[[ROWS]]>
// CHECK: tile.convert_layout %{{.+}} : tensor<32x2xf32, #[[ROWS]]> -> tensor<32x2xf32, #{{.+}}>
func.func @convert_layout(%x: tensor<32x2xf32, #rows>) -> tensor<32x2xf32, #columns> {
  %y = tile.convert_layout %x : tensor<32x2xf32, #rows> -> tensor<32x2xf32, #columns>
  return %y : tensor<32x2xf32, #columns>
}

// CHECK-LABEL: func @alloc
// CHECK: tile.alloc offset 1024 : !tile.buffer<96xi8>
// CHECK: tile.alloc : !tile.buffer<32x2xf32, #shared>
func.func @alloc() {
  %b = tile.alloc offset 1024 : !tile.buffer<96xi8>
  %c = tile.alloc : !tile.buffer<32x2xf32, #shared>
  return
}

// CHECK-LABEL: func @local_store
// CHECK: tile.local_store %{{.+}}, %{{.+}} : tensor<32x2xf32, #[[ROWS]]>, !tile.buffer<32x2xf32, #shared>
func.func @local_store(%x: tensor<32x2xf32, #rows>) {
  %b = tile.alloc : !tile.buffer<32x2xf32, #shared>
  tile.local_store %x, %b : tensor<32x2xf32, #rows>, !tile.buffer<32x2xf32, #shared>
  return
}

// CHECK-LABEL: func @local_load
// CHECK: tile.local_load %{{.+}} : !tile.buffer<32x2xf32, #shared> -> tensor<32x2xf32, #[[ROWS]]>
func.func @local_load() -> tensor<32x2xf32, #rows> {
  %b = tile.alloc : !tile.buffer<32x2xf32, #shared>
  %x = tile.local_load %b : !tile.buffer<32x2xf32, #shared> -> tensor<32x2xf32, #rows>
  return %x : tensor<32x2xf32, #rows>
}

// CHECK-LABEL: func @mma
// CHECK: tile.mma m16n8k16.f32.f16 %{{.+}}, %{{.+}}, %{{.+}} : tensor<16x16xf16, #{{.+}}>, tensor<16x8xf16, #{{.+}}>, tensor<16x8xf32, #{{.+}}>
// CHECK: tile.mma m16n8k16.f32.bf16 %{{.+}}, %{{.+}}, %{{.+}} precision = bf16x3 : tensor<16x16xf32
func.func @mma(%a: tensor<16x16xf16, #a>, %b: tensor<16x8xf16, #b>, %acc: tensor<16x8xf32, #acc>,
               %d: tensor<16x16xf32, #a>, %e: tensor<16x8xf32, #b>) {
  %c = tile.mma m16n8k16.f32.f16 %a, %b, %acc : tensor<16x16xf16, #a>, tensor<16x8xf16, #b>, tensor<16x8xf32, #acc>
  %f = tile.mma m16n8k16.f32.bf16 %d, %e, %acc precision = bf16x3 : tensor<16x16xf32, #a>, tensor<16x8xf32, #b>, tensor<16x8xf32, #acc>
  return
}

// Layouts of results are those that the algebra gives; the order of registers is free.
// CHECK-LABEL: func @laid_out_shapes
#line = #tile.layout<{register = [[1], [2]], lane = [[4], [8], [16], [32], [64]]}>
#column = #tile.layout<{register = [[1, 0], [2, 0]], lane = [[4, 0], [8, 0], [16, 0], [32, 0], [64, 0]]}>
#row = #tile.layout<{register = [[0, 1], [0, 2]], lane = [[0, 4], [0, 8], [0, 16], [0, 32], [0, 64]]}>
#wide = #tile.layout<{register = [[0, 1], [1, 0], [2, 0]], lane = [[4, 0], [8, 0], [16, 0], [32, 0], [64, 0]]}>
#swapped = #tile.layout<{register = [[1, 0], [0, 1], [2, 0]], lane = [[4, 0], [8, 0], [16, 0], [32, 0], [64, 0]]}>
#twice = #tile.layout<{register = [[1], [2], [128]], lane = [[4], [8], [16], [32], [64]]}>
#copies = #tile.layout<{register = [[1]], lane = [[0], [0], [0], [0], [0]]}>
func.func @laid_out_shapes(%x: tensor<128xf32, #line>) {
  %column = tile.expand_dims %x, 1 : tensor<128xf32, #line> -> tensor<128x1xf32, #column>
  %row = tile.trans %column [1, 0] : tensor<128x1xf32, #column> -> tensor<1x128xf32, #row>
  %flat = tile.reshape %row : tensor<1x128xf32, #row> -> tensor<128xf32, #line>
  %wide = tile.broadcast %column : tensor<128x1xf32, #column> -> tensor<128x2xf32, #wide>
  %pairs = tile.join %x, %flat : tensor<128xf32, #line> -> tensor<128x2xf32, #wide>
  %same = tile.join %x, %flat : tensor<128xf32, #line> -> tensor<128x2xf32, #swapped>
  %l, %r = tile.split %same : tensor<128x2xf32, #swapped> -> tensor<128xf32, #line>
  %both = tile.cat %l, %r : tensor<128xf32, #line> -> tensor<256xf32, #twice>
  %sums = tile.reduce(%wide) axis 0 combine (%acc: f32, %cur: f32) {
    %0 = arith.addf %acc, %cur : f32
    tile.yield %0 : f32
  } : (tensor<128x2xf32, #wide>) -> tensor<2xf32, #copies>
  %i = tile.arange 0 to 128 : tensor<128xi32, #line>
  %y = tile.gather %x[%i] axis 0 : tensor<128xf32, #line>, tensor<128xi32, #line> -> tensor<128xf32, #line>
  return
}

// A kernel with everything that the dialect puts on functions and arguments.
// CHECK: module attributes {tile.num_ctas = 1 : i32, tile.num_stages = 3 : i32, tile.num_warps = 4 : i32, tile.shared_bytes = 0 : i32, tile.target = "sm_90a"}
module attributes {tile.num_warps = 4 : i32, tile.num_stages = 3 : i32, tile.num_ctas = 1 : i32, tile.target = "sm_90a", tile.shared_bytes = 0 : i32} {
  // CHECK: func.func @kernel(%{{.+}}: !tile.ptr<f32> {tile.divisibility = 16 : i32, tile.name = "x"}, %{{.+}}: i32 {tile.name = "n"}) attributes {tile.kernel}
  func.func @kernel(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32, tile.name = "x"}, %n: i32 {tile.name = "n"}) attributes {tile.kernel} {
    %v = tile.load %x {tile.vector = 1 : i32} : !tile.ptr<f32>
    return
  }
}
