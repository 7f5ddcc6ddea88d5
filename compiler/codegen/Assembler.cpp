//===- Assembler.cpp - PTX to cubin ---------------------------------------===//
//
// Runs ptxas as a process on temporary files and reads its report.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/codegen/Assembler.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

namespace tessera {
namespace {

llvm::Error failure(const llvm::Twine &message) { return llvm::createStringError(message); }

/// The number written just before `word` in `text`: 26 for "Used 26 registers".
unsigned numberBefore(llvm::StringRef text, llvm::StringRef word) {
  size_t at = text.find(word);
  if (at == llvm::StringRef::npos)
    return 0;
  llvm::StringRef head = text.take_front(at).rtrim();
  size_t digits = head.size();
  while (digits > 0 && llvm::isDigit(head[digits - 1]))
    --digits;
  unsigned value = 0;
  if (head.drop_front(digits).getAsInteger(10, value))
    return 0;
  return value;
}

AssemblyReport parseReport(llvm::StringRef log) {
  AssemblyReport report;
  report.registers = numberBefore(log, " registers");
  report.spillStoreBytes = numberBefore(log, " bytes spill stores");
  report.spillLoadBytes = numberBefore(log, " bytes spill loads");
  report.stackBytes = numberBefore(log, " bytes stack frame");
  report.staticSharedBytes = numberBefore(log, " bytes smem");
  return report;
}

} // namespace

std::string findPtxas() {
  auto executable = [](llvm::StringRef path) { return llvm::sys::fs::can_execute(path) ? path.str() : std::string(); };
  if (const char *path = std::getenv("TESSERA_PTXAS"))
    return executable(path);
  for (const char *root : {static_cast<const char *>(std::getenv("CUDA_HOME")), "/usr/local/cuda"}) {
    if (!root)
      continue;
    llvm::SmallString<128> path(root);
    llvm::sys::path::append(path, "bin", "ptxas");
    if (std::string found = executable(path); !found.empty())
      return found;
  }
  if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  return {};
}

llvm::Expected<Cubin> assemblePtx(llvm::StringRef ptx, llvm::StringRef target) {
  std::string ptxas = findPtxas();
  if (ptxas.empty())
    return failure("ptxas is not found; set TESSERA_PTXAS or CUDA_HOME");

  llvm::SmallString<128> input, output, log;
  if (llvm::sys::fs::createTemporaryFile("tessera", "ptx", input))
    return failure("cannot create a temporary file for ptxas");
  llvm::FileRemover removeInput(input);
  if (llvm::sys::fs::createTemporaryFile("tessera", "cubin", output))
    return failure("cannot create a temporary file for ptxas");
  llvm::FileRemover removeOutput(output);
  if (llvm::sys::fs::createTemporaryFile("tessera", "log", log))
    return failure("cannot create a temporary file for ptxas");
  llvm::FileRemover removeLog(log);

  std::error_code code;
  {
    llvm::raw_fd_ostream stream(input, code);
    if (!code)
      stream << ptx;
    stream.flush();
    if (code || stream.has_error()) {
      stream.clear_error();
      return failure("cannot write '" + input + "'");
    }
  }

  std::string arch = ("-arch=" + target).str();
  llvm::StringRef arguments[] = {ptxas, "-v", arch, input, "-o", output};
  std::optional<llvm::StringRef> redirects[] = {llvm::StringRef(""), llvm::StringRef(log), llvm::StringRef(log)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(ptxas, arguments, std::nullopt, redirects, 0, 0, &message);
  auto logText = llvm::MemoryBuffer::getFile(log);
  llvm::StringRef said = logText ? (*logText)->getBuffer() : llvm::StringRef();
  if (status != 0)
    return failure("ptxas failed: " + (message.empty() ? said : llvm::StringRef(message)));

  auto bytes = llvm::MemoryBuffer::getFile(output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!bytes)
    return failure("cannot read what ptxas wrote: " + bytes.getError().message());
  Cubin cubin;
  cubin.bytes.assign((*bytes)->getBufferStart(), (*bytes)->getBufferEnd());
  cubin.report = parseReport(said);
  return cubin;
}

} // namespace tessera
