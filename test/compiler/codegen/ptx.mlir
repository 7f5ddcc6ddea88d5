// LLVM and NVVM dialect to PTX: version and target, line directives, short pointers to shared memory, fused products.
// RUN: tessera-translate --nvvm-to-ptx %s | FileCheck %s
// RUN: tessera-translate --nvvm-to-ptx --fp-contract=0 %s | FileCheck %s --check-prefix=STRICT
// RUN: %if ptxas %{ tessera-translate --nvvm-to-ptx --assemble %s | FileCheck %s --check-prefix=ASSEMBLED %}

// CHECK: .version 7.0
// CHECK: .target sm_80
// CHECK: .visible .entry k(
// CHECK: .param .u64 .ptr .global .align 16 k_param_0
// CHECK: .reqntid 32, 1, 1
// CHECK: .loc 1 7 3
// CHECK: fma.rn.f32
// CHECK-NOT: debug_macinfo
// STRICT: mul.rn.f32
// STRICT: add.rn.f32
// ASSEMBLED: // registers {{[0-9]+}}, spilled 0
#file = #llvm.di_file<"k.tile" in "">
#unit = #llvm.di_compile_unit<id = distinct[0]<>, sourceLanguage = DW_LANG_C, file = #file, producer = "tessera", isOptimized = true, emissionKind = DebugDirectivesOnly>
#type = #llvm.di_subroutine_type<>
#subprogram = #llvm.di_subprogram<id = distinct[1]<>, compileUnit = #unit, scope = #file, name = "k", file = #file, line = 1, subprogramFlags = "Definition|Optimized", type = #type>
module attributes {tile.target = "sm_80", tile.ptx_version = 70 : i32} {
  llvm.func @k(%p: !llvm.ptr<1> {llvm.align = 16 : i64}, %x: f32, %y: f32) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32, 1, 1>} {
    %0 = llvm.fmul %x, %y {fastmathFlags = #llvm.fastmath<contract>} : f32 loc("k.tile":7:3)
    %1 = llvm.fadd %0, %x {fastmathFlags = #llvm.fastmath<contract>} : f32 loc("k.tile":7:3)
    llvm.store %1, %p : f32, !llvm.ptr<1> loc("k.tile":8:3)
    llvm.return loc("k.tile":9:1)
  } loc(fused<#subprogram>["k.tile":1:1])
}
