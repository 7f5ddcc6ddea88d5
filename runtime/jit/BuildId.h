// What tells this build of the compiler from every other: a hash over the libraries that it is made of, computed when
// they are built (BuildId.cmake). Part of every cache key. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_JIT_BUILDID_H
#define TESSERA_RUNTIME_JIT_BUILDID_H

#include <string_view>

namespace tessera {

extern const std::string_view kBuildId;

} // namespace tessera

#endif // TESSERA_RUNTIME_JIT_BUILDID_H
