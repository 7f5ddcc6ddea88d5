//===- Emitter.h - the walk from syntax tree to tile IR ---------*- C++ -*-===//
//
// One Emitter emits one kernel. It walks statements and expressions as Python
// would execute them, with two kinds of values side by side (Value.h): what is
// known is computed, what is not becomes IR. Device functions are executed in
// place, in a frame of their own, so calls leave no trace but locations.
//
// Control flow over run-time conditions becomes scf operations. A statement ends
// with an Exit: the ways in which control may leave it (falling through,
// continue, break, return) and, if there are several, an i32 that says at run
// time which one it was. A branch that ends differently from its sibling takes
// the statements that follow into its own region:
//
//   if n < 0:            %r = scf.if %negative -> (i32) {
//       return 0           yield 0
//   x = f(n)        =>   } else {
//   return x               %x = ...
//                          yield %x
//                        }
//
// The class is declared here and defined by idea in: Emitter.cpp (frames,
// names, errors), Expressions.cpp, Constants.cpp (Python's arithmetic),
// Arithmetic.cpp (promotion, casts, operators on tensors), Statements.cpp,
// ControlFlow.cpp, Loops.cpp, Calls.cpp, Attributes.cpp, Kernel.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_EMITTER_H
#define TESSERA_FRONTEND_EMIT_EMITTER_H

#include "frontend/emit/Builtin.h"
#include "frontend/emit/Emit.h"
#include "frontend/emit/Unit.h"
#include "frontend/emit/Value.h"
#include "frontend/syntax/Diagnostics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tessera::emit {

//===----------------------------------------------------------------------===//
// Frames and exits
//===----------------------------------------------------------------------===//

/// One activation of a function.
struct Frame {
  Unit *unit = nullptr;
  const FunctionAnalysis *analysis = nullptr; ///< null at module level
  llvm::StringRef name;
  llvm::SmallVector<Value, 0> slots;
  /// Variables of comprehensions, lambdas and closures: looked up first, from the back.
  llvm::SmallVector<std::pair<llvm::StringRef, Value>, 0> overlay;
  Frame *caller = nullptr;
  SourceLoc callLoc; ///< in the unit of the caller
  std::optional<mlir::Location> callSite;
  bool isHost = false; ///< ordinary Python: numbers stay numbers, loops run now
  /// What is read after the block being emitted, and in the next iteration of (or after) the loop around it. Null: all.
  const VariableSet *blockLive = nullptr;
  const VariableSet *loopLive = nullptr;
  /// Whether the function ends where the block being emitted ends.
  bool atTail = true;
  llvm::SmallVector<SourceLoc, 0> assignedAt; ///< by slot: the last assignment
  /// The constexpr arguments, for the note on an error.
  std::string specialisation;
  unsigned depth = 0;
};

enum ExitCode : unsigned { FallsThrough = 0, Continues = 1, Breaks = 2, Returns = 3 };

/// How control leaves a statement or a block.
struct Exit {
  unsigned mask = 1u << FallsThrough; ///< possible codes
  mlir::Value code;                   ///< i32, if several are possible
  Value result = Value::none();       ///< if it may return

  static Exit of(ExitCode code) {
    Exit exit;
    exit.mask = 1u << code;
    return exit;
  }
  bool may(ExitCode code) const { return mask & (1u << code); }
  bool only(ExitCode code) const { return mask == (1u << code); }
};

/// A region emitted before the operation that will hold it.
struct Branch {
  std::unique_ptr<mlir::Region> region;
  llvm::SmallVector<Value, 0> slots; ///< variables at its end
  Exit exit;

  mlir::Block &getBlock() { return region->front(); }
};

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// A diagnostic under construction; the notes of the call stack are added at its end.
class ErrorBuilder {
public:
  ErrorBuilder(Emitter &emitter, Diagnostic *diagnostic, bool inUserCode)
      : emitter(emitter), diagnostic(diagnostic), inUserCode(inUserCode) {}
  ErrorBuilder(ErrorBuilder &&other)
      : emitter(other.emitter), diagnostic(std::exchange(other.diagnostic, nullptr)), inUserCode(other.inUserCode) {}
  ErrorBuilder &operator=(const ErrorBuilder &) = delete;
  ~ErrorBuilder();

  ErrorBuilder &range(SourceRange range);
  ErrorBuilder &note(SourceLoc loc, const llvm::Twine &message);
  ErrorBuilder &fixIt(SourceRange range, llvm::StringRef replacement);
  /// Errors give poison: `return error(...)`.
  operator Value() const { return Value::poison(); }

private:
  Emitter &emitter;
  Diagnostic *diagnostic; ///< null while errors are not reported
  bool inUserCode;
};

//===----------------------------------------------------------------------===//
// Emitter
//===----------------------------------------------------------------------===//

class Emitter {
public:
  Emitter(mlir::MLIRContext &context, const Program &program, const EmitOptions &options,
          DiagnosticEngine &diagnostics);
  ~Emitter();

  EmittedKernel emitKernel(llvm::StringRef name, const Signature &signature);

  // --- State (Emitter.cpp) ---------------------------------------------------
  mlir::OpBuilder builder;
  ValueArena arena;
  const EmitOptions &options;
  DiagnosticEngine &diagnostics;
  int numWarps = 4, numStages = 3, numCtas = 1;
  Frame *frame = nullptr;

  mlir::MLIRContext *getContext() { return builder.getContext(); }
  Unit &getMainUnit() { return *mainUnit; }
  bool isHost() const { return frame->isHost; }

  // --- Errors and places (Emitter.cpp) ---------------------------------------
  ErrorBuilder error(SourceLoc loc, const llvm::Twine &message);
  ErrorBuilder error(const ast::Expr *expr, const llvm::Twine &message);
  ErrorBuilder warning(SourceLoc loc, const llvm::Twine &message);
  void addStackNotes(Diagnostic &diagnostic);
  /// True once so much is wrong that going on would only add noise, or a limit was passed.
  bool shouldStop() const { return aborted; }
  void abort() { aborted = true; }
  void setAborted(bool value) { aborted = value; }
  /// Counts work done at compile time; reports and stops past a limit.
  bool spend(SourceLoc loc, unsigned amount = 1);
  unsigned silenced = 0;  ///< while positive, errors are counted, not reported
  unsigned numErrors = 0; ///< silenced ones too
  /// Where operations are created now.
  SourceLoc here;
  mlir::Location loc();
  mlir::Location getLocation(SourceLoc loc);

  // --- Names (Emitter.cpp) ----------------------------------------------------
  Value lookUp(const ast::Name *name);
  Value lookUpGlobal(Unit &unit, llvm::StringRef name);
  Value lookUpLibrary(ModuleId module, llvm::StringRef name);
  Value getModuleAttribute(ModuleId module, llvm::StringRef name, SourceLoc loc, SourceRange range);
  Value importModule(llvm::StringRef dotted);
  Value makeFunction(Unit &unit, const ast::FunctionDef *def);
  void setSlot(unsigned slot, Value value) { frame->slots[slot] = value; }
  std::string suggest(llvm::StringRef wrong, llvm::ArrayRef<llvm::StringRef> names);

  // --- Expressions (Expressions.cpp) -----------------------------------------
  Value evaluate(const ast::Expr *expr);
  /// Evaluates in the host's way, whatever the frame.
  Value evaluateConstant(const ast::Expr *expr);
  Value evaluateSlice(const ast::Slice *slice);
  Value evaluateSubscript(const ast::Subscript *subscript);
  Value evaluateTensorIndex(Value tensor, const ast::Subscript *subscript, Value index);
  Value evaluateCompare(const ast::Compare *compare);
  Value evaluateBoolOp(const ast::BoolOp *boolOp);
  Value evaluateIfExp(const ast::IfExp *ifExp);
  Value evaluateJoinedString(const ast::JoinedString *joined);
  Value evaluateComprehension(const ast::Comprehension *comprehension);
  bool evaluateElements(ast::ExprList exprs, llvm::SmallVectorImpl<Value> &values);
  /// The elements of anything that can be iterated over at compile time.
  bool getIterable(Value value, SourceLoc loc, llvm::SmallVectorImpl<Value> &elements);
  Value getAttribute(Value object, llvm::StringRef name, SourceLoc loc, SourceRange range); // Attributes.cpp
  Value getTensorAttribute(Value tensor, llvm::StringRef name, SourceLoc loc, SourceRange range);
  Value getTypeAttribute(Value type, llvm::StringRef name, SourceLoc loc, SourceRange range);

  // --- Compile-time arithmetic (Constants.cpp) --------------------------------
  Value constantBinary(ast::BinaryOp op, Value a, Value b, SourceLoc loc);
  Value constantUnary(ast::UnaryOperator op, Value a, SourceLoc loc);
  Value constantCompare(ast::CompareOp op, Value a, Value b, SourceLoc loc);
  Value formatValue(Value value, char conversion, llvm::StringRef format, SourceLoc loc);
  /// The compile-time value behind a run-time scalar that is a literal constant; the value itself if it is known.
  std::optional<Value> getConstant(Value value);
  /// The same for integers.
  std::optional<int64_t> getConstantInt(Value value);

  // --- Tensors (Arithmetic.cpp) ------------------------------------------------
  /// Python number to scalar, tensors unchanged; reports anything else.
  Value toTensor(Value value, SourceLoc loc);
  Value makeScalar(Value number, ElementType type, SourceLoc loc);
  Value intConstant(int64_t value, ElementType type = DType::Int32);
  mlir::Value boolConstant(bool value);
  mlir::Value i32Constant(int32_t value);
  Value zeroOf(mlir::Type type, ElementType element);
  Value splat(Value scalar, llvm::ArrayRef<int64_t> shape);
  Value cast(Value value, ElementType to, SourceLoc loc, llvm::StringRef rounding = {});
  Value bitcast(Value value, ElementType to, SourceLoc loc);
  Value toCondition(Value value, SourceLoc loc);
  Value expandDims(Value value, unsigned axis);
  Value reshape(Value value, llvm::ArrayRef<int64_t> shape, bool allowReorder = false);
  Value broadcastTo(Value value, llvm::ArrayRef<int64_t> shape, SourceLoc loc);
  bool broadcastPair(Value &a, Value &b, SourceLoc loc, llvm::StringRef what);
  bool broadcastAll(llvm::MutableArrayRef<Value *> values, SourceLoc loc, llvm::StringRef what);
  struct PairRules {
    bool pointerLeft = false, pointerRight = false; ///< pointers are allowed there
    bool arithmetic = true;                         ///< element types are made the same
    bool division = false;                          ///< half floats become fp32
    bool strong = false;                            ///< numbers count as scalars of their own type
  };
  /// Converts both operands to their common type and shape, as Triton does.
  bool promotePair(Value &a, Value &b, SourceLoc loc, llvm::StringRef what, PairRules rules);
  bool promotePair(Value &a, Value &b, SourceLoc loc, llvm::StringRef what) {
    return promotePair(a, b, loc, what, PairRules());
  }
  std::optional<ElementType> getCommonType(ElementType a, bool aIsNumber, ElementType b, bool bIsNumber, bool division,
                                           SourceLoc loc, llvm::StringRef what);
  /// The type that a number has without a partner: i32, fp32, ...
  ElementType getNumberType(Value number);
  Value binary(ast::BinaryOp op, Value a, Value b, SourceLoc loc);
  Value unary(ast::UnaryOperator op, Value a, SourceLoc loc);
  Value compare(ast::CompareOp op, Value a, Value b, SourceLoc loc);
  Value add(Value a, Value b, SourceLoc loc) { return binary(ast::BinaryOp::Add, a, b, loc); }
  Value mul(Value a, Value b, SourceLoc loc) { return binary(ast::BinaryOp::Mul, a, b, loc); }
  Value addPointer(Value pointer, Value offset, SourceLoc loc);
  Value select(Value condition, Value a, Value b, SourceLoc loc);
  Value logical(bool isAnd, Value a, Value b, SourceLoc loc);
  enum class MinMax { Min, Max };
  Value minMax(MinMax which, Value a, Value b, bool propagateNaN, SourceLoc loc);
  Value divide(Value a, Value b, bool ieee, SourceLoc loc);
  /// Single-element block to scalar.
  Value toScalar(Value value, SourceLoc loc);
  mlir::Type getType(ElementType element, llvm::ArrayRef<int64_t> shape);
  /// A block shape from an argument: positive powers of two of tolerable size. Reports.
  bool getShapeArgument(Value value, SourceLoc loc, llvm::StringRef what, llvm::SmallVectorImpl<int64_t> &shape);
  bool checkShape(llvm::ArrayRef<int64_t> shape, SourceLoc loc, llvm::StringRef what);

  // --- Statements (Statements.cpp) ---------------------------------------------
  /// Emits statements in order; `live` is what is read after them.
  Exit emitBlock(ast::StmtList body, const VariableSet *live);
  /// Emits one statement. A branch may take the statements behind it into its regions: `consumedRest`.
  Exit emitStmt(const ast::Stmt *stmt, ast::StmtList rest, bool &consumedRest);
  void assign(const ast::Expr *target, Value value);
  void assignName(const ast::Name *name, Value value);
  /// Binds without turning numbers into scalars.
  void bind(const ast::Expr *target, Value value, bool decays);
  /// What an assignment makes of a number in device code: a scalar.
  Value decay(Value value, SourceLoc loc);
  void emitAugAssign(const ast::AugAssign *stmt);
  void emitAnnAssign(const ast::AnnAssign *stmt);
  void emitAssert(const ast::Assert *stmt);
  Exit emitMatch(const ast::Match *stmt);
  void reportRaise(const ast::Raise *stmt);

  // --- Branches (ControlFlow.cpp) ------------------------------------------------
  Exit emitIf(const ast::If *stmt, ast::StmtList rest, bool &consumedRest);
  /// The condition of an `if` or `while` as an i1, or its compile-time truth.
  std::optional<bool> evaluateCondition(const ast::Expr *expr, Value &condition);
  Branch emitBranch(llvm::function_ref<Exit()> body);
  /// Goes on at the end of a branch.
  void extendBranch(Branch &branch, llvm::function_ref<Exit(Exit)> body);
  /// Creates the scf.if over two branches and merges exits, results, and the variables in `live` (null: all).
  Exit mergeBranches(mlir::Value condition, Branch thenBranch, Branch elseBranch, const VariableSet *live);
  /// Runs `rest` where `exit` fell through.
  Exit continueAfter(Exit exit, llvm::function_ref<Exit()> rest);
  /// The same exit with one code turned into another.
  Exit remap(Exit exit, ExitCode from, ExitCode to);
  /// One value of two that reach the same place. What differs between them goes to `aOut` and `bOut`, and the result
  /// has holes there. Nothing, if the two cannot be one.
  std::optional<Value> mergeValues(Value a, Value b, mlir::Block *aBlock, mlir::Block *bBlock,
                                   llvm::SmallVectorImpl<mlir::Value> &aOut, llvm::SmallVectorImpl<mlir::Value> &bOut,
                                   SourceLoc loc);
  /// The value with holes for everything in it that only the running kernel knows; of block pointers, unless `whole`,
  /// for the offsets alone.
  Value makeHoles(Value value, llvm::SmallVectorImpl<mlir::Value> &out, llvm::SmallVectorImpl<ElementType> &types,
                  bool whole);
  /// What stands in `value` where `prototype` has holes; false if the two do not match.
  bool matchHoles(Value value, Value prototype, llvm::ArrayRef<mlir::Type> &types,
                  llvm::SmallVectorImpl<mlir::Value> &out);
  Value fillHoles(Value prototype, llvm::ArrayRef<mlir::Value> &values);
  bool sameValue(const Value &a, const Value &b);

  // --- Loops (Loops.cpp) -----------------------------------------------------------
  Exit emitFor(const ast::For *stmt);
  Exit emitStaticFor(const ast::For *stmt, llvm::ArrayRef<Value> elements);
  Exit emitRuntimeFor(const ast::For *stmt, const RangeData &range);
  Exit emitWhile(const ast::While *stmt);
  Exit emitStaticWhile(const ast::While *stmt);

  // --- Calls (Calls.cpp) ---------------------------------------------------------
  Value evaluateCall(const ast::Call *call);
  Value call(Value callee, llvm::ArrayRef<Argument> args, SourceLoc loc);
  Value callFunction(const FunctionData &function, llvm::ArrayRef<Argument> args, SourceLoc loc);
  Value callBuiltin(const Builtin &builtin, llvm::ArrayRef<Argument> args, SourceLoc loc);
  Value callClass(const ClassData &cls, llvm::ArrayRef<Argument> args, SourceLoc loc);
  Value callFunction(const FunctionData &function, llvm::ArrayRef<Value> args, SourceLoc loc);
  bool bindParameters(const FunctionData &function, llvm::ArrayRef<ast::Param> params, llvm::ArrayRef<Argument> args,
                      SourceLoc loc, Frame &callee);
  bool isConstexprAnnotation(const ast::Expr *annotation);
  const ClassData *makeClass(Unit &unit, const ast::ClassDef *def);

  /// Set while a global is evaluated that a kernel need not have: host code that is not understood gives Opaque.
  unsigned hostDepth = 0;

private:
  friend class KernelEmitter;
  std::optional<Value> evaluateImport(Unit &unit, const ast::Stmt *stmt, llvm::StringRef name);
  Value evaluateGlobalItem(Unit &unit, const ModuleItem &item, llvm::StringRef name);

  std::unique_ptr<Unit> mainUnit;
  std::unique_ptr<SourceManager> librarySources;
  std::unique_ptr<DiagnosticEngine> libraryDiagnostics;
  std::vector<std::unique_ptr<Program>> libraryPrograms; ///< one a file, read on demand
  std::vector<std::unique_ptr<Unit>> libraryUnits;
  bool aborted = false;
  uint64_t work = 0;
  // The last location made, for runs of operations at one place.
  SourceLoc lastLoc;
  const Frame *lastFrame = nullptr;
  std::optional<mlir::Location> lastLocation;
  llvm::StringMap<bool> warned;
};

/// Tries something out: while it lives, errors are noticed and not reported; afterwards they are forgotten.
class Attempt {
public:
  explicit Attempt(Emitter &emitter) : emitter(emitter), errors(emitter.numErrors), aborted(emitter.shouldStop()) {
    ++emitter.silenced;
  }
  ~Attempt() {
    --emitter.silenced;
    emitter.numErrors = errors;
    emitter.setAborted(aborted);
  }
  bool failed() const { return emitter.numErrors != errors; }

private:
  Emitter &emitter;
  unsigned errors;
  bool aborted;
};

/// Evaluates in the way of the host while it lives.
class HostScope {
public:
  explicit HostScope(Emitter &emitter) : emitter(emitter), old(emitter.frame->isHost) { emitter.frame->isHost = true; }
  ~HostScope() { emitter.frame->isHost = old; }

private:
  Emitter &emitter;
  bool old;
};

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_EMITTER_H
