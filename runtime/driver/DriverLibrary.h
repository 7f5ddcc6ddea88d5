// Loading of a library that exports the CUDA Driver API: the real driver, or the simulator that stands in for it.
// Everything above this file talks to both in the same way.
//
//   kind       file                            found
//   Cuda       libcuda.so.1                    by the dynamic linker
//   Simulator  libtessera_cuda_simulator.so    $TESSERA_SIMULATOR_PATH (file or folder), else beside this binary,
//                                              else in ../lib of it, else by the dynamic linker
//
// A library is loaded once a process and never unloaded; loading does not call cuInit. All functions are safe from any
// thread. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_DRIVER_DRIVERLIBRARY_H
#define TESSERA_RUNTIME_DRIVER_DRIVERLIBRARY_H

#include "runtime/driver/CudaApi.h"
#include "runtime/include/tessera/Expected.h"
#include "runtime/include/tessera/SimulatorApi.h"

#include <string>

namespace tessera::cuda {

/// What the simulator's library exports beside the Driver API: see SimulatorApi.h.
struct SimulatorFunctions {
  decltype(&tessera_simulator_stop) stop = nullptr;
  decltype(&tessera_simulator_count) count = nullptr;
  decltype(&tessera_simulator_last_counts) lastCounts = nullptr;
  decltype(&tessera_simulator_class_name) className = nullptr;
  decltype(&tessera_simulator_flop_name) flopName = nullptr;
  decltype(&tessera_simulator_occupancy) occupancy = nullptr;

  bool complete() const { return count && lastCounts && className && flopName && occupancy; }
};

class DriverLibrary {
public:
  enum class Kind { Cuda, Simulator };

  /// The library, loaded and initialised (cuInit) at the first call; the same answer ever after.
  static Expected<const DriverLibrary *> get(Kind kind);

  Kind kind() const { return libraryKind; }
  bool isSimulator() const { return libraryKind == Kind::Simulator; }
  const DriverFunctions &functions() const { return table; }
  /// All null with the real driver.
  const SimulatorFunctions &simulator() const { return simulatorTable; }
  const std::string &path() const { return file; }
  /// What cuDriverGetVersion says: 13000 for CUDA 13.0.
  int version() const { return driverVersion; }

  /// "CUDA_ERROR_INVALID_VALUE (invalid argument)".
  std::string describe(CUresult result) const;
  /// Takes the simulator's report on the last fault; empty where there is none, and always with the real driver.
  std::string takeReport() const;
  /// An error that says which call failed with what, and the simulator's report where there is one. `ptxName`: what
  /// the user calls the PTX that the report may speak of.
  Error error(CUresult result, std::string what, std::string_view ptxName = {}) const;

private:
  DriverLibrary() = default;
  static Expected<const DriverLibrary *> load(Kind kind);

  Kind libraryKind = Kind::Cuda;
  DriverFunctions table;
  SimulatorFunctions simulatorTable;
  std::string file;
  int driverVersion = 0;
  std::size_t (*reportFunction)(char *buffer, std::size_t size) = nullptr;
};

} // namespace tessera::cuda

#endif // TESSERA_RUNTIME_DRIVER_DRIVERLIBRARY_H
