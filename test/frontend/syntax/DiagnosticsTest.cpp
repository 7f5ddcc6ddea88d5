//===- DiagnosticsTest.cpp - how diagnostics are shown ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Diagnostics.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace tessera;

namespace {
class DiagnosticsTest : public testing::Test {
protected:
  void setText(llvm::StringRef text) { file = *sources.addText(text, "a.tile"); }
  /// The place of the n-th (from 0) occurrence of a string.
  SourceLoc find(llvm::StringRef what, unsigned n = 0) const {
    size_t at = 0;
    for (unsigned i = 0; i <= n; ++i)
      at = sources.getText(file).find(what, i == 0 ? 0 : at + 1);
    return sources.getBegin(file).advanced(at);
  }
  SourceRange rangeOf(llvm::StringRef what, unsigned n = 0) const {
    SourceLoc begin = find(what, n);
    return {begin, begin.advanced(what.size())};
  }

  SourceManager sources;
  DiagnosticEngine engine{sources};
  FileId file = 0;
};
} // namespace

TEST_F(DiagnosticsTest, CaretRangesAndNotes) {
  setText("a = tl.zeros((64, 32))\nacc = tl.dot(a, b)\n");
  engine.error(find("dot"), "'tl.dot' needs inner dimensions to agree: a is 64x32, b is 64x128")
      .range(rangeOf("tl.dot"))
      .range(rangeOf("a, b"))
      .note(find("zeros"), "a is made here", rangeOf("tl.zeros((64, 32))"));
  EXPECT_EQ(engine.renderToString(),
            "a.tile:2:10: error: 'tl.dot' needs inner dimensions to agree: a is 64x32, b is 64x128\n"
            "    2 | acc = tl.dot(a, b)\n"
            "      |       ~~~^~~ ~~~~\n"
            "a.tile:1:8: note: a is made here\n"
            "    1 | a = tl.zeros((64, 32))\n"
            "      |     ~~~^~~~~~~~~~~~~~~\n");
}

TEST_F(DiagnosticsTest, FixItsStandUnderTheirPlace) {
  setText("if x = 3\n");
  engine.error(find("="), "expected '=='").fixItReplace(rangeOf("="), "==");
  engine.error(find("\n"), "expected ':'").fixItInsert(find("\n"), ":");
  EXPECT_EQ(engine.renderToString(), "a.tile:1:6: error: expected '=='\n"
                                     "    1 | if x = 3\n"
                                     "      |      ^\n"
                                     "      |      ==\n"
                                     "a.tile:1:9: error: expected ':'\n"
                                     "    1 | if x = 3\n"
                                     "      |         ^\n"
                                     "      |         :\n");
}

TEST_F(DiagnosticsTest, TabsWideAndUnprintableCharactersKeepTheCaretInPlace) {
  setText("\tx = \"\u65E5\u672C\" + \x01\xFF y\n");
  engine.error(find("y"), "message").range(rangeOf("\"\u65E5\u672C\""));
  EXPECT_EQ(engine.renderToString(), "a.tile:1:16: error: message\n"
                                     "    1 |         x = \"\u65E5\u672C\" + <U+0001><FF> y\n"
                                     "      |             ~~~~~~                ^\n");
}

TEST_F(DiagnosticsTest, LongLinesAreCutAroundTheCaret) {
  std::string text = std::string(500, 'a') + "!" + std::string(500, 'b');
  setText(text);
  engine.error(find("!"), "message");
  std::string expected = "a.tile:1:501: error: message\n    1 | ... " + std::string(100, 'a') + "!" +
                         std::string(59, 'b') + " ...\n      |     " + std::string(100, ' ') + "^\n";
  EXPECT_EQ(engine.renderToString(), expected);
}

TEST_F(DiagnosticsTest, SortedByPlaceWithoutDuplicates) {
  setText("a b c\n");
  engine.error(find("c"), "third");
  engine.warning(find("a"), "first");
  engine.error(SourceLoc(), "last");
  engine.error(find("b"), "second");
  engine.error(find("b"), "second");
  engine.error(find("b"), "second").note(find("a"), "in another specialisation");
  std::vector<std::string> messages;
  for (const Diagnostic *diagnostic : engine.getSorted())
    messages.push_back(diagnostic->message);
  EXPECT_EQ(messages, (std::vector<std::string>{"first", "second", "second", "third", "last"}));
}

TEST_F(DiagnosticsTest, ErrorsBeyondTheLimitAreCounted) {
  setText("a\n");
  engine.setErrorLimit(2);
  for (int i = 0; i < 5; ++i)
    engine.error(SourceLoc(), "message " + llvm::Twine(i)).note(SourceLoc(), "note");
  engine.warning(SourceLoc(), "careful");
  std::string text;
  llvm::raw_string_ostream os(text);
  engine.render(os, /*summary=*/true);
  EXPECT_EQ(text, "error: message 0\nnote: note\nerror: message 1\nnote: note\nwarning: careful\n"
                  "3 more errors are not shown\n5 errors and 1 warning generated\n");
  EXPECT_EQ(engine.getNumErrors(), 5u);
}

TEST_F(DiagnosticsTest, WarningsAsErrors) {
  setText("a\n");
  engine.setWarningsAsErrors(true);
  engine.warning(find("a"), "careful");
  EXPECT_TRUE(engine.hasErrors());
}

TEST_F(DiagnosticsTest, Json) {
  setText("\u00E4 = 3\n");
  engine.error(find("="), "expected '=='")
      .range(rangeOf("3"))
      .fixItReplace(rangeOf("="), "==")
      .note(find("3"), "because of \"this\"");
  std::string text;
  llvm::raw_string_ostream os(text);
  engine.renderJson(os);
  auto json = llvm::json::parse(text);
  ASSERT_TRUE(bool(json)) << llvm::toString(json.takeError());
  auto expected = llvm::json::parse(R"([{"severity": "error", "message": "expected '=='", "file": "a.tile",
    "line": 1, "column": 3, "ranges": [{"line": 1, "column": 5, "endLine": 1, "endColumn": 6}],
    "fixits": [{"line": 1, "column": 3, "endLine": 1, "endColumn": 4, "replacement": "=="}],
    "notes": [{"severity": "note", "message": "because of \"this\"", "file": "a.tile", "line": 1, "column": 5,
               "ranges": []}]}])");
  ASSERT_TRUE(bool(expected));
  EXPECT_EQ(*json, *expected) << text;
}
