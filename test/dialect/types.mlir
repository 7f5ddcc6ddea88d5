// Types and attributes print as they were written, and nothing that can be said in two ways is said at length.
// RUN: tessera-opt %s | tessera-opt | FileCheck %s

// A shape is written only where the vectors do not tell it.
// CHECK-DAG: = #tile.layout<{register = {{\[\[}}0, 1], [8, 0]], lane = {{\[\[}}0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = {{\[\[}}0, 0], [0, 0]]}>
// CHECK-DAG: = #tile.layout<{}, shape = [1, 1]>
// CHECK-DAG: = #tile.layout<{lane = {{\[\[}}0], [0]]}>
// CHECK-DAG: = #tile.shared<{offset = {{\[\[}}0, 1], [0, 2], [0, 4], [1, 1], [2, 2]]}>
// CHECK-DAG: = #tile.shared<{}, shape = [1]>
func.func private @layouts() attributes {
  a = #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 0], [0, 0]]}, shape = [16, 8]>,
  b = #tile.layout<{register = [], lane = []}, shape = [1, 1]>,
  c = #tile.layout<{lane = [[0], [0]]}>,
  d = #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 1], [2, 2]]}>,
  e = #tile.shared<{offset = []}, shape = [1]>,
  f = #tile.layout<{register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]], warp = [[0, 0], [0, 0]]}>}

// CHECK-LABEL: func private @pointers(
// CHECK-SAME: !tile.ptr<f32>, !tile.ptr<i8, shared>, !tile.ptr<!tile.ptr<f16>>, !tile.ptr<i1>, tensor<4x!tile.ptr<bf16>>
func.func private @pointers(!tile.ptr<f32, global>, !tile.ptr<i8, shared>, !tile.ptr<!tile.ptr<f16>>, !tile.ptr<i1>, tensor<4x!tile.ptr<bf16>>)

// CHECK-LABEL: func private @buffers(
// CHECK-SAME: !tile.buffer<4x8xf16, #shared{{[0-9]*}}>, !tile.buffer<96xi8>, !tile.buffer<2x3xf64>
func.func private @buffers(!tile.buffer<4x8xf16, #tile.shared<{offset = [[0, 1], [0, 2], [0, 4], [1, 0], [2, 0]]}>>, !tile.buffer<96xi8>, !tile.buffer<2x3xf64>)


// CHECK-LABEL: func private @enumerations(
// CHECK-SAME: #tile<cache cg>
// CHECK-SAME: #tile<evict evict_last>
// CHECK-SAME: #tile<rmw umin>
// CHECK-SAME: #tile<semantic acq_rel>
// CHECK-SAME: #tile<scope sys>
// CHECK-SAME: #tile<precision bf16x6>
// CHECK-SAME: #tile<mma_kind m16n8k32.f32.e5m2>
func.func private @enumerations() attributes {
  a = #tile<cache cg>, b = #tile<evict evict_last>, c = #tile<rmw umin>, d = #tile<semantic acq_rel>, e = #tile<scope sys>,
  f = #tile<precision bf16x6>, g = #tile<mma_kind m16n8k32.f32.e5m2>}
