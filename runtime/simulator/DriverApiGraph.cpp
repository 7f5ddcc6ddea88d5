// Graphs: nodes made by hand, instantiation, launch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApiGraph.h"

#include <algorithm>
#include <cstring>

using namespace tessera::sim::api;

namespace tessera::sim::api {

Node *Graph::add(Operation work, std::vector<Node *> dependencies) {
  nodes.push_back(std::make_unique<Node>(Node{this, std::move(work), std::move(dependencies)}));
  return nodes.back().get();
}

} // namespace tessera::sim::api

namespace tessera::cuda {
namespace {

#define TESSERA_GRAPH_OR_RETURN(name, handle) TESSERA_HANDLE_OR_RETURN(name, Graph, handle, graphs)
#define TESSERA_NODE_OR_RETURN(name, handle) TESSERA_HANDLE_OR_RETURN(name, Node, handle, nodes)
#define TESSERA_EXEC_OR_RETURN(name, handle) TESSERA_HANDLE_OR_RETURN(name, Executable, handle, executables)

CUresult addNode(CUgraphNode *handle, CUgraph graphHandle, const CUgraphNode *dependencies, std::size_t count,
                 Operation work) {
  TESSERA_GRAPH_OR_RETURN(graph, graphHandle)
  TESSERA_REQUIRE(handle && (count == 0 || dependencies))
  std::vector<Node *> before;
  for (std::size_t i = 0; i < count; ++i) {
    TESSERA_NODE_OR_RETURN(node, dependencies[i])
    TESSERA_REQUIRE(node->graph == graph && std::find(before.begin(), before.end(), node) == before.end())
    before.push_back(node);
  }
  const std::lock_guard lock(driver().mutex);
  Node *node = graph->add(std::move(work), std::move(before));
  driver().nodes.insert(node);
  *handle = reinterpret_cast<CUgraphNode>(node);
  return CUDA_SUCCESS;
}

/// Hands out a list as the API does: its length where there is no room for it, else what fits, the rest nulls.
CUresult list(const std::vector<Node *> &nodes, CUgraphNode *to, std::size_t *count) {
  if (to)
    for (std::size_t i = 0; i < *count; ++i)
      to[i] = i < nodes.size() ? reinterpret_cast<CUgraphNode>(nodes[i]) : nullptr;
  *count = to ? std::min(*count, nodes.size()) : nodes.size();
  return CUDA_SUCCESS;
}

/// The nodes of a graph, each after what it comes after; empty where they wait for each other in a circle.
std::vector<const Node *> inOrder(const Graph &graph) {
  std::vector<const Node *> order;
  std::map<const Node *, bool> done;
  for (bool progress = true; progress && order.size() < graph.nodes.size();) {
    progress = false;
    for (const auto &node : graph.nodes) {
      if (done[node.get()] || !std::all_of(node->dependencies.begin(), node->dependencies.end(),
                                           [&](const Node *before) { return done[before]; }))
        continue;
      done[node.get()] = progress = true;
      order.push_back(node.get());
    }
  }
  return order.size() == graph.nodes.size() ? order : std::vector<const Node *>();
}

CUresult instantiate(CUgraphExec *handle, CUgraph graphHandle, unsigned long long flags) {
  TESSERA_GRAPH_OR_RETURN(graph, graphHandle)
  TESSERA_REQUIRE(handle && (flags & ~0xfull) == 0)
  if (flags & 4) // CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH
    return fail(CUDA_ERROR_NOT_SUPPORTED, "simulated kernels launch no graphs");
  const std::lock_guard lock(driver().mutex);
  const std::vector<const Node *> order = inOrder(*graph);
  if (order.empty() && !graph->nodes.empty())
    return fail(CUDA_ERROR_INVALID_VALUE, "nodes of the graph wait for each other in a circle");
  auto *executable = new Executable();
  executable->flags = flags;
  std::map<const Node *, std::size_t> places;
  for (const Node *node : order) {
    places[node] = executable->steps.size();
    Executable::Step step{node->work, {}};
    for (const Node *before : node->dependencies)
      step.after.push_back(places[before]);
    executable->steps.push_back(std::move(step));
  }
  driver().executables.insert(executable);
  *handle = reinterpret_cast<CUgraphExec>(executable);
  return CUDA_SUCCESS;
}

/// A graph as the work of one node: its own nodes one after the other.
CUresult nodeOf(const Graph &graph, Operation &work) {
  const std::lock_guard lock(driver().mutex);
  const std::vector<const Node *> order = inOrder(graph);
  if (order.empty() && !graph.nodes.empty())
    return fail(CUDA_ERROR_INVALID_VALUE, "nodes of the graph wait for each other in a circle");
  std::vector<std::function<void()>> steps;
  for (const Node *node : order)
    if (node->work.run)
      steps.push_back(node->work.run);
  work.type = CU_GRAPH_NODE_TYPE_GRAPH;
  work.run = [steps = std::move(steps)] {
    for (const auto &step : steps)
      step();
  };
  return CUDA_SUCCESS;
}

/// Puts the steps of a launch into the queue, between two marks on the stream.
CUresult enqueue(Executable &executable, Stream &stream) {
  Queue &queue = stream.device->queue;
  TESSERA_RETURN_IF_FAILED(refuseImplicit(stream))
  Queue::Ticket last;
  {
    const std::lock_guard lock(driver().mutex);
    last = executable.last[&queue];
  }
  const Queue::Ticket begin = queue.add({.lane = stream.lane, .after = {last}, .always = true});
  std::vector<Queue::Ticket> tickets;
  for (const Executable::Step &step : executable.steps) {
    std::vector<Queue::Ticket> after{begin};
    for (const std::size_t before : step.after)
      after.push_back(tickets[before]);
    tickets.push_back(queue.add({.run = step.work.run,
                                 .after = std::move(after),
                                 .ready = step.work.ready,
                                 .always = step.work.always,
                                 .onHost = step.work.onHost}));
  }
  const Queue::Ticket end = queue.add({.lane = stream.lane, .after = std::move(tickets), .always = true});
  const std::lock_guard lock(driver().mutex);
  executable.last[&queue] = end;
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuGraphCreate(CUgraph *graph, unsigned flags) {
  TESSERA_REQUIRE(graph && flags == 0)
  auto *created = new Graph();
  addHandle(created, &Driver::graphs);
  *graph = reinterpret_cast<CUgraph>(created);
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph handle) {
  TESSERA_GRAPH_OR_RETURN(graph, handle)
  const std::lock_guard lock(driver().mutex);
  for (const auto &node : graph->nodes)
    driver().nodes.erase(node.get());
  driver().graphs.erase(graph);
  delete graph;
  return CUDA_SUCCESS;
}

CUresult cuGraphClone(CUgraph *clone, CUgraph original) {
  TESSERA_GRAPH_OR_RETURN(graph, original)
  TESSERA_REQUIRE(clone)
  const std::lock_guard lock(driver().mutex);
  auto *copy = new Graph();
  std::map<const Node *, Node *> copies;
  for (const auto &node : graph->nodes)
    driver().nodes.insert(copies[node.get()] = copy->add(node->work, {}));
  for (const auto &node : graph->nodes)
    for (const Node *before : node->dependencies)
      copies[node.get()]->dependencies.push_back(copies[before]);
  driver().graphs.insert(copy);
  *clone = reinterpret_cast<CUgraph>(copy);
  return CUDA_SUCCESS;
}

CUresult cuGraphAddKernelNode_v2(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,
                                 const CUDA_KERNEL_NODE_PARAMS *parameters) {
  TESSERA_REQUIRE(parameters)
  const auto &p = *parameters;
  TESSERA_FUNCTION_OR_RETURN(function, p.func ? p.func : reinterpret_cast<CUfunction>(p.kern))
  Shape shape{{p.gridDimX, p.gridDimY, p.gridDimZ}, {p.blockDimX, p.blockDimY, p.blockDimZ}};
  shape.sharedBytes = p.sharedMemBytes;
  if (const std::uint32_t *cluster = function->kernel->requiredCluster; cluster[0])
    shape.cluster = {cluster[0], cluster[1], cluster[2]};
  Operation work;
  TESSERA_RETURN_IF_FAILED(prepareLaunch(*function, shape, p.kernelParams, p.extra, work))
  return addNode(node, graph, dependencies, count, std::move(work));
}

CUresult cuGraphAddMemcpyNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,
                              const CUDA_MEMCPY3D *copy, CUcontext context) {
  TESSERA_REQUIRE(copy)
  Operation work;
  bool waits = false;
  TESSERA_RETURN_IF_FAILED(prepareCopy(*copy, false, work, waits))
  return addNode(node, graph, dependencies, count, std::move(work));
}

CUresult cuGraphAddMemsetNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,
                              const CUDA_MEMSET_NODE_PARAMS *parameters, CUcontext context) {
  TESSERA_REQUIRE(parameters)
  Operation work;
  TESSERA_RETURN_IF_FAILED(prepareFill(*parameters, work))
  return addNode(node, graph, dependencies, count, std::move(work));
}

CUresult cuGraphAddHostNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,
                            const CUDA_HOST_NODE_PARAMS *parameters) {
  TESSERA_REQUIRE(parameters && parameters->fn)
  return addNode(node, graph, dependencies, count,
                 {.run =
                      [function = parameters->fn, data = parameters->userData] {
                        const InsideHostFunction scope;
                        function(data);
                      },
                  .type = CU_GRAPH_NODE_TYPE_HOST,
                  .onHost = true});
}

CUresult cuGraphAddEmptyNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count) {
  return addNode(node, graph, dependencies, count, {});
}

CUresult cuGraphAddChildGraphNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,
                                  CUgraph childHandle) {
  TESSERA_GRAPH_OR_RETURN(child, childHandle)
  Operation work;
  TESSERA_RETURN_IF_FAILED(nodeOf(*child, work))
  return addNode(node, graph, dependencies, count, std::move(work));
}

CUresult cuGraphAddDependencies(CUgraph handle, const CUgraphNode *from, const CUgraphNode *to, std::size_t count) {
  TESSERA_GRAPH_OR_RETURN(graph, handle)
  TESSERA_REQUIRE(count == 0 || (from && to))
  for (std::size_t i = 0; i < count; ++i) {
    TESSERA_NODE_OR_RETURN(before, from[i])
    TESSERA_NODE_OR_RETURN(after, to[i])
    TESSERA_REQUIRE(before->graph == graph && after->graph == graph && before != after)
    const std::lock_guard lock(driver().mutex);
    auto &edges = after->dependencies;
    TESSERA_REQUIRE(std::find(edges.begin(), edges.end(), before) == edges.end())
    edges.push_back(before);
  }
  return CUDA_SUCCESS;
}

CUresult cuGraphAddDependencies_v2(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, const void *edges,
                                   std::size_t count) {
  if (edges)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the simulator has edges of the plain kind only");
  return cuGraphAddDependencies(graph, from, to, count);
}

CUresult cuGraphDestroyNode(CUgraphNode handle) {
  TESSERA_NODE_OR_RETURN(node, handle)
  const std::lock_guard lock(driver().mutex);
  driver().nodes.erase(node);
  auto &nodes = node->graph->nodes;
  for (const auto &other : nodes)
    std::erase(other->dependencies, node);
  std::erase_if(nodes, [&](const auto &other) { return other.get() == node; });
  return CUDA_SUCCESS;
}

CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode *nodes, std::size_t *count) {
  TESSERA_GRAPH_OR_RETURN(graph, handle)
  TESSERA_REQUIRE(count)
  const std::lock_guard lock(driver().mutex);
  std::vector<Node *> all;
  all.reserve(graph->nodes.size());
  for (const auto &node : graph->nodes)
    all.push_back(node.get());
  return list(all, nodes, count);
}

CUresult cuGraphGetRootNodes(CUgraph handle, CUgraphNode *nodes, std::size_t *count) {
  TESSERA_GRAPH_OR_RETURN(graph, handle)
  TESSERA_REQUIRE(count)
  const std::lock_guard lock(driver().mutex);
  std::vector<Node *> roots;
  for (const auto &node : graph->nodes)
    if (node->dependencies.empty())
      roots.push_back(node.get());
  return list(roots, nodes, count);
}

CUresult cuGraphGetEdges(CUgraph handle, CUgraphNode *from, CUgraphNode *to, std::size_t *count) {
  TESSERA_GRAPH_OR_RETURN(graph, handle)
  TESSERA_REQUIRE(count && !from == !to)
  const std::lock_guard lock(driver().mutex);
  std::vector<Node *> before, after;
  for (const auto &node : graph->nodes)
    for (Node *dependency : node->dependencies) {
      before.push_back(dependency);
      after.push_back(node.get());
    }
  std::size_t room = *count;
  TESSERA_RETURN_IF_FAILED(list(before, from, &room))
  return list(after, to, count);
}

CUresult cuGraphGetEdges_v2(CUgraph graph, CUgraphNode *from, CUgraphNode *to, void *edges, std::size_t *count) {
  TESSERA_RETURN_IF_FAILED(cuGraphGetEdges(graph, from, to, count))
  if (edges && from)
    std::memset(edges, 0, *count * 8); // CUgraphEdgeData of the plain kind
  return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetType(CUgraphNode handle, CUgraphNodeType *type) {
  TESSERA_NODE_OR_RETURN(node, handle)
  TESSERA_REQUIRE(type)
  *type = node->work.type;
  return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetDependencies(CUgraphNode handle, CUgraphNode *dependencies, std::size_t *count) {
  TESSERA_NODE_OR_RETURN(node, handle)
  TESSERA_REQUIRE(count)
  const std::lock_guard lock(driver().mutex);
  return list(node->dependencies, dependencies, count);
}

CUresult cuGraphNodeGetDependencies_v2(CUgraphNode node, CUgraphNode *dependencies, void *edges, std::size_t *count) {
  TESSERA_RETURN_IF_FAILED(cuGraphNodeGetDependencies(node, dependencies, count))
  if (edges && dependencies)
    std::memset(edges, 0, *count * 8);
  return CUDA_SUCCESS;
}

CUresult cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph, CUgraphNode *errorNode, char *log,
                               std::size_t logBytes) {
  if (errorNode)
    *errorNode = nullptr;
  if (log && logBytes > 0)
    *log = '\0';
  return instantiate(exec, graph, 0);
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags) {
  return instantiate(exec, graph, flags);
}

CUresult cuGraphInstantiateWithParams(CUgraphExec *exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *parameters) {
  TESSERA_REQUIRE(parameters)
  parameters->hErrNode_out = nullptr;
  const CUresult result = instantiate(exec, graph, parameters->flags);
  parameters->result_out = result == CUDA_SUCCESS ? 0 : 1; // CUDA_GRAPH_INSTANTIATE_ERROR
  return result;
}

CUresult cuGraphUpload(CUgraphExec handle, CUstream streamHandle) {
  TESSERA_EXEC_OR_RETURN(executable, handle)
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  return CUDA_SUCCESS; // it is where it runs
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream streamHandle) {
  TESSERA_EXEC_OR_RETURN(executable, handle)
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  if (!stream->capture)
    return enqueue(*executable, *stream);
  std::vector<std::function<void()>> steps;
  for (const Executable::Step &step : executable->steps)
    if (step.work.run)
      steps.push_back(step.work.run);
  return submit(*stream, {.run =
                              [steps = std::move(steps)] {
                                for (const auto &step : steps)
                                  step();
                              },
                          .type = CU_GRAPH_NODE_TYPE_GRAPH});
}

CUresult cuGraphExecDestroy(CUgraphExec handle) { // launches under way go on
  TESSERA_EXEC_OR_RETURN(executable, handle)
  const std::lock_guard lock(driver().mutex);
  driver().executables.erase(executable);
  delete executable;
  return CUDA_SUCCESS;
}

CUresult cuGraphExecGetFlags(CUgraphExec handle, std::uint64_t *flags) {
  TESSERA_EXEC_OR_RETURN(executable, handle)
  TESSERA_REQUIRE(flags)
  *flags = executable->flags;
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
