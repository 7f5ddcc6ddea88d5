//===- Lowering.h - From laid-out tiles to scalars
//--------------------------------------------------------------------===//
//
// The state of the one walk that turns a laid-out kernel into LLVM dialect.
//
// Every value of the kernel becomes a list of scalars: a scalar a list of one, a tensor one scalar for each register
// its layout has. Element (register r) of a list is what *this thread* holds: which element of the tensor that is
// follows from the layout, the lane and the warp. Loops carry the scalars one by one, never as structs, which LLVM's
// register allocation pays back.
//
//   %x : tensor<256xf32, {register = [1], lane = [2 4 8 16 32], warp = [64 128]}>    →   [%x0, %x1]
//   arith.addf %x, %y                                                              →   [fadd %x0 %y0, fadd %x1 %y1]
//
// Decompositions. For integers and pointers the walk remembers, where it can, that a scalar is `base + constant`, the
// base being shared by all registers of a tensor: so the addresses of a tile become one register and immediate offsets.
// A decomposition is *exact* if base + constant wraps as the value does; one through a sign extension is not, and
// serves addresses alone, where an offset that wraps is out of bounds anyway.
//
// One file a group of operations: LowerElementwise, LowerMath, LowerShape, LowerMemory, LowerAtomics, LowerReduce,
// LowerScan, LowerDot, LowerConvert, LowerShared, LowerControlFlow, LowerDebug. A handler gives back failure after it
// has emitted a diagnostic.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===------------------------------------------------------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_LOWERING_H
#define TESSERA_COMPILER_LOWERING_LOWERING_H

#include "compiler/lowering/Emitter.h"
#include "compiler/target/Target.h"
#include "dialect/layout/LinearLayout.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Allocator.h"

namespace tessera {

class Lowering;
using LowerFn = mlir::LogicalResult (*)(Lowering &, mlir::Operation *);
/// Which function lowers an operation, by the operation's TypeID.
using LowerTable = llvm::DenseMap<mlir::TypeID, LowerFn>;

class Lowering : public Emitter {
public:
  Lowering(mlir::MLIRContext *context, const Target &target, mlir::ModuleOp module, bool lineInfo);

  /// Replaces `kernel` by an llvm.func of the same name.
  mlir::LogicalResult lowerKernel(mlir::func::FuncOp kernel);
  /// Lowers the operations of `block` up to its terminator, at the builder's place.
  mlir::LogicalResult lowerBody(mlir::Block &block);

  // ---- Values ------------------------------------------------------------------------------------------------------

  /// The scalars of a value of the kernel.
  Values registersOf(Value value);
  Value scalarOf(Value value) { return registersOf(value).front(); }
  void define(Value value, Values scalars);
  /// Calls `element` once for every scalar of the value, in the order of registers.
  template <typename Function> void defineEach(Value value, Function element) {
    llvm::SmallVector<Value> scalars;
    for (unsigned r = 0, e = countOf(value.getType()); r < e; ++r)
      scalars.push_back(element(r));
    define(value, scalars);
  }

  // ---- Types and layouts -------------------------------------------------------------------------------------------

  /// The LLVM type of a scalar: pointers by their address space, fp8 as i8, the rest as it is.
  mlir::Type scalarType(mlir::Type type);
  static mlir::Type elementTypeOf(mlir::Type type);
  /// How many bytes an element takes in memory: i1 one byte, pointers eight.
  static unsigned bytesOf(mlir::Type elementType);
  /// The layout of a tensor; null for scalars.
  static const LinearLayout *layoutOf(mlir::Type type);
  static unsigned countOf(mlir::Type type) {
    const LinearLayout *layout = layoutOf(type);
    return layout ? unsigned(layout->numRegisters()) : 1;
  }
  /// The packed coordinate (row-major number) that each register adds to that of the thread.
  static llvm::SmallVector<uint64_t> registerWords(const LinearLayout &layout);
  /// The bases of a layout by bit of the thread's index: those of the lanes, then those of the warps.
  llvm::SmallVector<uint64_t> threadBases(const LinearLayout &layout) const;
  /// Part of an element's packed coordinate: bits `mask`, shifted to the right by `shift`.
  Value elementWord(const LinearLayout &layout, uint64_t registerWord, uint64_t mask = ~uint64_t(0),
                    unsigned shift = 0);
  /// Thread part ^ constant, as base + constant where the bits are disjoint; the decomposition is recorded.
  Value combine(llvm::ArrayRef<uint64_t> threadBases, uint64_t constant);
  /// True in exactly one of the threads that hold copies of the same elements; null if there are no copies.
  Value ownerPredicate(const LinearLayout &layout);
  /// True in thread 0.
  Value firstThread() { return compare(mlir::LLVM::ICmpPredicate::eq, threadId(), i32(0)); }

  // ---- Decompositions ----------------------------------------------------------------------------------------------

  struct Split {
    Value base;
    int64_t constant = 0;
    bool exact = true;
  };
  /// base + constant, trivially (value, 0) where nothing is known. Pointers count bytes.
  Split splitOf(Value scalar) const;
  void recordSplit(Value scalar, Split split) { splits[scalar] = split; }

  // ---- Shared memory -----------------------------------------------------------------------------------------------

  /// A pointer to the byte `offset` of the program's shared memory.
  Value sharedPointer(int64_t offset);
  /// The pointer to the scratch memory that the allocation gave `op`; failure, with a diagnostic, if it gave none.
  mlir::FailureOr<Value> scratchOf(mlir::Operation *op);
  void storeShared(Value value, Value pointer);
  Value loadShared(mlir::Type scalarType, Value pointer);

  // ---- The rest ----------------------------------------------------------------------------------------------------

  /// Emits a diagnostic at the current op if the target lacks `feature`; else notes the PTX version it needs.
  mlir::LogicalResult require(mlir::Operation *op, Feature feature);
  void requirePtx(unsigned version) { ptxVersion = std::max(ptxVersion, version); }
  /// Runs `emit` only in threads where `condition` holds (all, if it is null).
  void inThreads(Value condition, llvm::function_ref<void()> emit);
  llvm::StringRef kernelName() { return function.getName(); }
  /// A zero-terminated string in constant memory, as a generic pointer.
  Value stringConstant(llvm::StringRef text);
  /// A function of the device run-time library.
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, mlir::Type result, llvm::ArrayRef<mlir::Type> arguments);
  /// A split of the current block: the code after goes to the new one. Returns the new block.
  mlir::Block *splitBlock();
  mlir::Block *addBlock(mlir::TypeRange arguments = {});
  void branch(mlir::Block *to, Values arguments = {});
  void branch(Value condition, mlir::Block *ifTrue, Values trueArguments, mlir::Block *ifFalse, Values falseArguments);

  const Target &target;
  mlir::ModuleOp module;
  unsigned ptxVersion;
  /// Loads from shared memory that wait for the mma that uses them, which takes them slice by slice.
  llvm::DenseMap<Value, mlir::Operation *> deferredLoads;
  bool deferLoads = true;
  /// The word that an element was unpacked from, and its place in it: packing such elements again gives the word back.
  struct Origin {
    Value word;
    unsigned index;
  };
  llvm::DenseMap<Value, Origin> origins;

private:
  mlir::Location kernelLocation(mlir::Location loc) const;

  llvm::BumpPtrAllocator storage;
  llvm::DenseMap<Value, Values> values;
  llvm::DenseMap<Value, Split> splits;
  llvm::StringMap<Value> strings;
  mlir::Value sharedBase;
  mlir::LLVM::LLVMFuncOp function;
  mlir::LLVM::DISubprogramAttr subprogram;
  bool lineInfo;
  const LowerTable &table;
};

// Each file adds its handlers.
void addControlFlowLowerings(LowerTable &table);
void addElementwiseLowerings(LowerTable &table);
void addMathLowerings(LowerTable &table);
void addConversionLowerings(LowerTable &table);
void addShapeLowerings(LowerTable &table);
void addMemoryLowerings(LowerTable &table);
void addAtomicLowerings(LowerTable &table);
void addReduceLowerings(LowerTable &table);
void addScanLowerings(LowerTable &table);
void addDotLowerings(LowerTable &table);
void addMmaLowerings(LowerTable &table);
void addConvertLayoutLowerings(LowerTable &table);
void addSharedLowerings(LowerTable &table);
void addIndexedLowerings(LowerTable &table);
void addDebugLowerings(LowerTable &table);

/// Enters `lower` for `Op`.
template <typename Op, mlir::LogicalResult (*lower)(Lowering &, Op)> void addLowering(LowerTable &table) {
  table[mlir::TypeID::get<Op>()] = [](Lowering &l, mlir::Operation *op) { return lower(l, llvm::cast<Op>(op)); };
}

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_LOWERING_H
