// Launches for the end-to-end tests: guarded and poisoned arrays, configurations, ptxas.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace tessera::endtoend {
namespace {

constexpr std::size_t kGuard = 256; // bytes, a multiple of every alignment that is promised
constexpr std::byte kGuardByte{0xa5};
constexpr std::byte kPoison{0xff};

std::string findAssembler() {
  const char *wish = std::getenv("TESSERA_TEST_PTXAS");
  if (wish && std::string(wish) == "0")
    return "";
  std::vector<fs::path> places;
  if (const char *given = std::getenv("TESSERA_PTXAS"))
    places.emplace_back(given);
  if (const char *home = std::getenv("CUDA_HOME"))
    places.push_back(fs::path(home) / "bin/ptxas");
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    places.push_back(fs::path(path.substr(begin, end - begin)) / "ptxas");
    begin = end + 1;
  }
  places.emplace_back("/usr/local/cuda/bin/ptxas");
  for (const fs::path &place : places)
    if (access(place.c_str(), X_OK) == 0)
      return place.string();
  return "";
}

const std::string &assembler() {
  static const std::string path = findAssembler();
  return path;
}

Cache &noCache() {
  static Cache cache({.directory = {}, .maxBytes = 0, .enabled = false});
  return cache;
}

} // namespace

std::vector<Configuration> everyConfiguration() { return {{"sm_80", 1}, {"sm_90a", 2}, {"sm_90a", 4}, {"sm_80", 8}}; }

std::ostream &operator<<(std::ostream &out, const Configuration &configuration) {
  return out << configuration.target << " with " << configuration.warps << " warps";
}

const Device &simulator() {
  static const Device device = [] {
    Expected<Device> opened = Device::open("sim");
    if (!opened) {
      std::fprintf(stderr, "the simulator cannot be opened: %s\n", opened.error().text().c_str());
      std::abort();
    }
    return *opened;
  }();
  return device;
}

std::mt19937_64 &generator() {
  static std::string current;
  static std::mt19937_64 engine;
  const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
  const char *wish = std::getenv("TESSERA_TEST_SEED");
  const std::string name = (info ? std::string(info->test_suite_name()) + "." + info->name() : "") + (wish ? wish : "");
  if (name != current) {
    current = name;
    std::seed_seq seed(name.begin(), name.end());
    engine.seed(seed);
  }
  return engine;
}

bool hasAssembler() { return !assembler().empty(); }

std::string assemble(const std::string &ptx, const std::string &target) {
  static std::map<std::pair<std::string, std::string>, std::string> known;
  if (!hasAssembler())
    return "";
  auto [place, isNew] = known.try_emplace({target, ptx});
  std::string &said = place->second;
  if (!isNew)
    return said;
  const std::string stem = (fs::temp_directory_path() / ("tessera-end-to-end-" + std::to_string(getpid()))).string();
  std::ofstream(stem + ".ptx") << ptx;
  const std::string command =
      "'" + assembler() + "' -v -arch=" + target + " '" + stem + ".ptx' -o '" + stem + ".cubin' 2>&1";
  if (FILE *pipe = popen(command.c_str(), "r")) {
    char buffer[512];
    while (std::fgets(buffer, sizeof(buffer), pipe))
      said += buffer;
    const int status = pclose(pipe);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "ptxas for " << target << ":\n" << said;
  } else {
    ADD_FAILURE() << "ptxas cannot be started";
  }
  std::error_code ignored;
  fs::remove(stem + ".ptx", ignored);
  fs::remove(stem + ".cubin", ignored);
  return said;
}

Launch::Launch(std::string text, Constexprs constants, std::string kernel)
    : text(std::move(text)), kernel(std::move(kernel)), constants(std::move(constants)) {}

Launch &Launch::add(ScalarType type, void *data, std::size_t count, Mode mode) {
  const std::size_t bytes = count * sizeOf(type);
  Item item{mode, type, data, count, 0, {}, Argument::null()};
  item.original.assign(static_cast<std::byte *>(data), static_cast<std::byte *>(data) + bytes);
  items.push_back(std::move(item));
  return *this;
}

Launch &Launch::shifted(std::size_t elements) {
  items.back().shift = elements;
  return *this;
}

Status Launch::launch(const Configuration &configuration) {
  const Device &device = simulator();
  const bool isFile = text.ends_with(".py") || text.ends_with(".tile");
  Expected<Module> module = isFile ? Module::load(device, text) : Module::fromSource(device, text, "test.tile");
  if (!module)
    return module.takeError();
  KernelOptions options;
  options.numWarps = configuration.warps;
  options.numStages = numStages;
  options.target = configuration.target;
  options.cache = &noCache();
  Expected<Kernel> entry = module->kernel(kernel, constants, options);
  if (!entry)
    return entry.takeError();

  std::vector<RawBuffer> buffers(items.size());
  std::vector<Argument> arguments;
  auto paddedBytes = [](const Item &item) {
    return item.original.size() + 2 * kGuard + item.shift * sizeOf(item.type);
  };
  for (std::size_t i = 0; i != items.size(); ++i) {
    Item &item = items[i];
    if (item.mode == Mode::Value) {
      arguments.push_back(item.value);
      continue;
    }
    const std::size_t front = kGuard + item.shift * sizeOf(item.type);
    std::vector<std::byte> padded(paddedBytes(item), kGuardByte);
    if (item.mode == Mode::Out)
      std::fill_n(padded.begin() + std::ptrdiff_t(front), item.original.size(), kPoison);
    else
      std::copy(item.original.begin(), item.original.end(), padded.begin() + std::ptrdiff_t(front));
    buffers[i] = RawBuffer(device, padded.size());
    if (Status status = buffers[i].copyFromHost(padded.data(), padded.size()); !status)
      return status;
    arguments.push_back(Argument::pointer(item.type, buffers[i].address() + front));
  }

  Expected<Specialization> made = entry->compileWith(arguments);
  if (!made)
    return made.takeError();
  assemble(made->ptx, configuration.target);
  Stream stream = Stream::defaultOf(device);
  if (Status status = entry->launchWith(stream, {.grid = launchGrid}, arguments); !status)
    return status;
  if (Status status = stream.synchronize(); !status)
    return status;

  for (std::size_t i = 0; i != items.size(); ++i) {
    Item &item = items[i];
    if (item.mode == Mode::Value)
      continue;
    const std::size_t front = kGuard + item.shift * sizeOf(item.type);
    std::vector<std::byte> padded(paddedBytes(item));
    if (Status status = buffers[i].copyToHost(padded.data(), padded.size()); !status)
      return status;
    const auto begin = padded.begin() + std::ptrdiff_t(front), end = begin + std::ptrdiff_t(item.original.size());
    auto isGuard = [](std::byte byte) { return byte == kGuardByte; };
    EXPECT_TRUE(std::all_of(padded.begin(), begin, isGuard))
        << "argument " << i << " was written in front of its array";
    EXPECT_TRUE(std::all_of(end, padded.end(), isGuard)) << "argument " << i << " was written behind its array";
    if (item.mode == Mode::In)
      EXPECT_TRUE(std::equal(begin, end, item.original.begin())) << "argument " << i << " is an input and was written";
    else if (!item.original.empty())
      std::memcpy(item.data, &*begin, item.original.size());
  }
  return {};
}

bool Launch::run(const Configuration &configuration) {
  Status status = launch(configuration);
  if (!status)
    ADD_FAILURE() << configuration << ": " << status.error().text();
  return status.ok();
}

void Launch::everywhere(const std::function<void()> &check) {
  for (const Configuration &configuration : chosen) {
    SCOPED_TRACE(testing::PrintToString(configuration));
    if (run(configuration))
      check();
  }
}

std::string Launch::failure(const Configuration &configuration) {
  Status status = launch(configuration);
  return status ? "" : status.error().text();
}

} // namespace tessera::endtoend
