//===- Signature.h - what a kernel is specialised for -----------*- C++ -*-===//
//
// A kernel is generic; a signature says for which argument types, compile-time
// values and promises it is compiled. Two ways lead to one: the text of the
// command's `--signature`, and the fields below, filled in by the runtime from
// the arguments of a launch.
//
//   "x: *fp16:16, n: i32, BLOCK=1024, ACT=\"relu\", T=tl.float16, s: 1"
//
//   item             means
//   x: *fp16:16      a pointer to fp16 whose address is a multiple of 16
//   n: i32           a 32-bit integer known at launch
//   BLOCK=1024       a constexpr
//   s: 1             an integer known to be one, gone from the entry
//   p: (*fp16, i32)  a tuple of two arguments
//   d: tensordesc<fp16[128,64]>
//
// Items without a name stand for the parameters in order. What a signature
// leaves out is taken from the parameter's annotation, its default, from
// `@triton.heuristics`, and from the first `@triton.autotune` configuration,
// in this order.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_SIGNATURE_H
#define TESSERA_FRONTEND_EMIT_SIGNATURE_H

#include "frontend/emit/Types.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tessera {

/// A compile-time value given from outside.
struct ConstantValue {
  enum class Kind { None, Bool, Int, Float, String, Type, Function, Tuple };

  Kind kind = Kind::None;
  int64_t integer = 0;                 ///< Bool, Int (bit pattern when isUnsigned64)
  bool isUnsigned64 = false;           ///< Int above the range of int64_t
  double number = 0;                   ///< Float
  std::string text;                    ///< String; the name of a Function
  ElementType type;                    ///< Type
  std::vector<ConstantValue> elements; ///< Tuple

  static ConstantValue none() { return {}; }
  static ConstantValue boolean(bool value);
  static ConstantValue integerOf(int64_t value);
  static ConstantValue floating(double value);
  static ConstantValue string(std::string value);
  static ConstantValue dtype(ElementType value);
  static ConstantValue function(std::string name);
  static ConstantValue tuple(std::vector<ConstantValue> values);

  /// As it would be written in a signature.
  std::string getSpelling() const;
};

/// What is known of one argument.
struct ArgumentSpec {
  enum class Kind {
    Scalar,     ///< `element`: a number or a pointer, passed at launch
    Descriptor, ///< a tensor descriptor with blocks of `shape` x `element`
    Tuple,      ///< `elements`, passed one after the other
    Constant,   ///< `value`, compiled in
  };

  Kind kind = Kind::Scalar;
  ElementType element;
  std::vector<int64_t> shape;
  /// Promised divisors of the value or the address, all of them powers of two
  /// or not; the least common multiple holds.
  std::vector<int64_t> divisibility;
  std::vector<ArgumentSpec> elements;
  ConstantValue value;

  static ArgumentSpec scalar(ElementType element, int64_t divisibility = 1);
  static ArgumentSpec constant(ConstantValue value);

  std::string getSpelling() const;
};

struct SignatureItem {
  std::string name; ///< empty: by position
  ArgumentSpec spec;
};

struct Signature {
  std::vector<SignatureItem> items;
  /// Values of launch arguments, known to the runtime but not compiled in. They
  /// serve `@triton.heuristics` alone.
  std::vector<std::pair<std::string, ConstantValue>> launchValues;

  void add(std::string name, ArgumentSpec spec) { items.push_back({std::move(name), std::move(spec)}); }
  std::string getSpelling() const;
};

/// Reads `--signature`. On failure returns std::nullopt and sets `error` to a
/// message with the place (`item 3: unknown type 'fp17'; ...`).
std::optional<Signature> parseSignature(llvm::StringRef text, std::string &error);

/// Reads the value of `--const NAME=VALUE` or of a constexpr in a signature.
std::optional<ConstantValue> parseConstant(llvm::StringRef text, std::string &error);

} // namespace tessera

#endif // TESSERA_FRONTEND_EMIT_SIGNATURE_H
