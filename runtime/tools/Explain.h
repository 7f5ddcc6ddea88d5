// What `tessera explain` shows: the counts of a launch as text, as JSON, and one access to shared memory as a picture.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_TOOLS_EXPLAIN_H
#define TESSERA_RUNTIME_TOOLS_EXPLAIN_H

#include "runtime/include/tessera/Counts.h"

#include <map>

namespace tessera::tool {

/// All there is to show.
struct Explanation {
  LaunchCounts counts; ///< files of lines are those that can be read, where they can
  Gpu gpu{};
  std::string gpuReason; ///< why that one
  Occupancy occupancy;
  Roofline roofline;
  std::vector<std::string> classNames, flopNames;
  std::map<std::string, std::vector<std::string>> sources; ///< the lines of each file that could be read
};

std::string explainText(const Explanation &explanation);
std::string explainJson(const Explanation &explanation);

/// The access to shared memory that `where` names: "FILE:LINE" (the last parts of a path will do) or "LINE"; empty: the
/// one that loses most to conflicts, as among several on one line. Lines of several files are an error that lists them.
Expected<const SharedAccess *> chooseAccess(const LaunchCounts &counts, const std::string &where);
/// An SVG: the banks that each wavefront of the access's worst execution uses, and how the words of all executions
/// are spread over the banks.
std::string bankPicture(const LaunchCounts &counts, const SharedAccess &access);

} // namespace tessera::tool

#endif // TESSERA_RUNTIME_TOOLS_EXPLAIN_H
