//===- SyntaxErrorsTest.cpp - mistakes and what is said of them -*- C++ -*-===//
//
// A catalogue: each mistake with its exact diagnostics at their exact places, and
// nothing besides.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseHelpers.h"

#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::test;

namespace {
struct Mistake {
  const char *name;
  std::string text;
  const char *expected;
};

void PrintTo(const Mistake &mistake, std::ostream *os) { *os << mistake.name; }

class SyntaxErrors : public testing::TestWithParam<Mistake> {};

/// Statements as the body of a device function: two lines further down, four columns to the right.
std::string inKernel(const std::string &body) {
  std::string text = "@triton.jit\ndef f(x, y):\n    ";
  for (size_t i = 0; i < body.size(); ++i) {
    text += body[i];
    if (body[i] == '\n' && i + 1 < body.size())
      text += "    ";
  }
  return text;
}

const Mistake mistakes[] = {
    {"MissingColonIf",
     inKernel("if x > 0\n"
              "    y = 1\n"),
     "3:13 error: expected ':' after the condition of 'if'\n"
     "  fix 3:13-3:13 ':'\n"},
    {"MissingColonElse",
     inKernel("if x > 0:\n"
              "    y = 1\n"
              "else\n"
              "    y = 2\n"),
     "5:9 error: expected ':' after 'else'\n"
     "  fix 5:9-5:9 ':'\n"},
    {"MissingColonFor",
     inKernel("for i in range(3)\n"
              "    y = i\n"),
     "3:22 error: expected ':' after the header of 'for'\n"
     "  fix 3:22-3:22 ':'\n"},
    {"MissingColonWhile",
     inKernel("while x < 3\n"
              "    x += 1\n"),
     "3:16 error: expected ':' after the condition of 'while'\n"
     "  fix 3:16-3:16 ':'\n"},
    {"MissingColonDef",
     "@triton.jit\n"
     "def f(x)\n"
     "    return x\n",
     "2:9 error: expected ':' after the header of function 'f'\n"
     "  fix 2:9-2:9 ':'\n"},
    {"WrongTokenForColon",
     inKernel("if x > 0 then\n"
              "    y = 1\n"),
     "3:14 error: expected ':' after the condition of 'if', found 'then'\n"},
    {"BraceBlock",
     inKernel("if x > 0 {\n"
              "    y = 1\n"
              "}\n"),
     "3:14 error: expected ':' after the condition of 'if', found '{'\n"},
    {"MissingBlock",
     inKernel("for i in range(3):\n"
              "y = 1\n"),
     "4:5 error: expected an indented block after the header of 'for'\n"
     "  3:5 note: the block belongs to this 'for'\n"},
    {"MissingBlockAtEnd",
     "@triton.jit\n"
     "def f(x):\n",
     "2:10 error: expected an indented block after the header of function 'f'\n"
     "  2:1 note: the block belongs to this 'def'\n"},
    {"MissingFunctionBody",
     "@triton.jit\n"
     "def f(x):\n"
     "return x\n",
     "3:1 error: expected an indented block after the header of function 'f'\n"
     "  2:1 note: the block belongs to this 'def'\n"},
    {"UnexpectedIndentation",
     inKernel("y = 1\n"
              "    z = 2\n"
              "w = 3\n"),
     "4:9 error: unexpected indentation by 8 columns: no block begins before this line\n"},
    {"UnindentToNoBlock",
     inKernel("if x:\n"
              "        y = 1\n"
              "    z = 2\n"),
     "5:9 error: this line is indented by 8 columns, which matches no block: expected 0, 4 or 12\n"},
    {"TabsAndSpaces",
     "@triton.jit\n"
     "def f(x):\n"
     "        y = 1\n"
     "	z = 2\n",
     "4:1 error: tabs and spaces are mixed: whether this line belongs to the block above depends on how wide a tab "
     "is\n"},
    {"ElseIf",
     inKernel("if x > 0:\n"
              "    y = 1\n"
              "else if x < 0:\n"
              "    y = 2\n"
              "else:\n"
              "    y = 3\n"),
     "5:5 error: 'else if' is written 'elif'\n"
     "  fix 5:5-5:12 'elif'\n"},
    {"Elseif",
     inKernel("if x > 0:\n"
              "    y = 1\n"
              "elseif x < 0:\n"
              "    y = 2\n"),
     "5:5 error: unknown statement 'elseif': did you mean 'elif'\n"
     "  fix 5:5-5:11 'elif'\n"},
    {"ElseWithoutIf",
     inKernel("y = 1\n"
              "else:\n"
              "    y = 2\n"),
     "4:5 error: 'else' without a matching 'if', 'for', 'while' or 'try' at the same indentation\n"},
    {"ElifAfterElse",
     inKernel("if x:\n"
              "    y = 1\n"
              "else:\n"
              "    y = 2\n"
              "elif y:\n"
              "    y = 3\n"),
     "7:5 error: 'elif' without a matching 'if' at the same indentation\n"},
    {"TryWithoutExcept",
     inKernel("try:\n"
              "    y = 1\n"
              "z = 2\n"),
     "5:5 error: expected 'except' or 'finally' after the block of 'try'\n"
     "  3:5 note: the 'try' is here\n"},
    {"TwoStatements", inKernel("y = 1 z = 2\n"), "3:11 error: expected the end of the statement, found 'z'\n"},
    {"AssignmentInIf",
     inKernel("if x = 3:\n"
              "    y = 1\n"),
     "3:10 error: '=' is not a comparison: expected '==' in the condition of 'if'\n"
     "  fix 3:10-3:11 '=='\n"},
    {"AssignmentInWhile",
     inKernel("while x = 3:\n"
              "    x += 1\n"),
     "3:13 error: '=' is not a comparison: expected '==' in the condition of 'while'\n"
     "  fix 3:13-3:14 '=='\n"},
    {"AssignmentInElif",
     inKernel("if x:\n"
              "    pass\n"
              "elif y = 2:\n"
              "    pass\n"),
     "5:12 error: '=' is not a comparison: expected '==' in the condition of 'elif'\n"
     "  fix 5:12-5:13 '=='\n"},
    {"WalrusStatement", inKernel("z := x + 1\n"),
     "3:7 error: ':=' is not allowed as a statement: expected '='\n"
     "  fix 3:7-3:9 '='\n"},
    {"NeverClosedCall",
     inKernel("z = tl.load(x + 1\n"
              "w = y + 1\n"),
     "3:22 error: expected ')' to match '('\n"
     "  3:16 note: '(' is here\n"},
    {"NeverClosedBeforeKeyword",
     inKernel("z = tl.load(x,\n"
              "return z\n"),
     "3:19 error: expected ')' to match '('\n"
     "  3:16 note: '(' is here\n"},
    {"NeverClosedAtEnd",
     "@triton.jit\n"
     "def f(x):\n"
     "    y = tl.load(x\n",
     "3:18 error: expected ')' to match '('\n"
     "  3:16 note: '(' is here\n"},
    {"NeverClosedSubscript",
     inKernel("z = x[:, None\n"
              "w = 1\n"),
     "3:18 error: expected ']' to match '['\n"
     "  3:10 note: '[' is here\n"},
    {"NeverClosedInHeader",
     inKernel("if tl.max(x > 0:\n"
              "    y = 1\n"
              "z = (2\n"),
     "3:20 error: expected ',' or ')' after an argument, found ':'\n"
     "  3:14 note: '(' is here\n"
     "5:11 error: expected ')' to match '('\n"
     "  5:9 note: '(' is here\n"},
    {"WrongClosingBracket", inKernel("z = tl.load(x + y]\n"),
     "3:22 error: expected ',' or ')' after an argument, found ']'\n"
     "  3:16 note: '(' is here\n"},
    {"UnmatchedClosingBracket", inKernel("z = x + y)\n"), "3:14 error: unmatched ')'\n"},
    {"MissingCommaArguments", inKernel("z = tl.load(x mask=y)\n"),
     "3:18 error: expected ',' between arguments\n"
     "  fix 3:18-3:18 ','\n"},
    {"MissingCommaLines",
     inKernel("z = tl.load(\n"
              "    x,\n"
              "    mask=y\n"
              "    other=0.0,\n"
              ")\n"),
     "5:15 error: expected ',' between arguments\n"
     "  fix 5:15-5:15 ','\n"},
    {"MissingCommaList", inKernel("z = [1 2, 3]\n"),
     "3:11 error: expected ',' between the elements of a list\n"
     "  fix 3:11-3:11 ','\n"},
    {"MissingCommaParameters",
     "@triton.jit\n"
     "def f(x y):\n"
     "    pass\n",
     "2:8 error: expected ',' between parameters\n"
     "  fix 2:8-2:8 ','\n"},
    {"ColonInCall", inKernel("z = tl.full((4,), value: 1)\n"),
     "3:28 error: expected ',' or ')' after an argument, found ':'\n"
     "  3:16 note: '(' is here\n"},
    {"EmptySubscript", inKernel("z = x[]\n"), "3:11 error: expected an index, found ']'\n"},
    {"MissingOperand", inKernel("z = x +\n"), "3:12 error: expected an expression, found the end of the line\n"},
    {"MissingValue", inKernel("z =\n"), "3:8 error: expected an expression, found the end of the line\n"},
    {"TwoOperators", inKernel("z = x * / y\n"), "3:13 error: expected an expression, found '/'\n"},
    {"CAnd", inKernel("z = x > 0 && y > 0\n"),
     "3:15 error: '&&' is not an operator: expected 'and'\n"
     "  fix 3:15-3:17 'and'\n"},
    {"COr", inKernel("z = x > 0 || y > 0\n"),
     "3:15 error: '||' is not an operator: expected 'or'\n"
     "  fix 3:15-3:17 'or'\n"},
    {"CNot", inKernel("z = !x\n"),
     "3:9 error: '!' is not an operator: expected 'not'\n"
     "  fix 3:9-3:10 'not '\n"},
    {"CTernary", inKernel("z = x > 0 ? 1 : 2\n"),
     "3:15 error: '?' is not an operator: a conditional expression is written 'a if condition else b'\n"},
    {"Increment", inKernel("x++\n"),
     "3:6 error: '++' is not an operator: expected '+= 1'\n"
     "  fix 3:6-3:8 ' += 1'\n"},
    {"NotEqualOfSql", inKernel("z = x <> y\n"),
     "3:11 error: '<>' is not an operator: expected '!='\n"
     "  fix 3:11-3:13 '!='\n"},
    {"TripleEqual", inKernel("z = x === y\n"),
     "3:11 error: '===' is not an operator: expected '=='\n"
     "  fix 3:11-3:14 '=='\n"},
    {"Arrow", inKernel("z = x->y\n"), "3:10 error: expected the end of the statement, found '->'\n"},
    {"ConditionalWithoutElse", inKernel("z = 1 if x\n"),
     "3:15 error: expected 'else' of the conditional expression, found the end of the line\n"},
    {"KeywordAsValue", inKernel("z = x + class\n"),
     "3:13 error: expected an expression, found 'class', which is a keyword\n"},
    {"KeywordAsTarget", inKernel("lambda = 3\n"), "3:5 error: cannot assign to 'lambda', which is a keyword\n"},
    {"KeywordAsAttribute", inKernel("z = x.if\n"),
     "3:11 error: expected the name of an attribute after '.', found 'if', which is a keyword\n"},
    {"KeywordAsArgumentName", inKernel("z = tl.load(x, in=3)\n"),
     "3:20 error: 'in' is a keyword and cannot name an argument\n"},
    {"KeywordAsParameter",
     "@triton.jit\n"
     "def f(x, is):\n"
     "    pass\n",
     "2:10 error: expected the name of a parameter, found 'is', which is a keyword\n"},
    {"KeywordAsFunction",
     "@triton.jit\n"
     "def for(x):\n"
     "    pass\n",
     "2:5 error: expected the name of the function after 'def', found 'for', which is a keyword\n"},
    {"Dollar", inKernel("z = $x\n"), "3:9 error: unexpected character '$'\n"},
    {"PrintStatement", inKernel("print x\n"),
     "3:5 error: 'print' is a function: expected '(' after it\n"
     "  fix 3:10-3:11 '('\n"},
    {"MisspelledReturn", inKernel("retrun x\n"),
     "3:5 error: unknown statement 'retrun': did you mean 'return'\n"
     "  fix 3:5-3:11 'return'\n"},
    {"MisspelledFor",
     inKernel("fro i in range(3):\n"
              "    y = i\n"),
     "3:5 error: unknown statement 'fro': did you mean 'for'\n"
     "  fix 3:5-3:8 'for'\n"},
    {"MisspelledElse",
     inKernel("if x:\n"
              "    y = 1\n"
              "esle:\n"
              "    y = 2\n"),
     "5:5 error: unknown statement 'esle': did you mean 'else'\n"
     "  fix 5:5-5:9 'else'\n"},
    {"LambdaWithoutColon", inKernel("z = lambda a a + 1\n"),
     "3:17 error: expected ',' between parameters\n"
     "  fix 3:17-3:17 ','\n"},
    {"ComprehensionWithoutIn", inKernel("z = [i for i range(3)]\n"),
     "3:18 error: expected 'in' after the variables of 'for', found 'range'\n"},
    {"StarAlone", inKernel("z = *x\n"), "3:9 error: '*' is not allowed here: expected a comma after it, as in '*x,'\n"},
    {"AssignToCall", inKernel("tl.load(x) = 3\n"), "3:5 error: cannot assign to a call\n"},
    {"AssignToLiteral", inKernel("3 = x\n"), "3:5 error: cannot assign to a literal\n"},
    {"AssignToNone", inKernel("None = x\n"), "3:5 error: cannot assign to 'None'\n"},
    {"AssignToOperator", inKernel("x + 1 = y\n"), "3:5 error: cannot assign to the result of an operator\n"},
    {"AssignToComparison", inKernel("x < 1 = y\n"), "3:5 error: cannot assign to a comparison\n"},
    {"AssignToConditional", inKernel("(x if y else z) = 3\n"),
     "3:6 error: cannot assign to a conditional expression\n"},
    {"AugmentTuple", inKernel("x, y += 1\n"), "3:10 error: '+=' cannot assign to several targets\n"},
    {"AugmentCall", inKernel("f(x) += 1\n"), "3:5 error: cannot assign to a call\n"},
    {"ForOverCall",
     inKernel("for f(x) in range(3):\n"
              "    pass\n"),
     "3:9 error: cannot assign to a call\n"},
    {"DeleteCall", inKernel("del f(x)\n"), "3:9 error: cannot delete a call\n"},
    {"ForWithoutIn",
     inKernel("for i = 0:\n"
              "    pass\n"),
     "3:11 error: expected 'in' after the variable of 'for', found '='\n"},
    {"RepeatedKeywordArgument", inKernel("z = tl.load(x, mask=y, mask=x)\n"),
     "3:28 error: argument 'mask' is given twice\n"
     "  3:20 note: it is first given here\n"},
    {"PositionalAfterKeyword", inKernel("z = tl.load(x, mask=y, 0)\n"),
     "3:28 error: positional argument after a keyword argument\n"
     "  3:20 note: the keyword argument is here\n"},
    {"KeywordIsNoName", inKernel("z = tl.load(x, a.b=3)\n"),
     "3:23 error: expected the name of a parameter before '='\n"},
    {"KeywordWithoutValue", inKernel("z = tl.load(x, mask=)\n"), "3:25 error: expected a value after 'mask='\n"},
    {"DefaultOrder",
     "@triton.jit\n"
     "def f(x, a=1, b):\n"
     "    pass\n",
     "2:15 error: parameter 'b' without a default value after parameter 'a' with one\n"
     "  2:10 note: the parameter with a default value is here\n"},
    {"RepeatedParameter",
     "@triton.jit\n"
     "def f(x, y, x):\n"
     "    pass\n",
     "2:13 error: parameter 'x' is declared twice\n"
     "  2:7 note: it is first declared here\n"},
    {"StarWithoutParameter",
     "@triton.jit\n"
     "def f(x, *):\n"
     "    pass\n",
     "2:10 error: expected a parameter after '*'\n"},
    {"ParameterAfterKwargs",
     "@triton.jit\n"
     "def f(x, **kw, y):\n"
     "    pass\n",
     "2:16 error: expected ')' after the '**' parameter, found 'y'\n"
     "  2:10 note: nothing may follow it\n"},
    {"SlashFirst",
     "@triton.jit\n"
     "def f(/, x):\n"
     "    pass\n",
     "2:7 error: expected a parameter before '/'\n"},
    {"TupleParameter",
     "@triton.jit\n"
     "def f(x, (a, b)):\n"
     "    pass\n",
     "2:10 error: expected the name of a parameter, found '('\n"},
    {"MissingParentheses",
     "@triton.jit\n"
     "def f:\n"
     "    pass\n",
     "2:6 error: expected '(' after the name of the function, found ':'\n"},
    {"MissingFunctionName",
     "@triton.jit\n"
     "def (x):\n"
     "    pass\n",
     "2:5 error: expected the name of the function after 'def', found '('\n"},
    {"DecoratedNothing",
     "@triton.jit\n"
     "x = 3\n",
     "2:1 error: expected a function or a class after the decorator, found 'x'\n"},
    {"BadDecoratorArgument",
     "@triton.autotune(configs=[1 2], key=['n'])\n"
     "@triton.jit\n"
     "def f(x):\n"
     "    pass\n",
     "1:28 error: expected ',' between the elements of a list\n"
     "  fix 1:28-1:28 ','\n"},
    {"BreakOutside", inKernel("break\n"), "3:5 error: 'break' outside of a loop\n"},
    {"ContinueInIf",
     inKernel("if x:\n"
              "    continue\n"),
     "4:9 error: 'continue' outside of a loop\n"},
    {"ReturnOutside", "return 3\n", "1:1 error: 'return' outside of a function\n"},
    {"UnterminatedString",
     inKernel("z = \"abc\n"
              "w = 1\n"),
     "3:9 error: unterminated string literal: expected a closing \" before the end of the line\n"},
    {"UnterminatedStringInCall",
     inKernel("z = f(\"abc)\n"
              "w = 1\n"),
     "3:11 error: unterminated string literal: expected a closing \" before the end of the line\n"},
    {"UnterminatedTriple",
     inKernel("z = '''abc\n"
              "w = 1\n"),
     "3:9 error: unterminated string literal: expected a closing ''' before the end of the file\n"},
    {"UnterminatedFString",
     inKernel("z = f'{x} abc\n"
              "w = 1\n"),
     "3:9 error: unterminated f-string: expected a closing ' before the end of the line\n"},
    {"FStringBraceNeverClosed", inKernel("z = f'{x abc'\n"),
     "3:14 error: expected '}' after the expression in the f-string, found 'abc'\n"
     "  3:11 note: '{' is here\n"},
    {"FStringBraceNeverClosed2", inKernel("z = f'{x'\n"),
     "3:13 error: expected '}' before the end of the f-string\n"
     "  3:11 note: '{' is here\n"},
    {"FStringSingleBrace", inKernel("z = f'x}'\n"),
     "3:12 error: single '}' in an f-string: expected '}}'\n"
     "  fix 3:12-3:12 '}'\n"},
    {"FStringEmpty", inKernel("z = f'{}'\n"),
     "3:12 error: expected an expression after '{' in the f-string, found '}'\n"},
    {"FStringConversion", inKernel("z = f'{x!z}'\n"),
     "3:14 error: expected 's', 'r' or 'a' after '!' in the f-string, found 'z'\n"},
    {"UnknownEscape", inKernel("z = '\\d'\n"), "3:10 warning: unknown escape '\\d': the backslash is kept\n"},
    {"ShortEscape", inKernel("z = '\\x1'\n"), "3:10 error: escape '\\x' needs 2 hexadecimal digits, found 1\n"},
    {"TypographicQuotes", inKernel("z = “abc”\n"),
     "3:9 error: unexpected character '“' (U+201C): did you mean '\"'\n"
     "  fix 3:9-3:10 '\"'\n"},
    {"TypographicMinus", inKernel("z = x − 1\n"),
     "3:11 error: unexpected character '−' (U+2212): did you mean '-'\n"
     "  fix 3:11-3:12 '-'\n"},
    {"NoBreakSpace", inKernel("z = x + 1\n"),
     "3:12 error: unexpected character U+00A0: expected a plain space\n"
     "  fix 3:12-3:13 ' '\n"},
    {"Emoji", inKernel("z = x + 😀\n"), "3:13 error: unexpected character '😀' (U+1F600)\n"},
    {"OctalOfC", inKernel("z = 0777\n"),
     "3:9 error: leading zeros are not allowed in a decimal literal: write '777', or '0o777' for an octal number\n"
     "  fix 3:9-3:10 ''\n"},
    {"CSuffix", inKernel("z = 1.0f\n"),
     "3:12 error: suffix 'f' is not allowed on a number: expected plain '1.0'\n"
     "  fix 3:12-3:13 ''\n"},
    {"NameWithDigit", inKernel("z = 2x\n"), "3:9 error: invalid number '2x': a name cannot begin with a digit\n"},
    {"BadHex", inKernel("z = 0xfg\n"), "3:12 error: invalid characters 'g' after a hexadecimal literal '0xf'\n"},
    {"BadBinary", inKernel("z = 0b12\n"), "3:12 error: invalid digit '2' in a binary literal\n"},
    {"BadUnderscore", inKernel("z = 1__0\n"), "3:10 error: expected a digit after '_' in a decimal literal\n"},
    {"Backslash", inKernel("z = x + \\ y\n"), "3:13 error: expected the end of the line after '\\'\n"},
    {"MixedBytes", inKernel("z = b'a' 'b'\n"), "3:14 error: bytes and other strings cannot stand side by side\n"},
    {"ImportNothing", "import\n",
     "1:7 error: expected the name of a module after 'import', found the end of the line\n"},
    {"FromWithoutImport", "from triton\n",
     "1:12 error: expected 'import' after the name of the module, found the end of the line\n"},
    {"ImportKeyword", "import triton as is\n",
     "1:18 error: expected a name after 'as', found 'is', which is a keyword\n"},
    {"BadConstant",
     "BLOCK = (1, 2\n"
     "@triton.jit\n"
     "def f(x):\n"
     "    pass\n",
     "1:14 error: expected ')' to match '('\n"
     "  1:9 note: '(' is here\n"},
    {"SeveralErrors",
     inKernel("a = 1 +\n"
              "b = (2\n"
              "if x = 3:\n"
              "    c = ]\n"
              "d = f(e=1, e=2)\n"),
     "3:12 error: expected an expression, found the end of the line\n"
     "4:11 error: expected ')' to match '('\n"
     "  4:9 note: '(' is here\n"
     "5:10 error: '=' is not a comparison: expected '==' in the condition of 'if'\n"
     "  fix 5:10-5:11 '=='\n"
     "6:13 error: expected an expression, found ']'\n"
     "7:16 error: argument 'e' is given twice\n"
     "  7:11 note: it is first given here\n"},
    {"GlobalKeyword", inKernel("global\n"), "3:11 error: expected a name after 'global', found the end of the line\n"},
    {"MatchCase",
     inKernel("match x:\n"
              "    case 1 2:\n"
              "        pass\n"
              "    z = 1\n"),
     "4:16 error: expected ':' after the pattern of 'case', found '2'\n"
     "6:9 error: expected 'case' in the block of 'match', found 'z'\n"},
    {"MissingCommaIndices", inKernel("z = x[0 1]\n"),
     "3:12 error: expected ',' between indices\n"
     "  fix 3:12-3:12 ','\n"},
    {"KeywordAsTargetOfFor",
     "@triton.jit\n"
     "def f(x):\n"
     "    for in range(3):\n"
     "        pass\n",
     "3:9 error: expected an expression, found 'in'\n"},
    {"NeverClosedBeforeHeader",
     inKernel("z = (2\n"
              "for i in range(3):\n"
              "    z += ]\n"),
     "3:11 error: expected ')' to match '('\n"
     "  3:9 note: '(' is here\n"
     "5:14 error: expected an expression, found ']'\n"},
    {"NestedTooDeeply", inKernel("z = " + std::string(300, '(') + "1" + std::string(300, ')') + "\n"),
     "3:209 error: brackets are nested too deeply: more than 200 are open\n"},
    {"UnaryTooDeeply", inKernel("z = " + std::string(2000, '-') + "1\n"),
     "3:408 error: this is nested too deeply: more than 400 levels\n"},
    {"DictWithoutColon", inKernel("z = {1: 2, 3}\n"),
     "3:17 error: expected ':' after a key of the dictionary, found '}'\n"},
    {"DictMissingComma", inKernel("z = {1: 2 3: 4}\n"),
     "3:14 error: expected ',' between the items of a dictionary\n"
     "  fix 3:14-3:14 ','\n"},
    {"LambdaBodyMissing", inKernel("z = lambda a:\n"),
     "3:18 error: expected an expression, found the end of the line\n"},
    {"WithWithoutColon",
     inKernel("with a as b\n"
              "    pass\n"),
     "3:16 error: expected ':' after the header of 'with'\n"
     "  fix 3:16-3:16 ':'\n"},
    {"ExceptUnmatched",
     inKernel("except:\n"
              "    pass\n"),
     "3:5 error: 'except' without a matching 'try' at the same indentation\n"},
    {"AsyncNothing", inKernel("async x = 3\n"),
     "3:11 error: expected 'def', 'for' or 'with' after 'async', found 'x'\n"},
    {"NestedFunctionError",
     inKernel("def g(a):\n"
              "    return a +\n"
              "return g\n"),
     "4:19 error: expected an expression, found the end of the line\n"},
    {"AssertWithEqual", inKernel("assert x = 3, 'message'\n"),
     "3:14 error: '=' is not a comparison: expected '==' in the condition of 'assert'\n"
     "  fix 3:14-3:15 '=='\n"},
    {"UnexpectedIndentationOfFirstStatement",
     "    @triton.jit\n"
     "    def f(x):\n"
     "        return x +\n",
     "1:5 error: unexpected indentation by 4 columns: no block begins before this line\n"
     "3:19 error: expected an expression, found the end of the line\n"},
    {"DecoratorWithRubbish",
     "@triton.jit def f(x):\n"
     "    return x\n",
     "1:13 error: expected the end of the line after the decorator, found 'def'\n"},
    {"StarImportAndName", "from math import *, sin\n", "1:19 error: expected the end of the statement, found ','\n"},
    {"TypeAlias",
     "type X[T = int\n"
     "y = 1\n",
     "1:15 error: expected ']' to match '['\n"
     "  1:7 note: '[' is here\n"},
    {"DefaultForArgs",
     "@triton.jit\n"
     "def f(*args=3):\n"
     "    pass\n",
     "2:12 error: parameter '*args' cannot have a default value\n"},
    {"TwoStars",
     "@triton.jit\n"
     "def f(*a, *b):\n"
     "    pass\n",
     "2:11 error: '*' may be given only once\n"
     "  2:7 note: it is first given here\n"},
    {"StarredAssignment", inKernel("*a = x\n"), "3:5 error: a target with '*' must stand in a list or tuple\n"},
};
} // namespace

TEST_P(SyntaxErrors, Message) {
  Parsed parsed(GetParam().text);
  EXPECT_EQ(parsed.getMessages(), GetParam().expected) << GetParam().text;
  // What is shown for it must at least not fail.
  EXPECT_FALSE(parsed.diagnostics.renderToString().empty());
}

INSTANTIATE_TEST_SUITE_P(Catalogue, SyntaxErrors, testing::ValuesIn(mistakes),
                         [](const auto &info) { return std::string(info.param.name); });
