// The compiler as a function: kernel text in, any of its forms out. The command's `compile` and `check` are these
// calls; programs that launch kernels use Module and Kernel instead, which call this when they must.
//
//   form     is
//   Ast      the syntax tree
//   Tile     the tile dialect without layouts
//   Layout   the tile dialect with layouts, shared memory and barriers
//   Llvm     LLVM IR, optimised
//   Ptx      PTX
//   Cubin    machine code (needs ptxas)
//
// Safe to call from several threads at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_COMPILER_H
#define TESSERA_COMPILER_H

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/Cache.h"
#include "tessera/Expected.h"
#include "tessera/Types.h"

namespace tessera {

/// A compile-time value: None, a bool, an integer, a float, a string, a dtype, or a device function of the same file.
class ConstexprValue {
public:
  enum class Kind { None, Bool, Int, Float, String, Dtype, Function, Text };

  ConstexprValue() = default;
  ConstexprValue(std::nullptr_t) {}
  ConstexprValue(bool value) : valueKind(Kind::Bool), number(value) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  ConstexprValue(I value) : valueKind(Kind::Int), number(std::int64_t(value)) {}
  template <std::floating_point F> ConstexprValue(F value) : valueKind(Kind::Float), real(double(value)) {}
  ConstexprValue(const char *value) : valueKind(Kind::String), words(value) {}
  ConstexprValue(std::string value) : valueKind(Kind::String), words(std::move(value)) {}
  ConstexprValue(ScalarType value) : valueKind(Kind::Dtype), words(nameOf(value)) {}
  /// A device function of the file, by name.
  static ConstexprValue function(std::string name) { return ConstexprValue(Kind::Function, std::move(name)); }
  /// A value as `--const` takes it: `64`, `1.5`, `True`, `None`, `"relu"`, `tl.float16`, a function's name.
  static ConstexprValue parse(std::string text) { return ConstexprValue(Kind::Text, std::move(text)); }

  Kind kind() const { return valueKind; }
  /// As it would be written in a signature.
  std::string spelling() const;

private:
  ConstexprValue(Kind kind, std::string words) : valueKind(kind), words(std::move(words)) {}

  Kind valueKind = Kind::None;
  std::int64_t number = 0;
  double real = 0;
  std::string words;
};

struct Constexpr {
  std::string name;
  ConstexprValue value;
};
using Constexprs = std::vector<Constexpr>;

/// How a kernel is compiled. What is left open is taken from the first `@triton.autotune` configuration, else the
/// default.
struct KernelOptions {
  std::optional<int> numWarps = std::nullopt;  ///< 4
  std::optional<int> numStages = std::nullopt; ///< 3
  std::optional<int> numCtas = std::nullopt;   ///< 1
  /// Registers a thread may have; 0: as many as it wants.
  int maxRegisters = 0;
  /// "sm_80", "sm_90a", ...; empty: the device's.
  std::string target = {}; // NOLINT(readability-redundant-member-init): designated initialisers may leave it out
  /// Keep `assert` and `tl.device_assert`.
  bool assertions = true;
  /// Where compiled kernels are looked for and kept; null: the cache of the environment. Must outlive the kernel.
  Cache *cache = nullptr;
};

enum class Form { Ast, Tile, Layout, Llvm, Ptx, Cubin };

/// "ptx" and so on; nothing for an unknown name.
std::optional<Form> formNamed(std::string_view name);

/// What a launch knows of an argument beyond its type; read by `@triton.heuristics` alone.
struct LaunchValue {
  std::string name;
  bool isFloat = false;
  std::int64_t integer = 0;
  double real = 0;
};

struct CompileRequest {
  std::string source;    ///< the text
  std::string name;      ///< stands for it in diagnostics and line information: its path
  std::string kernel;    ///< may be empty when the text has one kernel
  std::string signature; ///< as `--signature` takes it
  Constexprs constants;
  std::vector<LaunchValue> launchValues;
  KernelOptions options;
  Form form = Form::Ptx;
  std::string stopAfter;  ///< a pass: the IR after it is the output
  std::string printAfter; ///< a pass: the IR after it goes to `printed`
  bool diagnosticsAsJson = false;
};

struct CompileStage {
  std::string name;
  double milliseconds = 0;
};

struct CompileResult {
  std::string output;   ///< the form that was asked for
  Artifact artifact;    ///< filled when the way went as far as PTX
  std::string warnings; ///< diagnostics that are no errors, rendered
  std::string printed;  ///< what `printAfter` asked for
  std::vector<CompileStage> stages;
  bool fromCache = false;
};

/// Compiles. An error of the kernel's text is ErrorCode::Compile with the rendered diagnostics as its text.
Expected<CompileResult> compile(const CompileRequest &request);

/// The same with the cache asked first where the form is PTX and nothing on the way is wanted.
Expected<CompileResult> compileCached(const CompileRequest &request, Cache &cache);

struct CheckResult {
  std::vector<std::string> kernels;
  std::string warnings;
};

/// Parses and checks as far as can be without a signature.
Expected<CheckResult> checkSource(std::string_view source, const std::string &name, bool diagnosticsAsJson = false);

/// A parameter of a kernel, as written.
struct KernelParameterInfo {
  std::string name;
  bool isConstexpr = false;
  bool hasDefault = false;
};

/// The parameters of a kernel of a text; with an empty name of its only kernel. `second` is the kernel's name.
Expected<std::pair<std::vector<KernelParameterInfo>, std::string>>
kernelParameters(std::string_view source, const std::string &name, const std::string &kernel);

/// What identifies the build of this compiler: part of every cache key.
std::string_view compilerBuild();

} // namespace tessera

#endif // TESSERA_COMPILER_H
