// What layouts kernels get: coalesced vector accesses, fragments, few conversions, none of them in the wrong place.
// RUN: tessera-opt %s --split-input-file --tile-legalize-dots --tile-assign-layouts --tile-verify-laid-out | FileCheck %s

// One layout for everything; 4 x f32 at once since pointers and the mask are known to allow it.
// CHECK: #[[L:.+]] = #tile.layout<{register = {{\[\[}}1], [2], [512]], lane = {{\[\[}}4], [8], [16], [32], [64]], warp = {{\[\[}}128], [256]]}>
// CHECK-LABEL: func.func @vector_add
// CHECK-NOT: convert_layout
// CHECK: tile.load %{{.*}} mask({{.*}}) {tile.vector = 4 : i32} : tensor<1024x!tile.ptr<f32>, #[[L]]>
// CHECK: tile.store %{{.*}} mask({{.*}}) {tile.vector = 4 : i32} : tensor<1024x!tile.ptr<f32>, #[[L]]>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @vector_add(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %o: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %n: i32 {tile.divisibility = 16 : i32}) attributes {tile.kernel} {
    %c1024 = arith.constant 1024 : i32
    %pid = tile.program_id 0 : i32
    %start = arith.muli %pid, %c1024 : i32
    %range = tile.arange 0 to 1024 : tensor<1024xi32>
    %starts = tile.splat %start : i32 -> tensor<1024xi32>
    %offsets = arith.addi %starts, %range : tensor<1024xi32>
    %ns = tile.splat %n : i32 -> tensor<1024xi32>
    %mask = arith.cmpi slt, %offsets, %ns : tensor<1024xi32>
    %xs = tile.splat %x : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>>
    %xp = tile.addptr %xs, %offsets : tensor<1024x!tile.ptr<f32>>, tensor<1024xi32>
    %v = tile.load %xp mask(%mask) : tensor<1024x!tile.ptr<f32>>
    %z = arith.addf %v, %v : tensor<1024xf32>
    %os = tile.splat %o : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>>
    %op = tile.addptr %os, %offsets : tensor<1024x!tile.ptr<f32>>, tensor<1024xi32>
    tile.store %op, %z mask(%mask) : tensor<1024x!tile.ptr<f32>>
    return
  }
}

// -----

// Nothing is known of pointer and length: single elements.
// CHECK-LABEL: func.func @unaligned
// CHECK-NOT: tile.vector
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @unaligned(%x: !tile.ptr<f32>, %n: i32) attributes {tile.kernel} {
    %offsets = tile.arange 0 to 1024 : tensor<1024xi32>
    %ns = tile.splat %n : i32 -> tensor<1024xi32>
    %mask = arith.cmpi slt, %offsets, %ns : tensor<1024xi32>
    %xs = tile.splat %x : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>>
    %xp = tile.addptr %xs, %offsets : tensor<1024x!tile.ptr<f32>>, tensor<1024xi32>
    %v = tile.load %xp mask(%mask) : tensor<1024x!tile.ptr<f32>>
    tile.store %xp, %v mask(%mask) : tensor<1024x!tile.ptr<f32>>
    return
  }
}

// -----

// A tile read along its columns and written along its rows: one conversion, both accesses wide.
// CHECK-LABEL: func.func @transpose
// CHECK: %[[V:.+]] = tile.load %{{.*}} {tile.vector = 16 : i32} : tensor<64x64x!tile.ptr<i8>, #[[C:.+]]>
// CHECK: %[[T:.+]] = tile.convert_layout %[[V]] : tensor<64x64xi8, #[[C]]> -> tensor<64x64xi8, #[[R:.+]]>
// CHECK: tile.store %{{.*}}, %[[T]] {tile.vector = 16 : i32} : tensor<64x64x!tile.ptr<i8>, #[[R]]>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @transpose(%x: !tile.ptr<i8> {tile.divisibility = 16 : i32}, %y: !tile.ptr<i8> {tile.divisibility = 16 : i32}) attributes {tile.kernel} {
    %r = tile.arange 0 to 64 : tensor<64xi32>
    %c64 = arith.constant dense<64> : tensor<64xi32>
    %s = arith.muli %r, %c64 : tensor<64xi32>
    %r0 = tile.expand_dims %r, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %r1 = tile.expand_dims %r, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %s0 = tile.expand_dims %s, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %s1 = tile.expand_dims %s, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %br0 = tile.broadcast %r0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %br1 = tile.broadcast %r1 : tensor<64x1xi32> -> tensor<64x64xi32>
    %bs0 = tile.broadcast %s0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %bs1 = tile.broadcast %s1 : tensor<64x1xi32> -> tensor<64x64xi32>
    %in = arith.addi %br1, %bs0 : tensor<64x64xi32>
    %out = arith.addi %bs1, %br0 : tensor<64x64xi32>
    %xs = tile.splat %x : !tile.ptr<i8> -> tensor<64x64x!tile.ptr<i8>>
    %ys = tile.splat %y : !tile.ptr<i8> -> tensor<64x64x!tile.ptr<i8>>
    %xp = tile.addptr %xs, %in : tensor<64x64x!tile.ptr<i8>>, tensor<64x64xi32>
    %yp = tile.addptr %ys, %out : tensor<64x64x!tile.ptr<i8>>, tensor<64x64xi32>
    %v = tile.load %xp : tensor<64x64x!tile.ptr<i8>>
    tile.store %yp, %v : tensor<64x64x!tile.ptr<i8>>
    return
  }
}

// -----

// Rows are reduced within warps: no warp bit runs along dim 1.
// CHECK: #[[L:.+]] = #tile.layout<{register = {{.*}}, warp = {{\[\[}}1, 0], [2, 0]]}>
// CHECK-LABEL: func.func @rows
// CHECK: tile.load {{.*}} {tile.vector = 4 : i32}
// CHECK: tile.reduce
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @rows(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %y: !tile.ptr<f32>) attributes {tile.kernel} {
    %rows = tile.arange 0 to 16 : tensor<16xi32>
    %columns = tile.arange 0 to 512 : tensor<512xi32>
    %c512 = arith.constant dense<512> : tensor<16x1xi32>
    %r1 = tile.expand_dims %rows, 1 : tensor<16xi32> -> tensor<16x1xi32>
    %s = arith.muli %r1, %c512 : tensor<16x1xi32>
    %c0 = tile.expand_dims %columns, 0 : tensor<512xi32> -> tensor<1x512xi32>
    %bs = tile.broadcast %s : tensor<16x1xi32> -> tensor<16x512xi32>
    %bc = tile.broadcast %c0 : tensor<1x512xi32> -> tensor<16x512xi32>
    %o = arith.addi %bs, %bc : tensor<16x512xi32>
    %xs = tile.splat %x : !tile.ptr<f32> -> tensor<16x512x!tile.ptr<f32>>
    %xp = tile.addptr %xs, %o : tensor<16x512x!tile.ptr<f32>>, tensor<16x512xi32>
    %v = tile.load %xp : tensor<16x512x!tile.ptr<f32>>
    %sum = tile.reduce (%v) axis 1 combine (%a: f32, %b: f32) {
      %0 = arith.addf %a, %b : f32
      tile.yield %0 : f32
    } : (tensor<16x512xf32>) -> tensor<16xf32>
    %ys = tile.splat %y : !tile.ptr<f32> -> tensor<16x!tile.ptr<f32>>
    %yp = tile.addptr %ys, %rows : tensor<16x!tile.ptr<f32>>, tensor<16xi32>
    tile.store %yp, %sum : tensor<16x!tile.ptr<f32>>
    return
  }
}

// -----

// Two dots in a chain, as in attention: warps along M, the result of the first is operand A of the second as it is.
// CHECK: #[[ACC:.+]] = #tile.layout<{register = {{\[\[}}0, 1], [8, 0], [0, 8], [0, 16], [0, 32], [64, 0]], {{.*}}, warp = {{\[\[}}16, 0], [32, 0]]}>
// CHECK-LABEL: func.func @chain
// CHECK: %[[S:.+]] = tile.mma{{ +}}m16n8k16.f32.f16
// CHECK-NOT: convert_layout
// CHECK: %[[P:.+]] = arith.truncf %{{.*}} : tensor<128x64xf32, #[[ACC]]> to tensor<128x64xf16, #[[ACC]]>
// CHECK: tile.mma{{ +}}m16n8k16.f32.f16 %[[P]],
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @chain(%q: !tile.ptr<f16> {tile.divisibility = 16 : i32}, %v: !tile.ptr<f16> {tile.divisibility = 16 : i32}) attributes {tile.kernel} {
    %rows = tile.arange 0 to 128 : tensor<128xi32>
    %columns = tile.arange 0 to 64 : tensor<64xi32>
    %r1 = tile.expand_dims %rows, 1 : tensor<128xi32> -> tensor<128x1xi32>
    %c0 = tile.expand_dims %columns, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %c1 = tile.expand_dims %columns, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %c64 = arith.constant dense<64> : tensor<128x1xi32>
    %c64_0 = arith.constant dense<64> : tensor<64x1xi32>
    %s = arith.muli %r1, %c64 : tensor<128x1xi32>
    %t = arith.muli %c1, %c64_0 : tensor<64x1xi32>
    %bs = tile.broadcast %s : tensor<128x1xi32> -> tensor<128x64xi32>
    %bc = tile.broadcast %c0 : tensor<1x64xi32> -> tensor<128x64xi32>
    %bt = tile.broadcast %t : tensor<64x1xi32> -> tensor<64x64xi32>
    %bd = tile.broadcast %c0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %o = arith.addi %bs, %bc : tensor<128x64xi32>
    %u = arith.addi %bt, %bd : tensor<64x64xi32>
    %qs = tile.splat %q : !tile.ptr<f16> -> tensor<128x64x!tile.ptr<f16>>
    %vs = tile.splat %v : !tile.ptr<f16> -> tensor<64x64x!tile.ptr<f16>>
    %qp = tile.addptr %qs, %o : tensor<128x64x!tile.ptr<f16>>, tensor<128x64xi32>
    %vp = tile.addptr %vs, %u : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
    %qv = tile.load %qp : tensor<128x64x!tile.ptr<f16>>
    %vv = tile.load %vp : tensor<64x64x!tile.ptr<f16>>
    %zero = arith.constant dense<0.0> : tensor<128x64xf32>
    %qk = tile.dot %qv, %vv, %zero : tensor<128x64xf16>, tensor<64x64xf16>, tensor<128x64xf32>
    %max = tile.reduce (%qk) axis 1 combine (%a: f32, %b: f32) {
      %0 = arith.maxnumf %a, %b : f32
      tile.yield %0 : f32
    } : (tensor<128x64xf32>) -> tensor<128xf32>
    %m1 = tile.expand_dims %max, 1 : tensor<128xf32> -> tensor<128x1xf32>
    %mb = tile.broadcast %m1 : tensor<128x1xf32> -> tensor<128x64xf32>
    %d = arith.subf %qk, %mb : tensor<128x64xf32>
    %e = math.exp2 %d : tensor<128x64xf32>
    %p = arith.truncf %e : tensor<128x64xf32> to tensor<128x64xf16>
    %out = tile.dot %p, %vv, %zero : tensor<128x64xf16>, tensor<64x64xf16>, tensor<128x64xf32>
    %h = arith.truncf %out : tensor<128x64xf32> to tensor<128x64xf16>
    tile.store %qp, %h : tensor<128x64x!tile.ptr<f16>>
    return
  }
}

// -----

// A square product takes a square grid of warps; pointers go around the loop as the loads like them.
// CHECK: #[[ACC:.+]] = #tile.layout<{register = {{\[\[}}0, 1], [8, 0], {{.*}}, warp = {{\[\[}}0, 8], [16, 0]]}>
// CHECK-LABEL: func.func @matmul
// CHECK: scf.for
// CHECK: tile.load {{.*}} {tile.vector = 8 : i32}
// CHECK: tile.convert_layout
// CHECK: tile.convert_layout
// CHECK: tile.mma{{ +}}m16n8k16.f32.f16 {{.*}}tensor<64x64xf32, #[[ACC]]>
// CHECK-NOT: tile.convert_layout
// CHECK: scf.yield
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @matmul(%a: !tile.ptr<f16> {tile.divisibility = 16 : i32}, %c: !tile.ptr<f16> {tile.divisibility = 16 : i32}, %k: i32) attributes {tile.kernel} {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %rows = tile.arange 0 to 64 : tensor<64xi32>
    %r1 = tile.expand_dims %rows, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %r0 = tile.expand_dims %rows, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %c64 = arith.constant dense<64> : tensor<64x1xi32>
    %step = arith.constant dense<4096> : tensor<64x64xi32>
    %s = arith.muli %r1, %c64 : tensor<64x1xi32>
    %bs = tile.broadcast %s : tensor<64x1xi32> -> tensor<64x64xi32>
    %br = tile.broadcast %r0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %o = arith.addi %bs, %br : tensor<64x64xi32>
    %as = tile.splat %a : !tile.ptr<f16> -> tensor<64x64x!tile.ptr<f16>>
    %ap = tile.addptr %as, %o : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
    %zero = arith.constant dense<0.0> : tensor<64x64xf32>
    %r:2 = scf.for %i = %c0 to %k step %c1 iter_args(%acc = %zero, %p = %ap) -> (tensor<64x64xf32>, tensor<64x64x!tile.ptr<f16>>) : i32 {
      %v = tile.load %p : tensor<64x64x!tile.ptr<f16>>
      %d = tile.dot %v, %v, %acc : tensor<64x64xf16>, tensor<64x64xf16>, tensor<64x64xf32>
      %q = tile.addptr %p, %step : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
      scf.yield %d, %q : tensor<64x64xf32>, tensor<64x64x!tile.ptr<f16>>
    }
    %h = arith.truncf %r#0 : tensor<64x64xf32> to tensor<64x64xf16>
    %cs = tile.splat %c : !tile.ptr<f16> -> tensor<64x64x!tile.ptr<f16>>
    %cp = tile.addptr %cs, %o : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
    tile.store %cp, %h : tensor<64x64x!tile.ptr<f16>>
    return
  }
}

// -----

// Layouts pass through joins, splits, reshapes and concatenations without moving data.
// CHECK-LABEL: func.func @shapes
// CHECK: tile.load {{.*}} {tile.vector = 4 : i32}
// CHECK-NOT: convert_layout
// CHECK: tile.store
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @shapes(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32}) attributes {tile.kernel} {
    %r = tile.arange 0 to 1024 : tensor<1024xi32>
    %xs = tile.splat %x : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>>
    %xp = tile.addptr %xs, %r : tensor<1024x!tile.ptr<f32>>, tensor<1024xi32>
    %v = tile.load %xp : tensor<1024x!tile.ptr<f32>>
    %pairs = tile.reshape %v : tensor<1024xf32> -> tensor<512x2xf32>
    %re, %im = tile.split %pairs : tensor<512x2xf32> -> tensor<512xf32>
    %joined = tile.join %im, %re : tensor<512xf32> -> tensor<512x2xf32>
    %flat = tile.reshape %joined : tensor<512x2xf32> -> tensor<1024xf32>
    tile.store %xp, %flat : tensor<1024x!tile.ptr<f32>>
    return
  }
}

// -----

// A scan gets its axis in order through registers, lanes and warps.
// CHECK: #[[L:.+]] = #tile.layout<{register = {{\[\[}}1], [2], [4]], lane = {{\[\[}}8], [16], [32], [64], [128]], warp = {{\[\[}}256], [512]]}>
// CHECK-LABEL: func.func @scan
// CHECK: tile.scan{{.*}}
// CHECK: (tensor<1024xf32, #[[L]]>) -> tensor<1024xf32, #[[L]]>
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @scan(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32}) attributes {tile.kernel} {
    %r = tile.arange 0 to 1024 : tensor<1024xi32>
    %xs = tile.splat %x : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>>
    %xp = tile.addptr %xs, %r : tensor<1024x!tile.ptr<f32>>, tensor<1024xi32>
    %v = tile.load %xp : tensor<1024x!tile.ptr<f32>>
    %s = tile.scan (%v) axis 0 combine (%a: f32, %b: f32) {
      %0 = arith.addf %a, %b : f32
      tile.yield %0 : f32
    } : (tensor<1024xf32>) -> tensor<1024xf32>
    tile.store %xp, %s : tensor<1024x!tile.ptr<f32>>
    return
  }
}

// -----

// Values out of branches and while loops have one layout on all ways; histogram and gather take any layout of their source.
// CHECK-LABEL: func.func @control
// CHECK: scf.while
// CHECK: scf.if
// CHECK: tile.histogram
// CHECK: tile.gather
module attributes {tile.num_warps = 2 : i32, tile.target = "sm_80"} {
  func.func @control(%x: !tile.ptr<i32> {tile.divisibility = 16 : i32}, %n: i32, %flag: i1) attributes {tile.kernel} {
    %c1 = arith.constant 1 : i32
    %r = tile.arange 0 to 256 : tensor<256xi32>
    %xs = tile.splat %x : !tile.ptr<i32> -> tensor<256x!tile.ptr<i32>>
    %xp = tile.addptr %xs, %r : tensor<256x!tile.ptr<i32>>, tensor<256xi32>
    %v = tile.load %xp : tensor<256x!tile.ptr<i32>>
    %w:2 = scf.while (%i = %n, %a = %v) : (i32, tensor<256xi32>) -> (i32, tensor<256xi32>) {
      %go = arith.cmpi sgt, %i, %c1 : i32
      scf.condition(%go) %i, %a : i32, tensor<256xi32>
    } do {
    ^bb0(%i: i32, %a: tensor<256xi32>):
      %j = arith.subi %i, %c1 : i32
      %b = arith.addi %a, %r : tensor<256xi32>
      scf.yield %j, %b : i32, tensor<256xi32>
    }
    %f = scf.if %flag -> (tensor<256xi32>) {
      scf.yield %w#1 : tensor<256xi32>
    } else {
      scf.yield %r : tensor<256xi32>
    }
    %h = tile.histogram %f : tensor<256xi32> -> tensor<64xi32>
    %g = tile.gather %h[%f] axis 0 : tensor<64xi32>, tensor<256xi32> -> tensor<256xi32>
    tile.store %xp, %g : tensor<256x!tile.ptr<i32>>
    return
  }
}

// -----

// A hint is read, and gone afterwards.
// CHECK-LABEL: func.func @hint
// CHECK-NOT: tile.hint
// CHECK: tile.load {{.*}} {tile.vector = 4 : i32}
module attributes {tile.num_warps = 1 : i32, tile.target = "sm_80"} {
  func.func @hint(%x: !tile.ptr<f32>, %n: i32) attributes {tile.kernel} {
    %aligned = tile.hint %x divisibility [16] : !tile.ptr<f32>
    %n4 = tile.hint %n divisibility [4] : i32
    %r = tile.arange 0 to 128 : tensor<128xi32>
    %ns = tile.splat %n4 : i32 -> tensor<128xi32>
    %o = arith.addi %r, %ns : tensor<128xi32>
    %xs = tile.splat %aligned : !tile.ptr<f32> -> tensor<128x!tile.ptr<f32>>
    %xp = tile.addptr %xs, %o : tensor<128x!tile.ptr<f32>>, tensor<128xi32>
    %v = tile.load %xp : tensor<128x!tile.ptr<f32>>
    tile.store %xp, %v : tensor<128x!tile.ptr<f32>>
    return
  }
}
