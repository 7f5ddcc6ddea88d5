// PTX written by hand for the tests of the runtime, and the device they run on.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_TEST_RUNTIME_TESTKERNELS_H
#define TESSERA_TEST_RUNTIME_TESTKERNELS_H

#include "runtime/include/tessera/runtime.h"

#include <gtest/gtest.h>

namespace tessera::test {

/// Two simulated devices for the tests that need a foreign one. Read when the simulator starts, so before the first
/// device is opened.
inline Device device(int ordinal = 0) {
  setenv("TESSERA_SIM_DEVICES", "2", 1);
  Expected<Device> opened = Device::open("sim:" + std::to_string(ordinal));
  if (!opened) {
    ADD_FAILURE() << opened.error().text();
    std::abort();
  }
  return *opened;
}

/// z[i] = x[i] + y[i] for i < n, one element a thread.
inline const char *kAdd = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry add(
  .param .u64 .ptr .global .align 4 x,
  .param .u64 .ptr .global .align 4 y,
  .param .u64 .ptr .global .align 4 z,
  .param .u32 n
)
{
  .reg .pred %p<2>;
  .reg .b32 %r<6>;
  .reg .f32 %f<4>;
  .reg .b64 %rd<9>;
  ld.param.u64 %rd1, [x];
  ld.param.u64 %rd2, [y];
  ld.param.u64 %rd3, [z];
  ld.param.u32 %r1, [n];
  mov.u32 %r2, %ctaid.x;
  mov.u32 %r3, %ntid.x;
  mov.u32 %r4, %tid.x;
  mad.lo.s32 %r5, %r2, %r3, %r4;
  setp.ge.s32 %p1, %r5, %r1;
  @%p1 bra done;
  mul.wide.s32 %rd4, %r5, 4;
  add.s64 %rd5, %rd1, %rd4;
  add.s64 %rd6, %rd2, %rd4;
  add.s64 %rd7, %rd3, %rd4;
  ld.global.f32 %f1, [%rd5];
  ld.global.f32 %f2, [%rd6];
  add.f32 %f3, %f1, %f2;
  st.global.f32 [%rd7], %f3;
done:
  ret;
}
)";

/// Kernels with requirements of their own; each thread of `scale` does x[i] = x[i] * factor.
inline const char *kMany = R"(
.version 7.8
.target sm_80
.address_size 64
.global .align 4 .u32 counter = 5;
.visible .entry scale(.param .u64 .ptr .global .align 16 x, .param .f32 factor)
.reqntid 32, 1, 1
{
  .reg .b32 %r<2>;
  .reg .f32 %f<4>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [x];
  ld.param.f32 %f1, [factor];
  mov.u32 %r1, %tid.x;
  mul.wide.u32 %rd2, %r1, 4;
  add.s64 %rd3, %rd1, %rd2;
  ld.global.f32 %f2, [%rd3];
  mul.f32 %f3, %f2, %f1;
  st.global.f32 [%rd3], %f3;
  ret;
}
.visible .entry narrow(.param .u64 x)
.maxntid 64, 1, 1
{
  ret;
}
.visible .entry large(.param .u64 x)
{
  .shared .align 4 .b8 room[40000];
  .reg .b64 %rd<2>;
  .reg .b32 %r<2>;
  mov.u64 %rd1, room;
  mov.u32 %r1, 1;
  st.shared.u32 [room], %r1;
  ret;
}
.visible .entry stop(.param .u64 x)
{
  trap;
  ret;
}
)";

} // namespace tessera::test

#endif // TESSERA_TEST_RUNTIME_TESTKERNELS_H
