//===- Library.h - the part of the language written in itself ---*- C++ -*-===//
//
// The files of frontend/library are embedded as text. Together they are one
// namespace; which file defines a function is known without reading any, so a
// kernel that uses none pays nothing, and one that uses `sin` reads one file.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_LIBRARY_H
#define TESSERA_FRONTEND_EMIT_LIBRARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace tessera::emit {

struct LibraryFile {
  llvm::StringRef name;
  llvm::StringRef text;
};

struct LibraryName {
  llvm::StringRef name;
  unsigned file;
};

/// In the order of the CMakeLists of frontend/library.
llvm::ArrayRef<LibraryFile> getLibraryFiles();
/// Functions and module-level constants, with the file that defines each.
llvm::ArrayRef<LibraryName> getLibraryNames();
/// The file that defines a name, or -1.
int findLibraryFile(llvm::StringRef name);

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_LIBRARY_H
