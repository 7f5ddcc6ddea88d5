//===- SchedulerTest.cpp - Lanes and warps that depend on each other's turns --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

namespace tessera::sim {
namespace {

class Turns : public SimulatorTest {};

// As compilers write it without optimisation: every round of the waiting loop stores to the stack and calls a function,
// and the lane that holds the lock stands behind the loop. 70 threads each add one under the lock.
TEST_F(Turns, LockThatIsTakenInAFunction) {
  const auto module = parse(R"(
.version 8.0
.target sm_80
.address_size 64
.func (.param .b32 taken) take(.param .b64 lock)
{
  .reg .b32 %r<2>;
  .reg .b64 %rd<2>;
  ld.param.b64 %rd1, [lock];
  atom.global.cas.b32 %r1, [%rd1], 0, 1;
  st.param.b32 [taken], %r1;
  ret;
}
.visible .entry k(.param .u64 p)
{
  .reg .pred %p<2>;
  .reg .b32 %r<4>;
  .reg .b64 %rd<2>;
  .local .align 4 .b8 stack[8];
  ld.param.u64 %rd1, [p];
wait:
  st.local.b64 [stack], %rd1;
  { .param .b64 lock; .param .b32 taken;
  st.param.b64 [lock], %rd1;
  call (taken), take, (lock);
  ld.param.b32 %r1, [taken]; }
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra wait;
  ld.volatile.global.b32 %r2, [%rd1+4];
  add.u32 %r2, %r2, 1;
  st.volatile.global.b32 [%rd1+4], %r2;
  membar.gl;
  atom.global.exch.b32 %r3, [%rd1], 0;
  ret;
}
)");
  DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(2));
  run(*module, "k", {1}, {70}, p);
  EXPECT_EQ(p.host()[1], 70u);
  EXPECT_EQ(p.host()[0], 0u);
}

} // namespace
} // namespace tessera::sim
