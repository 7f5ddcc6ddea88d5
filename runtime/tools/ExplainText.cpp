// `tessera explain`: the source with counts beside each line, totals, occupancy, roofline.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Explain.h"
#include "runtime/tools/Verbs.h"

#include <algorithm>
#include <cstdio>
#include <functional>

namespace tessera::tool {
namespace {

/// Lines without counts that are shown between two with counts; longer stretches are left out.
constexpr unsigned kLongestGap = 6;

std::string integer(std::uint64_t value) { return std::to_string(value); }

std::string real(double value, const char *form = "%.3g") {
  char text[40];
  std::snprintf(text, sizeof(text), form, value);
  return text;
}

/// 12.6 MB, 989 TFLOP/s: with the prefix that leaves one to three digits before the point.
std::string scaled(double value, const char *unit) {
  static constexpr const char *Prefixes[] = {"", "k", "M", "G", "T", "P"};
  unsigned prefix = 0;
  for (; value >= 1000 && prefix + 1 < std::size(Prefixes); ++prefix)
    value /= 1000;
  return real(value, prefix || value != double(std::uint64_t(value)) ? "%.4g" : "%.0f") + " " + Prefixes[prefix] + unit;
}

std::string seconds(double value) {
  if (value >= 1e-3)
    return real(value * 1e3, "%.4g") + " ms";
  return value >= 1e-6 ? real(value * 1e6, "%.4g") + " us" : real(value * 1e9, "%.4g") + " ns";
}

std::string sizes(const std::array<unsigned, 3> &size) {
  return integer(size[0]) + "x" + integer(size[1]) + "x" + integer(size[2]);
}

std::string ratio(std::uint64_t asked, std::uint64_t least) {
  return asked == 0 && least == 0 ? "" : integer(asked) + "/" + integer(least);
}

std::string positive(std::uint64_t value) { return value ? integer(value) : ""; }

struct Column {
  const char *head;
  std::function<std::string(const TesseraCounts &)> cell;
};

/// Everything a line may have; columns that are empty on all lines are not shown.
std::vector<Column> columnsOf(const TesseraCounts &totals) {
  const auto all = double(std::max<std::uint64_t>(1, totals.warp_instructions));
  return {
      {"instr", [](const TesseraCounts &c) { return positive(c.warp_instructions); }},
      {"%", [all](const TesseraCounts &c) { return real(100 * double(c.warp_instructions) / all, "%.1f"); }},
      {"sectors/least", [](const TesseraCounts &c) { return ratio(c.global_sectors, c.global_sectors_least); }},
      {"shared/least", [](const TesseraCounts &c) { return ratio(c.shared_wavefronts, c.shared_wavefronts_least); }},
      {"async B", [](const TesseraCounts &c) { return positive(c.async_copy_bytes); }},
      {"tma B", [](const TesseraCounts &c) { return positive(c.tma_bytes); }},
      {"local B", [](const TesseraCounts &c) { return positive(c.local_bytes); }},
      {"tensor flop", [](const TesseraCounts &c) { return positive(c.tensor_flops); }},
      {"divergent", [](const TesseraCounts &c) { return positive(c.divergent_branches); }},
      {"waits", [](const TesseraCounts &c) { return positive(c.barrier_waits); }},
  };
}

class Text {
public:
  explicit Text(const Explanation &explanation) : explanation(explanation), counts(explanation.counts) {}

  std::string run() {
    head();
    lines();
    totals();
    occupancy();
    roofline();
    return out;
  }

private:
  void head() {
    out += "kernel '" + counts.kernel + "' for " + counts.target + ": grid " + sizes(counts.grid) + ", block " +
           sizes(counts.block);
    if (counts.cluster[0] * counts.cluster[1] * counts.cluster[2] > 1)
      out += ", cluster " + sizes(counts.cluster);
    out += "\non " + std::string(explanation.gpu.title) + ": " + explanation.gpuReason + "\n";
  }

  void lines() {
    std::vector<Column> columns = columnsOf(counts.totals);
    std::erase_if(columns, [&](const Column &column) {
      return std::all_of(counts.lines.begin(), counts.lines.end(),
                         [&](const LineCounts &line) { return column.cell(line.counts).empty(); });
    });
    widths.clear();
    for (const Column &column : columns) {
      std::size_t width = std::string_view(column.head).size();
      for (const LineCounts &line : counts.lines)
        width = std::max(width, column.cell(line.counts).size());
      widths.push_back(width);
    }
    const std::string *file = nullptr;
    unsigned last = 0;
    for (const LineCounts &line : counts.lines) {
      if (!file || *file != line.file) {
        file = &line.file;
        out += "\n" + (file->empty() ? "(no source line)" : *file) + "\n";
        std::vector<std::string> heads;
        for (const Column &column : columns)
          heads.emplace_back(column.head);
        row(heads, "line", "");
        last = line.line;
      }
      between(*file, last, line.line);
      std::vector<std::string> cells;
      for (const Column &column : columns)
        cells.push_back(column.cell(line.counts));
      row(cells, integer(line.line), source(*file, line.line));
      last = line.line + 1;
    }
  }

  /// The lines [from, to) without counts.
  void between(const std::string &file, unsigned from, unsigned to) {
    if (!explanation.sources.contains(file) || from >= to)
      return;
    const std::vector<std::string> none(widths.size());
    if (to - from > kLongestGap) {
      row(none, "...", "");
      return;
    }
    for (unsigned line = from; line < to; ++line)
      row(none, integer(line), source(file, line));
  }

  std::string source(const std::string &file, unsigned line) const {
    const auto found = explanation.sources.find(file);
    return found == explanation.sources.end() || line == 0 || line > found->second.size() ? ""
                                                                                          : found->second[line - 1];
  }

  void row(const std::vector<std::string> &cells, const std::string &line, const std::string &text) {
    std::string all;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      all.append(widths[i] - cells[i].size() + (i ? 2 : 0), ' ');
      all += cells[i];
    }
    all.append(line.size() < 5 ? 7 - line.size() : 2, ' ');
    all += line + " | " + text;
    all.erase(all.find_last_not_of(' ') + 1);
    out += all + "\n";
  }

  void totals() {
    const TesseraCounts &t = counts.totals;
    out += "\ntotals\n";
    item("warp instructions", integer(t.warp_instructions) + ", thread instructions " + integer(t.thread_instructions));
    std::string classes;
    for (std::size_t i = 0; i < explanation.classNames.size(); ++i)
      if (t.classes[i])
        classes += (classes.empty() ? "" : ", ") + explanation.classNames[i] + " " + integer(t.classes[i]);
    item("by class", classes);
    compared("global sectors", t.global_sectors, t.global_sectors_least);
    compared("shared wavefronts", t.shared_wavefronts, t.shared_wavefronts_least);
    bytes("global", t.global_bytes);
    bytes("async copy", t.async_copy_bytes);
    if (t.l1_bypass_bytes)
      item("of these past the L1 cache", integer(t.l1_bypass_bytes));
    bytes("TMA", t.tma_bytes);
    bytes("local memory", t.local_bytes);
    item("distinct bytes", integer(counts.footprintRead) + " read, " + integer(counts.footprintWritten) + " written");
    for (std::size_t i = 1; i < explanation.flopNames.size(); ++i)
      if (t.flops[i])
        item(explanation.flopNames[i] + " operations", integer(t.flops[i]));
    if (t.divergent_branches)
      item("divergent branches", integer(t.divergent_branches));
    if (t.barrier_waits)
      item("barrier waits", integer(t.barrier_waits));
  }

  void item(const std::string &name, const std::string &value) { out += "  " + name + ": " + value + "\n"; }
  void bytes(const std::string &path, std::uint64_t value) {
    if (value)
      item(path + " bytes", integer(value));
  }
  void compared(const std::string &name, std::uint64_t asked, std::uint64_t least) {
    if (asked)
      item(name, integer(asked) + ", the least possible " + integer(least) +
                     (least ? " (" + real(double(asked) / double(least), "%.2f") + "x)" : ""));
  }

  void occupancy() {
    const Occupancy &o = explanation.occupancy;
    const std::uint64_t resident = std::uint64_t(o.blocks) * explanation.gpu.multiprocessors;
    out += "\noccupancy on " + std::string(explanation.gpu.title) + "\n";
    item("a block takes", integer(counts.threads()) + " threads, " + integer(counts.registers) +
                              " registers a thread (estimated), " + integer(counts.sharedBytes()) +
                              " bytes of shared memory");
    if (o.blocks == 0) {
      item("a multiprocessor holds", "none: a block takes more " + o.limit + " than there are");
      return;
    }
    item("a multiprocessor holds", integer(o.blocks) + (o.blocks == 1 ? " block, " : " blocks, ") + integer(o.warps) +
                                       " of " + integer(o.maximumWarps) + " warps (" +
                                       real(100.0 * o.warps / o.maximumWarps, "%.0f") + " %), limited by " + o.limit);
    item("the grid", integer(counts.blocks()) + (counts.blocks() == 1 ? " block for " : " blocks for ") +
                         integer(explanation.gpu.multiprocessors) + " multiprocessors, " +
                         real(double(counts.blocks()) / double(resident), "%.3g") + " waves");
  }

  void roofline() {
    const Roofline &r = explanation.roofline;
    out += "\nroofline of " + std::string(explanation.gpu.title);
    if (r.busy < explanation.gpu.multiprocessors)
      out +=
          ", of which " + integer(r.busy) + (r.busy == 1 ? " multiprocessor has" : " multiprocessors have") + " work";
    out += "\n";
    std::vector<std::vector<std::string>> rows;
    for (const Ceiling &ceiling : r.ceilings)
      rows.push_back({"  " + ceiling.name, scaled(ceiling.amount, unitOf(ceiling)),
                      "at " + scaled(ceiling.perSecond, unitOf(ceiling)) + "/s", seconds(ceiling.seconds())});
    out += table(rows);
    for (const std::string &kind : r.unrated)
      item("left out", kind + ", for which there is no figure of this GPU");
    if (r.unit.empty()) {
      item("bound by", r.bound() + (r.unrated.empty() ? "; no arithmetic is counted" : ""));
      return;
    }
    item("precision", std::string(precisionOf(r.unit)) + ", at most " + scaled(r.peak, "FLOP/s"));
    if (r.bytes > 0)
      item("intensity", real(r.intensity, "%.4g") + " " + r.unit + " operations a byte; the ridge of " + r.unit +
                            ", below which memory is the limit, is at " + real(r.ridge, "%.4g"));
    item("bound by", r.bound() + ": at most " + scaled(r.attainable, "FLOP/s") + ", " + real(100 * r.share, "%.3g") +
                         " % of " + r.unit);
  }

  static const char *unitOf(const Ceiling &ceiling) {
    if (ceiling.name == "memory")
      return "B";
    if (ceiling.name == "issue")
      return "instr";
    return ceiling.name == "shared" ? "wavefronts" : "FLOP";
  }

  const Explanation &explanation;
  const LaunchCounts &counts;
  std::vector<std::size_t> widths;
  std::string out;
};

} // namespace

std::string explainText(const Explanation &explanation) { return Text(explanation).run(); }

} // namespace tessera::tool
