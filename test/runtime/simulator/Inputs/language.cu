// What C++ adds: calls of all kinds, tables, the heap, printf, assert, constants, wide integers, integer intrinsics.
// nvcc: 80 90a
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cassert>
#include <cstdio>
#include <cuda/std/array>
#include <cuda/std/complex>
#include <cuda/std/tuple>
#include <new>

// ---- Calls.

struct Shape {
  __device__ virtual ~Shape() {}
  __device__ virtual float area() const = 0;
  __device__ virtual int sides() const { return 0; }
};
struct Square : Shape {
  float a;
  __device__ Square(float a) : a(a) {}
  __device__ float area() const override { return a * a; }
  __device__ int sides() const override { return 4; }
};
struct Disc : Shape {
  float r;
  __device__ Disc(float r) : r(r) {}
  __device__ float area() const override { return 3 * r * r; }
};
struct Cut : Square {
  float c;
  __device__ Cut(float a, float c) : Square(a), c(c) {}
  __device__ float area() const override { return Square::area() - c; }
  __device__ int sides() const override { return 5; }
};

extern "C" __global__ void virtual_calls(const float *x, float *out) {
  Shape *shape;
  float v = x[threadIdx.x];
  switch (threadIdx.x % 3) {
  case 0:
    shape = new Square(v);
    break;
  case 1:
    shape = new Disc(v);
    break;
  default:
    shape = new Cut(v, 0.5f);
  }
  out[threadIdx.x * 2] = shape->area();
  out[threadIdx.x * 2 + 1] = shape->sides();
  delete shape;
}

// A list on the heap, built by each thread, walked and freed.
struct Node {
  Node *next;
  int value;
};
extern "C" __global__ void lists(const int *x, int *out, int n) {
  Node *head = nullptr;
  int length = threadIdx.x % 5 + 1;
  for (int i = 0; i < length; ++i) {
    Node *node = static_cast<Node *>(malloc(sizeof(Node)));
    if (!node)
      return;
    node->next = head;
    node->value = x[(threadIdx.x + i) % n];
    head = node;
  }
  int sum = 0;
  while (head) {
    sum = sum * 3 + head->value;
    Node *next = head->next;
    free(head);
    head = next;
  }
  out[threadIdx.x] = sum;
}

__device__ __noinline__ int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
__device__ __noinline__ bool odd(unsigned n);
__device__ __noinline__ bool even(unsigned n) { return n == 0 || odd(n - 1); }
__device__ __noinline__ bool odd(unsigned n) { return n != 0 && even(n - 1); }
extern "C" __global__ void recursions(int *out) {
  out[threadIdx.x * 2] = ackermann(2, threadIdx.x % 4);
  out[threadIdx.x * 2 + 1] = even(threadIdx.x);
}

// Towers of Hanoi moved by a recursive function that shares an array with its caller.
__device__ __noinline__ int hanoi(int *height, int n, int from, int to) {
  if (n == 0)
    return 0;
  int over = 3 - from - to, moves = hanoi(height, n - 1, from, over) + 1;
  --height[from];
  ++height[to];
  return moves + hanoi(height, n - 1, over, to);
}
extern "C" __global__ void arrays_of_callers(int *out) {
  int height[3] = {(int)threadIdx.x % 6, 0, 0};
  int moves = hanoi(height, threadIdx.x % 6, 0, 2);
  out[threadIdx.x * 2] = moves;
  out[threadIdx.x * 2 + 1] = height[0] * 100 + height[1] * 10 + height[2];
}

// Structures as arguments and results.
struct Wide {
  double a;
  int b[5];
  char c;
};
__device__ __noinline__ Wide turn(Wide w, short by, bool twice) {
  Wide r;
  r.a = w.a * by;
  for (int i = 0; i < 5; ++i)
    r.b[i] = w.b[(i + by) % 5];
  r.c = w.c + (twice ? 2 : 1);
  return r;
}
extern "C" __global__ void structures(const Wide *x, Wide *out) {
  Wide w = x[threadIdx.x];
  out[threadIdx.x] = turn(turn(w, 1, true), threadIdx.x % 5, false);
}

// A table of functions in constant memory, called with different targets in one warp, and with a state by reference.
__device__ __noinline__ void push(int &state, int v) { state = state * 10 + v; }
__device__ __noinline__ void drop(int &state, int) { state /= 10; }
__device__ __noinline__ void swap_sign(int &state, int v) { state = v & 1 ? -state : state; }
typedef void (*Action)(int &, int);
__constant__ Action actions[3] = {push, drop, swap_sign};
extern "C" __global__ void machine(const unsigned char *program, int *out, int steps) {
  int state = 1;
  for (int s = 0; s < steps; ++s) {
    unsigned char code = program[threadIdx.x * steps + s];
    actions[code % 3](state, code / 3);
  }
  out[threadIdx.x] = state;
}

// ---- Switches, constants, labels.

extern "C" __global__ void dense_switch(const int *x, int *out) {
  int v = x[threadIdx.x], r;
  switch (v) {
  case 0: r = v * 3 + 11; break;
  case 1: r = x[(threadIdx.x + 1) % 64] * 7; break;
  case 2: r = v ^ 0x55; break;
  case 3: r = -v; break;
  case 4: r = x[(threadIdx.x + 5) % 64] - 4;
  case 5: r = v << 5; break; // 4 falls through
  case 6: r = __popc(v * 12345); break;
  case 7: r = v * v * v; break;
  case 8: r = threadIdx.x / 8; break;
  case 9: r = 1000 / (v - 4); break;
  default: r = 99999;
  }
  out[threadIdx.x] = r;
}

__constant__ int table[64];
__constant__ float coefficients[4] = {1.5f, -2.0f, 0.25f, 8.0f};
__device__ int counter = 5;
__device__ const char *words[3] = {"zero", "one", "two"};
extern "C" __global__ void constants(const float *x, float *out) {
  float v = x[threadIdx.x], sum = 0;
  for (int i = 0; i < 4; ++i)
    sum = sum * v + coefficients[i];
  const char *word = words[threadIdx.x % 3];
  int length = 0;
  while (word[length])
    ++length;
  out[threadIdx.x] = sum + table[threadIdx.x * 7 % 64] + length * 1000;
  if (threadIdx.x == 0)
    counter += 37;
}

// ---- The host's ears.

extern "C" __global__ void formats(double value, const char *text) {
  if (threadIdx.x)
    return;
  printf("%d %i %u %x %X %o|%5d|%-5d|%05d|%+d|% d|%#x|%#o\n", -7, 42, 3000000000u, 0xbeef, 0xBEEF, 8, 42, 42, 42, 42, 42, 255, 8);
  printf("%f %.3f %10.2f|%-10.2f|%e %.2E %g %G %a\n", value, value, value, value, value, value, value, 1e-10, 1.0);
  printf("%c%c %s|%10s|%-10s|%.2s|%%\n", 'o', 'k', text, "right", "left", "cut");
  printf("%ld %lu %llx %hd %hhu %zu %lld\n", -5l, 5ul, 0x123456789abcdefull, (short)-3, (unsigned char)200, sizeof(int), -(1ll << 40));
  printf("%*d|%-*d|%.*f|%p\n", 6, 1, 6, 2, 1, 2.25, (void *)0x1234);
  printf("nothing to format\n");
  printf("%s %f %d %lld %c %f\n", "mixed", 0.5, 1, 2ll, '3', 4.0f);
}

extern "C" __global__ void asserting(const int *x, int *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    assert(x[i] >= 0 && "negative input");
    out[i] = x[i];
  }
}

// ---- Integers.

typedef unsigned __int128 u128;
typedef __int128 s128;
extern "C" __global__ void wide_integers(const ulonglong2 *x, const ulonglong2 *y, ulonglong2 *out) {
  auto get = [](ulonglong2 v) { return (u128)v.y << 64 | v.x; };
  auto put = [](u128 v) { return make_ulonglong2((unsigned long long)v, (unsigned long long)(v >> 64)); };
  u128 a = get(x[threadIdx.x]), b = get(y[threadIdx.x]);
  ulonglong2 *to = out + threadIdx.x * 8;
  to[0] = put(a * b);
  to[1] = put(a + b);
  to[2] = put(a - b);
  to[3] = put(a << (threadIdx.x & 127));
  to[4] = put(a >> (threadIdx.x * 3 & 127));
  to[5] = put((u128)((s128)a >> (threadIdx.x * 5 & 127)));
  to[6] = put(a < b ? a : b);
  to[7] = put((s128)a < (s128)b ? a / ((b >> 64) + 1) : a % ((b >> 64) + 1));
}

extern "C" __global__ void intrinsics(const int *x, const int *y, const int *z, int *out) {
  int a = x[threadIdx.x], b = y[threadIdx.x], c = z[threadIdx.x], *to = out + threadIdx.x * 40, k = 0;
  to[k++] = __dp4a(a, b, c);
  to[k++] = __dp4a((unsigned)a, (unsigned)b, (unsigned)c);
  to[k++] = __dp2a_lo(a, b, c);
  to[k++] = __dp2a_hi(a, b, c);
  to[k++] = __byte_perm(a, b, c);
  to[k++] = __funnelshift_l(a, b, c);
  to[k++] = __funnelshift_r(a, b, c);
  to[k++] = __funnelshift_lc(a, b, c & 63);
  to[k++] = __funnelshift_rc(a, b, c & 63);
  to[k++] = __sad(a, b, c);
  to[k++] = __usad(a, b, c);
  to[k++] = __mulhi(a, b);
  to[k++] = __umulhi(a, b);
  to[k++] = __mul24(a, b);
  to[k++] = __umul24(a, b);
  to[k++] = __clz(a & b);
  to[k++] = __ffs(a & b & c);
  to[k++] = __popc(a ^ b);
  to[k++] = __brev(a);
  to[k++] = __hadd(a, b);
  to[k++] = __rhadd(a, b);
  to[k++] = __uhadd(a, b);
  to[k++] = __urhadd(a, b);
  to[k++] = __vadd4(a, b);
  to[k++] = __vsub2(a, b);
  to[k++] = __vabsdiffu4(a, b);
  to[k++] = __vmaxs2(a, b);
  to[k++] = __vminu4(a, b);
  to[k++] = __vavgu2(a, b);
  to[k++] = __vcmpgts4(a, b);
  to[k++] = __vaddss2(a, b);
  to[k++] = __vsubus4(a, b);
  to[k++] = __vsetltu4(a, b);
  to[k++] = __viaddmax_s32(a, b, c);
  to[k++] = __vimin3_s32(a, b, c);
  to[k++] = __fns(a, c & 31, 3);
  to[k++] = b == 0 ? 0 : a / b;
  to[k++] = b == 0 ? 0 : (unsigned)a % (unsigned)b;
  to[k++] = (int)((long long)a * b >> (c & 31));
  to[k++] = a > b ? __mulhi(b, c) : min(abs(a), c);
}

extern "C" __global__ void intrinsics64(const long long *x, const long long *y, long long *out) {
  long long a = x[threadIdx.x], b = y[threadIdx.x], *to = out + threadIdx.x * 12;
  to[0] = __mul64hi(a, b);
  to[1] = __umul64hi(a, b);
  to[2] = __clzll(a & b);
  to[3] = __ffsll(a & b);
  to[4] = __popcll(a ^ b);
  to[5] = __brevll(a);
  to[6] = b == 0 ? 0 : a / b;
  to[7] = b == 0 ? 0 : (unsigned long long)a % (unsigned long long)b;
  to[8] = a >> (b & 63) | (long long)((unsigned long long)a << (-b & 63));
  to[9] = a > b ? a - b : llabs(b);
  to[10] = (long long)(double)a + (long long)(float)b;
  to[11] = __double2ll_rd(a * 0.37) ^ __float2ll_ru(b * 0.001f);
}

// Bit fields, bytes and shorts of structures; signed and unsigned.
struct Fields {
  unsigned a : 5;
  int b : 9;
  unsigned c : 18;
  signed char d;
  unsigned short e;
};
extern "C" __global__ void fields(const Fields *x, Fields *out) {
  Fields f = x[threadIdx.x];
  f.a += 3;
  f.b = -f.b - 1;
  f.c ^= f.a << 4;
  f.d = f.d >> 1;
  f.e = f.e * 259;
  out[threadIdx.x] = f;
}

// ---- Control flow: early exits, breaks of two loops, gotos into shared code, conditions with side effects.

extern "C" __global__ void control(const int *x, int *out, int n) {
  int i = threadIdx.x, steps = 0, r = 0;
  for (int a = 0; a < n; ++a) {
    if (x[a] % 7 == i % 7)
      continue;
    for (int b = a; b < n; ++b) {
      ++steps;
      if (x[a] + x[b] == i)
        goto found;
      if (steps > 40 + i)
        goto done;
      if ((x[b] & 3) == 3 && ++r > 6)
        break;
    }
  }
  goto done;
found:
  r += 1000;
  if (i & 1)
    return;
done:
  do {
    r += steps & 1 ? steps : -1;
    steps /= 2;
  } while (steps > 0 && r < 2000);
  out[i] = r;
}

// Library types: arrays, tuples, complex numbers.
extern "C" __global__ void library(const float2 *x, float2 *out) {
  cuda::std::complex<float> z(x[threadIdx.x].x, x[threadIdx.x].y);
  cuda::std::array<cuda::std::complex<float>, 3> powers{z, z * z, z * z * z};
  auto t = cuda::std::make_tuple(powers[threadIdx.x % 3], 2.0f);
  auto w = cuda::std::get<0>(t) / cuda::std::complex<float>(cuda::std::get<1>(t), 1.0f);
  out[threadIdx.x] = make_float2(w.real(), w.imag());
}

// Time passes and nothing breaks.
extern "C" __global__ void clocks(unsigned *out) {
  long long start = clock64();
  unsigned narrow = clock();
  unsigned long long global;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(global));
  __nanosleep(100);
  long long end = clock64();
  unsigned long long later;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(later));
  out[threadIdx.x] = (end > start) | (later >= global) << 1 | (clock() - narrow < 1u << 30) << 2;
}
