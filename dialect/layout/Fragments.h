//===- Fragments.h - Constructors of layouts ------------------------------===//
//
// Where the layouts that the compiler uses come from: blocked layouts for access to global memory, what the matrix
// instructions want their operands and accumulators to look like, operands of products done by FMA, and the order of
// elements in shared memory. None of them is a class: each function gives a LinearLayout and is done.
//
// Conventions. `order[0]` is the dim that runs fastest. Where a layout could hold more than the tensor has, its lanes
// and warps hold copies (bases of zero) and superfluous registers are dropped; where it holds less, it is repeated in
// registers. Warps over several dims are numbered row-major: the last dim runs fastest.
//
// The fragments, from the PTX ISA, with g = lane / 4 and t = lane % 4 (one 16 x 8 accumulator tile):
//
//     element (row, column) of register   0: (g, 2t)      1: (g, 2t + 1)     2: (g + 8, 2t)     3: (g + 8, 2t + 1)
//     which is   register = [[0, 1], [8, 0]], lane = [[0, 2], [0, 4], [1, 0], [2, 0], [4, 0]]
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_LAYOUT_FRAGMENTS_H
#define TESSERA_DIALECT_LAYOUT_FRAGMENTS_H

#include "dialect/layout/LinearLayout.h"

namespace tessera {

/// Lanes in a warp of every NVIDIA GPU, and the bits that take.
inline constexpr unsigned kLaneBits = 5;
inline constexpr int64_t kNumLanes = 32;

// ---- Blocked layouts ------------------------------------------------------------------------------------------------

/// Each thread holds a block of `sizePerThread` elements, the lanes of a warp stand side by side in a `lanes` grid of
/// such blocks, and the warps in a `warps` grid of those; the whole is repeated over the tensor in registers. Blocks,
/// grids and repetitions all run in `order`.
LinearLayout blocked(Shape shape, Shape sizePerThread, Shape lanes, Shape warps, Order order);

/// The blocked layout for coalesced access along `order`: up to `vectorElements` along the fastest dim in each thread
/// (fewer where threads would go idle), then lanes, then warps, each dim filled before the next begins.
LinearLayout coalesced(Shape shape, Order order, int64_t vectorElements, int64_t numWarps);

/// The default order of a tensor of this rank: the last dim fastest.
std::vector<int32_t> rowMajorOrder(unsigned rank);

/// The same elements, repeated or cut to a tensor of `shape`: dims too large lose the components beyond, dims too small
/// are repeated in registers, in `order`.
LinearLayout fitToShape(const LinearLayout &layout, Shape shape, Order order);

// ---- Matrix instructions --------------------------------------------------------------------------------------------

/// The warp-wide matrix instructions (`mma.sync`), by their shape.
enum class MmaShape : uint8_t {
  M16N8K16, ///< f16 and bf16 operands
  M16N8K8,  ///< tf32 operands
  M16N8K32, ///< 8-bit operands: s8, u8, e4m3, e5m2
  M8N8K4    ///< f64 operands
};

/// The size of one instruction and the bits of an operand element.
struct MmaSize {
  int64_t m, n, k;
  unsigned operandBits;
};
MmaSize sizeOf(MmaShape shape);

/// The operands of a product D = A · B + C.
enum class MmaOperand : uint8_t { A, B };

/// What one instruction wants: 32 lanes, no warps. A is m x k, B is k x n, the accumulator m x n.
LinearLayout mmaAccumulatorTile(MmaShape instruction);
LinearLayout mmaOperandTile(MmaShape instruction, MmaOperand operand);

/// An accumulator of `shape` = [batch,] M, N over a grid of `warps` of the same rank. The registers are those of one
/// instruction, then repetitions along N, then M, then batch: instruction (b, m, n) of a warp has its first register at
/// ((b * repeatM + m) * repeatN + n) * registersPerTile. Each dim of the tensor is at least that of the instruction.
LinearLayout mmaAccumulator(MmaShape instruction, Shape shape, Shape warps);

/// An operand of `shape` = [batch,] M, K or [batch,] K, N that goes with `mmaAccumulator(instruction, ..., warps)`:
/// warps along the dim it lacks hold copies. The registers are those of one instruction, then repetitions along K, then
/// M or N, then batch: first register ((b * repeatM + m) * repeatK + k) * registersPerTile.
LinearLayout mmaOperand(MmaShape instruction, MmaOperand operand, Shape shape, Shape warps);

/// The instructions a warp does for such a product, along batch, M, N and K.
struct MmaRepeats {
  int64_t batch, m, n, k;
};
MmaRepeats mmaRepeats(MmaShape instruction, Shape accumulatorShape, int64_t k, Shape warps);

/// The operand of a product by FMA into an accumulator with layout `accumulator` of [batch,] M, N: each thread holds
/// the rows (columns) of its elements with all of K, K in the registers above those along M (N).
LinearLayout fmaOperand(MmaOperand operand, const LinearLayout &accumulator, int64_t k);

// ---- Shared memory --------------------------------------------------------------------------------------------------

/// offset → coordinates, plainly in `order`.
LinearLayout plainShared(Shape shape, Order order);

/// In `order`, with vectors of `vectorElements` along the fastest dim permuted by XOR: vector number v of row r is
/// stored at v ^ (r / rowsPerPhase % numPhases).
LinearLayout swizzledShared(Shape shape, Order order, int64_t vectorElements, int64_t rowsPerPhase, int64_t numPhases);

/// The hardware's modes (`swizzleBytes` 32, 64 or 128; 16 is none): the tensor is cut into panels of that many bytes
/// along the fastest dim, one after the other, and in each the 16-byte chunks of a 128-byte line are XORed with the
/// number of the line, as the TMA unit and wgmma have it.
LinearLayout hardwareSwizzledShared(Shape shape, Order order, unsigned elementBits, int64_t swizzleBytes);

} // namespace tessera

#endif // TESSERA_DIALECT_LAYOUT_FRAGMENTS_H
