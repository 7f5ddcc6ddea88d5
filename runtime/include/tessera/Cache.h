// The artifact cache: compiled kernels as files, shared by all processes of a user.
//
//   ${TESSERA_CACHE_DIR:-${XDG_CACHE_HOME:-~/.cache}/tessera}/<key>.artifact
//
// The key is a SHA-256 over everything that was compiled in, so that an entry is never out of date: source text,
// kernel, signature with its facts, options, target, the compiler's build. A file appears whole or not at all (written
// beside, synced, renamed) and carries a checksum of itself; a damaged one counts as missing, with one warning, and is
// replaced by the next compilation. Readers take no lock. Where the directory cannot be made or written, everything
// works without it. When the files together pass the bound, those that were not used for longest go first.
//
// A Cache is safe to use from any thread, and the directory from any number of processes, on shared file systems too.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_CACHE_H
#define TESSERA_CACHE_H

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/Expected.h"

namespace tessera {

/// What a compilation leaves behind. `facts` are names and values in an order of their own: kernel, source, signature,
/// target, warps, shared bytes, the parameters of the entry; the cache does not read them.
struct Artifact {
  std::string ptx;
  std::string cubin; ///< empty where nothing assembled it
  std::vector<std::pair<std::string, std::string>> facts;

  /// The value of a fact, empty when there is none.
  std::string_view fact(std::string_view name) const;
  void setFact(std::string name, std::string value);
};

/// Collects what a key is made of; `add` in a fixed order, names and values of any length.
class CacheKey {
public:
  CacheKey();
  CacheKey &add(std::string_view name, std::string_view value);
  CacheKey &add(std::string_view name, std::int64_t value);
  /// 64 hexadecimal digits.
  std::string finish() const;

private:
  std::string material;
};

/// What `tessera cache ls` shows of an entry.
struct CacheEntry {
  std::string key;
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t lastUsed = 0; ///< seconds since 1970
};

struct CacheOptions {
  /// Empty: the directory of the environment.
  std::string directory;
  /// Bytes of all entries together; 0: that of TESSERA_CACHE_MAX_SIZE (suffixes K, M, G), else 1 GiB.
  std::uint64_t maxBytes = 0;
  /// False: nothing is found and nothing stored.
  bool enabled = true;
};

class Cache {
public:
  explicit Cache(CacheOptions options = {});
  /// The cache that the environment describes, made once a process.
  static Cache &standard();

  /// Where the entries are; empty when the cache is off or no directory can be told.
  const std::string &directory() const { return folder; }
  std::uint64_t maxBytes() const { return bound; }

  /// The entry of that key, if there is an undamaged one; counts as a use of it.
  std::optional<Artifact> find(const std::string &key);
  /// Keeps an artifact. Failure costs a compilation later and no more, so it is a warning, once a process, not an
  /// error.
  void store(const std::string &key, const Artifact &artifact);

  /// The entries, those used last first.
  std::vector<CacheEntry> list() const;
  /// Reads one entry with all checks; `key` may be an unambiguous beginning of one.
  Expected<Artifact> read(const std::string &key) const;
  /// The full key that a beginning of it stands for.
  Expected<std::string> resolve(const std::string &beginning) const;

  struct Verification {
    std::size_t good = 0;
    std::vector<std::pair<CacheEntry, std::string>> damaged; ///< with what is wrong
  };
  Verification verify() const;

  struct Removal {
    std::size_t entries = 0;
    std::uint64_t bytes = 0;
  };
  /// Removes what was not used for longest until the rest has at most `bytes`; left-over temporary files go too.
  Expected<Removal> collect(std::uint64_t bytes);
  Expected<Removal> clear();

private:
  std::string pathOf(const std::string &key) const;

  std::string folder;
  std::uint64_t bound = 0;
  std::mutex storing;
  std::uint64_t known = 0; ///< bytes of all entries as far as this process knows
  bool counted = false;
  std::atomic<bool> warned{false};
};

/// The bytes of an artifact's file, and back; `name` stands in errors for the place they come from.
std::string serializeArtifact(const std::string &key, const Artifact &artifact);
Expected<Artifact> parseArtifact(std::string_view bytes, const std::string &key, const std::string &name);

} // namespace tessera

#endif // TESSERA_CACHE_H
