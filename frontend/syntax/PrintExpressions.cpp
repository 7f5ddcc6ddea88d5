//===- PrintExpressions.cpp - expressions as source text --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Characters.h"
#include "frontend/syntax/Dump.h"
#include "frontend/syntax/PrinterImpl.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Format.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;
using llvm::StringRef;

namespace {
Binding getBinding(BinaryOp op) {
  switch (op) {
  case BinaryOp::Add:
  case BinaryOp::Sub:
    return Sum;
  case BinaryOp::LShift:
  case BinaryOp::RShift:
    return Shift;
  case BinaryOp::BitAnd:
    return BitAnd;
  case BinaryOp::BitXor:
    return BitXor;
  case BinaryOp::BitOr:
    return BitOr;
  case BinaryOp::Pow:
    return Power;
  default:
    return Term;
  }
}

Binding getBinding(const Expr *expr) {
  switch (expr->kind) {
  case ExprKind::NamedExpr:
  case ExprKind::Yield:
  case ExprKind::Slice:
  case ExprKind::Starred:
    return Any;
  case ExprKind::IfExp:
  case ExprKind::Lambda:
    return Test;
  case ExprKind::BoolOp:
    return cast<BoolOp>(expr)->isAnd ? And : Or;
  case ExprKind::Compare:
    return Comparing;
  case ExprKind::BinOp:
    return getBinding(cast<BinOp>(expr)->op);
  case ExprKind::UnaryOp:
    return cast<UnaryOp>(expr)->op == UnaryOperator::Not ? Not : Unary;
  case ExprKind::Await:
    return Awaiting;
  default:
    return Primary;
  }
}
} // namespace

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

void Printer::print(const Expr *expr, unsigned binding) {
  bool parens = getBinding(expr) < binding;
  if (parens)
    os << "(";
  printBare(expr);
  if (parens)
    os << ")";
}

/// An element of a list or an argument: may have a star.
void Printer::printElement(const Expr *expr) {
  if (const auto *starred = dyn_cast<Starred>(expr)) {
    os << "*";
    print(starred->value, BitOr);
  } else {
    print(expr);
  }
}

void Printer::printList(StringRef open, ExprList list, StringRef close) {
  os << open;
  commas(list, [&](const Expr *element) { printElement(element); });
  os << close;
}

void Printer::printBinOp(const BinOp *op) {
  Binding binding = getBinding(op->op);
  bool power = op->op == BinaryOp::Pow;
  print(op->left, power ? Awaiting : binding);
  os << " " << getSpelling(op->op) << " ";
  print(op->right, power ? Unary : binding + 1);
}

void Printer::printSlice(const Slice *slice) {
  if (slice->lower)
    print(slice->lower);
  os << ":";
  if (slice->upper)
    print(slice->upper);
  if (!slice->step)
    return;
  os << ":";
  print(slice->step);
}

void Printer::printSubscript(const Subscript *subscript) {
  print(subscript->value, Primary);
  os << "[";
  auto item = [&](const Expr *index) {
    if (const auto *slice = dyn_cast<Slice>(index))
      printSlice(slice);
    else
      printElement(index);
  };
  const auto *tuple = dyn_cast<Tuple>(subscript->index);
  if (tuple && !tuple->elements.empty()) {
    commas(tuple->elements, item);
    if (tuple->elements.size() == 1)
      os << ",";
  } else {
    item(subscript->index);
  }
  os << "]";
}

void Printer::printArguments(ExprList args, llvm::ArrayRef<Keyword> keywords) {
  os << "(";
  commas(args, [&](const Expr *arg) { printElement(arg); });
  if (!args.empty() && !keywords.empty())
    os << ", ";
  commas(keywords, [&](const Keyword &keyword) {
    if (keyword.isUnpack())
      os << "**";
    else
      os << keyword.name.text << "=";
    print(keyword.value);
  });
  os << ")";
}

void Printer::printParams(llvm::ArrayRef<Param> params) {
  bool star = false;
  for (size_t i = 0; i < params.size(); ++i) {
    const Param &param = params[i];
    if (i != 0)
      os << ", ";
    if (param.kind == ParamKind::KeywordOnly && !star)
      os << "*, ";
    star |= param.kind == ParamKind::KeywordOnly || param.kind == ParamKind::VarPositional;
    if (param.kind == ParamKind::VarPositional)
      os << "*";
    if (param.kind == ParamKind::VarKeyword)
      os << "**";
    os << param.name.text;
    if (param.annotation) {
      os << ": ";
      printElement(param.annotation);
    }
    if (param.defaultValue) {
      os << (param.annotation ? " = " : "=");
      print(param.defaultValue);
    }
    bool lastPositionalOnly = param.kind == ParamKind::PositionalOnly &&
                              (i + 1 == params.size() || params[i + 1].kind != ParamKind::PositionalOnly);
    if (lastPositionalOnly)
      os << ", /";
  }
}

void Printer::printComprehension(const Comprehension *comprehension) {
  static constexpr StringRef brackets[] = {"[]", "{}", "{}", "()"};
  StringRef around = brackets[unsigned(comprehension->form)];
  os << around[0];
  print(comprehension->element);
  if (comprehension->value) {
    os << ": ";
    print(comprehension->value);
  }
  for (const Generator &generator : comprehension->generators) {
    os << (generator.isAsync ? " async for " : " for ");
    printElement(generator.target);
    os << " in ";
    print(generator.iter, Or);
    for (const Expr *condition : generator.conditions) {
      os << " if ";
      print(condition, Or);
    }
  }
  os << around[1];
}

void Printer::printDict(const Dict *dict) {
  os << "{";
  commas(dict->items, [&](const DictItem &item) {
    if (!item.key) {
      os << "**";
      print(item.value, BitOr);
      return;
    }
    print(item.key);
    os << ": ";
    print(item.value);
  });
  os << "}";
}

/// The inside of a string in double quotes.
void Printer::printString(StringRef text, bool inFString, bool inSpec, bool bytes) {
  while (!text.empty()) {
    char c = text[0];
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && !bytes) {
      CodePoint codePoint = decodeCodePoint(text);
      bool surrogate =
          !codePoint.valid && text.size() >= 3 && byte == 0xED && (text[1] & 0xE0) == 0xA0 && (text[2] & 0xC0) == 0x80;
      unsigned size = surrogate ? 3 : codePoint.size;
      if (surrogate)
        os << llvm::format("\\u%04x", 0xD000 | (text[1] & 0x3F) << 6 | (text[2] & 0x3F));
      else
        os << text.take_front(size);
      text = text.drop_front(size);
      continue;
    }
    text = text.drop_front();
    if (c == '\\' || c == '"')
      os << '\\' << c;
    else if (c == '\n')
      os << "\\n";
    else if (byte < 0x20 || byte >= 0x7F || (inSpec && (c == '{' || c == '}')))
      os << llvm::format("\\x%02x", byte);
    else if (inFString && (c == '{' || c == '}'))
      os << c << c;
    else
      os << c;
  }
}

/// The inside of an f-string or of a format in one.
void Printer::printPieces(const JoinedString *string, bool inSpec) {
  for (const Expr *piece : string->values) {
    const auto *field = dyn_cast<FormattedValue>(piece);
    if (!field) {
      printString(cast<StringLiteral>(piece)->value, /*inFString=*/true, inSpec, /*bytes=*/false);
      continue;
    }
    os << "{";
    std::string value = toSource(field->value);
    bool simple = isa<Name, Attribute, Call, Subscript>(field->value) && value[0] != '{'; // `{{` would be a brace
    os << (simple ? "" : "(") << value << (simple ? "" : ")");
    if (field->conversion)
      os << "!" << field->conversion;
    if (field->format) {
      os << ":";
      printPieces(field->format, /*inSpec=*/true);
    }
    os << "}";
  }
}

void Printer::printBare(const Expr *expr) {
  switch (expr->kind) {
  case ExprKind::Name:
    os << cast<Name>(expr)->id;
    return;
  case ExprKind::IntLiteral:
    os << cast<IntLiteral>(expr)->spelling;
    return;
  case ExprKind::FloatLiteral:
    os << cast<FloatLiteral>(expr)->spelling;
    return;
  case ExprKind::ImaginaryLiteral:
    os << cast<ImaginaryLiteral>(expr)->spelling;
    return;
  case ExprKind::StringLiteral:
    os << '"';
    printString(cast<StringLiteral>(expr)->value, false, false, /*bytes=*/false);
    os << '"';
    return;
  case ExprKind::BytesLiteral:
    os << "b\"";
    printString(cast<BytesLiteral>(expr)->value, false, false, /*bytes=*/true);
    os << '"';
    return;
  case ExprKind::BoolLiteral:
    os << (cast<BoolLiteral>(expr)->value ? "True" : "False");
    return;
  case ExprKind::NoneLiteral:
    os << "None";
    return;
  case ExprKind::EllipsisLiteral:
    os << "...";
    return;
  case ExprKind::JoinedString:
    os << (cast<JoinedString>(expr)->isTemplate ? "t\"" : "f\"");
    printPieces(cast<JoinedString>(expr), /*inSpec=*/false);
    os << '"';
    return;
  case ExprKind::FormattedValue: // only within a JoinedString
    return print(cast<FormattedValue>(expr)->value);
  case ExprKind::BoolOp: {
    const auto *op = cast<BoolOp>(expr);
    llvm::interleave(
        op->values, os, [&](const Expr *value) { print(value, op->isAnd ? Not : And); }, op->isAnd ? " and " : " or ");
    return;
  }
  case ExprKind::BinOp:
    return printBinOp(cast<BinOp>(expr));
  case ExprKind::UnaryOp: {
    const auto *op = cast<UnaryOp>(expr);
    bool isNot = op->op == UnaryOperator::Not;
    os << getSpelling(op->op) << (isNot ? " " : "");
    return print(op->operand, isNot ? Not : Unary);
  }
  case ExprKind::Compare: {
    const auto *compare = cast<Compare>(expr);
    print(compare->left, BitOr);
    for (const Comparison &comparison : compare->comparisons) {
      os << " " << getSpelling(comparison.op) << " ";
      print(comparison.right, BitOr);
    }
    return;
  }
  case ExprKind::IfExp: {
    const auto *op = cast<IfExp>(expr);
    print(op->thenValue, Or);
    os << " if ";
    print(op->condition, Or);
    os << " else ";
    return print(op->elseValue, Test);
  }
  case ExprKind::Lambda: {
    const auto *lambda = cast<Lambda>(expr);
    os << (lambda->params.empty() ? "lambda" : "lambda ");
    printParams(lambda->params);
    os << ": ";
    return print(lambda->body, Test);
  }
  case ExprKind::Call:
    print(cast<Call>(expr)->callee, Primary);
    return printArguments(cast<Call>(expr)->args, cast<Call>(expr)->keywords);
  case ExprKind::Attribute: {
    const auto *attribute = cast<Attribute>(expr);
    bool number = isa<IntLiteral, FloatLiteral>(attribute->value); // `1.x` would be a number
    os << (number ? "(" : "");
    print(attribute->value, Primary);
    os << (number ? ")." : ".") << attribute->attr.text;
    return;
  }
  case ExprKind::Subscript:
    return printSubscript(cast<Subscript>(expr));
  case ExprKind::Slice:
    return printSlice(cast<Slice>(expr));
  case ExprKind::Starred:
    return printElement(expr);
  case ExprKind::List:
    return printList("[", cast<List>(expr)->elements, "]");
  case ExprKind::Tuple: {
    ExprList elements = cast<Tuple>(expr)->elements;
    return printList("(", elements, elements.size() == 1 ? ",)" : ")");
  }
  case ExprKind::Set:
    return printList("{", cast<Set>(expr)->elements, "}");
  case ExprKind::Dict:
    return printDict(cast<Dict>(expr));
  case ExprKind::Comprehension:
    return printComprehension(cast<Comprehension>(expr));
  case ExprKind::NamedExpr:
    os << cast<NamedExpr>(expr)->target->id << " := ";
    return print(cast<NamedExpr>(expr)->value);
  case ExprKind::Await:
    os << "await ";
    return print(cast<Await>(expr)->value, Primary);
  case ExprKind::Yield: {
    const auto *yield = cast<Yield>(expr);
    os << (yield->isFrom ? "yield from" : "yield");
    if (!yield->value)
      return;
    os << " ";
    return printElement(yield->value);
  }
  }
  llvm_unreachable("all kinds are listed");
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

void Printer::printMapping(const MatchMapping *mapping) {
  os << "{";
  for (size_t i = 0; i < mapping->keys.size(); ++i) {
    os << (i == 0 ? "" : ", ");
    print(mapping->keys[i]);
    os << ": ";
    printPattern(mapping->patterns[i]);
  }
  if (!mapping->rest.text.empty())
    os << (mapping->keys.empty() ? "**" : ", **") << mapping->rest.text;
  os << "}";
}

void Printer::printClassPattern(const MatchClass *cls) {
  print(cls->cls, Primary);
  os << "(";
  commas(cls->patterns, [&](const Pattern *pattern) { printPattern(pattern); });
  for (size_t i = 0; i < cls->keywordNames.size(); ++i) {
    os << (i == 0 && cls->patterns.empty() ? "" : ", ") << cls->keywordNames[i].text << "=";
    printPattern(cls->keywordPatterns[i]);
  }
  os << ")";
}

void Printer::printPattern(const Pattern *pattern) {
  switch (pattern->kind) {
  case PatternKind::MatchValue:
    return print(cast<MatchValue>(pattern)->value);
  case PatternKind::MatchSingleton:
    return print(cast<MatchSingleton>(pattern)->value);
  case PatternKind::MatchSequence:
    os << "[";
    commas(cast<MatchSequence>(pattern)->patterns, [&](const Pattern *element) { printPattern(element); });
    os << "]";
    return;
  case PatternKind::MatchMapping:
    return printMapping(cast<MatchMapping>(pattern));
  case PatternKind::MatchClass:
    return printClassPattern(cast<MatchClass>(pattern));
  case PatternKind::MatchStar: {
    StringRef name = cast<MatchStar>(pattern)->name.text;
    os << "*" << (name.empty() ? "_" : name);
    return;
  }
  case PatternKind::MatchAs: {
    const auto *as = cast<MatchAs>(pattern);
    StringRef name = as->name.text.empty() ? "_" : as->name.text;
    if (!as->pattern) {
      os << name;
      return;
    }
    os << "(";
    printPattern(as->pattern);
    os << " as " << name << ")";
    return;
  }
  case PatternKind::MatchOr:
    os << "(";
    llvm::interleave(
        cast<MatchOr>(pattern)->patterns, os, [&](const Pattern *element) { printPattern(element); }, " | ");
    os << ")";
    return;
  }
  llvm_unreachable("all kinds are listed");
}
