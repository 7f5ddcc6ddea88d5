//===- LayoutRewriter.h - Puts chosen layouts into the IR -------*- C++ -*-===//
//
// Turns a layout-free function into a laid-out one, given the solver's answer: encodings on all tensors, conversions
// and recomputed values where what is there differs from what is wanted, tensor-core instructions for dots, and the
// widths of memory accesses.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTREWRITER_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTREWRITER_H

#include "compiler/transforms/layouts/LayoutSolver.h"
#include "dialect/tile/Tile.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace tessera {

class LayoutRewriter {
public:
  LayoutRewriter(mlir::FunctionOpInterface function, LayoutGraph &graph, LayoutTable &layouts, LayoutSolver &solver,
                 AxisAnalysis &axes)
      : function(function), graph(graph), layouts(layouts), solver(solver), axes(axes) {}

  void rewrite();

  /// Conversions and recomputed operations that were inserted.
  unsigned getNumConversions() const { return numConversions; }
  unsigned getNumRecomputed() const { return numRecomputed; }

private:
  tile::LayoutAttr getAttr(LayoutId id);
  void setLayout(mlir::Value value, LayoutId id);
  void setAllTypes();
  LayoutId getLayoutOf(mlir::Value value);
  mlir::Value convert(mlir::Value value, LayoutId wanted, mlir::Operation *user);
  mlir::Value recompute(mlir::Value value, LayoutId wanted);
  void replaceDots();
  void setAccessWidths();
  void eraseDeadOperations();

  mlir::FunctionOpInterface function;
  LayoutGraph &graph;
  LayoutTable &layouts;
  LayoutSolver &solver;
  AxisAnalysis &axes;
  std::vector<tile::LayoutAttr> attributes;
  llvm::DenseMap<std::pair<mlir::Value, LayoutId>, mlir::Value> converted, recomputed;
  llvm::DenseMap<mlir::Value, LayoutId> current;
  unsigned numConversions = 0, numRecomputed = 0;
};

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTREWRITER_H
