// Atomic operations of every type, space, scope and order.
// nvcc: 80 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cuda/atomic>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

// Each thread of many blocks; what is left in the end does not depend on the order.
extern "C" __global__ void integers32(const int *x, int *s, unsigned *u, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  int v = x[i];
  atomicAdd(&s[0], v);
  atomicSub(&s[1], v);
  atomicMin(&s[2], v);
  atomicMax(&s[3], v);
  atomicAnd(&s[4], v);
  atomicOr(&s[5], v);
  atomicXor(&s[6], v);
  atomicMin(&u[0], (unsigned)v);
  atomicMax(&u[1], (unsigned)v);
  atomicInc(&u[2], 12u);
  atomicDec(&u[3], 9u);
  atomicAdd(&u[4], (unsigned)v);
}

extern "C" __global__ void integers64(const long long *x, long long *s, unsigned long long *u, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  long long v = x[i];
  atomicMin(&s[0], v);
  atomicMax(&s[1], v);
  atomicAnd(&s[2], v);
  atomicOr(&s[3], v);
  atomicXor(&s[4], v);
  atomicAdd(&u[0], (unsigned long long)v);
  atomicMin(&u[1], (unsigned long long)v);
  atomicMax(&u[2], (unsigned long long)v);
}

// Results are used: each thread gets a ticket of its own.
extern "C" __global__ void tickets(unsigned *counters, unsigned *out, unsigned long long *wide, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  out[atomicAdd(&counters[0], 1u)] = i;
  out[n + atomicSub(&counters[1], 1u) - 1] = i;
  out[2 * n + atomicInc(&counters[2], ~0u)] = i;
  out[3 * n + i] = atomicExch(&counters[3], i + 1); // every value but the last comes back once
  out[4 * n + (unsigned)atomicAdd(wide, 1ull << 20 | 1) % n] = i;
}

extern "C" __global__ void floats(const float *x, float *f, double *d, __half *h, __nv_bfloat16 *b, __half2 *h2, __nv_bfloat162 *b2, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float v = x[i];
  atomicAdd(f, v);
  atomicAdd(d, (double)v);
  atomicAdd(h, __float2half(v));
  atomicAdd(b, __float2bfloat16(v));
  atomicAdd(h2, __floats2half2_rn(v, -v));
  atomicAdd(b2, __floats2bfloat162_rn(v, -v));
}

#if __CUDA_ARCH__ >= 900
extern "C" __global__ void float_vectors(const float *x, float2 *f2, float4 *f4, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  float v = x[i];
  atomicAdd(f2, make_float2(v, 2 * v));
  atomicAdd(f4, make_float4(v, 1, -v, 0.5f * v));
}

// Vectors and packed halves by their instructions: C++ has no name for them.
extern "C" __global__ void half_vectors(const unsigned *pairs, unsigned *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned a = pairs[2 * i], b = pairs[2 * i + 1];
  asm volatile("red.relaxed.gpu.global.add.noftz.v2.f16x2 [%0], {%1, %2};" ::"l"(out), "r"(a), "r"(b) : "memory");
  asm volatile("red.relaxed.gpu.global.max.noftz.v2.f16x2 [%0], {%1, %2};" ::"l"(out + 2), "r"(a), "r"(b) : "memory");
  asm volatile("red.relaxed.gpu.global.min.noftz.v2.bf16x2 [%0], {%1, %2};" ::"l"(out + 4), "r"(a), "r"(b) : "memory");
}

// Exchange and compare-and-swap of 16 bytes: a list's head with its count, or any two words that must change together.
extern "C" __global__ void exchange128(ulonglong2 *place, unsigned long long *sums, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned long long low = 0, high = 0;
  while (true) {
    unsigned long long oldLow, oldHigh;
    asm volatile("{\n.reg .b128 c, n, o;\nmov.b128 c, {%3, %4};\nmov.b128 n, {%5, %6};\natom.cas.relaxed.gpu.global.b128 o, [%2], c, n;\nmov.b128 {%0, %1}, o;\n}"
                 : "=l"(oldLow), "=l"(oldHigh)
                 : "l"(place), "l"(low), "l"(high), "l"(low + 1), "l"(high + i)
                 : "memory");
    if (oldLow == low && oldHigh == high)
      break;
    low = oldLow;
    high = oldHigh;
  }
  sums[i] = low;
}
#endif

// 16-bit compare-and-swap: adds without an instruction that could.
extern "C" __global__ void short_add(unsigned short *place, int n) {
  if (blockIdx.x * blockDim.x + threadIdx.x >= n)
    return;
  unsigned short old = *(volatile unsigned short *)place, seen;
  do {
    seen = old;
    old = atomicCAS(place, seen, (unsigned short)(seen + 3));
  } while (old != seen);
}

// Products by compare-and-swap of 32 and 64 bits.
extern "C" __global__ void products(const float *x, unsigned *narrow, unsigned long long *wide, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned old = *(volatile unsigned *)narrow, seen;
  do {
    seen = old;
    old = atomicCAS(narrow, seen, __float_as_uint(__uint_as_float(seen) * x[i]));
  } while (old != seen);
  unsigned long long oldWide = *(volatile unsigned long long *)wide, seenWide;
  do {
    seenWide = oldWide;
    oldWide = atomicCAS(wide, seenWide, (unsigned long long)__double_as_longlong(__longlong_as_double(seenWide) * x[i]));
  } while (oldWide != seenWide);
}

// cuda::atomic_ref: scopes, orders, types, operations made of compare-and-swap (fetch_max of floating point, nand-like loops).
extern "C" __global__ void references(const int *x, int *out, float *f, double *d, unsigned long long *w, int n) {
  __shared__ int here[3];
  if (threadIdx.x < 3)
    here[threadIdx.x] = 0;
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int v = i < n ? x[i] : 0;
  cuda::atomic_ref<int, cuda::thread_scope_block> block0(here[0]), block1(here[1]);
  block0.fetch_add(v, cuda::std::memory_order_relaxed);
  block1.fetch_xor(v, cuda::std::memory_order_acq_rel);
  if (i < n) {
    cuda::atomic_ref<int, cuda::thread_scope_device> device(out[0]);
    cuda::atomic_ref<int, cuda::thread_scope_system> system(out[1]);
    device.fetch_add(v, cuda::std::memory_order_seq_cst);
    system.fetch_max(v, cuda::std::memory_order_release);
    cuda::atomic_ref<int, cuda::thread_scope_device>(out[2]).fetch_or(v, cuda::std::memory_order_acquire);
    cuda::atomic_ref<float, cuda::thread_scope_device>(f[0]).fetch_add((float)v, cuda::std::memory_order_relaxed);
    cuda::atomic_ref<float, cuda::thread_scope_device>(f[1]).fetch_max((float)v, cuda::std::memory_order_relaxed);
    cuda::atomic_ref<double, cuda::thread_scope_system>(d[0]).fetch_sub((double)v, cuda::std::memory_order_relaxed);
    cuda::atomic_ref<double, cuda::thread_scope_device>(d[1]).fetch_min((double)v, cuda::std::memory_order_seq_cst);
    cuda::atomic_ref<unsigned long long, cuda::thread_scope_device> most(w[0]);
    unsigned long long seen = most.load(cuda::std::memory_order_relaxed);
    while (seen < (unsigned long long)(v + 1000) << 32 && !most.compare_exchange_weak(seen, (unsigned long long)(v + 1000) << 32, cuda::std::memory_order_seq_cst)) {
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    out[4 + 2 * blockIdx.x] = block0.load(cuda::std::memory_order_relaxed);
    out[5 + 2 * blockIdx.x] = block1.exchange(0, cuda::std::memory_order_seq_cst);
  }
}

// Small types: cuda::atomic makes masked compare-and-swaps of words.
extern "C" __global__ void small_types(unsigned char *bytes, short *shorts, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  cuda::atomic_ref<unsigned char, cuda::thread_scope_device>(bytes[i % 7]).fetch_add(1, cuda::std::memory_order_relaxed);
  cuda::atomic_ref<short, cuda::thread_scope_device>(shorts[i % 3]).fetch_sub(i, cuda::std::memory_order_relaxed);
}

// Atomics of shared memory, of scopes, and through generic addresses.
extern "C" __global__ void spaces(const int *x, int *out, int *global) {
  __shared__ int here;
  __shared__ unsigned long long wide;
  __shared__ float real;
  if (threadIdx.x == 0) {
    here = 0;
    wide = 0;
    real = 0;
  }
  __syncthreads();
  int v = x[threadIdx.x];
  atomicAdd_block(&here, v);
  atomicMax_block(&wide, (unsigned long long)(v + 100) << 35);
  atomicAdd(&real, 0.5f);
  int *either = threadIdx.x & 1 ? &here : global; // generic: some lanes here, some there
  atomicAdd(either, 1);
  atomicAdd_system(global + 1, v);
  __syncthreads();
  if (threadIdx.x == 0) {
    out[0] = here;
    out[1] = (int)(wide >> 35);
    out[2] = (int)(real * 2);
  }
}

// A lock with acquire and release, fair by tickets, held by single threads of divergent warps.
struct TicketLock {
  unsigned next, serving;
};
extern "C" __global__ void ticket_lock(TicketLock *lock, int *account, int rounds) {
  cuda::atomic_ref<unsigned, cuda::thread_scope_device> next(lock->next), serving(lock->serving);
  for (int r = 0; r < rounds; ++r) {
    if (threadIdx.x % 16 == 3) {
      unsigned mine = next.fetch_add(1, cuda::std::memory_order_relaxed);
      while (serving.load(cuda::std::memory_order_acquire) != mine)
        __nanosleep(20);
      account[0] += 5;
      account[1] -= 2;
      serving.fetch_add(1, cuda::std::memory_order_release);
    }
    __syncwarp();
  }
}

// Message passing between blocks: data, then a flag with release; a relaxed flag with fences; and back.
extern "C" __global__ void message(int *data, int *flags, int *out, int rounds) {
  cuda::atomic_ref<int, cuda::thread_scope_device> ping(flags[0]), pong(flags[1]);
  for (int r = 1; r <= rounds; ++r) {
    if (blockIdx.x == 0) {
      data[threadIdx.x] = r * 100 + threadIdx.x;
      __syncthreads();
      if (threadIdx.x == 0) {
        ping.store(r, cuda::std::memory_order_release);
        while (pong.load(cuda::std::memory_order_relaxed) != r) {
        }
        cuda::atomic_thread_fence(cuda::std::memory_order_acquire, cuda::thread_scope_device);
      }
      __syncthreads();
      out[r * blockDim.x + threadIdx.x] = data[blockDim.x + threadIdx.x];
    } else {
      if (threadIdx.x == 0) {
        ping.wait(r - 1, cuda::std::memory_order_acquire);
      }
      __syncthreads();
      data[blockDim.x + threadIdx.x] = data[blockDim.x - 1 - threadIdx.x] * 2;
      __syncthreads();
      if (threadIdx.x == 0) {
        __threadfence();
        pong.store(r, cuda::std::memory_order_relaxed);
      }
    }
  }
}
