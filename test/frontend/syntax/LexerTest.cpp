//===- LexerTest.cpp - tokens and literals ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Lexer.h"
#include "frontend/syntax/Literals.h"

#include "llvm/ADT/SmallString.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace tessera;

namespace {
/// The tokens of a text, by their spelling; line ends and blocks as NEWLINE, INDENT, DEDENT.
std::string lex(llvm::StringRef text) {
  std::string copy = text.str(), result;
  Lexer lexer(copy, SourceLoc::fromRaw(1));
  for (;;) {
    Token token = lexer.next();
    if (!result.empty())
      result += " ";
    switch (token.kind) {
    case TokenKind::EndOfFile:
      return result + "END";
    case TokenKind::Newline:
      result += "NEWLINE";
      break;
    case TokenKind::Indent:
      result += "INDENT";
      break;
    case TokenKind::Dedent:
      result += "DEDENT";
      break;
    case TokenKind::Error:
      result += "ERROR";
      break;
    default:
      result += lexer.getText(token);
    }
  }
}

/// The one diagnostic of a text.
std::string diagnose(llvm::StringRef text) {
  std::string copy = text.str();
  Lexer lexer(copy, SourceLoc::fromRaw(1));
  llvm::SmallVector<Diagnostic> found;
  for (Token token = lexer.next(); !token.is(TokenKind::EndOfFile); token = lexer.next())
    if (token.hasDiagnostics)
      lexer.takeDiagnostics(token, found);
  return found.size() == 1 ? found[0].message : std::to_string(found.size()) + " diagnostics";
}

std::string decode(llvm::StringRef body, DecodeOptions options = {}) {
  llvm::SmallString<32> out;
  std::string problems;
  decodeString(body, options, out, [&](size_t begin, size_t size, bool isError, const llvm::Twine &message) {
    problems += (isError ? "E" : "W") + std::to_string(begin) + "+" + std::to_string(size) + " " + message.str() + ";";
  });
  return problems.empty() ? std::string(out) : problems + std::string(out);
}
} // namespace

TEST(Lexer, BlocksAndBlankLines) {
  EXPECT_EQ(lex("if x:\n    a\n\n    # comment\n  # odd\n    b\nc"),
            "if x : NEWLINE INDENT a NEWLINE b NEWLINE DEDENT c NEWLINE END");
  EXPECT_EQ(lex("if x:\n if y:\n  a\n"), "if x : NEWLINE INDENT if y : NEWLINE INDENT a NEWLINE DEDENT DEDENT END");
  EXPECT_EQ(lex(""), "END");
  EXPECT_EQ(lex("\n\n  \n# only a comment"), "END");
}

TEST(Lexer, JoinedLines) {
  EXPECT_EQ(lex("f(a,\n  b\n)\n"), "f ( a , b ) NEWLINE END");
  EXPECT_EQ(lex("a + \\\n   b\n"), "a + b NEWLINE END");
  EXPECT_EQ(lex("x = {\n'a': [1,\n\n# c\n2]}\n"), "x = { 'a' : [ 1 , 2 ] } NEWLINE END");
}

TEST(Lexer, LineEndsByteOrderMarkFormFeed) {
  EXPECT_EQ(lex("\xEF\xBB\xBF"
                "a\r\nb\rc\n"),
            "a NEWLINE b NEWLINE c NEWLINE END");
  EXPECT_EQ(lex("if x:\r\n\ta\r\n"), "if x : NEWLINE INDENT a NEWLINE DEDENT END");
  EXPECT_EQ(lex("a\n\f\nb\n\fc\n"), "a NEWLINE b NEWLINE c NEWLINE END");
  EXPECT_EQ(lex("if x:\n\ta\n        b\n"), "if x : NEWLINE INDENT a NEWLINE b NEWLINE DEDENT END");
}

TEST(Lexer, Operators) {
  EXPECT_EQ(lex("a//=b**=c>>=d<<=e->f:=g...h"), "a //= b **= c >>= d <<= e -> f := g ... h NEWLINE END");
  EXPECT_EQ(lex("a@b@=c!=d==e<=f>=g<h>i~j|=k^=l&=m%=n"),
            "a @ b @= c != d == e <= f >= g < h > i ~ j |= k ^= l &= m %= n NEWLINE END");
}

TEST(Lexer, Numbers) {
  EXPECT_EQ(lex("1_000 0xFF_ff 0o17 0b1_0 1. .5 1e5 1.5e-3 1E+2 2j 0_0 1_0.0_1j"),
            "1_000 0xFF_ff 0o17 0b1_0 1. .5 1e5 1.5e-3 1E+2 2j 0_0 1_0.0_1j NEWLINE END");
  EXPECT_EQ(lex("1if 1else 2or 3 0xfor 1"), "1 if 1 else 2 or 3 0xf or 1 NEWLINE END");
  EXPECT_EQ(lex("1..real"), "1. . real NEWLINE END");
}

TEST(Lexer, Strings) {
  EXPECT_EQ(lex("'a' \"b\" '''c\nd''' \"\"\"e\"f\"\"\" r'\\n' b'x' Rb\"y\" u'z' '\\''"),
            "'a' \"b\" '''c\nd''' \"\"\"e\"f\"\"\" r'\\n' b'x' Rb\"y\" u'z' '\\'' NEWLINE END");
  EXPECT_EQ(lex("bar'x'"), "bar 'x' NEWLINE END");
}

TEST(Lexer, FormattedStrings) {
  EXPECT_EQ(lex("f\"a{x:>{w}}b\""), "f\" a { x : > { w } } b \" NEWLINE END");
  EXPECT_EQ(lex("f'{x!r:{y}}{{z}}'"), "f' { x ! r : { y } } {{z}} ' NEWLINE END");
  EXPECT_EQ(lex("f'{x[1:2]}{a if b else c}'"), "f' { x [ 1 : 2 ] } { a if b else c } ' NEWLINE END");
  EXPECT_EQ(lex("f\"{d[\"k\"]}\""), "f\" { d [ \"k\" ] } \" NEWLINE END");
  EXPECT_EQ(lex("f'''a\n{x\n}'''"), "f''' a\n { x } ''' NEWLINE END");
  EXPECT_EQ(lex("rf'\\{x}\\N{a}'"), "rf' \\ { x } \\N { a } ' NEWLINE END");
  EXPECT_EQ(lex("f'\\N{DIGIT ONE}'"), "f' \\N{DIGIT ONE} ' NEWLINE END");
  EXPECT_EQ(lex("f'{x!=y}{x=}'"), "f' { x != y } { x = } ' NEWLINE END");
}

TEST(Lexer, NamesOfManyScripts) {
  EXPECT_EQ(lex("gr\u00F6\u00DFe \u03B1\u03B2 _x1"), "gr\u00F6\u00DFe \u03B1\u03B2 _x1 NEWLINE END");
}

TEST(Lexer, RestartAtALineForgetsBrackets) {
  llvm::StringRef text = "x = (1,\ny = 2\n";
  Lexer lexer(text, SourceLoc::fromRaw(1));
  for (int i = 0; i < 6; ++i)
    lexer.next();
  EXPECT_TRUE(lexer.isInsideBrackets());
  lexer.restartAtLine(9);
  EXPECT_FALSE(lexer.isInsideBrackets());
  EXPECT_EQ(lexer.getText(lexer.next()), "y");
  EXPECT_EQ(lexer.getText(lexer.next()), "=");
  EXPECT_EQ(lexer.getText(lexer.next()), "2");
  EXPECT_TRUE(lexer.next().is(TokenKind::Newline));
}

TEST(Lexer, ManyOpenBracketsAreRefused) {
  EXPECT_EQ(diagnose(std::string(1000, '(') + std::string(1000, ')')),
            "brackets are nested too deeply: more than 200 are open");
  EXPECT_EQ(diagnose(std::string(200, '(') + std::string(200, ')')), "0 diagnostics");
}

TEST(Lexer, ManyOpenBlocksAreRefused) {
  std::string text;
  for (int i = 0; i < 110; ++i)
    text += std::string(i, ' ') + "if x:\n";
  EXPECT_NE(diagnose(text), "0 diagnostics");
}

TEST(Lexer, MistakesOfTheText) {
  EXPECT_EQ(diagnose(llvm::StringRef("a = \0 1\n", 8)), "the text contains a NUL byte");
  EXPECT_EQ(diagnose("a = \xFF\n"), "the byte 0xFF is not valid UTF-8");
  EXPECT_EQ(diagnose("a = 1 \\"), "expected the end of the line after '\\'");
  EXPECT_EQ(diagnose("a = 1 \\\n"), "expected the continued line after '\\', found the end of the file");
  EXPECT_EQ(diagnose("a = f'''x"), "unterminated f-string: expected a closing ''' before the end of the file");
}

TEST(Literals, Integers) {
  EXPECT_EQ(decodeInt("0"), 0u);
  EXPECT_EQ(decodeInt("1_000_000"), 1000000u);
  EXPECT_EQ(decodeInt("0xDEAD_beef"), 0xDEADBEEFu);
  EXPECT_EQ(decodeInt("0o777"), 0777u);
  EXPECT_EQ(decodeInt("0B101"), 5u);
  EXPECT_EQ(decodeInt("18446744073709551615"), ~uint64_t(0));
  EXPECT_EQ(decodeInt("18446744073709551616"), std::nullopt);
  EXPECT_EQ(decodeInt("0x1_0000_0000_0000_0000"), std::nullopt);
}

TEST(Literals, Floats) {
  EXPECT_EQ(decodeFloat("1.5e3"), 1500.0);
  EXPECT_EQ(decodeFloat("1_0.2_5"), 10.25);
  EXPECT_EQ(decodeFloat(".1"), 0.1);
  EXPECT_EQ(decodeFloat("3.4028234663852886e+38"), 3.4028234663852886e+38);
  EXPECT_TRUE(std::isinf(decodeFloat("1e400")));
  EXPECT_EQ(decodeFloat("2.5j"), 2.5);
}

TEST(Literals, Escapes) {
  EXPECT_EQ(decode("a\\n\\t\\\\\\'\\\"\\x41\\101\\u00e4\\U0001F600\\N{digit one}"), "a\n\t\\'\"AA\u00E4\U0001F6001");
  EXPECT_EQ(decode("a\\\nb\\\r\nc"), "abc");
  EXPECT_EQ(decode("a\r\nb\rc"), "a\nb\nc");
  DecodeOptions raw, bytes, braces;
  raw.raw = bytes.bytes = braces.braces = true;
  EXPECT_EQ(decode("\\n\\", raw), "\\n\\");
  EXPECT_EQ(decode("\\xff\\u1234", bytes), "W4+2 unknown escape '\\u': the backslash is kept;\xFF\\u1234");
  EXPECT_EQ(decode("{{a}}", braces), "{a}");
  EXPECT_EQ(decode("{{a}}"), "{{a}}");
  EXPECT_EQ(decode("\\q"), "W0+2 unknown escape '\\q': the backslash is kept;\\q");
  EXPECT_EQ(decode("\\u12"), "E0+4 escape '\\u' needs 4 hexadecimal digits, found 2;");
  EXPECT_EQ(decode("\\U00110000"), "E0+10 escape '\\U00110000' is not a character: the last one is U+10FFFF;");
  EXPECT_EQ(decode("\\N{no such thing}"), "E0+17 there is no character named 'no such thing';");
}
