//===- ParserImpl.h - the recursive-descent parser --------------*- C++ -*-===//
//
// Internal to frontend/syntax: use Parser.h.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One method for each rule of Python's grammar, top down, with precedence climbing
// for operators. A method that fails has reported and returns null; the failure
// goes up to the statement, which is left out, and `resync` finds the next one.
// Small mistakes whose meaning is plain (`=` for `==`, a missing comma or colon) are
// reported without failing.
//
// Whether a mistake is shown depends on where it is: see `Region`.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_PARSERIMPL_H
#define TESSERA_FRONTEND_SYNTAX_PARSERIMPL_H

#include "frontend/syntax/Lexer.h"
#include "frontend/syntax/Parser.h"

#include "llvm/ADT/StringMap.h"

namespace tessera {

/// Gives the parser access to the Program that it fills.
class ProgramBuilder {
public:
  explicit ProgramBuilder(Program &program) : program(program) {}
  ast::AstContext &getContext() { return program.context; }
  void setModule(ast::Module module) { program.module = module; }
  void addItem(ModuleItem item) { program.items.push_back(item); }
  void addFunction(DeviceFunction function);
  void setErrors() { program.errors = true; }

private:
  Program &program;
};

/// How tightly binary operators bind, from the loosest.
enum class Precedence : uint8_t { None, Or, And, Not, Compare, BitOr, BitXor, BitAnd, Shift, Sum, Term };

class Parser {
public:
  Parser(FileId file, DiagnosticEngine &engine, const ParseOptions &options, Program &program);

  void parseModule();

private:
  /// Levels of recursion that are allowed. Brackets within brackets, unary operators, elifs ... count one each.
  static constexpr unsigned maxRecursion = 400;

  /// What kind of code is being read.
  enum class Region : uint8_t { Module, Host, Device };

  // ---- ParserCore.cpp: tokens ----
  Token peek(unsigned ahead = 0);
  Token advance();
  Token openBracket();
  bool isFatal(const Token &token) const;
  bool consumeIf(TokenKind kind);
  bool at(TokenKind kind) { return peek().kind == kind; }
  bool atName(llvm::StringRef text) { return at(TokenKind::Name) && lexer.getText(peek()) == text; }
  llvm::StringRef text(const Token &token) const { return lexer.getText(token); }
  SourceLoc loc(uint32_t offset) const { return lexer.getLoc(offset); }
  SourceLoc loc(const Token &token) const { return loc(token.begin); }
  SourceRange range(const Token &token) const { return {loc(token.begin), loc(token.end)}; }
  /// From an offset to the end of the last token taken.
  SourceRange rangeFrom(uint32_t begin) const { return {loc(begin), loc(std::max(begin, lastEnd))}; }

  // ---- ParserCore.cpp: reporting and recovery ----
  Diagnostic &report(Severity severity, SourceLoc where, const llvm::Twine &message);
  Diagnostic &error(SourceLoc where, const llvm::Twine &message) { return report(Severity::Error, where, message); }
  void deliver(Diagnostic diagnostic, bool always = false);
  void deliverLexed(const Token &token);
  bool isReporting() const;
  /// "expected WHAT, found TOKEN" at the next token, or the better explanation there is. Returns null.
  std::nullptr_t failExpected(const llvm::Twine &what);
  std::string describeFound(const Token &token) const;
  bool expect(TokenKind kind, const llvm::Twine &what);
  /// Takes a name; a keyword in its place is explained. Null text if there is none.
  std::optional<ast::Identifier> expectName(const llvm::Twine &what);
  /// Takes the bracket that matches `opening`, the innermost open one. `after` says what stands before: "an argument".
  bool expectClosing(const Token &opening, const llvm::Twine &after, bool commaPossible = true);
  std::nullptr_t failUnclosed(const Token &opening);
  bool isBracketUnclosedAt(const Token &token);
  bool atHeaderInBrackets();
  /// After an element of a bracketed list: takes a comma (true), or sees the end of the list (false). Where a comma is
  /// missing it says so once and goes on.
  bool parseSeparator(TokenKind closing, const llvm::Twine &what, bool &failed);
  void resync(bool isHeader = false);
  bool canBeginExpr(const Token &token) const;
  /// Counts a level of recursion while it lives; `ok` says whether there may be one more. If not, that was reported.
  struct Level {
    Parser &parser;
    bool ok;
    explicit Level(Parser &parser);
    ~Level() { --parser.depth; }
  };

  // ---- ParserCore.cpp: nodes ----
  template <typename Node> Node *make(SourceRange range) { return builder.getContext().create<Node>(range); }
  template <typename T> llvm::ArrayRef<T> copy(const llvm::SmallVectorImpl<T> &list) {
    return builder.getContext().copy(llvm::ArrayRef<T>(list));
  }
  /// Sets the height from the children (null ones are skipped). Null, and reported, if the expression is too high.
  template <typename Node> Node *finish(Node *node, std::initializer_list<const ast::Expr *> children) {
    return setHeight(node, children) ? node : nullptr;
  }
  template <typename Node> Node *finish(Node *node, llvm::ArrayRef<ast::Expr *> children) {
    return setHeight(node, children) ? node : nullptr;
  }
  bool setHeight(ast::Expr *node, llvm::ArrayRef<const ast::Expr *> children);
  ast::Identifier makeIdentifier(const Token &token) const { return {text(token), range(token)}; }

  // ---- ParseExpressions.cpp ----
  ast::Expr *parseExpr(); // `expression`: conditional, lambda
  bool parseExprInto(ast::Expr *&into);
  ast::Expr *parseNamedExpr(); // `named_expression`: perhaps with `:=`
  ast::Expr *parseStarOrNamed();
  ast::Expr *parseExprList(bool allowYield, bool allowNamed = false);
  ast::Expr *parseTargetList(llvm::StringRef what);
  ast::Expr *parseOperators(Precedence minPrecedence);
  ast::Expr *parseBoolOp(ast::Expr *left, uint32_t begin, Precedence precedence);
  ast::Expr *parseCompare(ast::Expr *left, uint32_t begin);
  ast::Expr *parseBinOp(ast::Expr *left, uint32_t begin, Precedence precedence);
  std::optional<ast::CompareOp> getCompareOp(unsigned &numTokens);
  ast::Expr *parseNot();
  ast::Expr *parseUnary();
  ast::Expr *parsePower();
  ast::Expr *parseAwait();
  ast::Expr *parsePrimary();
  ast::Expr *parseAttribute(ast::Expr *value, uint32_t begin);
  ast::Expr *parseSubscript(ast::Expr *value, uint32_t begin);
  ast::Expr *parseSubscriptItem();
  ast::Expr *parseCall(ast::Expr *callee, uint32_t begin);
  bool parseArguments(const Token &opening, llvm::SmallVectorImpl<ast::Expr *> &args,
                      llvm::SmallVectorImpl<ast::Keyword> &keywords);
  bool parseArgument(llvm::SmallVectorImpl<ast::Expr *> &args, llvm::SmallVectorImpl<ast::Keyword> &keywords);
  bool parseKeyword(llvm::SmallVectorImpl<ast::Keyword> &keywords);
  ast::Expr *parseYield();
  ast::Expr *parseLambda();

  // ---- ParseAtoms.cpp ----
  ast::Expr *parseAtom();
  std::nullptr_t failAtom();
  ast::Expr *parseParen();
  ast::Expr *parseList();
  ast::Expr *parseBrace();
  ast::Expr *parseDict(const Token &opening, ast::DictItem first);
  bool parseGenerators(llvm::SmallVectorImpl<ast::Generator> &generators);
  ast::Expr *parseComprehension(ast::Comprehension::Form form, ast::Expr *element, ast::Expr *value, uint32_t begin);
  ast::Expr *parseStrings();
  llvm::SmallVector<ast::Expr *> joinTexts(llvm::ArrayRef<ast::Expr *> parts);
  bool parseFString(llvm::SmallVectorImpl<ast::Expr *> &parts);
  bool parseField(llvm::SmallVectorImpl<ast::Expr *> &parts, bool raw);
  ast::JoinedString *parseFormatSpec(bool raw);
  void decodeInto(llvm::StringRef body, uint32_t begin, bool raw, bool bytes, bool braces,
                  llvm::SmallVectorImpl<char> &out);
  ast::Expr *makeString(llvm::StringRef value, SourceRange range);

  // ---- ParseStatements.cpp ----
  void parseStatementOrRecover(llvm::SmallVectorImpl<ast::Stmt *> &out);
  bool parseStatement(llvm::SmallVectorImpl<ast::Stmt *> &out);
  bool parseSimpleStatements(llvm::SmallVectorImpl<ast::Stmt *> &out);
  ast::Stmt *parseCompound();
  std::nullptr_t failOrphan();
  ast::Stmt *parseSimple();
  ast::Stmt *parseExprStatement();
  ast::Stmt *parseAssign(ast::Expr *first, uint32_t begin);
  ast::Stmt *parseAugAssign(ast::Expr *target, uint32_t begin);
  ast::Stmt *parseAnnAssign(ast::Expr *target, uint32_t begin);
  ast::Stmt *parseReturn();
  ast::Stmt *parseAssert();
  ast::Stmt *parseRaise();
  ast::Stmt *parseDelete();
  template <typename Node> ast::Stmt *parseNames();
  template <typename Node> ast::Stmt *parseLoopControl();
  ast::Stmt *parseImport();
  ast::Stmt *parseImportFrom();
  ast::Stmt *parseTypeAlias();
  std::optional<ast::Identifier> parseDottedName(const llvm::Twine &what);
  bool parseAlias(llvm::SmallVectorImpl<ast::Alias> &names, bool dotted);
  /// Reports unless the expression can be assigned to (`verb`: "assign to", "delete", ...).
  bool checkTarget(const ast::Expr *expr, llvm::StringRef verb);
  bool failStatementEnd(const ast::Stmt *stmt);
  bool failMisspelled(const ast::Expr *expr);
  bool atTypeAlias();

  // ---- ParseCompound.cpp ----
  bool parseBlock(const Token &owner, const llvm::Twine &after, bool headerIsGood, ast::StmtList &body);
  void parseIndented(llvm::SmallVectorImpl<ast::Stmt *> &out);
  ast::Expr *parseCondition(llvm::StringRef keyword);
  ast::Stmt *parseIf();
  ast::Stmt *parseWhile();
  ast::Stmt *parseFor(uint32_t begin, bool isAsync);
  ast::Stmt *parseWith(uint32_t begin, bool isAsync);
  bool parseWithItems(llvm::SmallVectorImpl<ast::WithItem> &items);
  bool parseWithItem(llvm::SmallVectorImpl<ast::WithItem> &items);
  bool atParenthesizedWithItems();
  ast::Stmt *parseTry();
  bool parseHandler(llvm::SmallVectorImpl<ast::ExceptHandler> &handlers);
  ast::Stmt *parseAsync();
  bool parseClause(TokenKind keyword, ast::StmtList &body);
  bool atMatch();
  ast::Stmt *parseMatch();
  bool parseCase(llvm::SmallVectorImpl<ast::MatchCase> &cases);
  ast::Stmt *finishCompound(ast::Stmt *stmt, uint32_t begin, bool good);

  // ---- ParsePatterns.cpp ----
  ast::Pattern *parsePatterns();
  ast::Pattern *parsePattern();
  ast::Pattern *parseOrPattern();
  ast::Pattern *parseClosedPattern();
  ast::Pattern *parseStarPattern();
  ast::Pattern *parseLiteralPattern();
  ast::Pattern *parseNamePattern();
  ast::Pattern *parseClassPattern(ast::Expr *cls, uint32_t begin);
  ast::Pattern *parseGroupPattern();
  ast::Pattern *parseMappingPattern();
  ast::Expr *parseSignedNumber();

  // ---- ParseDefinitions.cpp ----
  ast::Stmt *parseDecorated();
  void parseDecorators(llvm::SmallVectorImpl<ast::Expr *> &decorators, bool &failed);
  ast::Stmt *parseFunction(uint32_t begin, llvm::ArrayRef<ast::Expr *> decorators, bool isAsync, bool failed);
  ast::Stmt *parseClass(uint32_t begin, llvm::ArrayRef<ast::Expr *> decorators, bool failed);
  bool parseFunctionHeader(ast::FunctionDef *def);
  bool parseParams(llvm::SmallVectorImpl<ast::Param> &params, TokenKind closing, bool isLambda);
  bool parseParam(llvm::SmallVectorImpl<ast::Param> &params, ast::ParamKind kind, bool isLambda);
  bool checkParams(llvm::ArrayRef<ast::Param> params);
  bool parseTypeParams(llvm::ArrayRef<ast::TypeParam> &params);
  ast::FunctionRole classify(llvm::ArrayRef<ast::Expr *> decorators, const ast::Expr *&marker) const;
  std::string resolve(const ast::Expr *decorator) const;
  void rememberImport(const ast::Stmt *stmt);
  static bool isMainGuard(const ast::Expr *condition);

  DiagnosticEngine &engine;
  ParseOptions options;
  ProgramBuilder builder;
  FileId file;
  Lexer lexer;
  bool reportModuleLevel;

  llvm::SmallVector<Token, 0> tokens; ///< made and not yet forgotten
  size_t index = 0;                   ///< of the next token in `tokens`
  uint32_t lastEnd = 0;               ///< where the last token taken ended (not of line ends and blocks)
  uint32_t statementBegin = 0;        ///< of the innermost statement that is being read
  llvm::SmallVector<Token, 16> openBrackets;

  Region region = Region::Module;
  uint32_t missingBlockAt = ~0u;               ///< where a block was expected and another statement found
  unsigned depth = 0;                          ///< of recursion
  bool missingComma = false;                   ///< one was reported in this statement
  bool previousFailed = false;                 ///< the statement before was left out: an `else` may have been its
  unsigned loopDepth = 0;                      ///< loops around, within the innermost function
  unsigned functionDepth = 0;                  ///< functions around
  unsigned moduleBlockDepth = 0;               ///< module-level ifs, trys, ... around
  bool recovered = false;                      ///< the compound statement that failed has found its own end
  bool failedHere = false;                     ///< an error was found (shown or not) since the innermost function began
  std::vector<Diagnostic> *deferred = nullptr; ///< where diagnostics go until it is known what they are in
  Diagnostic scratch;                          ///< takes the decorations of a diagnostic that is not shown
  llvm::SmallVector<const ast::Stmt *, 4> parents;
  llvm::StringMap<std::string> imports; ///< names bound by imports -> what they mean, "triton.language"
};

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_PARSERIMPL_H
