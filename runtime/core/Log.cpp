// Warnings and notes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Log.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

namespace tessera {
namespace {

std::mutex handlerMutex;
std::shared_ptr<LogHandler> &currentHandler() {
  static auto *handler = new std::shared_ptr<LogHandler>();
  return *handler;
}

LogLevel wantedLevel() {
  static const LogLevel level = [] {
    const char *text = std::getenv("TESSERA_LOG");
    const std::string value = text ? text : "";
    return value == "off" ? LogLevel::Off : value == "info" ? LogLevel::Info : LogLevel::Warning;
  }();
  return level;
}

} // namespace

void setLogHandler(LogHandler handler) {
  std::lock_guard lock(handlerMutex);
  currentHandler() = handler ? std::make_shared<LogHandler>(std::move(handler)) : nullptr;
}

void log(LogLevel level, std::string_view message) {
  std::shared_ptr<LogHandler> handler;
  {
    std::lock_guard lock(handlerMutex);
    handler = currentHandler();
  }
  if (handler)
    return (*handler)(level, message);
  if (level > wantedLevel())
    return;
  std::fprintf(stderr, "tessera: %s%.*s\n", level == LogLevel::Warning ? "warning: " : "", int(message.size()),
               message.data());
}

} // namespace tessera
