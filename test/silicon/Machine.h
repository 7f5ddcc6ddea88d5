//===- Machine.h - What probes run on ---------------------------*- C++ -*-===//
//
// A GPU or the simulator, both behind the CUDA Driver API as the runtime loads it: the same calls, the same binary.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_MACHINE_H
#define TESSERA_TEST_SILICON_MACHINE_H

#include "runtime/driver/DriverLibrary.h"
#include "test/silicon/Probe.h"

#include <string>
#include <vector>

namespace tessera::silicon {

class Machine {
public:
  static Expected<Machine> open(cuda::DriverLibrary::Kind kind, int ordinal = 0);

  const std::string &name() const { return deviceName; }
  /// Told by a symbol of the library itself: the simulator is no silicon, whatever name it was loaded under.
  bool isSimulator() const { return simulates; }
  int driverVersion() const { return library->version(); }
  /// 90 for sm_90.
  int architecture() const { return major * 10 + minor; }
  /// Whether the device has what the probe's target names.
  bool has(const std::string &target) const;
  /// Whether the driver reads that version of PTX.
  bool reads(unsigned version) const;

  /// Runs a probe and returns its output.
  Expected<std::vector<std::byte>> run(const Probe &probe) const;

private:
  Machine() = default;
  const cuda::DriverFunctions &api() const { return library->functions(); }
  Status check(cuda::CUresult result, const char *what) const;
  Status encode(const TensorMap &request, cuda::CUdeviceptr base, void *map) const;
  /// A new context, after a fault that spoilt the old one.
  void recover() const;
  Expected<std::vector<std::byte>> runOnce(const Probe &probe) const;
  Status launch(const Probe &probe, cuda::CUdeviceptr input, cuda::CUdeviceptr output) const;

  const cuda::DriverLibrary *library = nullptr;
  cuda::CUdevice device = 0;
  std::string deviceName;
  int major = 0, minor = 0;
  bool simulates = false;
};

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_MACHINE_H
