//===- BuiltinHelpers.h - reading the arguments of built-ins ----*- C++ -*-===//
//
// What the handlers of built-ins have in common: compile-time arguments of one
// kind, with an error that names the parameter if there is another.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_BUILTINHELPERS_H
#define TESSERA_FRONTEND_EMIT_BUILTINHELPERS_H

#include "frontend/emit/Emitter.h"

#include "dialect/tile/Tile.h"

namespace tessera::emit {

/// Where an argument stands, or the call if it was left out.
inline SourceLoc getArgumentLoc(BuiltinCall &call, unsigned index) {
  return call.isGiven(index) ? call.ranges[index].begin : call.loc;
}

/// Reports that an argument is not what its parameter takes.
Value wrongArgument(BuiltinCall &call, unsigned index, const llvm::Twine &expected);
/// Reports something about the call as a whole: "'tl.dot' ...".
ErrorBuilder callError(BuiltinCall &call, const llvm::Twine &message);

std::optional<int64_t> getInt(BuiltinCall &call, unsigned index);
std::optional<bool> getBool(BuiltinCall &call, unsigned index);
std::optional<llvm::StringRef> getString(BuiltinCall &call, unsigned index);
std::optional<ElementType> getType(BuiltinCall &call, unsigned index);
/// A tensor (or a number made a scalar).
std::optional<Value> getTensor(BuiltinCall &call, unsigned index);
/// A tensor of rank 1 at least.
std::optional<Value> getBlock(BuiltinCall &call, unsigned index);
/// An axis of `rank` dimensions, negative ones counted from the end.
std::optional<unsigned> getAxis(BuiltinCall &call, unsigned index, unsigned rank);
/// A list of integers; one integer counts as a list.
bool getInts(BuiltinCall &call, unsigned index, llvm::SmallVectorImpl<int64_t> &values);

/// `.ca`, ... of loads and stores, `evict_first`, ...; the first element says whether it was understood.
tile::CacheModifier getCacheModifier(BuiltinCall &call, unsigned index, bool isLoad, bool &fine);
tile::EvictionPolicy getEvictionPolicy(BuiltinCall &call, unsigned index, bool &fine);
tile::MemSemantic getSemantic(BuiltinCall &call, unsigned index, bool &fine);
tile::MemScope getScope(BuiltinCall &call, unsigned index, bool &fine);

/// The pointers that a block pointer (or a descriptor at `offsets`) stands for, and the mask of its checked dimensions
/// (undefined if there are none).
struct BlockAccess {
  Value pointers, mask;
};
std::optional<BlockAccess> getBlockAccess(Emitter &emitter, const BlockPointerData &data, llvm::ArrayRef<Value> offsets,
                                          llvm::ArrayRef<int64_t> checked, SourceLoc loc);
/// Emits an atomic read-modify-write of `name` ("add", "max", ...) with everything that Triton does around it.
Value emitAtomic(Emitter &emitter, llvm::StringRef name, Value pointer, Value value, Value mask,
                 tile::MemSemantic semantic, tile::MemScope scope, SourceLoc loc);

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_BUILTINHELPERS_H
