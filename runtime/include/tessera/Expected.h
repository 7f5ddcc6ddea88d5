// How the API says that something went wrong: as a value. No function of Tessera throws, and none needs exceptions to
// be used.
//
//   tessera::Expected<tessera::Device> device = tessera::Device::open();
//   if (!device) {
//     std::cerr << device.error().text() << '\n';     // the full diagnostic, possibly of several lines
//     return 1;
//   }
//   device->name();
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_EXPECTED_H
#define TESSERA_EXPECTED_H

#include <optional>
#include <string>
#include <utility>

namespace tessera {

/// What kind of thing went wrong, for programs that react to it; the text is for people.
enum class ErrorCode {
  InvalidArgument, ///< a value given to a function is not usable: says which, what it is, what it should be
  TypeMismatch,    ///< the arguments of a launch do not fit the parameters of the kernel
  InvalidBuffer,   ///< a freed, moved-from, null or foreign buffer
  NotFound,        ///< no such file, kernel, parameter, device, cache entry
  Io,              ///< reading or writing failed
  BadFormat,       ///< a file is not what it should be
  Compile,         ///< the kernel's text is at fault: the text holds the diagnostics with their places
  Unsupported,     ///< the target or this build cannot do it
  Resources,       ///< more shared memory, threads or registers than the device has
  OutOfMemory,
  DriverMissing,
  DriverTooOld,
  Driver,      ///< a call of the driver failed
  KernelFault, ///< a kernel did something illegal: the text holds the simulator's report where there is one
  Internal     ///< a fault of Tessera itself
};

class [[nodiscard]] Error {
public:
  Error(ErrorCode code, std::string text) : errorCode(code), errorText(std::move(text)) {}
  ErrorCode code() const { return errorCode; }
  /// The diagnostic: lower case, without a full stop at its end; several lines where there is more to say.
  const std::string &text() const { return errorText; }
  /// The same error with words before it: `error.in("launch of 'add'")` reads "launch of 'add': ...".
  Error in(const std::string &where) const { return Error(errorCode, where + ": " + errorText); }

private:
  ErrorCode errorCode;
  std::string errorText;
};

/// A T or an Error. Test it before use; `*expected` of an error is undefined, as with std::optional.
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : held(std::move(value)) {}
  Expected(Error error) : failure(std::move(error)) {}

  explicit operator bool() const { return held.has_value(); }
  bool ok() const { return held.has_value(); }

  T &operator*() & { return *held; }
  const T &operator*() const & { return *held; }
  T operator*() && { return std::move(*held); } // by value: `for (x : *f())` must not outlive what it walks
  T *operator->() { return &*held; }
  const T *operator->() const { return &*held; }

  const Error &error() const { return *failure; }
  Error takeError() { return std::move(*failure); }

private:
  std::optional<T> held;
  std::optional<Error> failure;
};

/// Success or an Error.
template <> class [[nodiscard]] Expected<void> {
public:
  Expected() = default;
  Expected(Error error) : failure(std::move(error)) {}

  explicit operator bool() const { return !failure.has_value(); }
  bool ok() const { return !failure.has_value(); }

  const Error &error() const { return *failure; }
  Error takeError() { return std::move(*failure); }

private:
  std::optional<Error> failure;
};

using Status = Expected<void>;

} // namespace tessera

#endif // TESSERA_EXPECTED_H
