// Loading PTX and finding its kernels.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/PtxModule.h"

#include "runtime/core/Files.h"
#include "runtime/core/Launch.h"
#include "runtime/core/Spelling.h"

#include <charconv>

namespace tessera {

using namespace cuda;
using namespace detail;

detail::ModuleState::~ModuleState() {
  if (!handle)
    return;
  ContextScope scope(*device);
  device->driver().cuModuleUnload(handle);
}

namespace {

/// Whether code for `target` ("sm_90a") runs on the device; the driver's own words for this help nobody.
Status checkTarget(const DeviceProperties &device, const std::string &target, const std::string &name) {
  if (!target.starts_with("sm_"))
    return Error(ErrorCode::BadFormat, name + ": unknown target '" + target + "'");
  int capability = 0;
  auto [end, failed] = std::from_chars(target.data() + 3, target.data() + target.size(), capability);
  if (failed != std::errc())
    return Error(ErrorCode::BadFormat, name + ": unknown target '" + target + "'");
  const std::string_view suffix(end, target.data() + target.size());
  const int have = device.major * 10 + device.minor;
  const bool runs = suffix == "a"   ? have == capability
                    : suffix == "f" ? have >= capability && have / 10 == capability / 10
                                    : have >= capability;
  if (!runs)
    return Error(ErrorCode::Unsupported, name + ": the code is for " + target + ", the device '" + device.name +
                                             "' is sm_" + std::to_string(have));
  return {};
}

} // namespace

Expected<std::shared_ptr<ModuleState>> detail::loadModule(const Device &device, std::string_view text,
                                                          const std::string &name) {
  Expected<PtxInfo> info = readPtxInfo(text, name);
  if (!info)
    return info.takeError();
  if (Status status = checkTarget(device.properties(), info->target, name); !status)
    return status.takeError();
  auto module = std::make_shared<ModuleState>();
  module->device = device.state();
  module->info = std::move(*info);
  module->name = name;

  char log[4096] = {};
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(std::uintptr_t(sizeof(log) - 1))};
  const std::string terminated(text);
  ContextScope scope(*module->device);
  CUresult result =
      device.state()->driver().cuModuleLoadDataEx(&module->handle, terminated.c_str(), 2, options, values);
  if (result != CUDA_SUCCESS) {
    module->handle = nullptr;
    std::string what = "loading '" + name + "'";
    Error error = device.state()->library->error(result, what, name);
    if (!log[0] || device.isSimulator()) // whose report is in the error already
      return error;
    std::string_view said(log);
    while (said.ends_with('\n'))
      said.remove_suffix(1);
    return Error(error.code(), error.text() + "\n" + std::string(said));
  }
  return module;
}

Expected<std::shared_ptr<FunctionState>> detail::loadFunction(std::shared_ptr<ModuleState> module,
                                                              std::string_view name) {
  const PtxKernelInfo *info = nullptr;
  if (name.empty()) {
    if (module->info.kernels.size() != 1) {
      std::string names;
      for (const PtxKernelInfo &kernel : module->info.kernels)
        names += (names.empty() ? "" : ", ") + kernel.name;
      return Error(ErrorCode::NotFound,
                   "'" + module->name + "' has " +
                       (names.empty() ? "no kernels" : "several kernels, one must be named: " + names));
    }
    info = &module->info.kernels.front();
  } else {
    info = module->info.kernel(name);
    if (!info) {
      std::vector<std::string> names;
      for (const PtxKernelInfo &kernel : module->info.kernels)
        names.push_back(kernel.name);
      return Error(ErrorCode::NotFound,
                   "no kernel '" + std::string(name) + "' in '" + module->name + "'" + didYouMean(name, names));
    }
  }
  if (info->parameters.size() > kMaxArguments)
    return Error(ErrorCode::Unsupported,
                 "kernel '" + info->name + "' has more than " + std::to_string(kMaxArguments) + " parameters");
  auto function = std::make_shared<FunctionState>();
  function->module = std::move(module);
  function->info = info;
  const DeviceState &device = function->device();
  ContextScope scope(device);
  if (Status status = check(
          device, device.driver().cuModuleGetFunction(&function->handle, function->module->handle, info->name.c_str()),
          [&] { return "finding kernel '" + info->name + "'"; });
      !status)
    return status.takeError();
  device.driver().cuFuncGetAttribute(&function->staticSharedBytes, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES,
                                     function->handle);
  device.driver().cuFuncGetAttribute(&function->maxThreads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function->handle);
  // What a launch may ask for without the driver being told: 48 KiB with the static part.
  const int free = device.properties.sharedBytesPerBlock - function->staticSharedBytes;
  function->dynamicSharedAllowed = free > 0 ? std::size_t(free) : 0;
  return function;
}

const std::string &PtxKernel::name() const { return shared->info->name; }
const std::vector<PtxParameter> &PtxKernel::parameters() const { return shared->info->parameters; }
std::array<unsigned, 3> PtxKernel::requiredBlock() const { return shared->info->requiredBlock; }

Expected<KernelResources> PtxKernel::resources() const {
  const DeviceState &device = shared->device();
  ContextScope scope(device);
  KernelResources resources;
  const std::pair<CUfunction_attribute, int *> wanted[] = {
      {CU_FUNC_ATTRIBUTE_NUM_REGS, &resources.registers},
      {CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, &resources.staticSharedBytes},
      {CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, &resources.localBytes},
      {CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, &resources.maxThreads},
  };
  for (auto [attribute, target] : wanted)
    if (Status status = check(device, device.driver().cuFuncGetAttribute(target, attribute, shared->handle),
                              "asking for the resources of a kernel");
        !status)
      return status.takeError();
  return resources;
}

Status PtxKernel::launchWith(const Stream &stream, const LaunchConfig &config,
                             std::span<const Argument> arguments) const {
  return launchFunction(*shared, stream, config, arguments);
}

Expected<PtxModule> PtxModule::load(const Device &device, const std::string &path) {
  Expected<std::string> text = readFile(path);
  if (!text)
    return text.takeError();
  return fromSource(device, *text, path);
}

Expected<PtxModule> PtxModule::fromSource(const Device &device, std::string_view text, const std::string &name) {
  Expected<std::shared_ptr<ModuleState>> module = loadModule(device, text, name);
  if (!module)
    return module.takeError();
  return PtxModule(std::move(*module));
}

Expected<PtxKernel> PtxModule::kernel(std::string_view name) const {
  Expected<std::shared_ptr<FunctionState>> function = loadFunction(shared, name);
  if (!function)
    return function.takeError();
  return PtxKernel(std::move(*function));
}

std::vector<std::string> PtxModule::kernelNames() const {
  std::vector<std::string> names;
  for (const PtxKernelInfo &kernel : shared->info.kernels)
    names.push_back(kernel.name);
  return names;
}

const std::string &PtxModule::target() const { return shared->info.target; }

Expected<std::pair<std::uint64_t, std::size_t>> PtxModule::global(const std::string &name) const {
  const DeviceState &device = *shared->device;
  ContextScope scope(device);
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  if (CUresult result = device.driver().cuModuleGetGlobal_v2(&address, &bytes, shared->handle, name.c_str());
      result != CUDA_SUCCESS) {
    if (result == CUDA_ERROR_NOT_FOUND)
      return Error(ErrorCode::NotFound, "no variable '" + name + "' in '" + shared->name + "'");
    return device.library->error(result, "finding variable '" + name + "'");
  }
  return std::pair<std::uint64_t, std::size_t>(address, bytes);
}

} // namespace tessera
