// Graphs, captured and made by hand, through the simulator's Driver API.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

#include <thread>

using namespace tessera;
using namespace tessera::cuda;

class DriverApiGraphTest : public DriverApiTest {
protected:
  void add(CUstream on, CUdeviceptr x, CUdeviceptr y, CUdeviceptr z) {
    int n = 64;
    void *parameters[] = {&x, &y, &z, &n};
    EXPECT_EQ(cu.cuLaunchKernel(adder, 1, 1, 1, 64, 1, 1, 0, on, parameters, nullptr), CUDA_SUCCESS)
        << library.takeReport();
  }
  std::vector<CUgraphNode> nodesOf(CUgraph graph) {
    std::size_t count = 0;
    EXPECT_EQ(cu.cuGraphGetNodes(graph, nullptr, &count), CUDA_SUCCESS);
    std::vector<CUgraphNode> nodes(count);
    EXPECT_EQ(cu.cuGraphGetNodes(graph, nodes.data(), &count), CUDA_SUCCESS);
    return nodes;
  }
  CUfunction adder = load(test::kAdd, "add");
};

TEST_F(DriverApiGraphTest, CapturedStreamsForkAndJoin) {
  // x = 1; y = x + x and w = x + x beside each other; z = y + w = 4, to the host, which doubles it.
  const CUdeviceptr x = allocate(256), y = allocate(256), w = allocate(256), z = allocate(256);
  float *result = nullptr;
  ASSERT_EQ(cu.cuMemAllocHost_v2(reinterpret_cast<void **>(&result), 256), CUDA_SUCCESS);
  result[5] = -1;
  CUstream main = stream(), side = stream();
  CUevent fork = nullptr, join = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&fork, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventCreate(&join, 0), CUDA_SUCCESS);

  ASSERT_EQ(cu.cuStreamBeginCapture_v2(main, CU_STREAM_CAPTURE_MODE_GLOBAL), CUDA_SUCCESS);
  CUstreamCaptureStatus status{};
  EXPECT_EQ(cu.cuStreamIsCapturing(main, &status), CUDA_SUCCESS);
  EXPECT_EQ(unsigned(status), unsigned(CU_STREAM_CAPTURE_STATUS_ACTIVE));
  EXPECT_EQ(cu.cuStreamIsCapturing(side, &status), CUDA_SUCCESS);
  EXPECT_EQ(unsigned(status), 0u);
  ASSERT_EQ(cu.cuMemsetD32Async(x, 0x3f800000, 64, main), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventRecord(fork, main), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamWaitEvent(side, fork, 0), CUDA_SUCCESS);
  add(main, x, x, y);
  add(side, x, x, w);
  ASSERT_EQ(cu.cuEventRecord(join, side), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamWaitEvent(main, join, 0), CUDA_SUCCESS);
  add(main, y, w, z);
  ASSERT_EQ(cu.cuMemcpyDtoHAsync_v2(result, z, 256, main), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchHostFunc(main, [](void *data) { static_cast<float *>(data)[5] *= 2; }, result), CUDA_SUCCESS);
  CUgraph graph = nullptr;
  ASSERT_EQ(cu.cuStreamEndCapture(main, &graph), CUDA_SUCCESS);
  EXPECT_EQ(result[5], -1); // nothing was done

  const CUgraphNodeType types[] = {CU_GRAPH_NODE_TYPE_MEMSET, CU_GRAPH_NODE_TYPE_KERNEL, CU_GRAPH_NODE_TYPE_KERNEL,
                                   CU_GRAPH_NODE_TYPE_KERNEL, CU_GRAPH_NODE_TYPE_MEMCPY, CU_GRAPH_NODE_TYPE_HOST};
  const std::vector<CUgraphNode> nodes = nodesOf(graph);
  ASSERT_EQ(nodes.size(), 6u);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    CUgraphNodeType type{};
    EXPECT_EQ(cu.cuGraphNodeGetType(nodes[i], &type), CUDA_SUCCESS);
    EXPECT_EQ(type, types[i]) << i;
  }
  std::size_t count = 0;
  EXPECT_EQ(cu.cuGraphNodeGetDependencies(nodes[3], nullptr, &count), CUDA_SUCCESS);
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(cu.cuGraphGetEdges(graph, nullptr, nullptr, &count), CUDA_SUCCESS);
  EXPECT_EQ(count, 6u);
  EXPECT_EQ(cu.cuGraphGetRootNodes(graph, nullptr, &count), CUDA_SUCCESS);
  EXPECT_EQ(count, 1u);

  CUgraphExec exec = nullptr;
  ASSERT_EQ(cu.cuGraphInstantiateWithFlags(&exec, graph, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuGraphDestroy(graph), CUDA_SUCCESS); // the executable lives on
  for (int i = 0; i < 3; ++i) {
    result[5] = 0;
    ASSERT_EQ(cu.cuGraphLaunch(exec, main), CUDA_SUCCESS);
    ASSERT_EQ(cu.cuStreamSynchronize(main), CUDA_SUCCESS);
    EXPECT_EQ(result[5], 8.0f);
    EXPECT_EQ(result[6], 4.0f);
  }
  EXPECT_EQ(cu.cuGraphExecDestroy(exec), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuGraphLaunch(exec, main), CUDA_ERROR_INVALID_HANDLE);
  for (CUdeviceptr memory : {x, y, w, z})
    cu.cuMemFree_v2(memory);
  cu.cuMemFreeHost(result);
  cu.cuEventDestroy_v2(fork);
  cu.cuEventDestroy_v2(join);
  cu.cuStreamDestroy_v2(main);
  cu.cuStreamDestroy_v2(side);
}

TEST_F(DriverApiGraphTest, GraphsByHand) {
  const CUdeviceptr x = allocate(256), z = allocate(256);
  std::vector<float> ones(64, 1.5f);
  CUgraph graph = nullptr, clone = nullptr, whole = nullptr;
  ASSERT_EQ(cu.cuGraphCreate(&graph, 0), CUDA_SUCCESS);
  CUgraphNode copyNode = nullptr, fillNode = nullptr, kernelNode = nullptr, hostNode = nullptr, empty = nullptr;
  CUDA_MEMCPY3D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = ones.data();
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = x;
  copy.WidthInBytes = 256;
  copy.Height = copy.Depth = 1;
  ASSERT_EQ(cu.cuGraphAddMemcpyNode(&copyNode, graph, nullptr, 0, &copy, context), CUDA_SUCCESS);
  const CUDA_MEMSET_NODE_PARAMS fill{z, 0, 0, 4, 64, 1};
  ASSERT_EQ(cu.cuGraphAddMemsetNode(&fillNode, graph, nullptr, 0, &fill, context), CUDA_SUCCESS);
  int n = 64;
  CUdeviceptr pointers[] = {x, z};
  void *parameters[] = {&pointers[0], &pointers[1], &pointers[1], &n}; // z = x + z
  CUDA_KERNEL_NODE_PARAMS kernel{adder, 1, 1, 1, 64, 1, 1, 0, parameters, nullptr, nullptr, nullptr};
  const CUgraphNode before[] = {copyNode, fillNode};
  ASSERT_EQ(cu.cuGraphAddKernelNode_v2(&kernelNode, graph, before, 2, &kernel), CUDA_SUCCESS);
  int calls = 0;
  const CUDA_HOST_NODE_PARAMS host{[](void *data) { ++*static_cast<int *>(data); }, &calls};
  ASSERT_EQ(cu.cuGraphAddHostNode(&hostNode, graph, nullptr, 0, &host), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuGraphAddDependencies(graph, &kernelNode, &hostNode, 1), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuGraphAddDependencies(graph, &kernelNode, &hostNode, 1), CUDA_ERROR_INVALID_VALUE); // twice
  ASSERT_EQ(cu.cuGraphClone(&clone, graph), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuGraphAddEmptyNode(&empty, clone, &hostNode, 1), CUDA_ERROR_INVALID_VALUE); // of another graph

  // The clone once, then a graph that has the first as a node, twice.
  CUgraphExec exec = nullptr;
  ASSERT_EQ(cu.cuGraphInstantiateWithFlags(&exec, clone, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuGraphLaunch(exec, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read<float>(z, 64), std::vector<float>(64, 1.5f));
  EXPECT_EQ(calls, 1);
  cu.cuGraphExecDestroy(exec);
  ASSERT_EQ(cu.cuGraphCreate(&whole, 0), CUDA_SUCCESS);
  CUgraphNode child = nullptr;
  ASSERT_EQ(cu.cuGraphAddChildGraphNode(&child, whole, nullptr, 0, graph), CUDA_SUCCESS);
  std::fill(ones.begin(), ones.end(), 2.5f); // read when the graph runs
  ASSERT_EQ(cu.cuGraphInstantiateWithFlags(&exec, whole, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuGraphLaunch(exec, nullptr), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuGraphLaunch(exec, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read<float>(z, 64), std::vector<float>(64, 2.5f));
  EXPECT_EQ(calls, 3);
  cu.cuGraphExecDestroy(exec);

  ASSERT_EQ(cu.cuGraphAddDependencies(graph, &hostNode, &copyNode, 1), CUDA_SUCCESS); // a circle
  EXPECT_EQ(cu.cuGraphInstantiateWithFlags(&exec, graph, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuGraphDestroyNode(hostNode), CUDA_SUCCESS);
  EXPECT_EQ(nodesOf(graph).size(), 3u);
  EXPECT_EQ(cu.cuGraphInstantiateWithFlags(&exec, graph, 0), CUDA_SUCCESS);
  cu.cuGraphExecDestroy(exec);
  for (CUgraph each : {graph, clone, whole})
    EXPECT_EQ(cu.cuGraphDestroy(each), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuGraphDestroy(graph), CUDA_ERROR_INVALID_HANDLE);
  cu.cuMemFree_v2(x);
  cu.cuMemFree_v2(z);
}

TEST_F(DriverApiGraphTest, WhatCapturesForbid) {
  CUstream lane = stream(kStreamDefault), other = stream(kStreamDefault);
  CUevent event = nullptr, outside = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&event, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventCreate(&outside, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuEventRecord(outside, other), CUDA_SUCCESS);
  CUgraph graph = nullptr;
  CUdeviceptr memory = allocate(4), more = 0;
  const auto begin = [&](unsigned mode = CU_STREAM_CAPTURE_MODE_GLOBAL) {
    ASSERT_EQ(cu.cuStreamBeginCapture_v2(lane, mode), CUDA_SUCCESS);
  };
  const auto endsAs = [&](CUresult expected) {
    EXPECT_EQ(cu.cuStreamEndCapture(lane, &graph), expected);
    if (graph)
      cu.cuGraphDestroy(graph);
  };
  EXPECT_EQ(cu.cuStreamBeginCapture_v2(nullptr, 0), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(cu.cuStreamEndCapture(lane, &graph), CUDA_ERROR_ILLEGAL_STATE);

  begin();
  EXPECT_EQ(cu.cuStreamBeginCapture_v2(lane, 0), CUDA_ERROR_ILLEGAL_STATE);
  endsAs(CUDA_SUCCESS);
  begin();
  EXPECT_EQ(cu.cuStreamSynchronize(lane), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 1, 1, lane), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin();
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 1, 1, nullptr), CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin();
  EXPECT_EQ(cu.cuStreamWaitEvent(lane, outside, 0), CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin();
  EXPECT_EQ(cu.cuEventRecord(event, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventQuery(event), CUDA_ERROR_CAPTURED_EVENT);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin();
  EXPECT_EQ(cu.cuMemAlloc_v2(&more, 4), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin(CU_STREAM_CAPTURE_MODE_RELAXED);
  EXPECT_EQ(cu.cuMemAlloc_v2(&more, 4), CUDA_SUCCESS);
  endsAs(CUDA_SUCCESS);
  begin(); // work of another stream that is not joined
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 1, 1, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventRecord(event, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamWaitEvent(other, event, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 2, 1, other), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamEndCapture(other, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin();
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 1, 1, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventRecord(event, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamWaitEvent(other, event, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 2, 1, other), CUDA_SUCCESS);
  endsAs(CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  std::thread([&] { EXPECT_EQ(cu.cuStreamEndCapture(lane, &graph), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD); }).join();
  endsAs(CUDA_SUCCESS);
  CUstreamCaptureStatus status{};
  EXPECT_EQ(cu.cuStreamIsCapturing(other, &status), CUDA_SUCCESS); // all are free again
  EXPECT_EQ(unsigned(status), 0u);
  EXPECT_EQ(cu.cuMemsetD32Async(memory, 3, 1, other), CUDA_SUCCESS);
  EXPECT_EQ(read<int>(memory, 1)[0], 3);
  cu.cuMemFree_v2(memory);
  cu.cuMemFree_v2(more);
  cu.cuEventDestroy_v2(event);
  cu.cuEventDestroy_v2(outside);
  cu.cuStreamDestroy_v2(lane);
  cu.cuStreamDestroy_v2(other);
}
