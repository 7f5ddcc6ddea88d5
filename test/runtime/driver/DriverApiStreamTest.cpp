// The order in which the simulator works: streams, events, functions of the host, waits for values in memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

#include <atomic>
#include <chrono>
#include <thread>

using namespace tessera;
using namespace tessera::cuda;

namespace {

/// A function of the host that blocks until it is let go, so that a test decides what is under way.
struct Gate {
  std::atomic<bool> open{false}, entered{false};
  static void wait(void *data) {
    auto *gate = static_cast<Gate *>(data);
    gate->entered = true;
    while (!gate->open)
      std::this_thread::yield();
  }
};

void count(void *data) { ++*static_cast<std::atomic<int> *>(data); }

} // namespace

TEST_F(DriverApiTest, StreamsDoNotWaitForEachOther) {
  CUstream first = stream(), second = stream();
  const CUdeviceptr memory = allocate(4);
  Gate gate;
  ASSERT_EQ(cu.cuLaunchHostFunc(first, Gate::wait, &gate), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemsetD32Async(memory, 7, 1, second), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamSynchronize(second), CUDA_SUCCESS); // though the first is held up
  EXPECT_EQ(cu.cuStreamQuery(second), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamQuery(first), CUDA_ERROR_NOT_READY);
  gate.open = true;
  EXPECT_EQ(cu.cuStreamSynchronize(first), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamQuery(first), CUDA_SUCCESS);
  cu.cuStreamDestroy_v2(first);
  cu.cuStreamDestroy_v2(second);
  cu.cuMemFree_v2(memory);
}

TEST_F(DriverApiTest, StreamsWaitForEvents) {
  CUstream first = stream(), second = stream();
  CUevent event = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&event, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamWaitEvent(second, event, 0), CUDA_SUCCESS); // never recorded: no wait
  Gate gate;
  std::atomic<int> ran{0};
  ASSERT_EQ(cu.cuLaunchHostFunc(first, Gate::wait, &gate), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventRecord(event, first), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamWaitEvent(second, event, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(second, count, &ran), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventQuery(event), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(cu.cuStreamQuery(second), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(ran, 0);
  gate.open = true;
  EXPECT_EQ(cu.cuStreamSynchronize(second), CUDA_SUCCESS);
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(cu.cuEventQuery(event), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventSynchronize(event), CUDA_SUCCESS);
  cu.cuEventDestroy_v2(event);
  cu.cuStreamDestroy_v2(first);
  cu.cuStreamDestroy_v2(second);
}

TEST_F(DriverApiTest, TheLegacyStreamWaitsForBlockingStreams) {
  CUstream blocking = stream(kStreamDefault), other = stream(kStreamDefault), free = stream(kStreamNonBlocking);
  Gate gate;
  std::atomic<int> legacy{0}, later{0}, independent{0};
  ASSERT_EQ(cu.cuLaunchHostFunc(blocking, Gate::wait, &gate), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(nullptr, count, &legacy), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(other, count, &later), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamQuery(nullptr), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(cu.cuStreamQuery(other), CUDA_ERROR_NOT_READY); // behind the legacy stream, which is behind `blocking`
  EXPECT_EQ(cu.cuStreamQuery(free), CUDA_SUCCESS);
  EXPECT_EQ(legacy + later, 0);
  gate.open = true;
  EXPECT_EQ(cu.cuStreamSynchronize(other), CUDA_SUCCESS);
  EXPECT_EQ(legacy + later, 2);
  ASSERT_EQ(cu.cuLaunchHostFunc(free, count, &independent), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(independent, 1);
  for (CUstream each : {blocking, other, free})
    cu.cuStreamDestroy_v2(each);
}

TEST_F(DriverApiTest, ThreadsHaveDefaultStreams) {
  auto getId = reinterpret_cast<CUresult (*)(CUstream, unsigned long long *)>(symbol("cuStreamGetId_ptsz"));
  ASSERT_NE(getId, nullptr);
  unsigned long long legacy = 0, plain = 0, own = 0, named = 0, others = 0;
  EXPECT_EQ(cu.cuStreamGetId(nullptr, &plain), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamGetId(reinterpret_cast<CUstream>(1), &legacy), CUDA_SUCCESS);
  EXPECT_EQ(getId(nullptr, &own), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamGetId(reinterpret_cast<CUstream>(2), &named), CUDA_SUCCESS);
  std::thread([&] {
    cu.cuCtxSetCurrent(context);
    getId(nullptr, &others);
  }).join();
  EXPECT_EQ(plain, legacy);
  EXPECT_EQ(own, named);
  EXPECT_NE(own, legacy);
  EXPECT_NE(others, own);
  EXPECT_NE(others, 0u);
  EXPECT_EQ(getId(reinterpret_cast<CUstream>(1), &plain), CUDA_SUCCESS); // by name it stays the legacy one
  EXPECT_EQ(plain, legacy);
}

TEST_F(DriverApiTest, StreamsWaitForValues) {
  CUstream waiter = stream(), writer = stream();
  const CUdeviceptr flag = allocate(8);
  ASSERT_EQ(cu.cuMemsetD32_v2(flag, 0, 2), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  std::atomic<int> ran{0};
  const struct {
    unsigned flags;
    std::uint32_t value, notYet, then;
  } cases[] = {
      {CU_STREAM_WAIT_VALUE_GEQ, 5, 4, 6},
      {CU_STREAM_WAIT_VALUE_EQ, 5, 6, 5},
      {CU_STREAM_WAIT_VALUE_AND, 6, 9, 4},
      {CU_STREAM_WAIT_VALUE_NOR, 0xfffffff0u, 0xf, 0xe}, // ~(now | value) is not 0
      {CU_STREAM_WAIT_VALUE_GEQ, 0x80000000u, 0x7fffffffu, 0x80000001u},
  };
  int expected = 0;
  for (const auto &it : cases) {
    SCOPED_TRACE(it.flags);
    ASSERT_EQ(cu.cuStreamWriteValue32_v2(writer, flag, it.notYet, 0), CUDA_SUCCESS);
    ASSERT_EQ(cu.cuStreamSynchronize(writer), CUDA_SUCCESS);
    ASSERT_EQ(cu.cuStreamWaitValue32_v2(waiter, flag, it.value, it.flags), CUDA_SUCCESS);
    ASSERT_EQ(cu.cuLaunchHostFunc(waiter, count, &ran), CUDA_SUCCESS);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    EXPECT_EQ(cu.cuStreamQuery(waiter), CUDA_ERROR_NOT_READY);
    EXPECT_EQ(ran, expected);
    ASSERT_EQ(cu.cuStreamWriteValue32_v2(writer, flag, it.then, 0), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuStreamSynchronize(waiter), CUDA_SUCCESS);
    EXPECT_EQ(ran, ++expected);
  }
  CUstreamBatchMemOpParams operations[2]{};
  operations[0].value = {CU_STREAM_MEM_OP_WRITE_VALUE_64, flag, 0x123456789abull, 0, 0};
  operations[1].value = {CU_STREAM_MEM_OP_WAIT_VALUE_64, flag, 0x123456789abull, CU_STREAM_WAIT_VALUE_EQ, 0};
  EXPECT_EQ(cu.cuStreamBatchMemOp_v2(writer, 2, operations, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamSynchronize(writer), CUDA_SUCCESS);
  EXPECT_EQ(read<std::uint64_t>(flag, 1)[0], 0x123456789abull);
  EXPECT_EQ(cu.cuStreamWaitValue32_v2(waiter, flag + 2, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuStreamWaitValue32_v2(waiter, flag, 0, 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuStreamWriteValue64_v2(waiter, 4096, 0, 0), CUDA_ERROR_INVALID_VALUE);
  cu.cuStreamDestroy_v2(waiter);
  cu.cuStreamDestroy_v2(writer);
  cu.cuMemFree_v2(flag);
}

TEST_F(DriverApiTest, EventsKeepTime) {
  CUstream lane = stream();
  CUevent start = nullptr, end = nullptr, timeless = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&start, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventCreate(&end, 1), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventCreate(&timeless, kEventDisableTiming), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventCreate(&timeless, 8), CUDA_ERROR_INVALID_VALUE);
  float time = 0;
  EXPECT_EQ(cu.cuEventElapsedTime(&time, start, end), CUDA_ERROR_INVALID_HANDLE); // never recorded
  Gate gate;
  ASSERT_EQ(cu.cuEventRecord(start, lane), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(lane, Gate::wait, &gate), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventRecord(end, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventElapsedTime(&time, start, end), CUDA_ERROR_NOT_READY);
  while (!gate.entered) // so that the first event is over
    std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  gate.open = true;
  EXPECT_EQ(cu.cuEventSynchronize(end), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventElapsedTime(&time, start, end), CUDA_SUCCESS);
  EXPECT_GE(time, 5.0f);
  EXPECT_EQ(cu.cuEventElapsedTime(&time, end, start), CUDA_SUCCESS);
  EXPECT_LE(time, -5.0f);
  EXPECT_EQ(cu.cuEventElapsedTime(&time, start, timeless), CUDA_ERROR_INVALID_HANDLE);
  for (CUevent event : {start, end, timeless})
    cu.cuEventDestroy_v2(event);
  cu.cuStreamDestroy_v2(lane);
}

TEST_F(DriverApiTest, FunctionsOfTheHostMayNotCall) {
  struct Calls {
    const AllFunctions *cu;
    CUresult allocation = CUDA_SUCCESS, wait = CUDA_SUCCESS;
  } calls{&cu};
  ASSERT_EQ(cu.cuLaunchHostFunc(
                nullptr,
                [](void *data) {
                  auto *calls = static_cast<Calls *>(data);
                  CUdeviceptr pointer = 0;
                  calls->allocation = calls->cu->cuMemAlloc_v2(&pointer, 4);
                  calls->wait = calls->cu->cuStreamSynchronize(nullptr);
                },
                &calls),
            CUDA_SUCCESS);
  ASSERT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(calls.allocation, CUDA_ERROR_NOT_PERMITTED);
  EXPECT_EQ(calls.wait, CUDA_ERROR_NOT_PERMITTED);
}

TEST_F(DriverApiTest, FaultsStopWhatFollows) {
  CUfunction add = load(test::kAdd, "add");
  CUdeviceptr null = 0;
  int n = 64;
  void *parameters[] = {&null, &null, &null, &n};
  struct Told {
    std::atomic<int> functions{0}, callbacks{0};
    CUresult result = CUDA_SUCCESS;
  } told;
  CUevent event = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&event, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchKernel(add, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(nullptr, count, &told.functions), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamAddCallback(
                nullptr,
                [](CUstream, CUresult result, void *data) {
                  static_cast<Told *>(data)->result = result;
                  ++static_cast<Told *>(data)->callbacks;
                },
                &told, 0),
            CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventRecord(event, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventSynchronize(event), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(told.functions, 0);
  EXPECT_EQ(told.callbacks, 1);
  EXPECT_EQ(told.result, CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  cu.cuEventDestroy_v2(event);
}

TEST_F(DriverApiTest, StreamsSayWhatTheyAre) {
  CUstream lane = nullptr;
  ASSERT_EQ(cu.cuStreamCreateWithPriority(&lane, kStreamNonBlocking, -99), CUDA_SUCCESS);
  int priority = 0;
  unsigned flags = 0;
  CUdevice device = -1;
  CUcontext owner = nullptr;
  EXPECT_EQ(cu.cuStreamGetPriority(lane, &priority), CUDA_SUCCESS);
  EXPECT_EQ(priority, -5); // the nearest that there is
  EXPECT_EQ(cu.cuStreamGetFlags(lane, &flags), CUDA_SUCCESS);
  EXPECT_EQ(flags, kStreamNonBlocking);
  EXPECT_EQ(cu.cuStreamGetDevice(lane, &device), CUDA_SUCCESS);
  EXPECT_EQ(device, 0);
  EXPECT_EQ(cu.cuStreamGetCtx(lane, &owner), CUDA_SUCCESS);
  EXPECT_EQ(owner, context);
  EXPECT_EQ(cu.cuStreamCreate(&lane, 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuStreamDestroy_v2(nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.cuStreamDestroy_v2(lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamDestroy_v2(lane), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(DriverApiTest, EventsOrderDevices) {
  CUcontext other = nullptr;
  ASSERT_EQ(cu.cuDevicePrimaryCtxRetain(&other, 1), CUDA_SUCCESS);
  CUstream here = stream();
  CUevent event = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&event, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuCtxPushCurrent_v2(other), CUDA_SUCCESS);
  CUstream there = stream();
  EXPECT_EQ(cu.cuEventRecord(event, there), CUDA_ERROR_INVALID_HANDLE); // of another device
  Gate gate;
  std::atomic<int> ran{0};
  ASSERT_EQ(cu.cuLaunchHostFunc(here, Gate::wait, &gate), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventRecord(event, here), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamWaitEvent(there, event, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(there, count, &ran), CUDA_SUCCESS);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(ran, 0);
  gate.open = true;
  EXPECT_EQ(cu.cuStreamSynchronize(there), CUDA_SUCCESS);
  EXPECT_EQ(ran, 1);
  cu.cuStreamDestroy_v2(there);
  cu.cuCtxPopCurrent_v2(nullptr);
  cu.cuStreamDestroy_v2(here);
  cu.cuEventDestroy_v2(event);
  cu.cuDevicePrimaryCtxRelease_v2(1);
}
