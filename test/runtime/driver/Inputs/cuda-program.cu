// A program of the CUDA runtime as nvcc builds it, for the simulator's libcudart.so.13: everything it gets is checked
// by the program itself, which ends with the number of failures. SPDX-License-Identifier: Apache-2.0 WITH
// LLVM-exception
#include <cooperative_groups.h>
#include <cuda_runtime.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cg = cooperative_groups;

static int failures = 0;
#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      std::fprintf(stderr, "line %d: %s is false\n", __LINE__, #condition);                                            \
      ++failures;                                                                                                      \
    }                                                                                                                  \
  } while (0)
#define EXPECT(expected, call)                                                                                         \
  do {                                                                                                                 \
    const cudaError_t result = (call);                                                                                 \
    if (result != (expected)) {                                                                                        \
      std::fprintf(stderr, "line %d: %s is %s\n", __LINE__, #call, cudaGetErrorName(result));                          \
      ++failures;                                                                                                      \
    }                                                                                                                  \
  } while (0)
#define OK(call) EXPECT(cudaSuccess, call)

__constant__ float factors[4];
__device__ int counter = 10;
__managed__ int total = 100;

__global__ void add(const float *a, const float *b, float *c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    c[i] = a[i] + b[i];
}

__global__ void scale(float *x, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    x[i] *= factors[i % 4];
}

__global__ void count() {
  atomicAdd(&counter, 1);
  atomicAdd(&total, 2);
}

__global__ void say(int number) { printf("block %d says %d\n", blockIdx.x, number); }

/// Every block adds its part, the grid meets, every thread reads the whole.
__global__ void meet(unsigned *sum, unsigned *seen) {
  const auto grid = cg::this_grid();
  atomicAdd(sum, 1u);
  grid.sync();
  seen[grid.thread_rank()] = *sum;
}

__global__ void __launch_bounds__(64) bounded(int *out) { out[threadIdx.x] = threadIdx.x; }

/// The sum of the ranks of a cluster, by distributed shared memory.
__global__ void ranks(unsigned *out) {
#if __CUDA_ARCH__ >= 900
  __shared__ unsigned mine;
  const auto cluster = cg::this_cluster();
  mine = cluster.block_rank();
  cluster.sync();
  unsigned sum = 0;
  for (unsigned i = 0; i < cluster.num_blocks(); ++i)
    sum += *cluster.map_shared_rank(&mine, i);
  cluster.sync();
  out[blockIdx.x] = sum;
#endif
}

__global__ void reverse(int *out) {
  extern __shared__ int buffer[];
  buffer[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

/// A struct by value, as kernels of templates get them.
struct Pair {
  double weight;
  int shift;
};
template <typename T> __global__ void mixed(T *out, Pair pair, char letter) {
  out[threadIdx.x] = T(threadIdx.x * pair.weight) + pair.shift + letter;
}

static void addsVectors() {
  const int n = 1000;
  std::vector<float> a(n), b(n), c(n, -1.0f);
  for (int i = 0; i < n; ++i) {
    a[i] = float(i);
    b[i] = 0.5f * i;
  }
  float *x, *y, *z;
  OK(cudaMalloc(&x, n * 4));
  OK(cudaMalloc(&y, n * 4));
  OK(cudaMalloc(&z, n * 4));
  OK(cudaMemcpy(x, a.data(), n * 4, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(y, b.data(), n * 4, cudaMemcpyDefault));
  add<<<(n + 255) / 256, 256>>>(x, y, z, n);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaMemcpy(c.data(), z, n * 4, cudaMemcpyDeviceToHost));
  for (int i = 0; i < n; ++i)
    CHECK(c[i] == 1.5f * i);
  OK(cudaFree(x));
  OK(cudaFree(y));
  OK(cudaFree(z));
  EXPECT(cudaErrorInvalidValue, cudaFree(z));
  EXPECT(cudaErrorInvalidValue, cudaGetLastError());
  OK(cudaGetLastError());
}

static void knowsVariables() {
  const float values[4] = {1, 2, 3, 4};
  OK(cudaMemcpyToSymbol(factors, values, sizeof values));
  float one = 7;
  OK(cudaMemcpyToSymbol(factors, &one, 4, 12));
  float *x;
  OK(cudaMallocManaged(&x, 8 * 4));
  for (int i = 0; i < 8; ++i)
    x[i] = 1;
  scale<<<1, 8>>>(x, 8);
  OK(cudaDeviceSynchronize());
  CHECK(x[0] == 1 && x[5] == 2 && x[6] == 3 && x[7] == 7);
  EXPECT(cudaErrorInvalidValue, cudaMemcpyToSymbol(factors, values, sizeof values, 4));
  EXPECT(cudaErrorInvalidSymbol, cudaMemcpyToSymbol((const void *)values, values, 4));
  total += 1; // before any kernel touches it
  count<<<2, 3>>>();
  OK(cudaDeviceSynchronize());
  int counted = 0;
  OK(cudaMemcpyFromSymbol(&counted, counter, 4));
  CHECK(counted == 16);
  CHECK(total == 113);
  void *address = nullptr;
  size_t bytes = 0;
  OK(cudaGetSymbolAddress(&address, counter));
  OK(cudaGetSymbolSize(&bytes, factors));
  CHECK(address && bytes == 16);
  cudaPointerAttributes attributes;
  OK(cudaPointerGetAttributes(&attributes, x));
  CHECK(attributes.type == cudaMemoryTypeManaged && attributes.device == 0);
  int local;
  OK(cudaPointerGetAttributes(&attributes, &local));
  CHECK(attributes.type == cudaMemoryTypeUnregistered);
  OK(cudaFree(x));
  cudaGetLastError();
}

static void prints() {
  std::fflush(stdout);
  const int kept = dup(1);
  FILE *file = std::tmpfile();
  dup2(fileno(file), 1);
  say<<<3, 1>>>(42);
  OK(cudaDeviceSynchronize());
  std::fflush(stdout);
  dup2(kept, 1);
  close(kept);
  std::rewind(file);
  char text[200] = "";
  text[std::fread(text, 1, sizeof text - 1, file)] = 0;
  std::fclose(file);
  CHECK(std::string(text) == "block 0 says 42\nblock 1 says 42\nblock 2 says 42\n");
}

static void ordersStreams() {
  cudaStream_t first, second;
  cudaEvent_t start, end;
  OK(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
  OK(cudaStreamCreate(&second));
  OK(cudaEventCreate(&start));
  OK(cudaEventCreate(&end));
  float *x;
  OK(cudaMallocAsync((void **)&x, 400, first));
  std::vector<float> ones(100, 1.0f), back(100);
  OK(cudaMemcpyAsync(x, ones.data(), 400, cudaMemcpyHostToDevice, first));
  OK(cudaEventRecord(start, first));
  OK(cudaStreamWaitEvent(second, start));
  add<<<1, 100, 0, second>>>(x, x, x, 100);
  OK(cudaEventRecord(end, second));
  OK(cudaMemcpyAsync(back.data(), x, 400, cudaMemcpyDeviceToHost, second));
  int called = 0;
  OK(cudaLaunchHostFunc(second, [](void *data) { ++*(int *)data; }, &called));
  OK(cudaStreamSynchronize(second));
  CHECK(back[0] == 2 && back[99] == 2 && called == 1);
  float milliseconds = -1;
  OK(cudaEventElapsedTime(&milliseconds, start, end));
  CHECK(milliseconds >= 0);
  OK(cudaFreeAsync(x, second));
  OK(cudaStreamSynchronize(second));
  OK(cudaStreamQuery(first));
  for (cudaStream_t stream : {first, second})
    OK(cudaStreamDestroy(stream));
  for (cudaEvent_t event : {start, end})
    OK(cudaEventDestroy(event));
}

static void repeatsGraphs() {
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  float *x;
  OK(cudaMalloc(&x, 400));
  OK(cudaMemset(x, 0, 400));
  OK(cudaDeviceSynchronize());
  std::vector<float> ones(100, 1.0f), back(100);
  float *step;
  OK(cudaMalloc(&step, 400));
  OK(cudaMemcpy(step, ones.data(), 400, cudaMemcpyHostToDevice));
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  OK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  for (int i = 0; i < 3; ++i)
    add<<<1, 100, 0, stream>>>(x, step, x, 100);
  OK(cudaStreamEndCapture(stream, &graph));
  size_t count = 0;
  OK(cudaGraphGetNodes(graph, nullptr, &count));
  CHECK(count == 3);
  OK(cudaGraphInstantiate(&exec, graph, 0));
  for (int i = 0; i < 4; ++i)
    OK(cudaGraphLaunch(exec, stream));
  OK(cudaStreamSynchronize(stream));
  OK(cudaMemcpy(back.data(), x, 400, cudaMemcpyDeviceToHost));
  CHECK(back[0] == 12 && back[99] == 12);
  OK(cudaGraphExecDestroy(exec));
  OK(cudaGraphDestroy(graph));
  OK(cudaFree(x));
  OK(cudaFree(step));
  OK(cudaStreamDestroy(stream));
}

static void meetsAsGrid(const cudaDeviceProp &device) {
  int blocks = 0;
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, meet, 256, 0));
  CHECK(blocks > 0 && blocks * 256 <= device.maxThreadsPerMultiProcessor);
  int grid = 0, block = 0;
  OK(cudaOccupancyMaxPotentialBlockSize(&grid, &block, scale));
  CHECK(grid * block == device.multiProcessorCount * device.maxThreadsPerMultiProcessor);
  unsigned *sum, *seen;
  OK(cudaMalloc(&sum, 4));
  OK(cudaMallocHost(&seen, 4 * 24 * 64));
  OK(cudaMemset(sum, 0, 4));
  void *arguments[] = {&sum, &seen};
  OK(cudaLaunchCooperativeKernel((void *)meet, 24, 64, arguments));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 24 * 64; ++i)
    CHECK(seen[i] == 24 * 64);
  EXPECT(cudaErrorCooperativeLaunchTooLarge,
         cudaLaunchCooperativeKernel((void *)meet, blocks * device.multiProcessorCount + 1, 256, arguments));
  OK(cudaFree(sum));
  OK(cudaFreeHost(seen));
  cudaGetLastError();
}

static void launches(const cudaDeviceProp &device) {
  int *out;
  OK(cudaMallocManaged(&out, 1024 * 4));
  reverse<<<1, 256, 256 * 4>>>(out);
  OK(cudaDeviceSynchronize());
  CHECK(out[0] == 255 && out[255] == 0);
  reverse<<<1, 64, 60000>>>(out);
  EXPECT(cudaErrorInvalidValue, cudaGetLastError());
  OK(cudaFuncSetAttribute(reverse, cudaFuncAttributeMaxDynamicSharedMemorySize, 60000));
  reverse<<<1, 64, 60000>>>(out);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  CHECK(out[0] == 63);
  bounded<<<1, 65>>>(out);
  EXPECT(cudaErrorInvalidConfiguration, cudaGetLastError());
  bounded<<<0, 64>>>(out);
  EXPECT(cudaErrorInvalidConfiguration, cudaGetLastError());
  cudaFuncAttributes attributes;
  OK(cudaFuncGetAttributes(&attributes, bounded));
  CHECK(attributes.maxThreadsPerBlock == 64 && attributes.binaryVersion == device.major * 10 + device.minor);
  mixed<<<1, 32>>>(out, Pair{2.5, 3}, 'a');
  OK(cudaDeviceSynchronize());
  CHECK(out[10] == 25 + 3 + 'a');
  if (device.major >= 9) {
    cudaLaunchAttribute attribute;
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim = {4, 1, 1};
    cudaLaunchConfig_t config{};
    config.gridDim = 8;
    config.blockDim = 32;
    config.attrs = &attribute;
    config.numAttrs = 1;
    OK(cudaLaunchKernelEx(&config, ranks, (unsigned *)out));
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < 8; ++i)
      CHECK(out[i] == 0 + 1 + 2 + 3);
    int most = 0;
    OK(cudaOccupancyMaxPotentialClusterSize(&most, ranks, &config));
    CHECK(most == 8);
  }
  OK(cudaFree(out));
}

static void copiesRows() {
  int *image;
  size_t pitch = 0;
  OK(cudaMallocPitch(&image, &pitch, 5 * 4, 7));
  std::vector<int> values(35), back(35);
  for (int i = 0; i < 35; ++i)
    values[i] = i;
  OK(cudaMemcpy2D(image, pitch, values.data(), 20, 20, 7, cudaMemcpyHostToDevice));
  OK(cudaMemset2D(image, pitch, 0, 4, 7));
  OK(cudaMemcpy2D(back.data(), 20, image, pitch, 20, 7, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 35; ++i)
    CHECK(back[i] == (i % 5 == 0 ? 0 : i));
  EXPECT(cudaErrorInvalidPitchValue, cudaMemcpy2D(back.data(), 16, image, pitch, 20, 7, cudaMemcpyDeviceToHost));
  OK(cudaFree(image));
  cudaGetLastError();
}

static void worksOnThreads() {
  std::vector<std::thread> threads;
  int wrong[4] = {};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&wrong, t] {
      float *x, host[64];
      wrong[t] = cudaMalloc(&x, 256) || cudaMemset(x, 0, 256);
      for (int i = 0; i < 64; ++i)
        host[i] = float(t);
      wrong[t] += cudaMemcpy(x, host, 256, cudaMemcpyHostToDevice) != cudaSuccess;
      add<<<1, 64>>>(x, x, x, 64);
      wrong[t] += cudaMemcpy(host, x, 256, cudaMemcpyDeviceToHost) || host[63] != 2.0f * t || cudaFree(x);
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const int each : wrong)
    CHECK(each == 0);
}

static void reportsFaults() {
  add<<<1, 32>>>(nullptr, nullptr, nullptr, 32);
  OK(cudaGetLastError());
  EXPECT(cudaErrorIllegalAddress, cudaDeviceSynchronize());
  CHECK(std::strcmp(cudaGetErrorString(cudaErrorIllegalAddress), "an illegal memory access was encountered") == 0);
  cudaGetLastError();
}

int main() {
  int devices = 0, version = 0;
  if (const cudaError_t result = cudaGetDeviceCount(&devices); result != cudaSuccess) {
    std::fprintf(stderr, "there is no device: %s\n", cudaGetErrorName(result));
    return 2;
  }
  OK(cudaRuntimeGetVersion(&version));
  CHECK(devices >= 1 && version == CUDART_VERSION);
  cudaDeviceProp device;
  OK(cudaGetDeviceProperties(&device, 0));
  CHECK(device.warpSize == 32 && device.cooperativeLaunch == 1 && std::strstr(device.name, "Tessera simulator"));
  addsVectors();
  knowsVariables();
  prints();
  ordersStreams();
  repeatsGraphs();
  meetsAsGrid(device);
  launches(device);
  copiesRows();
  worksOnThreads();
  reportsFaults();
  std::printf("%d failures\n", failures);
  return failures != 0;
}
