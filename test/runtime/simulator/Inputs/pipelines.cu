// Asynchronous copies by libcu++: cuda::pipeline with stages and roles, cuda::barrier, memcpy_async of every alignment,
// latches and semaphores.
// nvcc: 80 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma nv_diag_suppress 20054 // shared barriers are initialised by init()
#include <cooperative_groups.h>
#include <cuda/barrier>
#include <cuda/latch>
#include <cuda/pipeline>
#include <cuda/semaphore>

namespace cg = cooperative_groups;

// Each thread copies for itself: a pipeline of thread scope.
extern "C" __global__ void thread_pipeline(const int4 *x, int *out, int batches) {
  constexpr int Stages = 3;
  __shared__ int4 buffer[Stages][64];
  auto pipe = cuda::make_pipeline();
  int fetched = 0, sum = 0;
  for (int batch = 0; batch < batches; ++batch) {
    for (; fetched < batches && fetched < batch + Stages; ++fetched) {
      pipe.producer_acquire();
      cuda::memcpy_async(&buffer[fetched % Stages][threadIdx.x], &x[fetched * 64 + threadIdx.x], cuda::aligned_size_t<16>(16), pipe);
      pipe.producer_commit();
    }
    pipe.consumer_wait();
    int4 v = buffer[batch % Stages][threadIdx.x];
    sum = sum * 3 + v.x + 2 * v.y + 3 * v.z + 4 * v.w;
    pipe.consumer_release();
  }
  out[threadIdx.x] = sum;
}

// All threads of the block produce and consume: a shared pipeline.
extern "C" __global__ void block_pipeline(const int *x, int *out, int batches) {
  constexpr int Stages = 2;
  __shared__ alignas(16) int buffer[Stages][128];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, Stages> state;
  auto block = cg::this_thread_block();
  auto pipe = cuda::make_pipeline(block, &state);
  int sum = 0;
  for (int fetched = 0, batch = 0; batch < batches; ++batch) {
    for (; fetched < batches && fetched < batch + Stages; ++fetched) {
      pipe.producer_acquire();
      cuda::memcpy_async(block, buffer[fetched % Stages], x + fetched * 128, cuda::aligned_size_t<16>(sizeof buffer[0]), pipe);
      pipe.producer_commit();
    }
    pipe.consumer_wait();
    sum = sum * 5 + buffer[batch % Stages][(threadIdx.x + batch) % 128];
    pipe.consumer_release();
  }
  out[threadIdx.x] = sum;
}

// The first warp produces, the others consume.
extern "C" __global__ void role_pipeline(const float *x, float *out, int batches) {
  constexpr int Stages = 4;
  __shared__ alignas(16) float buffer[Stages][96];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, Stages> state;
  auto block = cg::this_thread_block();
  auto role = threadIdx.x < 32 ? cuda::pipeline_role::producer : cuda::pipeline_role::consumer;
  auto pipe = cuda::make_pipeline(block, &state, role);
  if (role == cuda::pipeline_role::producer) {
    for (int batch = 0; batch < batches; ++batch) {
      pipe.producer_acquire();
      for (int i = threadIdx.x; i < 96; i += 32)
        cuda::memcpy_async(&buffer[batch % Stages][i], &x[batch * 96 + i], sizeof(float), pipe);
      pipe.producer_commit();
    }
  } else {
    int t = threadIdx.x - 32;
    float sum = 0;
    for (int batch = 0; batch < batches; ++batch) {
      pipe.consumer_wait();
      sum = 0.5f * sum + buffer[batch % Stages][95 - t];
      pipe.consumer_release();
    }
    out[t] = sum;
  }
}

// Barriers: tokens, parities, counts that shrink, a function at completion.
struct Bump {
  int *counter;
  __device__ void operator()() noexcept { ++*counter; }
};
extern "C" __global__ void barriers(const int *x, int *out, int rounds) {
  __shared__ int values[64], phases;
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  __shared__ alignas(cuda::barrier<cuda::thread_scope_block, Bump>) char raw[sizeof(cuda::barrier<cuda::thread_scope_block, Bump>)];
  auto *counted = reinterpret_cast<cuda::barrier<cuda::thread_scope_block, Bump> *>(raw);
  if (threadIdx.x == 0) {
    phases = 0;
    init(&barrier, blockDim.x);
    new (counted) cuda::barrier<cuda::thread_scope_block, Bump>(blockDim.x, Bump{&phases});
  }
  __syncthreads();
  int v = x[threadIdx.x];
  for (int r = 0; r < rounds; ++r) {
    values[threadIdx.x] = v;
    auto token = barrier.arrive();
    int own = v * 3; // between arrival and wait
    barrier.wait(std::move(token));
    v = own + values[(threadIdx.x + r + 1) % 64];
    counted->arrive_and_wait();
  }
  out[threadIdx.x * 2 + 1] = phases;
  // Half of the threads leave; the others go on alone.
  if (threadIdx.x & 1) {
    barrier.arrive_and_drop();
  } else {
    values[threadIdx.x] = v;
    barrier.arrive_and_wait();
    v += values[(threadIdx.x + 2) % 64];
  }
  out[threadIdx.x * 2] = v;
}

// Copies of a group that a barrier awaits: aligned and large, and of any alignment and length.
extern "C" __global__ void barrier_copies(const char *x, char *out, int aligned, int ragged) {
  __shared__ alignas(16) char big[1024];
  __shared__ alignas(16) char odd[1024];
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  auto block = cg::this_thread_block();
  if (block.thread_rank() == 0)
    init(&barrier, block.size());
  block.sync();
  cuda::memcpy_async(block, big, x, cuda::aligned_size_t<16>(aligned), barrier);
  cuda::memcpy_async(block, odd + 3, x + aligned + 1, ragged, barrier);
  barrier.arrive_and_wait();
  for (int i = threadIdx.x; i < aligned; i += blockDim.x)
    out[i] = big[aligned - 1 - i];
  for (int i = threadIdx.x; i < ragged; i += blockDim.x)
    out[aligned + i] = odd[3 + i];
}

// A latch opens once; a semaphore lets two in at a time.
extern "C" __global__ void latch_and_semaphore(int *out) {
  using Latch = cuda::latch<cuda::thread_scope_block>;
  using Slots = cuda::counting_semaphore<cuda::thread_scope_block, 2>;
  __shared__ alignas(Latch) char rawLatch[sizeof(Latch)];
  __shared__ alignas(Slots) char rawSlots[sizeof(Slots)];
  Latch &latch = *reinterpret_cast<Latch *>(rawLatch);
  Slots &slots = *reinterpret_cast<Slots *>(rawSlots);
  __shared__ int inside, most, data[64];
  if (threadIdx.x == 0) {
    new (rawLatch) Latch(blockDim.x);
    new (rawSlots) Slots(2);
    inside = most = 0;
  }
  __syncthreads();
  data[threadIdx.x] = threadIdx.x * 7;
  latch.arrive_and_wait();
  int v = data[63 - threadIdx.x];
  if (threadIdx.x % 16 == 5) {
    slots.acquire();
    atomicMax(&most, atomicAdd(&inside, 1) + 1);
    __nanosleep(50);
    atomicSub(&inside, 1);
    slots.release();
  }
  __syncthreads();
  out[threadIdx.x] = v;
  if (threadIdx.x == 0)
    out[64] = most;
}
