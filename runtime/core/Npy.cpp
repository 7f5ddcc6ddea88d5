// NumPy's file format: "\x93NUMPY", two version bytes, the length of the header (2 bytes in version 1, 4 later), the
// header (a Python dictionary with 'descr', 'fortran_order', 'shape'), the elements. SPDX-License-Identifier:
// Apache-2.0 WITH LLVM-exception
#include "runtime/core/Files.h"
#include "runtime/include/tessera/HostArray.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tessera {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  std::string descr;
  bool isFortran = false;
  std::vector<std::int64_t> shape;
};

/// Reads the dictionary. It is written by programs, always in the same form; anything else is refused.
class HeaderReader {
public:
  explicit HeaderReader(std::string_view text) : text(text) {}

  std::optional<Header> read() {
    Header header;
    bool hasDescr = false, hasOrder = false, hasShape = false;
    if (!take('{'))
      return std::nullopt;
    while (!take('}')) {
      std::optional<std::string> key = string();
      if (!key || !take(':'))
        return std::nullopt;
      if (*key == "descr") {
        std::optional<std::string> value = string();
        if (!value)
          return std::nullopt; // a list: records
        header.descr = *value;
        hasDescr = true;
      } else if (*key == "fortran_order") {
        header.isFortran = word("True");
        if (!header.isFortran && !word("False"))
          return std::nullopt;
        hasOrder = true;
      } else if (*key == "shape") {
        if (!take('('))
          return std::nullopt;
        while (!take(')')) {
          std::optional<std::int64_t> side = number();
          if (!side)
            return std::nullopt;
          header.shape.push_back(*side);
          take(',');
        }
        hasShape = true;
      } else {
        return std::nullopt;
      }
      take(',');
    }
    return hasDescr && hasOrder && hasShape ? std::optional(header) : std::nullopt;
  }

private:
  void skip() {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\n' || text[0] == '\t'))
      text.remove_prefix(1);
  }
  bool take(char c) {
    skip();
    if (!text.starts_with(c))
      return false;
    text.remove_prefix(1);
    return true;
  }
  bool word(std::string_view wanted) {
    skip();
    if (!text.starts_with(wanted))
      return false;
    text.remove_prefix(wanted.size());
    return true;
  }
  std::optional<std::string> string() {
    skip();
    if (text.empty() || (text[0] != '\'' && text[0] != '"'))
      return std::nullopt;
    const std::size_t end = text.find(text[0], 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string value(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    return value;
  }
  std::optional<std::int64_t> number() {
    skip();
    std::int64_t value = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || value < 0)
      return std::nullopt;
    text.remove_prefix(std::size_t(end - text.data()));
    if (text.starts_with('L')) // Python 2 wrote so
      text.remove_prefix(1);
    return value;
  }

  std::string_view text;
};

/// The type of a dtype string without its byte order: "f4".
std::optional<ScalarType> typeOfCode(std::string_view code) {
  constexpr std::pair<std::string_view, ScalarType> kCodes[] = {
      {"b1", ScalarType::I1},  {"i1", ScalarType::I8},   {"i2", ScalarType::I16},  {"i4", ScalarType::I32},
      {"i8", ScalarType::I64}, {"u1", ScalarType::U8},   {"u2", ScalarType::U16},  {"u4", ScalarType::U32},
      {"u8", ScalarType::U64}, {"f2", ScalarType::FP16}, {"f4", ScalarType::FP32}, {"f8", ScalarType::FP64},
      {"V1", ScalarType::U8},  {"V2", ScalarType::U16}};
  for (const auto &[known, type] : kCodes)
    if (known == code)
      return type;
  return std::nullopt;
}

std::string_view codeOf(ScalarType type) {
  switch (type) {
  case ScalarType::I1:
    return "|b1";
  case ScalarType::I8:
    return "|i1";
  case ScalarType::I16:
    return "<i2";
  case ScalarType::I32:
    return "<i4";
  case ScalarType::I64:
    return "<i8";
  case ScalarType::U8:
  case ScalarType::FP8E4NV:
  case ScalarType::FP8E5:
    return "|u1";
  case ScalarType::U16:
  case ScalarType::BF16:
    return "<u2";
  case ScalarType::U32:
    return "<u4";
  case ScalarType::U64:
    return "<u8";
  case ScalarType::FP16:
    return "<f2";
  case ScalarType::FP32:
    return "<f4";
  case ScalarType::FP64:
    return "<f8";
  }
  return "|V1";
}

/// Column-major elements put into rows.
std::vector<std::byte> toRowMajor(const HostArray &array) {
  const std::size_t width = sizeOf(array.type), rank = array.shape.size();
  std::vector<std::byte> rows(array.bytes.size());
  std::vector<std::size_t> index(rank), strides(rank, 1);
  for (std::size_t i = 1; i < rank; ++i)
    strides[i] = strides[i - 1] * std::size_t(array.shape[i - 1]);
  for (std::size_t to = 0; to < array.size(); ++to) {
    std::size_t from = 0;
    for (std::size_t i = 0; i < rank; ++i)
      from += index[i] * strides[i];
    std::copy_n(array.bytes.begin() + std::ptrdiff_t(from * width), width, rows.begin() + std::ptrdiff_t(to * width));
    for (std::size_t i = rank; i-- > 0;) {
      if (++index[i] < std::size_t(array.shape[i]))
        break;
      index[i] = 0;
    }
  }
  return rows;
}

} // namespace

Expected<HostArray> parseNpy(std::string_view bytes, const std::string &name) {
  auto bad = [&](const std::string &why) {
    return Error(ErrorCode::BadFormat, "'" + name + "' is no usable NumPy file: " + why);
  };
  if (!bytes.starts_with(kMagic) || bytes.size() < 10)
    return bad("it does not begin as one");
  auto byteAt = [&](std::size_t i) { return std::size_t(static_cast<unsigned char>(bytes[i])); };
  const std::size_t version = byteAt(6);
  if (version < 1 || version > 3)
    return bad("its format has version " + std::to_string(version) + ", 1 to 3 are known");
  std::size_t start = 10, length = byteAt(8) | byteAt(9) << 8;
  if (version > 1) {
    if (bytes.size() < 12)
      return bad("it ends in its header");
    start = 12;
    length |= byteAt(10) << 16 | byteAt(11) << 24;
  }
  if (length > bytes.size() - start)
    return bad("it ends in its header");
  std::optional<Header> header = HeaderReader(bytes.substr(start, length)).read();
  if (!header)
    return bad("its header cannot be read");
  const char order = header->descr.empty() ? '?' : header->descr[0];
  std::optional<ScalarType> type =
      typeOfCode(std::string_view(header->descr).substr(std::min<std::size_t>(1, header->descr.size())));
  if (!type || (order != '<' && order != '>' && order != '|' && order != '='))
    return bad("its elements are '" + header->descr + "', which kernels do not have");
  std::size_t count = sizeOf(*type);
  for (std::int64_t side : header->shape) {
    if (side != 0 && count > std::numeric_limits<std::size_t>::max() / std::size_t(side))
      return bad("its shape is too large");
    count *= std::size_t(side);
  }
  const std::string_view data = bytes.substr(start + length);
  if (data.size() < count)
    return bad("it has " + std::to_string(data.size()) + " bytes of elements, its shape needs " +
               std::to_string(count));
  HostArray array;
  array.type = *type;
  array.shape = header->shape;
  array.bytes.resize(count);
  std::transform(data.begin(), data.begin() + std::ptrdiff_t(count), array.bytes.begin(),
                 [](char c) { return std::byte(c); });
  const std::size_t width = sizeOf(*type);
  if (order == '>' && width > 1)
    for (std::size_t i = 0; i < array.bytes.size(); i += width)
      std::reverse(array.bytes.begin() + std::ptrdiff_t(i), array.bytes.begin() + std::ptrdiff_t(i + width));
  if (header->isFortran && header->shape.size() > 1)
    array.bytes = toRowMajor(array);
  return array;
}

Expected<HostArray> readNpy(const std::string &path) {
  Expected<std::string> bytes = detail::readFile(path);
  if (!bytes)
    return bytes.takeError();
  return parseNpy(*bytes, path);
}

Expected<HostArray> readNpyAs(const std::string &path, ScalarType type, const std::vector<std::int64_t> &shape) {
  Expected<HostArray> array = readNpy(path);
  if (!array)
    return array;
  if (array->shape != shape)
    return Error(ErrorCode::InvalidArgument, "'" + path + "' holds " + describe(array->type, array->shape) +
                                                 ", the buffer is " + describe(type, shape));
  if (array->type == type)
    return array;
  const bool isSmall = type == ScalarType::BF16 || type == ScalarType::FP8E4NV || type == ScalarType::FP8E5;
  const ScalarType bits = sizeOf(type) == 2 ? ScalarType::U16 : ScalarType::U8;
  if ((isSmall || type == ScalarType::I1) && array->type == bits) {
    array->type = type;
    return array;
  }
  if (isSmall && array->type == ScalarType::FP32)
    return array->as(type);
  std::string wanted = std::string(nameOf(type));
  if (isSmall)
    wanted += ", which is read from " + std::string(nameOf(bits)) + " bits or from fp32";
  return Error(ErrorCode::TypeMismatch, "'" + path + "' holds elements of type " + std::string(nameOf(array->type)) +
                                            ", the buffer is of " + wanted);
}

std::string serializeNpy(const HostArray &array) {
  std::string shape;
  for (std::int64_t side : array.shape)
    shape += std::to_string(side) + (array.shape.size() == 1 ? "," : ", ");
  if (array.shape.size() > 1)
    shape.resize(shape.size() - 2);
  std::string header =
      "{'descr': '" + std::string(codeOf(array.type)) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const std::size_t before = kMagic.size() + 4;
  header.append((64 - (before + header.size() + 1) % 64) % 64, ' '); // the elements start at a multiple of 64
  header += '\n';
  std::string bytes(kMagic);
  bytes += char(1);
  bytes += char(0);
  bytes += char(header.size() & 255);
  bytes += char(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char *>(array.bytes.data()), array.bytes.size());
  return bytes;
}

Status writeNpy(const std::string &path, const HostArray &array) {
  return detail::writeFileAtomically(path, serializeNpy(array));
}

} // namespace tessera
