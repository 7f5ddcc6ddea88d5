//===- RobustnessTest.cpp - round trips, mutations, old crashes -*- C++ -*-===//
//
// Properties that hold for any text: the parser returns; what the printer writes
// parses to the same tree.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseHelpers.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <chrono>
#include <random>

using namespace tessera;
using namespace tessera::test;

namespace {
/// Name and text of every file in Inputs/ or a folder in it, ordered by name.
std::vector<std::pair<std::string, std::string>> readInputs(llvm::StringRef folder = "") {
  llvm::SmallString<128> path(TESSERA_SYNTAX_INPUTS);
  llvm::sys::path::append(path, folder);
  std::vector<std::pair<std::string, std::string>> inputs;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(path, error), end; it != end && !error; it.increment(error))
    if (it->type() == llvm::sys::fs::file_type::regular_file)
      if (auto buffer = llvm::MemoryBuffer::getFile(it->path()))
        inputs.emplace_back(llvm::sys::path::filename(it->path()).str(), (*buffer)->getBuffer().str());
  llvm::sort(inputs);
  return inputs;
}

/// Parses, renders what was found, and, if nothing was, takes the tree through its source text and back.
void check(const std::string &text) {
  Parsed parsed(text, "a.tile", reportAll());
  ASSERT_TRUE(parsed.program);
  parsed.diagnostics.renderToString();
  std::string dump = parsed.getDump();
  if (parsed.diagnostics.hasErrors())
    return;
  Parsed again(parsed.getSource(), "a.tile", reportAll());
  EXPECT_EQ(again.getMessages(), "") << parsed.getSource();
  EXPECT_EQ(again.getDump(), dump) << text;
}

/// Pieces that texts are made of and broken with.
const char *const pieces[] = {"(",
                              ")",
                              "[",
                              "]",
                              "{",
                              "}",
                              ":",
                              ",",
                              "=",
                              "==",
                              ":=",
                              "->",
                              "...",
                              "*",
                              "**",
                              "@",
                              "if ",
                              "else",
                              "elif ",
                              "for ",
                              " in ",
                              "while ",
                              "def ",
                              "class ",
                              "lambda ",
                              "not ",
                              "return ",
                              "yield ",
                              "await ",
                              "async ",
                              "match ",
                              "case ",
                              "try:",
                              "except",
                              "with ",
                              " as ",
                              "\n",
                              "\n    ",
                              "\n\t",
                              "    ",
                              "\"",
                              "'",
                              "\"\"\"",
                              "f\"{",
                              "f'",
                              "}'",
                              "\\",
                              "\\\n",
                              "#",
                              ";",
                              "0x",
                              "1e",
                              "1_",
                              "09",
                              "b'",
                              "!",
                              "!r",
                              "$",
                              "\xE2",
                              "\xC3\xA4",
                              "@triton.jit\n",
                              "None",
                              "x",
                              "\r",
                              "\f",
                              "<>",
                              "&&",
                              "import ",
                              "from ",
                              "."};

std::string mutate(std::string text, std::mt19937 &random) {
  auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  for (size_t edits = below(4) + 1; edits > 0 && !text.empty(); --edits) {
    size_t at = below(text.size()), size = std::min(below(12) + 1, text.size() - at);
    switch (below(4)) {
    case 0:
      text.erase(at, size);
      break;
    case 1:
      text.insert(at, pieces[below(std::size(pieces))]);
      break;
    case 2:
      text.replace(at, size, pieces[below(std::size(pieces))]);
      break;
    default:
      text.insert(at, text.substr(below(text.size()), below(200)));
      break;
    }
  }
  return text;
}
} // namespace

TEST(Robustness, InputsGoRound) {
  for (const auto &[name, text] : readInputs()) {
    SCOPED_TRACE(name);
    check(text);
  }
}

TEST(Robustness, DumpOfPrintedSourceIsTheSameForSmallForms) {
  for (const char *text : {"x = (1).real + 2. .real\n",
                           "x = -(-1) ** (2 ** -3)\n",
                           "x = (a, b)[c,]\n",
                           "x = a[(), (b,)]\n",
                           "x = (yield)\n",
                           "x = [*a, (*b, c)]\n",
                           "x = not (not a and b) or (c or d)\n",
                           "x = (a < b) < c\n",
                           "x = a < (b < c)\n",
                           "x = (lambda: a)()\n",
                           "x = (a if b else c) if d else (lambda e: f)\n",
                           "x = f'{a!r:{b}}{{}}{c}' 'd\"\\n'\n",
                           "x = f'{x:{{1}.pop()}}'\n",
                           "x = f'{ {1: 2}[1] }'\n",
                           "x = b'\\x00\\xff\"'\n",
                           "x = '\\ud800\\x7f'\n",
                           "with (a, b): c\n",
                           "with ((a, b)): c\n",
                           "with (a, b) as c, d: e\n",
                           "del a, (b, c)\n",
                           "for a, in b: c\n",
                           "return_ = *a, b\n",
                           "if a: b\nelse:\n  if c: d\n  else: e\n",
                           "x = await_ @ b\n",
                           "async def f():\n  await (await a)\n",
                           "print(*a or b, **c or d)\n",
                           "x: (yield) = 1\n",
                           "try: a\nexcept* b as c: d\n",
                           "x = a if b else c,\n",
                           "match a:\n  case (b): c\n  case (b,): c\n  case [*_]: c\n  case {1: b, **d}: e\n",
                           "x = [a for b in (c, d)]\n",
                           "class A[T: int = str](B, *C, **D): pass\n",
                           "@(a := b)\ndef f(): pass\n",
                           "x = (a := 1)\n"})
    check(text);
}

/// Real texts, each a little broken, thousands of times: always the same ones.
TEST(Robustness, MutatedSources) {
  std::mt19937 random(20260117);
  std::vector<std::pair<std::string, std::string>> inputs = readInputs();
  ASSERT_FALSE(inputs.empty());
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20); // far more than is needed
  for (int i = 0; i < 2000 && std::chrono::steady_clock::now() < end; ++i) {
    std::string text = inputs[i % inputs.size()].second;
    for (int generation = 0; generation < 4; ++generation) {
      text = mutate(std::move(text), random);
      Parsed parsed(text, "a.tile", reportAll());
      ASSERT_TRUE(parsed.program);
      if (generation == 3)
        parsed.diagnostics.renderToString();
    }
  }
}

/// Texts of nothing but pieces.
TEST(Robustness, RandomPieces) {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int n = random() % 30; n >= 0; --n)
      text += pieces[random() % std::size(pieces)];
    check(text);
  }
}

/// Every prefix of a text, as an editor sees it while it is written.
TEST(Robustness, Prefixes) {
  for (const auto &[name, text] : readInputs())
    for (size_t size = 0; size < text.size(); size += 7)
      ASSERT_TRUE(Parsed(llvm::StringRef(text).take_front(size), "a.tile", reportAll()).program);
}

/// What the fuzzer found.
TEST(Robustness, FoundByFuzzing) {
  for (const auto &[name, text] : readInputs("found")) {
    SCOPED_TRACE(name);
    check(text);
  }
}
