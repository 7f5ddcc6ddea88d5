// The directory of artifacts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Cache.h"

#include "runtime/cache/Sha256.h"
#include "runtime/core/Files.h"
#include "runtime/include/tessera/Log.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace tessera {
namespace {

constexpr std::string_view kSuffix = ".artifact";
constexpr std::uint64_t kDefaultBytes = std::uint64_t(1) << 30;
/// A temporary file this old belongs to a process that is gone.
constexpr std::int64_t kStaleSeconds = 3600;

std::string directoryOfEnvironment() {
  auto variable = [](const char *name) {
    const char *value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (std::string given = variable("TESSERA_CACHE_DIR"); !given.empty())
    return given;
  if (std::string base = variable("XDG_CACHE_HOME"); !base.empty() && base[0] == '/') // the XDG rules have it absolute
    return base + "/tessera";
  if (std::string home = variable("HOME"); !home.empty())
    return home + "/.cache/tessera";
  return {};
}

std::uint64_t boundOfEnvironment() {
  const char *text = std::getenv("TESSERA_CACHE_MAX_SIZE");
  if (!text || !*text)
    return kDefaultBytes;
  std::uint64_t value = 0;
  const char *end = text + std::strlen(text);
  auto [rest, failed] = std::from_chars(text, end, value);
  unsigned shift = 0;
  if (failed == std::errc() && rest != end)
    shift = *rest == 'K' ? 10 : *rest == 'M' ? 20 : *rest == 'G' ? 30 : 64;
  if (failed != std::errc() || shift == 64 || (shift && rest + 1 != end)) {
    log(LogLevel::Warning,
        "TESSERA_CACHE_MAX_SIZE='" + std::string(text) + "' is no size such as 512M or 2G; 1G is taken");
    return kDefaultBytes;
  }
  return value << shift;
}

bool isKey(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

struct Listing {
  std::vector<CacheEntry> entries;
  std::vector<std::string> stale; ///< temporary files that nobody is writing any more
};

Listing readDirectory(const std::string &folder) {
  Listing listing;
  DIR *directory = folder.empty() ? nullptr : opendir(folder.c_str());
  if (!directory)
    return listing;
  const std::int64_t now = std::time(nullptr);
  while (const dirent *item = readdir(directory)) {
    const std::string_view name = item->d_name;
    const bool isTemporary = name.find(".artifact.tmp-") != std::string_view::npos;
    const bool isEntry = name.ends_with(kSuffix) && isKey(name.substr(0, name.size() - kSuffix.size()));
    struct stat status{};
    const std::string path = folder + "/" + item->d_name;
    if ((!isTemporary && !isEntry) || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
      continue;
    if (isEntry)
      listing.entries.push_back(
          {std::string(name.substr(0, 64)), path, std::uint64_t(status.st_size), status.st_mtim.tv_sec});
    else if (now - status.st_mtim.tv_sec > kStaleSeconds)
      listing.stale.push_back(path);
  }
  closedir(directory);
  std::sort(listing.entries.begin(), listing.entries.end(), [](const CacheEntry &a, const CacheEntry &b) {
    return a.lastUsed != b.lastUsed ? a.lastUsed > b.lastUsed : a.key < b.key;
  });
  return listing;
}

} // namespace

CacheKey::CacheKey() { add("format", "1"); }

CacheKey &CacheKey::add(std::string_view name, std::string_view value) {
  // Lengths before contents: no two lists of fields read the same.
  material += std::to_string(name.size()) + ":" + std::to_string(value.size()) + ":";
  material += name;
  material += value;
  return *this;
}

CacheKey &CacheKey::add(std::string_view name, std::int64_t value) { return add(name, std::to_string(value)); }

std::string CacheKey::finish() const { return detail::sha256(material); }

Cache::Cache(CacheOptions options)
    : folder(!options.enabled            ? std::string()
             : options.directory.empty() ? directoryOfEnvironment()
                                         : std::move(options.directory)),
      bound(options.maxBytes ? options.maxBytes : boundOfEnvironment()) {
  while (folder.size() > 1 && folder.back() == '/')
    folder.pop_back();
}

Cache &Cache::standard() {
  static auto *cache = new Cache();
  return *cache;
}

std::string Cache::pathOf(const std::string &key) const { return folder + "/" + key + std::string(kSuffix); }

std::optional<Artifact> Cache::find(const std::string &key) {
  if (folder.empty())
    return std::nullopt;
  const std::string path = pathOf(key);
  Expected<std::string> bytes = detail::readFile(path);
  if (!bytes) {
    if (bytes.error().code() != ErrorCode::NotFound)
      log(LogLevel::Info, bytes.error().text());
    return std::nullopt;
  }
  Expected<Artifact> artifact = parseArtifact(*bytes, key, path);
  if (!artifact) {
    log(LogLevel::Warning, artifact.error().text() + "; the kernel is compiled anew");
    unlink(path.c_str()); // so that the warning comes once
    return std::nullopt;
  }
  utimensat(AT_FDCWD, path.c_str(), nullptr, 0); // used just now; a read-only cache keeps its order
  return std::move(*artifact);
}

void Cache::store(const std::string &key, const Artifact &artifact) {
  if (folder.empty())
    return;
  const std::string bytes = serializeArtifact(key, artifact);
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  Status written;
  if (failed)
    written = Error(ErrorCode::Io, "cannot create '" + folder + "': " + failed.message());
  else
    written = detail::writeFileAtomically(pathOf(key), bytes, /*durable=*/true);
  if (!written) {
    if (!warned.exchange(true))
      log(LogLevel::Warning, "the cache cannot be written, going on without: " + written.error().text());
    return;
  }
  std::lock_guard lock(storing);
  if (!counted) {
    counted = true;
    for (const CacheEntry &entry : list())
      known += entry.bytes;
  } else {
    known += bytes.size();
  }
  if (known <= bound)
    return;
  // Some room beyond the bound's own, so that the next ones do not each walk the directory.
  if (Expected<Removal> removal = collect(bound - bound / 10); !removal)
    log(LogLevel::Info, removal.error().text());
  known = 0;
  for (const CacheEntry &entry : list())
    known += entry.bytes;
}

std::vector<CacheEntry> Cache::list() const { return readDirectory(folder).entries; }

Expected<std::string> Cache::resolve(const std::string &beginning) const {
  std::string found;
  for (const CacheEntry &entry : list()) {
    if (!entry.key.starts_with(beginning))
      continue;
    if (!found.empty())
      return Error(ErrorCode::InvalidArgument, "'" + beginning + "' is the beginning of several keys; give more of it");
    found = entry.key;
  }
  if (found.empty() || beginning.empty())
    return Error(ErrorCode::NotFound, "no cache entry '" + beginning + "' in '" + folder + "'");
  return found;
}

Expected<Artifact> Cache::read(const std::string &beginning) const {
  Expected<std::string> key = resolve(beginning);
  if (!key)
    return key.takeError();
  Expected<std::string> bytes = detail::readFile(pathOf(*key));
  if (!bytes)
    return bytes.takeError();
  return parseArtifact(*bytes, *key, pathOf(*key));
}

Cache::Verification Cache::verify() const {
  Verification result;
  for (const CacheEntry &entry : list()) {
    Expected<std::string> bytes = detail::readFile(entry.path);
    if (!bytes) {
      if (bytes.error().code() != ErrorCode::NotFound) // another process removed it
        result.damaged.emplace_back(entry, bytes.error().text());
      continue;
    }
    if (Expected<Artifact> artifact = parseArtifact(*bytes, entry.key, entry.path); !artifact)
      result.damaged.emplace_back(entry, artifact.error().text());
    else
      ++result.good;
  }
  return result;
}

Expected<Cache::Removal> Cache::collect(std::uint64_t bytes) {
  Removal removal;
  Listing listing = readDirectory(folder);
  int problem = 0;
  std::string where;
  auto remove = [&](const std::string &path, std::uint64_t size) {
    if (unlink(path.c_str()) == 0) {
      ++removal.entries;
      removal.bytes += size;
    } else if (errno != ENOENT) {
      problem = errno;
      where = path;
    }
  };
  for (const std::string &path : listing.stale)
    unlink(path.c_str());
  std::uint64_t kept = 0;
  for (const CacheEntry &entry : listing.entries) { // the newest first
    if (kept + entry.bytes > bytes)
      remove(entry.path, entry.bytes);
    else
      kept += entry.bytes;
  }
  if (problem)
    return detail::fileError("cannot remove", where, problem);
  return removal;
}

Expected<Cache::Removal> Cache::clear() { return collect(0); }

} // namespace tessera
