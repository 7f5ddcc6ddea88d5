//===- SourceManagerTest.cpp - places, lines, columns -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/SourceManager.h"

#include "gtest/gtest.h"

using namespace tessera;

TEST(SourceManager, PlacesOfSeveralTextsAreDistinct) {
  SourceManager sources;
  FileId a = *sources.addText("one\ntwo\n", "a.tile"), b = *sources.addText("", "b.tile"),
         c = *sources.addText("three", "c.tile");
  EXPECT_EQ(sources.getFile(sources.getBegin(a)), a);
  EXPECT_EQ(sources.getFile(sources.getEnd(a)), a);
  EXPECT_EQ(sources.getFile(sources.getBegin(b)), b);
  EXPECT_EQ(sources.getFile(sources.getBegin(c)), c);
  EXPECT_LT(sources.getEnd(a), sources.getBegin(b));
  EXPECT_EQ(sources.findFile("c.tile"), c);
  EXPECT_EQ(sources.findFile("d.tile"), std::nullopt);
  EXPECT_FALSE(SourceLoc().isValid());
  EXPECT_EQ(sources.getLineColumn(SourceLoc()).line, 0u);
}

TEST(SourceManager, LinesEndInEveryWay) {
  SourceManager sources;
  FileId file = *sources.addText("a\nbb\r\nccc\rdddd", "a.tile");
  EXPECT_EQ(sources.getLine(file, 1), "a");
  EXPECT_EQ(sources.getLine(file, 2), "bb");
  EXPECT_EQ(sources.getLine(file, 3), "ccc");
  EXPECT_EQ(sources.getLine(file, 4), "dddd");
  EXPECT_EQ(sources.getLine(file, 5), "");
  EXPECT_EQ(sources.getLineColumn(sources.getEnd(file)).line, 4u);
  EXPECT_EQ(sources.getLineColumn(sources.getEnd(file)).column, 5u);
}

TEST(SourceManager, ColumnsCountCodePointsAndNoByteOrderMark) {
  SourceManager sources;
  FileId file = *sources.addText("\xEF\xBB\xBFgr\u00FC\u00DFe = \U0001F600\n\tx", "a.tile");
  SourceLoc equal = sources.getBegin(file).advanced(3 + 8);
  EXPECT_EQ(sources.getText({equal, equal.advanced(1)}), "=");
  EXPECT_EQ(sources.getLineColumn(equal).column, 7u);
  EXPECT_EQ(sources.getLineColumn(sources.getEnd(file)).column, 3u); // a tab is one column
}

TEST(SourceManager, LocationsSurviveTheWayThroughLineAndColumn) {
  SourceManager sources;
  sources.addText("x = 1\n", "other.tile");
  FileId file = *sources.addText("a\u00E4b\n\u65E5\u672C = 2\r\n  y", "a.tile");
  llvm::StringRef text = sources.getText(file);
  for (uint32_t offset = 0; offset < text.size(); ++offset) {
    if ((text[offset] & 0xC0) == 0x80 || text[offset] == '\n')
      continue;
    SourceLoc loc = sources.getBegin(file).advanced(offset);
    LineColumn place = sources.getLineColumn(loc);
    EXPECT_EQ(place.file, "a.tile");
    EXPECT_EQ(sources.getLoc(file, place.line, place.column).getRaw(), loc.getRaw()) << offset;
  }
  EXPECT_FALSE(sources.getLoc(file, 9, 1).isValid());
}

TEST(SourceManager, MissingFile) {
  SourceManager sources;
  std::string error;
  EXPECT_EQ(sources.addFile("/nowhere/a.tile", error), std::nullopt);
  EXPECT_EQ(error, "cannot read '/nowhere/a.tile': No such file or directory");
}
