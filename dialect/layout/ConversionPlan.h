//===- ConversionPlan.h - How a tile gets from one layout to another ------===//
//
// A conversion from layout A to layout B of the same tensor is the map C = A⁻¹ ∘ B: for each register, lane and warp of
// the result, the register, lane and warp of the source that has its element. What C does decides what code it takes:
//
//     C is the identity             Identity    nothing
//     C moves registers only        Registers   renaming
//     C stays within each warp      Shuffles    shuffles, where they are cheaper than
//     anything else                 Shared      a store to shared memory, a barrier, a load
//
// The plan holds all that lowering needs, worked out once a pair of layouts.
//
// Shuffles. Elements of less than 32 bits are packed into words where registers that lie together in the source do so
// in the result. In one shuffle every lane sends one word and receives one. Which word to send and where to put what
// came may depend on the lane. Both are permutations of words by XOR with a number that is a linear function of the
// lane, done as a few *conditional swaps*; between them stand the shuffles, one a word:
//
//     sent[i]      = pack(source[r] for r of words[i])
//     for s in before:   sent[i] = parity(lane & s.lanes) ^ parity(warp & s.warps) ? sent[i ^ s.words] : sent[i]
//     received[s.target] = sent[s.source] of lane  sourceLane(lane, warp) ^ s.laneXor        for s in shuffles
//     for s in after:    received likewise
//     result[r]    = element outputs[r].element of received[outputs[r].word]
//
// Shared memory. Offsets are given by a computed layout: the lowest bits are vectors that both sides have in registers
// (or what runs along the rows of ldmatrix or stmatrix), then come the bits of the banks, then the rest, the *segment*.
// Two elements meet in a bank when they differ by an element of the segment, so the segment is chosen to have nothing
// in common with what the lanes of one phase span, on either side. The subspaces to avoid being P and Q, such vectors
// are those outside P + Q and sums p + q of one from each: the XORs of a swizzle. After arXiv 2505.23819; here
// several choices of the vectors are tried and counted, because a wide store and a narrow load may beat two narrow
// ones.
//
// A tensor larger than the scratch memory allowed goes in several steps, each with a barrier before and after, cut
// along registers of both sides.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_LAYOUT_CONVERSIONPLAN_H
#define TESSERA_DIALECT_LAYOUT_CONVERSIONPLAN_H

#include "dialect/layout/LinearLayout.h"
#include "dialect/layout/SharedAccess.h"

namespace tessera {

/// An exchange of words i and i ^ `words` in the threads where the parities of (lane & lanes) and (warp & warps)
/// differ.
struct ConditionalSwap {
  uint32_t words = 0;
  uint32_t lanes = 0, warps = 0;
  bool operator==(const ConditionalSwap &) const = default;
};

/// One shuffle of a word. Words of 64 bits take two, the same for both halves.
struct ShuffleStep {
  uint32_t source = 0, target = 0;
  uint32_t laneXor = 0;
};

struct ShufflePlan {
  struct Element {
    uint32_t word = 0, element = 0;
  };

  /// 1, 2 or 4; the elements of a word have at most 32 bits together, or it is one of 64.
  unsigned elementsPerWord = 1;
  /// The source registers that make up each word, lowest bits first.
  std::vector<std::vector<uint32_t>> words;
  std::vector<ConditionalSwap> before;
  /// (lane, warp) → lane.
  LinearLayout sourceLane;
  /// sourceLane(lane, warp) == lane: every shuffle is a butterfly by its `laneXor`, and none where that is zero.
  bool isButterfly = true;
  /// One for each word received; `target` counts up.
  std::vector<ShuffleStep> shuffles;
  std::vector<ConditionalSwap> after;
  /// For each result register.
  std::vector<Element> outputs;

  /// Cycles of a warp, about: a shuffle of 32 bits is 1, a select or byte permutation a half.
  double cost(unsigned elementBits) const;
};

struct SharedPlan {
  /// offset → coordinates, of the elements of step 0.
  LinearLayout shared;
  unsigned numSteps = 1;
  int64_t scratchElements = 0;
  /// Whether warps exchange data. If not, a barrier of the warp is enough.
  bool crossesWarps = true;
  SharedAccess store, load;

  double cost() const;
};

enum class ConversionKind : uint8_t { Identity, Registers, Shuffles, Shared, Unsupported };

struct ConversionPlan {
  /// Unsupported: the layouts are of different tensors, or data would have to move between blocks.
  ConversionKind kind = ConversionKind::Unsupported;
  /// Identity, Registers: result register r is source register `registers[r]`.
  std::vector<uint32_t> registers;
  std::optional<ShufflePlan> shuffles;
  std::optional<SharedPlan> shared;

  int64_t scratchBytes(unsigned elementBits) const;
  /// About the cycles that a warp takes, for weighing one layout against another. Zero for renaming.
  double cost(unsigned elementBits) const;
  /// In words, for people: `shared: 8 x st.shared.v4.b32; 16 x ldmatrix.x4.trans`.
  std::string describe() const;
};

struct ConversionOptions {
  /// What the target has.
  bool ldmatrix = true, stmatrix = false;
  /// The most shared memory to take. Taken in steps where the tensor needs more; not a promise where layouts allow
  /// none.
  int64_t maxScratchBytes = INT64_MAX;
  bool allowShuffles = true;
  /// Register bits of the result that no load spans (`sliceBits`), where the result is loaded slice by slice.
  uint64_t resultSlices = 0;
};

/// Plans a conversion of elements of `elementBits` (8 to 64; i1 counts as 8) from `source` to `result`. Both map onto
/// the whole tensor.
ConversionPlan planConversion(const LinearLayout &source, const LinearLayout &result, unsigned elementBits,
                              const ConversionOptions &options = {});

/// The parts of it. The registers alone; shuffles within each warp; shared memory, always possible.
std::optional<std::vector<uint32_t>> planRegisters(const LinearLayout &source, const LinearLayout &result);
std::optional<ShufflePlan> planShuffles(const LinearLayout &source, const LinearLayout &result, unsigned elementBits);
SharedPlan planShared(const LinearLayout &source, const LinearLayout &result, unsigned elementBits,
                      const ConversionOptions &options = {});

} // namespace tessera

#endif // TESSERA_DIALECT_LAYOUT_CONVERSIONPLAN_H
