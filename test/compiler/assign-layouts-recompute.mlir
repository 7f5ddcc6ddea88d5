// A mask that is dear to compute: converted for its nearest users, computed anew for others, from what was converted.
// RUN: tessera-opt %s --tile-legalize-dots --tile-assign-layouts --tile-verify-laid-out | FileCheck %s

// CHECK-LABEL: func.func @recompute_converted
// CHECK: arith.cmpi slt, {{.*}} : tensor<128xi64
// CHECK: tile.store
// CHECK: return
module attributes {tile.num_ctas = 1 : i32, tile.num_stages = 3 : i32, tile.num_warps = 4 : i32, tile.target = "sm_80"} {
  func.func @recompute_converted(%arg0: !tile.ptr<f16> {tile.divisibility = 16 : i32, tile.name = "x"}, %arg1: !tile.ptr<f32> {tile.divisibility = 16 : i32, tile.name = "y"}, %arg2: !tile.ptr<f32> {tile.divisibility = 16 : i32, tile.name = "z"}, %arg3: !tile.ptr<f32> {tile.divisibility = 16 : i32, tile.name = "w"}, %arg4: i64 {tile.name = "n"}) attributes {tile.kernel} {
    %0 = tile.arange 0 to 128 : tensor<128xi32>
    %1 = arith.extsi %0 : tensor<128xi32> to tensor<128xi64>
    %2 = tile.splat %arg4 : i64 -> tensor<128xi64>
    %3 = arith.addi %1, %2 : tensor<128xi64>
    %cst = arith.constant dense<5> : tensor<128xi64>
    %4 = arith.muli %3, %cst : tensor<128xi64>
    %cst_0 = arith.constant dense<3> : tensor<128xi64>
    %5 = arith.addi %4, %cst_0 : tensor<128xi64>
    %6 = arith.muli %5, %3 : tensor<128xi64>
    %c7_i64 = arith.constant 7 : i64
    %7 = arith.muli %arg4, %c7_i64 : i64
    %8 = tile.splat %7 : i64 -> tensor<128xi64>
    %9 = arith.addi %8, %3 : tensor<128xi64>
    %10 = arith.cmpi slt, %6, %9 : tensor<128xi64>
    %11 = tile.arange 0 to 64 : tensor<64xi32>
    %12 = tile.arange 0 to 128 : tensor<128xi32>
    %13 = tile.expand_dims %10, 1 : tensor<128xi1> -> tensor<128x1xi1>
    %cst_1 = arith.constant dense<100> : tensor<64xi32>
    %14 = arith.cmpi slt, %11, %cst_1 : tensor<64xi32>
    %15 = tile.expand_dims %14, 0 : tensor<64xi1> -> tensor<1x64xi1>
    %16 = tile.broadcast %13 : tensor<128x1xi1> -> tensor<128x64xi1>
    %17 = tile.broadcast %15 : tensor<1x64xi1> -> tensor<128x64xi1>
    %18 = arith.andi %16, %17 : tensor<128x64xi1>
    %19 = tile.expand_dims %10, 1 : tensor<128xi1> -> tensor<128x1xi1>
    %cst_2 = arith.constant dense<100> : tensor<128xi32>
    %20 = arith.cmpi slt, %12, %cst_2 : tensor<128xi32>
    %21 = tile.expand_dims %20, 0 : tensor<128xi1> -> tensor<1x128xi1>
    %22 = tile.broadcast %19 : tensor<128x1xi1> -> tensor<128x128xi1>
    %23 = tile.broadcast %21 : tensor<1x128xi1> -> tensor<128x128xi1>
    %24 = arith.andi %22, %23 : tensor<128x128xi1>
    %25 = tile.expand_dims %3, 1 : tensor<128xi64> -> tensor<128x1xi64>
    %cst_3 = arith.constant dense<1024> : tensor<128x1xi64>
    %26 = arith.muli %25, %cst_3 : tensor<128x1xi64>
    %27 = tile.splat %arg0 : !tile.ptr<f16> -> tensor<128x1x!tile.ptr<f16>>
    %28 = tile.addptr %27, %26 : tensor<128x1x!tile.ptr<f16>>, tensor<128x1xi64>
    %29 = tile.expand_dims %11, 0 : tensor<64xi32> -> tensor<1x64xi32>
    %30 = tile.broadcast %28 : tensor<128x1x!tile.ptr<f16>> -> tensor<128x64x!tile.ptr<f16>>
    %31 = tile.broadcast %29 : tensor<1x64xi32> -> tensor<128x64xi32>
    %32 = tile.addptr %30, %31 : tensor<128x64x!tile.ptr<f16>>, tensor<128x64xi32>
    %cst_4 = arith.constant dense<0.000000e+00> : tensor<128x64xf16>
    %33 = tile.load %32 mask(%18) other(%cst_4) : tensor<128x64x!tile.ptr<f16>>
    %34 = tile.expand_dims %3, 1 : tensor<128xi64> -> tensor<128x1xi64>
    %cst_5 = arith.constant dense<1024> : tensor<128x1xi64>
    %35 = arith.muli %34, %cst_5 : tensor<128x1xi64>
    %36 = tile.splat %arg1 : !tile.ptr<f32> -> tensor<128x1x!tile.ptr<f32>>
    %37 = tile.addptr %36, %35 : tensor<128x1x!tile.ptr<f32>>, tensor<128x1xi64>
    %38 = tile.expand_dims %12, 0 : tensor<128xi32> -> tensor<1x128xi32>
    %39 = tile.broadcast %37 : tensor<128x1x!tile.ptr<f32>> -> tensor<128x128x!tile.ptr<f32>>
    %40 = tile.broadcast %38 : tensor<1x128xi32> -> tensor<128x128xi32>
    %41 = tile.addptr %39, %40 : tensor<128x128x!tile.ptr<f32>>, tensor<128x128xi32>
    %cst_6 = arith.constant dense<0.000000e+00> : tensor<128x128xf32>
    %42 = tile.load %41 mask(%24) other(%cst_6) : tensor<128x128x!tile.ptr<f32>>
    %43 = tile.trans %33 [1, 0] : tensor<128x64xf16> -> tensor<64x128xf16>
    %cst_7 = arith.constant dense<0.000000e+00> : tensor<128x128xf32>
    %44 = tile.dot %33, %43, %cst_7 precision = tf32x3 : tensor<128x64xf16>, tensor<64x128xf16>, tensor<128x128xf32>
    %45 = tile.expand_dims %3, 1 : tensor<128xi64> -> tensor<128x1xi64>
    %cst_8 = arith.constant dense<64> : tensor<128x1xi64>
    %46 = arith.muli %45, %cst_8 : tensor<128x1xi64>
    %47 = tile.splat %arg3 : !tile.ptr<f32> -> tensor<128x1x!tile.ptr<f32>>
    %48 = tile.addptr %47, %46 : tensor<128x1x!tile.ptr<f32>>, tensor<128x1xi64>
    %49 = tile.expand_dims %3, 0 : tensor<128xi64> -> tensor<1x128xi64>
    %50 = tile.broadcast %48 : tensor<128x1x!tile.ptr<f32>> -> tensor<128x128x!tile.ptr<f32>>
    %51 = tile.broadcast %49 : tensor<1x128xi64> -> tensor<128x128xi64>
    %52 = tile.addptr %50, %51 : tensor<128x128x!tile.ptr<f32>>, tensor<128x128xi64>
    %53 = tile.expand_dims %10, 1 : tensor<128xi1> -> tensor<128x1xi1>
    %54 = tile.expand_dims %10, 0 : tensor<128xi1> -> tensor<1x128xi1>
    %55 = tile.broadcast %53 : tensor<128x1xi1> -> tensor<128x128xi1>
    %56 = tile.broadcast %54 : tensor<1x128xi1> -> tensor<128x128xi1>
    %57 = arith.andi %55, %56 : tensor<128x128xi1>
    %cst_9 = arith.constant dense<0.000000e+00> : tensor<128x128xf32>
    %58 = arith.select %57, %44, %cst_9 : tensor<128x128xi1>, tensor<128x128xf32>
    tile.store %52, %58 : tensor<128x128x!tile.ptr<f32>>
    %59 = tile.splat %arg2 : !tile.ptr<f32> -> tensor<128x!tile.ptr<f32>>
    %60 = tile.addptr %59, %3 : tensor<128x!tile.ptr<f32>>, tensor<128xi64>
    %cst_10 = arith.constant dense<0.000000e+00> : tensor<128xf32>
    %61 = tile.load %60 mask(%10) other(%cst_10) : tensor<128x!tile.ptr<f32>>
    %62 = tile.expand_dims %3, 1 : tensor<128xi64> -> tensor<128x1xi64>
    %cst_11 = arith.constant dense<1024> : tensor<128x1xi64>
    %63 = arith.muli %62, %cst_11 : tensor<128x1xi64>
    %64 = tile.splat %arg2 : !tile.ptr<f32> -> tensor<128x1x!tile.ptr<f32>>
    %65 = tile.addptr %64, %63 : tensor<128x1x!tile.ptr<f32>>, tensor<128x1xi64>
    %66 = tile.expand_dims %12, 0 : tensor<128xi32> -> tensor<1x128xi32>
    %67 = tile.broadcast %65 : tensor<128x1x!tile.ptr<f32>> -> tensor<128x128x!tile.ptr<f32>>
    %68 = tile.broadcast %66 : tensor<1x128xi32> -> tensor<128x128xi32>
    %69 = tile.addptr %67, %68 : tensor<128x128x!tile.ptr<f32>>, tensor<128x128xi32>
    %70 = tile.expand_dims %61, 1 : tensor<128xf32> -> tensor<128x1xf32>
    %71 = tile.broadcast %70 : tensor<128x1xf32> -> tensor<128x128xf32>
    %72 = arith.addf %42, %71 fastmath<contract> : tensor<128x128xf32>
    tile.store %69, %72 mask(%24) : tensor<128x128x!tile.ptr<f32>>
    return
  }
}
