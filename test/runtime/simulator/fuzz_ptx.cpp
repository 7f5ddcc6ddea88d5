//===- fuzz_ptx.cpp - Damaged PTX through reader, decoder and executor ----===//
//
// Spoils PTX at random (PtxMutator.h says how) and does with each text what a program would: reads it, prepares every
// kernel, and runs some of them on small grids with arguments that are half nonsense. Whatever the text, these are
// failures:
//
//   - a crash, a report of a sanitizer, or more than `--limit` (10) seconds of the processor for one text;
//   - an error of the reader or of a kernel's preparation without a line of the text, or an error of a running kernel
//     at an instruction without one;
//   - memory: more than `--megabytes` (3000) held by the process, or device memory that stays allocated.
//
//   fuzz_ptx --inputs test/runtime/simulator/Inputs --cases 1000 --seed 1 --keep /tmp/found
//   fuzz_ptx ... --seconds 600             runs for a time instead of a number of cases
//   fuzz_ptx ... --seed 1 --only 37        shows case 37 of seed 1 and what becomes of it
//   fuzz_ptx --text FILE                   the same for a text of one's own
//   fuzz_ptx ... --mistakes FOLDER         writes texts with one mistake each instead: what compare_ptxas.py compares
//   fuzz_ptx --judge FOLDER                reads and prepares every .ptx file of a folder, prints a line for each
//
// `--instructions FILE` (any number of times) adds the instructions of any text, such as a test's source. Case N of
// seed S is the same on every machine. Cases run in child processes, a batch each, so that one that crashes costs no
// more than itself; `--keep` saves the text of each failure.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Engine.h"
#include "test/runtime/simulator/PtxMutator.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define TESSERA_HAS_LEAK_CHECK 1
#endif

using namespace tessera::sim;

namespace {

struct Settings {
  std::string inputs, keep, text, mistakes, judge;
  std::vector<std::string> instructions;
  uint64_t seed = 1, cases = 0, only = 0;
  bool hasOnly = false;
  double seconds = 0;
  unsigned limit = 10, megabytes = 3000;
};

/// What the children tell the parent.
struct Shared {
  uint64_t current;
  bool failed;
  uint64_t parsed, refused, prepared, unprepared, launched, clean, faults[32];
  char words[1000];
};

std::string readFile(const std::string &name) {
  std::ifstream file(name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

uint64_t residentMegabytes() {
  unsigned long total = 0, resident = 0;
  if (std::FILE *file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%lu %lu", &total, &resident) != 2)
      resident = 0;
    std::fclose(file);
  }
  return uint64_t(resident) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) >> 20;
}

/// Empty when every line of `errors` begins with "fuzz:LINE: " and the line is one of the text.
std::string judge(const std::string &errors, uint64_t lines) {
  if (errors.empty())
    return "an error without a word";
  std::istringstream stream(errors);
  for (std::string line; std::getline(stream, line);) {
    uint64_t number = 0;
    size_t at = 5;
    if (line.starts_with("fuzz:"))
      for (; at < line.size() && std::isdigit(static_cast<unsigned char>(line[at])); ++at)
        number = number * 10 + static_cast<uint64_t>(line[at] - '0');
    if (number == 0 || number > lines || line.compare(at, 2, ": ") != 0 || line.size() < at + 4)
      return "no line of the text: " + line.substr(0, 300);
  }
  return {};
}

/// Does with a text what a program would.
class Victim {
public:
  Victim(Memory &memory, Shared &shared, uint64_t seed, bool print)
      : memory(memory), shared(shared), random(seed), print(print), buffer(memory.allocate(1 << 16)) {
    memory.fill(buffer, 0x3F803F80, 4, 1 << 14);
  }
  ~Victim() { memory.release(buffer); }

  /// What is wrong with what became of `text`; empty if nothing.
  std::string meet(const std::string &text) {
    const uint64_t lines = 1 + static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
    auto module = Module::parse(text, memory, "fuzz");
    if (!module) {
      ++shared.refused;
      say(module.error());
      return judge(module.error(), lines);
    }
    ++shared.parsed;
    std::vector<const Kernel *> ready;
    for (const Kernel &kernel : module.get()->kernels()) {
      const std::string errors = module.get()->prepare(kernel);
      ++(errors.empty() ? shared.prepared : shared.unprepared);
      say(errors);
      if (errors.empty())
        ready.push_back(&kernel);
      else if (std::string wrong = judge(errors, lines); !wrong.empty())
        return wrong;
    }
    for (unsigned i = 0; i < 2 && !ready.empty(); ++i)
      if (std::string wrong = run(*module.get(), *ready[random() % ready.size()], lines); !wrong.empty())
        return wrong;
    return {};
  }

private:
  void say(const std::string &text) {
    if (print)
      std::printf("%s\n", text.c_str());
  }

  std::string run(const Module &module, const Kernel &kernel, uint64_t lines) {
    if (kernel.parameterBytes > 1 << 16)
      return {};
    const std::vector<std::byte> arguments = argumentsOf(kernel);
    LaunchConfig config;
    config.grid = {1 + unsigned(random() % 3), 1 + unsigned(random() % 2), 1};
    const unsigned blocks[] = {1, 31, 32, 33, 64, 128, 128, 256};
    config.block = {blocks[random() % 8]};
    if (kernel.requiredBlock[0] && random() % 8)
      config.block = {kernel.requiredBlock[0], kernel.requiredBlock[1], kernel.requiredBlock[2]};
    if (kernel.requiredCluster[0] || random() % 8 == 0) {
      config.cluster = {2, 1, 1};
      if (kernel.requiredCluster[0])
        config.cluster = {kernel.requiredCluster[0], kernel.requiredCluster[1], kernel.requiredCluster[2]};
      if (config.cluster.x < 16)
        config.grid.x *= std::max(1u, config.cluster.x);
    }
    config.dynamicShared = unsigned(random() % 3) * 16384;
    config.parameters = arguments;
    config.seed = random();
    config.threads = random() % 8 ? 1 : 2;
    config.count = random() % 2;
    config.checks.uninitialized = random() % 2;
    config.checks.races = random() % 2;
    config.checks.async = random() % 2;
    config.checks.instructionLimit = 100 + random() % 4000;
    config.checks.waitSeconds = 0.05;
    config.print = [](std::string_view) {};
    const Report report = launch(module, kernel, config);
    ++shared.launched;
    shared.clean += report.ok();
    for (const Error &error : report.errors) {
      ++shared.faults[std::min<size_t>(static_cast<size_t>(error.kind), std::size(shared.faults) - 1)];
      const std::string words = error.text();
      say(words);
      const bool placed = error.ptxLine > 0 && error.ptxLine <= lines;
      const bool ofLaunch = error.kind == ErrorKind::InvalidLaunch || error.kind == ErrorKind::BrokenPromise;
      if (error.message.empty() || (!placed && !ofLaunch))
        return "an error at no line: " + words.substr(0, 300);
    }
    return {};
  }

  /// Mostly pointers and small numbers, so that kernels get somewhere.
  std::vector<std::byte> argumentsOf(const Kernel &kernel) {
    std::vector<std::byte> bytes(kernel.parameterBytes);
    for (const Parameter &parameter : kernel.parameters)
      for (uint32_t at = 0; at < parameter.size; at += 8) {
        uint64_t value = buffer;
        const uint64_t kind = random() % 10;
        if (kind == 0)
          value = random();
        else if (kind == 1)
          value = buffer + random() % (1 << 17);
        else if (kind == 2 || parameter.size < 8)
          value = random() % (kind < 5 ? 4 : 300);
        std::memcpy(bytes.data() + parameter.offset + at, &value, std::min<size_t>(8, parameter.size - at));
      }
    return bytes;
  }

  Memory &memory;
  Shared &shared;
  std::mt19937_64 random;
  bool print;
  uint64_t buffer;
};

uint64_t caseSeed(const Settings &settings, uint64_t number) {
  return (settings.seed * 0x9E3779B97F4A7C15u + number) * 0xD6E8FEB86659FD93u + 1;
}

MemoryOptions memoryOptions() {
  MemoryOptions options;
  options.capacity = uint64_t(1) << 30;
  options.addressSpace = uint64_t(64) << 30;
  options.trackWrites = true;
  return options;
}

/// Runs cases from `begin` in a child until one fails, the batch ends, or the child dies. Returns how the child ended.
int runBatch(const Settings &settings, const fuzz::Corpus &corpus, Shared &shared, uint64_t begin, uint64_t end) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    Memory memory(memoryOptions());
    uint64_t usedBefore = 0;
    for (uint64_t number = begin; number < end && !shared.failed; ++number) {
      shared.current = number;
      const std::string text = fuzz::Mutator(corpus, caseSeed(settings, number)).make();
      // Their signals end the child. Time of the processor is the same on a machine that is busy.
      const itimerval limit{{0, 0}, {time_t(settings.limit), 0}}, none{};
      setitimer(ITIMER_PROF, &limit, nullptr);
      alarm(20 * settings.limit);
      std::string wrong = Victim(memory, shared, caseSeed(settings, number), false).meet(text);
      setitimer(ITIMER_PROF, &none, nullptr);
      alarm(0);
      // What a kernel allocates and does not free stays, as on a device.
      const uint64_t used = memory.used() - usedBefore;
      usedBefore = memory.used();
      if (wrong.empty() && used != 0 && text.find("malloc") == std::string::npos)
        wrong = std::to_string(used) + " bytes of device memory stay allocated";
      if (const uint64_t held = residentMegabytes(); wrong.empty() && held > settings.megabytes)
        wrong = "the process holds " + std::to_string(held) + " MB";
      std::snprintf(shared.words, sizeof(shared.words), "%s", wrong.c_str());
      shared.failed = !wrong.empty();
    }
    std::fflush(nullptr);
#ifdef TESSERA_HAS_LEAK_CHECK
    if (__lsan_do_recoverable_leak_check())
      _exit(3);
#endif
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

std::string describeEnd(int status) {
  if (!WIFSIGNALED(status))
    return "the process ended with status " + std::to_string(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  return signal == SIGALRM || signal == SIGPROF ? "takes too long" : std::string("crash: ") + strsignal(signal);
}

int runCases(const Settings &settings, const fuzz::Corpus &corpus, Shared &shared) {
  const auto start = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  constexpr uint64_t Batch = 200;
  std::map<std::string, unsigned> kinds;
  int failures = 0;
  uint64_t next = 0;
  while (settings.seconds > 0 ? passed() < settings.seconds : next < settings.cases) {
    const uint64_t end = settings.seconds > 0 ? next + Batch : std::min(next + Batch, settings.cases);
    shared.failed = false;
    shared.current = next;
    const int status = runBatch(settings, corpus, shared, next, end);
    const bool crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (!crashed && !shared.failed) {
      next = end;
      continue;
    }
    ++failures;
    const uint64_t at = shared.current;
    const std::string problem = crashed ? describeEnd(status) : shared.words;
    std::printf("seed %llu case %llu: %s\n", static_cast<unsigned long long>(settings.seed),
                static_cast<unsigned long long>(at), problem.c_str());
    std::fflush(stdout);
    ++kinds[problem.substr(0, problem.find(':'))];
    if (!settings.keep.empty())
      std::ofstream(settings.keep + "/" + std::to_string(settings.seed) + "-" + std::to_string(at) + ".ptx")
          << fuzz::Mutator(corpus, caseSeed(settings, at)).make();
    next = at + 1;
  }
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu cases in %.0f s: %llu texts read, %llu refused with a line; %llu kernels prepared, %llu refused with "
      "lines; %llu launches, %llu without an error; %d failures\n",
      number(next), passed(), number(shared.parsed), number(shared.refused), number(shared.prepared),
      number(shared.unprepared), number(shared.launched), number(shared.clean), failures);
  for (size_t kind = 0; kind < std::size(shared.faults); ++kind)
    if (shared.faults[kind])
      std::printf("%9llu x %s\n", number(shared.faults[kind]), name(static_cast<ErrorKind>(kind)));
  for (const auto &[problem, times] : kinds)
    std::printf("failures: %u x %s\n", times, problem.c_str());
  return failures != 0;
}

Settings readSettings(int count, char **words) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const std::string value = i + 1 < count ? words[++i] : "";
    if (word == "--inputs")
      settings.inputs = value;
    else if (word == "--instructions")
      settings.instructions.push_back(value);
    else if (word == "--keep")
      settings.keep = value;
    else if (word == "--text")
      settings.text = value;
    else if (word == "--mistakes")
      settings.mistakes = value;
    else if (word == "--judge")
      settings.judge = value;
    else if (word == "--seed")
      settings.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (word == "--cases")
      settings.cases = std::strtoull(value.c_str(), nullptr, 10);
    else if (word == "--seconds")
      settings.seconds = std::atof(value.c_str());
    else if (word == "--limit")
      settings.limit = static_cast<unsigned>(std::atoi(value.c_str()));
    else if (word == "--megabytes")
      settings.megabytes = static_cast<unsigned>(std::atoi(value.c_str()));
    else if (word == "--only")
      settings.only = std::strtoull(value.c_str(), nullptr, 10), settings.hasOnly = true;
    else {
      std::fprintf(stderr, "unknown option %s\n", word.c_str());
      std::exit(2);
    }
  }
  return settings;
}

std::vector<std::string> ptxFilesOf(const std::string &folder) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".ptx")
      names.push_back(entry.path());
  std::sort(names.begin(), names.end());
  return names;
}

void writeMistakes(const Settings &settings, const fuzz::Corpus &corpus) {
  for (uint64_t number = 0; number < settings.cases; ++number)
    std::ofstream(settings.mistakes + "/" + std::to_string(number) + ".ptx")
        << fuzz::Mutator(corpus, caseSeed(settings, number)).oneMistake();
}

/// For each file its name and `ok` or the first error.
void judgeFiles(const std::string &folder) {
  Memory memory(memoryOptions());
  for (const std::string &name : ptxFilesOf(folder)) {
    auto module = Module::parse(readFile(name), memory, "ptx");
    std::string errors = module ? "" : module.error();
    if (module)
      for (const Kernel &kernel : module.get()->kernels())
        errors += module.get()->prepare(kernel);
    std::printf("%s\t%s\n", name.c_str(), errors.empty() ? "ok" : errors.substr(0, errors.find('\n')).c_str());
  }
}

fuzz::Corpus readCorpus(const Settings &settings) {
  fuzz::Corpus corpus;
  for (const std::string &name : ptxFilesOf(settings.inputs))
    corpus.addPtx(readFile(name));
  for (const std::string &name : settings.instructions)
    corpus.addInstructions(readFile(name));
  return corpus;
}

} // namespace

int main(int count, char **words) {
  const Settings settings = readSettings(count, words);
  auto *shared =
      static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const auto show = [&](const std::string &text, uint64_t seed) {
    Memory memory(memoryOptions());
    const std::string wrong = Victim(memory, *shared, seed, true).meet(text);
    std::printf("%s\n", wrong.empty() ? "good" : wrong.c_str());
    return !wrong.empty();
  };
  if (!settings.judge.empty()) {
    judgeFiles(settings.judge);
    return 0;
  }
  if (!settings.text.empty())
    return show(readFile(settings.text), settings.seed);
  const fuzz::Corpus corpus = readCorpus(settings);
  if (corpus.templates.empty()) {
    std::fprintf(stderr, "no seeds: --inputs names a folder of .ptx files\n");
    return 2;
  }
  if (!settings.mistakes.empty()) {
    writeMistakes(settings, corpus);
    return 0;
  }
  if (settings.hasOnly) {
    const std::string text = fuzz::Mutator(corpus, caseSeed(settings, settings.only)).make();
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    return show(text, caseSeed(settings, settings.only));
  }
  return runCases(settings, corpus, *shared);
}
