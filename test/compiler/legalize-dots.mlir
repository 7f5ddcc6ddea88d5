// Which instruction each dot gets, and what is converted where none takes it as it is.
// RUN: sed 's/TARGET/sm_80/' %s | tessera-opt --tile-legalize-dots | FileCheck %s --check-prefixes=CHECK,SM80
// RUN: sed 's/TARGET/sm_89/' %s | tessera-opt --tile-legalize-dots | FileCheck %s --check-prefixes=CHECK,SM89

module attributes {tile.num_warps = 4 : i32, tile.target = "TARGET"} {
  // CHECK-LABEL: func.func @plain
  // CHECK: tile.dot {{.*}}m16n8k16.f32.f16>
  // CHECK: tile.dot {{.*}}m16n8k16.f16.f16>
  // CHECK: tile.dot {{.*}}m16n8k16.f32.bf16>
  // CHECK: tile.dot {{.*}}m16n8k32.s32.s8>
  // CHECK: tile.dot {{.*}}m8n8k4.f64.f64>
  func.func @plain(%a: tensor<32x32xf16>, %b: tensor<32x32xbf16>, %c: tensor<32x32xi8>, %d: tensor<32x32xf64>, %acc: tensor<32x32xf32>, %sum: tensor<32x32xi32>) {
    %0 = tile.dot %a, %a, %acc : tensor<32x32xf16>, tensor<32x32xf16>, tensor<32x32xf32>
    %1 = tile.dot %a, %a, %a : tensor<32x32xf16>, tensor<32x32xf16>, tensor<32x32xf16>
    %2 = tile.dot %b, %b, %acc : tensor<32x32xbf16>, tensor<32x32xbf16>, tensor<32x32xf32>
    %3 = tile.dot %c, %c, %sum : tensor<32x32xi8>, tensor<32x32xi8>, tensor<32x32xi32>
    %4 = tile.dot %d, %d, %d : tensor<32x32xf64>, tensor<32x32xf64>, tensor<32x32xf64>
    return
  }

  // f32 by precision: tensor cores on rounded or split operands, or FMA.
  // CHECK-LABEL: func.func @precision
  // CHECK: tile.dot {{.*}}m16n8k8.f32.tf32>
  // CHECK: tile.dot {{.*}}precision = tf32x3{{.*}}m16n8k8.f32.tf32>
  // CHECK: tile.dot {{.*}}precision = bf16x3{{.*}}m16n8k16.f32.bf16>
  // CHECK: tile.dot %{{[^{]*}} precision = ieee :
  func.func @precision(%a: tensor<32x32xf32>) {
    %0 = tile.dot %a, %a, %a : tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>
    %1 = tile.dot %a, %a, %a precision = tf32x3 : tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>
    %2 = tile.dot %a, %a, %a precision = bf16x3 : tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>
    %3 = tile.dot %a, %a, %a precision = ieee : tensor<32x32xf32>, tensor<32x32xf32>, tensor<32x32xf32>
    return
  }

  // Accumulators of bf16 are kept in f32.
  // CHECK-LABEL: func.func @bf16
  // CHECK-SAME: %[[A:[^:]*]]: tensor<32x32xbf16>
  // CHECK: %[[ACC:.+]] = arith.extf %[[A]] : tensor<32x32xbf16> to tensor<32x32xf32>
  // CHECK: %[[D:.+]] = tile.dot %[[A]], %[[A]], %[[ACC]]
  // CHECK: %[[R:.+]] = arith.truncf %[[D]] : tensor<32x32xf32> to tensor<32x32xbf16>
  // CHECK: return %[[R]]
  func.func @bf16(%a: tensor<32x32xbf16>) -> tensor<32x32xbf16> {
    %0 = tile.dot %a, %a, %a : tensor<32x32xbf16>, tensor<32x32xbf16>, tensor<32x32xbf16>
    return %0 : tensor<32x32xbf16>
  }

  // fp8 goes through f16 where tensor cores do not take it, or not both kinds at once.
  // CHECK-LABEL: func.func @fp8
  // SM80-COUNT-2: arith.extf %{{.*}}f8E4M3FN> to tensor<32x32xf16>
  // SM80: tile.dot {{.*}}m16n8k16.f32.f16>
  // SM89: tile.dot {{.*}}m16n8k32.f32.e4m3>
  // CHECK: arith.extf
  // CHECK: arith.extf
  // CHECK: tile.dot {{.*}}m16n8k16.f32.f16>
  func.func @fp8(%a: tensor<32x32xf8E4M3FN>, %b: tensor<32x32xf8E5M2>, %acc: tensor<32x32xf32>) {
    %0 = tile.dot %a, %a, %acc : tensor<32x32xf8E4M3FN>, tensor<32x32xf8E4M3FN>, tensor<32x32xf32>
    %1 = tile.dot %a, %b, %acc : tensor<32x32xf8E4M3FN>, tensor<32x32xf8E5M2>, tensor<32x32xf32>
    return
  }

  // Too small for an instruction: FMA in f32.
  // CHECK-LABEL: func.func @small
  // CHECK: arith.extf %{{.*}} : tensor<8x16xf16> to tensor<8x16xf32>
  // CHECK: arith.extf %{{.*}} : tensor<16x8xf16> to tensor<16x8xf32>
  // CHECK: tile.dot %{{[^{]*}} precision = ieee : tensor<8x16xf32>, tensor<16x8xf32>, tensor<8x8xf32>
  func.func @small(%a: tensor<8x16xf16>, %b: tensor<16x8xf16>, %acc: tensor<8x8xf32>) {
    %0 = tile.dot %a, %b, %acc : tensor<8x16xf16>, tensor<16x8xf16>, tensor<8x8xf32>
    return
  }
}
