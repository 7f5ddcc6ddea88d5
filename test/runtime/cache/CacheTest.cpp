// The artifact cache: round trips, damage, bounds, directories that cannot be written, many processes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Cache.h"

#include "runtime/cache/Sha256.h"
#include "runtime/core/Files.h"
#include "runtime/include/tessera/Log.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace tessera;
namespace fs = std::filesystem;

namespace {

class CacheTest : public testing::Test {
protected:
  CacheTest() {
    folder = testing::TempDir() + "tessera-cache-" + std::to_string(getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    setLogHandler([this](LogLevel level, std::string_view text) {
      if (level == LogLevel::Warning)
        warnings.emplace_back(text);
    });
  }
  ~CacheTest() override {
    setLogHandler({});
    fs::permissions(folder, fs::perms::owner_all, ignored);
    fs::remove_all(folder, ignored);
  }
  CacheOptions options(std::uint64_t maxBytes = 0) const { return {folder, maxBytes, true}; }

  std::string folder;
  std::vector<std::string> warnings;
  std::error_code ignored;
};

Artifact artifact(const std::string &ptx) {
  Artifact made;
  made.ptx = ptx;
  made.cubin = std::string("\0\1\n", 3);
  made.setFact("kernel", "add");
  made.setFact("note", "two\nlines \\ and = signs");
  return made;
}

std::string keyOf(int i) { return CacheKey().add("i", std::int64_t(i)).finish(); }

void overwrite(const std::string &path, std::size_t offset, char byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(std::streamoff(offset));
  file.put(byte);
}

} // namespace

TEST(Sha256, KnownAnswers) { // from FIPS 180-4's examples
  EXPECT_EQ(detail::sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(detail::sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(detail::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(detail::sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(CacheKey, TellsFieldsApart) {
  EXPECT_NE(CacheKey().add("a", "bc").finish(), CacheKey().add("ab", "c").finish());
  EXPECT_NE(CacheKey().add("a", "b").add("c", "").finish(), CacheKey().add("a", "").add("c", "b").finish());
  EXPECT_EQ(CacheKey().add("a", "b").finish(), CacheKey().add("a", "b").finish());
}

TEST_F(CacheTest, KeepsArtifacts) {
  Cache cache(options());
  EXPECT_FALSE(cache.find(keyOf(1)).has_value());
  cache.store(keyOf(1), artifact("ptx text"));
  std::optional<Artifact> found = Cache(options()).find(keyOf(1));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->ptx, "ptx text");
  EXPECT_EQ(found->cubin, std::string("\0\1\n", 3));
  EXPECT_EQ(found->fact("note"), "two\nlines \\ and = signs");
  EXPECT_TRUE(warnings.empty());
}

// Whatever byte is damaged, wherever the file ends: the entry is missing, with one warning that names it, and the next
// store mends it.
TEST_F(CacheTest, DamagedEntriesAreMissing) {
  Cache cache(options());
  const std::string key = keyOf(1), path = folder + "/" + key + ".artifact";
  const std::string bytes = serializeArtifact(key, artifact("ptx text"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    cache.store(key, artifact("ptx text"));
    overwrite(path, i, char(bytes[i] ^ 0x41));
    warnings.clear();
    EXPECT_FALSE(cache.find(key).has_value()) << "byte " << i;
    EXPECT_FALSE(cache.find(key).has_value());
    ASSERT_EQ(warnings.size(), 1u);
  }
  EXPECT_EQ(warnings.front(),
            "cache entry '" + path + "' is damaged: its checksum does not fit; the kernel is compiled anew");
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(parseArtifact(std::string_view(bytes).substr(0, length), key, "x").ok()) << length;
  EXPECT_FALSE(parseArtifact(bytes + "x", key, "x").ok());
  cache.store(key, artifact("ptx text"));
  EXPECT_TRUE(cache.find(key).has_value());
}

TEST_F(CacheTest, AnotherKeysFileIsNoEntry) {
  Cache cache(options());
  cache.store(keyOf(1), artifact("one"));
  fs::rename(folder + "/" + keyOf(1) + ".artifact", folder + "/" + keyOf(2) + ".artifact");
  EXPECT_FALSE(cache.find(keyOf(2)).has_value());
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings.front().find("it holds another key"), std::string::npos);
}

TEST_F(CacheTest, FuzzedFilesNeverCrash) {
  const std::string bytes = serializeArtifact(keyOf(1), artifact("some ptx"));
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    for (unsigned i = 0; i <= random() % 8; ++i)
      damaged[random() % damaged.size()] = char(random());
    damaged.resize(random() % (damaged.size() + 1));
    EXPECT_FALSE(parseArtifact(damaged, keyOf(1), "x").ok());
  }
}

TEST_F(CacheTest, StaysWithinItsBound) {
  const std::uint64_t size = serializeArtifact(keyOf(0), artifact(std::string(1000, 'x'))).size();
  Cache cache(options(5 * size + size / 2));
  for (int i = 0; i < 20; ++i) {
    cache.store(keyOf(i), artifact(std::string(1000, 'x')));
    // Distinct times of use: file systems keep them to a few milliseconds at worst.
    const timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
    utimensat(AT_FDCWD, (folder + "/" + keyOf(i) + ".artifact").c_str(), times, 0);
    if (i == 10)
      EXPECT_TRUE(cache.find(keyOf(10)).has_value()); // used now: it stays
  }
  std::uint64_t total = 0;
  for (const CacheEntry &entry : cache.list())
    total += entry.bytes;
  EXPECT_LE(total, 5 * size + size / 2);
  EXPECT_TRUE(cache.find(keyOf(10)).has_value());
  EXPECT_TRUE(cache.find(keyOf(19)).has_value());
  EXPECT_FALSE(cache.find(keyOf(0)).has_value());
}

TEST_F(CacheTest, CollectsAndClears) {
  Cache cache(options());
  for (int i = 0; i < 4; ++i)
    cache.store(keyOf(i), artifact("x"));
  const std::uint64_t size = cache.list().front().bytes;
  std::ofstream(folder + "/" + keyOf(9) + ".artifact.tmp-1-0") << "half a file";
  const timespec old[2] = {{1, 0}, {1, 0}};
  utimensat(AT_FDCWD, (folder + "/" + keyOf(9) + ".artifact.tmp-1-0").c_str(), old, 0);
  std::ofstream(folder + "/notes.txt") << "not ours";
  Expected<Cache::Removal> removal = cache.collect(2 * size);
  ASSERT_TRUE(removal) << removal.error().text();
  EXPECT_EQ(removal->entries, 2u);
  EXPECT_FALSE(fs::exists(folder + "/" + keyOf(9) + ".artifact.tmp-1-0"));
  ASSERT_TRUE(cache.clear());
  EXPECT_TRUE(cache.list().empty());
  EXPECT_TRUE(fs::exists(folder + "/notes.txt")) << "files of others are left alone";
}

TEST_F(CacheTest, VerifiesAndResolves) {
  Cache cache(options());
  cache.store(keyOf(1), artifact("x"));
  cache.store(keyOf(2), artifact("y"));
  overwrite(folder + "/" + keyOf(2) + ".artifact", 200, '!');
  const Cache::Verification result = cache.verify();
  EXPECT_EQ(result.good, 1u);
  ASSERT_EQ(result.damaged.size(), 1u);
  EXPECT_EQ(result.damaged.front().first.key, keyOf(2));
  EXPECT_EQ(*cache.resolve(keyOf(1).substr(0, 8)), keyOf(1));
  EXPECT_EQ(cache.resolve("zz").error().text(), "no cache entry 'zz' in '" + folder + "'");
}

// A cache that cannot be written costs one warning, not more.
TEST_F(CacheTest, ImpossibleDirectory) {
  std::ofstream(folder) << "a file where the directory should be";
  Cache cache(options());
  EXPECT_FALSE(cache.find(keyOf(1)).has_value());
  cache.store(keyOf(1), artifact("x"));
  cache.store(keyOf(2), artifact("y"));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings.front().rfind("the cache cannot be written, going on without: cannot create '" + folder + "'", 0),
            0u)
      << warnings.front();
}

TEST_F(CacheTest, ReadOnlyDirectory) {
  Cache(options()).store(keyOf(1), artifact("x"));
  fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
  if (access(folder.c_str(), W_OK) == 0)
    GTEST_SKIP() << "this user may write everywhere";
  Cache cache(options());
  EXPECT_TRUE(cache.find(keyOf(1)).has_value());
  cache.store(keyOf(2), artifact("y"));
  EXPECT_EQ(warnings.size(), 1u);
}

// A disk without room: /dev/full says so at every write.
TEST_F(CacheTest, FullDisk) {
  if (!fs::exists("/dev/full"))
    GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ(detail::writeFileAtomically("/dev/full", "x").error().text(),
            "cannot write '/dev/full': no space left on device");
}

TEST_F(CacheTest, SwitchedOff) {
  Cache cache({folder, 0, false});
  cache.store(keyOf(1), artifact("x"));
  EXPECT_FALSE(cache.find(keyOf(1)).has_value());
  EXPECT_FALSE(fs::exists(folder));
}

// Several processes and threads write and read the same keys, one of them throws everything away now and then: every
// answer is whole.
TEST_F(CacheTest, ManyProcesses) {
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = fork();
    if (pid == 0) {
      std::atomic<int> bad{0};
      setLogHandler([&](LogLevel level, std::string_view) { bad += level == LogLevel::Warning; });
      Cache cache(options());
      auto work = [&](unsigned seed) {
        std::mt19937 random(seed);
        for (int round = 0; round < 100; ++round) {
          const int i = int(random() % 5);
          if (random() % 3 == 0)
            cache.store(keyOf(i), artifact(std::string(5000 + std::size_t(i), char('a' + i))));
          if (std::optional<Artifact> found = cache.find(keyOf(i)))
            bad += found->ptx != std::string(5000 + std::size_t(i), char('a' + i));
          if (seed == 0 && random() % 20 == 0)
            bad += !cache.clear().ok();
        }
      };
      std::thread second(work, unsigned(child * 2 + 1));
      work(unsigned(child * 2));
      second.join();
      setLogHandler({});
      _exit(bad.load() != 0);
    }
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_TRUE(Cache(options()).verify().damaged.empty());
}
