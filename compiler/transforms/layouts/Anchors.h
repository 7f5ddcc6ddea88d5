//===- Anchors.h - Operations with opinions about layouts -------*- C++ -*-===//
//
// What loads, stores, dots, reductions and scans would like, as proposals to the solver; and a layout for everything
// else to begin with.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_ANCHORS_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_ANCHORS_H

#include "compiler/analysis/AxisAnalysis.h"
#include "compiler/transforms/layouts/LayoutGraph.h"
#include "compiler/transforms/layouts/LayoutTable.h"
#include "llvm/ADT/SmallVector.h"

namespace tessera {

/// A layout that would suit a node.
struct LayoutProposal {
  unsigned node;
  LayoutId layout;
};

/// A layout that is possible for the node, whether good or not.
LayoutId getInitialLayout(const LayoutNode &node, LayoutTable &layouts, int64_t numWarps);

/// The proposals of all anchors, the most important ones first.
std::vector<LayoutProposal> getProposals(const LayoutGraph &graph, LayoutTable &layouts, const AxisAnalysis &axes,
                                         int64_t numWarps);

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_ANCHORS_H
