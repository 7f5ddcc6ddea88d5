//===- SimulatorTest.h - Running kernels in tests ---------------*- C++ -*-===//
//
// A fixture with a device's memory: load PTX, fill buffers, launch, look at results.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_SIMULATORTEST_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_SIMULATORTEST_H

#include "runtime/simulator/Engine.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace tessera::sim {

/// The text of a file of Inputs/.
std::string inputText(const std::string &name);

/// Every test that is no planted fault may be run under the simulator's checks, and with whatever order a seed draws:
/// TESSERA_TEST_CHECKS=all and TESSERA_TEST_SEED=n in the environment. They must find nothing.
void addChecksOfEnvironment(LaunchConfig &config);
MemoryOptions withChecksOfEnvironment(MemoryOptions options);

/// Device memory that is freed with the object.
template <typename T> class DeviceArray {
public:
  DeviceArray(Memory &memory, size_t count) : memory(memory), count(count), base(memory.allocate(count * sizeof(T))) {}
  DeviceArray(Memory &memory, const std::vector<T> &values) : DeviceArray(memory, values.size()) {
    memory.write(base, values.data(), count * sizeof(T));
  }
  ~DeviceArray() { memory.release(base); }
  DeviceArray(const DeviceArray &) = delete;
  std::vector<T> host() const {
    std::vector<T> values(count);
    memory.read(base, values.data(), count * sizeof(T));
    return values;
  }
  uint64_t address() const { return base; }
  operator uint64_t() const { return base; }

private:
  Memory &memory;
  size_t count;
  uint64_t base;
};

/// Packs arguments as a kernel's parameters are laid out: each at its own alignment.
class Arguments {
public:
  template <typename... T> static std::vector<std::byte> pack(const T &...values) {
    Arguments arguments;
    (arguments.add(values), ...);
    return std::move(arguments.bytes);
  }
  template <typename T> void add(const DeviceArray<T> &array) { add(array.address()); }
  template <typename T> void add(const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes.resize((bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T));
    const auto *raw = reinterpret_cast<const std::byte *>(&value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
  }
  std::vector<std::byte> bytes;
};

class SimulatorTest : public testing::Test {
protected:
  explicit SimulatorTest(const MemoryOptions &options = {}) : memory(withChecksOfEnvironment(options)) {}

  std::shared_ptr<Module> parse(const std::string &ptx, const std::string &name = "test.ptx");
  std::shared_ptr<Module> load(const std::string &file) { return parse(inputText(file), file); }

  /// Launches and expects no error.
  template <typename... T>
  Report run(const Module &module, const std::string &kernel, Dim3 grid, Dim3 block, const T &...arguments) {
    Report report = tryRun(module, kernel, grid, block, arguments...);
    EXPECT_TRUE(report.ok()) << report.text();
    return report;
  }
  template <typename... T>
  Report tryRun(const Module &module, const std::string &kernel, Dim3 grid, Dim3 block, const T &...arguments) {
    const Kernel *found = module.kernel(kernel);
    if (!found) {
      ADD_FAILURE() << "no kernel " << kernel;
      return {};
    }
    const std::vector<std::byte> bytes = Arguments::pack(arguments...);
    EXPECT_LE(bytes.size(), found->parameterBytes + 16u);
    std::vector<std::byte> padded = bytes;
    padded.resize(std::max<size_t>(bytes.size(), found->parameterBytes));
    LaunchConfig launchConfig = config;
    launchConfig.grid = grid;
    launchConfig.block = block;
    launchConfig.parameters = padded;
    if (!launchConfig.print)
      launchConfig.print = [this](std::string_view text) { printed += text; };
    if (!launchConfig.checks.instructionLimit)
      launchConfig.checks.instructionLimit = 200'000'000;
    if (!planted)
      addChecksOfEnvironment(launchConfig);
    return launch(module, *found, launchConfig);
  }

  std::vector<float> randomFloats(size_t count, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> values(count);
    for (float &value : values)
      value = distribution(random);
    return values;
  }
  template <typename T> std::vector<T> randomIntegers(size_t count, int64_t low, int64_t high) {
    std::uniform_int_distribution<int64_t> distribution(low, high);
    std::vector<T> values(count);
    for (T &value : values)
      value = static_cast<T>(distribution(random));
    return values;
  }

  Memory memory;
  LaunchConfig config;  ///< what run() adds to
  bool planted = false; ///< these kernels have faults: only the checks that the test asks for are on
  std::string printed;
  std::mt19937_64 random{20240607};
};

/// f16 and bf16 on the host, independent of the simulator's own conversions.
uint16_t hostHalf(double value);
double hostHalfValue(uint16_t bits);
uint16_t hostBfloat(float value);
double hostBfloatValue(uint16_t bits);

} // namespace tessera::sim

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_SIMULATORTEST_H
