//===- ExecWgmma.cpp - wgmma ----------------------------------------------===//
//
// A warpgroup multiplies 64 rows; warp w of its four executes rows 16 w to 16 w + 15 on its own, B and mostly A read
// from shared memory through descriptors when the instruction is issued. In a descriptor (byte offsets in units of 16):
//
//   13..0   start address    29..16  leading offset    45..32  stride offset    63..62  swizzle: 0 none, 1 128, 2 64, 3
//   32 bytes
//
// With s the swizzle width in bytes (16 for none), "row" an index of M or N, and chunks of 16 bytes:
//
//   K contiguous    row r at (r % 8) s + (r / 8) stride; chunk c of K at 16 c, without swizzle at c leading
//   MN contiguous   k at (k % 8) s + (k / 8) stride; chunk c of rows at 16 (c % (s/16)) + (c / (s/16)) leading,
//                   without swizzle the two offsets change roles
//
// and address bits 4..6 are then flipped by as many of bits 7..9 as the swizzle is wide.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/MatrixBlocks.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Operand;
using ptx::Type;

namespace {

constexpr unsigned WarpRows = 16, MaximumN = 256, Chunk = 16;

enum WgmmaFlags : uint8_t {
  ARegisters = 1,
  TransposeA = 2,
  TransposeB = 4,
  NegateA = 8,
  NegateB = 16,
  Saturate = 32,
  ScalePredicate = 64
};

template <Element E> using Value = std::conditional_t<E == Element::S8 || E == Element::U8, int32_t, float>;

struct Descriptor {
  uint32_t start, leading, stride, width;
  uint32_t chunkBits; ///< chunks in a width, as a power of two

  explicit Descriptor(uint64_t bits)
      : start(static_cast<uint32_t>(bits & 0x3FFF) << 4), leading(static_cast<uint32_t>(bits >> 16 & 0x3FFF) << 4),
        stride(static_cast<uint32_t>(bits >> 32 & 0x3FFF) << 4) {
    constexpr uint32_t ChunkBits[] = {0, 3, 2, 1};
    chunkBits = ChunkBits[bits >> 62];
    width = Chunk << chunkBits;
  }
  uint32_t swizzled(uint32_t address) const { return address ^ ((address >> 7 & ((1u << chunkBits) - 1)) << 4); }
  /// The chunk `chunk` along K of row `row`.
  uint32_t alongK(uint32_t row, uint32_t chunk) const {
    const uint32_t across = width == 16 ? chunk * leading : chunk * Chunk;
    return swizzled(start + row % 8 * width + row / 8 * stride + across);
  }
  /// The chunk `chunk` along the rows at `k`.
  uint32_t alongRows(uint32_t k, uint32_t chunk) const {
    if (width == 16)
      return start + k % 8 * Chunk + k / 8 * leading + chunk * stride;
    const uint32_t inside = chunk & ((1u << chunkBits) - 1), atom = chunk >> chunkBits;
    return swizzled(start + k % 8 * width + k / 8 * stride + inside * Chunk + atom * leading);
  }
};

[[gnu::cold, gnu::noinline]] void reportOutside(Warp &warp, uint32_t address) {
  fault(warp, ErrorKind::OutOfBounds, 1, address,
        "wgmma reads 16 bytes of shared memory at " + std::to_string(address) + ": the block's memory is [" +
            std::to_string(SharedBase) + ", " + std::to_string(warp.cta->sharedEnd) + ")");
}

/// The 16 bytes of shared memory at `address`; null after a fault.
[[gnu::always_inline]] inline const char *chunkAt(Warp &warp, uint32_t address) {
  const Cta &cta = *warp.cta;
  if (address >= SharedBase && address + Chunk <= cta.sharedEnd) [[likely]]
    return cta.shared + address;
  reportOutside(warp, address);
  return nullptr;
}

/// Reads the K values of a row of A, or of a column of B, where they lie along K. False after a fault.
template <Element E, unsigned K>
[[gnu::always_inline]] inline bool readAlongK(Warp &warp, const Descriptor &descriptor, unsigned row,
                                              Value<E> (&to)[K]) {
  constexpr unsigned PerChunk = 8 * Chunk / elementBits(E);
  for (unsigned c = 0; c < K / PerChunk; ++c) {
    const char *chunk = chunkAt(warp, descriptor.alongK(row, c));
    if (!chunk)
      return false;
    widen<E, Chunk>(chunk, to + c * PerChunk);
  }
  return true;
}

/// Reads 16 rows of A from row `first` on. False after a fault.
template <Element E, unsigned K>
bool readA(Warp &warp, const Descriptor &descriptor, bool transposed, unsigned first, Value<E> (&a)[WarpRows][K]) {
  if (!transposed) {
    for (unsigned row = 0; row < WarpRows; ++row)
      if (!readAlongK<E, K>(warp, descriptor, first + row, a[row]))
        return false;
    return true;
  }
  constexpr unsigned PerChunk = 8 * Chunk / elementBits(E);
  for (unsigned k = 0; k < K; ++k)
    for (unsigned row = 0; row < WarpRows; row += PerChunk) {
      const char *chunk = chunkAt(warp, descriptor.alongRows(k, (first + row) / PerChunk));
      if (!chunk)
        return false;
      Value<E> values[PerChunk];
      widen<E, Chunk>(chunk, values);
      for (unsigned i = 0; i < PerChunk; ++i)
        a[row + i][k] = values[i];
    }
  return true;
}

/// Reads `n` columns of B, by blocks of 8 in the order that accumulators of type D want. False after a fault.
template <Element E, Element D, unsigned K>
bool readB(Warp &warp, const Descriptor &descriptor, bool transposed, unsigned n, Value<E> (*b)[K][BlockSide]) {
  constexpr Order8 order = ColumnOrder<D>;
  if (!transposed) {
    for (unsigned block = 0; block < n / BlockSide; ++block) {
      alignas(32) Value<E> columns[BlockSide][K];
      for (unsigned p = 0; p < BlockSide; ++p)
        if (!readAlongK<E, K>(warp, descriptor, BlockSide * block + order[p], columns[p]))
          return false;
      transposeColumns(columns, b[block]);
    }
    return true;
  }
  // Only types of 16 bits can be transposed: a chunk is a row of a block.
  if constexpr (elementBits(E) == 16)
    for (unsigned k = 0; k < K; ++k)
      for (unsigned block = 0; block < n / BlockSide; ++block) {
        const char *chunk = chunkAt(warp, descriptor.alongRows(k, block));
        if (!chunk)
          return false;
        widen<E, Chunk>(chunk, b[block][k]);
        orderColumns<D>(b[block][k]);
      }
  return true;
}

/// Adds the stretches of shared memory that readA and readB read.
template <unsigned Bytes, unsigned K>
void listRanges(const Warp &warp, uint64_t bits, bool transposed, unsigned first, unsigned rows,
                std::vector<AsyncRange> &ranges) {
  constexpr unsigned PerChunk = Chunk / Bytes;
  const Descriptor descriptor(bits);
  ranges.reserve(ranges.size() + size_t(rows) * K / PerChunk);
  const auto add = [&](uint32_t address) {
    if (!ranges.empty() && ranges.back().end == address)
      ranges.back().end += Chunk;
    else if (!ranges.empty() && ranges.back().begin == address + Chunk) // a swizzle exchanged them
      ranges.back().begin = address;
    else
      ranges.push_back({warp.cta, address, address + Chunk});
  };
  if (!transposed) {
    for (unsigned row = first; row < first + rows; ++row)
      for (unsigned c = 0; c < K / PerChunk; ++c)
        add(descriptor.alongK(row, c));
    return;
  }
  for (unsigned k = 0; k < K; ++k)
    for (unsigned row = first; row < first + rows; row += PerChunk)
      add(descriptor.alongRows(k, row / PerChunk));
}

/// Checks the operands in shared memory, which have been found inside it. False after a fault.
bool watchOperands(Warp &warp, const std::vector<AsyncRange> &ranges) {
  if (warp.cta->order && !warp.cta->order->issueWgmma(warp, ranges))
    return false;
  for (const AsyncRange &range : ranges)
    if (!watchBytes(warp, reinterpret_cast<uint64_t>(warp.cta->shared) + range.begin, range.end - range.begin,
                    AccessKind::ReadLater))
      return false;
  return true;
}

/// The same places as in mma's A of 16 rows.
template <Element E, unsigned K> void readRegisters(const Warp &warp, const Ref *refs, Value<E> (&a)[WarpRows][K]) {
  constexpr unsigned PerLane = 32 / elementBits(E), Block = 4 * PerLane;
  for (unsigned r = 0; r < 4; ++r) {
    alignas(64) Value<E> values[32 * PerLane];
    widenRegister<E>(at(warp, refs[r]), values);
    for (unsigned g = 0; g < 8; ++g)
      for (unsigned c = 0; c < Block; ++c)
        a[8 * (r % 2) + g][Block * (r / 2) + c] = values[g * Block + c];
  }
}

/// op: 0 descriptor of A, 1 descriptor of B, 2 scale-d (a predicate, or 32 bits). list: D, then A where it is in
/// registers. imm: columns.
template <Element A, Element B, Element D, unsigned K> void wgmma(Warp &warp, const Instr &instr) {
  using T = Value<A>;
  const auto n = static_cast<unsigned>(instr.imm);
  const unsigned dCount = D == Element::F16 ? n / 4 : n / 2, firstRow = WarpRows * (warp.index % WarpgroupWarps);
  const uint64_t aBits = instr.flags & ARegisters ? 0 : in<uint64_t>(warp, instr.op[0])[0],
                 bBits = in<uint64_t>(warp, instr.op[1])[0];
  alignas(32) T a[WarpRows][K], b[MaximumN / BlockSide][K][BlockSide];
  if (instr.flags & ARegisters)
    readRegisters<A, K>(warp, instr.list + dCount, a);
  else if (!readA<A, K>(warp, Descriptor(aBits), instr.flags & TransposeA, firstRow, a))
    return;
  if (!readB<B, D, K>(warp, Descriptor(bBits), instr.flags & TransposeB, n, b))
    return;
  if (watched(warp)) {
    std::vector<AsyncRange> ranges;
    if (!(instr.flags & ARegisters))
      listRanges<elementBits(A) / 8, K>(warp, aBits, instr.flags & TransposeA, firstRow, WarpRows, ranges);
    listRanges<elementBits(B) / 8, K>(warp, bBits, instr.flags & TransposeB, 0, n, ranges);
    if (!watchOperands(warp, ranges))
      return;
  }
  if (bool(instr.flags & NegateA) != bool(instr.flags & NegateB))
    for (auto &row : a)
      for (T &value : row)
        value = -value;
  const uint32_t scale =
      instr.flags & ScalePredicate ? *in<uint32_t>(warp, instr.op[2]) & 1 : in<uint32_t>(warp, instr.op[2])[0];
  for (unsigned block = 0; block < n / BlockSide; ++block)
    for (unsigned half = 0; half < WarpRows / BlockSide; ++half) {
      const T(*rows)[K] = a + BlockSide * half;
      Eight<T> acc[BlockSide] = {};
      if constexpr (D == Element::F16) {
        const Ref ref = instr.list[2 * block + half];
        if (scale != 0)
          loadHalfBlock(in<uint16_t>(warp, ref), acc);
        multiplyBlock(rows, b[block], acc);
        canonicalize(acc);
        storeHalfBlock(acc, out<uint16_t>(warp, ref));
      } else {
        const Ref even = instr.list[4 * block + 2 * half], odd = instr.list[4 * block + 2 * half + 1];
        if (scale != 0)
          loadBlock<T>(in<T>(warp, even), in<T>(warp, odd), acc);
        if constexpr (std::is_same_v<T, int32_t>) {
          // Integers are clamped once, when the sum of the products meets the accumulator.
          Eight<T> sums[BlockSide] = {};
          multiplyBlock(rows, b[block], sums);
          addAccumulators(sums, acc, instr.flags & Saturate);
          storeBlock<T>(sums, out<T>(warp, even), out<T>(warp, odd));
        } else {
          multiplyBlock(rows, b[block], acc);
          canonicalize(acc);
          storeBlock<T>(acc, out<T>(warp, even), out<T>(warp, odd));
        }
      }
    }
}

struct Form {
  Element d, a, b;
  unsigned k;
  Exec exec;
};
template <Element D, Element A, Element B, unsigned K> constexpr Form form{D, A, B, K, wgmma<A, B, D, K>};

constexpr Element F16 = Element::F16, BF16 = Element::BF16, TF32 = Element::TF32, F32 = Element::F32,
                  E4 = Element::E4M3, E5 = Element::E5M2, S8 = Element::S8, U8 = Element::U8, S32 = Element::S32;
constexpr Form Forms[] = {
    form<F32, F16, F16, 16>, form<F16, F16, F16, 16>, form<F32, BF16, BF16, 16>, form<F32, TF32, TF32, 8>,
    form<F32, E4, E4, 32>,   form<F32, E4, E5, 32>,   form<F32, E5, E4, 32>,     form<F32, E5, E5, 32>,
    form<F16, E4, E4, 32>,   form<F16, E4, E5, 32>,   form<F16, E5, E4, 32>,     form<F16, E5, E5, 32>,
    form<S32, S8, S8, 32>,   form<S32, S8, U8, 32>,   form<S32, U8, S8, 32>,     form<S32, U8, U8, 32>,
};

void fence(Warp &warp, const Instr &) {
  if (warp.cta->order)
    warp.cta->order->fenceWgmma(warp);
}
void commit(Warp &warp, const Instr &) {
  if (warp.cta->order)
    warp.cta->order->commitWgmma(warp);
}

/// op: 0 groups that may go on. The four warps of a warpgroup meet here: their wgmma is one operation.
bool decodeWait(Decoder &d) {
  if (d.operandCount() != 1 || d.operand(0).kind != Operand::Immediate)
    return d.fail("expected an immediate in 'wgmma.wait_group'");
  d.instr.imm = d.operand(0).value;
  d.instr.kind = Kind::Barrier;
  d.instr.flags = BarrierAligned | BarrierWarpgroup;
  return d.done(1);
}

/// "m64n128k16": the columns and K.
bool parseShape(std::string_view text, unsigned &n, unsigned &k) {
  if (!text.starts_with("m64n"))
    return false;
  n = k = 0;
  size_t i = 4;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9' && n < 1000; ++i)
    n = n * 10 + (text[i] - '0');
  if (i >= text.size() || text[i++] != 'k')
    return false;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9' && k < 1000; ++i)
    k = k * 10 + (text[i] - '0');
  return i == text.size() && n >= 8 && n <= MaximumN && n % 8 == 0;
}

bool immediateOf(Decoder &d, unsigned i, int64_t &value) {
  if (i >= d.operandCount() || d.operand(i).kind != Operand::Immediate)
    return d.fail("expected an immediate as operand " + std::to_string(i + 1) + " of 'wgmma'");
  value = d.operand(i).value;
  return true;
}

bool decodeProduct(Decoder &d) {
  unsigned n, k;
  if (!parseShape(d.takePrefix("m64"), n, k))
    return false;
  if (d.take("satfinite"))
    d.instr.flags |= Saturate;
  Element dType, aType, bType;
  if (!elementOf(d.takeType(), dType) || !elementOf(d.takeType(), aType) || !elementOf(d.takeType(), bType))
    return false;
  for (const Form &candidate : Forms)
    if (candidate.d == dType && candidate.a == aType && candidate.b == bType && candidate.k == k)
      d.instr.exec = candidate.exec;
  if (!d.instr.exec)
    return false;
  if (dType == S32 && n > 32 && n % 16 != 0)
    return d.fail("products of integers have 8, 16, 24, 32 columns or a multiple of 16, not " + std::to_string(n));
  if (d.operandCount() < 4)
    return d.done(4, 8);
  const unsigned dCount = dType == F16 ? n / 4 : n / 2;
  if (!d.gatherDefinitions(d.operand(0), dCount, 32))
    return false;
  // The accumulators are read as well.
  const auto written = d.gathered;
  d.gathered.clear();
  if (!d.gatherUses(d.operand(0), dCount, Type::B32))
    return false;
  d.gathered = written;
  const bool inRegisters = d.isVector(1);
  if (inRegisters) {
    d.instr.flags |= ARegisters;
    if (!d.gatherUses(d.operand(1), 4, Type::B32))
      return false;
  } else {
    d.instr.op[0] = d.use(1, Type::B64);
  }
  for (const Ref ref : d.gathered)
    d.pin(ref);
  d.instr.op[1] = d.use(2, Type::B64);
  unsigned next = 3;
  const Operand &scale = d.operand(next++);
  if (d.widthOf(scale) == 1) {
    bool negated = false;
    d.instr.op[2] = d.usePredicate(scale, negated);
    d.instr.flags |= ScalePredicate;
    if (negated)
      return d.fail("negated scale in 'wgmma'");
  } else {
    d.instr.op[2] = d.use(scale, Type::U32);
  }
  if (dType != S32) {
    int64_t a = 1, b = 1;
    if (!immediateOf(d, next++, a) || !immediateOf(d, next++, b))
      return false;
    d.instr.flags |= (a == -1 ? NegateA : 0) | (b == -1 ? NegateB : 0);
  }
  if (aType == F16 || aType == BF16) {
    int64_t a = 0, b = 0;
    if ((!inRegisters && !immediateOf(d, next++, a)) || !immediateOf(d, next++, b))
      return false;
    d.instr.flags |= (a ? TransposeA : 0) | (b ? TransposeB : 0);
  }
  d.instr.imm = n;
  d.instr.kind = Kind::WarpSync;
  d.instr.ordering = AsyncRegisters;
  return d.done(next);
}

} // namespace

bool decodeWgmma(Decoder &d) {
  const int what = d.takeOneOf({"mma_async", "fence", "commit_group", "wait_group"});
  if (what < 0 || !d.take("sync"))
    return false;
  d.take("aligned");
  if (what == 0)
    return decodeProduct(d);
  if (what == 3)
    return decodeWait(d);
  d.instr.exec = what == 1 ? fence : commit;
  d.instr.kind = Kind::WarpSync;
  return d.done(0);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
