// One access to shared memory as an SVG: a row for each wavefront, a column for each bank.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Explain.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace tessera::tool {
namespace {

constexpr unsigned kBanks = TESSERA_BANKS, kBankBytes = 4;
constexpr unsigned kCell = 26, kRow = 20, kLeft = 150, kTop = 114, kBars = 90, kMargin = 24;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string several(std::uint64_t count, const char *what) {
  return number(count) + " " + what + (count == 1 ? "" : "s");
}

/// A word that a bank delivers, and who wants it.
struct Word {
  std::uint32_t word = 0, lanes = 0;
};

/// Lanes that are served together, and what they want of each bank.
struct Pass {
  std::array<std::vector<Word>, kBanks> banks;
  std::size_t wavefronts() const {
    std::size_t most = 0;
    for (const auto &words : banks)
      most = std::max(most, words.size());
    return most;
  }
  void want(Word wanted, bool alone) {
    std::vector<Word> &words = banks[wanted.word % kBanks];
    const auto same = std::find_if(words.begin(), words.end(), [&](const Word &w) { return w.word == wanted.word; });
    if (alone || same == words.end())
      words.push_back(wanted);
    else
      same->lanes |= wanted.lanes;
  }
};

enum Kind : unsigned { kPlain, kAtomic, kMatrix };

/// The same parts, taken together by the same rule, as the simulator's model says (Counts.h).
std::vector<Pass> passesOf(const SharedAccess &access) {
  const unsigned together = access.bytes <= kBankBytes ? kBanks : kBanks * kBankBytes / access.bytes;
  const bool alone = access.kind == kAtomic;
  std::vector<Pass> passes;
  for (unsigned first = 0; first < kBanks; first += together) {
    Pass part, both = passes.empty() ? Pass() : passes.back();
    for (unsigned lane = first; lane < first + together; ++lane)
      for (unsigned i = 0; (access.lanes >> lane & 1) && i < std::max(1u, access.bytes / kBankBytes); ++i) {
        const Word word{access.addresses[lane] / kBankBytes + i, 1u << lane};
        part.want(word, alone);
        both.want(word, alone);
      }
    if (!passes.empty() && access.kind != kMatrix && both.wavefronts() <= 1)
      passes.back() = std::move(both);
    else if (part.wavefronts())
      passes.push_back(std::move(part));
  }
  return passes;
}

/// "0-7", "3", "0 4 8...".
std::string lanesText(std::uint32_t lanes) {
  std::vector<unsigned> each;
  for (unsigned lane = 0; lane < kBanks; ++lane)
    if (lanes >> lane & 1)
      each.push_back(lane);
  if (each.size() == 1)
    return number(each[0]);
  return number(each.front()) + (each.back() - each.front() + 1 == each.size() ? "-" : "..") + number(each.back());
}

class Picture {
public:
  Picture(const LaunchCounts &counts, const SharedAccess &access)
      : counts(counts), access(access), passes(passesOf(access)) {
    for (const Pass &pass : passes)
      rows += pass.wavefronts();
    width = kLeft + kBanks * kCell + kMargin;
    height = static_cast<unsigned>(kTop + rows * kRow + 40 + kBars + 40);
  }

  std::string run() {
    out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + number(width) + "\" height=\"" + number(height) +
          "\" viewBox=\"0 0 " + number(width) + " " + number(height) +
          "\" font-family=\"sans-serif\" font-size=\"12\">\n";
    rectangle(0, 0, width, height, "#ffffff", "");
    text(kMargin, 24, access.file + ":" + number(access.line) + "  " + access.instruction, "font-weight=\"bold\"");
    text(kMargin, 42,
         "kernel " + counts.kernel + ": executed " + several(access.executions, "time") + ", " +
             several(access.wavefronts, "wavefront") + ", the least possible " + number(access.wavefrontsLeast));
    text(kMargin, 60,
         "worst execution: " + several(access.worstWavefronts, "wavefront") + " for " + several(access.bytes, "byte") +
             " a lane, the least possible " + number(access.worstLeast));
    text(kMargin, 78,
         "a row is a wavefront; cells name the lanes that a bank serves, orange where it had another word to deliver "
         "first");
    heads();
    wavefronts();
    bars();
    return out + "</svg>\n";
  }

private:
  void heads() {
    for (unsigned bank = 0; bank < kBanks; ++bank)
      text(kLeft + bank * kCell + kCell / 2, kTop - 6, number(bank), "text-anchor=\"middle\" fill=\"#555555\"");
    text(kMargin, kTop - 6, "bank", "fill=\"#555555\"");
  }

  void wavefronts() {
    unsigned y = kTop;
    for (std::size_t p = 0; p < passes.size(); ++p)
      for (std::size_t w = 0; w < passes[p].wavefronts(); ++w, y += kRow) {
        const std::string pass = passes.size() > 1 ? "pass " + number(p + 1) + ", " : "";
        text(kMargin, y + 14, pass + "wavefront " + number(w + 1));
        for (unsigned bank = 0; bank < kBanks; ++bank)
          cell(bank, y, passes[p].banks[bank], w);
      }
  }

  void cell(unsigned bank, unsigned y, const std::vector<Word> &words, std::size_t wavefront) {
    const unsigned x = kLeft + bank * kCell;
    if (wavefront >= words.size()) {
      rectangle(x, y, kCell - 2, kRow - 2, "#eeeeee", "");
      return;
    }
    const Word &word = words[wavefront];
    rectangle(x, y, kCell - 2, kRow - 2, wavefront == 0 ? "#4c8bf5" : "#e8743b",
              "bank " + number(bank) + ", word " + number(word.word) + ", lanes " + lanesText(word.lanes));
    text(x + kCell / 2 - 1, y + 13, lanesText(word.lanes), "text-anchor=\"middle\" fill=\"#ffffff\" font-size=\"9\"");
  }

  void bars() {
    const auto top = static_cast<unsigned>(kTop + rows * kRow + 40);
    const std::uint64_t most =
        std::max<std::uint64_t>(1, *std::max_element(access.bankWords.begin(), access.bankWords.end()));
    text(kMargin, top - 10, "words delivered by each bank, all executions; the most: " + number(most));
    for (unsigned bank = 0; bank < kBanks; ++bank) {
      const auto high = static_cast<unsigned>(access.bankWords[bank] * kBars / most);
      rectangle(kLeft + bank * kCell, top + kBars - high, kCell - 2, high, "#7a9e7e",
                "bank " + number(bank) + ": " + number(access.bankWords[bank]) + " words");
      text(kLeft + bank * kCell + kCell / 2, top + kBars + 16, number(bank), "text-anchor=\"middle\" fill=\"#555555\"");
    }
  }

  void rectangle(unsigned x, unsigned y, unsigned w, unsigned h, const char *colour, const std::string &title) {
    out += "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(w) + "\" height=\"" + number(h) +
           "\" fill=\"" + colour + "\"";
    out += title.empty() ? "/>\n" : "><title>" + escaped(title) + "</title></rect>\n";
  }
  void text(unsigned x, unsigned y, const std::string &content, const char *attributes = "") {
    out += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + attributes + ">" + escaped(content) + "</text>\n";
  }

  const LaunchCounts &counts;
  const SharedAccess &access;
  std::vector<Pass> passes;
  std::size_t rows = 0;
  unsigned width = 0, height = 0;
  std::string out;
};

std::uint64_t lost(const SharedAccess &access) { return access.wavefronts - access.wavefrontsLeast; }

bool isWorse(const SharedAccess *a, const SharedAccess *b) {
  return lost(*a) != lost(*b) ? lost(*a) > lost(*b) : a->wavefronts > b->wavefronts;
}

/// Whether `given` means the file at `path`: the whole path or the last parts of it; empty means any.
bool names(std::string_view given, std::string_view path) {
  return given.empty() ||
         (path.ends_with(given) && (path.size() == given.size() || path[path.size() - given.size() - 1] == '/'));
}

std::string listOf(const std::vector<std::string> &words) {
  std::string list;
  for (const std::string &word : words)
    list += (list.empty() ? "" : ", ") + word;
  return list;
}

} // namespace

Expected<const SharedAccess *> chooseAccess(const LaunchCounts &counts, const std::string &where) {
  if (counts.sharedAccesses.empty())
    return Error(ErrorCode::NotFound, "kernel '" + counts.kernel + "' accesses no shared memory: there is no picture");
  const std::size_t colon = where.find_last_of(':');
  const std::string file = colon == std::string::npos ? "" : where.substr(0, colon);
  const std::string_view digits = std::string_view(where).substr(colon == std::string::npos ? 0 : colon + 1);
  unsigned line = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), line);
  if (!where.empty() && (failed != std::errc() || end != digits.data() + digits.size() || line == 0))
    return Error(ErrorCode::InvalidArgument, "option '--access' needs [FILE:]LINE, not '" + where + "'");
  std::vector<const SharedAccess *> candidates;
  std::set<std::string> files, allFiles;
  bool isWhole = false; // a file has just the name that is given
  for (const SharedAccess &access : counts.sharedAccesses) {
    allFiles.insert(access.file);
    isWhole |= access.file == file;
  }
  for (const SharedAccess &access : counts.sharedAccesses)
    if (where.empty() || (access.line == line && (isWhole ? access.file == file : names(file, access.file)))) {
      candidates.push_back(&access);
      files.insert(access.file);
    }
  if (candidates.empty()) {
    std::vector<std::string> places;
    for (const SharedAccess &access : counts.sharedAccesses)
      if (const std::string place = (allFiles.size() > 1 ? access.file + ":" : "") + number(access.line);
          places.empty() || places.back() != place)
        places.push_back(place);
    return Error(ErrorCode::NotFound, "'" + where + "' accesses no shared memory; lines that do: " + listOf(places));
  }
  if (!where.empty() && files.size() > 1) {
    std::vector<std::string> places;
    for (const std::string &each : files)
      places.push_back("'" + each + ":" + number(line) + "'");
    return Error(ErrorCode::InvalidArgument, "'" + where + "' may be " + listOf(places) + ": name one of them");
  }
  return *std::min_element(candidates.begin(), candidates.end(), isWorse);
}

std::string bankPicture(const LaunchCounts &counts, const SharedAccess &access) {
  return Picture(counts, access).run();
}

} // namespace tessera::tool
