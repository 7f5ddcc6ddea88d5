//===- TritonKernels.cpp - Launching what Triton compiled -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include "runtime/simulator/TensorMap.h"

#include <bit>
#include <cstdlib>
#include <sstream>

namespace tessera::sim {

namespace {

/// A floating-point format of at most 16 bits, or one that is rounded to within 32.
struct Format {
  int exponentBits, fractionBits;
  bool infinities; ///< the largest exponent holds infinities and NaNs; else all ones is the only NaN
  int least() const { return 2 - (1 << (exponentBits - 1)); } ///< exponent of the smallest normal number
  double largest() const {
    const int top = (1 << exponentBits) - (infinities ? 2 : 1) - 1 + least();
    const double whole = std::ldexp(2.0, fractionBits) - (infinities ? 1 : 2); // all ones is the NaN
    return std::ldexp(whole, top - fractionBits);
  }
  /// The nearest representable value; what is too large becomes the largest, as compilers convert to eight bits.
  double nearest(double value) const {
    if (!std::isfinite(value) || value == 0)
      return value;
    const int exponent = std::max(std::ilogb(value), least());
    const double step = std::ldexp(1.0, exponent - fractionBits), rounded = std::nearbyint(value / step) * step;
    return std::fabs(rounded) > largest() ? std::copysign(largest(), value) : rounded;
  }
  uint32_t bits(double value) const {
    const double v = nearest(value), magnitude = std::fabs(v);
    const uint32_t sign = uint32_t(std::signbit(v)) << (exponentBits + fractionBits);
    if (std::isnan(v))
      return (1u << (exponentBits + fractionBits)) - 1;
    if (std::isinf(v))
      return sign | ((1u << exponentBits) - 1) << fractionBits;
    if (magnitude < std::ldexp(1.0, least()))
      return sign | static_cast<uint32_t>(std::ldexp(magnitude, fractionBits - least()));
    const int exponent = std::ilogb(magnitude);
    const auto whole = static_cast<uint32_t>(std::ldexp(magnitude, fractionBits - exponent));
    return sign | (uint32_t(exponent - least() + 1) << fractionBits) | (whole & ((1u << fractionBits) - 1));
  }
  double value(uint32_t bits) const {
    const uint32_t fraction = bits & ((1u << fractionBits) - 1), top = (1u << exponentBits) - 1;
    const uint32_t exponent = bits >> fractionBits & top;
    double magnitude;
    if (infinities && exponent == top)
      magnitude = fraction ? NAN : INFINITY;
    else if (!infinities && exponent == top && fraction + 1 == 1u << fractionBits)
      magnitude = NAN;
    else if (exponent == 0)
      magnitude = std::ldexp(fraction, least() - fractionBits);
    else
      magnitude = std::ldexp(fraction + (1u << fractionBits), int(exponent) - 1 + least() - fractionBits);
    return bits >> (exponentBits + fractionBits) & 1 ? -magnitude : magnitude;
  }
};

/// Null for integers, f32 and f64.
const Format *formatOf(Number type) {
  static constexpr Format Half{5, 10, true}, Bfloat{8, 7, true}, Tensor{8, 10, true}, Small{4, 3, false},
      Wide{5, 2, true};
  switch (type) {
  case Number::F16:
    return &Half;
  case Number::BF16:
    return &Bfloat;
  case Number::TF32:
    return &Tensor;
  case Number::E4M3:
    return &Small;
  case Number::E5M2:
    return &Wide;
  default:
    return nullptr;
  }
}

template <typename T> double decodeAs(const void *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}
template <typename T> void encodeAs(double value, void *bytes) {
  const T narrow = static_cast<T>(value);
  std::memcpy(bytes, &narrow, sizeof narrow);
}

/// Calls `f` with a value of the C++ type of an integer, f32 (tf32 too) or f64.
template <typename F> auto withType(Number type, const F &f) {
  switch (type) {
  case Number::F64:
    return f(double());
  case Number::I8:
    return f(int8_t());
  case Number::U8:
    return f(uint8_t());
  case Number::I16:
    return f(int16_t());
  case Number::U16:
    return f(uint16_t());
  case Number::I32:
    return f(int32_t());
  case Number::U32:
    return f(uint32_t());
  case Number::I64:
    return f(int64_t());
  case Number::U64:
    return f(uint64_t());
  default:
    return f(float());
  }
}

} // namespace

unsigned bytesOf(Number type) {
  switch (type) {
  case Number::F16:
  case Number::BF16:
    return 2;
  case Number::E4M3:
  case Number::E5M2:
    return 1;
  default:
    return withType(type, [](auto zero) { return static_cast<unsigned>(sizeof zero); });
  }
}

double decode(Number type, const void *bytes) {
  const Format *format = type == Number::TF32 ? nullptr : formatOf(type);
  if (!format)
    return withType(type, [&](auto zero) { return decodeAs<decltype(zero)>(bytes); });
  uint32_t bits = 0;
  std::memcpy(&bits, bytes, bytesOf(type));
  return format->value(bits);
}

void encode(Number type, double value, void *bytes) {
  const Format *format = formatOf(type);
  if (!format || type == Number::TF32)
    return withType(type, [&](auto zero) { encodeAs<decltype(zero)>(format ? format->nearest(value) : value, bytes); });
  const uint32_t bits = format->bits(value);
  std::memcpy(bytes, &bits, bytesOf(type));
}

double roundingOf(Number type) {
  if (const Format *format = formatOf(type))
    return std::ldexp(1.0, -1 - format->fractionBits);
  return type == Number::F32 ? 0x1p-24 : type == Number::F64 ? 0x1p-53 : 0;
}

double leastRoundingOf(Number type) {
  if (const Format *format = formatOf(type))
    return std::ldexp(1.0, format->least() - format->fractionBits - 1);
  return type == Number::F32 ? 0x1p-126 : 0; // approximate operations may flush
}

Buffer::Buffer(Memory &memory, Number type, const std::vector<double> &values) : Buffer(memory, type, values.size()) {
  std::vector<uint8_t> raw(count * bytesOf(type));
  for (size_t i = 0; i < count; ++i)
    encode(type, values[i], raw.data() + i * bytesOf(type));
  memory.write(address(), raw.data(), raw.size());
}

std::vector<double> Buffer::host() const {
  const std::vector<uint8_t> raw = bytes.host();
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = decode(type, raw.data() + i * bytesOf(type));
  return values;
}

bool Buffer::untouched(size_t first, size_t number) const {
  const std::vector<uint8_t> raw = bytes.host();
  const auto begin = raw.begin() + static_cast<ptrdiff_t>(first * bytesOf(type));
  return std::all_of(begin, begin + static_cast<ptrdiff_t>(number * bytesOf(type)),
                     [](uint8_t byte) { return byte == 0xCB; });
}

HostTensor::HostTensor(const Buffer &buffer, std::vector<int64_t> dimensions, std::vector<int64_t> steps, bool nan)
    : address(buffer.address()), shape(std::move(dimensions)), strides(std::move(steps)), nan(nan) {
  if (!strides.empty())
    return;
  strides.assign(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
}

TritonHead readTritonHead(const std::string &text) {
  TritonHead head;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line) && line.starts_with("//");) {
    std::stringstream words(line);
    std::string slashes, kind, word;
    words >> slashes >> kind;
    if (kind == "descriptor")
      head.descriptors.emplace_back();
    while (words >> word) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos)
        continue;
      const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
      const auto number = [&] { return static_cast<unsigned>(std::stoul(value)); };
      if (key == "kernel")
        head.kernel = value;
      else if (key == "warps")
        head.warps = number();
      else if (key == "shared")
        head.shared = number();
      else if (key == "cluster")
        head.cluster = number();
      else if (key == "scratch")
        head.scratch = number();
      else if (key == "align")
        head.align = number();
      else if (key == "type")
        head.descriptors.back().type = number();
      else if (key == "bytes")
        head.descriptors.back().bytes = number();
      else if (key == "swizzle")
        head.descriptors.back().swizzle = number();
      else if (key == "block") {
        std::stringstream sides(value);
        for (std::string side; std::getline(sides, side, 'x');)
          head.descriptors.back().block.push_back(static_cast<unsigned>(std::stoul(side)));
      }
    }
  }
  return head;
}

/// What Triton's launcher asks of cuTensorMapEncodeTiled.
static std::vector<std::byte> encodeMap(const HostTensor &tensor, const TritonHead::Descriptor &how) {
  const size_t rank = tensor.shape.size();
  EXPECT_EQ(how.block.size(), rank);
  TensorDescription description;
  description.element = static_cast<TensorElement>(how.type);
  EXPECT_EQ(bytesOf(description.element), how.bytes);
  description.rank = static_cast<unsigned>(rank);
  description.address = tensor.address;
  for (size_t i = 0; i < rank; ++i) {
    description.size[i] = static_cast<uint64_t>(tensor.shape[rank - 1 - i]);
    description.box[i] = how.block[rank - 1 - i];
    if (i + 1 < rank)
      description.stride[i] = static_cast<uint64_t>(tensor.strides[rank - 2 - i]) * how.bytes;
  }
  description.swizzle = static_cast<TensorSwizzle>(how.swizzle);
  description.fill = tensor.nan ? TensorFill::Nan : TensorFill::Zero;
  const auto map = TensorMap::encode(description);
  EXPECT_TRUE(bool(map)) << map.error();
  return {map.get().bytes.begin(), map.get().bytes.end()};
}

void TritonArguments::add(const HostTensor &tensor) {
  if (!head.descriptors.empty()) {
    ASSERT_LT(descriptor, head.descriptors.size());
    values.push_back(encodeMap(tensor, head.descriptors[descriptor++]));
  } else {
    addRaw(tensor.address);
    for (const auto *list : {&tensor.shape, &tensor.strides})
      for (const int64_t value : *list)
        addRaw(value);
    addRaw(static_cast<uint8_t>(tensor.nan));
  }
  for (const int64_t side : tensor.shape)
    addRaw(static_cast<int32_t>(side));
  for (const int64_t stride : tensor.strides)
    addRaw(stride);
}

std::vector<std::byte> TritonArguments::pack(const Kernel &kernel) const {
  std::vector<std::byte> bytes(kernel.parameterBytes);
  EXPECT_EQ(values.size(), kernel.parameters.size());
  for (size_t i = 0; i < std::min(values.size(), kernel.parameters.size()); ++i) {
    EXPECT_EQ(values[i].size(), kernel.parameters[i].size) << "parameter " << i;
    std::memcpy(bytes.data() + kernel.parameters[i].offset, values[i].data(),
                std::min<size_t>(values[i].size(), kernel.parameters[i].size));
  }
  return bytes;
}

TritonKernels::TritonKernels() : SimulatorTest({.trackWrites = true}) {}

void TritonKernels::launchPacked(const std::string &file, const std::string &text, const TritonHead &head, Dim3 grid,
                                 TritonArguments &arguments) {
  const auto module = parse(text, file);
  ASSERT_TRUE(module);
  const Kernel *kernel = module->kernel(head.kernel);
  ASSERT_NE(kernel, nullptr) << file;
  grid.x *= head.cluster;
  const DeviceArray<uint8_t> scratch(memory, std::max<uint64_t>(head.scratch * grid.count(), 1));
  arguments.add(head.scratch ? scratch.address() : uint64_t(0));
  arguments.add(uint64_t(0));
  const std::vector<std::byte> parameters = arguments.pack(*kernel);
  LaunchConfig launchConfig = config;
  launchConfig.grid = grid;
  launchConfig.block = {32 * head.warps};
  launchConfig.cluster = {head.cluster, 1, 1};
  launchConfig.dynamicShared = head.shared;
  launchConfig.parameters = parameters;
  launchConfig.print = [this](std::string_view text) { printed += text; };
  launchConfig.checks.instructionLimit = 50'000'000;
  addChecksOfEnvironment(launchConfig);
  const Report report = launch(*module, *kernel, launchConfig);
  ASSERT_TRUE(report.ok()) << file << ": " << report.text();
  counted = report.counts;
}

void TritonKernels::repeat(const std::function<void()> &body) {
  const char *asked = std::getenv("TESSERA_TEST_SEEDS");
  const unsigned seeds = asked ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 2;
  for (unsigned seed = 0; seed <= seeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed) + (seed ? ", every check on" : ", no checks"));
    config.seed = seed;
    config.checks.uninitialized = config.checks.races = config.checks.async = seed > 0;
    body();
  }
}

std::vector<double> TritonKernels::uniform(Number type, size_t count, double low, double high) {
  std::uniform_real_distribution<double> distribution(low, high);
  std::vector<double> values(count);
  for (double &value : values) {
    uint64_t raw = 0;
    encode(type, distribution(random), &raw);
    value = decode(type, &raw);
  }
  return values;
}

std::vector<double> TritonKernels::whole(size_t count, int64_t low, int64_t high) {
  std::uniform_int_distribution<int64_t> distribution(low, high);
  std::vector<double> values(count);
  for (double &value : values)
    value = static_cast<double>(distribution(random));
  return values;
}

testing::AssertionResult TritonKernels::near(Number type, double got, double expected, double bound) {
  if (std::isnan(expected) ? std::isnan(got) : got == expected)
    return testing::AssertionSuccess();
  const double allowed = bound + (std::fabs(expected) + bound) * roundingOf(type) + leastRoundingOf(type);
  if (std::fabs(got - expected) <= allowed)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << got << " in place of " << expected << ", off by " << got - expected << " where "
                                     << allowed << " is allowed";
}

} // namespace tessera::sim
