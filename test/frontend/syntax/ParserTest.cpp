//===- ParserTest.cpp - what trees texts give -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseHelpers.h"

#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::test;

namespace {
/// The dump of a module without its first line.
std::string dumpModule(llvm::StringRef text) {
  Parsed parsed(text, "test.tile", reportAll());
  if (parsed.diagnostics.hasErrors())
    return parsed.getMessages();
  std::string result = parsed.getDump();
  return result.substr(result.find('\n') + 1);
}
} // namespace

TEST(Parser, Precedence) {
  EXPECT_EQ(dumpOf("a + b * c"), "(+ a (* b c))");
  EXPECT_EQ(dumpOf("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(dumpOf("a ** b ** c"), "(** a (** b c))");
  EXPECT_EQ(dumpOf("-a ** -b"), "(- (** a (- b)))");
  EXPECT_EQ(dumpOf("a | b ^ c & d << e + f * ~g"), "(| a (^ b (& c (<< d (+ e (* f (~ g)))))))");
  EXPECT_EQ(dumpOf("a or b and not c == d"), "(or a (and b (not (compare c == d))))");
  EXPECT_EQ(dumpOf("a and b and c or d or e"), "(or (and a b c) d e)");
  EXPECT_EQ(dumpOf("(a and b) and c"), "(and (and a b) c)");
  EXPECT_EQ(dumpOf("a if b else c if d else e"), "(if b a (if d c e))");
  EXPECT_EQ(dumpOf("a @ b // c % d / e"), "(/ (% (// (@ a b) c) d) e)");
  EXPECT_EQ(dumpOf("not not a"), "(not (not a))");
}

TEST(Parser, Comparisons) {
  EXPECT_EQ(dumpOf("a < b <= c != d"), "(compare a < b <= c != d)");
  EXPECT_EQ(dumpOf("a is not b"), "(compare a is not b)");
  EXPECT_EQ(dumpOf("a not in b in c is d"), "(compare a not in b in c is d)");
  EXPECT_EQ(dumpOf("a is (not b)"), "(compare a is (not b))");
}

TEST(Parser, Calls) {
  EXPECT_EQ(dumpOf("f()"), "(call f)");
  EXPECT_EQ(dumpOf("tl.load(p + o, mask=m, other=-float('inf'),)"),
            "(call tl.load (+ p o) mask=m other=(- (call float \"inf\")))");
  EXPECT_EQ(dumpOf("f(*a, b, *c, k=1, **d, l=2, **e)"), "(call f *a b *c k=1 **d l=2 **e)");
  EXPECT_EQ(dumpOf("f(*a or b)"), "(call f *(or a b))");
  EXPECT_EQ(dumpOf("f(x for x in y)"), "(call f (generator-of x (for x in y)))");
  EXPECT_EQ(dumpOf("f(a := 1, b)"), "(call f (:= a 1) b)");
  EXPECT_EQ(dumpOf("f(a)(b).c[d]"), "(index (. (call (call f a) b) c) d)");
  EXPECT_EQ(dumpOf("kernel[(1,)](x)"), "(call (index kernel (tuple 1)) x)");
}

TEST(Parser, Subscripts) {
  EXPECT_EQ(dumpOf("a[:, None]"), "(index a (tuple (slice _ _ _) None))");
  EXPECT_EQ(dumpOf("a[1:2:3]"), "(index a (slice 1 2 3))");
  EXPECT_EQ(dumpOf("a[::]"), "(index a (slice _ _ _))");
  EXPECT_EQ(dumpOf("a[b, ]"), "(index a (tuple b))");
  EXPECT_EQ(dumpOf("a[(b, c)]"), "(index a (tuple b c))");
  EXPECT_EQ(dumpOf("a[...,*b]"), "(index a (tuple ... *b))");
  EXPECT_EQ(dumpOf("a[b := 1]"), "(index a (:= b 1))");
}

TEST(Parser, Displays) {
  EXPECT_EQ(dumpOf("()"), "(tuple)");
  EXPECT_EQ(dumpOf("(a)"), "a");
  EXPECT_EQ(dumpOf("(a,)"), "(tuple a)");
  EXPECT_EQ(dumpOf("a, *b"), "(tuple a *b)");
  EXPECT_EQ(dumpOf("[a, *b, ]"), "(list a *b)");
  EXPECT_EQ(dumpOf("{}"), "(dict)");
  EXPECT_EQ(dumpOf("{a: b, **c}"), "(dict a: b **c)");
  EXPECT_EQ(dumpOf("{a, *b}"), "(set a *b)");
  EXPECT_EQ(dumpOf("[a for b, c in d if e if f for g in h]"),
            "(list-of a (for (tuple b c) in d if e if f) (for g in h))");
  EXPECT_EQ(dumpOf("{a: b for c in d}"), "(dict-of a: b (for c in d))");
  EXPECT_EQ(dumpOf("{a for b in c}"), "(set-of a (for b in c))");
  EXPECT_EQ(dumpOf("[a for b in c if (d if e else f)]"), "(list-of a (for b in c if (if e d f)))");
}

TEST(Parser, Lambdas) {
  EXPECT_EQ(dumpOf("lambda: 0"), "(lambda () 0)");
  EXPECT_EQ(dumpOf("lambda a, /, b=1, *c, d, **e: a"),
            "(lambda (a positional-only, b = 1, *c, d keyword-only, **e) a)");
  EXPECT_EQ(dumpOf("lambda *, a: lambda b: a if b else c"), "(lambda (a keyword-only) (lambda (b) (if b a c)))");
}

TEST(Parser, Literals) {
  EXPECT_EQ(dumpOf("0xff"), "255");
  EXPECT_EQ(dumpOf("99999999999999999999"), "99999999999999999999");
  EXPECT_EQ(dumpOf("1_0.5e-3"), "1_0.5e-3");
  EXPECT_EQ(dumpOf("2j"), "2j");
  EXPECT_EQ(dumpOf("True, False, None, ..."), "(tuple True False None ...)");
  EXPECT_EQ(dumpOf("'a' \"b\" r'\\c'"), "\"ab\\\\c\"");
  EXPECT_EQ(dumpOf("b'a' b'\\xff'"), "b\"a\\FF\"");
  EXPECT_EQ(dumpOf("''"), "\"\"");
}

TEST(Parser, FormattedStrings) {
  EXPECT_EQ(dumpOf("f'a{b}c'"), "(f-string \"a\" (format b) \"c\")");
  EXPECT_EQ(dumpOf("'x' f'{{{b!r:>{w}.2f}}}' 'y'"),
            "(f-string \"x{\" (format b !r (f-string \">\" (format w) \".2f\")) \"}y\")");
  EXPECT_EQ(dumpOf("f'{b = }'"), "(f-string \"b = \" (format b !r))");
  EXPECT_EQ(dumpOf("f'{b=:x}'"), "(f-string \"b=\" (format b (f-string \"x\")))");
  EXPECT_EQ(dumpOf("f'{a, b}{c if d else e}{(lambda: 1)()}'"),
            "(f-string (format (tuple a b)) (format (if d c e)) (format (call (lambda () 1))))");
  EXPECT_EQ(dumpOf("f\"{d[\"k\"]}\""), "(f-string (format (index d \"k\")))");
  EXPECT_EQ(dumpOf("f''"), "(f-string)");
  EXPECT_EQ(dumpOf("t'{a}'"), "(t-string (format a))");
  EXPECT_EQ(dumpOf("f'''{\na\n}'''"), "(f-string (format a))");
  EXPECT_EQ(dumpOf("rf'\\d{a}'"), "(f-string \"\\\\d\" (format a))");
}

TEST(Parser, SimpleStatements) {
  EXPECT_EQ(dumpModule("a = b = c, d = 1\n"), "  assign a = b = (tuple c d) = 1\n");
  EXPECT_EQ(dumpModule("a, *b = c\n[a, (b, c.d)] = e[0]\n"),
            "  assign (tuple a *b) = c\n  assign (list a (tuple b c.d)) = (index e 0)\n");
  EXPECT_EQ(dumpModule("a += 1; b //= 2; c **= 3; d @= 4; e >>= 5\n"),
            "  assign a += 1\n  assign b //= 2\n  assign c **= 3\n  assign d @= 4\n  assign e >>= 5\n");
  EXPECT_EQ(dumpModule("a: int\nb.c: tl.constexpr = 1\n"), "  declare a: int\n  declare b.c: tl.constexpr = 1\n");
  EXPECT_EQ(dumpModule("pass\nassert a, 'b'\nraise\nraise a from b\ndel a, b[0]\ndel (a, b)\n"),
            "  pass\n  assert a, \"b\"\n  raise\n  raise a from b\n  delete a (index b 0)\n  delete (tuple a b)\n");
  EXPECT_EQ(dumpModule("import a.b as c, d\nfrom ..e import (f as g, h,)\nfrom . import i\nfrom ... import *\n"),
            "  import a.b as c d\n  from ..e import f as g h\n  from . import i\n  from ... import *\n");
  EXPECT_EQ(dumpModule("type A[T: int, *U, **V] = list[T]\n"),
            "  type A = (index list T)\n    type-param T: int\n    type-param *U\n    type-param **V\n");
}

TEST(Parser, CompoundStatements) {
  EXPECT_EQ(dumpModule("if a:\n  b\nelif c: d\nelse:\n  if e: f\n"),
            "  if a\n    expr b\n  elif c\n    expr d\n  else\n    if e\n      expr f\n");
  EXPECT_EQ(dumpModule("for a, b in c:\n  break\nelse:\n  pass\n"),
            "  for (tuple a b) in c\n    break\n  else\n    pass\n");
  EXPECT_EQ(dumpModule("while a: b; continue\n"), "  while a\n    expr b\n    continue\n");
  EXPECT_EQ(dumpModule("with a as b, c: d\nwith (a as b, c): d\nwith (a, b) as c: d\nwith (a): d\n"),
            "  with a as b c\n    expr d\n  with a as b c\n    expr d\n  with (tuple a b) as c\n    expr d\n"
            "  with a\n    expr d\n");
  EXPECT_EQ(dumpModule("try: a\nexcept B as c: d\nexcept: e\nelse: f\nfinally: g\n"),
            "  try\n    expr a\n  except B as c\n    expr d\n  except\n    expr e\n  else\n    expr f\n"
            "  finally\n    expr g\n");
}

TEST(Parser, Functions) {
  EXPECT_EQ(dumpModule("@a.b(c)\n@d\nasync def f[T](a, /, b: int = 1, *c: *T, d, **e) -> g: return a\n"),
            "  async-function f\n    decorator (call a.b c)\n    decorator d\n    type-param T\n"
            "    param a positional-only\n    param b: int = 1\n    param *c: *T\n    param d keyword-only\n"
            "    param **e\n    returns g\n    body\n      return a\n");
  EXPECT_EQ(dumpModule("class A(B, metaclass=C):\n  x: int = 1\n  def f(self): yield self\n"),
            "  class A B metaclass=C\n    body\n      declare x: int = 1\n      function f\n        param self\n"
            "        body\n          expr (yield self)\n");
}

TEST(Parser, MatchStatements) {
  EXPECT_EQ(dumpModule("match a, b:\n  case [1, *r] | (x, _) if y: c\n  case {'k': v, **rest}: d\n"
                       "  case A.B(1, k=-2.5) as z: e\n  case None | -1 + 2j | 'a' 'b': f\n  case x, *_: g\n"),
            "  match (tuple a b)\n    case (or (sequence 1 *r) (sequence (bind x) (bind _))) if y\n      expr c\n"
            "    case (mapping \"k\": (bind v) **rest)\n      expr d\n    case (as (class A.B 1 k=(- 2.5)) z)\n"
            "      expr e\n    case (or None (+ (- 1) 2j) \"ab\")\n      expr f\n"
            "    case (sequence (bind x) *_)\n      expr g\n");
}

TEST(Parser, SoftKeywordsAreNames) {
  EXPECT_EQ(dumpModule("match = 1\nmatch(a)\nmatch[a]: int\nprint(match.b, type(c))\ntype = 2\ncase = type\n"),
            "  assign match = 1\n  expr (call match a)\n  declare (index match a): int\n"
            "  expr (call print match.b (call type c))\n  assign type = 2\n  assign case = type\n");
}

TEST(Parser, RangesAndPlaces) {
  Parsed parsed("z = (a + b).to(tl.float32) if x[0] < 1 else -f(1, k=2)\n");
  const auto *assign = llvm::cast<ast::Assign>(parsed.program->getModule().body[0]);
  const auto *conditional = llvm::cast<ast::IfExp>(assign->value);
  auto textOf = [&](SourceRange range) { return parsed.sources.getText(range).str(); };
  auto columnOf = [&](SourceLoc loc) { return parsed.sources.getLineColumn(loc).column; };
  EXPECT_EQ(textOf(assign->range), "z = (a + b).to(tl.float32) if x[0] < 1 else -f(1, k=2)");
  const auto *call = llvm::cast<ast::Call>(conditional->thenValue);
  EXPECT_EQ(textOf(call->range), "(a + b).to(tl.float32)");
  EXPECT_EQ(textOf(call->parens), "(tl.float32)");
  EXPECT_EQ(columnOf(call->getLoc()), 13u);
  const auto *sum = llvm::cast<ast::BinOp>(llvm::cast<ast::Attribute>(call->callee)->value);
  EXPECT_EQ(textOf(sum->range), "a + b");
  EXPECT_TRUE(sum->parenthesized);
  EXPECT_EQ(columnOf(sum->getLoc()), 8u);
  EXPECT_EQ(textOf(conditional->condition->range), "x[0] < 1");
  EXPECT_EQ(columnOf(conditional->condition->getLoc()), 36u);
  EXPECT_EQ(textOf(conditional->elseValue->range), "-f(1, k=2)");
  const auto *negated = llvm::cast<ast::Call>(llvm::cast<ast::UnaryOp>(conditional->elseValue)->operand);
  EXPECT_EQ(textOf(negated->keywords[0].range), "k=2");
}

TEST(Parser, ManyLevelsAreRefusedNotFatal) {
  auto nested = [](std::string open, std::string close, int times) {
    std::string text = "x = ";
    for (int i = 0; i < times; ++i)
      text += open;
    text += "v";
    for (int i = 0; i < times; ++i)
      text += close;
    return Parsed(text + "\n").diagnostics.hasErrors();
  };
  for (auto [open, close] : {std::pair("(", ")"),
                             {"[", "]"},
                             {"{", "}"},
                             {"f(", ")"},
                             {"a[", "]"},
                             {"-", ""},
                             {"not ", ""},
                             {"lambda: ", ""},
                             {"1 if 2 else ", ""},
                             {"2 ** ", ""},
                             {"1 + ", ""},
                             {"{1: ", "}"},
                             {"f'{", "}'"},
                             {"a.", ""},
                             {"await ", ""},
                             {"", ".a"},
                             {"", "()"}}) {
    EXPECT_TRUE(nested(open, close, 20000)) << open << close;
    if (std::string(open) != "a." && std::string(open) != "await ")
      EXPECT_FALSE(nested(open, close, 50)) << open;
  }
  std::string text = "if a: pass\n";
  for (int i = 0; i < 20000; ++i)
    text += "elif b: pass\n";
  EXPECT_TRUE(Parsed(text).diagnostics.hasErrors());
}
