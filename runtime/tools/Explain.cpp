// `tessera explain`: one launch on the simulator, and what it cost beside each line of the source.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Explain.h"
#include "runtime/core/Files.h"
#include "runtime/core/Spelling.h"
#include "runtime/tools/Run.h"
#include "runtime/tools/Verbs.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace tessera::tool {
namespace {

constexpr OptionSpec kOwnOptions[] = {
    {"--json", "", "print JSON instead of text"},
    {"--gpu", "NAME", "a100 a10 b200 h100 h200 l40s rtx4090 rtx5090 rtxpro6000; default: by what is simulated"},
    {"--svg", "OUT", "writes a picture of shared-memory bank use for one access"},
    {"--access", "[FILE:]LINE", "which access --svg shows; default: the one that loses most to bank conflicts"},
};
constexpr auto kOptions = withLaunchOptions(kOwnOptions);

std::string_view baseName(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

/// Under what path the file of a line can be read: as it stands, or as the file that was given.
std::string readable(const std::string &file, const std::string &given) {
  if (file.empty())
    return given;
  if (detail::readFile(file))
    return file;
  return baseName(file) == baseName(given) ? given : file;
}

std::vector<std::string> linesOf(const std::string &text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// What stands on no line comes last.
void moveUnplaced(std::vector<LineCounts> &lines) {
  const auto found = std::find_if(lines.begin(), lines.end(), [](const LineCounts &line) { return line.line == 0; });
  if (found != lines.end())
    std::rotate(found, found + 1, lines.end());
}

/// Names the files of lines as they can be read, and reads them.
void findSources(Explanation &explanation, const std::string &given) {
  std::map<std::string, std::string> known;
  const auto rename = [&](std::string &file, unsigned line) {
    if (line == 0) // stands on no line
      return;
    auto [found, isNew] = known.try_emplace(file);
    if (isNew)
      found->second = readable(file, given);
    file = found->second;
  };
  for (LineCounts &line : explanation.counts.lines)
    rename(line.file, line.line);
  moveUnplaced(explanation.counts.lines);
  for (SharedAccess &access : explanation.counts.sharedAccesses)
    rename(access.file, access.line);
  for (const auto &[file, path] : known)
    if (Expected<std::string> text = detail::readFile(path))
      explanation.sources.emplace(path, linesOf(*text));
}

/// The GPU of `--gpu`; null where none is named. An error is wrong usage.
Expected<const Gpu *> namedGpu(const Options &options) {
  const std::optional<std::string> name = options.value("--gpu");
  if (!name)
    return static_cast<const Gpu *>(nullptr);
  if (const Gpu *gpu = findGpu(*name))
    return gpu;
  std::string plain = *name;
  std::transform(plain.begin(), plain.end(), plain.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  std::vector<std::string> names;
  for (const Gpu &gpu : knownGpus())
    names.emplace_back(gpu.name);
  const Gpu *ofTarget = gpuOfTarget(plain);
  return Error(ErrorCode::InvalidArgument,
               "unknown GPU '" + *name + "'" +
                   (ofTarget ? "; did you mean '" + std::string(ofTarget->name) + "', which is " + plain + "?"
                             : detail::didYouMean(plain, names)));
}

unsigned capabilityOf(std::string_view target) {
  const Gpu *gpu = gpuOfTarget(target);
  return gpu ? gpu->capability : 0;
}

/// The GPU to compare with, and why: the one that was named; the one that is simulated where the kernel is made for
/// it; one of the kernel's target.
Status chooseGpu(const Gpu *named, const Device &simulated, Explanation &explanation) {
  const std::string &target = explanation.counts.target;
  const Gpu *gpu = named;
  if (named) {
    explanation.gpuReason = "named by --gpu";
  } else if (capabilityOf(target) && capabilityOf(target) == capabilityOf(simulated.target())) {
    gpu = gpuOfTarget(simulated.target());
    explanation.gpuReason = "the GPU that is simulated";
  } else {
    gpu = gpuOfTarget(target);
    explanation.gpuReason = "the kernel is for " + target + ", the simulated GPU is " + simulated.target();
  }
  if (!gpu)
    return Error(ErrorCode::Unsupported, "no GPU is known for target '" + target + "': name one with '--gpu'");
  explanation.gpu = *gpu;
  return {};
}

/// While it lives, what is printed to standard output goes to standard error: what a kernel prints is no part of JSON.
class PrintsAside {
public:
  explicit PrintsAside(bool aside) {
    if (!aside)
      return;
    std::fflush(stdout);
    kept = dup(STDOUT_FILENO);
    if (kept >= 0)
      dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  ~PrintsAside() {
    if (kept < 0)
      return;
    std::fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
  }
  PrintsAside(const PrintsAside &) = delete;
  PrintsAside &operator=(const PrintsAside &) = delete;

private:
  int kept = -1;
};

Expected<LaunchCounts> launchCounted(const RunRequest &request, const ArgumentSet &arguments, Device &device) {
  if (Status counting = countLaunches(device, true); !counting)
    return counting.takeError();
  if (Status launched = launchOnce(request, device, arguments); !launched)
    return launched.takeError();
  return lastCounts(device);
}

/// Everything but the sources: where the counts stand on the GPU.
Expected<Explanation> explain(LaunchCounts counts, const Device &device, const Gpu *named) {
  Explanation explanation;
  explanation.counts = std::move(counts);
  if (Status chosen = chooseGpu(named, device, explanation); !chosen)
    return chosen.takeError();
  explanation.classNames = instructionClassNames(device);
  explanation.flopNames = flopKindNames(device);
  explanation.roofline = rooflineOf(explanation.counts, explanation.gpu, explanation.flopNames);
  Expected<Occupancy> occupancy = occupancyOn(device, explanation.counts, explanation.gpu);
  if (!occupancy)
    return occupancy.takeError();
  explanation.occupancy = *occupancy;
  return explanation;
}

Status writePicture(const Explanation &explanation, const std::string &path, const std::string &where) {
  Expected<const SharedAccess *> access = chooseAccess(explanation.counts, where);
  if (!access)
    return access.takeError();
  return detail::writeFileAtomically(path, bankPicture(explanation.counts, **access));
}

int run(const Options &options) {
  Expected<RunRequest> request = readRequest(options);
  if (!request)
    return reportUsage(kExplainVerb, request.error().text());
  Expected<const Gpu *> gpu = namedGpu(options);
  if (!gpu)
    return reportUsage(kExplainVerb, gpu.error().text());
  Expected<ResultRequest> results = readResultRequest(options);
  if (!results)
    return reportUsage(kExplainVerb, results.error().text());
  if (const std::string on = options.value("--device").value_or("sim"); on != "sim" && on != "auto")
    return reportUsage(kExplainVerb, "'explain' counts on the simulator: '--device' can be sim, not '" + on + "'");
  if (options.has("--access") && !options.has("--svg"))
    return reportUsage(kExplainVerb, "option '--access' chooses what '--svg' shows, which is not given");
  Expected<ArgumentTexts> texts = readArguments(options);
  if (!texts)
    return report(texts.error());
  if (*gpu) // whose place the simulator takes, unless the environment says otherwise
    setenv("TESSERA_SIM_ARCH", ("sm_" + std::to_string((*gpu)->capability)).c_str(), 0);
  Expected<Device> device = Device::open("sim");
  if (!device)
    return report(device.error());
  Expected<ArgumentSet> arguments = ArgumentSet::create(*device, *texts, request->seed);
  if (!arguments)
    return report(arguments.error());
  int status = kDone;
  Expected<LaunchCounts> counts = [&] {
    const PrintsAside aside(options.has("--json"));
    Expected<LaunchCounts> counted = launchCounted(*request, *arguments, *device);
    if (counted)
      status = showResults(*results, *arguments);
    return counted;
  }();
  if (!counts)
    return report(counts.error());
  Expected<Explanation> explanation = explain(std::move(*counts), *device, *gpu);
  if (!explanation)
    return report(explanation.error());
  findSources(*explanation, request->file);
  if (const std::optional<std::string> path = options.value("--svg"))
    if (Status written = writePicture(*explanation, *path, options.value("--access").value_or("")); !written)
      return report(written.error());
  std::fputs((options.has("--json") ? explainJson(*explanation) : explainText(*explanation)).c_str(), stdout);
  return status;
}

} // namespace

const Verb kExplainVerb = {
    "explain",
    "FILE --grid X[,Y[,Z]] [OPTION...]",
    "runs a kernel once on the simulator and shows what it cost, line by line",
    kArgumentHelp,
    "tessera explain add.py --kernel add_kernel --grid 8 --arg x_ptr=fp32[8000]:randn --arg y_ptr=fp32[8000]:randn \\\n"
    "      --arg output_ptr=fp32[8000]:zeros --arg n_elements=i32:8000 --const BLOCK_SIZE=1024 --gpu h200",
    kOptions,
    run};

} // namespace tessera::tool
