//===- ControlFlow.cpp - Laying out the blocks of a function --------------===//
//
// Lanes of a warp that part at a branch are run smallest program counter first. They meet again at the branch's
// immediate post-dominator, wherever the source text puts it, when blocks stand in topological order and every loop is
// contiguous:
//
//   order(graph, entry): the strongly connected components of the graph without the edges back to `entry`, in
//                        topological order; a component of several blocks is a loop: its entry block, then order(the
//                        rest) with that as entry
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Decode.h"

#include <algorithm>

namespace tessera::sim {

namespace {

constexpr unsigned MaximumLoopDepth = 256;

/// Strongly connected components by Tarjan's algorithm, without recursion: functions may have any number of blocks.
class LoopOrder {
public:
  LoopOrder(const std::vector<std::vector<uint32_t>> &successors,
            const std::vector<std::vector<uint32_t>> &predecessors)
      : successors(successors), predecessors(predecessors), member(successors.size(), 0), low(successors.size()),
        number(successors.size()), onStack(successors.size()) {}

  std::vector<uint32_t> run() {
    std::vector<uint32_t> all(successors.size());
    for (uint32_t i = 0; i < all.size(); ++i)
      all[i] = i;
    order(all, 0, 0);
    return std::move(result);
  }

private:
  /// Appends the blocks of `nodes` reachable from `entry`.
  void order(const std::vector<uint32_t> &nodes, uint32_t entry, unsigned depth) {
    const uint32_t region = ++regions;
    for (const uint32_t node : nodes) {
      member[node] = region;
      number[node] = 0;
    }
    std::vector<std::vector<uint32_t>> components = componentsFrom(entry, region);
    std::reverse(components.begin(), components.end());
    for (std::vector<uint32_t> &component : components) {
      if (component.size() == 1) {
        result.push_back(component[0]);
        continue;
      }
      std::sort(component.begin(), component.end());
      if (depth >= MaximumLoopDepth) {
        result.insert(result.end(), component.begin(), component.end());
        continue;
      }
      // `member` is overwritten by the recursion, so the header is found first.
      order(component, headerOf(component), depth + 1);
    }
  }

  uint32_t headerOf(const std::vector<uint32_t> &component) const {
    for (const uint32_t node : component)
      for (const uint32_t from : predecessors[node])
        if (!std::binary_search(component.begin(), component.end(), from))
          return node;
    return component[0];
  }

  std::vector<std::vector<uint32_t>> componentsFrom(uint32_t entry, uint32_t region) {
    struct Visit {
      uint32_t node;
      size_t next;
    };
    std::vector<std::vector<uint32_t>> components;
    std::vector<Visit> visits{{entry, 0}};
    std::vector<uint32_t> stack{entry};
    uint32_t counter = 1;
    number[entry] = low[entry] = counter;
    onStack[entry] = true;
    while (!visits.empty()) {
      Visit &visit = visits.back();
      const uint32_t node = visit.node;
      if (visit.next < successors[node].size()) {
        const uint32_t to = successors[node][visit.next++];
        if (to == entry || member[to] != region)
          continue;
        if (number[to] == 0) {
          number[to] = low[to] = ++counter;
          onStack[to] = true;
          stack.push_back(to);
          visits.push_back({to, 0});
        } else if (onStack[to]) {
          low[node] = std::min(low[node], number[to]);
        }
        continue;
      }
      visits.pop_back();
      if (!visits.empty())
        low[visits.back().node] = std::min(low[visits.back().node], low[node]);
      if (low[node] != number[node])
        continue;
      components.emplace_back();
      uint32_t popped;
      do {
        popped = stack.back();
        stack.pop_back();
        onStack[popped] = false;
        components.back().push_back(popped);
      } while (popped != node);
    }
    return components;
  }

  const std::vector<std::vector<uint32_t>> &successors, &predecessors;
  std::vector<uint32_t> member, low, number;
  std::vector<bool> onStack;
  std::vector<uint32_t> result;
  uint32_t regions = 0;
};

} // namespace

void Decoder::buildBlocks() {
  const auto count = static_cast<uint32_t>(drafts.size());
  std::vector<bool> leader(count + 1, false);
  leader[0] = true;
  for (uint32_t i = 0; i < count; ++i) {
    const Instr &instr = drafts[i].instr;
    switch (instr.kind) {
    case Kind::Branch:
      leader[instr.target] = true;
      leader[i + 1] = true;
      break;
    case Kind::BranchTable:
      for (const uint32_t target : drafts[i].list)
        leader[target] = true;
      leader[i + 1] = true;
      break;
    case Kind::Return:
    case Kind::Exit:
      leader[i + 1] = true;
      break;
    default:
      break;
    }
  }
  std::vector<uint32_t> blockAt(count);
  for (uint32_t i = 0; i < count; ++i) {
    if (leader[i])
      blocks.push_back({i, i, {}, {}});
    blocks.back().end = i + 1;
    blockAt[i] = static_cast<uint32_t>(blocks.size() - 1);
  }
  const auto join = [&](uint32_t from, uint32_t to) {
    blocks[from].successors.push_back(to);
    blocks[to].predecessors.push_back(from);
  };
  for (uint32_t b = 0; b < blocks.size(); ++b) {
    Draft &last = drafts[blocks[b].end - 1];
    const bool guarded = last.instr.guard != NoRef;
    switch (last.instr.kind) {
    case Kind::Branch:
      last.instr.target = blockAt[last.instr.target];
      join(b, last.instr.target);
      last.instr.other = guarded ? b + 1 : last.instr.target;
      if (guarded && last.instr.other != last.instr.target)
        join(b, last.instr.other);
      break;
    case Kind::BranchTable:
      for (uint32_t &target : last.list) {
        target = blockAt[target];
        join(b, target);
      }
      if (guarded)
        join(b, b + 1);
      break;
    case Kind::Return:
    case Kind::Exit:
      if (guarded)
        join(b, b + 1);
      break;
    default:
      join(b, b + 1);
      break;
    }
  }
}

std::vector<uint32_t> Decoder::blockOrder() const {
  std::vector<std::vector<uint32_t>> successors, predecessors;
  for (const Block &block : blocks) {
    successors.push_back(block.successors);
    predecessors.push_back(block.predecessors);
  }
  return LoopOrder(successors, predecessors).run();
}

/// Writes the blocks in `order` into the code, with a jump where a block does not stand before the one it falls into.
void Decoder::emit(const std::vector<uint32_t> &order) {
  std::vector<uint32_t> start(blocks.size(), 0), position(blocks.size(), ptx::None);
  for (uint32_t i = 0; i < order.size(); ++i)
    position[order[i]] = i;
  for (uint32_t i = 0; i < order.size(); ++i) {
    const Block &block = blocks[order[i]];
    start[order[i]] = static_cast<uint32_t>(code.instrs.size());
    for (uint32_t d = block.begin; d < block.end; ++d) {
      Draft &draft = drafts[d];
      code.instrs.push_back(draft.instr);
      code.lists.push_back(std::move(draft.list));
      emittedAccesses.push_back(std::move(draft.accesses));
      Origin origin;
      if (draft.source != ptx::None) {
        const ptx::Instruction &from = function.instructions[draft.source];
        origin = {from.line, from.location, from.text};
      } else if (!function.instructions.empty()) {
        origin = {function.instructions.back().line, function.instructions.back().location, "ret"};
      }
      code.origins.push_back(origin);
    }
    const Instr &last = code.instrs.back();
    const bool ends = last.kind == Kind::Branch ||
                      ((last.kind == Kind::Return || last.kind == Kind::Exit || last.kind == Kind::BranchTable) &&
                       last.guard == NoRef);
    const uint32_t following = order[i] + 1;
    if (!ends && (i + 1 == order.size() || order[i + 1] != following)) {
      Instr jump;
      jump.kind = Kind::Branch;
      jump.target = jump.other = following;
      code.instrs.push_back(jump);
      code.lists.emplace_back();
      emittedAccesses.emplace_back();
      code.origins.push_back(code.origins.back());
    }
    emittedBlocks.push_back({start[order[i]], static_cast<uint32_t>(code.instrs.size())});
    emittedSuccessors.emplace_back();
    for (const uint32_t to : block.successors)
      emittedSuccessors.back().push_back(position[to]);
  }
  for (size_t i = 0; i < code.instrs.size(); ++i) {
    Instr &instr = code.instrs[i];
    if (instr.kind == Kind::Branch) {
      instr.target = start[instr.target];
      instr.other = start[instr.other];
    } else if (instr.kind == Kind::BranchTable) {
      for (uint32_t &target : code.lists[i])
        target = start[target];
    }
  }
}

/// A loop that reads memory others write is one in which a warp may wait for them.
void Decoder::markSpinLoops() {
  std::vector<uint32_t> waits(code.instrs.size() + 1, 0);
  for (size_t i = 0; i < code.instrs.size(); ++i)
    waits[i + 1] =
        waits[i] + (code.instrs[i].spins || code.instrs[i].kind == Kind::Yield || code.instrs[i].kind == Kind::Call);
  for (uint32_t i = 0; i < code.instrs.size(); ++i) {
    Instr &instr = code.instrs[i];
    if (instr.kind != Kind::Branch)
      continue;
    for (const uint32_t target : {instr.target, instr.other})
      if (target <= i && waits[i + 1] > waits[target])
        instr.spins = true;
  }
}

} // namespace tessera::sim
