// Reading and writing whole files, with errors that say what the matter was.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_CORE_FILES_H
#define TESSERA_RUNTIME_CORE_FILES_H

#include "runtime/include/tessera/Expected.h"

#include <string>
#include <string_view>

namespace tessera::detail {

Expected<std::string> readFile(const std::string &path);
/// Writes to a temporary file beside `path`, syncs it when `durable`, and renames it: readers see the old content or
/// the new, never a part. Nothing is left behind on failure.
Status writeFileAtomically(const std::string &path, std::string_view content, bool durable = false);
/// "cannot read 'x': No such file or directory".
Error fileError(const std::string &what, const std::string &path, int errorNumber);

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_CORE_FILES_H
