//===- ExecTensor.cpp - mma.sync ------------------------------------------===//
//
// Where elements lie follows one rule for all types. With g = lane / 4, t = lane % 4 and e elements in a register:
//
//   A, register r    row g + 8 (r % 2), columns t e + 0..e-1 + 4 e (r / 2)     of 16 rows; of 8 rows: row g, + 4 e r
//   B, register r    rows t e + 0..e-1 + 4 e r, column g
//   C and D, value i row g + 8 (i / 2), column 2 t + i % 2
//
// so a register of A or B, lane after lane, is an 8 x 4e block, rows (of A) or columns (of B) contiguous.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/MatrixBlocks.h"
#include "runtime/simulator/Rounding.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

enum MmaFlags : uint8_t { MmaSaturate = 1 };

constexpr bool isInteger(Element e) { return e >= Element::S8 && e <= Element::U4; }
template <Element E>
using Value = std::conditional_t<E == Element::F64, double, std::conditional_t<isInteger(E), int32_t, float>>;

constexpr unsigned N = BlockSide;

/// Bytes of a register that are one row of its block of A, or one column of its block of B: those of four lanes.
constexpr unsigned rowBytes(Element e) { return 4 * (e == Element::F64 ? 8 : 4); }
constexpr unsigned rowValues(Element e) { return 8 * rowBytes(e) / elementBits(e); }

template <Element E, unsigned M, unsigned K> void gatherA(const Warp &warp, const Ref *refs, Value<E> (&a)[M][K]) {
  constexpr unsigned Block = rowValues(E);
  for (unsigned r = 0; r < M * K / (8 * Block); ++r) {
    const char *from = at(warp, refs[r]);
    const unsigned row = M == 16 ? 8 * (r % 2) : 0, column = Block * (M == 16 ? r / 2 : r);
    for (unsigned g = 0; g < 8; ++g)
      widen<E, rowBytes(E)>(from + g * rowBytes(E), a[row + g] + column);
  }
}

constexpr unsigned padded(unsigned k) { return (k + BlockSide - 1) / BlockSide * BlockSide; }
/// Of each column, in the order `order`, its K values; what pads them to whole blocks is left alone.
template <Element E, unsigned K>
void gatherB(const Warp &warp, const Ref *refs, const Order8 &order, Value<E> (&columns)[N][padded(K)]) {
  constexpr unsigned Block = rowValues(E);
  for (unsigned r = 0; r < K / Block; ++r) {
    const char *from = at(warp, refs[r]);
    for (unsigned p = 0; p < N; ++p)
      widen<E, rowBytes(E)>(from + order[p] * rowBytes(E), columns[p] + Block * r);
  }
}

/// Accumulators of a block of 8 rows.
template <Element E, typename T>
[[gnu::always_inline]] inline void gatherC(const Warp &warp, const Ref *refs, unsigned half, Eight<T> (&rows)[N]) {
  if constexpr (E == Element::F16)
    loadHalfBlock(in<uint16_t>(warp, refs[half]), rows);
  else
    loadBlock<T>(in<T>(warp, refs[2 * half]), in<T>(warp, refs[2 * half + 1]), rows);
}
/// All live lanes are here: what the others' registers hold does not matter.
template <Element E, typename T>
[[gnu::always_inline]] inline void scatterD(Warp &warp, const Ref *refs, unsigned half, const Eight<T> (&rows)[N]) {
  if constexpr (E == Element::F16)
    storeHalfBlock(rows, out<uint16_t>(warp, refs[half]));
  else
    storeBlock<T>(rows, out<T>(warp, refs[2 * half]), out<T>(warp, refs[2 * half + 1]));
}

/// Instr::list: registers of D, A, B, C.
template <Element A, Element B, Element D, Element C, unsigned M, unsigned K> void mma(Warp &warp, const Instr &instr) {
  using T = Value<A>;
  constexpr unsigned PerLane = 32 / elementBits(A), Depth = padded(K);
  constexpr unsigned ACount = M * K / (32 * PerLane), BCount = K * N / (32 * PerLane);
  constexpr unsigned DCount = D == Element::F16 ? M / 8 : M / 4;
  const Ref *d = instr.list, *aRefs = d + DCount, *bRefs = aRefs + ACount, *cRefs = bRefs + BCount;
  alignas(64) T a[M][K], columns[N][Depth], b[Depth][N];
  gatherA<A, M, K>(warp, aRefs, a);
  if constexpr (Depth > K)
    std::memset(columns, 0, sizeof columns);
  gatherB<B, K>(warp, bRefs, ColumnOrder<D>, columns);
  transposeColumns(columns, b);
  // All that is read is read before anything is written: registers of C may be those of D.
  Eight<T> acc[M / N][N];
  for (unsigned half = 0; half < M / N; ++half)
    gatherC<C, T>(warp, cRefs, half, acc[half]);
  for (unsigned half = 0; half < M / N; ++half) {
    if constexpr (std::is_same_v<T, int32_t>) {
      Eight<T> sums[N] = {};
      multiplyBlock(a + N * half, b, sums);
      addAccumulators(sums, acc[half], instr.flags & MmaSaturate);
      scatterD<D, T>(warp, d, half, sums);
    } else {
      multiplyBlock(a + N * half, b, acc[half]);
      canonicalize(acc[half]);
      scatterD<D, T>(warp, d, half, acc[half]);
    }
  }
}

/// Doubles lie as 32-bit accumulators do, two registers for each.
template <unsigned M, unsigned K> void doubleProduct(Warp &warp, const Instr &instr) {
  constexpr unsigned ACount = M * K / 32, BCount = K * N / 32, Values = M / 4;
  const Ref *d = instr.list, *aRefs = d + Values, *bRefs = aRefs + ACount, *cRefs = bRefs + BCount;
  alignas(64) double a[M][K], columns[N][padded(K)], sums[Values][WarpSize];
  gatherA<Element::F64, M, K>(warp, aRefs, a);
  gatherB<Element::F64, K>(warp, bRefs, {0, 1, 2, 3, 4, 5, 6, 7}, columns);
  for (unsigned i = 0; i < Values; ++i) {
    const double *c = in<double>(warp, cRefs[i]);
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      const double *row = a[lane / 4 + 8 * (i / 2)], *column = columns[2 * (lane % 4) + i % 2];
      double sum = c[lane];
      for (unsigned k = 0; k < K; ++k)
        sum = __builtin_fma(row[k], column[k], sum);
      sums[i][lane] = sum;
    }
  }
  for (unsigned i = 0; i < Values; ++i)
    blend(warp.mask, out<double>(warp, d[i]), sums[i]);
}

/// Single bits: D = C + the number of bits set in A and B, or A xor B. A word is 32 elements of K, the words of a
/// register lie as elements do.
template <unsigned M, unsigned K, bool And> void bitProduct(Warp &warp, const Instr &instr) {
  constexpr unsigned ACount = M * K / 1024, BCount = K * N / 1024, Rows = M / 8;
  const Ref *d = instr.list, *aRefs = d + M / 4, *bRefs = aRefs + ACount, *cRefs = bRefs + BCount;
  alignas(64) int32_t sums[M / 4][WarpSize];
  for (unsigned i = 0; i < M / 4; ++i)
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      const unsigned g = lane / 4, column = 2 * (lane % 4) + i % 2;
      auto sum = in<uint32_t>(warp, cRefs[i])[lane];
      for (unsigned word = 0; word < K / 32; ++word) {
        const uint32_t a = in<uint32_t>(warp, aRefs[word / 4 * Rows + i / 2])[4 * g + word % 4];
        const uint32_t b = in<uint32_t>(warp, bRefs[word / 4])[4 * column + word % 4];
        sum += static_cast<uint32_t>(std::popcount(And ? a & b : a ^ b));
      }
      sums[i][lane] = static_cast<int32_t>(sum);
    }
  for (unsigned i = 0; i < M / 4; ++i)
    blend(warp.mask, out<int32_t>(warp, d[i]), sums[i]);
}

struct Form {
  Element a, b, d, c;
  unsigned m, k;
  Exec exec;
  Exec other = nullptr; ///< f64: in another rounding than to nearest; bits: by xor
};
template <Element A, Element B, Element D, Element C, unsigned M, unsigned K>
constexpr Form form{A, B, D, C, M, K, mma<A, B, D, C, M, K>};
template <unsigned M, unsigned K>
constexpr Form doubleForm{
    Element::F64, Element::F64, Element::F64, Element::F64, M, K, doubleProduct<M, K>, directed<doubleProduct<M, K>>};
template <unsigned M, unsigned K>
constexpr Form bitForm{Element::B1, Element::B1, Element::S32,           Element::S32,
                       M,           K,           bitProduct<M, K, true>, bitProduct<M, K, false>};

constexpr Element F16 = Element::F16, BF16 = Element::BF16, TF32 = Element::TF32, F32 = Element::F32,
                  F64 = Element::F64, E4 = Element::E4M3, E5 = Element::E5M2, S8 = Element::S8, U8 = Element::U8,
                  S4 = Element::S4, U4 = Element::U4, S32 = Element::S32;

// clang-format off
constexpr Form Forms[] = {
    form<F16, F16, F32, F32, 16, 16>,  form<F16, F16, F32, F32, 16, 8>,  form<F16, F16, F16, F16, 16, 16>, form<F16, F16, F16, F16, 16, 8>,
    form<BF16, BF16, F32, F32, 16, 16>, form<BF16, BF16, F32, F32, 16, 8>, form<TF32, TF32, F32, F32, 16, 8>, form<TF32, TF32, F32, F32, 16, 4>,
    doubleForm<8, 4>, doubleForm<16, 4>, doubleForm<16, 8>, doubleForm<16, 16>,
    form<S8, S8, S32, S32, 16, 32>, form<S8, U8, S32, S32, 16, 32>, form<U8, S8, S32, S32, 16, 32>, form<U8, U8, S32, S32, 16, 32>,
    form<S8, S8, S32, S32, 16, 16>, form<S8, U8, S32, S32, 16, 16>, form<U8, S8, S32, S32, 16, 16>, form<U8, U8, S32, S32, 16, 16>,
    form<S8, S8, S32, S32, 8, 16>,  form<S8, U8, S32, S32, 8, 16>,  form<U8, S8, S32, S32, 8, 16>,  form<U8, U8, S32, S32, 8, 16>,
    form<S4, S4, S32, S32, 16, 64>, form<S4, U4, S32, S32, 16, 64>, form<U4, S4, S32, S32, 16, 64>, form<U4, U4, S32, S32, 16, 64>,
    form<S4, S4, S32, S32, 16, 32>, form<S4, U4, S32, S32, 16, 32>, form<U4, S4, S32, S32, 16, 32>, form<U4, U4, S32, S32, 16, 32>,
    form<S4, S4, S32, S32, 8, 32>,  form<S4, U4, S32, S32, 8, 32>,  form<U4, S4, S32, S32, 8, 32>,  form<U4, U4, S32, S32, 8, 32>,
    form<E4, E4, F32, F32, 16, 32>, form<E4, E5, F32, F32, 16, 32>, form<E5, E4, F32, F32, 16, 32>, form<E5, E5, F32, F32, 16, 32>,
    form<E4, E4, F16, F16, 16, 32>, form<E4, E5, F16, F16, 16, 32>, form<E5, E4, F16, F16, 16, 32>, form<E5, E5, F16, F16, 16, 32>,
    form<E4, E4, F32, F32, 16, 16>, form<E4, E5, F32, F32, 16, 16>, form<E5, E4, F32, F32, 16, 16>, form<E5, E5, F32, F32, 16, 16>,
    form<E4, E4, F16, F16, 16, 16>, form<E4, E5, F16, F16, 16, 16>, form<E5, E4, F16, F16, 16, 16>, form<E5, E5, F16, F16, 16, 16>,
    bitForm<8, 128>, bitForm<16, 128>, bitForm<16, 256>,
};
// clang-format on

/// "m16n8k16" → 16, 8, 16.
bool parseShape(std::string_view text, unsigned (&shape)[3]) {
  static constexpr char Letters[] = {'m', 'n', 'k'};
  size_t i = 0;
  for (unsigned part = 0; part < 3; ++part) {
    if (i >= text.size() || text[i++] != Letters[part])
      return false;
    shape[part] = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9' && shape[part] < 1000)
      shape[part] = shape[part] * 10 + (text[i++] - '0');
  }
  return i == text.size();
}

} // namespace

bool decodeMatrix(Decoder &d) {
  if (!d.take("sync"))
    return false;
  d.take("aligned");
  unsigned shape[3] = {};
  if (!parseShape(d.takePrefix("m"), shape) || shape[1] != N)
    return false;
  // Other layouts than row by column exist for one shape of an older generation only.
  if (!d.take("row") || !d.take("col"))
    return false;
  Element types[4];
  for (Element &type : types)
    if (!elementOf(d.takeType(), type))
      return false;
  const Element dType = types[0], aType = types[1], bType = types[2], cType = types[3];
  if (isInteger(aType) && d.take("satfinite"))
    d.instr.flags |= MmaSaturate;
  const Form *found = nullptr;
  for (const Form &candidate : Forms)
    if (candidate.a == aType && candidate.b == bType && candidate.d == dType && candidate.c == cType &&
        candidate.m == shape[0] && candidate.k == shape[2])
      found = &candidate;
  if (!found)
    return false;
  const unsigned perLane = aType == F64 ? 1 : 32 / elementBits(aType);
  const unsigned aCount = shape[0] * shape[2] / (32 * perLane), bCount = shape[2] * N / (32 * perLane);
  const unsigned dCount = dType == F16 ? shape[0] / 8 : shape[0] / 4,
                 cCount = cType == F16 ? shape[0] / 8 : shape[0] / 4;
  const auto registerType = [](Element e) { return e == F64 ? Type::F64 : Type::B32; };
  if (d.operandCount() != 4)
    return d.done(4);
  if (!d.gatherDefinitions(d.operand(0), dCount, storageBits(registerType(dType))) ||
      !d.gatherUses(d.operand(1), aCount, registerType(aType)) ||
      !d.gatherUses(d.operand(2), bCount, registerType(bType)) ||
      !d.gatherUses(d.operand(3), cCount, registerType(cType)))
    return false;
  d.instr.kind = Kind::WarpSync;
  d.instr.exec = found->exec;
  if (aType == F64) {
    const Rounding rounding = takeRounding(d);
    d.instr.flags = static_cast<uint8_t>(rounding);
    if (rounding != Rounding::NearestEven)
      d.instr.exec = found->other;
  } else if (aType == Element::B1) {
    const int operation = d.takeOneOf({"and", "xor"});
    if (operation < 0 || !d.take("popc"))
      return d.fail("expected .and.popc or .xor.popc");
    if (operation == 1)
      d.instr.exec = found->other;
  }
  return d.done(4);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
