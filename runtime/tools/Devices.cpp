// `tessera devices`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Verbs.h"

#include <cstdio>

namespace tessera::tool {
namespace {

constexpr OptionSpec kOptions[] = {{"--json", "", "print JSON instead of a table"}};

int run(const Options &options) {
  if (!options.positional().empty())
    return reportUsage(kDevicesVerb, "unexpected argument '" + options.positional().front() + "'");
  const std::vector<Device> devices = Device::all();
  if (devices.empty()) { // the simulator is always there, unless it is set up wrongly: let it say so
    Expected<Device> simulator = Device::open("sim");
    return simulator ? kInputAtFault : report(simulator.error());
  }
  auto version = [](int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); };
  if (options.has("--json")) {
    Json json;
    json.open('[');
    for (const Device &device : devices) {
      const DeviceProperties &known = device.properties();
      json.open('{').key("device").string(device.spec()).key("name").string(known.name);
      json.key("capability").string(std::to_string(known.major) + "." + std::to_string(known.minor));
      json.key("target").string(device.target()).key("memory_bytes").integer(std::int64_t(known.memoryBytes));
      json.key("multiprocessors")
          .integer(known.multiprocessors)
          .key("shared_bytes")
          .integer(known.sharedBytesPerBlockOptIn);
      json.key("driver").string(version(known.driverVersion)).key("simulator").boolean(known.isSimulator).close('}');
    }
    json.close(']');
    std::puts(json.text().c_str());
    return kDone;
  }
  std::vector<std::vector<std::string>> rows = {{"device", "name", "capability", "target", "memory", "driver"}};
  for (const Device &device : devices) {
    const DeviceProperties &known = device.properties();
    char memory[32];
    std::snprintf(memory, sizeof(memory), "%.1f GiB", double(known.memoryBytes) / (1 << 30));
    rows.push_back({device.spec(), known.name, std::to_string(known.major) + "." + std::to_string(known.minor),
                    device.target(), memory, known.isSimulator ? "simulator" : "CUDA " + version(known.driverVersion)});
  }
  std::fputs(table(rows).c_str(), stdout);
  return kDone;
}

} // namespace

const Verb kDevicesVerb = {"devices", "[--json]",        "shows what there is to run kernels on, the simulator last",
                           "",        "tessera devices", kOptions,
                           run};

} // namespace tessera::tool
