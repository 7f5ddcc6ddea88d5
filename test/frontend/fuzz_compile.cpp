//===- fuzz_compile.cpp - random mistakes through the whole compiler ----------===//
//
// Takes valid kernels, spoils them at random (tokens deleted, doubled, swapped, replaced; numbers and names changed;
// lines moved; types, constants and targets of the signature changed), and compiles what comes out to PTX. Whatever the
// text, the compiler must either succeed or say in words of the language, with a place, what is wrong. These are
// failures:
//
//   - a crash, an abort, LLVM's fatal error, or more than `--seconds` (10) of the processor for one text;
//   - an error with no place in the text, or one that speaks of the compiler's own operations and types;
//   - an error without a word.
//
//   fuzz_compile --seeds test/frontend/Inputs/fuzz/seeds.txt --root . --cases 1000 --seed 1 --keep /tmp/found
//   fuzz_compile ... --minutes 10              runs for a time instead of a number of cases
//   fuzz_compile ... --seed 1 --only 37        shows case 37 of seed 1 and what the compiler says of it
//
// Case N of seed S is the same text on every machine. Cases run in child processes, a batch each, so that one that
// crashes costs no more than itself; `--keep` saves the text of each failure, `--print` shows all messages.
//
// The list of seeds has lines `FILE | KERNEL | SIGNATURE`, files relative to `--root`.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tessera/Compiler.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

using namespace tessera;

namespace {

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

struct Seed {
  std::string file, text, kernel, signature;
};

struct Case {
  std::string file, text, kernel, signature, target;
  std::optional<int> warps, stages;
};

struct Settings {
  std::string seeds, root = ".", keep;
  std::uint64_t seed = 1, cases = 0, only = 0;
  bool hasOnly = false, print = false;
  double minutes = 0;
  unsigned seconds = 10;
};

using Tokens = std::vector<std::string>;

/// Cuts a text into names, numbers, strings, spaces and other characters; put together again they are the text.
Tokens cut(const std::string &text) {
  Tokens tokens;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t begin = i;
    unsigned char c = text[i];
    if (std::isalnum(c) || c == '_') {
      while (i < text.size() &&
             (std::isalnum((unsigned char)text[i]) || text[i] == '_' ||
              (text[i] == '.' && std::isdigit(c) && i + 1 < text.size() && std::isdigit((unsigned char)text[i + 1]))))
        ++i;
    } else if (c == ' ') {
      while (i < text.size() && text[i] == ' ')
        ++i;
    } else if (c == '#') {
      while (i < text.size() && text[i] != '\n')
        ++i;
    } else if (c == '"' || c == '\'') {
      ++i;
      while (i < text.size() && text[i] != char(c) && text[i] != '\n')
        ++i;
      i = std::min(i + 1, text.size());
    } else if (i + 1 < text.size() && std::strchr("=<>!*/+-", c) && std::strchr("=<>*/", text[i + 1])) {
      i += 2;
    } else {
      ++i;
    }
    tokens.push_back(text.substr(begin, i - begin));
  }
  return tokens;
}

bool isName(const std::string &token) { return std::isalpha((unsigned char)token[0]) || token[0] == '_'; }
bool isNumber(const std::string &token) { return std::isdigit((unsigned char)token[0]); }
bool isBlank(const std::string &token) { return token[0] == ' ' || token[0] == '\n' || token[0] == '#'; }

const char *const kNames[] = {"tl",
                              "arange",
                              "zeros",
                              "zeros_like",
                              "full",
                              "load",
                              "store",
                              "dot",
                              "sum",
                              "max",
                              "min",
                              "argmax",
                              "where",
                              "exp",
                              "log",
                              "sqrt",
                              "sin",
                              "erf",
                              "sigmoid",
                              "cdiv",
                              "expand_dims",
                              "broadcast_to",
                              "trans",
                              "reshape",
                              "permute",
                              "join",
                              "split",
                              "cat",
                              "interleave",
                              "atomic_add",
                              "atomic_cas",
                              "cumsum",
                              "associative_scan",
                              "reduce",
                              "sort",
                              "histogram",
                              "gather",
                              "flip",
                              "ravel",
                              "program_id",
                              "num_programs",
                              "static_range",
                              "range",
                              "constexpr",
                              "float16",
                              "float32",
                              "float64",
                              "bfloat16",
                              "int8",
                              "int32",
                              "int64",
                              "uint8",
                              "uint32",
                              "float8e5",
                              "float8e4nv",
                              "to",
                              "T",
                              "shape",
                              "dtype",
                              "None",
                              "True",
                              "False",
                              "self",
                              "len",
                              "make_block_ptr",
                              "advance",
                              "make_tensor_descriptor",
                              "rand",
                              "philox",
                              "static_assert",
                              "device_assert",
                              "static_print",
                              "device_print",
                              "inline_asm_elementwise",
                              "map_elementwise",
                              "multiple_of",
                              "max_contiguous",
                              "assume",
                              "umulhi",
                              "clamp",
                              "fma",
                              "while",
                              "for",
                              "if",
                              "else",
                              "elif",
                              "return",
                              "break",
                              "continue",
                              "pass",
                              "not",
                              "and",
                              "or",
                              "in",
                              "is",
                              "lambda",
                              "assert"};
const char *const kNumbers[] = {"0",
                                "1",
                                "2",
                                "3",
                                "-1",
                                "7",
                                "16",
                                "17",
                                "31",
                                "32",
                                "64",
                                "128",
                                "1000",
                                "4096",
                                "1<<20",
                                "2147483647",
                                "2147483648",
                                "4294967296",
                                "9223372036854775807",
                                "99999999999999999999999",
                                "0.5",
                                "1e308",
                                "1e-320",
                                "0x7f"};
const char *const kOperators[] = {"+", "-", "*", "/",  "//", "%",  "**", "@",  "<<", ">>", "&",  "|",
                                  "^", "~", "<", "<=", "==", "!=", ">",  ">=", "=",  "+=", "*=", ":=",
                                  ".", ",", ":", "(",  ")",  "[",  "]",  "{",  "}",  "->", "..."};
const char *const kTypes[] = {"*fp16",        "*bf16",     "*fp32",  "*fp64",    "*fp8e5", "*fp8e4nv",
                              "*i1",          "*i8",       "*i16",   "*i32",     "*i64",   "*u8",
                              "*u32",         "i1",        "i8",     "i16",      "i32",    "i64",
                              "u8",           "u32",       "u64",    "fp16",     "bf16",   "fp32",
                              "fp64",         "1",         "**fp32", "*fp32:16", "i32:16", "tensordesc<fp16[64,64]>",
                              "(*fp16, i32)", "(i32, i32)"};
const char *const kConstants[] = {"0",
                                  "1",
                                  "2",
                                  "3",
                                  "8",
                                  "16",
                                  "32",
                                  "48",
                                  "64",
                                  "128",
                                  "256",
                                  "1024",
                                  "65536",
                                  "-16",
                                  "1.5",
                                  "True",
                                  "False",
                                  "None",
                                  "\"relu\"",
                                  "tl.float16",
                                  "tl.float32",
                                  "tl.int8",
                                  "9223372036854775807"};
const char *const kTargets[] = {"sm_80", "sm_86", "sm_89", "sm_90a", "sm_90a", "sm_90a"};

class Mutator {
public:
  explicit Mutator(std::uint64_t seed) : random(seed) {}

  Case make(const std::vector<Seed> &seeds) {
    const Seed &seed = seeds[below(seeds.size())];
    Case made{seed.file, seed.text, seed.kernel, seed.signature, kTargets[below(std::size(kTargets))], {}, {}};
    if (below(4) == 0)
      made.warps = 1 << below(6);
    if (below(8) == 0)
      made.stages = int(below(6));
    // Most mistakes are single ones; many at once end in the parser.
    const unsigned count = 1 + unsigned(below(3)) * unsigned(below(2));
    for (unsigned i = 0; i < count; ++i)
      if (below(5) == 0)
        made.signature = spoilSignature(made.signature);
      else
        made.text = spoil(made.text);
    return made;
  }

private:
  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  template <std::size_t N> std::string any(const char *const (&words)[N]) { return words[below(N)]; }

  template <typename Predicate> std::size_t find(const Tokens &tokens, Predicate wanted) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < tokens.size(); ++i)
      if (wanted(tokens[i]))
        places.push_back(i);
    return places.empty() ? tokens.size() : places[below(places.size())];
  }

  std::string spoil(const std::string &text) {
    if (below(8) == 0)
      return spoilLines(text);
    Tokens tokens = cut(text);
    if (tokens.empty())
      return text;
    auto solid = [](const std::string &token) { return !isBlank(token); };
    std::size_t at = find(tokens, solid);
    std::size_t other = find(tokens, solid);
    switch (below(9)) {
    case 0:
      if (at < tokens.size())
        tokens.erase(tokens.begin() + at);
      break;
    case 1:
      if (at < tokens.size())
        tokens.insert(tokens.begin() + at, tokens[at]);
      break;
    case 2:
      if (at < tokens.size() && other < tokens.size())
        std::swap(tokens[at], tokens[other]);
      break;
    case 3:
    case 4:
      if (at = find(tokens, isNumber); at < tokens.size())
        tokens[at] = any(kNumbers);
      break;
    case 5:
      // A name of the same text in the place of another: types and shapes are likely to be wrong.
      at = find(tokens, isName), other = find(tokens, isName);
      if (at < tokens.size())
        tokens[at] = tokens[other];
      break;
    case 6:
      if (at = find(tokens, isName); at < tokens.size())
        tokens[at] = any(kNames);
      break;
    case 7:
      at = find(tokens, [](const std::string &token) {
        return std::ispunct((unsigned char)token[0]) && token[0] != '_' && token[0] != '#';
      });
      if (at < tokens.size())
        tokens[at] = any(kOperators);
      break;
    default:
      if (at < tokens.size())
        tokens.insert(tokens.begin() + at, below(2) ? any(kOperators) : below(2) ? any(kNumbers) : tokens[other]);
      break;
    }
    std::string made;
    for (const std::string &token : tokens)
      made += token;
    return made;
  }

  std::string spoilLines(const std::string &text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
      lines.push_back(line);
    if (lines.size() < 2)
      return text;
    const std::size_t at = below(lines.size()), other = below(lines.size());
    switch (below(4)) {
    case 0:
      lines.erase(lines.begin() + at);
      break;
    case 1:
      lines.insert(lines.begin() + other, lines[at]);
      break;
    case 2:
      std::swap(lines[at], lines[other]);
      break;
    default:
      lines[at].insert(0, std::string(1 + below(4), ' '));
      break;
    }
    std::string made;
    for (const std::string &line : lines)
      made += line + "\n";
    return made;
  }

  std::string spoilSignature(const std::string &signature) {
    std::vector<std::string> items;
    int depth = 0;
    items.emplace_back();
    for (char c : signature) {
      depth += c == '(' || c == '[' || c == '<';
      depth -= c == ')' || c == ']' || c == '>';
      if (c == ',' && depth == 0)
        items.emplace_back();
      else
        items.back() += c;
    }
    std::string &item = items[below(items.size())];
    if (std::size_t equals = item.find('='); equals != std::string::npos)
      item = item.substr(0, equals + 1) + any(kConstants);
    else if (std::size_t colon = item.find(':'); colon != std::string::npos && below(8))
      item = item.substr(0, colon + 1) + " " + any(kTypes);
    else if (below(2))
      item.clear();
    std::string made;
    for (const std::string &each : items)
      if (!each.empty())
        made += (made.empty() ? "" : ",") + each;
    return made;
  }

  std::mt19937_64 random;
};

//===----------------------------------------------------------------------===//
// Judging
//===----------------------------------------------------------------------===//

CompileRequest requestFor(const Case &made) {
  CompileRequest request;
  request.source = made.text;
  request.name = made.file;
  request.kernel = made.kernel;
  request.signature = made.signature;
  request.options.target = made.target;
  request.options.numWarps = made.warps;
  request.options.numStages = made.stages;
  return request;
}

/// What is wrong with the words of an error; empty if nothing.
std::string judge(const std::string &text, const Case &made) {
  if (text.empty())
    return "an error without a word";
  // Quoted source lines may hold anything; messages may not.
  static const std::regex place("^(.*):([0-9]+):([0-9]+): (error|warning|note): (.*)$");
  static const std::regex internals(
      "internal error|fault of Tessera|pass "
      "failed|PassManager|LLVM|MLIR|'?(tile|arith|scf|func|llvm|nvvm|cf|math|builtin)\\.[a-z_]+'? op|"
      "\\bop (operand|result|attribute|requires|failed|expects)|operand #|result "
      "#|!tile\\.|#tile\\.|tensor<|loc\\(|unrealized|lowering|ptxas");
  std::istringstream stream(text);
  bool placed = false;
  for (std::string line; std::getline(stream, line);) {
    std::smatch found;
    const bool message = std::regex_match(line, found, place);
    placed |= message && found[4] == "error" && found[1] == made.file;
    const std::string words = message ? std::string(found[5]) : line;
    if ((message || line.rfind("error: ", 0) == 0 || line.rfind("note: ", 0) == 0) &&
        std::regex_search(words, internals))
      return "internals in a message: " + words;
    if (message && !words.empty() &&
        (words.back() == '.' && words.size() > 3 && words.substr(words.size() - 3) != "..."))
      return "full stop: " + words;
  }
  // What is wrong with the request itself, not with the text, has no place in it.
  static const std::regex request(
      "^(signature: |there is no kernel|the signature|unknown target|'.*' has (no|several) kernels|constant )");
  if (!placed && !std::regex_search(text, request))
    return "no place: " + text.substr(0, 300);
  return {};
}

/// What the children tell the parent: which case they are at, and what the last one found was.
struct Shared {
  std::uint64_t current;
  bool failed;
  std::uint64_t succeeded, refused;
  char words[2000];
};

bool startsBadly(Shared &shared, const Case &made, bool print) {
  Expected<CompileResult> result = compile(requestFor(made));
  std::string problem;
  if (result) {
    ++shared.succeeded;
    if (result->output.find(".entry") == std::string::npos)
      problem = "success without an entry";
  } else {
    ++shared.refused;
    problem = judge(std::string(result.error().text()), made);
    if (print)
      std::printf("%s\n", std::string(result.error().text()).c_str());
  }
  std::snprintf(shared.words, sizeof(shared.words), "%s", problem.c_str());
  return !problem.empty();
}

std::string describeCase(const Case &made) {
  std::string words = "# " + made.file + "\n# tessera compile FILE --kernel " + made.kernel + " --signature '" +
                      made.signature + "' --target " + made.target;
  if (made.warps)
    words += " --num-warps " + std::to_string(*made.warps);
  if (made.stages)
    words += " --num-stages " + std::to_string(*made.stages);
  return words + "\n";
}

Case caseOf(const Settings &settings, const std::vector<Seed> &seeds, std::uint64_t number) {
  return Mutator(settings.seed * 0x9E3779B97F4A7C15u + number).make(seeds);
}

/// Runs cases from `begin` in a child until one fails, the batch ends, or the child dies. Returns how the child ended.
int runBatch(const Settings &settings, const std::vector<Seed> &seeds, Shared &shared, std::uint64_t begin,
             std::uint64_t end) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    for (std::uint64_t number = begin; number < end; ++number) {
      shared.current = number;
      const Case made = caseOf(settings, seeds, number);
      // Their signals end the child. Time of the processor is the same on a machine that is busy.
      const itimerval limit{{0, 0}, {time_t(settings.seconds), 0}}, none{};
      setitimer(ITIMER_PROF, &limit, nullptr);
      alarm(20 * settings.seconds);
      if (startsBadly(shared, made, settings.print)) {
        shared.failed = true;
        break;
      }
      setitimer(ITIMER_PROF, &none, nullptr);
      alarm(0);
    }
    std::fflush(nullptr);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

std::vector<Seed> readSeeds(const Settings &settings) {
  std::vector<Seed> seeds;
  std::ifstream list(settings.seeds);
  auto trim = [](std::string text) {
    text.erase(0, text.find_first_not_of(" \t"));
    text.erase(text.find_last_not_of(" \t\r") + 1);
    return text;
  };
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line[0] == '#')
      continue;
    std::istringstream parts(line);
    Seed seed;
    std::getline(parts, seed.file, '|');
    std::getline(parts, seed.kernel, '|');
    std::getline(parts, seed.signature);
    seed = {trim(seed.file), "", trim(seed.kernel), trim(seed.signature)};
    std::ifstream file(settings.root + "/" + seed.file);
    std::stringstream text;
    text << file.rdbuf();
    seed.text = text.str();
    if (seed.text.empty()) {
      std::fprintf(stderr, "cannot read %s\n", seed.file.c_str());
      std::exit(2);
    }
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

Settings readSettings(int count, char **words) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    auto value = [&]() -> std::string {
      if (++i < count)
        return words[i];
      std::fprintf(stderr, "%s needs a value\n", word.c_str());
      std::exit(2);
    };
    if (word == "--seeds")
      settings.seeds = value();
    else if (word == "--root")
      settings.root = value();
    else if (word == "--keep")
      settings.keep = value();
    else if (word == "--seed")
      settings.seed = std::strtoull(value().c_str(), nullptr, 10);
    else if (word == "--cases")
      settings.cases = std::strtoull(value().c_str(), nullptr, 10);
    else if (word == "--minutes")
      settings.minutes = std::atof(value().c_str());
    else if (word == "--seconds")
      settings.seconds = unsigned(std::atoi(value().c_str()));
    else if (word == "--only")
      settings.only = std::strtoull(value().c_str(), nullptr, 10), settings.hasOnly = true;
    else if (word == "--print")
      settings.print = true;
    else {
      std::fprintf(stderr, "unknown option %s\n", word.c_str());
      std::exit(2);
    }
  }
  return settings;
}

} // namespace

int main(int count, char **words) {
  const Settings settings = readSettings(count, words);
  const std::vector<Seed> seeds = readSeeds(settings);
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds\n");
    return 2;
  }
  auto *shared =
      static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (settings.hasOnly) {
    const Case made = caseOf(settings, seeds, settings.only);
    std::printf("%s%s\n", describeCase(made).c_str(), made.text.c_str());
    std::fflush(stdout);
    const bool bad = startsBadly(*shared, made, true);
    std::printf("%s\n", bad ? shared->words : "good");
    return bad;
  }
  // The seeds themselves must compile, or the mutants say nothing.
  int failures = 0;
  for (const Seed &seed : seeds) {
    Expected<CompileResult> result =
        compile(requestFor({seed.file, seed.text, seed.kernel, seed.signature, "sm_90a", {}, {}}));
    if (!result) {
      ++failures;
      std::printf("seed %s, kernel %s does not compile:\n%s\n", seed.file.c_str(), seed.kernel.c_str(),
                  std::string(result.error().text()).c_str());
    }
  }
  const auto start = std::chrono::steady_clock::now();
  auto minutes = [&] {
    return std::chrono::duration<double, std::ratio<60>>(std::chrono::steady_clock::now() - start).count();
  };
  constexpr std::uint64_t kBatch = 50;
  std::map<std::string, unsigned> kinds;
  std::uint64_t next = 0;
  while (settings.minutes > 0 ? minutes() < settings.minutes : next < settings.cases) {
    const std::uint64_t end = settings.minutes > 0 ? next + kBatch : std::min(next + kBatch, settings.cases);
    shared->failed = false;
    shared->current = next;
    const int status = runBatch(settings, seeds, *shared, next, end);
    const bool crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (!crashed && !shared->failed) {
      next = end;
      continue;
    }
    ++failures;
    const std::uint64_t at = shared->current;
    std::string problem = shared->words;
    if (crashed)
      problem = WIFSIGNALED(status) ? (WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGPROF
                                           ? "takes too long"
                                           : std::string("crash: ") + strsignal(WTERMSIG(status)))
                                    : "the process ended with status " + std::to_string(WEXITSTATUS(status));
    const Case made = caseOf(settings, seeds, at);
    std::printf("seed %llu case %llu (%s, %s): %s\n", (unsigned long long)settings.seed, (unsigned long long)at,
                made.file.c_str(), made.kernel.c_str(), problem.c_str());
    ++kinds[problem];
    if (!settings.keep.empty()) {
      std::ofstream kept(settings.keep + "/" + std::to_string(settings.seed) + "-" + std::to_string(at) + ".tile");
      kept << describeCase(made) << "# " << problem << "\n" << made.text;
    }
    next = at + 1;
  }
  std::printf("%llu cases: %llu compiled, %llu refused with a message, %d failures\n", (unsigned long long)next,
              (unsigned long long)shared->succeeded, (unsigned long long)shared->refused, failures);
  for (const auto &[problem, times] : kinds)
    std::printf("%6u x %s\n", times, problem.c_str());
  return failures != 0;
}
