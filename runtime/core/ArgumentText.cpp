// Arguments as text: what a SPEC says.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/ArgumentSet.h"

#include "runtime/core/Spelling.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>

namespace tessera {
namespace {

constexpr std::string_view kTypes = "i1 i8 i16 i32 i64 u8 u16 u32 u64 fp16 bf16 fp8e4nv fp8e5 fp32 fp64";

std::vector<std::string> typeNames() {
  std::vector<std::string> names;
  for (std::string_view left = kTypes; !left.empty();) {
    const std::size_t space = std::min(left.find(' '), left.size());
    names.emplace_back(left.substr(0, space));
    left.remove_prefix(std::min(space + 1, left.size()));
  }
  return names;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

Error bad(std::string_view spec, const std::string &why) {
  return Error(ErrorCode::InvalidArgument, "'" + std::string(spec) + "': " + why);
}

/// An integer in decimal or 0x; its bits, and whether a minus stood before it.
struct ParsedInteger {
  std::uint64_t magnitude = 0;
  bool isNegative = false;
};
std::optional<ParsedInteger> parseInteger(std::string_view text) {
  ParsedInteger parsed;
  if (text.starts_with('-') || text.starts_with('+')) {
    parsed.isNegative = text[0] == '-';
    text.remove_prefix(1);
  }
  const bool isHex = text.starts_with("0x") || text.starts_with("0X");
  if (isHex)
    text.remove_prefix(2);
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), parsed.magnitude, isHex ? 16 : 10);
  if (failed != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return parsed;
}

Expected<std::uint64_t> scalarBits(std::string_view spec, ScalarType type, std::string_view text) {
  if (isFloat(type)) {
    double value = 0;
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failed != std::errc() || end != digits.data() + digits.size() || digits.empty())
      return bad(spec, "'" + std::string(text) + "' is no number");
    if (type == ScalarType::FP64)
      return std::bit_cast<std::uint64_t>(value);
    HostArray one(type, {1});
    one.set(0, value);
    std::uint64_t bits = 0;
    std::memcpy(&bits, one.bytes.data(), one.bytes.size());
    return bits;
  }
  if (type == ScalarType::I1 && (text == "True" || text == "true" || text == "False" || text == "false"))
    return std::uint64_t(text[0] == 'T' || text[0] == 't');
  std::optional<ParsedInteger> parsed = parseInteger(text);
  if (!parsed)
    return bad(spec, "'" + std::string(text) + "' is no integer" + (type == ScalarType::I1 ? ", True or False" : ""));
  const unsigned width = type == ScalarType::I1 ? 1 : unsigned(8 * sizeOf(type));
  const bool hasSign = isSigned(type);
  const std::uint64_t most = hasSign ? (std::uint64_t(1) << (width - 1)) - 1 : ~std::uint64_t(0) >> (64 - width);
  const std::uint64_t allowed = parsed->isNegative ? (hasSign ? most + 1 : 0) : most;
  if (parsed->magnitude > allowed)
    return bad(spec, std::string(text) + " does not fit " + std::string(nameOf(type)) + ", which holds " +
                         (hasSign ? "-" + std::to_string(most + 1) : "0") + " to " + std::to_string(most));
  const std::uint64_t bits = parsed->isNegative ? 0 - parsed->magnitude : parsed->magnitude;
  return width == 64 ? bits : bits & (~std::uint64_t(0) >> (64 - std::max(width, 8u)));
}

/// Takes what stands before the next comma off the front of a list.
std::string_view takeItem(std::string_view &list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view item = trim(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return item;
}

Expected<std::vector<std::int64_t>> parseIntegers(std::string_view spec, std::string_view text, const char *what) {
  std::vector<std::int64_t> integers;
  for (std::string_view left = text; !trim(left).empty();) {
    const std::string_view item = takeItem(left);
    std::int64_t value = 0;
    auto [end, failed] = std::from_chars(item.data(), item.data() + item.size(), value);
    if (failed != std::errc() || end != item.data() + item.size())
      return bad(spec, "'" + std::string(item) + "' is no " + what);
    integers.push_back(value);
  }
  return integers;
}

Expected<std::vector<std::int64_t>> parseShape(std::string_view spec, std::string_view text, ScalarType type) {
  Expected<std::vector<std::int64_t>> shape = parseIntegers(spec, text, "side of a shape");
  if (!shape)
    return shape;
  if (shape->empty())
    return bad(spec, "the shape is empty");
  std::size_t bytes = sizeOf(type);
  for (const std::int64_t side : *shape) {
    if (side < 0)
      return bad(spec, "'" + std::to_string(side) + "' is no side of a shape");
    if (side != 0 && bytes > std::size_t(std::numeric_limits<std::int64_t>::max()) / std::size_t(side))
      return bad(spec, "the buffer would have more bytes than can be addressed");
    bytes *= std::size_t(side);
  }
  return shape;
}

/// NAME, NAME+OFFSET or NAME-OFFSET, for `argument` to point to.
Status parseTarget(std::string_view spec, std::string_view text, const char *form, ArgumentText &argument) {
  const std::size_t sign = text.find_first_of("+-");
  argument.target = std::string(trim(text.substr(0, sign)));
  if (argument.target.empty())
    return bad(spec, std::string("expected ") + form);
  if (sign != std::string_view::npos) {
    std::optional<ParsedInteger> offset = parseInteger(trim(text.substr(sign + 1)));
    if (!offset || offset->isNegative || offset->magnitude > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
      return bad(spec, "the offset '" + std::string(trim(text.substr(sign))) + "' is no integer");
    argument.offset = text[sign] == '-' ? -std::int64_t(offset->magnitude) : std::int64_t(offset->magnitude);
  }
  return {};
}

Expected<ArgumentText> parsePointer(std::string_view spec, std::string_view inside) {
  ArgumentText argument;
  argument.kind = ArgumentText::Kind::Pointer;
  if (Status read = parseTarget(spec, inside, "ptr(NAME) or ptr(NAME+OFFSET)", argument); !read)
    return read.takeError();
  return argument;
}

constexpr const char *kDescriptorForm = "desc(NAME,[SHAPE],[STRIDES],[BOX])";

/// `swizzle=128` and the like, after the box of a descriptor.
Status parseDescriptorOption(std::string_view spec, std::string_view option, TensorMapOptions &options) {
  static constexpr std::pair<std::string_view, TensorSwizzle> swizzles[] = {{"swizzle=none", TensorSwizzle::None},
                                                                            {"swizzle=32", TensorSwizzle::Bytes32},
                                                                            {"swizzle=64", TensorSwizzle::Bytes64},
                                                                            {"swizzle=128", TensorSwizzle::Bytes128}};
  for (const auto &[text, swizzle] : swizzles)
    if (option == text) {
      options.swizzle = swizzle;
      return {};
    }
  if (option != "fill=nan" && option != "fill=zero")
    return bad(spec, "expected swizzle=none|32|64|128 or fill=nan|zero, not '" + std::string(option) + "'");
  options.nanOutside = option == "fill=nan";
  return {};
}

Expected<ArgumentText> parseDescriptor(std::string_view spec, std::string_view inside) {
  ArgumentText argument;
  argument.kind = ArgumentText::Kind::Descriptor;
  std::string_view left = inside;
  if (Status read = parseTarget(spec, takeItem(left), kDescriptorForm, argument); !read)
    return read.takeError();
  TensorShape &tensor = argument.tensor;
  for (std::vector<std::int64_t> *list : {&tensor.shape, &tensor.strides, &tensor.box}) {
    left = trim(left);
    const std::size_t close = left.find(']');
    if (!left.starts_with('[') || close == std::string_view::npos)
      return bad(spec, std::string("expected ") + kDescriptorForm);
    Expected<std::vector<std::int64_t>> integers = parseIntegers(spec, left.substr(1, close - 1), "integer");
    if (!integers)
      return integers.takeError();
    *list = std::move(*integers);
    left.remove_prefix(close + 1);
    if (!takeItem(left).empty())
      return bad(spec, std::string("expected ") + kDescriptorForm);
  }
  while (!left.empty())
    if (Status read = parseDescriptorOption(spec, takeItem(left), argument.descriptorOptions); !read)
      return read.takeError();
  return argument;
}

/// What stands between `word(` and `)`, where that is what the spec is.
std::optional<std::string_view> inParentheses(std::string_view spec, std::string_view word) {
  if (!spec.starts_with(word) || !spec.substr(word.size()).starts_with('(') || !spec.ends_with(')'))
    return std::nullopt;
  return spec.substr(word.size() + 1, spec.size() - word.size() - 2);
}

} // namespace

Expected<ArgumentText> parseArgument(std::string_view spec) {
  spec = trim(spec);
  ArgumentText argument;
  if (spec == "null")
    return argument;
  if (std::optional<std::string_view> inside = inParentheses(spec, "ptr"))
    return parsePointer(spec, *inside);
  if (std::optional<std::string_view> inside = inParentheses(spec, "desc"))
    return parseDescriptor(spec, *inside);
  const std::size_t end = spec.find_first_of("[:");
  const std::string_view typeText = trim(spec.substr(0, end));
  std::optional<ScalarType> type = scalarTypeNamed(typeText);
  if (!type)
    return bad(spec, typeText.empty()
                         ? "expected TYPE:VALUE, TYPE[SHAPE]:FILL, ptr(NAME+OFFSET), desc(...) or null"
                         : "unknown type '" + std::string(typeText) + "'" + detail::didYouMean(typeText, typeNames()));
  argument.type = *type;
  if (end == std::string_view::npos)
    return bad(spec, "expected ':' and a value, or '[' and a shape, after '" + std::string(typeText) + "'");
  std::string_view rest = spec.substr(end);
  if (rest[0] == ':') {
    argument.kind = ArgumentText::Kind::Scalar;
    Expected<std::uint64_t> bits = scalarBits(spec, *type, trim(rest.substr(1)));
    if (!bits)
      return bits.takeError();
    argument.bits = *bits;
    return argument;
  }
  const std::size_t close = rest.find(']');
  if (close == std::string_view::npos)
    return bad(spec, "expected ']' after the shape");
  Expected<std::vector<std::int64_t>> shape = parseShape(spec, rest.substr(1, close - 1), *type);
  if (!shape)
    return shape.takeError();
  argument.shape = std::move(*shape);
  rest.remove_prefix(close + 1);
  if (!rest.starts_with(':'))
    return bad(spec, "expected ':' and what to fill the buffer with");
  const std::string_view filling = trim(rest.substr(1));
  if (filling.starts_with('@')) {
    argument.kind = ArgumentText::Kind::File;
    argument.file = std::string(filling.substr(1));
    return argument;
  }
  argument.kind = ArgumentText::Kind::Filled;
  Expected<Fill> fill = parseFill(filling);
  if (!fill)
    return bad(spec, fill.error().text());
  argument.filling = *fill;
  return argument;
}

Expected<std::pair<std::string, ArgumentText>> parseNamedArgument(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = trim(text.substr(0, equals));
  if (equals == std::string_view::npos || name.empty())
    return bad(text, "expected NAME=SPEC");
  Expected<ArgumentText> argument = parseArgument(text.substr(equals + 1));
  if (!argument)
    return argument.error().in("argument '" + std::string(name) + "'");
  return std::pair(std::string(name), std::move(*argument));
}

} // namespace tessera
