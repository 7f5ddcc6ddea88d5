//===- Signature.cpp - reading and writing signatures ---------------------===//
//
// The small language of `--signature`: items, types, facts and constants.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Signature.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <cmath>
#include <limits>

using namespace tessera;
using llvm::StringRef;
using llvm::Twine;

ConstantValue ConstantValue::boolean(bool value) {
  ConstantValue result;
  result.kind = Kind::Bool;
  result.integer = value;
  return result;
}

ConstantValue ConstantValue::integerOf(int64_t value) {
  ConstantValue result;
  result.kind = Kind::Int;
  result.integer = value;
  return result;
}

ConstantValue ConstantValue::floating(double value) {
  ConstantValue result;
  result.kind = Kind::Float;
  result.number = value;
  return result;
}

ConstantValue ConstantValue::string(std::string value) {
  ConstantValue result;
  result.kind = Kind::String;
  result.text = std::move(value);
  return result;
}

ConstantValue ConstantValue::dtype(ElementType value) {
  ConstantValue result;
  result.kind = Kind::Type;
  result.type = value;
  return result;
}

ConstantValue ConstantValue::function(std::string name) {
  ConstantValue result;
  result.kind = Kind::Function;
  result.text = std::move(name);
  return result;
}

ConstantValue ConstantValue::tuple(std::vector<ConstantValue> values) {
  ConstantValue result;
  result.kind = Kind::Tuple;
  result.elements = std::move(values);
  return result;
}

static std::string spellFloat(double value) {
  if (std::isnan(value))
    return "float('nan')";
  if (std::isinf(value))
    return value > 0 ? "float('inf')" : "-float('inf')";
  // The shortest text that reads back as the same number.
  for (int digits : {6, 9, 15, 17}) {
    char buffer[40];
    snprintf(buffer, sizeof(buffer), "%.*g", digits, value);
    double back = 0;
    if (StringRef(buffer).getAsDouble(back) || back != value)
      continue;
    std::string text = buffer;
    if (StringRef(text).find_first_of(".e") == StringRef::npos)
      text += ".0";
    return text;
  }
  return std::to_string(value);
}

std::string ConstantValue::getSpelling() const {
  switch (kind) {
  case Kind::None:
    return "None";
  case Kind::Bool:
    return integer ? "True" : "False";
  case Kind::Int:
    return isUnsigned64 ? llvm::utostr(static_cast<uint64_t>(integer)) : llvm::itostr(integer);
  case Kind::Float:
    return spellFloat(number);
  case Kind::String: {
    std::string result = "\"";
    for (char c : text) {
      if (c == '"' || c == '\\')
        result += '\\';
      result += c;
    }
    return result + "\"";
  }
  case Kind::Type:
    return type.isPointer() ? type.getSpelling() : "tl." + type.getName();
  case Kind::Function:
    return text;
  case Kind::Tuple: {
    std::string result = "(";
    for (const ConstantValue &element : elements) {
      if (result.size() > 1)
        result += ", ";
      result += element.getSpelling();
    }
    return result + (elements.size() == 1 ? ",)" : ")");
  }
  }
  return "None";
}

ArgumentSpec ArgumentSpec::scalar(ElementType element, int64_t divisibility) {
  ArgumentSpec spec;
  spec.element = element;
  if (divisibility > 1)
    spec.divisibility.push_back(divisibility);
  return spec;
}

ArgumentSpec ArgumentSpec::constant(ConstantValue value) {
  ArgumentSpec spec;
  spec.kind = Kind::Constant;
  spec.value = std::move(value);
  return spec;
}

std::string ArgumentSpec::getSpelling() const {
  std::string result;
  switch (kind) {
  case Kind::Constant:
    return value.getSpelling();
  case Kind::Scalar:
    result = element.getSpelling();
    break;
  case Kind::Descriptor:
    result = "tensordesc<" + element.getSpelling() + "[";
    for (auto [i, side] : llvm::enumerate(shape))
      result += (i ? "," : "") + std::to_string(side);
    result += "]>";
    break;
  case Kind::Tuple:
    result = "(";
    for (auto [i, part] : llvm::enumerate(elements))
      result += (i ? ", " : "") + part.getSpelling();
    result += ")";
    break;
  }
  for (int64_t divisor : divisibility)
    result += ":" + std::to_string(divisor);
  return result;
}

std::string Signature::getSpelling() const {
  std::string result;
  for (const SignatureItem &item : items) {
    if (!result.empty())
      result += ", ";
    if (!item.name.empty())
      result += item.name + (item.spec.kind == ArgumentSpec::Kind::Constant ? "=" : ": ");
    result += item.spec.getSpelling();
  }
  return result;
}

namespace {
/// A recursive-descent reader over one text.
class SignatureParser {
public:
  SignatureParser(StringRef text, std::string &error) : rest(text), error(error) {}

  bool parse(Signature &signature);
  bool parseValue(ConstantValue &value, bool topLevel);
  bool atEnd() {
    skipSpace();
    return rest.empty();
  }
  bool fail(const Twine &message) {
    error = (itemNumber ? "item " + Twine(itemNumber) + ": " + message : message).str();
    return false;
  }
  StringRef getRest() const { return rest; }

private:
  void skipSpace() { rest = rest.ltrim(); }
  bool consume(StringRef token) {
    skipSpace();
    return rest.consume_front(token);
  }
  bool peek(StringRef token) {
    skipSpace();
    return rest.starts_with(token);
  }
  StringRef takeWord() {
    skipSpace();
    StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; });
    rest = rest.drop_front(word.size());
    return word;
  }
  bool parseItem(SignatureItem &item);
  bool parseSpec(ArgumentSpec &spec);
  bool parseDescriptor(ArgumentSpec &spec);
  bool parseString(ConstantValue &value);
  bool parseNumber(ConstantValue &value);

  StringRef rest;
  std::string &error;
  unsigned itemNumber = 0;
};
} // namespace

bool SignatureParser::parse(Signature &signature) {
  while (!atEnd()) {
    ++itemNumber;
    SignatureItem item;
    if (!parseItem(item))
      return false;
    if (!item.name.empty())
      for (const SignatureItem &other : signature.items)
        if (other.name == item.name)
          return fail("'" + item.name + "' is given twice");
    signature.items.push_back(std::move(item));
    if (atEnd())
      break;
    if (!consume(","))
      return fail("expected ',' or the end, but there is '" + rest.take_front(12) + "'");
  }
  return true;
}

static bool isIdentifier(StringRef word) {
  return !word.empty() && !llvm::isDigit(word.front()) && !word.contains('.');
}

bool SignatureParser::parseItem(SignatureItem &item) {
  // A name is a word with ':' or '=' behind it, unless the word is a type and what follows ':' is a fact.
  StringRef start = rest;
  StringRef word = takeWord();
  if (isIdentifier(word)) {
    if (consume("=")) {
      item.name = word.str();
      item.spec.kind = ArgumentSpec::Kind::Constant;
      return parseValue(item.spec.value, /*topLevel=*/true);
    }
    if (consume(":")) {
      skipSpace();
      bool isFact = ElementType::parse(word).has_value() && !rest.empty() && llvm::isDigit(rest.front());
      if (!isFact) {
        item.name = word.str();
        return parseSpec(item.spec);
      }
    }
  }
  rest = start;
  return parseSpec(item.spec);
}

bool SignatureParser::parseSpec(ArgumentSpec &spec) {
  skipSpace();
  if (rest.empty())
    return fail("expected a type");
  if (peek("tensordesc<")) {
    if (!parseDescriptor(spec))
      return false;
  } else if (peek("(")) {
    consume("(");
    spec.kind = ArgumentSpec::Kind::Tuple;
    while (!consume(")")) {
      if (!parseSpec(spec.elements.emplace_back()))
        return false;
      if (!consume(",") && !peek(")"))
        return rest.empty() ? fail("expected ',' or ')' in the tuple, but it ends")
                            : fail("expected ',' or ')' in the tuple, but there is '" + rest.take_front(12) + "'");
    }
    return true;
  } else if (llvm::isDigit(rest.front()) || rest.front() == '-' || rest.front() == '"' || rest.front() == '\'' ||
             rest.starts_with("None") || rest.starts_with("True") || rest.starts_with("False")) {
    spec.kind = ArgumentSpec::Kind::Constant;
    return parseValue(spec.value, /*topLevel=*/true);
  } else {
    skipSpace();
    StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '*'; });
    rest = rest.drop_front(word.size());
    if (word == "constexpr")
      return fail("a constexpr is written NAME=value");
    std::optional<ElementType> type = ElementType::parse(word);
    if (!type)
      return fail("unknown type '" + (word.empty() ? rest.take_front(12) : word) +
                  "'; types are *fp16, *bf16, *fp32, *i8, i32, u64, fp32 and so on");
    if (!type->hasMLIRType())
      return fail("type '" + word + "' cannot be passed to a kernel");
    spec.element = *type;
  }
  while (consume(":")) {
    StringRef digits = takeWord();
    int64_t divisor = 0;
    // Triton writes 'D' for divisible by 16.
    if (digits == "D")
      divisor = 16;
    else if (digits.getAsInteger(10, divisor) || divisor < 1 || divisor > (int64_t(1) << 31))
      return fail("'" + digits + "' is no divisor: after ':' stands a positive number such as 16");
    if (spec.element.isFloating() && spec.kind == ArgumentSpec::Kind::Scalar)
      return fail("a value of type " + spec.element.getSpelling() + " has no divisor");
    spec.divisibility.push_back(divisor);
  }
  return true;
}

bool SignatureParser::parseDescriptor(ArgumentSpec &spec) {
  consume("tensordesc<");
  spec.kind = ArgumentSpec::Kind::Descriptor;
  StringRef word = takeWord();
  std::optional<ElementType> type = ElementType::parse(word);
  if (!type || !type->hasMLIRType())
    return fail("unknown element type '" + word + "' of a tensor descriptor");
  spec.element = *type;
  if (!consume("["))
    return fail("expected '[' and the block shape, as in tensordesc<fp16[128,64]>");
  do {
    int64_t side = 0;
    if (takeWord().getAsInteger(10, side) || side <= 0)
      return fail("the block shape of a tensor descriptor consists of positive numbers");
    spec.shape.push_back(side);
  } while (consume(","));
  if (!consume("]") || !consume(">"))
    return fail("expected ']>' at the end of the tensor descriptor");
  return true;
}

bool SignatureParser::parseString(ConstantValue &value) {
  char quote = rest.front();
  rest = rest.drop_front();
  std::string text;
  while (!rest.empty() && rest.front() != quote) {
    if (rest.front() == '\\' && rest.size() > 1) {
      rest = rest.drop_front();
      text += rest.front() == 'n' ? '\n' : rest.front() == 't' ? '\t' : rest.front();
    } else {
      text += rest.front();
    }
    rest = rest.drop_front();
  }
  if (rest.empty())
    return fail("the string is not closed");
  rest = rest.drop_front();
  value = ConstantValue::string(std::move(text));
  return true;
}

bool SignatureParser::parseNumber(ConstantValue &value) {
  StringRef start = rest;
  StringRef text = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '.' || c == '_'; });
  // The sign of an exponent belongs to the number.
  if (!text.empty() && (text.back() == 'e' || text.back() == 'E') && !text.starts_with("0x") &&
      text.size() < start.size() && (start[text.size()] == '-' || start[text.size()] == '+'))
    text = start.take_front(text.size() + 1 + start.drop_front(text.size() + 1).take_while(llvm::isDigit).size());
  rest = start.drop_front(text.size());
  std::string digits = text.str();
  llvm::erase(digits, '_');
  int64_t integer = 0;
  uint64_t large = 0;
  double number = 0;
  if (!StringRef(digits).getAsInteger(0, integer)) {
    value = ConstantValue::integerOf(integer);
    return true;
  }
  if (!StringRef(digits).getAsInteger(0, large)) {
    value = ConstantValue::integerOf(static_cast<int64_t>(large));
    value.isUnsigned64 = true;
    return true;
  }
  if (!StringRef(digits).getAsDouble(number)) {
    value = ConstantValue::floating(number);
    return true;
  }
  return fail("'" + text + "' is no number");
}

bool SignatureParser::parseValue(ConstantValue &value, bool topLevel) {
  skipSpace();
  if (rest.empty())
    return fail("expected a value after '='");
  char first = rest.front();
  if (first == '"' || first == '\'')
    return parseString(value);
  if (first == '-') {
    rest = rest.drop_front();
    if (!parseValue(value, topLevel))
      return false;
    if (value.kind == ConstantValue::Kind::Float)
      value.number = -value.number;
    else if (value.kind == ConstantValue::Kind::Int && !value.isUnsigned64)
      value.integer = -value.integer;
    else if (value.isUnsigned64 && value.integer == std::numeric_limits<int64_t>::min())
      value.isUnsigned64 = false;
    else
      return fail("'-' stands before a number only");
    return true;
  }
  if (first == '(' || first == '[') {
    rest = rest.drop_front();
    StringRef close = first == '(' ? ")" : "]";
    std::vector<ConstantValue> elements;
    bool hasComma = false;
    while (!consume(close)) {
      if (!parseValue(elements.emplace_back(), /*topLevel=*/false))
        return false;
      if (consume(","))
        hasComma = true;
      else if (!peek(close))
        return fail("expected ',' or '" + close + "', but there is '" + rest.take_front(12) + "'");
    }
    if (first == '(' && elements.size() == 1 && !hasComma)
      value = ConstantValue(elements.front());
    else
      value = ConstantValue::tuple(std::move(elements));
    return true;
  }
  if (llvm::isDigit(first) || first == '.')
    return parseNumber(value);
  if (first == '*') {
    StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '*'; });
    std::optional<ElementType> type = ElementType::parse(word);
    if (!type)
      return fail("unknown type '" + word + "'");
    rest = rest.drop_front(word.size());
    value = ConstantValue::dtype(*type);
    return true;
  }
  StringRef word = takeWord();
  if (word == "None")
    value = ConstantValue::none();
  else if (word == "True" || word == "False")
    value = ConstantValue::boolean(word == "True");
  else if (word == "inf" || word == "nan")
    value = ConstantValue::floating(word == "inf" ? std::numeric_limits<double>::infinity()
                                                  : std::numeric_limits<double>::quiet_NaN());
  else if (word == "float" && consume("(")) {
    ConstantValue inner;
    if (!parseValue(inner, false) || !consume(")"))
      return error.empty() ? fail("expected ')'") : false;
    if (inner.kind == ConstantValue::Kind::String) {
      StringRef name = inner.text;
      bool negative = name.consume_front("-");
      double number = name == "inf" ? std::numeric_limits<double>::infinity() : std::nan("");
      value = ConstantValue::floating(negative ? -number : number);
    } else {
      value = ConstantValue::floating(inner.kind == ConstantValue::Kind::Float ? inner.number : inner.integer);
    }
  } else {
    StringRef name = word;
    bool qualified = name.consume_front("tl.") || name.consume_front("triton.language.") ||
                     name.consume_front("torch.") || name.consume_front("tile.");
    std::optional<ElementType> type = ElementType::fromLanguageName(name);
    if (!type && name == "bool")
      type = ElementType(DType::Int1);
    if (!type && !name.contains('.'))
      type = ElementType::parse(name);
    if (type)
      value = ConstantValue::dtype(*type);
    else if (isIdentifier(word) && !qualified)
      value = ConstantValue::function(word.str());
    else
      return fail("'" + (word.empty() ? rest.take_front(12) : word) +
                  "' is no value; values are integers, floats, True, False, None, \"strings\", tl.float16 and names of "
                  "functions");
  }
  return true;
}

std::optional<Signature> tessera::parseSignature(StringRef text, std::string &error) {
  Signature signature;
  SignatureParser parser(text, error);
  if (!parser.parse(signature))
    return std::nullopt;
  return signature;
}

std::optional<ConstantValue> tessera::parseConstant(StringRef text, std::string &error) {
  ConstantValue value;
  SignatureParser parser(text, error);
  if (!parser.parseValue(value, /*topLevel=*/true))
    return std::nullopt;
  if (!parser.atEnd()) {
    error = ("expected the end after the value, but there is '" + parser.getRest().take_front(12) + "'").str();
    return std::nullopt;
  }
  return value;
}
