// Capture of streams into graphs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApiGraph.h"

#include <algorithm>
#include <set>

using namespace tessera::cuda;

namespace tessera::sim::api {
namespace {

/// The captures under way, guarded by driver().mutex; their number may be read without.
std::vector<Capture *> &captures() {
  static auto *all = new std::vector<Capture *>();
  return *all;
}
std::atomic<std::size_t> captureCount{0};

thread_local unsigned captureMode = CU_STREAM_CAPTURE_MODE_GLOBAL; ///< of calls of this thread

CUresult failVoid() { return fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED); }

/// Lets all streams of a capture go. The mutex is held.
void dissolve(Capture &capture) {
  const std::vector<Stream *> streams = std::move(capture.streams);
  std::erase(captures(), &capture);
  captureCount = captures().size();
  for (Stream *stream : streams) {
    stream->captured.clear();
    stream->capture.reset();
  }
}

/// Whether every node of a stream's tail is before the tail of the stream where the capture began.
bool isJoined(const Capture &capture) {
  std::set<const Node *> reached;
  std::vector<const Node *> open(capture.origin->captured.begin(), capture.origin->captured.end());
  while (!open.empty()) {
    const Node *node = open.back();
    open.pop_back();
    if (reached.insert(node).second)
      open.insert(open.end(), node->dependencies.begin(), node->dependencies.end());
  }
  return std::all_of(capture.streams.begin(), capture.streams.end(), [&](const Stream *stream) {
    return std::all_of(stream->captured.begin(), stream->captured.end(),
                       [&](const Node *node) { return reached.contains(node); });
  });
}

} // namespace

CUresult refuseCapture(Stream &stream) {
  const std::lock_guard lock(driver().mutex);
  if (stream.capture)
    stream.capture->isVoid = true;
  return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

CUresult refuseUnsafe() {
  if (captureCount == 0 || captureMode == CU_STREAM_CAPTURE_MODE_RELAXED)
    return CUDA_SUCCESS;
  const std::lock_guard lock(driver().mutex);
  bool refused = false;
  for (Capture *capture : captures()) {
    const bool isOwn = capture->thread == std::this_thread::get_id();
    const bool forbids =
        isOwn ? capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED
              : capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL && captureMode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (forbids)
      capture->isVoid = refused = true;
  }
  return refused ? fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) : CUDA_SUCCESS;
}

CUresult refuseImplicit(Stream &stream) {
  if (captureCount == 0 || &stream != &stream.context->legacy)
    return CUDA_SUCCESS;
  const std::lock_guard lock(driver().mutex);
  bool refused = false;
  for (Capture *capture : captures())
    for (const Stream *captured : capture->streams)
      if (captured->context == stream.context && captured->flags != kStreamNonBlocking)
        capture->isVoid = refused = true;
  return refused ? fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT) : CUDA_SUCCESS;
}

CUresult captureNode(Stream &stream, Operation operation) {
  const std::lock_guard lock(driver().mutex);
  if (!stream.capture || stream.capture->isVoid)
    return failVoid();
  Node *node = stream.capture->graph->add(std::move(operation), stream.captured);
  driver().nodes.insert(node);
  stream.captured = {node};
  return CUDA_SUCCESS;
}

CUresult captureWait(Stream &stream, const std::shared_ptr<Capture> &capture, const std::vector<Node *> &nodes) {
  const std::lock_guard lock(driver().mutex);
  if (!capture) { // the graph cannot depend on what is outside it
    stream.capture->isVoid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  }
  if (capture->streams.empty())
    return fail(CUDA_ERROR_INVALID_VALUE, "the capture that the event was recorded in is over");
  if (capture->isVoid)
    return failVoid();
  if (stream.capture && stream.capture != capture) {
    stream.capture->isVoid = capture->isVoid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_MERGE);
  }
  if (&stream == &stream.context->legacy) {
    capture->isVoid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  }
  if (!stream.capture) { // joins
    stream.capture = capture;
    stream.captured.clear();
    capture->streams.push_back(&stream);
  }
  for (Node *node : nodes)
    if (std::find(stream.captured.begin(), stream.captured.end(), node) == stream.captured.end())
      stream.captured.push_back(node);
  return CUDA_SUCCESS;
}

CUresult refuseCapturedEvent(Capture &capture) {
  const std::lock_guard lock(driver().mutex);
  capture.isVoid = true;
  return fail(CUDA_ERROR_CAPTURED_EVENT);
}

void forgetStream(Stream &stream) {
  const std::lock_guard lock(driver().mutex);
  const std::shared_ptr<Capture> capture = stream.capture;
  if (!capture)
    return;
  capture->isVoid = true;
  if (capture->origin == &stream)
    dissolve(*capture);
  else
    std::erase(capture->streams, &stream);
}

} // namespace tessera::sim::api

using namespace tessera::sim::api;

namespace tessera::cuda {

CUresult cuStreamBeginCapture_v2(CUstream handle, unsigned mode) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(mode <= CU_STREAM_CAPTURE_MODE_RELAXED)
  if (stream == &stream->context->legacy)
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the legacy default stream cannot be captured");
  const std::lock_guard lock(driver().mutex);
  if (stream->capture)
    return fail(CUDA_ERROR_ILLEGAL_STATE);
  auto capture = std::make_shared<Capture>();
  capture->graph = std::make_unique<Graph>();
  capture->origin = stream;
  capture->mode = mode;
  capture->id = ++driver().lastId;
  capture->thread = std::this_thread::get_id();
  capture->streams = {stream};
  captures().push_back(capture.get());
  captureCount = captures().size();
  stream->captured.clear();
  stream->capture = std::move(capture);
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(graph)
  *graph = nullptr;
  const std::lock_guard lock(driver().mutex);
  const std::shared_ptr<Capture> capture = stream->capture;
  if (!capture)
    return fail(CUDA_ERROR_ILLEGAL_STATE);
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && capture->thread != std::this_thread::get_id())
    return fail(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
  if (capture->origin != stream) {
    capture->isVoid = true;
    return fail(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  }
  const bool joined = isJoined(*capture);
  dissolve(*capture);
  if (capture->isVoid || !joined) {
    for (const auto &node : capture->graph->nodes)
      driver().nodes.erase(node.get());
    return capture->isVoid ? failVoid() : fail(CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  }
  Graph *done = capture->graph.release();
  driver().graphs.insert(done);
  *graph = reinterpret_cast<CUgraph>(done);
  return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status) {
  TESSERA_REQUIRE(status)
  return cuStreamGetCaptureInfo_v2(handle, status, nullptr, nullptr, nullptr, nullptr);
}

CUresult cuStreamGetCaptureInfo_v2(CUstream handle, CUstreamCaptureStatus *status, std::uint64_t *id, CUgraph *graph,
                                   const CUgraphNode **dependencies, std::size_t *count) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(status)
  TESSERA_RETURN_IF_FAILED(refuseImplicit(*stream))
  const std::lock_guard lock(driver().mutex);
  const Capture *capture = stream->capture.get();
  *status = CUstreamCaptureStatus(!capture          ? CU_STREAM_CAPTURE_STATUS_NONE
                                  : capture->isVoid ? unsigned(CU_STREAM_CAPTURE_STATUS_INVALIDATED)
                                                    : unsigned(CU_STREAM_CAPTURE_STATUS_ACTIVE));
  if (!capture || capture->isVoid)
    return CUDA_SUCCESS;
  if (id)
    *id = capture->id;
  if (graph)
    *graph = reinterpret_cast<CUgraph>(capture->graph.get());
  if (dependencies) // good until the stream is asked for more
    *dependencies = reinterpret_cast<const CUgraphNode *>(stream->captured.data());
  if (count)
    *count = stream->captured.size();
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCaptureInfo_v3(CUstream stream, CUstreamCaptureStatus *status, std::uint64_t *id, CUgraph *graph,
                                   const CUgraphNode **dependencies, const void **edges, std::size_t *count) {
  if (edges)
    *edges = nullptr; // all edges are of the plain kind
  return cuStreamGetCaptureInfo_v2(stream, status, id, graph, dependencies, count);
}

CUresult cuThreadExchangeStreamCaptureMode(unsigned *mode) {
  TESSERA_REQUIRE(mode && *mode <= CU_STREAM_CAPTURE_MODE_RELAXED)
  std::swap(*mode, captureMode);
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
