//===- LayoutTable.h - Layouts by number ------------------------*- C++ -*-===//
//
// While layouts are being chosen the same few dozen of them are compared, mapped and priced thousands of times. Here
// each gets a number, so that equality is a comparison of integers and whatever has been found out about a layout, or a
// pair, is looked up.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTTABLE_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTTABLE_H

#include "dialect/layout/LinearLayout.h"
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace tessera {

/// The number of a layout in a LayoutTable; `noLayout` stands for "there is none".
using LayoutId = int32_t;
inline constexpr LayoutId noLayout = -1;

class LayoutTable {
public:
  LayoutId intern(const LinearLayout &layout) {
    auto [it, isNew] = numbers.try_emplace(layout, LayoutId(layouts.size()));
    if (isNew)
      layouts.push_back(&it->first);
    return it->second;
  }
  LayoutId intern(const std::optional<LinearLayout> &layout) { return layout ? intern(*layout) : noLayout; }

  const LinearLayout &operator[](LayoutId id) const { return *layouts[id]; }
  size_t size() const { return layouts.size(); }

private:
  std::unordered_map<LinearLayout, LayoutId> numbers;
  std::deque<const LinearLayout *> layouts;
};

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTTABLE_H
