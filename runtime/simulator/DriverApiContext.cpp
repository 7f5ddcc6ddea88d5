// Contexts: the primary one of each device, those that programs make, and what is current on a thread.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

constexpr unsigned kContextFlags = 0xff; // CU_CTX_FLAGS_MASK
constexpr unsigned kScheduleMask = 0x07; // CU_CTX_SCHED_MASK: one bit of it at most

bool areFlags(unsigned flags) {
  const unsigned schedule = flags & kScheduleMask;
  return (flags & ~kContextFlags) == 0 && (schedule & (schedule - 1)) == 0;
}

Context *findContext(CUcontext handle, CUresult &result) {
  if (!handle)
    return currentContext(result);
  Driver &state = driver();
  const std::lock_guard lock(state.mutex);
  if (state.contexts.contains(handle))
    return reinterpret_cast<Context *>(handle);
  result = fail(state.initialized ? CUDA_ERROR_INVALID_CONTEXT : CUDA_ERROR_NOT_INITIALIZED);
  return nullptr;
}

#define TESSERA_CONTEXT_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Context, findContext(handle, name##Result))

/// Limits as a new context has them.
std::size_t limitOf(const Context &context, unsigned limit) {
  if (const auto set = context.limits.find(limit); set != context.limits.end())
    return set->second;
  switch (limit) {
  case CU_LIMIT_STACK_SIZE:
    return 1024;
  case CU_LIMIT_PRINTF_FIFO_SIZE:
    return 1 << 20;
  case CU_LIMIT_MALLOC_HEAP_SIZE:
    return 8 << 20;
  case CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH:
    return 2;
  case CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT:
    return 2048;
  case CU_LIMIT_MAX_L2_FETCH_GRANULARITY:
    return 64;
  default:
    return 0;
  }
}

void releaseMemory(Device &device) {
  std::vector<std::uint64_t> addresses;
  {
    const std::lock_guard lock(driver().mutex);
    for (const auto &[address, block] : device.blocks)
      if (block.kind != Block::Kind::Variable && block.kind != Block::Kind::Mapped)
        addresses.push_back(address);
  }
  for (const std::uint64_t address : addresses)
    releaseBlock(device, address);
}

/// Streams end with their context.
void destroyStreams(const Context &context) {
  std::vector<Stream *> streams;
  {
    const std::lock_guard lock(driver().mutex);
    for (const void *handle : driver().streams)
      if (auto *stream = static_cast<Stream *>(const_cast<void *>(handle)); stream->context == &context)
        streams.push_back(stream);
    for (Stream *stream : streams)
      driver().streams.erase(stream);
  }
  for (Stream *stream : streams) {
    forgetStream(*stream);
    context.device->queue.removeLane(stream->lane);
    delete stream;
  }
}

CUresult create(CUcontext *context, unsigned flags, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(context && areFlags(flags))
  auto *created = new Context(found, flags, false);
  addHandle(created, &Driver::contexts);
  contextStack().push_back(created);
  *context = reinterpret_cast<CUcontext>(created);
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(context)
  const std::lock_guard lock(driver().mutex);
  ++found->primaryUsers;
  *context = reinterpret_cast<CUcontext>(&found->primary);
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  found->queue.waitForAll();
  found->queue.takeFault();
  releaseMemory(*found);
  found->primary.limits.clear();
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  bool last;
  {
    const std::lock_guard lock(driver().mutex);
    if (found->primaryUsers == 0)
      return fail(CUDA_ERROR_INVALID_CONTEXT);
    last = --found->primaryUsers == 0;
  }
  return last ? cuDevicePrimaryCtxReset_v2(device) : CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(areFlags(flags))
  found->primary.flags = flags;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags, int *active) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  const std::lock_guard lock(driver().mutex);
  if (flags)
    *flags = found->primary.flags;
  if (active)
    *active = found->primaryUsers > 0;
  return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned flags, CUdevice device) { return create(context, flags, device); }

CUresult cuCtxCreate_v3(CUcontext *context, void *affinity, int count, unsigned flags, CUdevice device) {
  if (affinity || count != 0)
    return fail(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY);
  return create(context, flags, device);
}

CUresult cuCtxCreate_v4(CUcontext *context, void *parameters, unsigned flags, CUdevice device) {
  return create(context, flags, device); // the parameters limit what share of a device it gets
}

CUresult cuCtxDestroy_v2(CUcontext context) {
  auto *destroyed = reinterpret_cast<Context *>(context);
  {
    const std::lock_guard lock(driver().mutex);
    if (!driver().contexts.contains(destroyed) || destroyed->isPrimary)
      return fail(CUDA_ERROR_INVALID_CONTEXT);
    driver().contexts.erase(destroyed);
  }
  std::vector<Context *> &stack = contextStack();
  if (!stack.empty() && stack.back() == destroyed)
    stack.pop_back();
  destroyed->device->queue.waitForAll();
  destroyStreams(*destroyed);
  delete destroyed;
  return CUDA_SUCCESS;
}

CUresult cuCtxAttach(CUcontext *context, unsigned flags) {
  TESSERA_REQUIRE(context && flags == 0)
  CUresult result = CUDA_SUCCESS;
  Context *current = currentContext(result);
  if (!current)
    return result;
  *context = reinterpret_cast<CUcontext>(current);
  return CUDA_SUCCESS;
}

CUresult cuCtxDetach(CUcontext context) { return cuCtxDestroy_v2(context); }

CUresult cuCtxGetCurrent(CUcontext *context) {
  TESSERA_REQUIRE(context)
  const std::vector<Context *> &stack = contextStack();
  *context = stack.empty() ? nullptr : reinterpret_cast<CUcontext>(stack.back());
  return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  {
    const std::lock_guard lock(driver().mutex);
    if (!driver().contexts.contains(context))
      return fail(driver().initialized ? CUDA_ERROR_INVALID_CONTEXT : CUDA_ERROR_NOT_INITIALIZED);
  }
  contextStack().push_back(reinterpret_cast<Context *>(context));
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  std::vector<Context *> &stack = contextStack();
  if (stack.empty())
    return fail(CUDA_ERROR_INVALID_CONTEXT);
  if (context)
    *context = reinterpret_cast<CUcontext>(stack.back());
  stack.pop_back();
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
  std::vector<Context *> &stack = contextStack();
  if (context) {
    TESSERA_RETURN_IF_FAILED(cuCtxPushCurrent_v2(context))
    if (stack.size() > 1)
      stack.erase(stack.end() - 2);
  } else if (!stack.empty()) {
    stack.pop_back();
  }
  return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice *device) { return cuCtxGetDevice_v2(device, nullptr); }

CUresult cuCtxGetDevice_v2(CUdevice *device, CUcontext context) {
  TESSERA_CONTEXT_OR_RETURN(found, context)
  TESSERA_REQUIRE(device)
  *device = found->device->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize() { return cuCtxSynchronize_v2(nullptr); }

CUresult cuCtxSynchronize_v2(CUcontext context) {
  TESSERA_CONTEXT_OR_RETURN(found, context)
  return synchronize(*found->device);
}

CUresult cuCtxGetFlags(unsigned *flags) {
  TESSERA_CONTEXT_OR_RETURN(context, nullptr)
  TESSERA_REQUIRE(flags)
  *flags = context->flags;
  return CUDA_SUCCESS;
}

CUresult cuCtxSetFlags(unsigned flags) {
  TESSERA_CONTEXT_OR_RETURN(context, nullptr)
  TESSERA_REQUIRE(areFlags(flags))
  context->flags = flags;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetId(CUcontext context, unsigned long long *id) {
  TESSERA_CONTEXT_OR_RETURN(found, context)
  TESSERA_REQUIRE(id)
  *id = found->id;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext context, unsigned *version) {
  TESSERA_CONTEXT_OR_RETURN(found, context)
  TESSERA_REQUIRE(version)
  *version = 13000;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetLimit(std::size_t *value, CUlimit limit) {
  TESSERA_CONTEXT_OR_RETURN(context, nullptr)
  TESSERA_REQUIRE(value)
  if (unsigned(limit) > CU_LIMIT_PERSISTING_L2_CACHE_SIZE)
    return fail(CUDA_ERROR_UNSUPPORTED_LIMIT);
  const std::lock_guard lock(driver().mutex);
  *value = limitOf(*context, limit);
  return CUDA_SUCCESS;
}

CUresult cuCtxSetLimit(CUlimit limit, std::size_t value) { // the simulator has room for whatever is asked
  TESSERA_CONTEXT_OR_RETURN(context, nullptr)
  if (unsigned(limit) > CU_LIMIT_PERSISTING_L2_CACHE_SIZE)
    return fail(CUDA_ERROR_UNSUPPORTED_LIMIT);
  const std::lock_guard lock(driver().mutex);
  context->limits[limit] = value;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCacheConfig(CUfunc_cache *config) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(config)
  *config = CU_FUNC_CACHE_PREFER_NONE;
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCacheConfig(CUfunc_cache config) { // a wish that no simulated architecture heeds
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(unsigned(config) <= 3)
  return CUDA_SUCCESS;
}

CUresult cuCtxGetSharedMemConfig(unsigned *config) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(config)
  *config = 1; // banks of four bytes, as all simulated architectures have
  return CUDA_SUCCESS;
}

CUresult cuCtxSetSharedMemConfig(unsigned config) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(config <= 2)
  return CUDA_SUCCESS;
}

CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (least)
    *least = 0;
  if (greatest)
    *greatest = -5;
  return CUDA_SUCCESS;
}

CUresult cuCtxResetPersistingL2Cache() {
  TESSERA_CURRENT_OR_RETURN(device)
  return CUDA_SUCCESS;
}

CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
  TESSERA_CONTEXT_OR_RETURN(current, nullptr)
  if (!peer)
    return fail(CUDA_ERROR_INVALID_CONTEXT);
  TESSERA_CONTEXT_OR_RETURN(other, peer)
  TESSERA_REQUIRE(flags == 0)
  return fail(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, "simulated kernels know the memory of their own device only");
}

CUresult cuCtxDisablePeerAccess(CUcontext peer) {
  TESSERA_CONTEXT_OR_RETURN(current, nullptr)
  if (!peer)
    return fail(CUDA_ERROR_INVALID_CONTEXT);
  TESSERA_CONTEXT_OR_RETURN(other, peer)
  return fail(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
}

CUresult cuCtxRecordEvent(CUcontext context, CUevent event) {
  TESSERA_CONTEXT_OR_RETURN(found, context)
  return fail(CUDA_ERROR_NOT_SUPPORTED, "cuCtxRecordEvent: the simulator records events on streams only");
}

CUresult cuCtxWaitEvent(CUcontext context, CUevent event) {
  TESSERA_CONTEXT_OR_RETURN(found, context)
  return fail(CUDA_ERROR_NOT_SUPPORTED, "cuCtxWaitEvent: streams, not contexts, wait for events in the simulator");
}

} // namespace tessera::cuda
