//===- Machine.cpp - What probes run on -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Machine.h"

#include <algorithm>
#include <charconv>
#include <dlfcn.h>

namespace tessera::silicon {

using namespace cuda;

namespace {

/// Device memory with an alignment that tensor maps need; freed with the object.
class Memory {
public:
  Memory(const DriverFunctions &api, std::size_t bytes) : api(api) {
    result = api.cuMemAlloc_v2(&base, std::max<std::size_t>(bytes, 256));
  }
  ~Memory() {
    if (result == CUDA_SUCCESS)
      api.cuMemFree_v2(base);
  }
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  CUresult result;
  CUdeviceptr base = 0;

private:
  const DriverFunctions &api;
};

class LoadedModule {
public:
  explicit LoadedModule(const DriverFunctions &api) : api(api) {}
  ~LoadedModule() {
    if (handle)
      api.cuModuleUnload(handle);
  }
  LoadedModule(const LoadedModule &) = delete;
  LoadedModule &operator=(const LoadedModule &) = delete;
  CUmodule handle = nullptr;

private:
  const DriverFunctions &api;
};

} // namespace

Expected<Machine> Machine::open(DriverLibrary::Kind kind, int ordinal) {
  Expected<const DriverLibrary *> library = DriverLibrary::get(kind);
  if (!library)
    return library.takeError();
  Machine machine;
  machine.library = *library;
  const DriverFunctions &api = machine.api();
  CUdevice &device = machine.device;
  CUcontext context = nullptr;
  char name[256] = {};
  for (const CUresult result :
       {api.cuDeviceGet(&device, ordinal), api.cuDeviceGetName(name, sizeof name, device),
        api.cuDeviceGetAttribute(&machine.major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device),
        api.cuDeviceGetAttribute(&machine.minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device),
        api.cuDevicePrimaryCtxRetain(&context, device), api.cuCtxSetCurrent(context)})
    if (result != CUDA_SUCCESS)
      return machine.library->error(result, "opening device " + std::to_string(ordinal));
  machine.deviceName = name;
  void *handle = dlopen(machine.library->path().c_str(), RTLD_NOW | RTLD_NOLOAD);
  machine.simulates = machine.library->isSimulator() || (handle && dlsym(handle, "tessera_simulator_last_report"));
  if (handle)
    dlclose(handle);
  return machine;
}

bool Machine::has(const std::string &target) const {
  int wanted = 0;
  const char *begin = target.data() + 3, *end = target.data() + target.size();
  const char *rest = std::from_chars(begin, end, wanted).ptr;
  return rest != end ? wanted == architecture() : wanted <= architecture();
}

bool Machine::reads(unsigned version) const {
  // The CUDA version that came with PTX 8.0, 8.1, ...; PTX 9.0 with CUDA 13.0 and so on.
  static constexpr int Twelve[] = {12000, 12010, 12020, 12030, 12040, 12050, 12070, 12080, 12090};
  const unsigned minor = version % 10;
  const int needed = version >= 90 ? 13000 + static_cast<int>(minor) * 10 : Twelve[std::min(minor, 8U)];
  return isSimulator() || driverVersion() >= needed;
}

Status Machine::check(CUresult result, const char *what) const {
  if (result == CUDA_SUCCESS)
    return {};
  return library->error(result, what);
}

Status Machine::encode(const TensorMap &request, CUdeviceptr base, void *map) const {
  using Encode = CUresult (*)(void *map, unsigned dataType, uint32_t rank, void *address, const uint64_t *sizes,
                              const uint64_t *strides, const uint32_t *box, const uint32_t *elementStrides,
                              unsigned interleave, unsigned swizzle, unsigned promotion, unsigned fill);
  void *function = nullptr;
  CUdriverProcAddressQueryResult found{};
  if (!api().cuGetProcAddress_v2 ||
      api().cuGetProcAddress_v2("cuTensorMapEncodeTiled", &function, 12000, 0, &found) != CUDA_SUCCESS || !function)
    return Error(ErrorCode::DriverTooOld, "the driver has no cuTensorMapEncodeTiled");
  return check(reinterpret_cast<Encode>(function)(map, request.dataType, request.rank, reinterpret_cast<void *>(base),
                                                  request.size, request.strideBytes + 1, request.box,
                                                  request.elementStride, request.interleave, request.swizzle, 0,
                                                  request.fill),
               "cuTensorMapEncodeTiled");
}

Status Machine::launch(const Probe &probe, CUdeviceptr input, CUdeviceptr output) const {
  LoadedModule module(api());
  const std::string text = moduleText(probe);
  char log[4096] = {};
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  if (const CUresult result = api().cuModuleLoadDataEx(&module.handle, text.c_str(), 2, options, values))
    return library->error(result, std::string("loading: ") + log);
  CUfunction function = nullptr;
  if (Status status =
          check(api().cuModuleGetFunction(&function, module.handle, entryName(probe).c_str()), "cuModuleGetFunction");
      !status)
    return status;
  struct alignas(64) Map {
    char bytes[128];
  };
  std::vector<Map> maps(probe.maps.size());
  std::vector<void *> parameters = {&input, &output};
  for (std::size_t i = 0; i < maps.size(); ++i) {
    if (Status status = encode(probe.maps[i], probe.maps[i].ofOutput ? output : input, &maps[i]); !status)
      return status;
    parameters.push_back(&maps[i]);
  }
  if (Status status = check(api().cuLaunchKernel(function, probe.blocks, 1, 1, probe.threads, 1, 1, 0, nullptr,
                                                 parameters.data(), nullptr),
                            "cuLaunchKernel");
      !status)
    return status;
  return check(api().cuCtxSynchronize(), "running");
}

void Machine::recover() const {
  CUcontext context = nullptr;
  if (api().cuDevicePrimaryCtxReset_v2 && api().cuDevicePrimaryCtxReset_v2(device) == CUDA_SUCCESS &&
      api().cuDevicePrimaryCtxRetain(&context, device) == CUDA_SUCCESS)
    api().cuCtxSetCurrent(context);
}

Expected<std::vector<std::byte>> Machine::run(const Probe &probe) const {
  Expected<std::vector<std::byte>> output = runOnce(probe);
  if (!output)
    recover();
  return output;
}

Expected<std::vector<std::byte>> Machine::runOnce(const Probe &probe) const {
  const Memory input(api(), probe.input.size()), output(api(), probe.initialOutput.size());
  for (const CUresult result : {input.result, output.result})
    if (result != CUDA_SUCCESS)
      return library->error(result, "cuMemAlloc");
  if (!probe.input.empty())
    if (Status status = check(api().cuMemcpyHtoD_v2(input.base, probe.input.data(), probe.input.size()), "copying");
        !status)
      return status.takeError();
  if (Status status =
          check(api().cuMemcpyHtoD_v2(output.base, probe.initialOutput.data(), probe.initialOutput.size()), "copying");
      !status)
    return status.takeError();
  if (Status status = launch(probe, input.base, output.base); !status)
    return status.takeError();
  std::vector<std::byte> bytes(probe.initialOutput.size());
  if (Status status = check(api().cuMemcpyDtoH_v2(bytes.data(), output.base, bytes.size()), "copying back"); !status)
    return status.takeError();
  return bytes;
}

} // namespace tessera::silicon
