//===- SchedulerTest.cpp - Lanes and warps that depend on each other's turns --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

#include <atomic>
#include <chrono>
#include <thread>

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

// A loop by brx.idx is a loop as any other: warp 0 waits in it for what warp 1 writes, and one that never ends is
// stopped.
constexpr const char *TableLoop = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 p)
{
  .reg .pred %p<2>;
  .reg .b32 %r<3>;
  .reg .b64 %rd<2>;
  ld.param.u64 %rd1, [p];
  mov.u32 %r1, %tid.x;
  setp.ge.u32 %p1, %r1, 32;
  @%p1 bra write;
wait:
  ld.volatile.global.b32 %r2, [%rd1];
targets: .branchtargets wait, done;
  brx.idx %r2, targets;
write:
  st.volatile.global.b32 [%rd1], 1;
done:
  ret;
}
)";

TEST_F(Turns, LoopByTableGivesWayToOthers) {
  const auto module = parse(TableLoop);
  DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(1));
  run(*module, "k", {1}, {64}, p);
  EXPECT_EQ(p.host()[0], 1u);
}

TEST_F(Turns, LoopByTableIsStopped) {
  const auto module = parse(TableLoop);
  DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(1));
  config.checks.instructionLimit = 100000;
  const Report report = tryRun(*module, "k", {1}, {32}, p);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].kind, ErrorKind::Timeout);
}

// A grid ends when it is asked to, whatever its CTAs do: one that runs in a loop says where its warps stand.
TEST_F(Turns, GridsEndWhenTheyAreAsked) {
  const auto module = parse(TableLoop);
  DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(1));
  std::atomic<bool> stop{false};
  config.stop = &stop;
  config.checks.instructionLimit = ~uint64_t(0);
  planted = true;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop = true;
  });
  Report report = tryRun(*module, "k", {100}, {32}, p);
  later.join();
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].kind, ErrorKind::Stopped);
  EXPECT_NE(report.errors[0].message.find("warp 0, lanes 0xffffffff: runs, PTX line "), std::string::npos)
      << report.text();
  // One that begins afterwards does not come to its first block.
  report = tryRun(*module, "k", {100}, {64}, p);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].message, "kernel 'k' was asked to end; 0 of 100 blocks had run to their end");
}

// CTAs are dealt out to the multiprocessors that the launch says there are.
TEST_F(Turns, MultiprocessorsOfTheDevice) {
  const auto module = parse(R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 p)
{
  .reg .b32 %r<4>;
  .reg .b64 %rd<3>;
  ld.param.u64 %rd1, [p];
  mov.u32 %r1, %ctaid.x;
  mul.wide.u32 %rd2, %r1, 8;
  add.u64 %rd1, %rd1, %rd2;
  mov.u32 %r2, %smid;
  mov.u32 %r3, %nsmid;
  st.global.v2.b32 [%rd1], {%r2, %r3};
  ret;
}
)");
  DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(400));
  config.multiprocessors = 72;
  run(*module, "k", {200}, {1}, p);
  const std::vector<uint32_t> got = p.host();
  for (uint32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(got[2 * i], i % 72);
    EXPECT_EQ(got[2 * i + 1], 72u);
  }
}

} // namespace
} // namespace tessera::sim
