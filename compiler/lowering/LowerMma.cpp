//===- LowerMma.cpp - Products on tensor cores ----------------------------===//
//
// tile.mma becomes one mma.sync for each tile of the instruction's shape that a warp has. The register lists of
// accumulator and operands begin with the registers of one tile; the others repeat it, and where a tile lies follows
// from the coordinates of its first register. The products go k-slice by k-slice, all of a slice before the next, so
// that operands straight from shared memory are loaded a slice at a time (LazyOperand.h).
//
// f32 operands are rounded to tf32, or split: x = big + small (+ smallest), each of them tf32 (bf16), and the products
// of the parts that matter are added, the smallest first:
//
//   tf32x3, bf16x3   small * big + big * small + big * big
//   bf16x6           smallest * big + small * small + big * smallest, and those
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/LazyOperand.h"
#include "compiler/lowering/Words.h"
#include "compiler/target/Queries.h"
#include "dialect/layout/Fragments.h"

using namespace mlir;

namespace tessera {
namespace {

/// How one instruction is written.
struct Instruction {
  llvm::StringRef types; ///< ".f32.f16.f16.f32"
  MmaShape shape;
  llvm::StringRef shapeName;
  char accumulatorLetter; ///< register of an accumulator word: 'f', 'r' or 'd'
  unsigned accumulatorWords;
  char operandLetter;
  unsigned aWords, bWords;
};

Instruction instructionOf(tile::MmaKind kind) {
  using Kind = tile::MmaKind;
  switch (kind) {
  case Kind::M16N8K16_F32_F16:
    return {".f32.f16.f16.f32", MmaShape::M16N8K16, "m16n8k16", 'f', 4, 'r', 4, 2};
  case Kind::M16N8K16_F32_BF16:
    return {".f32.bf16.bf16.f32", MmaShape::M16N8K16, "m16n8k16", 'f', 4, 'r', 4, 2};
  case Kind::M16N8K16_F16_F16:
    return {".f16.f16.f16.f16", MmaShape::M16N8K16, "m16n8k16", 'r', 2, 'r', 4, 2};
  case Kind::M16N8K8_F32_TF32:
    return {".f32.tf32.tf32.f32", MmaShape::M16N8K8, "m16n8k8", 'f', 4, 'r', 4, 2};
  case Kind::M16N8K32_S32_S8:
    return {".s32.s8.s8.s32", MmaShape::M16N8K32, "m16n8k32", 'r', 4, 'r', 4, 2};
  case Kind::M16N8K32_F32_E4M3:
    return {".f32.e4m3.e4m3.f32", MmaShape::M16N8K32, "m16n8k32", 'f', 4, 'r', 4, 2};
  case Kind::M16N8K32_F32_E5M2:
    return {".f32.e5m2.e5m2.f32", MmaShape::M16N8K32, "m16n8k32", 'f', 4, 'r', 4, 2};
  case Kind::M8N8K4_F64_F64:
    return {".f64.f64.f64.f64", MmaShape::M8N8K4, "m8n8k4", 'd', 2, 'd', 1, 1};
  }
  return {};
}

/// The words of one tile of an operand, once for each of the parts it is split into, the largest part first.
using Fragment = llvm::SmallVector<llvm::SmallVector<Value, 4>, 1>;

class MmaLowering {
public:
  MmaLowering(Lowering &l, tile::MmaOp op)
      : l(l), op(op), instruction(instructionOf(op.getKind())), k(sizeOf(instruction.shape).k),
        a(l, op.getA(), op.getA().getType().getRank() - 1, k), b(l, op.getB(), op.getB().getType().getRank() - 2, k) {
    isF32 = Lowering::elementTypeOf(op.getA().getType()).isF32();
    numParts = 1;
    if (isF32 && op.getKind() == tile::MmaKind::M16N8K16_F32_BF16)
      numParts = op.getPrecision() == tile::InputPrecision::BF16x6 ? 3 : 2;
    else if (isF32 && op.getPrecision() == tile::InputPrecision::TF32x3)
      numParts = 2;
    text = ("mma.sync.aligned." + instruction.shapeName + ".row.col" + instruction.types).str();
  }

  LogicalResult run() {
    if (failed(l.require(op, featureOf(op.getKind()))))
      return failure();
    const LinearLayout &accLayout = layoutOf(op.getAcc()), &aLayout = layoutOf(op.getA()),
                       &bLayout = layoutOf(op.getB());
    if (!startsWith(accLayout, mmaAccumulatorTile(instruction.shape)) ||
        !startsWith(aLayout, mmaOperandTile(instruction.shape, MmaOperand::A)) ||
        !startsWith(bLayout, mmaOperandTile(instruction.shape, MmaOperand::B)))
      return op.emitError() << "the layouts are not those of the fragments of " << tile::stringifyMmaKind(op.getKind());
    unsigned rank = accLayout.tensorRank();
    accTile = mmaAccumulatorTile(instruction.shape).numRegisters();
    aTile = mmaOperandTile(instruction.shape, MmaOperand::A).numRegisters();
    bTile = mmaOperandTile(instruction.shape, MmaOperand::B).numRegisters();
    indexTiles(aLayout, aTile, aTiles);
    indexTiles(bLayout, bTile, bTiles);

    llvm::SmallVector<uint64_t> accWords = Lowering::registerWords(accLayout);
    llvm::SmallVector<Value> acc(l.registersOf(op.getAcc()));
    int64_t depth = aLayout.outSize(tensorDim(rank - 1));
    for (int64_t slice = 0; slice < depth; slice += k) {
      for (unsigned r = 0; r < acc.size(); r += accTile) {
        auto coordinate = [&](unsigned d) { return accLayout.out().get(accWords[r], tensorDim(d)); };
        int64_t batch = rank == 3 ? coordinate(0) : 0;
        const Fragment *left = fragment(a, aTiles, aTile, aFragments, {batch, coordinate(rank - 2), slice});
        const Fragment *right = fragment(b, bTiles, bTile, bFragments, {batch, slice, coordinate(rank - 1)});
        if (!left || !right)
          return op.emitError() << "the operands' threads do not hold what the accumulator's need";
        multiply(llvm::MutableArrayRef(acc).slice(r, accTile), *left, *right);
      }
      aFragments.clear();
      bFragments.clear();
    }
    l.define(op.getResult(), acc);
    return success();
  }

private:
  using Coordinates = std::array<int64_t, 3>;
  using Tiles = std::map<Coordinates, unsigned>;
  using Fragments = std::map<unsigned, Fragment>;

  static const LinearLayout &layoutOf(Value value) { return *Lowering::layoutOf(value.getType()); }

  /// Whether the lowest registers, and the lanes, are those of one tile of the instruction.
  static bool startsWith(const LinearLayout &layout, const LinearLayout &tile) {
    auto same = [&](Dim dim, unsigned bit) {
      // The tile has rank 2; the tensor may have a batch dim before.
      unsigned lead = layout.tensorRank() - 2;
      for (unsigned d = 0; d < 2; ++d)
        if (layout.out().get(layout.basis(dim, bit), tensorDim(lead + d)) !=
            tile.out().get(tile.basis(dim, bit), tensorDim(d)))
          return false;
      return lead == 0 || layout.out().get(layout.basis(dim, bit), tensorDim(0)) == 0;
    };
    for (Dim dim : {Dim::Register, Dim::Lane}) {
      if (layout.inBits(dim) < tile.inBits(dim))
        return false;
      for (unsigned bit = 0; bit < tile.inBits(dim); ++bit)
        if (!same(dim, bit))
          return false;
    }
    return true;
  }

  static void indexTiles(const LinearLayout &layout, unsigned tileSize, Tiles &tiles) {
    llvm::SmallVector<uint64_t> words = Lowering::registerWords(layout);
    unsigned lead = layout.tensorRank() - 2;
    for (unsigned r = 0; r < words.size(); r += tileSize)
      tiles.try_emplace({lead ? layout.out().get(words[r], tensorDim(0)) : 0,
                         layout.out().get(words[r], tensorDim(lead)), layout.out().get(words[r], tensorDim(lead + 1))},
                        r);
  }

  const Fragment *fragment(LazyOperand &operand, const Tiles &tiles, unsigned tileSize, Fragments &made,
                           Coordinates coordinates) {
    auto it = tiles.find(coordinates);
    if (it == tiles.end())
      return nullptr;
    auto [entry, isNew] = made.try_emplace(it->second);
    if (isNew)
      entry->second = makeFragment(operand.get(it->second, tileSize));
    return &entry->second;
  }

  Fragment makeFragment(llvm::ArrayRef<Value> elements) {
    Fragment result;
    if (!isF32) {
      unsigned bits = 8 * Lowering::bytesOf(elements.front().getType());
      unsigned perWord = std::max(1u, 32 / bits);
      result.emplace_back();
      for (unsigned i = 0; i < elements.size(); i += perWord) {
        Value word = instruction.operandLetter == 'd' ? elements[i] : packWord(l, elements.slice(i, perWord));
        result.back().push_back(word);
      }
      return result;
    }
    llvm::SmallVector<Value> rest(elements);
    for (unsigned part = 0; part < numParts; ++part) {
      bool last = part + 1 == numParts;
      result.push_back(instruction.shape == MmaShape::M16N8K8 ? takeTf32(rest, last) : takeBf16(rest, last));
    }
    return result;
  }

  Value subtract(Value x, Value part) {
    Value difference = LLVM::FSubOp::create(l.b, l.loc, x, part);
    // Infinities leave no rest.
    Value valid =
        LLVM::FCmpOp::create(l.b, l.loc, LLVM::FCmpPredicate::ord, difference, difference, LLVM::FastmathFlags::none);
    return l.select(valid, difference, l.constantFloat(l.b.getF32Type(), 0.0));
  }

  /// The values rounded to tf32; `rest` becomes what is left of them.
  llvm::SmallVector<Value, 4> takeTf32(llvm::SmallVectorImpl<Value> &rest, bool last) {
    llvm::SmallVector<Value, 4> words;
    for (Value &x : rest) {
      words.push_back(l.inlinePtx("cvt.rna.tf32.f32 $0, $1;", "=r,f", {l.b.getI32Type()}, {x}, false).front());
      if (!last)
        x = subtract(x, l.bitcast(words.back(), l.b.getF32Type()));
    }
    return words;
  }

  /// The same in bf16, two to a word.
  llvm::SmallVector<Value, 4> takeBf16(llvm::SmallVectorImpl<Value> &rest, bool last) {
    llvm::SmallVector<Value, 4> words;
    for (unsigned i = 0; i < rest.size(); i += 2) {
      llvm::SmallVector<Value, 2> pair;
      for (Value *x : {&rest[i], &rest[i + 1]}) {
        pair.push_back(LLVM::FPTruncOp::create(l.b, l.loc, l.b.getBF16Type(), *x));
        if (!last)
          *x = subtract(*x, LLVM::FPExtOp::create(l.b, l.loc, l.b.getF32Type(), pair.back()));
      }
      words.push_back(packWord(l, pair));
    }
    return words;
  }

  void multiply(llvm::MutableArrayRef<Value> acc, const Fragment &left, const Fragment &right) {
    // Parts i and j belong together while i + j stays below the number of parts; the smallest products first.
    for (int order = int(numParts) - 1; order >= 0; --order)
      for (int i = order; i >= 0; --i)
        issue(acc, left[i], right[order - i]);
  }

  void issue(llvm::MutableArrayRef<Value> acc, llvm::ArrayRef<Value> left, llvm::ArrayRef<Value> right) {
    unsigned n = instruction.accumulatorWords;
    llvm::SmallVector<Value> arguments(left);
    arguments.append(right.begin(), right.end());
    llvm::SmallVector<Type> types;
    bool packed = acc.size() != n;
    for (unsigned i = 0; i < n; ++i) {
      Value word = packed ? packWord(l, acc.slice(2 * size_t(i), 2)) : acc[i];
      arguments.push_back(word);
      types.push_back(word.getType());
    }
    llvm::SmallVector<Value> results = l.inlinePtx(assembly(), constraints, types, arguments, /*sideEffects=*/false);
    if (!packed) {
      std::copy(results.begin(), results.end(), acc.begin());
      return;
    }
    llvm::SmallVector<Value> elements = unpackWords(l, results, Lowering::elementTypeOf(op.getType()));
    std::copy(elements.begin(), elements.end(), acc.begin());
  }

  /// The text of the instruction, made once: outputs, then A, then B; C is tied to the outputs.
  llvm::StringRef assembly() {
    if (!constraints.empty())
      return text;
    unsigned next = 0;
    auto list = [&](unsigned count) {
      std::string words;
      for (unsigned i = 0; i < count; ++i)
        words += (i ? ", $" : "$") + std::to_string(next++);
      return "{" + words + "}";
    };
    unsigned n = instruction.accumulatorWords;
    std::string outputs = list(n), left = list(instruction.aWords), right = list(instruction.bWords);
    text += " " + outputs + ", " + left + ", " + right + ", " + outputs + ";";
    for (unsigned i = 0; i < n; ++i)
      constraints += std::string(i ? ",=" : "=") + instruction.accumulatorLetter;
    for (unsigned i = 0; i < instruction.aWords + instruction.bWords; ++i)
      constraints += std::string(",") + instruction.operandLetter;
    for (unsigned i = 0; i < n; ++i)
      constraints += "," + std::to_string(i);
    return text;
  }

  Lowering &l;
  tile::MmaOp op;
  Instruction instruction;
  int64_t k;
  LazyOperand a, b;
  bool isF32 = false;
  unsigned numParts = 1;
  unsigned accTile = 1, aTile = 1, bTile = 1;
  Tiles aTiles, bTiles;
  Fragments aFragments, bFragments;
  std::string text, constraints;
};

LogicalResult lowerMma(Lowering &l, tile::MmaOp op) { return MmaLowering(l, op).run(); }

} // namespace

void addMmaLowerings(LowerTable &table) { addLowering<tile::MmaOp, lowerMma>(table); }

} // namespace tessera
