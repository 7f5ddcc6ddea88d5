//===- ConversionShared.cpp - Conversions through shared memory -----------===//
//
// Computes the order of elements in shared memory for one writer and one reader. A *choice* says which coordinate
// vectors become the lowest offset bits (what one instruction moves contiguously); the rest of the order is then
// completed such that neither side has bank conflicts where that is possible. All sensible choices are tried, their
// instructions planned and their wavefronts counted, and the cheapest is taken.
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

using Vectors = WordList;

/// The first `count` of `vectors`, or all of them where there are fewer.
Vectors firstOf(Vectors vectors, size_t count) {
  vectors.truncate(count);
  return vectors;
}

constexpr unsigned kRowBits = 7;         // 32 banks of 4 bytes: a row of 128 bytes
constexpr unsigned kMaxVectorBytes = 16; // of one lane in one instruction
constexpr double kBarrierCost = 16, kWarpBarrierCost = 4;

/// One side of the transfer: what its places span.
struct Side {
  Vectors registers;      ///< images of the register bits
  Vectors together;       ///< of those that one instruction may span
  Vectors lanes, threads; ///< of lanes, and of lanes and warps; zero where a store leaves out copies
  bool matrix;            ///< ldmatrix or stmatrix may be used

  Side(const LinearLayout &layout, bool isStore, bool matrix, uint64_t slices) : matrix(matrix) {
    for (unsigned bit = 0; bit < layout.inBits(Dim::Register); ++bit) {
      registers.push_back(layout.basis(Dim::Register, bit));
      if (!(slices >> bit & 1))
        together.push_back(layout.basis(Dim::Register, bit));
    }
    uint64_t free = isStore ? layout.freeMask() : 0;
    uint64_t idleLanes = layout.in().get(free, Dim::Lane), idleWarps = layout.in().get(free, Dim::Warp);
    for (unsigned bit = 0; bit < layout.inBits(Dim::Lane); ++bit)
      lanes.push_back(idleLanes >> bit & 1 ? 0 : layout.basis(Dim::Lane, bit));
    threads = lanes;
    for (unsigned bit = 0; bit < layout.inBits(Dim::Warp); ++bit)
      threads.push_back(idleWarps >> bit & 1 ? 0 : layout.basis(Dim::Warp, bit));
  }
};

/// What one side's instructions look like under a choice: the span of the offset bits that one lane moves, and the
/// lanes (or rows) of one phase.
struct Expected {
  unsigned width = 0; ///< the lowest offset bits that each lane moves at once
  Vectors phase;
};

class SharedPlanner {
public:
  SharedPlanner(const LinearLayout &source, const LinearLayout &result, unsigned elementBits,
                const ConversionOptions &options)
      : source(source), result(result), store(source, true, options.stmatrix, 0),
        load(result, false, options.ldmatrix, options.resultSlices), elementShift(std::countr_zero(elementBits / 8)),
        elementBits(elementBits), options(options) {}

  SharedPlan plan() {
    chooseSteps();
    std::optional<SharedPlan> best;
    Vectors order;
    for (const Vectors &choice : choices()) {
      Vectors candidateOrder = orderFor(choice);
      SharedPlan candidate = planFor(candidateOrder, /*countOnly=*/true);
      if (!best || candidate.cost() < best->cost()) {
        best = std::move(candidate);
        order = candidateOrder;
      }
      if (isIdeal(best->store) && isIdeal(best->load))
        break;
    }
    best = planFor(order, /*countOnly=*/false);
    best->crossesWarps = best->store.idleWarps != 0 || !staysInWarps();
    return *best;
  }

private:
  /// As wide as instructions get, and nothing in the way: not worth looking for better.
  static bool isIdeal(const SharedAccess &access) {
    bool wide = access.bytesPerInstruction() == kMaxVectorBytes || access.numInstructions == 1;
    return wide && access.conflicts == 0 && access.repackedWords == 0 && access.numAddresses <= 4;
  }

  /// Splits the space of elements into what a step moves (`kept`) and the vectors from step to step.
  void chooseSteps() {
    BitSpace threads;
    Vectors spanned;
    auto add = [&](const Vectors &vectors) {
      for (uint64_t vector : vectors)
        if (threads.insert(vector))
          spanned.push_back(vector);
    };
    add(store.threads);
    add(load.threads);
    // Vectors that make instructions wide stay in one step, as far as they go together.
    Vectors common = intersect(store.together, load.together);
    size_t wide = std::min<size_t>(common.size(), maxVectorBits());
    auto fits = [&](size_t bits) { return bytesOf(bits) <= options.maxScratchBytes; };
    while (wide > 0 && !fits(spanned.size() + wide))
      --wide;
    add(firstOf(common, wide));
    size_t fixed = spanned.size();
    add(store.registers);
    add(load.registers);
    size_t total = spanned.size(), steps = 0;
    while (fixed + steps < total && !fits(total - steps))
      ++steps;
    kept = firstOf(spanned, total - steps);
    stepVectors = Vectors(std::span<const uint64_t>(spanned).last(steps));

    // What is neither kept nor a step, other blocks' parts, counts for nothing.
    BitSpace space;
    space.insertAll(kept);
    for (size_t i = 0; i < steps; ++i)
      space.insert(stepVectors[i], uint64_t(1) << i);
    unsigned bits = source.out().totalBits();
    stepFunctions = Vectors(std::vector<uint64_t>(steps, 0));
    for (unsigned bit = 0; bit < bits; ++bit)
      space.insert(uint64_t(1) << bit, 0);
    for (unsigned bit = 0; bit < bits; ++bit)
      for (size_t i = 0; i < steps; ++i)
        stepFunctions[i] |= (*space.express(uint64_t(1) << bit) >> i & 1) << bit;
    // Registers of later steps stand for those of the first.
    for (Side *side : {&store, &load})
      for (Vectors *registers : {&side->registers, &side->together})
        for (uint64_t &reg : *registers)
          for (size_t i = 0; i < steps; ++i)
            if (parity(reg & stepFunctions[i]))
              reg ^= stepVectors[i];
  }

  int64_t bytesOf(size_t elementsLog) const { return int64_t(elementBits / 8) << elementsLog; }
  unsigned maxVectorBits() const { return std::countr_zero(kMaxVectorBytes) - elementShift; }

  /// The vectors to try as the lowest offset bits, lowest first.
  std::vector<Vectors> choices() const {
    std::vector<Vectors> result;
    auto add = [&](const Vectors &choice) {
      BitSpace seen;
      Vectors independent;
      for (uint64_t vector : choice)
        if (independent.size() < maxVectorBits() && seen.insert(vector))
          independent.push_back(vector);
      if (std::ranges::find(result, independent) == result.end())
        result.push_back(independent);
    };
    if (load.matrix)
      addMatrixChoices(load, add);
    if (store.matrix)
      addMatrixChoices(store, add);
    Vectors common = commonVectors();
    for (size_t width = std::min<size_t>(common.size(), maxVectorBits()) + 1; width-- > 0;) {
      Vectors lower = firstOf(common, width);
      add(lower);
      // Wider on one side, by vectors along which the lanes of the other run, so that it finds them in different banks.
      for (const Vectors &wider :
           {extended(lower, store.together, load.lanes), extended(lower, load.together, store.lanes)})
        for (size_t more = std::min<size_t>(wider.size(), maxVectorBits()); more > width; --more)
          add(firstOf(wider, more));
    }
    return result;
  }

  /// Vectors that both sides have in registers, those of single register bits of the source first.
  Vectors commonVectors() const {
    BitSpace held(load.together), seen;
    Vectors common;
    for (uint64_t reg : store.together)
      if (held.contains(reg) && seen.insert(reg))
        common.push_back(reg);
    for (uint64_t vector : intersect(store.together, load.together))
      if (seen.insert(vector))
        common.push_back(vector);
    return common;
  }

  static Vectors extended(Vectors vectors, const Vectors &registers, const Vectors &otherLanes) {
    BitSpace lanes(otherLanes);
    for (bool along : {true, false})
      for (uint64_t reg : registers)
        if (reg && lanes.contains(reg) == along)
          vectors.push_back(reg);
    return vectors;
  }

  /// What runs along the rows of 16 bytes of the matrix instructions.
  template <typename Add> void addMatrixChoices(const Side &side, Add add) const {
    if (elementBits > 32 || side.lanes.size() != 5)
      return;
    Vectors plain;
    unsigned wordBits = 2 - elementShift;
    for (uint64_t reg : side.together)
      if (plain.size() < wordBits)
        plain.push_back(reg);
    plain.push_back(side.lanes[0]);
    plain.push_back(side.lanes[1]);
    if (rankOf(plain) == plain.size())
      add(plain);
    Vectors transposed{side.lanes[2], side.lanes[3], side.lanes[4]};
    if (elementBits == 16 && rankOf(transposed) == 3)
      add(transposed);
  }

  /// What to expect of one side, given the lowest offset bits: used to lay out the rest, then counted for real.
  Expected expect(const Side &side, const Vectors &lowest) const {
    Expected expected;
    if (side.matrix && elementBits <= 32 && side.lanes.size() == 5 && lowest.size() == maxVectorBits()) {
      unsigned wordBits = 2 - elementShift;
      if (lowest[wordBits] == side.lanes[0] && lowest[wordBits + 1] == side.lanes[1])
        return {maxVectorBits(), {side.lanes[2], side.lanes[3], side.lanes[4]}};
      if (elementBits == 16 && std::equal(lowest.begin(), lowest.end(), side.lanes.begin() + 2)) {
        uint64_t row = 0;
        for (uint64_t reg : side.together)
          row = row ? row : reg;
        return {maxVectorBits(), {row, side.lanes[0], side.lanes[1]}};
      }
    }
    BitSpace held(side.together);
    while (expected.width < lowest.size() && held.contains(lowest[expected.width]))
      ++expected.width;
    unsigned bytes = 1u << (expected.width + elementShift);
    unsigned laneBits = bytes <= 4 ? 5 : 5 - (std::countr_zero(bytes) - 2);
    expected.phase = firstOf(side.lanes, laneBits);
    return expected;
  }

  /// Completes the lowest offset bits to all of them, as images: the order of elements in memory.
  Vectors orderFor(Vectors lowest) const {
    Expected storing = expect(store, lowest), loading = expect(load, lowest);
    // A word of a bank holds several small elements: fill it, so that the rest is about words only.
    BitSpace inLowest(lowest);
    auto fillWord = [&](const Vectors &vectors) {
      for (uint64_t vector : vectors)
        if (lowest.size() + elementShift < 2 && inLowest.insert(vector))
          lowest.push_back(vector);
    };
    fillWord(store.registers);
    fillWord(load.registers);
    fillWord(kept);

    Vectors rest = restOf(lowest, storing, loading);
    // What an access spans with the word or vector it moves at once: no two elements of it may differ by the segment.
    auto spanned = [&](const Expected &side) {
      Vectors vectors = side.phase;
      size_t width = std::max<size_t>(side.width, elementShift < 2 ? 2 - elementShift : 0);
      for (size_t i = 0; i < std::min(width, lowest.size()); ++i)
        vectors.push_back(lowest[i]);
      return intersect(vectors, rest);
    };
    size_t rowBits = kRowBits - elementShift;
    size_t segmentBits = lowest.size() + rest.size() > rowBits ? lowest.size() + rest.size() - rowBits : 0;
    Vectors segment = avoiding(spanned(storing), spanned(loading), rest, segmentBits);
    Vectors order = lowest;
    BitSpace ordered(order);
    ordered.insertAll(segment);
    for (uint64_t vector : rest)
      if (ordered.insert(vector))
        order.push_back(vector);
    order.append(segment);
    return order;
  }

  /// Vectors that complete `lowest` to a basis of what a step moves. Threads that move whole vectors must not differ in
  /// `lowest`, so theirs are taken as they are. Lanes that move parts of them may, and do where that puts them into
  /// different banks.
  Vectors restOf(const Vectors &lowest, const Expected &storing, const Expected &loading) const {
    Vectors rest;
    BitSpace space(lowest);
    auto add = [&](uint64_t vector) {
      if (space.insert(vector))
        rest.push_back(vector);
    };
    const Side *wide = &store, *narrow = &load;
    const Expected *wideAccess = &storing, *narrowAccess = &loading;
    if (loading.width > storing.width) {
      std::swap(wide, narrow);
      std::swap(wideAccess, narrowAccess);
    }
    for (uint64_t vector : wide->threads)
      add(vector);
    if (narrowAccess->width < wideAccess->width) {
      // Vector bits above the narrow access and its word that none of its lanes runs along yet.
      Vectors unused;
      BitSpace taken(narrow->lanes);
      size_t first = std::max<size_t>(narrowAccess->width, elementShift < 2 ? 2 - elementShift : 0);
      for (size_t i = first; i < lowest.size(); ++i)
        if (taken.insert(lowest[i]))
          unused.push_back(lowest[i]);
      size_t next = 0;
      for (uint64_t vector : narrow->lanes)
        if (vector && !space.contains(vector))
          add(next < unused.size() ? vector ^ unused[next++] : vector);
    }
    for (uint64_t vector : narrow->threads)
      add(vector);
    for (uint64_t vector : store.registers)
      add(vector);
    for (uint64_t vector : load.registers)
      add(vector);
    for (uint64_t vector : kept)
      add(vector);
    return rest;
  }

  /// `count` independent vectors of the span of `rest` that span nothing of `p` nor of `q`, as far as that is possible.
  static Vectors avoiding(const Vectors &p, const Vectors &q, const Vectors &rest, size_t count) {
    Vectors result;
    // Outside both. Later vectors of the rest are registers, which make for offsets known at compile time.
    BitSpace both(p);
    both.insertAll(q);
    for (size_t i = rest.size(); i-- > 0 && result.size() < count;)
      if (both.insert(rest[i]))
        result.push_back(rest[i]);
    // Sums of one of each.
    Vectors shared = intersect(p, q), onlyP, onlyQ;
    BitSpace inP(shared), inQ(shared);
    for (uint64_t vector : p)
      if (inP.insert(vector))
        onlyP.push_back(vector);
    for (uint64_t vector : q)
      if (inQ.insert(vector))
        onlyQ.push_back(vector);
    for (size_t i = 0; i < std::min(onlyP.size(), onlyQ.size()) && result.size() < count; ++i)
      result.push_back(onlyP[i] ^ onlyQ[i]);
    // No more of those: conflicts on one side, then on both.
    BitSpace seen(result);
    for (const Vectors *more : std::initializer_list<const Vectors *>{&onlyQ, &onlyP, &rest})
      for (uint64_t vector : *more)
        if (result.size() < count && seen.insert(vector))
          result.push_back(vector);
    return result;
  }

  SharedPlan planFor(const Vectors &order, bool countOnly) const {
    SharedPlan plan;
    Space offsets;
    offsets.setBits(Dim::Offset, order.size());
    plan.shared = LinearLayout(offsets, source.out());
    for (size_t bit = 0; bit < order.size(); ++bit)
      plan.shared.setBasis(Dim::Offset, bit, order[bit]);
    plan.numSteps = 1u << stepVectors.size();
    plan.scratchElements = int64_t(1) << order.size();

    BitSpace space;
    for (size_t bit = 0; bit < order.size(); ++bit)
      space.insert(order[bit], uint64_t(1) << bit);
    for (uint64_t vector : stepVectors)
      space.insert(vector, 0);
    unsigned bits = source.out().totalBits();
    for (unsigned bit = 0; bit < bits; ++bit)
      space.insert(uint64_t(1) << bit, 0);
    LinearLayout toOffset(source.out(), offsets);
    for (unsigned i = 0; i < kNumDims; ++i)
      for (unsigned bit = 0; bit < source.out().bits(Dim(i)); ++bit)
        toOffset.setBasis(Dim(i), bit, *space.express(source.out().put(int64_t(1) << bit, Dim(i))));
    plan.store = planSteppedAccess(toOffset, stepFunctions, source, elementBits,
                                   {.isStore = true, .matrix = options.stmatrix, .countOnly = countOnly});
    plan.load = planSteppedAccess(toOffset, stepFunctions, result, elementBits,
                                  {.matrix = options.ldmatrix, .slices = options.resultSlices, .countOnly = countOnly});
    return plan;
  }

  /// Whether each warp holds, without others, what it wants.
  bool staysInWarps() const {
    LinearLayout held = source.restrictIns({Dim::Register, Dim::Lane});
    LinearLayout wanted = result.restrictIns({Dim::Register, Dim::Lane});
    BitSpace space(held.bases());
    for (uint64_t word : wanted.bases())
      if (!space.contains(word))
        return false;
    unsigned warpBits = std::max(source.inBits(Dim::Warp), result.inBits(Dim::Warp));
    for (unsigned bit = 0; bit < warpBits; ++bit) {
      uint64_t from = bit < source.inBits(Dim::Warp) ? source.basis(Dim::Warp, bit) : 0;
      uint64_t to = bit < result.inBits(Dim::Warp) ? result.basis(Dim::Warp, bit) : 0;
      if (!space.contains(from ^ to))
        return false;
    }
    return true;
  }

  const LinearLayout &source, &result;
  Side store, load;
  unsigned elementShift, elementBits;
  ConversionOptions options;
  /// A basis of what one step moves, the vectors between steps, and the functions that give the step of an element.
  Vectors kept, stepVectors, stepFunctions;
};

} // namespace

double SharedPlan::cost() const {
  double access = store.cost() + load.cost();
  return access + (crossesWarps ? kBarrierCost : kWarpBarrierCost) * (2 * numSteps - 1);
}

SharedPlan planShared(const LinearLayout &source, const LinearLayout &result, unsigned elementBits,
                      const ConversionOptions &options) {
  return SharedPlanner(source, result, elementBits, options).plan();
}

} // namespace tessera
