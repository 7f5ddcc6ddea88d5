//===- LinearLayoutTest.cpp - The laws of the layout algebra --------------===//
//
// Every law is checked on all maps of small size: all ways to fill the bases over small spaces. Brute force over all
// places stands against the algebra.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LayoutTestUtils.h"

#include "dialect/layout/LinearLayout.h"

#include <bit>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <unordered_set>

using namespace tessera;
using namespace tessera::test;

namespace {

uint64_t numPlaces(const LinearLayout &layout) { return uint64_t(1) << layout.in().totalBits(); }

std::set<uint64_t> imageOf(const LinearLayout &layout) {
  std::set<uint64_t> image;
  for (uint64_t place = 0; place < numPlaces(layout); ++place)
    image.insert(layout.apply(place));
  return image;
}

/// The example at the head of LinearLayout.h.
LinearLayout example() {
  return LinearLayout::make({{Dim::Register, {{0, 1}, {1, 0}}}, {Dim::Lane, {{0, 2}, {0, 4}, {2, 0}}}}, {4, 8});
}

} // namespace

TEST(LinearLayout, TheExampleOfTheHeader) {
  LinearLayout layout = example();
  EXPECT_EQ(layout.element(3, 5), (std::vector<int32_t>{3, 3}));
  EXPECT_EQ(layout.toTable(), "0:0  0:1  1:0  1:1  2:0  2:1  3:0  3:1\n"
                              "0:2  0:3  1:2  1:3  2:2  2:3  3:2  3:3\n"
                              "4:0  4:1  5:0  5:1  6:0  6:1  7:0  7:1\n"
                              "4:2  4:3  5:2  5:3  6:2  6:3  7:2  7:3\n");
  EXPECT_EQ(layout.toString(), "{register = [[0, 1], [1, 0]], lane = [[0, 2], [0, 4], [2, 0]]}");
  EXPECT_TRUE(layout.isInvertible());
}

TEST(LinearLayout, TablesShowCopiesWarpsAndOffsets) {
  LinearLayout copies = LinearLayout::make({{Dim::Lane, {{1}, {0}}}, {Dim::Warp, {{2}}}}, {4});
  EXPECT_EQ(copies.toTable(), "0.0:0|0.2:0  0.1:0|0.3:0  1.0:0|1.2:0  1.1:0|1.3:0\n");
  EXPECT_EQ(LinearLayout::make({{Dim::Offset, {{0, 1}, {1, 1}}}}, {2, 2}).toTable(), "@0  @1\n@3  @2\n");
  EXPECT_EQ(LinearLayout::identity1D(2, Dim::Lane, Dim::Register).toString(), "{lane = [[register=1]]}");
}

TEST(LinearLayout, NamesOfDims) {
  for (unsigned i = 0; i < kNumDims; ++i)
    EXPECT_EQ(dimByName(nameOf(Dim(i))), Dim(i));
  EXPECT_EQ(dimByName("thread"), std::nullopt);
}

TEST(LinearLayout, WrongBasesAreExplained) {
  auto errorOf = [](std::vector<LinearLayout::InBases> bases, Shape shape) {
    std::string error;
    EXPECT_FALSE(LinearLayout::fromBases(bases, shape, &error));
    return error;
  };
  EXPECT_EQ(errorOf({}, {3}), "expected sizes that are powers of two, got 3");
  EXPECT_EQ(errorOf({}, {0}), "expected sizes that are powers of two, got 0");
  EXPECT_EQ(errorOf({{Dim::Lane, {{1}}}, {Dim::Lane, {{2}}}}, {4}), "in dim 'lane' comes twice");
  EXPECT_EQ(errorOf({{Dim::Lane, {{1, 0}}}}, {4}), "expected a basis of 'lane' to have 1 coordinates, got 2");
  EXPECT_EQ(errorOf({{Dim::Warp, {{0, 4}}}}, {4, 4}),
            "basis of 'warp' lies outside: coordinate 4 of dim 1, which has size 4");
  EXPECT_EQ(errorOf({{Dim::Register, std::vector<LinearLayout::Basis>(41, {0})}}, {4}),
            "expected at most 40 bases in all");
  EXPECT_EQ(errorOf({}, {1, 1, 1, 1, 1, 1, 1, 1, 1}), "expected a tensor of at most 8 dims, got 9");
}

TEST(LinearLayout, ApplyIsLinearAndPacksRowMajor) {
  forAllMaps(hardware(2, 1), Space::tensor({2, 4}), [](const LinearLayout &layout) {
    for (uint64_t x = 0; x < 8; ++x)
      for (uint64_t y = 0; y < 8; ++y)
        ASSERT_EQ(layout.apply(x ^ y), layout.apply(x) ^ layout.apply(y));
    for (int64_t reg = 0; reg < 4; ++reg)
      for (int64_t lane = 0; lane < 2; ++lane) {
        std::vector<int32_t> element = layout.element(reg, lane);
        ASSERT_EQ(uint64_t(element[0] * 4 + element[1]), layout.apply(uint64_t(reg | lane << 2)));
      }
  });
}

TEST(LinearLayout, RankImageAndInjectivityByCounting) {
  forAllMaps(hardware(1, 1, 1), Space::tensor({2, 4}), [](const LinearLayout &layout) {
    std::set<uint64_t> image = imageOf(layout);
    ASSERT_EQ(uint64_t(1) << layout.rank(), image.size());
    ASSERT_EQ(layout.isSurjective(), image.size() == 8);
    ASSERT_EQ(layout.isInjective(), image.size() == numPlaces(layout));
    for (uint64_t word = 0; word < 8; ++word)
      ASSERT_EQ(layout.imageContains(word), image.count(word) == 1);
  });
}

TEST(LinearLayout, PlacesWithoutFreeBitsHoldEachElementOnce) {
  forAllMaps(hardware(2, 1, 1), Space::tensor({4}), [](const LinearLayout &layout) {
    std::map<uint64_t, int> held;
    for (uint64_t place = 0; place < numPlaces(layout); ++place)
      if (!(place & layout.freeMask()))
        ++held[layout.apply(place)];
    ASSERT_EQ(held.size(), imageOf(layout).size());
    for (auto [element, count] : held)
      ASSERT_EQ(count, 1);
    ASSERT_EQ(layout.freeMask(),
              layout.freeMask(Dim::Register) | layout.freeMask(Dim::Lane) << 2 | layout.freeMask(Dim::Warp) << 3);
  });
}

TEST(LinearLayout, CompositionIsApplicationInTurn) {
  Space middle = Space::tensor({2, 2});
  forAllMaps(hardware(1, 1), middle, [&](const LinearLayout &inner) {
    forAllMaps(middle, Space::tensor({4}), [&](const LinearLayout &outer) {
      LinearLayout both = compose(outer, inner);
      for (uint64_t x = 0; x < 4; ++x)
        ASSERT_EQ(both.apply(x), outer.apply(inner.apply(x)));
    });
  });
}

TEST(LinearLayout, CompositionIntoALargerSpaceKeepsCoordinates) {
  LinearLayout inner = LinearLayout::make({{Dim::Lane, {{0, 1}, {1, 0}}}}, {2, 2});
  LinearLayout outer(Space::tensor({4, 8}), Space::tensor({32}));
  for (unsigned bit = 0; bit < 3; ++bit)
    outer.setBasis(Dim::Dim1, bit, 4u << bit);
  for (unsigned bit = 0; bit < 2; ++bit)
    outer.setBasis(Dim::Dim0, bit, 1u << bit);
  EXPECT_EQ(compose(outer, inner).apply(Dim::Lane, 1), 4u);
  EXPECT_EQ(compose(outer, inner).apply(Dim::Lane, 2), 1u);
}

TEST(LinearLayout, InverseUndoes) {
  unsigned invertible = 0;
  forAllMaps(hardware(1, 2), Space::tensor({4, 2}), [&](const LinearLayout &layout) {
    if (!layout.isInvertible())
      return;
    ++invertible;
    LinearLayout inverse = layout.invert();
    for (uint64_t x = 0; x < 8; ++x) {
      ASSERT_EQ(inverse.apply(layout.apply(x)), x);
      ASSERT_EQ(layout.apply(inverse.apply(x)), x);
    }
    ASSERT_EQ(inverse.invert(), layout);
    ASSERT_TRUE(compose(inverse, layout).isTrivialOver({Dim::Register, Dim::Lane}));
  });
  EXPECT_EQ(invertible, 168u); // the order of GL(3, 2)
}

TEST(LinearLayout, PseudoInverseFindsAPlaceOfEachElementOfTheImage) {
  forAllMaps(hardware(2, 1, 1), Space::tensor({2, 2}), [](const LinearLayout &layout) {
    LinearLayout place = layout.pseudoInvert();
    for (uint64_t element : imageOf(layout)) {
      ASSERT_EQ(layout.apply(place.apply(element)), element);
      ASSERT_EQ(place.apply(element) & layout.freeMask(), 0u);
    }
  });
}

TEST(LinearLayout, InvertAndComposeFindsWhatTheOtherHas) {
  Space out = Space::tensor({4});
  forAllMaps(hardware(1, 2), out, [&](const LinearLayout &b) {
    forAllMaps(hardware(2, 1), out, [&](const LinearLayout &a) {
      std::optional<LinearLayout> found = invertAndCompose(b, a);
      bool covered = true;
      for (uint64_t word : a.bases())
        covered &= b.imageContains(word);
      ASSERT_EQ(found.has_value(), covered);
      if (found)
        for (uint64_t x = 0; x < numPlaces(a); ++x)
          ASSERT_EQ(b.apply(found->apply(x)), a.apply(x));
    });
    // Of itself it is the identity, copies and all.
    ASSERT_TRUE(invertAndCompose(b, b)->isTrivialOver({Dim::Register, Dim::Lane}));
  });
}

TEST(LinearLayout, ProductsAreApplicationSideBySide) {
  forAllMaps(hardware(1, 1), Space::tensor({2, 2}), [](const LinearLayout &low) {
    forAllMaps(hardware(1, 1), Space::tensor({2, 2}), [&](const LinearLayout &high) {
      LinearLayout product = low * high;
      ASSERT_EQ(product.shape(), (std::vector<int64_t>{4, 4}));
      for (int64_t reg = 0; reg < 4; ++reg)
        for (int64_t lane = 0; lane < 4; ++lane) {
          std::vector<int32_t> l = low.element(reg & 1, lane & 1), h = high.element(reg >> 1, lane >> 1);
          ASSERT_EQ(product.element(reg, lane), (std::vector<int32_t>{l[0] | h[0] << 1, l[1] | h[1] << 1}));
        }
      ASSERT_EQ(product.divideLeft(low), high);
      ASSERT_EQ(product.divideRight(high), low);
    });
  });
}

TEST(LinearLayout, DivisionIsExactOrNone) {
  // Of all maps of this size those that divide are the products, no more and no less.
  Space large = hardware(1, 1);
  std::set<std::string> left, right;
  LinearLayout tile = LinearLayout::identity1D(2, Dim::Register, Dim::Dim0);
  forAllMaps(hardware(0, 1), Space::tensor({2}), [&](const LinearLayout &rest) {
    left.insert((tile * rest).toString());
    right.insert((rest * tile).toString());
  });
  forAllMaps(large, Space::tensor({4}), [&](const LinearLayout &layout) {
    std::optional<LinearLayout> l = layout.divideLeft(tile), r = layout.divideRight(tile);
    ASSERT_EQ(l.has_value(), left.count(layout.toString()) == 1) << layout.toString();
    ASSERT_EQ(r.has_value(), right.count(layout.toString()) == 1) << layout.toString();
    if (l)
      ASSERT_EQ(tile * *l, layout);
    if (r)
      ASSERT_EQ(*r * tile, layout);
  });
  EXPECT_EQ(example().divideLeft(LinearLayout::identity1D(2, Dim::Register, Dim::Dim1))->shape(),
            (std::vector<int64_t>{4, 4}));
  EXPECT_FALSE(example().divideLeft(LinearLayout::identity1D(2, Dim::Register, Dim::Dim0)));
  EXPECT_FALSE(example().divideLeft(LinearLayout::identity1D(16, Dim::Lane, Dim::Dim1)));
}

TEST(LinearLayout, TheUnitOfTheProduct) {
  forAllMaps(hardware(1, 1), Space::tensor({2, 2}), [](const LinearLayout &layout) {
    ASSERT_EQ(layout * LinearLayout(), layout);
    ASSERT_EQ(LinearLayout() * layout, layout);
  });
}

TEST(LinearLayout, IdentityAndZeros) {
  LinearLayout identity = LinearLayout::identity1D(8, Dim::Lane, Dim::Dim1);
  EXPECT_EQ(identity.shape(), (std::vector<int64_t>{1, 8}));
  for (int64_t lane = 0; lane < 8; ++lane)
    EXPECT_EQ(identity.element(0, lane), (std::vector<int32_t>{0, int32_t(lane)}));
  LinearLayout zeros = LinearLayout::zeros1D(8, Dim::Warp, Dim::Dim0, 4);
  EXPECT_EQ(zeros.shape(), (std::vector<int64_t>{4}));
  EXPECT_EQ(imageOf(zeros), std::set<uint64_t>{0});
  EXPECT_EQ(zeros.freeMask(Dim::Warp), 7u);
}

TEST(LinearLayout, ReshapeKeepsRowMajorNumbers) {
  forAllMaps(hardware(1, 1), Space::tensor({2, 4}), [](const LinearLayout &layout) {
    for (std::vector<int64_t> shape : {std::vector<int64_t>{8}, {4, 2}, {2, 2, 2}, {1, 8}, {8, 1}}) {
      LinearLayout reshaped = layout.reshapeOuts(shape);
      ASSERT_EQ(reshaped.shape(), shape);
      for (int64_t place = 0; place < 4; ++place) {
        int64_t number = 0;
        std::vector<int32_t> element = reshaped.element(place & 1, place >> 1);
        for (size_t i = 0; i < shape.size(); ++i)
          number = number * shape[i] + element[i];
        std::vector<int32_t> old = layout.element(place & 1, place >> 1);
        ASSERT_EQ(number, old[0] * 4 + old[1]);
      }
      ASSERT_EQ(reshaped.reshapeOuts({2, 4}), layout);
    }
    ASSERT_EQ(layout.flattenOuts(), layout.reshapeOuts({8}));
  });
}

TEST(LinearLayout, TransposePermutesCoordinates) {
  forAllMaps(hardware(1, 1), Space::tensor({2, 4, 2}), [](const LinearLayout &layout) {
    LinearLayout turned = layout.transposeOuts({2, 0, 1});
    ASSERT_EQ(turned.shape(), (std::vector<int64_t>{2, 2, 4}));
    for (int64_t place = 0; place < 4; ++place) {
      std::vector<int32_t> old = layout.element(place & 1, place >> 1);
      ASSERT_EQ(turned.element(place & 1, place >> 1), (std::vector<int32_t>{old[2], old[0], old[1]}));
    }
    ASSERT_EQ(turned.transposeOuts({1, 2, 0}), layout);
  });
}

TEST(LinearLayout, ExpandedDimsHaveSizeOne) {
  LinearLayout layout = example();
  for (unsigned axis = 0; axis < 3; ++axis) {
    LinearLayout expanded = layout.expandDims(axis);
    EXPECT_EQ(expanded.outSize(tensorDim(axis)), 1);
    EXPECT_EQ(expanded.removeDim(axis), layout);
  }
  EXPECT_NE(layout.expandDims(0), layout.expandDims(1));
}

TEST(LinearLayout, SlicesDropACoordinate) {
  forAllMaps(hardware(2, 1), Space::tensor({2, 4}), [](const LinearLayout &layout) {
    for (unsigned axis : {0u, 1u}) {
      LinearLayout slice = layout.removeDim(axis, false), shrunk = layout.shrinkDim(axis, false);
      ASSERT_EQ(slice.numRegisters(), layout.numRegisters());
      for (int64_t reg = 0; reg < 4; ++reg)
        for (int64_t lane = 0; lane < 2; ++lane) {
          std::vector<int32_t> element = layout.element(reg, lane);
          element[axis] = 0;
          ASSERT_EQ(shrunk.element(reg, lane), element);
          element.erase(element.begin() + axis);
          ASSERT_EQ(slice.element(reg, lane), element);
        }
      // Registers that differed along the axis alone are one.
      LinearLayout lean = layout.removeDim(axis);
      ASSERT_EQ(imageOf(lean), imageOf(slice));
      for (unsigned bit = 0, kept = 0; bit < 2; ++bit) {
        bool only = layout.basis(Dim::Register, bit) != 0 && slice.basis(Dim::Register, bit) == 0;
        if (!only)
          ASSERT_EQ(lean.basis(Dim::Register, kept++), slice.basis(Dim::Register, bit));
      }
    }
  });
}

TEST(LinearLayout, BroadcastGrowsDimsInRegisters) {
  LinearLayout column = example().shrinkDim(1);
  EXPECT_EQ(column.toString(), "{register = [[1, 0]], lane = [[0, 0], [0, 0], [2, 0]]}");
  LinearLayout grown = column.broadcastTo({4, 8});
  EXPECT_EQ(grown.toString(), "{register = [[1, 0], [0, 1], [0, 2], [0, 4]], lane = [[0, 0], [0, 0], [2, 0]]}");
  EXPECT_EQ(grown.shrinkDim(1), column);
  EXPECT_EQ(column.broadcastTo({4, 1}), column);
}

TEST(LinearLayout, JoinAndSplitAreInverse) {
  forAllMaps(hardware(1, 1), Space::tensor({2, 2}), [](const LinearLayout &layout) {
    LinearLayout joined = layout.join();
    ASSERT_EQ(joined.shape(), (std::vector<int64_t>{2, 2, 2}));
    for (int64_t reg = 0; reg < 4; ++reg)
      for (int64_t lane = 0; lane < 2; ++lane) {
        std::vector<int32_t> element = layout.element(reg >> 1, lane);
        element.push_back(int32_t(reg & 1));
        ASSERT_EQ(joined.element(reg, lane), element);
      }
    ASSERT_EQ(joined.splitBit(), 0u);
    ASSERT_EQ(joined.split(), layout);
  });
}

TEST(LinearLayout, SplitIsPossibleExactlyWhereOneRegisterBitHoldsTheDim) {
  forAllMaps(hardware(2, 1), Space::tensor({2, 2}), [](const LinearLayout &layout) {
    unsigned touching = 0, plain = 0;
    for (uint64_t word : layout.bases())
      touching += word & 1;
    for (uint64_t word : layout.bases(Dim::Register))
      plain += word == 1;
    std::optional<unsigned> bit = layout.splitBit();
    ASSERT_EQ(bit.has_value(), touching == 1 && plain == 1);
    std::optional<LinearLayout> half = layout.split();
    ASSERT_EQ(half.has_value(), bit.has_value());
    if (!bit)
      return;
    for (int64_t reg = 0; reg < 2; ++reg)
      for (int64_t lane = 0; lane < 2; ++lane)
        for (int32_t side : {0, 1}) {
          int64_t old = *bit == 0 ? reg << 1 | side : reg | side << 1;
          std::vector<int32_t> element = half->element(reg, lane);
          element.push_back(side);
          ASSERT_EQ(layout.element(old, lane), element);
        }
  });
}

TEST(LinearLayout, SublayoutsRestrictAndProject) {
  LinearLayout layout = example();
  LinearLayout lanes = layout.sublayout({Dim::Lane}, {Dim::Dim0});
  EXPECT_EQ(lanes.toString(), "{lane = [[0], [0], [2]]}");
  EXPECT_EQ(lanes.numRegisters(), 1);
  EXPECT_EQ(layout.restrictIns({Dim::Register}).toString(), "{register = [[0, 1], [1, 0]]}");
  LinearLayout flat = layout.flattenIns();
  for (uint64_t place = 0; place < 32; ++place)
    EXPECT_EQ(flat.apply(place), layout.apply(place));
  EXPECT_EQ(flat.numRegisters(), 32);
}

TEST(LinearLayout, ContiguousElements) {
  forAllMaps(hardware(2, 1), Space::tensor({2, 4}), [](const LinearLayout &layout) {
    int64_t width = 4;
    for (; width > 1; width /= 2) {
      bool runs = true;
      for (int64_t reg = 0; reg < width; ++reg)
        runs &= layout.apply(Dim::Register, reg) == uint64_t(reg);
      if (runs)
        break;
    }
    ASSERT_EQ(layout.contiguousElements(), width);
  });
  EXPECT_EQ(example().contiguousElements(Dim::Register, Dim::Dim1), 2);
  EXPECT_EQ(example().contiguousElements(Dim::Register, Dim::Dim0), 1);
}

TEST(LinearLayout, QuestionsAboutAxes) {
  LinearLayout layout = example();
  EXPECT_EQ(layout.touching(Dim::Lane, Dim::Dim1), 3u);
  EXPECT_EQ(layout.touching(Dim::Lane, Dim::Dim0), 4u);
  EXPECT_TRUE(layout.isSeparableAlong(0));
  LinearLayout swizzled = LinearLayout::make({{Dim::Offset, {{0, 1}, {1, 1}}}}, {2, 2});
  EXPECT_FALSE(swizzled.isSeparableAlong(0));
}

TEST(LinearLayout, RemovingAndAddingInBits) {
  LinearLayout layout = LinearLayout::make({{Dim::Register, {{0}, {1}, {0}, {2}}}, {Dim::Lane, {{0}}}}, {4});
  EXPECT_EQ(layout.removeZeroBases(Dim::Register).toString(), "{register = [[1], [2]], lane = [[0]]}");
  EXPECT_EQ(layout.removeInBits(Dim::Register, 0b1010).toString(), "{register = [[0], [0]], lane = [[0]]}");
  EXPECT_EQ(layout.padIns(Dim::Lane, 3).toString(), "{register = [[0], [1], [0], [2]], lane = [[0], [0], [0]]}");
  EXPECT_EQ(LinearLayout().padIns(Dim::Lane, 5).tensorRank(), 0u);
  EXPECT_EQ(LinearLayout().padIns(Dim::Lane, 5).inSize(Dim::Lane), 32);
}

TEST(LinearLayout, EqualityIsByMap) {
  // Absent hardware dims and those of size 1 are the same; tensor dims are counted.
  EXPECT_EQ(LinearLayout::make({{Dim::Lane, {{1}}}, {Dim::Warp, {}}}, {2}),
            LinearLayout::make({{Dim::Lane, {{1}}}}, {2}));
  EXPECT_NE(LinearLayout::make({{Dim::Lane, {{1, 0}}}}, {2, 1}), LinearLayout::make({{Dim::Lane, {{0, 1}}}}, {1, 2}));
  EXPECT_NE(LinearLayout::make({{Dim::Lane, {{1}}}}, {2}), LinearLayout::make({{Dim::Warp, {{1}}}}, {2}));
  std::unordered_set<LinearLayout> maps;
  std::set<size_t> hashes;
  unsigned count = 0;
  forAllMaps(hardware(1, 1, 1), Space::tensor({2, 4}), [&](const LinearLayout &layout) {
    ++count;
    maps.insert(layout);
    hashes.insert(layout.hash());
  });
  EXPECT_EQ(maps.size(), count);
  EXPECT_EQ(hashes.size(), count);
}

TEST(LinearLayout, LawsOnLargeRandomMaps) {
  std::mt19937 random = reproducible(4);
  for (int round = 0; round < 300; ++round) {
    unsigned warps = random() % 4, registers = random() % 8, bits = 5 + warps + registers;
    Space places = hardware(registers, 5, warps), tensor = Space::tensor({8, 2, int64_t(1) << (bits - 4)});
    LinearLayout a = randomSurjectiveMap(places, tensor, round % 2, random);
    LinearLayout b = randomSurjectiveMap(places, tensor, round % 3, random);
    LinearLayout c = randomSurjectiveMap(places, tensor, round % 5, random);
    ASSERT_EQ(compose(a, a.invert()), compose(b, b.invert()));
    ASSERT_EQ(compose(compose(a, b.invert()), c), compose(a, compose(b.invert(), c)));
    ASSERT_EQ(compose(b, *invertAndCompose(b, a)), a);
    ASSERT_EQ(*invertAndCompose(b, a), compose(b.invert(), a));
    LinearLayout small = LinearLayout::identity1D(4, Dim::Register, Dim::Dim1);
    ASSERT_EQ((a * small) * small, a * (small * small));
    ASSERT_EQ((a * small).divideRight(small), a);
    ASSERT_EQ((small * a).divideLeft(small), a);
    for (int i = 0; i < 20; ++i) {
      uint64_t x = random() % numPlaces(a);
      ASSERT_EQ(a.invert().apply(a.apply(x)), x);
    }
  }
}
