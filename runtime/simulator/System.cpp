//===- System.cpp - Fences, traps, hints, and the functions that the system provides --===//
//
// Instructions that change nothing a program can see here (fences, prefetches, policies), those that end it (trap), and
// vprintf,
// __assertfail, malloc and free, which PTX calls without defining them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/CommonFamilies.h"

#include <atomic>
#include <bit>
#include <cstdio>

namespace tessera::sim {

using namespace common;
using ptx::Space;
using ptx::Type;

namespace {

constexpr size_t MaximumText = 4096;

void nothing(Warp &, const Instr &) {}
void fenceMemory(Warp &warp, const Instr &) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (Order *order = warp.cta->order)
    order->fence(warp);
}
void sleep(Warp &warp, const Instr &) { warp.yielded = true; }
void trap(Warp &warp, const Instr &) {
  fault(warp, ErrorKind::Trap, warp.mask, 0, "the kernel executed a trap instruction");
}
void breakpoint(Warp &warp, const Instr &) {
  fault(warp, ErrorKind::Trap, warp.mask, 0, "the kernel executed a breakpoint");
}

/// A policy is opaque; any value does.
void makePolicy(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1)
    out<uint64_t>(warp, instr.op[0])[std::countr_zero(m)] = 0x1000'0000'0000'0000;
}

/// Reads `bytes` at a generic address as one lane; false when it cannot.
bool readGeneric(Warp &warp, unsigned lane, uint64_t address, void *to, unsigned bytes) {
  const uint32_t executing = warp.mask;
  warp.mask = 1u << lane;
  auto *target = static_cast<char *>(to);
  bool ok = true;
  for (unsigned i = 0; ok && i < bytes; ++i) {
    Lanes64 a;
    a.lane[lane] = address + i;
    ok = resolveSlowly(warp, Space::Generic, 1, AccessKind::Read, a);
    if (ok)
      target[i] = *reinterpret_cast<const char *>(a.lane[lane]);
  }
  warp.mask = executing;
  return ok;
}

bool readString(Warp &warp, unsigned lane, uint64_t address, std::string &text) {
  text.clear();
  if (address == 0) {
    text = "(null)";
    return true;
  }
  char c = 0;
  while (text.size() < MaximumText) {
    if (!readGeneric(warp, lane, address++, &c, 1))
      return false;
    if (c == 0)
      return true;
    text += c;
  }
  return true;
}

/// Formats for one lane; arguments lie at their natural alignment from `arguments` on.
class Formatter {
public:
  Formatter(Warp &warp, unsigned lane, uint64_t arguments) : warp(warp), lane(lane), cursor(arguments) {}

  bool run(const std::string &format, std::string &text) {
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%') {
        text += format[i];
        continue;
      }
      if (i + 1 < format.size() && format[i + 1] == '%') {
        text += format[++i];
        continue;
      }
      if (!conversion(format, i, text))
        return false;
    }
    return true;
  }

private:
  template <typename T> bool argument(T &value) {
    cursor = (cursor + sizeof(T) - 1) / sizeof(T) * sizeof(T);
    if (!readGeneric(warp, lane, cursor, &value, sizeof value))
      return false;
    cursor += sizeof(T);
    return true;
  }

  /// `i` stands on '%' and is left on the conversion's last character.
  bool conversion(const std::string &format, size_t &i, std::string &text) {
    std::string spec = "%";
    bool isLong = false;
    for (++i; i < format.size(); ++i) {
      const char c = format[i];
      if (c == '*') {
        int32_t value;
        if (!argument(value))
          return false;
        spec += std::to_string(std::max(-1024, std::min(value, 1024)));
      } else if (c == 'l' || c == 'j' || c == 'z' || c == 't') {
        isLong = true;
      } else if (c == 'h') {
        continue;
      } else if ((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == ' ' || c == '#') {
        if (spec.size() < 16)
          spec += c;
      } else {
        return value(c, spec, isLong, text);
      }
    }
    text += spec;
    return true;
  }

  bool value(char c, std::string &spec, bool isLong, std::string &text) {
    char buffer[2048];
    buffer[0] = 0;
    switch (c) {
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
      long long number = 0;
      if (isLong) {
        int64_t v;
        if (!argument(v))
          return false;
        number = v;
      } else {
        int32_t v;
        if (!argument(v))
          return false;
        number = c == 'd' || c == 'i' ? v : static_cast<long long>(static_cast<uint32_t>(v));
      }
      spec += "ll";
      spec += c;
      std::snprintf(buffer, sizeof buffer, spec.c_str(), number);
      break;
    }
    case 'c': {
      int32_t v;
      if (!argument(v))
        return false;
      spec += 'c';
      std::snprintf(buffer, sizeof buffer, spec.c_str(), v);
      break;
    }
    case 'p': {
      uint64_t v;
      if (!argument(v))
        return false;
      std::snprintf(buffer, sizeof buffer, "0x%llx", static_cast<unsigned long long>(v));
      break;
    }
    case 's': {
      uint64_t address;
      std::string string;
      if (!argument(address) || !readString(warp, lane, address, string))
        return false;
      spec += 's';
      std::snprintf(buffer, sizeof buffer, spec.c_str(), string.c_str());
      break;
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A': {
      double v;
      if (!argument(v))
        return false;
      spec += c;
      std::snprintf(buffer, sizeof buffer, spec.c_str(), v);
      break;
    }
    default:
      text += spec;
      text += c;
      return true;
    }
    text += buffer;
    return true;
  }

  Warp &warp;
  unsigned lane;
  uint64_t cursor;
};

uint64_t argumentOf(const Warp &warp, const CallSite &site, unsigned index, unsigned lane) {
  uint64_t value = 0;
  if (index < site.arguments.size()) {
    const Slot &slot = site.arguments[index];
    std::memcpy(&value, warp.local + size_t(lane) * warp.localStride + warp.frame->localBase + slot.offset,
                std::min<uint32_t>(slot.size, sizeof value));
  }
  return value;
}

void setResult(Warp &warp, const CallSite &site, unsigned lane, uint64_t value) {
  if (site.results.empty())
    return;
  const Slot &slot = site.results[0];
  std::memcpy(warp.local + size_t(lane) * warp.localStride + warp.frame->localBase + slot.offset, &value,
              std::min<uint32_t>(slot.size, sizeof value));
}

void printFormatted(Warp &warp, const CallSite &site) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    std::string format, text;
    if (!readString(warp, lane, argumentOf(warp, site, 0, lane), format) ||
        !Formatter(warp, lane, argumentOf(warp, site, 1, lane)).run(format, text))
      return;
    warp.cta->printed += text;
    setResult(warp, site, lane, text.size());
  }
}

void failAssertion(Warp &warp, const CallSite &site) {
  const unsigned lane = std::countr_zero(warp.mask);
  std::string message, file, function;
  if (!readString(warp, lane, argumentOf(warp, site, 0, lane), message) ||
      !readString(warp, lane, argumentOf(warp, site, 1, lane), file) ||
      !readString(warp, lane, argumentOf(warp, site, 3, lane), function))
    return;
  fault(warp, ErrorKind::Assert, warp.mask, 0,
        "'" + message + "' in " + function + " at " + file + ":" +
            std::to_string(argumentOf(warp, site, 2, lane) & 0xFFFFFFFF));
}

void allocateOnDevice(Warp &warp, const CallSite &site) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t size = argumentOf(warp, site, 0, lane);
    setResult(warp, site, lane, warp.cta->launch->memory->allocate(size ? size : 1));
  }
}

/// The memory stays readable until the module's Memory goes: other warps may still have its bounds at hand.
void freeOnDevice(Warp &warp, const CallSite &site) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t address = argumentOf(warp, site, 0, lane);
    const auto found = warp.cta->launch->memory->find(address);
    if (address && (!found || found->base != address)) {
      fault(warp, ErrorKind::InvalidInstruction, m & -m, address, "free of an address that malloc did not return");
      return;
    }
  }
}

void takeAll(Decoder &d, std::initializer_list<std::string_view> known) {
  while (d.takeOneOf(known) >= 0) {
  }
}

/// fence.proxy.async orders what generic instructions did before what the copy engine and wgmma do after it.
void fenceAsync(Warp &warp, const Instr &) {
  if (Order *order = warp.cta->order)
    order->fenceProxy(warp);
}

bool decodeFence(Decoder &d) {
  const bool proxy = d.take("proxy");
  if (proxy && d.take("tensormap::generic"))
    return decodeTensorMapFence(d);
  const bool async = proxy && (d.take("async") || d.take("async::generic"));
  takeAll(d, {"cta", "gl", "gpu", "sys", "cluster", "sc", "acq_rel", "acquire", "release", "alias", "global",
              "shared::cta", "shared::cluster", "mbarrier_init", "sync_restrict::shared::cta",
              "sync_restrict::shared::cluster", "generic"});
  d.instr.exec = async ? fenceAsync : fenceMemory;
  return d.done(0);
}

bool decodePolicy(Decoder &d) {
  d.takeOneOf({"fractional", "range", "cvt"});
  takeAll(d, {"L2", "global"});
  for (std::string_view modifier = d.takePrefix("L2::"); !modifier.empty(); modifier = d.takePrefix("L2::")) {
  }
  d.take("b64");
  d.instr.op[0] = d.define(0, 64);
  d.instr.exec = makePolicy;
  return d.done(1, 4);
}

bool decodePrefetch(Decoder &d) {
  takeAll(d, {"global", "local", "L1", "L2", "tensormap", "param", "const", "L2::evict_last", "L2::evict_normal",
              "L2::128B"});
  d.instr.exec = nothing;
  return d.done(1, 2);
}

/// setmaxnreg: registers are not rationed here, but what the hardware would not take is refused.
bool decodeSetRegisters(Decoder &d) {
  constexpr int64_t Least = 24, Most = 256, Step = 8;
  if (d.takeOneOf({"inc", "dec"}) < 0 || !d.take("sync") || !d.take("aligned") || d.takeType() != Type::U32)
    return false;
  if (d.operandCount() != 1 || d.operand(0).kind != ptx::Operand::Immediate)
    return d.fail("expected an immediate in 'setmaxnreg'");
  const int64_t registers = d.operand(0).value;
  if (registers < Least || registers > Most || registers % Step != 0)
    return d.fail("setmaxnreg to " + std::to_string(registers) + " registers: expected a multiple of 8 from 24 to 256");
  d.instr.kind = Kind::WarpSync; // all lanes of the warp
  d.instr.exec = nothing;
  return d.done(1);
}

} // namespace

bool common::decodeSystem(Decoder &d) {
  const std::string_view root = d.root();
  if (root == "membar" || root == "fence")
    return decodeFence(d);
  if (root == "createpolicy")
    return decodePolicy(d);
  if (root == "prefetch" || root == "prefetchu" || root == "applypriority" || root == "discard")
    return decodePrefetch(d);
  if (root == "trap" || root == "brkpt") {
    d.instr.kind = Kind::Faulting;
    d.instr.exec = root == "trap" ? trap : breakpoint;
    return d.done(0);
  }
  if (root == "nanosleep") {
    d.takeType();
    d.instr.kind = Kind::Yield;
    d.instr.exec = sleep;
    return d.done(1);
  }
  if (root == "griddepcontrol") {
    if (d.takeOneOf({"wait", "launch_dependents"}) < 0)
      return false;
    d.instr.exec = nothing;
    return d.done(0);
  }
  if (root == "setmaxnreg")
    return decodeSetRegisters(d);
  // pmevent
  d.take("mask");
  d.instr.exec = nothing;
  return d.done(1);
}

std::vector<FamilyEntry> commonFamilies() {
  return {{"atom", decodeAtomic},          {"red", decodeAtomic},        {"cp", decodeAsyncCopy},
          {"mbarrier", decodeMbarrier},    {"membar", decodeSystem},     {"fence", decodeSystem},
          {"createpolicy", decodeSystem},  {"prefetch", decodeSystem},   {"prefetchu", decodeSystem},
          {"applypriority", decodeSystem}, {"discard", decodeSystem},    {"trap", decodeSystem},
          {"brkpt", decodeSystem},         {"nanosleep", decodeSystem},  {"griddepcontrol", decodeSystem},
          {"setmaxnreg", decodeSystem},    {"pmevent", decodeSystem},    {"tensormap", decodeTensorMap},
          {"vadd2", decodeVideo},          {"vadd4", decodeVideo},       {"vsub2", decodeVideo},
          {"vsub4", decodeVideo},          {"vavrg2", decodeVideo},      {"vavrg4", decodeVideo},
          {"vabsdiff2", decodeVideo},      {"vabsdiff4", decodeVideo},   {"vmin2", decodeVideo},
          {"vmin4", decodeVideo},          {"vmax2", decodeVideo},       {"vmax4", decodeVideo},
          {"vset2", decodeVideo},          {"vset4", decodeVideo},       {"alloca", decodeStack},
          {"stacksave", decodeStack},      {"stackrestore", decodeStack}};
}

void callSystem(Warp &warp, SystemCall call, const CallSite &site) {
  switch (call) {
  case SystemCall::Vprintf:
    return printFormatted(warp, site);
  case SystemCall::AssertFail:
    return failAssertion(warp, site);
  case SystemCall::Malloc:
    return allocateOnDevice(warp, site);
  case SystemCall::Free:
    return freeOnDevice(warp, site);
  }
}

} // namespace tessera::sim
