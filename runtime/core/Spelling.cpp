// Nearest names, by edit distance.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Spelling.h"

#include <algorithm>
#include <numeric>

namespace tessera::detail {
namespace {

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t(0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

} // namespace

std::string nearestName(std::string_view name, const std::vector<std::string> &candidates) {
  std::string best;
  std::size_t bestDistance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string &candidate : candidates)
    if (std::size_t distance = editDistance(name, candidate); distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  return best;
}

std::string didYouMean(std::string_view name, const std::vector<std::string> &candidates) {
  if (candidates.empty())
    return "; there is none";
  if (std::string nearest = nearestName(name, candidates); !nearest.empty())
    return "; did you mean '" + nearest + "'?";
  std::string list;
  for (std::size_t i = 0; i < candidates.size() && i < 16; ++i)
    list += (i ? ", " : "") + candidates[i];
  if (candidates.size() > 16)
    list += ", ...";
  return "; there " + std::string(candidates.size() == 1 ? "is: " : "are: ") + list;
}

} // namespace tessera::detail
