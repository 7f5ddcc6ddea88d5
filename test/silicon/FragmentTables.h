//===- FragmentTables.h - Which lane holds which element --------*- C++ -*-===//
//
// The tables of the PTX manual, "Matrix Fragments for mma...", written down as it states them: for element i of a
// thread's fragment its row and column, in terms of
//
//   g   groupID            = %laneid >> 2
//   t   threadID_in_group  = %laneid % 4
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_FRAGMENTTABLES_H
#define TESSERA_TEST_SILICON_FRAGMENTTABLES_H

#include <span>

namespace tessera::silicon {

struct Place {
  unsigned row, column;
};
using PlaceRule = Place (*)(unsigned g, unsigned t, unsigned i);

/// The fragments of one shape for elements of one width.
struct FragmentTable {
  unsigned m, n, k;
  unsigned bits;                   ///< of an element of A and B
  unsigned aCount, bCount, cCount; ///< elements of a thread
  PlaceRule a, b, c;
};
/// Null where the manual has no such shape.
const FragmentTable *findFragments(unsigned m, unsigned n, unsigned k, unsigned bits);
std::span<const FragmentTable> allFragments();

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_FRAGMENTTABLES_H
