//===- Record.h - Outputs that a GPU gave, kept as text ---------*- C++ -*-===//
//
// One file a family in a folder a GPU. Only a GPU's outputs are ever written.
//
//   gpu: NVIDIA H200
//   architecture: sm_90
//   driver: 13000
//   date: 2026-01-31
//
//   probe cvt.rn.f16.f32 4f1d0c93a2b6e871 16
//   ADwAvAB8APz/ewAAAID/fw==
//
// A probe's line has its name, its fingerprint and the bytes of its output, which follow in base64, 72 bytes a line. A
// record whose fingerprint is not the probe's is of an older probe: it is not compared, and that is said.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_RECORD_H
#define TESSERA_TEST_SILICON_RECORD_H

#include "runtime/include/tessera/Expected.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tessera::silicon {

struct RecordedOutput {
  uint64_t fingerprint = 0;
  std::vector<std::byte> bytes;
};

struct Record {
  std::string gpu, architecture, driver, date;
  std::map<std::string, RecordedOutput> outputs;
};

/// Reads a file; an error names the file and the line.
Expected<Record> readRecord(const std::string &path);
Status writeRecord(const std::string &path, const Record &record);

/// "NVIDIA H200 NVL" → "nvidia-h200-nvl": the folder of a GPU's records.
std::string folderName(const std::string &gpu);

/// The records of a family, of every GPU below `folder`, with their files.
Expected<std::vector<std::pair<std::string, Record>>> findRecords(const std::string &folder, const std::string &family);

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_RECORD_H
