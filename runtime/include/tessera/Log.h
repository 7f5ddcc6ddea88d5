// Where warnings go: things that a program need not react to, such as a damaged cache entry that was compiled anew.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_LOG_H
#define TESSERA_LOG_H

#include <functional>
#include <string_view>

namespace tessera {

enum class LogLevel { Off, Warning, Info };

/// Receives each message, possibly from several threads at once.
using LogHandler = std::function<void(LogLevel, std::string_view)>;

/// Replaces the handler, which by default prints "tessera: warning: ..." to standard error what TESSERA_LOG asks for:
/// `off`, `warning` (the default) or `info`. An empty handler brings the default back.
void setLogHandler(LogHandler handler);

void log(LogLevel level, std::string_view message);

} // namespace tessera

#endif // TESSERA_LOG_H
