// What the axis analysis knows, operation by operation.
// RUN: tessera-opt %s --tile-print-axis-facts --verify-diagnostics -o /dev/null

func.func @sums(%p: !tile.ptr<f16> {tile.divisibility = 16 : i32}, %n: i32 {tile.divisibility = 16 : i32}, %unknown: i32) {
  // expected-remark@+1 {{#0: contiguity [1], divisibility [128], constancy [1], constant 128, not negative}}
  %c128 = arith.constant 128 : i32
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [1], not negative}}
  %pid = tile.program_id 0 : i32
  // expected-remark@+1 {{#0: contiguity [1], divisibility [128], constancy [1], not negative}}
  %start = arith.muli %pid, %c128 : i32
  // expected-remark@+1 {{#0: contiguity [128], divisibility [4611686018427387904], constancy [1], not negative}}
  %range = tile.arange 0 to 128 : tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [8], divisibility [8], constancy [1], not negative}}
  %shifted = tile.arange 8 to 16 : tensor<8xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [128], constancy [128], not negative}}
  %starts = tile.splat %start : i32 -> tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [128], divisibility [128], constancy [1], not negative}}
  %offsets = arith.addi %starts, %range : tensor<128xi32>
  // Subtracting a run turns it around; subtracting from a run leaves it.
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [1]}}
  %backwards = arith.subi %starts, %range : tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [128], divisibility [128], constancy [1]}}
  %forwards = arith.subi %range, %starts : tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [16], constancy [128]}}
  %ns = tile.splat %n : i32 -> tensor<128xi32>
  // Groups of 16 are all below n or all not.
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [16], not negative}}
  %below = arith.cmpi slt, %offsets, %ns : tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [16], not negative}}
  %above = arith.cmpi sgt, %ns, %offsets : tensor<128xi32>
  // Not so with equality included.
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [1], not negative}}
  %atMost = arith.cmpi sle, %offsets, %ns : tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [128]}}
  %us = tile.splat %unknown : i32 -> tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [128], divisibility [1], constancy [1]}}
  %anywhere = arith.addi %us, %range : tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [16], constancy [128]}}
  %ps = tile.splat %p : !tile.ptr<f16> -> tensor<128x!tile.ptr<f16>>
  // Bytes, for pointers.
  // expected-remark@+1 {{#0: contiguity [128], divisibility [16], constancy [1]}}
  %pp = tile.addptr %ps, %offsets : tensor<128x!tile.ptr<f16>>, tensor<128xi32>
  // expected-remark@+1 {{#0: contiguity [128], divisibility [2], constancy [1]}}
  %pu = tile.addptr %ps, %anywhere : tensor<128x!tile.ptr<f16>>, tensor<128xi32>
  return
}

func.func @division(%n: i32 {tile.divisibility = 16 : i32}, %unknown: i32) {
  // expected-remark@+1 {{not negative}}
  %r = tile.arange 0 to 64 : tensor<64xi32>
  // expected-remark@+1 {{constant 8}}
  %c8 = arith.constant dense<8> : tensor<64xi32>
  // expected-remark@+1 {{constant 7}}
  %c7 = arith.constant dense<7> : tensor<64xi32>
  // expected-remark@+1 {{constant 3}}
  %c3 = arith.constant dense<3> : tensor<64xi32>
  // expected-remark@+1 {{constant 12}}
  %c12 = arith.constant dense<12> : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [8], not negative}}
  %div = arith.divsi %r, %c8 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [8], divisibility [8], constancy [1], not negative}}
  %rem = arith.remsi %r, %c8 : tensor<64xi32>
  // The largest power of two in 12 is 4.
  // expected-remark@+1 {{#0: contiguity [4], divisibility [4], constancy [1], not negative}}
  %rem12 = arith.remsi %r, %c12 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [4], not negative}}
  %div12 = arith.divsi %r, %c12 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [8], divisibility [8], constancy [1], not negative}}
  %and = arith.andi %r, %c7 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [8], not negative}}
  %shr = arith.shrui %r, %c3 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [8], constancy [1], not negative}}
  %shl = arith.shli %r, %c3 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [64]}}
  %us = tile.splat %unknown : i32 -> tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [8], constancy [64]}}
  %u8 = arith.muli %us, %c8 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [64], divisibility [8], constancy [1]}}
  %signed = arith.addi %u8, %r : tensor<64xi32>
  // What may be negative rounds towards zero: -8 / 8 = -1, -7 / 8 = 0.
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [1]}}
  %sdiv = arith.divsi %signed, %c8 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [1]}}
  %srem = arith.remsi %signed, %c7 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [8]}}
  %sshr = arith.shrsi %signed, %c3 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [16], constancy [64]}}
  %ns = tile.splat %n : i32 -> tensor<64xi32>
  // Rows of a matrix wrapped around at n rows.
  // expected-remark@+1 {{#0: contiguity [16], divisibility [16], constancy [1], not negative}}
  %wrapped = arith.remsi %r, %ns : tensor<64xi32>
  // A run narrowed to groups of 4 begins at multiples of 4, whatever the whole run begins at.
  // expected-remark@+1 {{constant 4}}
  %c4 = arith.constant dense<4> : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [1], constancy [4], not negative}}
  %steps = arith.divsi %r, %c4 : tensor<64xi32>
  // expected-remark@+1 {{constant 16}}
  %c16 = arith.constant dense<16> : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [1], divisibility [16], constancy [4], not negative}}
  %scaled = arith.muli %steps, %c16 : tensor<64xi32>
  // expected-remark@+1 {{#0: contiguity [4], divisibility [4], constancy [1], not negative}}
  %narrow = arith.addi %scaled, %r : tensor<64xi32>
  return
}

func.func @shapes(%p: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %stride: i32 {tile.divisibility = 16 : i32}) {
  // expected-remark@+1 {{contiguity [32]}}
  %r = tile.arange 0 to 32 : tensor<32xi32>
  // A dimension of one element knows what holds for every element.
  // expected-remark@+1 {{#0: contiguity [32, 1], divisibility [4611686018427387904, 1], constancy [1, 1], not negative}}
  %rows = tile.expand_dims %r, 1 : tensor<32xi32> -> tensor<32x1xi32>
  // expected-remark@+1 {{#0: contiguity [1, 32], divisibility [1, 4611686018427387904], constancy [1, 1], not negative}}
  %columns = tile.expand_dims %r, 0 : tensor<32xi32> -> tensor<1x32xi32>
  // expected-remark@+1 {{constancy [32, 1]}}
  %strides = tile.splat %stride : i32 -> tensor<32x1xi32>
  // expected-remark@+1 {{#0: contiguity [1, 1], divisibility [16, 16], constancy [1, 1]}}
  %starts = arith.muli %rows, %strides : tensor<32x1xi32>
  // expected-remark@+1 {{#0: contiguity [1, 1], divisibility [16, 16], constancy [1, 32]}}
  %a = tile.broadcast %starts : tensor<32x1xi32> -> tensor<32x32xi32>
  // expected-remark@+1 {{#0: contiguity [1, 32], divisibility [1, 4611686018427387904], constancy [32, 1], not negative}}
  %b = tile.broadcast %columns : tensor<1x32xi32> -> tensor<32x32xi32>
  // expected-remark@+1 {{#0: contiguity [1, 32], divisibility [1, 16], constancy [1, 1]}}
  %o = arith.addi %a, %b : tensor<32x32xi32>
  // expected-remark@+1 {{#0: contiguity [32, 1], divisibility [16, 1], constancy [1, 1]}}
  %t = tile.trans %o [1, 0] : tensor<32x32xi32> -> tensor<32x32xi32>
  // expected-remark@+1 {{#0: contiguity [1, 1, 16], divisibility [1, 1, 16], constancy [1, 1, 1]}}
  %s = tile.reshape %o : tensor<32x32xi32> -> tensor<32x2x16xi32>
  // expected-remark@+1 {{#0: contiguity [32], divisibility [16], constancy [1]}}
  %f = tile.reshape %o : tensor<32x32xi32> -> tensor<1024xi32>
  return
}

func.func @flow(%p: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %n: i32, %flag: i1) {
  // expected-remark@+1 {{constant 0}}
  %c0 = arith.constant 0 : i32
  // expected-remark@+1 {{constant 64}}
  %c64 = arith.constant 64 : i32
  // expected-remark@+1 {{constant 12}}
  %c12 = arith.constant 12 : i32
  // What goes around a loop is as good as the worst of its values: 0, 12, 24 ... are multiples of 4.
  // expected-remark@+3 {{argument 0: contiguity [1], divisibility [64], constancy [1], not negative}}
  // expected-remark@+2 {{argument 1: contiguity [1], divisibility [4], constancy [1], not negative}}
  // expected-remark@+1 {{#0: contiguity [1], divisibility [4], constancy [1], not negative}}
  %r = scf.for %i = %c0 to %n step %c64 iter_args(%x = %c0) -> (i32) : i32 {
    // expected-remark@+1 {{#0: contiguity [1], divisibility [4], constancy [1], not negative}}
    %y = arith.addi %x, %c12 : i32
    scf.yield %y : i32
  }
  // expected-remark@+1 {{#0: contiguity [1], divisibility [4], constancy [1], not negative}}
  %s = scf.if %flag -> (i32) {
    scf.yield %c64 : i32
  } else {
    scf.yield %c12 : i32
  }
  // expected-remark@+1 {{#0: contiguity [1], divisibility [8], constancy [1], not negative}}
  %h = tile.hint %s divisibility [8] : i32
  // expected-remark@+1 {{#0: contiguity [1], divisibility [4], constancy [1], not negative}}
  %m = arith.select %flag, %r, %h : i32
  return
}
