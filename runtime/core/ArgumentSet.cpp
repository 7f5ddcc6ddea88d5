// Arguments on a device: buffers filled, pointers and tensor descriptors into them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/ArgumentSet.h"

#include "runtime/core/Spelling.h"

#include <algorithm>
#include <new>

namespace tessera {

Status ArgumentSet::fillBuffer(Entry &entry, const Device &device, const ArgumentText &text, std::uint64_t seed) {
  HostArray array;
  if (text.kind == ArgumentText::Kind::File) {
    Expected<HostArray> read = readNpyAs(text.file, text.type, text.shape);
    if (!read)
      return read.takeError();
    array = std::move(*read);
  } else {
    try {
      array = HostArray(text.type, text.shape);
    } catch (const std::bad_alloc &) {
      return Error(ErrorCode::OutOfMemory, "not enough memory for a buffer of this shape");
    }
    if (Status filled = fill(array, text.filling, seed, entry.name); !filled)
      return filled;
  }
  Expected<RawBuffer> buffer = RawBuffer::create(device, array.bytes.size());
  if (!buffer)
    return buffer.takeError();
  entry.buffer = std::make_unique<RawBuffer>(std::move(*buffer));
  entry.argument = Argument::buffer(text.type, *entry.buffer);
  return entry.buffer->copyFromHost(array.bytes.data(), array.bytes.size());
}

Status ArgumentSet::pointInto(Entry &entry, const Device &device, const ArgumentText &text) {
  const auto target = std::find_if(entries.begin(), entries.end(),
                                   [&](const Entry &other) { return other.name == text.target && other.buffer; });
  if (target == entries.end())
    return Error(ErrorCode::NotFound, "no buffer '" + text.target + "' to point into");
  target->isTarget = true;
  const std::uint64_t address =
      target->buffer->address() + std::uint64_t(text.offset * std::int64_t(sizeOf(target->type)));
  if (text.kind == ArgumentText::Kind::Pointer) {
    entry.argument = Argument::pointer(target->type, address);
    return {};
  }
  Expected<TensorMap> map = TensorMap::create(device, target->type, address, text.tensor, text.descriptorOptions);
  if (!map)
    return map.takeError();
  entry.map = std::make_unique<TensorMap>(*map);
  entry.argument = Argument::tensorMap(*entry.map);
  return {};
}

Expected<ArgumentSet> ArgumentSet::create(const Device &device,
                                          const std::vector<std::pair<std::string, ArgumentText>> &arguments,
                                          std::uint64_t seed) {
  ArgumentSet set;
  auto fail = [](const std::string &name, const Status &status) {
    return status.error().in("argument '" + name + "'");
  };
  for (const auto &[name, text] : arguments) {
    if (set.find(name))
      return Error(ErrorCode::InvalidArgument, "argument '" + name + "' is given twice");
    Entry entry;
    entry.name = name;
    entry.type = text.type;
    entry.shape = text.shape;
    if (text.kind == ArgumentText::Kind::Scalar)
      entry.argument = Argument::scalar(text.type, text.bits);
    if (text.kind == ArgumentText::Kind::Filled || text.kind == ArgumentText::Kind::File)
      if (Status filled = fillBuffer(entry, device, text, seed); !filled)
        return fail(name, filled);
    set.entries.push_back(std::move(entry));
  }
  // What points into a buffer may stand before it.
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto &[name, text] = arguments[i];
    if (text.kind == ArgumentText::Kind::Pointer || text.kind == ArgumentText::Kind::Descriptor)
      if (Status pointed = set.pointInto(set.entries[i], device, text); !pointed)
        return fail(name, pointed);
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
