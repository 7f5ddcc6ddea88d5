//===- DotLayouts.cpp - The layouts that matrix products can have ---------===//
//
// Enumerates grids of warps and asks the layout library for the fragments.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/DotLayouts.h"
#include "compiler/analysis/LayoutRules.h"
#include "dialect/layout/Fragments.h"

using namespace mlir;

namespace tessera {

namespace {

MmaShape shapeOf(tile::MmaKind kind) {
  switch (kind) {
  case tile::MmaKind::M16N8K16_F32_F16:
  case tile::MmaKind::M16N8K16_F32_BF16:
  case tile::MmaKind::M16N8K16_F16_F16:
    return MmaShape::M16N8K16;
  case tile::MmaKind::M16N8K8_F32_TF32:
    return MmaShape::M16N8K8;
  case tile::MmaKind::M16N8K32_S32_S8:
  case tile::MmaKind::M16N8K32_F32_E4M3:
  case tile::MmaKind::M16N8K32_F32_E5M2:
    return MmaShape::M16N8K32;
  case tile::MmaKind::M8N8K4_F64_F64:
    return MmaShape::M8N8K4;
  }
  llvm_unreachable("all kinds are listed");
}

ArrayRef<int64_t> accumulatorShape(Operation *dot) {
  return cast<RankedTensorType>(dot->getResult(0).getType()).getShape();
}

using Grid = SmallVector<int64_t, 3>;

/// All ways to spread `numWarps` over the dims of the accumulator that do not leave a dim with more warps than
/// instructions, as long as there are any such; the batch dim comes first and is filled first.
SmallVector<Grid> getWarpGrids(MmaShape instruction, ArrayRef<int64_t> shape, int64_t numWarps) {
  MmaSize size = sizeOf(instruction);
  unsigned rank = shape.size();
  int64_t batch = rank == 3 ? shape[0] : 1;
  int64_t tilesM = shape[rank - 2] / size.m, tilesN = shape[rank - 1] / size.n;
  int64_t alongBatch = std::min(batch, numWarps);
  int64_t rest = numWarps / alongBatch;
  SmallVector<Grid> grids, crowded;
  for (int64_t alongM = rest; alongM >= 1; alongM /= 2) {
    int64_t alongN = rest / alongM;
    Grid grid;
    if (rank == 3)
      grid.push_back(alongBatch);
    grid.push_back(alongM);
    grid.push_back(alongN);
    bool fits = alongM <= std::max<int64_t>(tilesM, 1) && alongN <= std::max<int64_t>(tilesN, 1);
    (fits ? grids : crowded).push_back(std::move(grid));
  }
  return grids.empty() ? crowded : grids;
}

/// The grid of warps of an accumulator with this layout.
std::optional<Grid> findWarpGrid(MmaShape instruction, ArrayRef<int64_t> shape, const LinearLayout &accumulator) {
  for (Grid &grid : getWarpGrids(instruction, shape, accumulator.inSize(Dim::Warp)))
    if (mmaAccumulator(instruction, shape, grid) == accumulator)
      return grid;
  return std::nullopt;
}

/// Blocked accumulators for FMA: near-square blocks in each thread, so that few operand elements serve many products.
std::vector<LinearLayout> getFmaAccumulators(ArrayRef<int64_t> shape, int64_t numWarps) {
  unsigned rank = shape.size();
  int64_t rows = shape[rank - 2], columns = shape[rank - 1];
  std::vector<int32_t> order = rowMajorOrder(rank);
  std::vector<LinearLayout> layouts;
  for (auto [blockM, blockN] : {std::pair<int64_t, int64_t>{4, 4}, {2, 4}, {2, 2}, {1, 4}, {1, 1}}) {
    if (blockM > rows || blockN > columns || blockM * blockN * 32 * numWarps > rows * columns)
      continue;
    int64_t lanesN = std::min<int64_t>(8, columns / blockN), lanesM = std::min<int64_t>(32 / lanesN, rows / blockM);
    lanesN = std::min(32 / lanesM, columns / blockN);
    int64_t warpsM = std::min(numWarps, std::max<int64_t>(1, rows / (blockM * lanesM)));
    SmallVector<int64_t, 3> size(rank, 1), lanes(rank, 1), warps(rank, 1);
    size[rank - 2] = blockM, size[rank - 1] = blockN;
    lanes[rank - 2] = lanesM, lanes[rank - 1] = lanesN;
    // A square grid of warps where the tensor has room for it.
    while (warpsM > 1 && warpsM * warpsM > numWarps && columns / (blockN * lanesN) >= 2 * (numWarps / warpsM))
      warpsM /= 2;
    warps[rank - 2] = warpsM, warps[rank - 1] = numWarps / warpsM;
    if (lanesM * lanesN < 32)
      lanes[0] *= 32 / (lanesM * lanesN);
    layouts.push_back(withoutRegisterCopies(blocked(shape, size, lanes, warps, order)));
    break;
  }
  layouts.push_back(coalesced(shape, order, 4, numWarps));
  return layouts;
}

} // namespace

std::optional<tile::MmaKind> getMmaKind(Operation *dot) {
  if (auto mma = dyn_cast<tile::MmaOp>(dot))
    return mma.getKind();
  if (auto attr = dot->getAttrOfType<tile::MmaKindAttr>(mmaKindAttrName))
    return attr.getValue();
  return std::nullopt;
}

std::vector<LinearLayout> getAccumulatorLayouts(Operation *dot, int64_t numWarps) {
  ArrayRef<int64_t> shape = accumulatorShape(dot);
  std::optional<tile::MmaKind> kind = getMmaKind(dot);
  if (!kind)
    return getFmaAccumulators(shape, numWarps);
  std::vector<LinearLayout> layouts;
  for (const Grid &grid : getWarpGrids(shapeOf(*kind), shape, numWarps))
    layouts.push_back(mmaAccumulator(shapeOf(*kind), shape, grid));
  return layouts;
}

std::optional<LinearLayout> getDotOperandLayout(Operation *dot, unsigned index, const LinearLayout &accumulator) {
  MmaOperand operand = index == 0 ? MmaOperand::A : MmaOperand::B;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(dot->getOperand(index).getType()).getShape();
  std::optional<tile::MmaKind> kind = getMmaKind(dot);
  if (!kind)
    return fmaOperand(operand, accumulator, index == 0 ? shape.back() : shape[shape.size() - 2]);
  std::optional<Grid> grid = findWarpGrid(shapeOf(*kind), accumulatorShape(dot), accumulator);
  if (!grid)
    return std::nullopt;
  return mmaOperand(shapeOf(*kind), operand, shape, *grid);
}

} // namespace tessera
