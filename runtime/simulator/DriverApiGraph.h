// Graphs: what streams are asked to do, kept to be done any number of times.
//
//   Graph       nodes and what each comes after; made by hand, or by capturing a stream
//   Capture     streams whose work goes into a graph instead of being done; one stream begins it, others join by
//               waiting for events that were recorded in it, and must be joined again before it ends
//   Executable  a graph as it was when it was instantiated, in an order in which its nodes may run
//
// A node holds the work itself, checked when it was added. Nodes of a launch run in any order their edges allow.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPIGRAPH_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPIGRAPH_H

#include "runtime/simulator/DriverApi.h"

namespace tessera::sim::api {

struct Graph;

struct Node {
  Graph *graph = nullptr;
  Operation work;
  std::vector<Node *> dependencies;
};

struct Graph {
  std::vector<std::unique_ptr<Node>> nodes; ///< in order of their making
  Node *add(Operation work, std::vector<Node *> dependencies);
};

/// Guarded by driver().mutex.
struct Capture {
  std::unique_ptr<Graph> graph;
  Stream *origin = nullptr; ///< where it began
  unsigned mode = 0;
  std::uint64_t id = 0;
  std::thread::id thread; ///< that began it
  bool isVoid = false;    ///< something forbidden was done
  std::vector<Stream *> streams;
};

struct Executable {
  struct Step {
    Operation work;
    std::vector<std::size_t> after; ///< earlier steps
  };
  std::vector<Step> steps;
  unsigned long long flags = 0;
  std::map<Queue *, Queue::Ticket> last; ///< of its last launch, which the next one waits for
};

/// A stream waits for an event, of which at least one is under capture.
cuda::CUresult captureWait(Stream &stream, const std::shared_ptr<Capture> &capture, const std::vector<Node *> &nodes);
/// Refuses what may not be asked of an event that was recorded in a capture.
cuda::CUresult refuseCapturedEvent(Capture &capture);

} // namespace tessera::sim::api

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPIGRAPH_H
