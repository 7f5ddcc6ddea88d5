//===- SharedAccess.h - How registers meet shared memory ------------------===//
//
// The answer to "these registers are to be stored to (loaded from) shared memory in that order: with which
// instructions, at which addresses, and at what cost?".
//
// Shared memory has 32 banks of 4 bytes; a *wavefront* serves one word a bank. An instruction that gives each lane 8 or
// 16 bytes is done in phases of 16 or 8 lanes. Within a phase lanes that want different words of one bank wait for each
// other (a bank conflict), lanes that want the same word do not.
//
// All maps being linear, the offset that a thread accesses is
//
//     offset = address(lane, warp) ^ instruction.offset            in elements
//
// and the bits of `instruction.offset` outside `address`'s bits (`variableBits`) can be added instead: an immediate.
//
// The matrix forms (ldmatrix, stmatrix) move 8 x 8 matrices of 16-bit cells, a row being 16 contiguous bytes. Lane i
// hands in the address of row i % 8 of matrix i / 8; lane l gets cells 2(l % 4), 2(l % 4) + 1 of row l / 4, or
// transposed those rows' cell l / 4. So for 16-bit elements a register layout fits where the offsets 1, 2, 4 are
//
//     plain:       one register bit, lane bit 0, lane bit 1;     the rows: lane bits 2, 3, 4
//     transposed:  lane bits 2, 3, 4;                            the rows: one register bit, lane bits 0, 1
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_LAYOUT_SHAREDACCESS_H
#define TESSERA_DIALECT_LAYOUT_SHAREDACCESS_H

#include "dialect/layout/LinearLayout.h"

namespace tessera {

enum class AccessForm : uint8_t {
  Vector,          ///< ld.shared / st.shared of contiguous elements
  Matrix,          ///< ldmatrix / stmatrix
  MatrixTransposed ///< ldmatrix.trans / stmatrix.trans
};

/// One instruction of an access: all threads do it, each with its own registers of these numbers.
struct SharedInstruction {
  /// Vector: in the order of memory. Matrix: for each matrix in turn the elements of its 32-bit word, lowest first.
  std::vector<uint32_t> registers;
  /// XORed to the thread's address, in elements.
  uint64_t offset = 0;
  /// In which step of a transfer in several steps it is done.
  uint32_t step = 0;
};

/// A whole access: what a local_load, a local_store or one side of a conversion lowers to.
struct SharedAccess {
  AccessForm form = AccessForm::Vector;
  unsigned elementBits = 0;
  /// Elements that each thread moves in one instruction, and the matrices that makes for the matrix forms (1, 2, 4).
  unsigned elementsPerInstruction = 1;
  unsigned numMatrices = 0;
  /// Sorted by step.
  std::vector<SharedInstruction> instructions;
  size_t numInstructions = 0;
  /// (lane, warp) → offset that the thread hands to its instructions.
  LinearLayout address;
  /// Threads whose lane or warp has one of these bits set hold copies only and do not store. Zero for loads.
  uint64_t idleLanes = 0, idleWarps = 0;
  /// For loads: register r holds the same as `copyOf[r]`, and only registers that are their own copy are loaded.
  std::vector<uint32_t> copyOf;
  /// What a warp takes for all of it, and how much of that is due to bank conflicts.
  unsigned wavefronts = 0, conflicts = 0;
  /// Of elements of less than 32 bits: words whose elements are not registers in order, and have to be put together.
  unsigned repackedWords = 0;
  /// The different addresses that each thread needs: what instructions differ by beyond immediates.
  size_t numAddresses = 1;

  /// The bits that some thread's address has set; the other bits of an instruction's offset can be immediates.
  uint64_t variableBits() const;
  /// Cycles of a warp, about.
  double cost() const;
  /// In words: `8 x ld.shared.v4.b32`, `4 x ldmatrix.x4.trans, 12 conflicts`.
  std::string describe(bool isStore) const;
  unsigned bytesPerInstruction() const { return elementsPerInstruction * elementBits / 8; }
};

struct SharedAccessOptions {
  bool isStore = false;
  /// Whether ldmatrix (for stores stmatrix) may be used.
  bool matrix = false;
  unsigned maxVectorBits = 128;
  /// Register bits that no instruction spans: what is used slice by slice is to be loaded slice by slice. `sliceBits`
  /// says which those are.
  uint64_t slices = 0;
  /// Leave out the instructions: for weighing alternatives.
  bool countOnly = false;
};

/// The register bits of `layout` that go further than `size` along dim `axis`. With K and the K of one instruction:
/// those that tell the k-slices of an operand apart.
uint64_t sliceBits(const LinearLayout &layout, unsigned axis, int64_t size);

/// Plans the access of all elements of a tensor held as `registers` in shared memory of order `shared` (offset →
/// coordinates, invertible). `elementBits` is 8 to 64.
SharedAccess planSharedAccess(const LinearLayout &shared, const LinearLayout &registers, unsigned elementBits,
                              const SharedAccessOptions &options);

/// The same with ldmatrix (`isStore`: stmatrix), plain or transposed, x4, x2 or x1; none where the layouts do not allow
/// it.
std::optional<SharedAccess> planMatrixAccess(const LinearLayout &shared, const LinearLayout &registers,
                                             unsigned elementBits, bool isStore = false);

/// The general form: `toOffset` maps coordinates → offset and need not be injective; the registers whose coordinates x
/// have parity(x & steps[j]) set form step bit j, and within a step offsets are distinct.
SharedAccess planSteppedAccess(const LinearLayout &toOffset, std::span<const uint64_t> steps,
                               const LinearLayout &registers, unsigned elementBits, const SharedAccessOptions &options);

/// The wavefronts that one instruction of a warp takes: `byteAddresses` a lane, none for a lane that does not take
/// part.
unsigned wavefrontsOf(std::span<const std::optional<uint64_t>> byteAddresses, unsigned bytesPerLane);

/// The number of phases in which an instruction with this many bytes a lane is done: its wavefronts without conflicts.
constexpr unsigned phasesOf(unsigned bytesPerLane) { return bytesPerLane <= 4 ? 1 : bytesPerLane / 4; }

} // namespace tessera

#endif // TESSERA_DIALECT_LAYOUT_SHAREDACCESS_H
