// SHA-256 (FIPS 180-4), for keys and checksums of cache files where no cryptographic library is linked.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_CACHE_SHA256_H
#define TESSERA_RUNTIME_CACHE_SHA256_H

#include <string>
#include <string_view>

namespace tessera::detail {

/// The digest as 64 hexadecimal digits in lower case.
std::string sha256(std::string_view data);

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_CACHE_SHA256_H
