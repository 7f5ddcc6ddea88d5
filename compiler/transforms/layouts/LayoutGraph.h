//===- LayoutGraph.h - Operations to lay out and the values between them --*- C++ -*-===//
//
// The problem that tile-assign-layouts solves, as a graph: a node for everything that has one layout to choose (an
// operation, or a value carried around a loop or out of a branch), an edge for every tensor that one node hands to
// another. An edge costs something when what its source delivers differs from what its user demands.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTGRAPH_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTGRAPH_H

#include "compiler/analysis/LayoutRules.h"
#include "compiler/transforms/layouts/LayoutTable.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <vector>

namespace tessera {

/// Something with one layout to choose.
struct LayoutNode {
  /// The operation; null for carried values.
  mlir::Operation *op = nullptr;
  /// A tensor of the shape the layout has.
  mlir::RankedTensorType type;
  /// How often it is executed, as the cost model counts.
  int64_t weight = 1;
  LayoutRole role = LayoutRole::None;
  /// The values that have this layout, for carried ones: the argument of a loop's body and the result of the loop.
  llvm::SmallVector<mlir::Value, 2> values;
  /// Edges in and out.
  llvm::SmallVector<unsigned, 4> edges;
};

/// A tensor on its way from one node to another.
struct LayoutEdge {
  unsigned from, to;
  mlir::OpOperand *use;
  /// The number of the result of `from`, where that is an operation.
  unsigned result = 0;
  /// Bits of an element, and how often a conversion would be executed.
  unsigned bits = 32;
  int64_t weight = 1;
  /// For operands A and B of dots, which are read from shared memory where they are used: how often that is. 0 for all
  /// other edges.
  int64_t readWeight = 0;
  /// Whether the value comes straight from global memory.
  bool isLoaded = false;
};

class LayoutGraph {
public:
  LayoutGraph(mlir::FunctionOpInterface function, LayoutTable &layouts);

  llvm::ArrayRef<LayoutNode> getNodes() const { return nodes; }
  llvm::ArrayRef<LayoutEdge> getEdges() const { return edges; }

  /// The node that decides about a value; none for values that are no tensors.
  std::optional<unsigned> getNode(mlir::Value value) const;

  /// The layout that result `index` of a node gets when the node has layout `own`.
  LayoutId getResult(unsigned node, unsigned index, LayoutId own);

  /// The layout of what travels along the edge when its source has layout `own`, and the layout its user needs when
  /// that has `own`.
  LayoutId getDelivered(const LayoutEdge &edge, LayoutId own) { return getResult(edge.from, edge.result, own); }
  LayoutId getDemanded(const LayoutEdge &edge, LayoutId own);
  /// The layout of the source that delivers `layout`, and of the user that demands it, where these are determined.
  LayoutId getSourceFor(const LayoutEdge &edge, LayoutId layout);
  LayoutId getUserFor(const LayoutEdge &edge, LayoutId layout);

private:
  unsigned addNode(mlir::Operation *op, mlir::RankedTensorType type, mlir::Block *block);
  void addCarried(mlir::ValueRange values, mlir::ValueRange others);
  void addNodes(mlir::Operation *op);
  void addEdges(mlir::Operation *op);
  void addEdge(mlir::OpOperand &use, unsigned to);
  void addFlow(mlir::MutableArrayRef<mlir::OpOperand> uses, mlir::ValueRange targets);

  /// Looks up what one of the four maps above gives, or computes it once.
  template <typename Function>
  LayoutId remember(unsigned which, unsigned node, unsigned index, LayoutId layout, Function compute);

  LayoutTable &layouts;
  std::vector<LayoutNode> nodes;
  std::vector<LayoutEdge> edges;
  llvm::DenseMap<mlir::Value, unsigned> owners;
  llvm::DenseMap<mlir::Operation *, unsigned> operations;
  llvm::DenseMap<std::pair<uint64_t, uint64_t>, LayoutId> memory;
};

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTGRAPH_H
