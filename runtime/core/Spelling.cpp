// Nearest names, by edit distance.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Spelling.h"

#include <algorithm>
#include <numeric>

namespace tessera::detail {
namespace {

/// Insertions, deletions, replacements and exchanges of neighbours that make `b` of `a`.
std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> beforeLast(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t(0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], beforeLast[j - 2] + 1);
    }
    std::swap(beforeLast, last);
    std::swap(last, row);
  }
  return last[b.size()];
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
