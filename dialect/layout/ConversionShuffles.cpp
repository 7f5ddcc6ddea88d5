//===- ConversionShuffles.cpp - Conversions within a warp -----------------===//
//
// Turns the map from the places of the result to those of the source into conditional swaps of registers and shuffles.
//
// Let lane l want, for its result register r, register R(r, l) of lane L(r, l), all linear. Were round p to bring
// everybody register p, a lane might have to send different registers to different lanes. So in round p lane l asks for
// register p ^ f(l) instead, where f is chosen such that l ↦ M(l) = L(f(l), l) sends no two lanes that want different
// registers to the same lane. Then the register to send is a function of the sender alone: with N(l) = R(f(l), l) and
// the linear N' with N = N' ∘ M,
//
//     lane s sends, in round p, register  R(p) ^ N'(L(p)) ^ N'(s)          to lanes l with  M(l) ^ L(p) = s
//
// which is a permutation of registers by XOR with N'(s) before, shuffles with a constant register each, and a
// permutation by XOR with f(l) after. Warps only add a term.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/BitSpace.h"
#include "dialect/layout/ConversionPlan.h"

#include <algorithm>
#include <bit>

namespace tessera {

namespace {

/// A place within a warp, or a bit of one: register and lane.
struct Place {
  uint64_t reg = 0, lane = 0;
};

/// The registers of a layout that are no copies of others of the same thread, numbered afresh.
struct OwnRegisters {
  const LinearLayout &layout;
  std::vector<uint32_t> bits;  ///< the old numbers of the bits of the new numbers
  std::vector<uint64_t> bases; ///< and their images

  explicit OwnRegisters(const LinearLayout &layout) : layout(layout) {
    BitSpace seen;
    for (unsigned bit = 0; bit < layout.inBits(Dim::Register); ++bit)
      if (seen.insert(layout.basis(Dim::Register, bit))) {
        bits.push_back(1u << bit);
        bases.push_back(layout.basis(Dim::Register, bit));
      }
  }

  /// new → old
  std::vector<uint32_t> oldNumbers() const {
    std::vector<uint32_t> numbers(size_t(1) << bits.size(), 0);
    for (size_t i = 1; i < numbers.size(); ++i)
      numbers[i] = numbers[i & (i - 1)] | bits[std::countr_zero(i)];
    return numbers;
  }

  /// old → new
  std::vector<uint32_t> newNumbers() const {
    BitSpace space;
    for (size_t bit = 0; bit < bases.size(); ++bit)
      space.insert(bases[bit], uint64_t(1) << bit);
    std::vector<uint32_t> numbers(layout.numRegisters(), 0);
    for (size_t reg = 1; reg < numbers.size(); ++reg)
      numbers[reg] =
          numbers[reg & (reg - 1)] ^ uint32_t(*space.express(layout.basis(Dim::Register, std::countr_zero(reg))));
    return numbers;
  }
};

class ShufflePlanner {
public:
  ShufflePlanner(const LinearLayout &source, const LinearLayout &result, unsigned elementBits)
      : source(source), result(result), elementBits(elementBits), from(source), to(result) {}

  std::optional<ShufflePlan> plan() {
    if (!findPlaces() || !chooseRounds())
      return std::nullopt;
    ShufflePlan plan;
    findSwaps(plan);
    findSourceLane(plan);
    findPacking(plan);
    emitWords(plan);
    return plan;
  }

private:
  /// Finds where in the source each bit of a result's place is. False where that is in another warp.
  bool findPlaces() {
    // Registers first, so that data stays in its lane where it can.
    for (size_t i = 0; i < from.bases.size(); ++i)
      insertSource(from.bases[i], {uint64_t(1) << i, 0});
    withinLane = space;
    for (unsigned bit = 0; bit < source.inBits(Dim::Lane); ++bit)
      insertSource(source.basis(Dim::Lane, bit), {0, uint64_t(1) << bit});

    for (uint64_t image : to.bases)
      if (!place(image, 0, registerPlaces))
        return false;
    unsigned laneBits = std::max(source.inBits(Dim::Lane), result.inBits(Dim::Lane));
    for (unsigned bit = 0; bit < laneBits; ++bit)
      if (!place(basisOf(result, Dim::Lane, bit), uint64_t(1) << bit, lanePlaces))
        return false;
    for (unsigned bit = 0; bit < std::max(source.inBits(Dim::Warp), result.inBits(Dim::Warp)); ++bit)
      if (!place(basisOf(result, Dim::Warp, bit) ^ basisOf(source, Dim::Warp, bit), 0, warpPlaces))
        return false;
    // Blocks have to agree as they are: their number takes part in no mask.
    for (unsigned bit = 0; bit < std::max(source.inBits(Dim::Block), result.inBits(Dim::Block)); ++bit)
      if (basisOf(result, Dim::Block, bit) != basisOf(source, Dim::Block, bit))
        return false;
    return true;
  }

  static uint64_t basisOf(const LinearLayout &layout, Dim dim, unsigned bit) {
    return bit < layout.inBits(dim) ? layout.basis(dim, bit) : 0;
  }

  static uint64_t tagOf(Place place) { return place.reg | place.lane << 32; }
  static Place placeOf(uint64_t tag) { return {tag & 0xffffffff, tag >> 32}; }

  void insertSource(uint64_t image, Place place) {
    if (std::optional<uint64_t> others = space.express(image))
      kernel.push_back(placeOf(*others ^ tagOf(place)));
    else
      space.insert(image, tagOf(place));
  }

  /// Appends the place of an element to `places`, in lane `preferred` if it is there.
  bool place(uint64_t image, uint64_t preferred, std::vector<Place> &places) {
    if (std::optional<uint64_t> tag = withinLane.express(image ^ source.apply(Dim::Lane, lanesOf(source, preferred)))) {
      places.push_back({placeOf(*tag).reg, preferred});
      return true;
    }
    std::optional<uint64_t> tag = space.express(image);
    if (tag)
      places.push_back(placeOf(*tag));
    return tag.has_value();
  }

  static uint64_t lanesOf(const LinearLayout &layout, uint64_t lane) {
    return lane & (uint64_t(layout.inSize(Dim::Lane)) - 1);
  }

  /// Chooses f, and copies to take instead, such that senders know what to send; sets N'.
  bool chooseRounds() {
    size_t laneBits = lanePlaces.size();
    rounds.assign(laneBits, 0);
    BitSpace senders;
    std::vector<size_t> open;
    auto add = [&](size_t bit) { return senders.insert(lanePlaces[bit].lane, uint64_t(1) << bit); };
    for (size_t bit = 0; bit < laneBits; ++bit)
      if (!add(bit))
        open.push_back(bit);
    for (size_t bit : open) {
      // This bit adds no sender: the lanes that differ by `alias` ask the same lane. Fine if for the same register.
      uint64_t alias = *senders.express(lanePlaces[bit].lane) | uint64_t(1) << bit;
      if (sentRegister(alias) == 0)
        continue;
      if (!takeCopy(bit, senders) && !takeOtherRound(bit, senders))
        return false;
      add(bit);
    }
    // N' on the senders, zero on lanes that nobody asks.
    BitSpace bySender;
    for (size_t bit = 0; bit < laneBits; ++bit) {
      uint64_t sender = lanePlaces[bit].lane, wanted = lanePlaces[bit].reg;
      if (std::optional<uint64_t> known = bySender.express(sender)) {
        if (*known != wanted)
          return false;
        continue;
      }
      bySender.insert(sender, wanted);
    }
    for (size_t bit = 0; bit < laneBits; ++bit)
      bySender.insert(uint64_t(1) << bit, 0);
    for (size_t bit = 0; bit < laneBits; ++bit)
      sentBy.push_back(*bySender.express(uint64_t(1) << bit));
    return true;
  }

  uint64_t sentRegister(uint64_t lanes) const {
    uint64_t reg = 0;
    for (; lanes; lanes &= lanes - 1)
      reg ^= lanePlaces[std::countr_zero(lanes)].reg;
    return reg;
  }

  /// Takes what lane bit `bit` wants from another copy in the source.
  bool takeCopy(size_t bit, const BitSpace &senders) {
    for (const Place &copy : kernel)
      if (!senders.contains(lanePlaces[bit].lane ^ copy.lane)) {
        lanePlaces[bit].lane ^= copy.lane;
        lanePlaces[bit].reg ^= copy.reg;
        return true;
      }
    return false;
  }

  /// Lets lanes with bit `bit` ask for another register in each round.
  bool takeOtherRound(size_t bit, const BitSpace &senders) {
    for (size_t reg = 0; reg < registerPlaces.size(); ++reg)
      if (!senders.contains(lanePlaces[bit].lane ^ registerPlaces[reg].lane)) {
        lanePlaces[bit].lane ^= registerPlaces[reg].lane;
        lanePlaces[bit].reg ^= registerPlaces[reg].reg;
        rounds[bit] |= uint64_t(1) << reg;
        return true;
      }
    return false;
  }

  uint64_t sentByLane(uint64_t lane) const {
    uint64_t reg = 0;
    for (; lane; lane &= lane - 1)
      reg ^= sentBy[std::countr_zero(lane)];
    return reg;
  }

  /// XOR of registers with linear functions of lane and warp as conditional swaps, one a dimension of their image.
  static std::vector<ConditionalSwap> swapsFor(const std::vector<uint64_t> &byLane,
                                               const std::vector<uint64_t> &byWarp) {
    std::vector<ConditionalSwap> swaps;
    BitSpace images;
    auto insert = [&](uint64_t reg) {
      if (images.insert(reg, uint64_t(1) << swaps.size()))
        swaps.push_back({uint32_t(reg), 0, 0}); // words are registers until they are packed
    };
    for (uint64_t reg : byLane)
      insert(reg);
    for (uint64_t reg : byWarp)
      insert(reg);
    for (size_t i = 0; i < swaps.size(); ++i) {
      for (size_t bit = 0; bit < byLane.size(); ++bit)
        swaps[i].lanes |= uint32_t(*images.express(byLane[bit]) >> i & 1) << bit;
      for (size_t bit = 0; bit < byWarp.size(); ++bit)
        swaps[i].warps |= uint32_t(*images.express(byWarp[bit]) >> i & 1) << bit;
    }
    return swaps;
  }

  void findSwaps(ShufflePlan &plan) const {
    std::vector<uint64_t> byWarp;
    byWarp.reserve(warpPlaces.size());
    for (const Place &place : warpPlaces)
      byWarp.push_back(place.reg ^ sentByLane(place.lane));
    plan.before = swapsFor(sentBy, byWarp);
    plan.after = swapsFor(rounds, {});
  }

  void findSourceLane(ShufflePlan &plan) const {
    Space threads, lanes;
    threads.setBits(Dim::Lane, lanePlaces.size());
    threads.setBits(Dim::Warp, warpPlaces.size());
    lanes.setBits(Dim::Lane, lanePlaces.size());
    plan.sourceLane = LinearLayout(threads, lanes);
    for (size_t bit = 0; bit < lanePlaces.size(); ++bit)
      plan.sourceLane.setBasis(Dim::Lane, bit, lanePlaces[bit].lane);
    for (size_t bit = 0; bit < warpPlaces.size(); ++bit)
      plan.sourceLane.setBasis(Dim::Warp, bit, warpPlaces[bit].lane);
    for (size_t bit = 0; bit < lanePlaces.size(); ++bit)
      plan.isButterfly &= lanePlaces[bit].lane == uint64_t(1) << bit;
    for (const Place &place : warpPlaces)
      plan.isButterfly &= place.lane == 0;
  }

  /// Bits of the result's registers that are plainly bits of the source's, touched by nothing else: elements that
  /// differ in them travel in one word.
  void findPacking(ShufflePlan &plan) {
    uint64_t sourceTaken = 0, resultTaken = 0;
    for (const ConditionalSwap &swap : plan.before)
      sourceTaken |= swap.words;
    for (const ConditionalSwap &swap : plan.after)
      resultTaken |= swap.words;
    for (unsigned bit = 0; bit < registerPlaces.size(); ++bit) {
      const Place &place = registerPlaces[bit];
      if ((2u << packedResult.size()) * elementBits > 32)
        break;
      if (place.lane || !std::has_single_bit(place.reg) || (place.reg & sourceTaken) || (resultTaken >> bit & 1))
        continue;
      if (std::ranges::count_if(registerPlaces, [&](const Place &other) { return other.reg & place.reg; }) != 1)
        continue;
      packedResult.push_back(1u << bit);
      packedSource.push_back(uint32_t(place.reg));
    }
    plan.elementsPerWord = 1u << packedResult.size();
    for (ConditionalSwap &swap : plan.before)
      swap.words = wordOf(swap.words, packedSource);
    for (ConditionalSwap &swap : plan.after)
      swap.words = wordOf(swap.words, packedResult);
  }

  /// A register's number without the bits `packed`: the number of its word.
  static uint32_t wordOf(uint32_t reg, const std::vector<uint32_t> &packed) {
    uint32_t mask = 0, word = 0;
    for (uint32_t bit : packed)
      mask |= bit;
    for (unsigned bit = 0, to = 0; bit < 32; ++bit)
      if (!(mask >> bit & 1))
        word |= (reg >> bit & 1) << to++;
    return word;
  }

  /// The number of a register's element within its word.
  static uint32_t elementOf(uint32_t reg, const std::vector<uint32_t> &packed) {
    uint32_t element = 0;
    for (size_t i = 0; i < packed.size(); ++i)
      element |= uint32_t((reg & packed[i]) != 0) << i;
    return element;
  }

  void emitWords(ShufflePlan &plan) const {
    std::vector<uint32_t> sent = from.oldNumbers();
    plan.words.assign(sent.size() / plan.elementsPerWord, std::vector<uint32_t>(plan.elementsPerWord));
    for (uint32_t reg = 0; reg < sent.size(); ++reg)
      plan.words[wordOf(reg, packedSource)][elementOf(reg, packedSource)] = sent[reg];
    for (uint32_t reg : to.newNumbers())
      plan.outputs.push_back({wordOf(reg, packedResult), elementOf(reg, packedResult)});
    for (uint32_t round = 0; round < 1u << registerPlaces.size(); ++round) {
      if (elementOf(round, packedResult))
        continue;
      uint64_t reg = 0, lane = 0;
      for (size_t bit = 0; bit < registerPlaces.size(); ++bit)
        if (round >> bit & 1) {
          reg ^= registerPlaces[bit].reg;
          lane ^= registerPlaces[bit].lane;
        }
      plan.shuffles.push_back(
          {wordOf(uint32_t(reg ^ sentByLane(lane)), packedSource), wordOf(round, packedResult), uint32_t(lane)});
    }
  }

  const LinearLayout &source, &result;
  unsigned elementBits;
  OwnRegisters from, to;
  /// The span of the source within a warp with places as tags, that of its registers alone, and the places of copies.
  BitSpace space, withinLane;
  std::vector<Place> kernel;
  /// Where the source has what bits of the result's place are: R and L. Those of lanes become M and N.
  std::vector<Place> registerPlaces, lanePlaces, warpPlaces;
  /// f by lane bit, N' by lane bit.
  std::vector<uint64_t> rounds, sentBy;
  /// The register bits within a word, in the result and in the source.
  std::vector<uint32_t> packedResult, packedSource;
};

} // namespace

double ShufflePlan::cost(unsigned elementBits) const {
  double wordsPerElement = elementBits > 32 ? 2 : 1, shuffled = 0;
  for (const ShuffleStep &step : shuffles)
    shuffled += isButterfly && step.laneXor == 0 ? 0 : wordsPerElement;
  double selects = wordsPerElement * (double(before.size() * words.size()) + double(after.size() * shuffles.size()));
  // Registers in order are taken to be packed already.
  double permutes = 0;
  for (const std::vector<uint32_t> &word : words)
    for (size_t i = 1; i < word.size(); ++i)
      permutes += word[i] != word[0] + i;
  for (size_t reg = 0; reg < outputs.size(); ++reg)
    permutes += elementsPerWord > 1 && outputs[reg].element != reg % elementsPerWord;
  return shuffled + (selects + permutes) / 2;
}

std::optional<ShufflePlan> planShuffles(const LinearLayout &source, const LinearLayout &result, unsigned elementBits) {
  return ShufflePlanner(source, result, elementBits).plan();
}

} // namespace tessera
