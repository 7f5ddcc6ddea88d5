//===- SharedAccess.cpp - How registers meet shared memory ----------------===//
//
// Finds the widest instructions that the map from places to offsets allows, and counts bank conflicts.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/SharedAccess.h"

#include "dialect/layout/BitSpace.h"
#include "dialect/layout/Fragments.h"

#include <algorithm>
#include <bit>

namespace tessera {

namespace {

constexpr unsigned kBanks = 32, kBankBytes = 4;
constexpr unsigned kRowBytes = 16; // of a matrix of ldmatrix and stmatrix

/// Finds the instructions of one access. Registers are handled as words of register bits, subspaces of them by bases.
class AccessPlanner {
public:
  AccessPlanner(const LinearLayout &toOffset, std::span<const uint64_t> steps, const LinearLayout &layout,
                unsigned elementBits, const SharedAccessOptions &options)
      : layout(layout), offsets(compose(toOffset, layout)), steps(steps), elementBits(elementBits), options(options) {
    uint64_t free = layout.freeMask();
    freeRegisters = layout.in().get(free, Dim::Register);
    if (options.isStore) {
      idleLanes = layout.in().get(free, Dim::Lane);
      idleWarps = layout.in().get(free, Dim::Warp);
    }
    findRegisters();
  }

  /// Loads and stores of contiguous elements, as wide as can be.
  SharedAccess vectorAccess() {
    SharedAccess access = start(AccessForm::Vector);
    WordList inner;
    while ((2u << inner.size()) * elementBits <= options.maxVectorBits) {
      uint64_t unit = uint64_t(1) << inner.size();
      std::optional<uint64_t> reg = byOffset.express(unit);
      if (!reg || touchedByThreads(unit))
        break;
      inner.push_back(*reg);
    }
    access.elementsPerInstruction = 1u << inner.size();
    for (Dim dim : {Dim::Lane, Dim::Warp})
      for (unsigned bit = 0; bit < layout.inBits(dim); ++bit)
        if (!(idle(dim) >> bit & 1))
          access.address.setBasis(dim, bit, offsets.basis(dim, bit));
    emit(access, inner, inner);
    return access;
  }

  /// ldmatrix or stmatrix; none where it does not fit.
  std::optional<SharedAccess> matrixAccess(bool transposed) {
    if (elementBits > 32 || (transposed && elementBits != 16) || layout.inBits(Dim::Lane) != kLaneBits)
      return std::nullopt;
    if (idleLanes)
      return std::nullopt;
    unsigned wordBits = std::countr_zero(32 / elementBits);
    unsigned rowBits = std::countr_zero(kRowBytes * 8 / elementBits);
    // What runs along a row of 16 bytes, and lane bits that run over the rows.
    auto lane = [&](unsigned bit) { return offsets.basis(Dim::Lane, bit); };
    unsigned alongRow = transposed ? 2 : 0, overRows = transposed ? 0 : 2;
    unsigned laneBitsInRow = transposed ? 3 : 2, firstLaneUnit = transposed ? 0 : wordBits;
    for (unsigned i = 0; i < laneBitsInRow; ++i)
      if (lane(alongRow + i) != uint64_t(1) << (firstLaneUnit + i))
        return std::nullopt;
    uint64_t rowMask = (uint64_t(1) << rowBits) - 1;
    for (unsigned i = 0; i < kLaneBits - laneBitsInRow; ++i)
      if (lane(overRows + i) & rowMask)
        return std::nullopt;
    for (uint64_t warp : offsets.bases(Dim::Warp))
      if (warp & rowMask)
        return std::nullopt;

    if (!transposed) {
      WordList word;
      for (unsigned i = 0; i < wordBits; ++i) {
        std::optional<uint64_t> reg = byOffset.express(uint64_t(1) << i);
        if (!reg)
          return std::nullopt;
        word.push_back(*reg);
      }
      return finishMatrix(AccessForm::Matrix, word, {lane(2), lane(3), lane(4)}, rowMask);
    }
    // Transposed, any register may hold the rows' lowest bit: the one with the fewest conflicts.
    std::optional<SharedAccess> best;
    for (uint64_t reg : registers) {
      uint64_t row = offsetOf(reg);
      if ((row & rowMask) || (reg & options.slices))
        continue;
      std::optional<SharedAccess> access =
          finishMatrix(AccessForm::MatrixTransposed, {reg}, {row, lane(0), lane(1)}, rowMask);
      if (access && (!best || access->cost() < best->cost()))
        best = std::move(access);
    }
    return best;
  }

private:
  uint64_t offsetOf(uint64_t reg) const { return offsets.apply(Dim::Register, reg); }

  bool touchedByThreads(uint64_t unit) const {
    uint64_t touched = 0;
    for (Dim dim : {Dim::Lane, Dim::Warp})
      for (unsigned bit = 0; bit < layout.inBits(dim); ++bit)
        if (!(idle(dim) >> bit & 1))
          touched |= offsets.basis(dim, bit);
    return touched & unit;
  }

  uint64_t idle(Dim dim) const { return dim == Dim::Lane ? idleLanes : idleWarps; }

  /// The registers to move, split into those of step 0 and one for every step bit.
  void findRegisters() {
    BitSpace seen, byStep;
    for (unsigned bit = 0; bit < layout.inBits(Dim::Register); ++bit) {
      if (freeRegisters >> bit & 1)
        continue;
      uint64_t image = layout.basis(Dim::Register, bit), reg = uint64_t(1) << bit, step = 0;
      for (size_t j = 0; j < steps.size(); ++j)
        step |= uint64_t(parity(image & steps[j])) << j;
      if (std::optional<uint64_t> others = byStep.express(step))
        registers.push_back(reg ^ *others);
      else
        byStep.insert(step, reg);
    }
    for (size_t j = 0; j < steps.size(); ++j)
      stepRegisters.push_back(byStep.express(uint64_t(1) << j).value_or(0));
    for (uint64_t reg : registers)
      if (!(reg & options.slices))
        byOffset.insert(offsetOf(reg), reg);
  }

  SharedAccess start(AccessForm form) const {
    SharedAccess access;
    access.form = form;
    access.elementBits = elementBits;
    Space threads;
    threads.setBits(Dim::Lane, layout.inBits(Dim::Lane));
    threads.setBits(Dim::Warp, layout.inBits(Dim::Warp));
    access.address = LinearLayout(threads, offsets.out());
    access.idleLanes = idleLanes;
    access.idleWarps = idleWarps;
    if (!options.isStore && !options.countOnly) {
      BitSpace kept;
      for (unsigned bit = 0; bit < layout.inBits(Dim::Register); ++bit)
        kept.insert(layout.basis(Dim::Register, bit), uint64_t(1) << bit);
      for (int64_t reg = 0; reg < layout.numRegisters(); ++reg)
        access.copyOf.push_back(freeRegisters & reg ? *kept.express(layout.apply(Dim::Register, reg)) : reg);
    }
    return access;
  }

  /// Completes a matrix access: `word` are the registers within a 32-bit word, `rows` the offsets of the three row
  /// bits.
  std::optional<SharedAccess> finishMatrix(AccessForm form, const WordList &word, std::array<uint64_t, 3> rows,
                                           uint64_t rowMask) {
    SharedAccess access = start(form);
    // Further matrices: the lowest registers that are left.
    BitSpace used(word);
    WordList inner = word, matrices;
    for (uint64_t reg : registers) {
      if (matrices.size() == 2)
        break;
      if (reg & options.slices)
        continue;
      reg = aligned(reg, word, form);
      if (used.insert(reg)) {
        matrices.push_back(reg);
        inner.push_back(reg);
      }
    }
    auto fits = [&](uint64_t reg) { return (offsetOf(aligned(reg, word, form)) & rowMask) == 0; };
    if (!std::ranges::all_of(registers, [&](uint64_t reg) { return std::ranges::count(word, reg) || fits(reg); }) ||
        !std::ranges::all_of(stepRegisters, fits))
      return std::nullopt;
    access.numMatrices = 1u << matrices.size();
    access.elementsPerInstruction = 1u << inner.size();
    for (unsigned i = 0; i < 3; ++i)
      access.address.setBasis(Dim::Lane, i, rows[i]);
    for (unsigned i = 0; i < matrices.size(); ++i)
      access.address.setBasis(Dim::Lane, 3 + i, offsetOf(matrices[i]));
    for (unsigned bit = 0; bit < layout.inBits(Dim::Warp); ++bit)
      access.address.setBasis(Dim::Warp, bit, offsets.basis(Dim::Warp, bit));
    emit(access, inner, form == AccessForm::Matrix ? word : WordList());
    return access;
  }

  /// `reg` moved by registers of the word such that its offset does not touch the word's own units.
  uint64_t aligned(uint64_t reg, const WordList &word, AccessForm form) const {
    if (form == AccessForm::MatrixTransposed)
      return reg;
    uint64_t offset = offsetOf(reg);
    for (size_t i = 0; i < word.size(); ++i)
      if (offset >> i & 1)
        reg ^= word[i];
    return reg;
  }

  /// Writes out the instructions: `inner` are the registers that one instruction moves, `units` those of them that hold
  /// the lowest offset bits.
  void emit(SharedAccess &access, const WordList &inner, const WordList &units) {
    BitSpace used(inner);
    WordList outer;
    for (uint64_t reg : registers) {
      reg = aligned(reg, units, AccessForm::Vector);
      if (used.insert(reg))
        outer.push_back(reg);
    }
    size_t perStep = size_t(1) << outer.size();
    for (uint64_t reg : stepRegisters)
      outer.push_back(aligned(reg, units, AccessForm::Vector));
    access.numInstructions = size_t(1) << outer.size();
    for (size_t bit = 0; (2u << bit) * elementBits <= 32; ++bit)
      if (std::ranges::count(registers, uint64_t(1) << bit) &&
          (bit >= inner.size() || inner[bit] != uint64_t(1) << bit))
        access.repackedWords = unsigned(access.numInstructions) * access.elementsPerInstruction * elementBits / 32;
    BitSpace variable;
    for (uint64_t reg : outer)
      variable.insert(offsetOf(reg) & access.variableBits());
    access.numAddresses = size_t(1) << variable.dimension();
    countWavefronts(access);
    if (options.countOnly)
      return;

    auto combine = [](const WordList &basis, size_t index) {
      uint64_t reg = 0;
      for (size_t i = 0; i < basis.size(); ++i)
        reg ^= index >> i & 1 ? basis[i] : 0;
      return reg;
    };
    for (size_t index = 0; index < access.numInstructions; ++index) {
      SharedInstruction instruction;
      uint64_t first = combine(outer, index);
      for (size_t element = 0; element < size_t(1) << inner.size(); ++element)
        instruction.registers.push_back(uint32_t(first ^ combine(inner, element)));
      instruction.offset = offsetOf(first);
      instruction.step = uint32_t(index / perStep);
      access.instructions.push_back(std::move(instruction));
    }
  }

  /// All instructions, phases and warps are alike: XOR with a constant permutes the banks. In a phase the lanes want
  /// 2^r different slots of the width that each moves (or words), in 2^s different places of the row of banks.
  void countWavefronts(SharedAccess &access) const {
    unsigned bytes = access.form == AccessForm::Vector ? access.bytesPerInstruction() : kRowBytes;
    unsigned slotShift = std::countr_zero(std::max(bytes, kBankBytes));
    uint64_t slotsInRow = (kBanks * kBankBytes >> slotShift) - 1;
    unsigned lanesInPhase = 5 - std::countr_zero(phasesOf(bytes));
    BitSpace slots, places;
    unsigned phases = access.form == AccessForm::Vector ? 1 : access.numMatrices;
    for (unsigned bit = 0; bit < layout.inBits(Dim::Lane); ++bit) {
      if (bit >= lanesInPhase) {
        if (access.form == AccessForm::Vector && !(idleLanes >> bit & 1))
          phases *= 2;
        continue;
      }
      uint64_t slot = access.address.basis(Dim::Lane, bit) * elementBits / 8 >> slotShift;
      slots.insert(slot);
      places.insert(slot & slotsInRow);
    }
    unsigned taken = phases << (slots.dimension() - places.dimension());
    access.wavefronts = taken * unsigned(access.numInstructions);
    access.conflicts = (taken - phases) * unsigned(access.numInstructions);
  }

  const LinearLayout &layout;
  LinearLayout offsets;
  std::span<const uint64_t> steps;
  unsigned elementBits;
  SharedAccessOptions options;
  uint64_t freeRegisters = 0, idleLanes = 0, idleWarps = 0;
  /// A basis of the registers of the first step, and registers that lead from it to the others.
  WordList registers, stepRegisters;
  /// The registers that one instruction may span, by offset.
  BitSpace byOffset;
};

/// Fewer cycles win, then the simpler form.
bool isBetter(const SharedAccess &a, const SharedAccess &b) { return a.cost() < b.cost(); }

std::optional<SharedAccess> bestMatrixAccess(AccessPlanner &planner) {
  std::optional<SharedAccess> best = planner.matrixAccess(false);
  std::optional<SharedAccess> other = planner.matrixAccess(true);
  return other && (!best || isBetter(*other, *best)) ? other : best;
}

/// coordinates → offset.
LinearLayout offsetMap(const LinearLayout &shared) { return shared.restrictIns({Dim::Offset}).pseudoInvert(); }

} // namespace

uint64_t SharedAccess::variableBits() const {
  uint64_t bits = 0;
  for (uint64_t word : address.bases())
    bits |= word;
  return bits;
}

double SharedAccess::cost() const {
  // An instruction takes a slot besides its wavefronts; addresses and permutations are arithmetic, at twice the rate.
  return wavefronts + 0.25 * double(numInstructions) + 0.5 * double(numAddresses + repackedWords);
}

unsigned wavefrontsOf(std::span<const std::optional<uint64_t>> byteAddresses, unsigned bytesPerLane) {
  // A phase moves 128 bytes at most: that many lanes, in order.
  size_t lanesPerPhase = kBanks * kBankBytes / std::max(bytesPerLane, kBankBytes);
  unsigned total = 0;
  for (size_t first = 0; first < byteAddresses.size(); first += lanesPerPhase) {
    std::array<std::vector<uint64_t>, kBanks> words;
    unsigned most = 0;
    for (size_t lane = first; lane < std::min(first + lanesPerPhase, byteAddresses.size()); ++lane) {
      if (!byteAddresses[lane])
        continue;
      uint64_t begin = *byteAddresses[lane] / kBankBytes, end = (*byteAddresses[lane] + bytesPerLane - 1) / kBankBytes;
      for (uint64_t word = begin; word <= end; ++word) {
        std::vector<uint64_t> &bank = words[word % kBanks];
        if (std::ranges::find(bank, word) == bank.end())
          bank.push_back(word);
        most = std::max(most, unsigned(bank.size()));
      }
    }
    total += most;
  }
  return total;
}

uint64_t sliceBits(const LinearLayout &layout, unsigned axis, int64_t size) {
  uint64_t bits = 0;
  for (unsigned bit = 0; bit < layout.inBits(Dim::Register); ++bit)
    bits |= uint64_t(layout.out().get(layout.basis(Dim::Register, bit), tensorDim(axis)) >= size) << bit;
  return bits;
}

SharedAccess planSteppedAccess(const LinearLayout &toOffset, std::span<const uint64_t> steps,
                               const LinearLayout &registers, unsigned elementBits,
                               const SharedAccessOptions &options) {
  AccessPlanner planner(toOffset, steps, registers, elementBits, options);
  SharedAccess vector = planner.vectorAccess();
  if (options.matrix)
    if (std::optional<SharedAccess> matrix = bestMatrixAccess(planner); matrix && isBetter(*matrix, vector))
      return *matrix;
  return vector;
}

SharedAccess planSharedAccess(const LinearLayout &shared, const LinearLayout &registers, unsigned elementBits,
                              const SharedAccessOptions &options) {
  return planSteppedAccess(offsetMap(shared), {}, registers, elementBits, options);
}

std::optional<SharedAccess> planMatrixAccess(const LinearLayout &shared, const LinearLayout &registers,
                                             unsigned elementBits, bool isStore) {
  LinearLayout toOffset = offsetMap(shared);
  AccessPlanner planner(toOffset, {}, registers, elementBits, {.isStore = isStore, .matrix = true});
  return bestMatrixAccess(planner);
}

} // namespace tessera
