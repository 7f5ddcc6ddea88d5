//===- ConversionPlan.cpp - How a tile gets from one layout to another ----===//
//
// Chooses between renaming, shuffles and shared memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/ConversionPlan.h"

#include "dialect/layout/BitSpace.h"

#include <algorithm>

namespace tessera {

namespace {

/// The image of a thread's bit in `layout`; a bit that the layout does not have makes copies.
uint64_t threadBasis(const LinearLayout &layout, Dim dim, unsigned bit) {
  return bit < layout.inBits(dim) ? layout.basis(dim, bit) : 0;
}

/// Whether blocks hold the same parts of the tensor in both layouts, so that none needs another's.
bool blocksAgree(const LinearLayout &source, const LinearLayout &result) {
  for (unsigned bit = 0; bit < std::max(source.inBits(Dim::Block), result.inBits(Dim::Block)); ++bit)
    if (threadBasis(source, Dim::Block, bit) != threadBasis(result, Dim::Block, bit))
      return false;
  LinearLayout own = source.restrictIns({Dim::Register, Dim::Lane, Dim::Warp});
  BitSpace held(own.bases());
  LinearLayout wanted = result.restrictIns({Dim::Register, Dim::Lane, Dim::Warp});
  return std::ranges::all_of(wanted.bases(), [&](uint64_t word) { return held.contains(word); });
}

} // namespace

std::optional<std::vector<uint32_t>> planRegisters(const LinearLayout &source, const LinearLayout &result) {
  for (Dim dim : {Dim::Lane, Dim::Warp, Dim::Block})
    for (unsigned bit = 0; bit < std::max(source.inBits(dim), result.inBits(dim)); ++bit)
      if (threadBasis(source, dim, bit) != threadBasis(result, dim, bit))
        return std::nullopt;
  std::optional<LinearLayout> from =
      invertAndCompose(source.restrictIns({Dim::Register}), result.restrictIns({Dim::Register}));
  if (!from)
    return std::nullopt;
  std::vector<uint32_t> registers(result.numRegisters());
  for (size_t reg = 0; reg < registers.size(); ++reg)
    registers[reg] = uint32_t(from->apply(reg));
  return registers;
}

int64_t ConversionPlan::scratchBytes(unsigned elementBits) const {
  return kind == ConversionKind::Shared ? shared->scratchElements * elementBits / 8 : 0;
}

double ConversionPlan::cost(unsigned elementBits) const {
  switch (kind) {
  case ConversionKind::Shuffles:
    return shuffles->cost(elementBits);
  case ConversionKind::Shared:
    return shared->cost();
  default:
    return 0;
  }
}

ConversionPlan planConversion(const LinearLayout &source, const LinearLayout &result, unsigned elementBits,
                              const ConversionOptions &options) {
  ConversionPlan plan;
  if (source.out() != result.out() || !blocksAgree(source, result))
    return plan;
  if (std::optional<std::vector<uint32_t>> registers = planRegisters(source, result)) {
    plan.kind = source == result ? ConversionKind::Identity : ConversionKind::Registers;
    plan.registers = std::move(*registers);
    return plan;
  }
  if (options.allowShuffles)
    plan.shuffles = planShuffles(source, result, elementBits);
  plan.kind = ConversionKind::Shuffles;
  // Few shuffles are not worth the search for a way through shared memory, which needs a barrier at least.
  constexpr double kAlwaysWorthIt = 16;
  if (plan.shuffles && plan.shuffles->cost(elementBits) <= kAlwaysWorthIt)
    return plan;
  plan.shared = planShared(source, result, elementBits, options);
  if (plan.shuffles && plan.shuffles->cost(elementBits) <= plan.shared->cost()) {
    plan.shared.reset();
    return plan;
  }
  plan.shuffles.reset();
  plan.kind = ConversionKind::Shared;
  return plan;
}

} // namespace tessera
