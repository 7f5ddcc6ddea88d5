//===- TritonKernels.h - Launching what Triton compiled ---------*- C++ -*-===//
//
// Each Inputs/triton/NAME.sm_ARCH.ptx begins with what a launch must know (make-triton-ptx writes it):
//
//   // launch kernel=described warps=4 shared=49176 cluster=1 scratch=0 align=1
//   // descriptor type=6 bytes=2 swizzle=3 block=64x64        one for each descriptor argument, sm_90a only
//
// and ends its parameters with two scratch pointers of Triton's own. A HostTensor argument becomes what Triton's
// launcher makes of a TensorDescriptor: for sm_90a a tensor map, else pointer, shape and strides; the shape and the
// strides once more behind either.
//
// Numbers of every type are compared as doubles. A test's body runs several times with different inputs: once plainly,
// then with every check on, each time with another seed (TESSERA_TEST_SEEDS says how many; the suite takes few).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_TRITONKERNELS_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_TRITONKERNELS_H

#include "test/runtime/simulator/SimulatorTest.h"

#include <cmath>
#include <functional>

namespace tessera::sim {

/// Types of elements as they lie in memory.
enum class Number { F64, F32, TF32, F16, BF16, E4M3, E5M2, I8, U8, I16, U16, I32, U32, I64, U64 };

unsigned bytesOf(Number type);
double decode(Number type, const void *bytes);
/// The nearest value of the type, ties to even; of integers the value itself.
void encode(Number type, double value, void *bytes);
/// Half the distance of neighbours, relative: what one rounding to the type may cost a normal number.
double roundingOf(Number type);
/// Half the smallest distance of neighbours: what one rounding may cost at least.
double leastRoundingOf(Number type);

/// Numbers in device memory.
class Buffer {
public:
  /// Poisoned.
  Buffer(Memory &memory, Number type, size_t count) : type(type), count(count), bytes(memory, count * bytesOf(type)) {}
  Buffer(Memory &memory, Number type, const std::vector<double> &values);
  std::vector<double> host() const;
  /// Whether nobody wrote elements [first, first + number).
  bool untouched(size_t first, size_t number) const;
  uint64_t address() const { return bytes.address(); }

private:
  Number type;
  size_t count;
  DeviceArray<uint8_t> bytes;
};

/// A TensorDescriptor of the host: shape and strides in elements, outermost first.
struct HostTensor {
  HostTensor(const Buffer &buffer, std::vector<int64_t> shape, std::vector<int64_t> strides = {}, bool nan = false);
  uint64_t address;
  std::vector<int64_t> shape, strides;
  bool nan; ///< what is outside reads as a NaN
};

/// How a file says that it is launched.
struct TritonHead {
  struct Descriptor {
    unsigned type = 0, bytes = 0, swizzle = 0;
    std::vector<unsigned> block;
  };
  std::string kernel;
  unsigned warps = 0, shared = 0, cluster = 0;
  uint64_t scratch = 0, align = 0;
  std::vector<Descriptor> descriptors;
};
TritonHead readTritonHead(const std::string &text);

/// A kernel's arguments in order, each with its bytes.
class TritonArguments {
public:
  explicit TritonArguments(const TritonHead &head) : head(head) {}
  void add(const Buffer &buffer) { addRaw(buffer.address()); }
  template <typename T> void add(const DeviceArray<T> &array) { addRaw(array.address()); }
  void add(const HostTensor &tensor);
  template <typename T>
    requires std::is_arithmetic_v<T>
  void add(T value) {
    addRaw(value);
  }
  /// As the kernel's parameters lie; fails where they are not these.
  std::vector<std::byte> pack(const Kernel &kernel) const;

private:
  template <typename T> void addRaw(const T &value) {
    const auto *raw = reinterpret_cast<const std::byte *>(&value);
    values.emplace_back(raw, raw + sizeof value);
  }
  const TritonHead &head;
  size_t descriptor = 0;
  std::vector<std::vector<std::byte>> values;
};

class TritonKernels : public SimulatorTest {
protected:
  TritonKernels();

  /// Launches Inputs/triton/NAME.sm_ARCH.ptx and expects no error.
  template <typename... T> void launchTriton(const std::string &name, int arch, Dim3 grid, const T &...arguments) {
    const std::string file = "triton/" + name + ".sm_" + std::to_string(arch) + ".ptx";
    const std::string text = inputText(file);
    const TritonHead head = readTritonHead(text);
    TritonArguments list(head);
    (list.add(arguments), ...);
    launchPacked(file, text, head, grid, list);
  }

  /// Runs a test's body plainly, then with every check on, each time with another seed.
  void repeat(const std::function<void()> &body);

  /// Uniform values, rounded to the type.
  std::vector<double> uniform(Number type, size_t count, double low = -1, double high = 1);
  std::vector<double> whole(size_t count, int64_t low, int64_t high);
  Buffer buffer(Number type, const std::vector<double> &values) { return Buffer(memory, type, values); }
  Buffer poisoned(Number type, size_t count) { return Buffer(memory, type, count); }

  /// Whether |got - expected| is at most `bound`, derived by the test, plus what one rounding to the type may cost.
  static testing::AssertionResult near(Number type, double got, double expected, double bound);

  /// Expects c(i, j) to be the sum of k products a(i, x) b(x, j), each exact, added in any order with an error of at
  /// most `unit` of the larger partial sum at each of k + 2 steps (tensor cores cut what they add off, hence 2^-23 and
  /// not 2^-24; the two more are a scale and the sum it is added to), then rounded once to the result's type.
  template <typename A, typename B, typename C>
  static void expectProduct(int m, int n, int k, const A &a, const B &b, const C &c, Number result,
                            double unit = 0x1p-23) {
    std::vector<double> left(size_t(m) * k), right(size_t(k) * n);
    for (int x = 0; x < k; ++x) {
      for (int i = 0; i < m; ++i)
        left[size_t(i) * k + x] = a(i, x);
      for (int j = 0; j < n; ++j)
        right[size_t(j) * k + x] = b(x, j);
    }
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = 0, size = 0;
        for (int x = 0; x < k; ++x) {
          const double term = left[size_t(i) * k + x] * right[size_t(j) * k + x];
          sum += term;
          size += std::fabs(term);
        }
        ASSERT_TRUE(near(result, c(i, j), sum, (k + 2) * unit * size)) << i << ", " << j;
      }
  }
  /// Rows of a dense matrix, or its columns.
  static auto rowsOf(const std::vector<double> &values, int stride) {
    return [&values, stride](int i, int j) { return values[size_t(i) * stride + j]; };
  }
  static auto columnsOf(const std::vector<double> &values, int stride) {
    return [&values, stride](int i, int j) { return values[size_t(j) * stride + i]; };
  }

  LaunchCounts counted; ///< of the last launch, where `config` asks for counts

private:
  void launchPacked(const std::string &file, const std::string &text, const TritonHead &head, Dim3 grid,
                    TritonArguments &arguments);
};

} // namespace tessera::sim

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_TRITONKERNELS_H
