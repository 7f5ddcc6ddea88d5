//===- SiliconTest.cpp - Runs, records and compares the probes ------------===//
//
//   tessera-silicon                            every probe on the simulator, against derivations and records
//   tessera-silicon --device cuda              every probe on the GPU and on the simulator, against each other as well
//   tessera-silicon --device cuda --record D   the same; the GPU's outputs go to D/<gpu>/<family>.txt
//   tessera-silicon --dump D                   the PTX, a file for each family and target, for an assembler
//   tessera-silicon --list                     families, targets, bytes of output, names
//
// --family and --probe choose among them. Records are looked for in the folder of --records, else where a package has
// them beside the program. --record is refused on the simulator. Exits with 77, and a word, where the device that was
// asked for is not there.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Machine.h"
#include "test/silicon/Probe.h"
#include "test/silicon/Record.h"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>

using namespace tessera;
using namespace tessera::silicon;

namespace {

constexpr int Skipped = 77;
constexpr unsigned ShownPerProbe = 4;

struct Options {
  std::string device = "sim", record, records, dump, family, probe;
  bool list = false, help = false;
};

struct Tally {
  unsigned probes = 0, outputs = 0, exact = 0, compared = 0, stale = 0, skipped = 0, failed = 0;
};

/// Where a package keeps the records, seen from the program.
std::string installedRecords() {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? "" : (program.parent_path().parent_path() / "share/tessera/silicon/records").string();
}

bool parse(int count, char **words, Options &options) {
  const std::map<std::string, std::string *> named = {{"--device", &options.device},   {"--record", &options.record},
                                                      {"--records", &options.records}, {"--dump", &options.dump},
                                                      {"--family", &options.family},   {"--probe", &options.probe}};
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--list")
      options.list = true;
    else if (word == "--help")
      options.help = true;
    else if (const auto found = named.find(word); found != named.end() && i + 1 < count)
      *found->second = words[++i];
    else {
      std::fprintf(stderr, "error: unknown option or missing value '%s'\n", word.c_str());
      return false;
    }
  }
  return true;
}

void usage() {
  std::puts("usage: tessera-silicon [--device sim|cuda|cuda:N] [--family NAME] "
            "[--probe PART] [--records FOLDER]\n"
            "                       [--record FOLDER] [--dump FOLDER] [--list]");
}

std::vector<Probe> selected(const Family &family, const Options &options) {
  std::vector<Probe> probes = family.make();
  std::erase_if(probes, [&](const Probe &probe) { return probe.name.find(options.probe) == std::string::npos; });
  for (Probe &probe : probes)
    probe.family = family.name;
  return probes;
}

/// One module a family and target: an assembler then says of all forms at once whether they exist.
bool dump(const Options &options) {
  std::error_code failed;
  std::filesystem::create_directories(options.dump, failed);
  for (const Family &family : families()) {
    if (!options.family.empty() && options.family != family.name)
      continue;
    std::map<std::pair<std::string, unsigned>, std::string> modules;
    for (const Probe &probe : selected(family, options))
      modules[{probe.target, probe.version}] += entryText(probe);
    for (const auto &[key, text] : modules) {
      const std::string path =
          options.dump + "/" + family.name + "." + std::to_string(key.second) + "." + key.first + ".ptx";
      std::ofstream file(path);
      file << moduleHeader(key.first, key.second) << text;
      file.close();
      if (!file) {
        std::fprintf(stderr, "error: %s cannot be written\n", path.c_str());
        return false;
      }
    }
  }
  return true;
}

/// Prints the first outputs of a probe that are wrong, and counts the probe.
class Verdict {
public:
  Verdict(const Probe &probe, Tally &tally) : probe(probe), tally(tally) {}
  ~Verdict() {
    if (wrong > ShownPerProbe)
      std::printf("  ... and %u more\n", wrong - ShownPerProbe);
    tally.failed += wrong != 0;
  }
  Verdict(const Verdict &) = delete;
  Verdict &operator=(const Verdict &) = delete;
  void say(const std::string &who, const std::string &what) {
    if (++wrong <= ShownPerProbe)
      std::printf("%s %s: %s: %s\n", probe.family.c_str(), probe.name.c_str(), who.c_str(), what.c_str());
  }
  void sayOutput(const std::string &who, std::size_t i, const std::string &what) {
    if (!what.empty())
      say(who, "output " + std::to_string(i) + " " + what);
  }

private:
  const Probe &probe;
  Tally &tally;
  unsigned wrong = 0;
};

void compareWithDerivation(const Probe &probe, const std::vector<Wanted> &wanted, const std::string &who,
                           const std::vector<std::byte> &outputs, Verdict &verdict) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    verdict.sayOutput(who, i, judge(wanted[i], probe.element, patternAt(outputs, probe.element, i)));
}

void comparePair(const Probe &probe, const std::vector<Wanted> &wanted, const std::string &whose,
                 const std::vector<std::byte> &simulated, const std::vector<std::byte> &silicon, Verdict &verdict) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    verdict.sayOutput(whose, i,
                      judgePair(wanted[i], probe.element, patternAt(simulated, probe.element, i),
                                patternAt(silicon, probe.element, i)));
}

struct Session {
  const Options &options;
  std::optional<Machine> simulator, gpu;
  Tally tally;
};

using Records = std::vector<std::pair<std::string, Record>>;

/// What the simulator does not know must be an error that names it.
void runRefused(Session &session, const Probe &probe, Verdict &verdict) {
  ++session.tally.probes;
  Expected<std::vector<std::byte>> output = session.simulator->run(probe);
  if (output)
    verdict.say("simulator", "runs a form that it is said not to know");
  else if (output.error().text().find(probe.name) == std::string::npos)
    verdict.say("simulator", "refuses without the form's name: " + output.error().text());
}

void runProbe(Session &session, const Probe &probe, const Records &records, Record *recording) {
  Verdict verdict(probe, session.tally);
  if (probe.refused)
    return runRefused(session, probe, verdict);
  const std::vector<Wanted> wanted = probe.derive();
  if (wanted.size() != probe.outputs())
    return verdict.say("derivation", "has " + std::to_string(wanted.size()) + " answers for " +
                                         std::to_string(probe.outputs()) + " outputs");
  ++session.tally.probes;
  session.tally.outputs += static_cast<unsigned>(wanted.size());
  for (const Wanted &one : wanted)
    session.tally.exact += one.kind == Wanted::Exact;
  std::optional<std::vector<std::byte>> simulated;
  if (session.simulator) {
    Expected<std::vector<std::byte>> output = session.simulator->run(probe);
    if (!output)
      verdict.say("simulator", output.error().text());
    else
      simulated = std::move(*output);
  }
  if (simulated)
    compareWithDerivation(probe, wanted, "simulator", *simulated, verdict);
  if (session.gpu) {
    if (!session.gpu->has(probe.target) || !session.gpu->reads(probe.version)) {
      ++session.tally.skipped;
    } else if (Expected<std::vector<std::byte>> output = session.gpu->run(probe); !output) {
      verdict.say("silicon", output.error().text());
    } else {
      compareWithDerivation(probe, wanted, "silicon", *output, verdict);
      if (simulated)
        comparePair(probe, wanted, session.gpu->name(), *simulated, *output, verdict);
      if (recording)
        recording->outputs[probe.name] = {fingerprint(probe), *output};
    }
  }
  for (const auto &[path, record] : records) {
    const auto found = record.outputs.find(probe.name);
    if (found == record.outputs.end() || !simulated)
      continue;
    if (found->second.fingerprint != fingerprint(probe) || found->second.bytes.size() != simulated->size()) {
      ++session.tally.stale;
      continue;
    }
    ++session.tally.compared;
    compareWithDerivation(probe, wanted, "record " + record.gpu, found->second.bytes, verdict);
    comparePair(probe, wanted, "record " + record.gpu, *simulated, found->second.bytes, verdict);
  }
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

bool runFamily(Session &session, const Family &family) {
  Expected<Records> records = findRecords(session.options.records, family.name);
  if (!records) {
    std::fprintf(stderr, "error: %s\n", records.error().text().c_str());
    return false;
  }
  Record recording;
  const bool isRecording = !session.options.record.empty();
  const unsigned before = session.tally.probes;
  std::set<std::string> names;
  for (const Probe &probe : selected(family, session.options)) {
    if (!names.insert(entryName(probe)).second)
      Verdict(probe, session.tally).say("probe", "another of the family has its name");
    runProbe(session, probe, *records, isRecording ? &recording : nullptr);
  }
  std::printf("%-14s %4u probes\n", family.name.c_str(), session.tally.probes - before);
  if (!isRecording || recording.outputs.empty())
    return true;
  const Machine &gpu = *session.gpu;
  recording.gpu = gpu.name();
  recording.architecture = "sm_" + std::to_string(gpu.architecture());
  recording.driver = std::to_string(gpu.driverVersion());
  recording.date = today();
  const std::string path = session.options.record + "/" + folderName(gpu.name()) + "/" + family.name + ".txt";
  if (Status status = writeRecord(path, recording); !status) {
    std::fprintf(stderr, "error: %s\n", status.error().text().c_str());
    return false;
  }
  return true;
}

/// Opens the devices; a number to exit with where that fails.
std::optional<int> openDevices(Session &session) {
  const std::string &device = session.options.device;
  const bool wantsGpu = device.starts_with("cuda");
  if (!wantsGpu && device != "sim") {
    std::fprintf(stderr, "error: unknown device '%s': expected sim, cuda or cuda:N\n", device.c_str());
    return 2;
  }
  if (!session.options.record.empty() && !wantsGpu) {
    std::fputs("error: records are made on a GPU only: give --device cuda\n", stderr);
    return 2;
  }
  Expected<Machine> simulator = Machine::open(cuda::DriverLibrary::Kind::Simulator);
  if (!simulator) {
    std::fprintf(stderr, "error: %s\n", simulator.error().text().c_str());
    return 1;
  }
  session.simulator = std::move(*simulator);
  if (!wantsGpu)
    return std::nullopt;
  const int ordinal = device.size() > 5 ? std::atoi(device.c_str() + 5) : 0;
  Expected<Machine> gpu = Machine::open(cuda::DriverLibrary::Kind::Cuda, ordinal);
  if (!gpu) {
    std::printf("skipped: no CUDA device here: %s\n", gpu.error().text().c_str());
    return Skipped;
  }
  if (gpu->isSimulator()) {
    std::printf("skipped: what was loaded as the CUDA driver is the simulator\n");
    return Skipped;
  }
  session.gpu = std::move(*gpu);
  return std::nullopt;
}

} // namespace

int main(int count, char **words) {
  Options options;
  options.records = installedRecords();
  if (!parse(count, words, options)) {
    usage();
    return 2;
  }
  if (options.help) {
    usage();
    return 0;
  }
  if (options.list) {
    for (const Family &family : families())
      for (const Probe &probe : selected(family, options))
        std::printf("%-14s %-7s %7zu %s\n", family.name.c_str(), probe.target.c_str(), probe.initialOutput.size(),
                    probe.name.c_str());
    return 0;
  }
  if (!options.dump.empty())
    return dump(options) ? 0 : 1;
  Session session{options, {}, {}, {}};
  if (const std::optional<int> code = openDevices(session))
    return *code;
  bool found = false;
  for (const Family &family : families())
    if (options.family.empty() || options.family == family.name) {
      found = true;
      if (!runFamily(session, family))
        return 1;
    }
  if (!found) {
    std::fprintf(stderr, "error: no family '%s'\n", options.family.c_str());
    return 2;
  }
  const Tally &tally = session.tally;
  std::printf("%u probes, %u outputs (%u known to the bit), %u compared with "
              "records, %u records out of date, "
              "%u not for this GPU: %u wrong\n",
              tally.probes, tally.outputs, tally.exact, tally.compared, tally.stale, tally.skipped, tally.failed);
  return tally.failed == 0 ? 0 : 1;
}
