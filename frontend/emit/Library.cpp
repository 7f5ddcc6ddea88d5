//===- Library.cpp - the part of the language written in itself --------------===//
//
// Look-up in the tables that the build makes of frontend/library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Library.h"

#include "llvm/ADT/StringMap.h"

using namespace tessera;

int emit::findLibraryFile(llvm::StringRef name) {
  static const llvm::StringMap<int> index = [] {
    llvm::StringMap<int> map;
    for (const LibraryName &entry : getLibraryNames())
      map.try_emplace(entry.name, entry.file);
    return map;
  }();
  auto it = index.find(name);
  return it == index.end() ? -1 : it->second;
}
