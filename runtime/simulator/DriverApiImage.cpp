// What programs hand over as code: PTX text, or a fat binary with PTX in it, as nvcc embeds in programs.
//
//   wrapper      u32 0x466243b1, u32 version, pointer to a container, ...       what __cudaRegisterFatBinary gets
//   container    u32 0xba55ed50, u16 version, u16 header bytes, u64 bytes of entries
//   entry        u16 kind (1 PTX, 2 cubin), ..., u32 header bytes at 4, u64 payload bytes at 8, u32 compressed bytes
//                at 16, u32 architecture at 28, u64 flags at 40 (0x2000 LZ4, 0x8000 Zstandard), u64 bytes unpacked
//                at 56
//
// LZ4 is unpacked here; Zstandard, which nvcc 12.4 and later use, by the library of the system, found when it is
// needed.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <charconv>
#include <cstring>
#include <dlfcn.h>
#include <set>

using namespace tessera::cuda;

namespace tessera::sim::api {
namespace {

constexpr std::uint32_t kWrapper = 0x466243b1, kContainer = 0xba55ed50, kElf = 0x464c457f;
constexpr std::uint16_t kKindPtx = 1, kKindCubin = 2;
constexpr std::uint64_t kLz4 = 0x2000, kZstandard = 0x8000;
constexpr std::size_t kLargestText = std::size_t(1) << 30;

template <typename T> T load(const char *from) {
  T value;
  std::memcpy(static_cast<void *>(&value), from, sizeof(T));
  return value;
}

struct Entry {
  std::uint16_t kind = 0;
  unsigned architecture = 0;
  std::uint64_t flags = 0;
  const char *payload = nullptr;
  std::size_t packedBytes = 0, bytes = 0;
};

/// Unpacks a block of LZ4; false when it is malformed or not of the size it should have.
bool unpackLz4(const unsigned char *from, std::size_t size, std::string &to, std::size_t bytes) {
  const unsigned char *end = from + size;
  const auto length = [&](std::size_t nibble) { // 15: more bytes follow
    std::size_t sum = nibble;
    for (unsigned char byte = 255; nibble == 15 && byte == 255 && from < end; sum += byte)
      byte = *from++;
    return sum;
  };
  to.clear();
  to.reserve(bytes);
  while (from < end) {
    const unsigned char token = *from++;
    const std::size_t literals = length(token >> 4);
    if (literals > std::size_t(end - from) || to.size() + literals > bytes)
      return false;
    to.append(reinterpret_cast<const char *>(from), literals);
    from += literals;
    if (from == end)
      break; // the last sequence has no match
    if (end - from < 2)
      return false;
    const std::size_t distance = from[0] | std::size_t(from[1]) << 8;
    from += 2;
    const std::size_t matched = length(token & 15) + 4;
    if (distance == 0 || distance > to.size() || to.size() + matched > bytes)
      return false;
    for (std::size_t i = 0; i < matched; ++i) // may overlap what it makes
      to.push_back(to[to.size() - distance]);
  }
  return to.size() == bytes;
}

/// Unpacks a frame of Zstandard; a text of what went wrong, empty on success.
std::string unpackZstandard(const char *from, std::size_t size, std::string &to, std::size_t bytes) {
  using Decompress = std::size_t (*)(void *, std::size_t, const void *, std::size_t);
  static const auto decompress = [] {
    void *library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
    return library ? reinterpret_cast<Decompress>(dlsym(library, "ZSTD_decompress")) : nullptr;
  }();
  if (!decompress)
    return "its PTX is compressed with Zstandard and libzstd.so.1 is not there to unpack it (nvcc "
           "--compress-mode=none leaves it as it is)";
  to.resize(bytes);
  return decompress(to.data(), bytes, from, size) == bytes ? "" : "its compressed PTX is damaged";
}

std::string unpack(const Entry &entry, std::string &text) {
  if (entry.bytes > kLargestText)
    return "its PTX is damaged";
  std::string failure;
  if (entry.flags & kZstandard)
    failure = unpackZstandard(entry.payload, entry.packedBytes, text, entry.bytes);
  else if (entry.flags & kLz4)
    failure = unpackLz4(reinterpret_cast<const unsigned char *>(entry.payload), entry.packedBytes, text, entry.bytes)
                  ? ""
                  : "its compressed PTX is damaged";
  else
    text.assign(entry.payload, entry.packedBytes);
  text.resize(std::strlen(text.c_str())); // padded with zeros
  return failure;
}

/// The entries of a container; empty when it is malformed.
std::vector<Entry> entriesOf(const char *container) {
  constexpr std::size_t kLeastHeader = 64;
  std::vector<Entry> entries;
  const char *at = container + load<std::uint16_t>(container + 6);
  const char *end = at + load<std::uint64_t>(container + 8);
  while (std::size_t(end - at) >= kLeastHeader) {
    const auto header = load<std::uint32_t>(at + 4);
    const auto size = load<std::uint64_t>(at + 8);
    if (header < kLeastHeader || header > std::size_t(end - at) || size > std::size_t(end - at) - header)
      return {};
    Entry entry{
        load<std::uint16_t>(at), load<std::uint32_t>(at + 28), load<std::uint64_t>(at + 40), at + header, size, size};
    if (entry.flags & (kLz4 | kZstandard)) {
      entry.packedBytes = load<std::uint32_t>(at + 16);
      entry.bytes = load<std::uint64_t>(at + 56);
      if (entry.packedBytes > size)
        return {};
    }
    entries.push_back(entry);
    at += header + size;
  }
  return entries;
}

/// "sm_90a" of `.target sm_90a, debug`.
std::string targetOf(const std::string &text) {
  std::size_t at = text.find(".target");
  if (at == std::string::npos)
    return {};
  at = text.find_first_not_of(" \t", at + 7);
  return at == std::string::npos ? "" : text.substr(at, text.find_first_of(", \t\r\n", at) - at);
}

CUresult readContainer(const Architecture &architecture, const char *container, std::string &text) {
  std::set<std::string> others;
  std::string failure;
  bool hasPtx = false;
  unsigned best = 0;
  for (const Entry &entry : entriesOf(container)) {
    if (entry.kind != kKindPtx) {
      others.insert((entry.kind == kKindCubin ? "a cubin for sm_" : "an unknown entry for sm_") +
                    std::to_string(entry.architecture));
      continue;
    }
    std::string candidate;
    if (std::string problem = unpack(entry, candidate); !problem.empty()) {
      failure = std::move(problem);
      continue;
    }
    hasPtx = true;
    const std::string target = targetOf(candidate);
    if (!runsOn(architecture, target)) {
      others.insert("PTX for " + target);
    } else if (text.empty() || entry.architecture >= best) {
      best = entry.architecture;
      text = std::move(candidate);
    }
  }
  if (!text.empty())
    return CUDA_SUCCESS;
  std::string what;
  for (const std::string &other : others)
    what += (what.empty() ? "" : ", ") + other;
  if (!failure.empty())
    return fail(CUDA_ERROR_INVALID_IMAGE, "the fat binary cannot be read: " + failure);
  if (what.empty())
    return fail(CUDA_ERROR_INVALID_IMAGE, "the fat binary is empty or damaged");
  return fail(CUDA_ERROR_NO_BINARY_FOR_GPU,
              hasPtx ? "the simulated device is " + std::string(architecture.target) + ", the fat binary holds " + what
                     : "the simulator executes PTX, the fat binary holds none: " + what +
                           " (nvcc -gencode arch=compute_80,code=compute_80 embeds PTX)");
}

} // namespace

bool runsOn(const Architecture &architecture, std::string_view target) {
  if (!target.starts_with("sm_"))
    return false;
  int capability = 0;
  const auto [end, failed] = std::from_chars(target.data() + 3, target.data() + target.size(), capability);
  if (failed != std::errc())
    return false;
  const int have = architecture.major * 10 + architecture.minor;
  const std::string_view suffix = target.substr(std::size_t(end - target.data()));
  if (suffix == "a") // of this architecture only
    return have == capability;
  if (suffix == "f") // of its family: the same major number
    return have / 10 == capability / 10 && have >= capability;
  return have >= capability;
}

CUresult readImage(const Architecture &architecture, const void *image, std::size_t size, std::string &text) {
  const auto *bytes = static_cast<const char *>(image);
  if (size > 0 && size < 4) {
    text.assign(bytes, size);
    return CUDA_SUCCESS;
  }
  char head[4] = {};
  for (std::size_t i = 0; i < 4 && (i == 0 || head[i - 1]); ++i) // a text may be shorter
    head[i] = bytes[i];
  auto magic = load<std::uint32_t>(head);
  if (magic == kWrapper) {
    bytes = load<const char *>(bytes + 8);
    TESSERA_REQUIRE(bytes)
    magic = load<std::uint32_t>(bytes);
  }
  if (magic == kContainer)
    return readContainer(architecture, bytes, text);
  if (magic == kElf)
    return fail(CUDA_ERROR_NO_BINARY_FOR_GPU,
                "the simulator executes PTX text, this image is a cubin or another object file");
  text = size > 0 ? std::string(bytes, strnlen(bytes, size)) : std::string(bytes);
  return CUDA_SUCCESS;
}

} // namespace tessera::sim::api
