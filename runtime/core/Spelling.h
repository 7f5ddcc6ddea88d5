// Help with misspelt names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_CORE_SPELLING_H
#define TESSERA_RUNTIME_CORE_SPELLING_H

#include <string>
#include <string_view>
#include <vector>

namespace tessera::detail {

/// The candidate nearest to `name` when it is near enough to be meant, else empty.
std::string nearestName(std::string_view name, const std::vector<std::string> &candidates);

/// "; did you mean 'add_kernel'?", or "; there are: a, b", or "; there is none".
std::string didYouMean(std::string_view name, const std::vector<std::string> &candidates);

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_CORE_SPELLING_H
