//===- AST.h - the syntax tree of a `.tile` or `.py` file -------*- C++ -*-===//
//
// One struct for each construct of Python's grammar (3.14), named and laid out
// after Python's own `ast` module where that is sensible, so that a reader of
// one knows the other.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// - Nodes live in an AstContext (an arena) and are never changed or freed one by
//   one once the parser has returned. Lists are ArrayRefs, names and strings
//   StringRefs into the arena or the source text.
// - Every node has a `kind` and a source `range`; `isa`, `cast`, `dyn_cast` and
//   `switch (node->kind)` work. The kinds of Expr, Stmt and Pattern are separate
//   enums, listed by the TESSERA_AST_* macros below.
// - `range` covers the construct without parentheses around it. `getLoc()` is the
//   place to point at: the operator of `a + b`, the name of `x.name`, the callee of
//   a call, and the beginning otherwise.
// - A pointer documented "may be null" stands for something left out; all others
//   are set. A function whose body held syntax errors has `hasErrors` and lacks
//   the statements that could not be read.
// - No expression is more than `maxDepth` nodes high, no chain of elifs longer, and
//   blocks are nested 100 deep at most: walking a tree by recursion is safe.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_AST_H
#define TESSERA_FRONTEND_SYNTAX_AST_H

#include "frontend/syntax/SourceManager.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/Casting.h"

#include <string>
#include <type_traits>
#include <utility>

namespace tessera::ast {

/// Higher expressions and longer chains of elifs are refused. Only long sums come near: brackets and the like are
/// limited further.
constexpr unsigned maxDepth = 1000;

//===----------------------------------------------------------------------===//
// Arena
//===----------------------------------------------------------------------===//

/// Owns the nodes of one or several trees.
class AstContext {
public:
  template <typename Node, typename... Args> Node *create(Args &&...args) {
    static_assert(std::is_trivially_destructible_v<Node>, "nodes are freed without being destroyed");
    return new (allocator.Allocate<Node>()) Node(std::forward<Args>(args)...);
  }
  template <typename T> llvm::ArrayRef<T> copy(llvm::ArrayRef<T> list) { return list.copy(allocator); }
  llvm::StringRef copy(llvm::StringRef text) { return text.copy(allocator); }
  size_t getBytesAllocated() const { return allocator.getBytesAllocated(); }

private:
  llvm::BumpPtrAllocator allocator;
};

//===----------------------------------------------------------------------===//
// Kinds
//===----------------------------------------------------------------------===//

#define TESSERA_AST_EXPRS(X)                                                                                           \
  X(Name)                                                                                                              \
  X(IntLiteral)                                                                                                        \
  X(FloatLiteral)                                                                                                      \
  X(ImaginaryLiteral)                                                                                                  \
  X(StringLiteral)                                                                                                     \
  X(BytesLiteral)                                                                                                      \
  X(BoolLiteral)                                                                                                       \
  X(NoneLiteral)                                                                                                       \
  X(EllipsisLiteral)                                                                                                   \
  X(JoinedString)                                                                                                      \
  X(FormattedValue)                                                                                                    \
  X(BoolOp)                                                                                                            \
  X(BinOp)                                                                                                             \
  X(UnaryOp)                                                                                                           \
  X(Compare)                                                                                                           \
  X(IfExp)                                                                                                             \
  X(Lambda)                                                                                                            \
  X(Call)                                                                                                              \
  X(Attribute)                                                                                                         \
  X(Subscript)                                                                                                         \
  X(Slice)                                                                                                             \
  X(Starred)                                                                                                           \
  X(List)                                                                                                              \
  X(Tuple)                                                                                                             \
  X(Set)                                                                                                               \
  X(Dict)                                                                                                              \
  X(Comprehension)                                                                                                     \
  X(NamedExpr)                                                                                                         \
  X(Await)                                                                                                             \
  X(Yield)

#define TESSERA_AST_STMTS(X)                                                                                           \
  X(FunctionDef)                                                                                                       \
  X(ClassDef)                                                                                                          \
  X(Return)                                                                                                            \
  X(ExprStmt)                                                                                                          \
  X(Assign)                                                                                                            \
  X(AugAssign)                                                                                                         \
  X(AnnAssign)                                                                                                         \
  X(For)                                                                                                               \
  X(While)                                                                                                             \
  X(If)                                                                                                                \
  X(With)                                                                                                              \
  X(Try)                                                                                                               \
  X(Match)                                                                                                             \
  X(Break)                                                                                                             \
  X(Continue)                                                                                                          \
  X(Pass)                                                                                                              \
  X(Assert)                                                                                                            \
  X(Raise)                                                                                                             \
  X(Delete)                                                                                                            \
  X(Global)                                                                                                            \
  X(Nonlocal)                                                                                                          \
  X(Import)                                                                                                            \
  X(ImportFrom)                                                                                                        \
  X(TypeAlias)

#define TESSERA_AST_PATTERNS(X)                                                                                        \
  X(MatchValue)                                                                                                        \
  X(MatchSingleton)                                                                                                    \
  X(MatchSequence)                                                                                                     \
  X(MatchMapping)                                                                                                      \
  X(MatchClass)                                                                                                        \
  X(MatchStar)                                                                                                         \
  X(MatchAs)                                                                                                           \
  X(MatchOr)

#define TESSERA_AST_ENUMERATOR(name) name,
enum class ExprKind : uint8_t { TESSERA_AST_EXPRS(TESSERA_AST_ENUMERATOR) };
enum class StmtKind : uint8_t { TESSERA_AST_STMTS(TESSERA_AST_ENUMERATOR) };
enum class PatternKind : uint8_t { TESSERA_AST_PATTERNS(TESSERA_AST_ENUMERATOR) };
#undef TESSERA_AST_ENUMERATOR

/// "BinOp", "If", "MatchAs", ...
llvm::StringRef getKindName(ExprKind kind);
llvm::StringRef getKindName(StmtKind kind);
llvm::StringRef getKindName(PatternKind kind);

enum class BinaryOp : uint8_t { Add, Sub, Mul, MatMul, Div, FloorDiv, Mod, Pow, LShift, RShift, BitAnd, BitOr, BitXor };
enum class UnaryOperator : uint8_t { Plus, Minus, Invert, Not };
enum class CompareOp : uint8_t { Eq, NotEq, Less, LessEq, Greater, GreaterEq, Is, IsNot, In, NotIn };

/// "+", "//", "<<", ...
llvm::StringRef getSpelling(BinaryOp op);
/// "+", "-", "~", "not"
llvm::StringRef getSpelling(UnaryOperator op);
/// "==", "is not", ...
llvm::StringRef getSpelling(CompareOp op);

//===----------------------------------------------------------------------===//
// Bases
//===----------------------------------------------------------------------===//

struct Expr {
  ExprKind kind;
  bool parenthesized = false; ///< was written in parentheses of its own
  uint16_t height = 1;        ///< nodes on the longest path down to a leaf
  SourceRange range;

  SourceLoc getLoc() const;

protected:
  Expr(ExprKind kind, SourceRange range) : kind(kind), range(range) {}
};

struct Stmt {
  StmtKind kind;
  SourceRange range; ///< of a compound statement: with its body, and with the decorators of a function or class

  SourceLoc getLoc() const;

protected:
  Stmt(StmtKind kind, SourceRange range) : kind(kind), range(range) {}
};

struct Pattern {
  PatternKind kind;
  SourceRange range;

  SourceLoc getLoc() const { return range.begin; }

protected:
  Pattern(PatternKind kind, SourceRange range) : kind(kind), range(range) {}
};

using ExprList = llvm::ArrayRef<Expr *>;
using StmtList = llvm::ArrayRef<Stmt *>;
using PatternList = llvm::ArrayRef<Pattern *>;

// A node's constructor takes its range; the parser fills in the rest.
#define TESSERA_AST_EXPR(name)                                                                                         \
  explicit name(SourceRange range) : Expr(ExprKind::name, range) {}                                                    \
  static bool classof(const Expr *expr) { return expr->kind == ExprKind::name; }
#define TESSERA_AST_STMT(name)                                                                                         \
  explicit name(SourceRange range) : Stmt(StmtKind::name, range) {}                                                    \
  static bool classof(const Stmt *stmt) { return stmt->kind == StmtKind::name; }
#define TESSERA_AST_PATTERN(name)                                                                                      \
  explicit name(SourceRange range) : Pattern(PatternKind::name, range) {}                                              \
  static bool classof(const Pattern *pattern) { return pattern->kind == PatternKind::name; }

//===----------------------------------------------------------------------===//
// Parts that are neither expressions nor statements
//===----------------------------------------------------------------------===//

/// A name with its place: of a parameter, an import, a keyword argument, `global`.
struct Identifier {
  llvm::StringRef text;
  SourceRange range;
};

/// One argument by keyword, `name=value`, or `**value` (then the name is empty).
struct Keyword {
  Identifier name;
  Expr *value = nullptr;
  SourceRange range;

  bool isUnpack() const { return name.text.empty(); }
};

enum class ParamKind : uint8_t {
  PositionalOnly,      ///< before `/`
  PositionalOrKeyword, ///<
  VarPositional,       ///< `*args`
  KeywordOnly,         ///< after `*` or `*args`
  VarKeyword,          ///< `**kwargs`
};

/// One parameter of a function or lambda.
struct Param {
  Identifier name;
  ParamKind kind = ParamKind::PositionalOrKeyword;
  Expr *annotation = nullptr;   ///< may be null
  Expr *defaultValue = nullptr; ///< may be null
  SourceRange range;            ///< with star, annotation and default
};

/// `for target in iter if c1 if c2` of a comprehension.
struct Generator {
  Expr *target = nullptr;
  Expr *iter = nullptr;
  ExprList conditions;
  bool isAsync = false;
  SourceRange range;
};

/// `key: value`, or `**value` (then key is null).
struct DictItem {
  Expr *key = nullptr; ///< may be null
  Expr *value = nullptr;
};

/// One link of a comparison chain: the operator and what stands to its right.
struct Comparison {
  CompareOp op;
  SourceRange opRange;
  Expr *right = nullptr;
};

/// `context as target` of a with statement.
struct WithItem {
  Expr *context = nullptr;
  Expr *target = nullptr; ///< may be null
};

/// `except type as name:` with its body.
struct ExceptHandler {
  Expr *type = nullptr; ///< may be null
  Identifier name;      ///< may be empty
  StmtList body;
  bool isStar = false; ///< `except*`
  SourceRange range;
};

/// `a.b.c as name` of an import; only `name` matters of `*`.
struct Alias {
  Identifier name;   ///< dotted for `import a.b`, "*" for `from m import *`
  Identifier asName; ///< may be empty

  /// The name that is bound in the module: asName, or the first part of the dotted name.
  llvm::StringRef getBoundName() const { return asName.text.empty() ? name.text.split('.').first : asName.text; }
};

/// `case pattern if guard:` with its body.
struct MatchCase {
  Pattern *pattern = nullptr;
  Expr *guard = nullptr; ///< may be null
  StmtList body;
  SourceRange range;
};

/// A type parameter of PEP 695: `T`, `T: bound`, `*Ts`, `**P`, each perhaps with `= default`.
struct TypeParam {
  enum class Kind : uint8_t { TypeVar, TypeVarTuple, ParamSpec };
  Kind kind = Kind::TypeVar;
  Identifier name;
  Expr *bound = nullptr;        ///< may be null
  Expr *defaultValue = nullptr; ///< may be null
};

//===----------------------------------------------------------------------===//
// Expressions: leaves
//===----------------------------------------------------------------------===//

struct Name : Expr {
  TESSERA_AST_EXPR(Name)
  llvm::StringRef id;
};

/// `42 0xff 0b1 1_000`. Never negative: `-1` is a UnaryOp.
struct IntLiteral : Expr {
  TESSERA_AST_EXPR(IntLiteral)
  uint64_t value = 0;       ///< undefined unless fits
  bool fits = true;         ///< at most 2**64 - 1; a larger literal is an error only where it is used
  llvm::StringRef spelling; ///< as written
};

struct FloatLiteral : Expr {
  TESSERA_AST_EXPR(FloatLiteral)
  double value = 0;
  llvm::StringRef spelling;
};

/// `2j`
struct ImaginaryLiteral : Expr {
  TESSERA_AST_EXPR(ImaginaryLiteral)
  double value = 0;
  llvm::StringRef spelling;
};

/// One string or several side by side, decoded to UTF-8 (lone surrogates written with `\u` are kept in their three-byte
/// form).
struct StringLiteral : Expr {
  TESSERA_AST_EXPR(StringLiteral)
  llvm::StringRef value;
};

struct BytesLiteral : Expr {
  TESSERA_AST_EXPR(BytesLiteral)
  llvm::StringRef value;
};

struct BoolLiteral : Expr {
  TESSERA_AST_EXPR(BoolLiteral)
  bool value = false;
};

struct NoneLiteral : Expr {
  TESSERA_AST_EXPR(NoneLiteral)
};

struct EllipsisLiteral : Expr {
  TESSERA_AST_EXPR(EllipsisLiteral)
};

/// An f-string: StringLiterals and FormattedValues in turn. `f"{x=}"` has the text "x=" as a StringLiteral of its own
/// or at the end of the one before, as in Python.
struct JoinedString : Expr {
  TESSERA_AST_EXPR(JoinedString)
  ExprList values;
  bool isTemplate = false; ///< a template string, t"..."
};

/// `{value!conversion:format}` of an f-string.
struct FormattedValue : Expr {
  TESSERA_AST_EXPR(FormattedValue)
  Expr *value = nullptr;
  char conversion = 0;            ///< 's', 'r', 'a', or 0
  JoinedString *format = nullptr; ///< may be null
};

//===----------------------------------------------------------------------===//
// Expressions: operators
//===----------------------------------------------------------------------===//

/// `a and b and c`: one node for a run of the same operator.
struct BoolOp : Expr {
  TESSERA_AST_EXPR(BoolOp)
  bool isAnd = true;   ///< else `or`
  SourceRange opRange; ///< of the first operator
  ExprList values;
};

struct BinOp : Expr {
  TESSERA_AST_EXPR(BinOp)
  BinaryOp op = BinaryOp::Add;
  SourceRange opRange;
  Expr *left = nullptr;
  Expr *right = nullptr;
};

struct UnaryOp : Expr {
  TESSERA_AST_EXPR(UnaryOp)
  UnaryOperator op = UnaryOperator::Plus;
  SourceRange opRange;
  Expr *operand = nullptr;
};

/// `left < a <= b`; at least one comparison.
struct Compare : Expr {
  TESSERA_AST_EXPR(Compare)
  Expr *left = nullptr;
  llvm::ArrayRef<Comparison> comparisons;
};

/// `thenValue if condition else elseValue`
struct IfExp : Expr {
  TESSERA_AST_EXPR(IfExp)
  Expr *condition = nullptr;
  Expr *thenValue = nullptr;
  Expr *elseValue = nullptr;
};

struct Lambda : Expr {
  TESSERA_AST_EXPR(Lambda)
  llvm::ArrayRef<Param> params;
  Expr *body = nullptr;
};

//===----------------------------------------------------------------------===//
// Expressions: primaries
//===----------------------------------------------------------------------===//

/// `callee(args, *starred, name=value, **dict)`. Positional arguments and Starred ones are in `args` in order.
struct Call : Expr {
  TESSERA_AST_EXPR(Call)
  Expr *callee = nullptr;
  ExprList args;
  llvm::ArrayRef<Keyword> keywords;
  SourceRange parens; ///< from the opening up to and with the closing one
};

struct Attribute : Expr {
  TESSERA_AST_EXPR(Attribute)
  Expr *value = nullptr;
  Identifier attr;
};

/// `value[index]`; several indices are a Tuple without parentheses, `a:b` is a Slice (also inside that Tuple).
struct Subscript : Expr {
  TESSERA_AST_EXPR(Subscript)
  Expr *value = nullptr;
  Expr *index = nullptr;
};

struct Slice : Expr {
  TESSERA_AST_EXPR(Slice)
  Expr *lower = nullptr; ///< may be null
  Expr *upper = nullptr; ///< may be null
  Expr *step = nullptr;  ///< may be null
};

/// `*value` in a call, a list, or an assignment target.
struct Starred : Expr {
  TESSERA_AST_EXPR(Starred)
  Expr *value = nullptr;
};

struct List : Expr {
  TESSERA_AST_EXPR(List)
  ExprList elements;
};

struct Tuple : Expr {
  TESSERA_AST_EXPR(Tuple)
  ExprList elements;
};

struct Set : Expr {
  TESSERA_AST_EXPR(Set)
  ExprList elements;
};

struct Dict : Expr {
  TESSERA_AST_EXPR(Dict)
  llvm::ArrayRef<DictItem> items;
};

/// `[element for ...]` and its likes.
struct Comprehension : Expr {
  TESSERA_AST_EXPR(Comprehension)
  enum class Form : uint8_t { List, Set, Dict, Generator };
  Form form = Form::List;
  Expr *element = nullptr; ///< of a Dict: the key
  Expr *value = nullptr;   ///< of a Dict; null otherwise
  llvm::ArrayRef<Generator> generators;
};

/// `target := value`
struct NamedExpr : Expr {
  TESSERA_AST_EXPR(NamedExpr)
  Name *target = nullptr;
  Expr *value = nullptr;
};

struct Await : Expr {
  TESSERA_AST_EXPR(Await)
  Expr *value = nullptr;
};

/// `yield value`, `yield from value`
struct Yield : Expr {
  TESSERA_AST_EXPR(Yield)
  Expr *value = nullptr; ///< may be null
  bool isFrom = false;
};

//===----------------------------------------------------------------------===//
// Statements: definitions
//===----------------------------------------------------------------------===//

/// What the decorators make of a function.
enum class FunctionRole : uint8_t {
  Host,      ///< runs on the host: passed over
  Device,    ///< `@triton.jit` and its likes: a kernel or a function called by one
  Constexpr, ///< `@triton.constexpr_function`: ordinary Python evaluated at compile time
};

struct FunctionDef : Stmt {
  TESSERA_AST_STMT(FunctionDef)
  Identifier name;
  ExprList decorators; ///< from top to bottom
  llvm::ArrayRef<TypeParam> typeParams;
  llvm::ArrayRef<Param> params;
  SourceRange paramsRange;    ///< with the parentheses
  Expr *returnType = nullptr; ///< may be null
  StmtList body;
  FunctionRole role = FunctionRole::Host;
  bool isAsync = false;
  bool hasErrors = false; ///< the header or the body held syntax errors

  const Param *findParam(llvm::StringRef paramName) const;
};

struct ClassDef : Stmt {
  TESSERA_AST_STMT(ClassDef)
  Identifier name;
  ExprList decorators;
  llvm::ArrayRef<TypeParam> typeParams;
  ExprList bases;
  llvm::ArrayRef<Keyword> keywords;
  StmtList body;
  bool hasErrors = false;
};

//===----------------------------------------------------------------------===//
// Statements: simple
//===----------------------------------------------------------------------===//

struct Return : Stmt {
  TESSERA_AST_STMT(Return)
  Expr *value = nullptr; ///< may be null
};

struct ExprStmt : Stmt {
  TESSERA_AST_STMT(ExprStmt)
  Expr *value = nullptr;
};

/// `a = b = value`: targets from left to right. A target is a Name, Attribute, Subscript, Starred, or a List or Tuple
/// of such.
struct Assign : Stmt {
  TESSERA_AST_STMT(Assign)
  ExprList targets;
  Expr *value = nullptr;
};

struct AugAssign : Stmt {
  TESSERA_AST_STMT(AugAssign)
  Expr *target = nullptr;
  BinaryOp op = BinaryOp::Add;
  SourceRange opRange;
  Expr *value = nullptr;
};

/// `target: annotation = value`
struct AnnAssign : Stmt {
  TESSERA_AST_STMT(AnnAssign)
  Expr *target = nullptr;
  Expr *annotation = nullptr;
  Expr *value = nullptr; ///< may be null
};

struct Break : Stmt {
  TESSERA_AST_STMT(Break)
};

struct Continue : Stmt {
  TESSERA_AST_STMT(Continue)
};

struct Pass : Stmt {
  TESSERA_AST_STMT(Pass)
};

struct Assert : Stmt {
  TESSERA_AST_STMT(Assert)
  Expr *condition = nullptr;
  Expr *message = nullptr; ///< may be null
};

struct Raise : Stmt {
  TESSERA_AST_STMT(Raise)
  Expr *exception = nullptr; ///< may be null
  Expr *cause = nullptr;     ///< may be null
};

struct Delete : Stmt {
  TESSERA_AST_STMT(Delete)
  ExprList targets;
};

struct Global : Stmt {
  TESSERA_AST_STMT(Global)
  llvm::ArrayRef<Identifier> names;
};

struct Nonlocal : Stmt {
  TESSERA_AST_STMT(Nonlocal)
  llvm::ArrayRef<Identifier> names;
};

struct Import : Stmt {
  TESSERA_AST_STMT(Import)
  llvm::ArrayRef<Alias> names;
};

/// `from ..module import a as b`
struct ImportFrom : Stmt {
  TESSERA_AST_STMT(ImportFrom)
  Identifier module;  ///< dotted; empty for `from . import a`
  unsigned level = 0; ///< number of leading dots
  llvm::ArrayRef<Alias> names;
};

/// `type Name[T] = value`
struct TypeAlias : Stmt {
  TESSERA_AST_STMT(TypeAlias)
  Identifier name;
  llvm::ArrayRef<TypeParam> typeParams;
  Expr *value = nullptr;
};

//===----------------------------------------------------------------------===//
// Statements: compound
//===----------------------------------------------------------------------===//

struct For : Stmt {
  TESSERA_AST_STMT(For)
  Expr *target = nullptr;
  Expr *iter = nullptr;
  StmtList body;
  StmtList orElse;
  bool isAsync = false;
};

struct While : Stmt {
  TESSERA_AST_STMT(While)
  Expr *condition = nullptr;
  StmtList body;
  StmtList orElse;
};

/// `if`; `elif` is an If alone in orElse with isElif.
struct If : Stmt {
  TESSERA_AST_STMT(If)
  Expr *condition = nullptr;
  StmtList body;
  StmtList orElse;
  bool isElif = false;
};

struct With : Stmt {
  TESSERA_AST_STMT(With)
  llvm::ArrayRef<WithItem> items;
  StmtList body;
  bool isAsync = false;
};

struct Try : Stmt {
  TESSERA_AST_STMT(Try)
  StmtList body;
  llvm::ArrayRef<ExceptHandler> handlers;
  StmtList orElse;
  StmtList finalBody;
};

struct Match : Stmt {
  TESSERA_AST_STMT(Match)
  Expr *subject = nullptr;
  llvm::ArrayRef<MatchCase> cases;
};

//===----------------------------------------------------------------------===//
// Patterns of match statements
//===----------------------------------------------------------------------===//

/// A literal (perhaps negative or complex) or a dotted name, compared by ==.
struct MatchValue : Pattern {
  TESSERA_AST_PATTERN(MatchValue)
  Expr *value = nullptr;
};

/// `None True False`, compared by `is`.
struct MatchSingleton : Pattern {
  TESSERA_AST_PATTERN(MatchSingleton)
  Expr *value = nullptr;
};

struct MatchSequence : Pattern {
  TESSERA_AST_PATTERN(MatchSequence)
  PatternList patterns;
};

struct MatchMapping : Pattern {
  TESSERA_AST_PATTERN(MatchMapping)
  ExprList keys;
  PatternList patterns; ///< one for each key
  Identifier rest;      ///< `**rest`; may be empty
};

struct MatchClass : Pattern {
  TESSERA_AST_PATTERN(MatchClass)
  Expr *cls = nullptr;
  PatternList patterns;
  llvm::ArrayRef<Identifier> keywordNames;
  PatternList keywordPatterns; ///< one for each name
};

/// `*name` in a sequence; `*_` has an empty name.
struct MatchStar : Pattern {
  TESSERA_AST_PATTERN(MatchStar)
  Identifier name;
};

/// `pattern as name`, `name`, or `_` (no pattern and an empty name).
struct MatchAs : Pattern {
  TESSERA_AST_PATTERN(MatchAs)
  Pattern *pattern = nullptr; ///< may be null
  Identifier name;
};

struct MatchOr : Pattern {
  TESSERA_AST_PATTERN(MatchOr)
  PatternList patterns;
};

#undef TESSERA_AST_EXPR
#undef TESSERA_AST_STMT
#undef TESSERA_AST_PATTERN

//===----------------------------------------------------------------------===//
// Module
//===----------------------------------------------------------------------===//

/// The whole of a text.
struct Module {
  FileId file = 0;
  StmtList body;
};

/// The dotted name an expression spells, "triton.language.load", or an empty string if it is anything but names and
/// dots.
std::string getDottedName(const Expr *expr);

} // namespace tessera::ast

#endif // TESSERA_FRONTEND_SYNTAX_AST_H
