// The passes together, on a product with bias: what the lowering gets.
// RUN: tessera-opt %s --tile-pipeline=verify=true | FileCheck %s

// Scalars go around the loop beside the accumulator; both operands pass through shared memory, with one barrier for both writes and one for the reads of
// the iteration before; the result is written in wide accesses.
// CHECK: tile.shared_bytes = 16384 : i32
// CHECK-LABEL: func.func @matmul
// CHECK: scf.for {{.*}} -> (tensor<64x64xf32, #{{.*}}>, !tile.ptr<f16>, !tile.ptr<f16>)
// CHECK: tile.load {{.*}} {tile.vector = 8 : i32}
// CHECK: tile.load {{.*}} {tile.vector = 8 : i32}
// CHECK: tile.alloc offset
// CHECK: tile.barrier
// CHECK-NEXT: tile.local_store
// CHECK-NEXT: tile.alloc offset
// CHECK-NEXT: tile.local_store
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.local_load
// CHECK-NEXT: tile.local_load
// CHECK-NEXT: tile.mma{{ +}}m16n8k16.f32.f16
// CHECK-NOT: tile.barrier
// CHECK: scf.yield
// CHECK: tile.barrier
// CHECK-NEXT: tile.convert_layout {{.*}} {tile.scratch_offset = 0 : i32}
// CHECK: tile.store {{.*}} {tile.vector = 8 : i32}
module attributes {tile.num_warps = 4 : i32, tile.num_stages = 3 : i32, tile.num_ctas = 1 : i32, tile.target = "sm_80"} {
  func.func @matmul(%a: !tile.ptr<f16> {tile.divisibility = 16 : i32}, %b: !tile.ptr<f16> {tile.divisibility = 16 : i32}, %c: !tile.ptr<f16> {tile.divisibility = 16 : i32},
      %M: i32 {tile.divisibility = 16 : i32}, %N: i32 {tile.divisibility = 16 : i32}, %K: i32 {tile.divisibility = 16 : i32},
      %sam: i32 {tile.divisibility = 16 : i32}, %sbk: i32 {tile.divisibility = 16 : i32}, %scm: i32 {tile.divisibility = 16 : i32}) attributes {tile.kernel} {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %cBM = arith.constant 64 : i32
    %cBN = arith.constant 64 : i32
    %cBK = arith.constant 64 : i32
    %cBKm1 = arith.constant 63 : i32
    %pm = tile.program_id 0 : i32
    %pn = tile.program_id 1 : i32
    %rm = tile.arange 0 to 64 : tensor<64xi32>
    %rn = tile.arange 0 to 64 : tensor<64xi32>
    %rk = tile.arange 0 to 64 : tensor<64xi32>
    %m0 = arith.muli %pm, %cBM : i32
    %n0 = arith.muli %pn, %cBN : i32
    %m0s = tile.splat %m0 : i32 -> tensor<64xi32>
    %n0s = tile.splat %n0 : i32 -> tensor<64xi32>
    %om = arith.addi %m0s, %rm : tensor<64xi32>
    %on = arith.addi %n0s, %rn : tensor<64xi32>
    %Ms = tile.splat %M : i32 -> tensor<64xi32>
    %Ns = tile.splat %N : i32 -> tensor<64xi32>
    %oam = arith.remsi %om, %Ms : tensor<64xi32>
    %obn = arith.remsi %on, %Ns : tensor<64xi32>
    %oam1 = tile.expand_dims %oam, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %sams = tile.splat %sam : i32 -> tensor<64x1xi32>
    %ao = arith.muli %oam1, %sams : tensor<64x1xi32>
    %rk0 = tile.expand_dims %rk, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %ao2 = tile.broadcast %ao : tensor<64x1xi32> -> tensor<64x64xi32>
    %rk2 = tile.broadcast %rk0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %aoff = arith.addi %ao2, %rk2 : tensor<64x64xi32>
    %as = tile.splat %a : !tile.ptr<f16> -> tensor<64x64x!tile.ptr<f16>>
    %ap0 = tile.addptr %as, %aoff : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
    %rk1 = tile.expand_dims %rk, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %sbks = tile.splat %sbk : i32 -> tensor<64x1xi32>
    %bo = arith.muli %rk1, %sbks : tensor<64x1xi32>
    %obn0 = tile.expand_dims %obn, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %bo2 = tile.broadcast %bo : tensor<64x1xi32> -> tensor<64x64xi32>
    %obn2 = tile.broadcast %obn0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %boff = arith.addi %bo2, %obn2 : tensor<64x64xi32>
    %bs = tile.splat %b : !tile.ptr<f16> -> tensor<64x64x!tile.ptr<f16>>
    %bp0 = tile.addptr %bs, %boff : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
    %zero = arith.constant dense<0.0> : tensor<64x64xf32>
    %zah = arith.constant dense<0.0> : tensor<64x64xf16>
    %zbh = arith.constant dense<0.0> : tensor<64x64xf16>
    %t = arith.addi %K, %cBKm1 : i32
    %kt = arith.divsi %t, %cBK : i32
    %bstep = arith.muli %sbk, %cBK : i32
    %res:3 = scf.for %k = %c0 to %kt step %c1 iter_args(%acc = %zero, %ap = %ap0, %bp = %bp0) -> (tensor<64x64xf32>, tensor<64x64x!tile.ptr<f16>>, tensor<64x64x!tile.ptr<f16>>) : i32 {
      %kk = arith.muli %k, %cBK : i32
      %rem = arith.subi %K, %kk : i32
      %rems = tile.splat %rem : i32 -> tensor<1x64xi32>
      %ma = arith.cmpi slt, %rk0, %rems : tensor<1x64xi32>
      %ma2 = tile.broadcast %ma : tensor<1x64xi1> -> tensor<64x64xi1>
      %av = tile.load %ap mask(%ma2) other(%zah) : tensor<64x64x!tile.ptr<f16>>
      %rems1 = tile.splat %rem : i32 -> tensor<64x1xi32>
      %mb = arith.cmpi slt, %rk1, %rems1 : tensor<64x1xi32>
      %mb2 = tile.broadcast %mb : tensor<64x1xi1> -> tensor<64x64xi1>
      %bv = tile.load %bp mask(%mb2) other(%zbh) : tensor<64x64x!tile.ptr<f16>>
      %d = tile.dot %av, %bv, %zero : tensor<64x64xf16>, tensor<64x64xf16>, tensor<64x64xf32>
      %acc2 = arith.addf %d, %acc : tensor<64x64xf32>
      %as2 = tile.splat %cBK : i32 -> tensor<64x64xi32>
      %ap2 = tile.addptr %ap, %as2 : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
      %bs2 = tile.splat %bstep : i32 -> tensor<64x64xi32>
      %bp2 = tile.addptr %bp, %bs2 : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
      scf.yield %acc2, %ap2, %bp2 : tensor<64x64xf32>, tensor<64x64x!tile.ptr<f16>>, tensor<64x64x!tile.ptr<f16>>
    }
    %ch = arith.truncf %res#0 : tensor<64x64xf32> to tensor<64x64xf16>
    %om1 = tile.expand_dims %om, 1 : tensor<64xi32> -> tensor<64x1xi32>
    %scms = tile.splat %scm : i32 -> tensor<64x1xi32>
    %co = arith.muli %om1, %scms : tensor<64x1xi32>
    %on0 = tile.expand_dims %on, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %co2 = tile.broadcast %co : tensor<64x1xi32> -> tensor<64x64xi32>
    %on2 = tile.broadcast %on0 : tensor<1x64xi32> -> tensor<64x64xi32>
    %coff = arith.addi %co2, %on2 : tensor<64x64xi32>
    %cs = tile.splat %c : !tile.ptr<f16> -> tensor<64x64x!tile.ptr<f16>>
    %cp = tile.addptr %cs, %coff : tensor<64x64x!tile.ptr<f16>>, tensor<64x64xi32>
    %Ms1 = tile.splat %M : i32 -> tensor<64x1xi32>
    %mm = arith.cmpi slt, %om1, %Ms1 : tensor<64x1xi32>
    %Ns1 = tile.splat %N : i32 -> tensor<1x64xi32>
    %mn = arith.cmpi slt, %on0, %Ns1 : tensor<1x64xi32>
    %mm2 = tile.broadcast %mm : tensor<64x1xi1> -> tensor<64x64xi1>
    %mn2 = tile.broadcast %mn : tensor<1x64xi1> -> tensor<64x64xi1>
    %mc = arith.andi %mm2, %mn2 : tensor<64x64xi1>
    tile.store %cp, %ch mask(%mc) : tensor<64x64x!tile.ptr<f16>>
    return
  }
}

