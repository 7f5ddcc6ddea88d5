// Sums of bf16 are one instruction from sm_90 on; before, they are swapped in.
// RUN: tessera-opt %s --split-input-file --convert-tile-to-nvvm | FileCheck %s

module attributes {tile.num_warps = 2 : i32, tile.target = "sm_90a"} {
// CHECK-LABEL: llvm.func @instruction(
func.func @instruction(%p: !tile.ptr<bf16>, %x: bf16) attributes {tile.kernel} {
  // CHECK: "@$2 red.global.relaxed.gpu.add.noftz.bf16 [$0], $1;"
  %0 = tile.atomic_rmw fadd %p, %x sem = relaxed : !tile.ptr<bf16>
  return
}
}

// -----

module attributes {tile.num_warps = 2 : i32, tile.target = "sm_86"} {
// CHECK-LABEL: llvm.func @loop(
func.func @loop(%p: !tile.ptr<bf16>, %x: bf16) attributes {tile.kernel} {
  // CHECK: fma.rn.bf16 sum, seen, one, $2;{{.*}}atom.global.relaxed.gpu.cas.b16 $0, [$1], seen, sum;{{.*}}"=&h,l,h,b"
  %0 = tile.atomic_rmw fadd %p, %x sem = relaxed : !tile.ptr<bf16>
  return
}
}
