//===- LayoutText.cpp - Printing layouts ----------------------------------===//
//
// The names of dims, the compact form `{register = [[0, 1]], lane = [[0, 2], [1, 0]]}`, the table that shows where each
// element is, and plans in words.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/ConversionPlan.h"
#include "dialect/layout/LinearLayout.h"

#include <algorithm>

namespace tessera {

static constexpr std::string_view kDimNames[kNumDims] = {"register", "lane", "warp", "block", "offset", "dim0", "dim1",
                                                         "dim2",     "dim3", "dim4", "dim5",  "dim6",   "dim7"};

std::string_view nameOf(Dim dim) { return kDimNames[unsigned(dim)]; }

std::optional<Dim> dimByName(std::string_view name) {
  const auto *found = std::ranges::find(kDimNames, name);
  return found == std::end(kDimNames) ? std::nullopt : std::optional(Dim(found - kDimNames));
}

/// A packed word of `space`: `[1, 6]` for elements of a tensor, `[lane=1, register=2]` for places.
static std::string wordText(const Space &space, uint64_t word) {
  std::string text = "[";
  auto add = [&](const std::string &item) { text += (text.size() > 1 ? ", " : "") + item; };
  for (unsigned i = 0; i < kNumHardwareDims; ++i)
    if (int64_t value = space.get(word, Dim(i)))
      add(std::string(nameOf(Dim(i))) + "=" + std::to_string(value));
  for (int32_t value : space.coordinates(word))
    add(std::to_string(value));
  return text + "]";
}

std::string LinearLayout::toString() const {
  std::string text = "{";
  for (unsigned i = 0; i < kNumDims; ++i) {
    if (!inBits(Dim(i)))
      continue;
    text += (text.size() > 1 ? ", " : "") + std::string(nameOf(Dim(i))) + " = [";
    for (unsigned bit = 0; bit < inBits(Dim(i)); ++bit)
      text += (bit ? ", " : "") + wordText(outSpace, basis(Dim(i), bit));
    text += "]";
  }
  return text + "}";
}

/// Where a packed place of the hardware is: `lane:register`, `warp.lane:register`, `block/...`, `@offset`.
static std::string placeText(const Space &space, uint64_t place) {
  auto number = [&](Dim dim) { return std::to_string(space.get(place, dim)); };
  if (space.bits(Dim::Offset))
    return "@" + number(Dim::Offset);
  std::string text;
  if (space.bits(Dim::Block))
    text += number(Dim::Block) + "/";
  if (space.bits(Dim::Warp))
    text += number(Dim::Warp) + ".";
  return text + number(Dim::Lane) + ":" + number(Dim::Register);
}

std::string LinearLayout::toTable() const {
  uint64_t elements = uint64_t(1) << outSpace.totalBits();
  std::vector<std::string> cells(elements);
  for (uint64_t place = 0; place < uint64_t(1) << inSpace.totalBits(); ++place) {
    std::string &cell = cells[apply(place)];
    cell += (cell.empty() ? "" : "|") + placeText(inSpace, place);
  }
  size_t width = 1;
  for (std::string &cell : cells) {
    if (cell.empty())
      cell = "-";
    width = std::max(width, cell.size());
  }
  uint64_t columns = tensorRank() ? outSize(tensorDim(tensorRank() - 1)) : elements;
  std::string text;
  for (uint64_t i = 0; i < elements; ++i) {
    text += std::string(width - cells[i].size(), ' ') + cells[i];
    text += (i + 1) % columns ? "  " : "\n";
  }
  return text;
}

std::string SharedAccess::describe(bool isStore) const {
  std::string text = std::to_string(numInstructions) + " x ";
  if (form == AccessForm::Vector) {
    unsigned bits = elementsPerInstruction * elementBits, word = std::min(bits, std::max(elementBits, 32u));
    text += isStore ? "st.shared" : "ld.shared";
    if (bits > word)
      text += ".v" + std::to_string(bits / word);
    text += ".b" + std::to_string(word);
  } else {
    text += std::string(isStore ? "stmatrix" : "ldmatrix") + ".x" + std::to_string(numMatrices);
    text += form == AccessForm::MatrixTransposed ? ".trans" : "";
  }
  if (conflicts)
    text += ", " + std::to_string(conflicts) + " conflicts";
  return text;
}

static std::string describeShuffles(const ShufflePlan &plan) {
  size_t moved = std::ranges::count_if(plan.shuffles,
                                       [&](const ShuffleStep &step) { return !plan.isButterfly || step.laneXor != 0; });
  std::string text = "shuffles: " + std::to_string(moved) + (plan.isButterfly ? " x shfl.bfly" : " x shfl.idx");
  if (plan.elementsPerWord > 1)
    text += " of " + std::to_string(plan.elementsPerWord) + " elements";
  if (size_t swaps = plan.before.size() + plan.after.size())
    text += ", " + std::to_string(swaps) + (swaps == 1 ? " swap" : " swaps");
  return text;
}

std::string ConversionPlan::describe() const {
  switch (kind) {
  case ConversionKind::Identity:
    return "identity";
  case ConversionKind::Registers:
    return "registers";
  case ConversionKind::Shuffles:
    return describeShuffles(*shuffles);
  case ConversionKind::Shared:
    break;
  case ConversionKind::Unsupported:
    return "unsupported";
  }
  std::string text = "shared: " + shared->store.describe(true) + "; " + shared->load.describe(false);
  if (shared->numSteps > 1)
    text += "; in " + std::to_string(shared->numSteps) + " steps";
  return text + (shared->crossesWarps ? "" : "; within warps");
}

} // namespace tessera
