// `tessera explain --json`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Explain.h"
#include "runtime/tools/Verbs.h"

namespace tessera::tool {
namespace {

class Writer {
public:
  explicit Writer(const Explanation &explanation) : explanation(explanation), counts(explanation.counts) {}

  std::string run() {
    json.open('{');
    text("kernel", counts.kernel);
    text("target", counts.target);
    sizes("grid", counts.grid);
    sizes("block", counts.block);
    sizes("cluster", counts.cluster);
    number("registers", counts.registers);
    json.key("registers_estimated").boolean(true);
    number("shared_bytes", counts.sharedBytes());
    occupancy();
    json.key("totals").open('{');
    values(counts.totals);
    json.close('}');
    number("footprint_read_bytes", counts.footprintRead);
    number("footprint_written_bytes", counts.footprintWritten);
    roofline();
    json.key("lines").open('[');
    for (const LineCounts &line : counts.lines) {
      json.open('{');
      text("file", line.file);
      number("line", line.line);
      values(line.counts);
      json.close('}');
    }
    json.close(']');
    json.key("shared_accesses").open('[');
    for (const SharedAccess &access : counts.sharedAccesses)
      shared(access);
    json.close(']').close('}');
    return json.text() + "\n";
  }

private:
  void text(std::string_view key, std::string_view value) { json.key(key).string(value); }
  void number(std::string_view key, std::uint64_t value) { json.key(key).integer(std::int64_t(value)); }
  void real(std::string_view key, double value) { json.key(key).number(value); }
  template <typename List> void list(std::string_view key, const List &values) {
    json.key(key).open('[');
    for (auto value : values)
      json.integer(std::int64_t(value));
    json.close(']');
  }
  void sizes(std::string_view key, const std::array<unsigned, 3> &size) { list(key, size); }

  void values(const TesseraCounts &c) {
    number("thread_instructions", c.thread_instructions);
    number("warp_instructions", c.warp_instructions);
    json.key("classes").open('{');
    for (std::size_t i = 0; i < explanation.classNames.size(); ++i)
      number(explanation.classNames[i], c.classes[i]);
    json.close('}');
    number("global_sectors", c.global_sectors);
    number("global_sectors_least", c.global_sectors_least);
    number("shared_wavefronts", c.shared_wavefronts);
    number("shared_wavefronts_least", c.shared_wavefronts_least);
    number("global_bytes", c.global_bytes);
    number("l1_bypass_bytes", c.l1_bypass_bytes);
    number("local_bytes", c.local_bytes);
    number("async_copy_bytes", c.async_copy_bytes);
    number("tma_bytes", c.tma_bytes);
    number("tensor_flops", c.tensor_flops);
    number("divergent_branches", c.divergent_branches);
    number("barrier_waits", c.barrier_waits);
    json.key("flops").open('{');
    for (std::size_t i = 1; i < explanation.flopNames.size(); ++i)
      number(explanation.flopNames[i], c.flops[i]);
    json.close('}');
  }

  void occupancy() {
    const Occupancy &o = explanation.occupancy;
    json.key("occupancy").open('{');
    number("blocks", o.blocks);
    number("warps", o.warps);
    number("maximum_warps", o.maximumWarps);
    real("share", o.maximumWarps ? double(o.warps) / o.maximumWarps : 0);
    text("limit", o.limit);
    json.close('}');
  }

  void roofline() {
    const Roofline &r = explanation.roofline;
    json.key("roofline").open('{');
    text("gpu", explanation.gpu.name);
    text("gpu_reason", explanation.gpuReason);
    number("busy_multiprocessors", r.busy);
    text("bound", r.bound());
    real("bytes", r.bytes);
    text("unit", r.unit);
    text("precision", r.unit.empty() ? std::string_view() : precisionOf(r.unit));
    real("flops", r.flops);
    real("intensity", r.intensity);
    real("ridge", r.ridge);
    real("attainable_flops_per_second", r.attainable);
    real("share", r.share);
    json.key("ceilings").open('[');
    for (const Ceiling &ceiling : r.ceilings) {
      json.open('{');
      text("name", ceiling.name);
      real("amount", ceiling.amount);
      real("per_second", ceiling.perSecond);
      real("seconds", ceiling.seconds());
      json.close('}');
    }
    json.close(']');
    json.key("unrated").open('[');
    for (const std::string &kind : r.unrated)
      json.string(kind);
    json.close(']').close('}');
  }

  void shared(const SharedAccess &access) {
    json.open('{');
    text("file", access.file);
    number("line", access.line);
    number("ptx_line", access.ptxLine);
    text("instruction", access.instruction);
    number("executions", access.executions);
    number("wavefronts", access.wavefronts);
    number("wavefronts_least", access.wavefrontsLeast);
    number("worst_wavefronts", access.worstWavefronts);
    number("worst_wavefronts_least", access.worstLeast);
    list("bank_words", access.bankWords);
    json.close('}');
  }

  const Explanation &explanation;
  const LaunchCounts &counts;
  Json json;
};

} // namespace

std::string explainJson(const Explanation &explanation) { return Writer(explanation).run(); }

} // namespace tessera::tool
