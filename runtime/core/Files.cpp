// Whole files.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Files.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tessera::detail {

Error fileError(const std::string &what, const std::string &path, int errorNumber) {
  std::string reason = std::strerror(errorNumber);
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z')
    reason[0] = char(reason[0] - 'A' + 'a');
  return Error(errorNumber == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, what + " '" + path + "': " + reason);
}

Expected<std::string> readFile(const std::string &path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fileError("cannot read", path, errno);
  struct stat status{};
  std::string content;
  int problem = fstat(file, &status) != 0 ? errno : 0;
  if (!problem && S_ISDIR(status.st_mode))
    problem = EISDIR;
  if (!problem && S_ISREG(status.st_mode))
    content.reserve(std::size_t(status.st_size));
  char block[1 << 16];
  while (!problem) {
    const ssize_t count = read(file, block, sizeof(block));
    if (count == 0)
      break;
    if (count > 0)
      content.append(block, std::size_t(count));
    else if (errno != EINTR)
      problem = errno;
  }
  close(file);
  if (problem)
    return fileError("cannot read", path, problem);
  return content;
}

Status writeFileAtomically(const std::string &path, std::string_view content, bool durable) {
  static std::atomic<unsigned> counter{0};
  struct stat status{};
  // A device or a pipe is written in place: renaming would replace it.
  const bool inPlace = stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  const std::string target =
      inPlace ? path : path + ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
  const int file = open(target.c_str(), inPlace ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0)
    return fileError("cannot write", path, errno);
  int problem = 0;
  while (!content.empty() && !problem) {
    const ssize_t count = write(file, content.data(), content.size());
    if (count > 0)
      content.remove_prefix(std::size_t(count));
    else if (count < 0 && errno != EINTR)
      problem = errno;
  }
  if (!problem && durable && !inPlace && fsync(file) != 0)
    problem = errno;
  if (close(file) != 0 && !problem)
    problem = errno;
  if (!problem && !inPlace && rename(target.c_str(), path.c_str()) != 0)
    problem = errno;
  if (problem) {
    if (!inPlace)
      unlink(target.c_str());
    return fileError("cannot write", path, problem);
  }
  return {};
}

} // namespace tessera::detail
