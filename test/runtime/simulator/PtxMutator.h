//===- PtxMutator.h - Spoilt PTX for the reader's fuzzer --------*- C++ -*-===//
//
// Makes texts that are nearly PTX, out of texts that are. Three ways:
//
//   spoilt   a seed, or the head of one with a single function of it, with a few changes: bytes, tokens, lines, opcodes
//            and their modifiers, operands, numbers, labels, directives, pieces of other seeds, the form of the text
//   soup     a well-formed kernel of instructions taken from all seeds, their registers renamed to ones of the same
//            type, in any order: executes what no compiler would write
//   rubble   a list of nasty texts and bytes of no meaning
//
// The same seed and number give the same text on every machine.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_PTXMUTATOR_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_PTXMUTATOR_H

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace tessera::sim::fuzz {

/// What the mutator knows of all seeds.
class Corpus {
public:
  /// Adds the text of a PTX file.
  void addPtx(const std::string &text);
  /// Adds what looks like instructions of any text: sources of tests with PTX in their strings.
  void addInstructions(const std::string &text);

  struct Seed {
    std::string text, head;
    std::vector<std::string> functions;
  };
  std::vector<Seed> seeds;
  std::vector<std::string> modifiers; ///< words of opcodes
  std::vector<std::string> opcodes;
  std::vector<std::string> operands;
  /// Instructions whose registers stand as '\x01' TYPE '\x02'.
  std::vector<std::string> templates;

private:
  void addInstruction(const std::string &line, const std::map<std::string, std::string> &classes);
};

/// Makes the texts of one case.
class Mutator {
public:
  Mutator(const Corpus &corpus, uint64_t seed) : corpus(corpus), random(seed) {}
  std::string make();
  /// A kernel of a seed with one instruction spoilt.
  std::string oneMistake();

  uint64_t below(uint64_t bound) { return bound ? random() % bound : 0; }
  template <typename List> auto any(const List &list) -> decltype(list[0]) { return list[below(std::size(list))]; }

private:
  std::string rubble();
  std::string soup();
  std::string soupInstruction(unsigned labels);
  std::string registerOf(const std::string &type, bool isAddress);
  std::string spoilt();
  std::string spoilBytes(std::string text);
  std::string spoilTokens(const std::string &text);
  std::string spoilLines(const std::string &text);
  std::string spoilInstruction(const std::string &text);
  std::string spoilOpcode(std::string opcode);
  std::string spoilOperand(const std::vector<std::string> &operands, size_t index);
  std::string insertDirective(const std::string &text);
  std::string spoilForm(std::string text);

  const Corpus &corpus;
  std::mt19937_64 random;
};

} // namespace tessera::sim::fuzz

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_PTXMUTATOR_H
