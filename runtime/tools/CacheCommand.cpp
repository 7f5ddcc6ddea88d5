// `tessera cache ls|show|verify|gc|clear`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Spelling.h"
#include "runtime/tools/Verbs.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace tessera::tool {
namespace {

constexpr OptionSpec kOptions[] = {
    {"--cache-dir", "DIR", "the cache to look at; default: that of the environment"},
    {"--max-size", "BYTES", "gc: what may stay (suffixes K, M, G); default: the bound of the cache"},
    {"--json", "", "ls, show, verify: print JSON"},
};

std::string timeText(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&time, &parts))
    std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

/// At most so much of a text, so that a table stays a table; JSON has all of it.
std::string shortened(const std::string &text) {
  constexpr std::size_t kMost = 60;
  return text.size() <= kMost ? text : text.substr(0, kMost - 3) + "...";
}

int list(const Cache &cache, bool asJson) {
  std::vector<std::vector<std::string>> rows = {{"key", "kernel", "target", "signature", "bytes", "last used (UTC)"}};
  Json json;
  json.open('[');
  std::uint64_t total = 0;
  const std::vector<CacheEntry> entries = cache.list();
  for (const CacheEntry &entry : entries) {
    total += entry.bytes;
    Expected<Artifact> artifact = cache.read(entry.key);
    auto fact = [&](std::string_view name) { return artifact ? std::string(artifact->fact(name)) : std::string("?"); };
    rows.push_back({entry.key.substr(0, 12), fact("kernel"), fact("target"), shortened(fact("signature")),
                    std::to_string(entry.bytes), timeText(entry.lastUsed)});
    json.open('{')
        .key("key")
        .string(entry.key)
        .key("kernel")
        .string(fact("kernel"))
        .key("source")
        .string(fact("source"));
    json.key("target").string(fact("target")).key("signature").string(fact("signature"));
    json.key("bytes").integer(std::int64_t(entry.bytes)).key("last_used").integer(entry.lastUsed).close('}');
  }
  json.close(']');
  if (asJson) {
    std::puts(json.text().c_str());
    return kDone;
  }
  if (!entries.empty())
    std::fputs(table(rows).c_str(), stdout);
  std::printf("%zu %s, %llu bytes of %llu, in %s\n", entries.size(), entries.size() == 1 ? "entry" : "entries",
              static_cast<unsigned long long>(total), static_cast<unsigned long long>(cache.maxBytes()),
              cache.directory().c_str());
  return kDone;
}

int show(const Cache &cache, const std::string &key, bool asJson) {
  Expected<Artifact> artifact = cache.read(key);
  if (!artifact)
    return report(artifact.error());
  if (asJson) {
    Json json;
    json.open('{');
    for (const auto &[name, value] : artifact->facts)
      json.key(name).string(value);
    json.key("cubin_bytes").integer(std::int64_t(artifact->cubin.size())).key("ptx").string(artifact->ptx).close('}');
    std::puts(json.text().c_str());
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto &[name, value] : artifact->facts)
    rows.push_back({name, value});
  rows.push_back({"cubin_bytes", std::to_string(artifact->cubin.size())});
  std::printf("%s\n%s", table(rows).c_str(), artifact->ptx.c_str());
  return kDone;
}

int verify(const Cache &cache, bool asJson) {
  const Cache::Verification result = cache.verify();
  if (asJson) {
    Json json;
    json.open('{').key("good").integer(std::int64_t(result.good)).key("damaged").open('[');
    for (const auto &[entry, why] : result.damaged)
      json.open('{').key("key").string(entry.key).key("reason").string(why).close('}');
    json.close(']').close('}');
    std::puts(json.text().c_str());
  } else {
    for (const auto &[entry, why] : result.damaged)
      std::fprintf(stderr, "tessera: error: %s\n", why.c_str());
    std::printf("%zu good, %zu damaged, in %s\n", result.good, result.damaged.size(), cache.directory().c_str());
  }
  return result.damaged.empty() ? kDone : kInputAtFault;
}

int remove(Expected<Cache::Removal> removal) {
  if (!removal)
    return report(removal.error());
  std::printf("%zu %s removed, %llu bytes\n", removal->entries, removal->entries == 1 ? "entry" : "entries",
              static_cast<unsigned long long>(removal->bytes));
  return kDone;
}

std::optional<std::uint64_t> sizeOf(const std::string &text) {
  std::uint64_t value = 0;
  const char *end = text.data() + text.size();
  auto [rest, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc())
    return std::nullopt;
  if (rest == end)
    return value;
  const unsigned shift = *rest == 'K' ? 10 : *rest == 'M' ? 20 : *rest == 'G' ? 30 : 0;
  return shift && rest + 1 == end ? std::optional(value << shift) : std::nullopt;
}

int run(const Options &options) {
  const std::vector<std::string> actions = {"ls", "show", "verify", "gc", "clear"};
  if (options.positional().empty())
    return reportUsage(kCacheVerb, "expected one of ls, show, verify, gc, clear");
  const std::string &action = options.positional().front();
  if (std::find(actions.begin(), actions.end(), action) == actions.end())
    return reportUsage(kCacheVerb, "'cache' cannot '" + action + "'" + detail::didYouMean(action, actions));
  if (options.positional().size() != (action == "show" ? 2u : 1u))
    return reportUsage(kCacheVerb, action == "show" ? "'cache show' takes one key, or the beginning of one"
                                                    : "unexpected argument '" + options.positional()[1] + "'");
  if (options.has("--max-size") && action != "gc")
    return reportUsage(kCacheVerb, "option '--max-size' is for 'cache gc', not 'cache " + action + "'");
  if (options.has("--json") && (action == "gc" || action == "clear"))
    return reportUsage(kCacheVerb,
                       "option '--json' is for 'cache ls', 'show' and 'verify', not 'cache " + action + "'");
  std::optional<std::uint64_t> bound;
  if (std::optional<std::string> text = options.value("--max-size")) {
    bound = sizeOf(*text);
    if (!bound)
      return reportUsage(kCacheVerb, "option '--max-size' needs a size such as 512M or 2G, not '" + *text + "'");
  }
  Cache cache(cacheOptions(options));
  if (cache.directory().empty())
    return report(Error(ErrorCode::NotFound, "there is no cache directory: neither TESSERA_CACHE_DIR nor HOME is set"));
  const bool asJson = options.has("--json");
  if (action == "ls")
    return list(cache, asJson);
  if (action == "show")
    return show(cache, options.positional()[1], asJson);
  if (action == "verify")
    return verify(cache, asJson);
  return remove(action == "gc" ? cache.collect(bound.value_or(cache.maxBytes())) : cache.clear());
}

} // namespace

const Verb kCacheVerb = {"cache",
                         "ls | show KEY | verify | gc | clear [OPTION...]",
                         "looks at the compiled kernels that are kept on disk, and removes them",
                         "  ls      what is there, used last first\n"
                         "  show    one entry: what it was made of, and its PTX\n"
                         "  verify  reads every entry and its checksum\n"
                         "  gc      removes what was not used for longest until the rest fits\n"
                         "  clear   removes everything",
                         "tessera cache ls",
                         kOptions,
                         run};

} // namespace tessera::tool
