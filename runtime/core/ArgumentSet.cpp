// Arguments from text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/ArgumentSet.h"

#include "runtime/core/Spelling.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <new>

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

Expected<std::vector<std::int64_t>> parseShape(std::string_view spec, std::string_view text, ScalarType type) {
  std::vector<std::int64_t> shape;
  std::size_t bytes = sizeOf(type);
  for (std::string_view left = text; !trim(text).empty();) {
    const std::size_t comma = std::min(left.find(','), left.size());
    const std::string_view side = trim(left.substr(0, comma));
    std::int64_t value = 0;
    auto [end, failed] = std::from_chars(side.data(), side.data() + side.size(), value);
    if (failed != std::errc() || end != side.data() + side.size() || value < 0)
      return bad(spec, "'" + std::string(side) + "' is no side of a shape");
    if (value != 0 && bytes > std::size_t(std::numeric_limits<std::int64_t>::max()) / std::size_t(value))
      return bad(spec, "the buffer would have more bytes than can be addressed");
    bytes *= std::size_t(value);
    shape.push_back(value);
    if (comma == left.size())
      break;
    left.remove_prefix(comma + 1);
  }
  if (shape.empty())
    return bad(spec, "the shape is empty");
  return shape;
}

Expected<ArgumentText> parsePointer(std::string_view spec) {
  ArgumentText argument;
  argument.kind = ArgumentText::Kind::Pointer;
  const std::string_view inside = spec.substr(4, spec.size() - 5);
  const std::size_t sign = inside.find_first_of("+-");
  argument.target = std::string(trim(inside.substr(0, sign)));
  if (argument.target.empty())
    return bad(spec, "expected ptr(NAME) or ptr(NAME+OFFSET)");
  if (sign != std::string_view::npos) {
    std::optional<ParsedInteger> offset = parseInteger(trim(inside.substr(sign + 1)));
    if (!offset || offset->isNegative || offset->magnitude > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
      return bad(spec, "the offset '" + std::string(trim(inside.substr(sign))) + "' is no integer");
    argument.offset = inside[sign] == '-' ? -std::int64_t(offset->magnitude) : std::int64_t(offset->magnitude);
  }
  return argument;
}

} // namespace

Expected<ArgumentText> parseArgument(std::string_view spec) {
  spec = trim(spec);
  ArgumentText argument;
  if (spec == "null")
    return argument;
  if (spec.starts_with("ptr(") && spec.ends_with(')'))
    return parsePointer(spec);
  if (spec.starts_with("desc("))
    return Error(ErrorCode::Unsupported, "'" + std::string(spec) + "': tensor descriptors cannot be passed yet");
  const std::size_t end = spec.find_first_of("[:");
  const std::string_view typeText = trim(spec.substr(0, end));
  std::optional<ScalarType> type = scalarTypeNamed(typeText);
  if (!type)
    return bad(spec, typeText.empty()
                         ? "expected TYPE:VALUE, TYPE[SHAPE]:FILL, ptr(NAME+OFFSET) or null"
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

Expected<ArgumentSet> ArgumentSet::create(const Device &device,
                                          const std::vector<std::pair<std::string, ArgumentText>> &arguments,
                                          std::uint64_t seed) {
  ArgumentSet set;
  for (const auto &[name, text] : arguments) {
    auto fail = [&name = name](const Error &error) { return error.in("argument '" + name + "'"); };
    if (set.find(name))
      return Error(ErrorCode::InvalidArgument, "argument '" + name + "' is given twice");
    Entry entry;
    entry.name = name;
    entry.type = text.type;
    entry.shape = text.shape;
    if (text.kind == ArgumentText::Kind::Scalar)
      entry.argument = Argument::scalar(text.type, text.bits);
    if (text.kind == ArgumentText::Kind::Filled || text.kind == ArgumentText::Kind::File) {
      HostArray array;
      if (text.kind == ArgumentText::Kind::File) {
        Expected<HostArray> read = readNpyAs(text.file, text.type, text.shape);
        if (!read)
          return fail(read.error());
        array = std::move(*read);
      } else {
        try {
          array = HostArray(text.type, text.shape);
        } catch (const std::bad_alloc &) {
          return fail(Error(ErrorCode::OutOfMemory, "not enough memory for a buffer of this shape"));
        }
        if (Status filled = fill(array, text.filling, seed, name); !filled)
          return fail(filled.error());
      }
      Expected<RawBuffer> buffer = RawBuffer::create(device, array.bytes.size());
      if (!buffer)
        return fail(buffer.error());
      entry.buffer = std::make_unique<RawBuffer>(std::move(*buffer));
      if (Status copied = entry.buffer->copyFromHost(array.bytes.data(), array.bytes.size()); !copied)
        return fail(copied.error());
      entry.argument = Argument::buffer(text.type, *entry.buffer);
    }
    set.entries.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto &[name, text] = arguments[i];
    if (text.kind != ArgumentText::Kind::Pointer)
      continue;
    auto target = std::find_if(set.entries.begin(), set.entries.end(),
                               [&](const Entry &e) { return e.name == text.target && e.buffer; });
    if (target == set.entries.end())
      return Error(ErrorCode::NotFound, "argument '" + name + "': no buffer '" + text.target + "' to point into");
    const std::uint64_t address =
        target->buffer->address() + std::uint64_t(text.offset * std::int64_t(sizeOf(target->type)));
    set.entries[i].argument = Argument::pointer(target->type, address);
  }
  return set;
}

std::vector<std::string> ArgumentSet::names() const {
  std::vector<std::string> names;
  for (const Entry &entry : entries)
    names.push_back(entry.name);
  return names;
}

Argument ArgumentSet::argument(std::size_t i) const { return entries[i].argument; }

const Argument *ArgumentSet::find(std::string_view name) const {
  for (const Entry &entry : entries)
    if (entry.name == name)
      return &entry.argument;
  return nullptr;
}

Expected<HostArray> ArgumentSet::read(std::string_view name) const {
  for (const Entry &entry : entries) {
    if (entry.name != name)
      continue;
    if (!entry.buffer)
      return Error(ErrorCode::InvalidArgument, "argument '" + entry.name + "' is no buffer");
    HostArray array(entry.type, entry.shape);
    if (Status copied = entry.buffer->copyToHost(array.bytes.data(), array.bytes.size()); !copied)
      return copied.takeError();
    return array;
  }
  return Error(ErrorCode::NotFound, "no argument '" + std::string(name) + "'" + detail::didYouMean(name, names()));
}

} // namespace tessera
