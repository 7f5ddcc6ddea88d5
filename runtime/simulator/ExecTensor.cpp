//===- ExecTensor.cpp - mma.sync
//--------------------------------------------------------------------------------------------===//
//
// Matrix products of a warp, D = A * B + C, from fragments in registers. All shapes but one follow one law. With g =
// lane / 4, t = lane % 4 and e the elements of a register (one for f32, tf32 and f64, two for f16, four for bytes,
// eight for nibbles):
//
//   A, M x K   register r, element i:   row g + 8 (r % 2),   column 4 e (r / 2) + e t + i        (M = 8: r counts the
//   columns) B, K x 8   register r, element i:   row 4 e r + e t + i, column g C, M x 8   element i:               row
//   g + 8 (i / 2),   column 2 t + i % 2
//
// (PTX ISA, "Matrix Fragments for mma.m8n8k4 ... mma.m16n8k256".) Products of floats are exact in f32 and are added to
// the f32 accumulator one after the other in the order of k, each addition rounded to nearest; an f16 accumulator is
// rounded once, at the end.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Numbers.h"

#include <cmath>
#include <cstdio>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

/// What Instr::imm holds.
struct Shape {
  uint8_t m = 0, k = 0;
  Type a = Type::None, b = Type::None, c = Type::None, d = Type::None;
  uint8_t saturate = 0;
  uint8_t unused = 0;
};
static_assert(sizeof(Shape) == sizeof(int64_t));

constexpr unsigned N = 8, MaxM = 16, MaxK = 64;

/// Elements in one register of a fragment.
constexpr unsigned elementsPerRegister(Type type) {
  switch (type) {
  case Type::F64:
  case Type::TF32:
  case Type::F32:
  case Type::S32:
    return 1;
  case Type::F16:
  case Type::BF16:
    return 2;
  case Type::S4:
  case Type::U4:
    return 8;
  default:
    return 4;
  }
}
constexpr unsigned registersOfA(const Shape &s) { return s.m * s.k / (WarpSize * elementsPerRegister(s.a)); }
constexpr unsigned registersOfB(const Shape &s) { return N * s.k / (WarpSize * elementsPerRegister(s.b)); }
constexpr unsigned registersOfC(const Shape &s, Type type) { return s.m * N / (WarpSize * elementsPerRegister(type)); }

/// Element `i` of the bits of a register.
template <Type Kind, typename T> T element(uint32_t word, unsigned i) {
  if constexpr (Kind == Type::F16)
    return halfToFloat(static_cast<uint16_t>(word >> 16 * i));
  else if constexpr (Kind == Type::BF16)
    return bfloatToFloat(static_cast<uint16_t>(word >> 16 * i));
  else if constexpr (Kind == Type::TF32)
    return floatOf(word & 0xFFFFE000); // the low bits are not looked at
  else if constexpr (Kind == Type::E4M3)
    return decode8(E4m3Format, static_cast<uint8_t>(word >> 8 * i));
  else if constexpr (Kind == Type::E5M2)
    return decode8(E5m2Format, static_cast<uint8_t>(word >> 8 * i));
  else if constexpr (Kind == Type::S8)
    return static_cast<int8_t>(word >> 8 * i);
  else if constexpr (Kind == Type::U8)
    return static_cast<uint8_t>(word >> 8 * i);
  else if constexpr (Kind == Type::S4)
    return static_cast<int32_t>(word << (28 - 4 * i)) >> 28;
  else
    return word >> 4 * i & 15; // u4
}

/// Calls f(lane, register, element number, value) for all elements of a fragment.
template <Type Kind, typename T, typename F> void unpackAs(const Warp &warp, const Ref *refs, unsigned registers, F f) {
  constexpr unsigned e = elementsPerRegister(Kind);
  for (unsigned r = 0; r < registers; ++r) {
    const auto *words = in<uint32_t>(warp, refs[r]);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      for (unsigned i = 0; i < e; ++i)
        f(lane, r, i, element<Kind, T>(words[lane], i));
  }
}

template <typename F> void unpack(const Warp &warp, Type type, const Ref *refs, unsigned registers, float, F f) {
  switch (type) {
  case Type::F16:
    return unpackAs<Type::F16, float>(warp, refs, registers, f);
  case Type::BF16:
    return unpackAs<Type::BF16, float>(warp, refs, registers, f);
  case Type::TF32:
    return unpackAs<Type::TF32, float>(warp, refs, registers, f);
  case Type::E4M3:
    return unpackAs<Type::E4M3, float>(warp, refs, registers, f);
  default:
    return unpackAs<Type::E5M2, float>(warp, refs, registers, f);
  }
}

template <typename F> void unpack(const Warp &warp, Type type, const Ref *refs, unsigned registers, int32_t, F f) {
  switch (type) {
  case Type::S8:
    return unpackAs<Type::S8, int32_t>(warp, refs, registers, f);
  case Type::U8:
    return unpackAs<Type::U8, int32_t>(warp, refs, registers, f);
  case Type::S4:
    return unpackAs<Type::S4, int32_t>(warp, refs, registers, f);
  default:
    return unpackAs<Type::U4, int32_t>(warp, refs, registers, f);
  }
}

template <typename F> void unpack(const Warp &warp, Type, const Ref *refs, unsigned registers, double, F f) {
  for (unsigned r = 0; r < registers; ++r) {
    const auto *values = in<double>(warp, refs[r]);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      f(lane, r, 0u, values[lane]);
  }
}

/// acc += a * b, in the order of k.
template <typename T>
void multiply(const Shape &s, const T (&a)[MaxM][MaxK], const T (&b)[MaxK][N], T (&acc)[MaxM][N]) {
  for (unsigned row = 0; row < s.m; ++row) {
    T sum[N];
    std::memcpy(sum, acc[row], sizeof(sum));
    for (unsigned k = 0; k < s.k; ++k)
      for (unsigned col = 0; col < N; ++col) {
        if constexpr (std::is_same_v<T, int32_t>)
          sum[col] =
              static_cast<int32_t>(static_cast<uint32_t>(sum[col]) + static_cast<uint32_t>(a[row][k] * b[k][col]));
        else if constexpr (std::is_same_v<T, double>)
          sum[col] = std::fma(a[row][k], b[k][col], sum[col]);
        else
          sum[col] += a[row][k] * b[k][col];
      }
    std::memcpy(acc[row], sum, sizeof(sum));
  }
}

/// The same with `.satfinite`: the sum is exact, then held within 32 bits.
void multiplySaturating(const Shape &s, const int32_t (&a)[MaxM][MaxK], const int32_t (&b)[MaxK][N],
                        int32_t (&acc)[MaxM][N]) {
  for (unsigned row = 0; row < s.m; ++row)
    for (unsigned col = 0; col < N; ++col) {
      int64_t sum = acc[row][col];
      for (unsigned k = 0; k < s.k; ++k)
        sum += static_cast<int64_t>(a[row][k]) * b[k][col];
      acc[row][col] = static_cast<int32_t>(sum < INT32_MIN ? INT32_MIN : sum > INT32_MAX ? INT32_MAX : sum);
    }
}

template <typename T> void mma(Warp &warp, const Instr &instr) {
  const auto s = std::bit_cast<Shape>(instr.imm);
  const unsigned countA = registersOfA(s), countB = registersOfB(s), countC = registersOfC(s, s.c),
                 countD = registersOfC(s, s.d);
  const Ref *d = instr.list, *fragmentA = d + countD, *fragmentB = fragmentA + countA, *c = fragmentB + countB;

  alignas(64) T a[MaxM][MaxK], b[MaxK][N], acc[MaxM][N];
  const unsigned ea = elementsPerRegister(s.a), eb = elementsPerRegister(s.b);
  const unsigned tall = s.m == 16 ? 1 : 0;
  unpack(warp, s.a, fragmentA, countA, T(), [&](unsigned lane, unsigned r, unsigned i, T value) {
    a[lane / 4 + 8 * (r & tall)][4 * ea * (r >> tall) + ea * (lane % 4) + i] = value;
  });
  unpack(warp, s.b, fragmentB, countB, T(), [&](unsigned lane, unsigned r, unsigned i, T value) {
    b[4 * eb * r + eb * (lane % 4) + i][lane / 4] = value;
  });
  for (unsigned r = 0; r < countC; ++r)
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      if constexpr (std::is_same_v<T, float>)
        if (s.c == Type::F16) {
          const uint32_t word = in<uint32_t>(warp, c[r])[lane];
          acc[lane / 4 + 8 * r][2 * (lane % 4)] = halfToFloat(static_cast<uint16_t>(word));
          acc[lane / 4 + 8 * r][2 * (lane % 4) + 1] = halfToFloat(static_cast<uint16_t>(word >> 16));
          continue;
        }
      acc[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2] = in<T>(warp, c[r])[lane];
    }

  if constexpr (std::is_same_v<T, int32_t>) {
    if (s.saturate)
      multiplySaturating(s, a, b, acc);
    else
      multiply(s, a, b, acc);
  } else {
    multiply(s, a, b, acc);
  }

  for (unsigned r = 0; r < countD; ++r) {
    if constexpr (std::is_same_v<T, float>)
      if (s.d == Type::F16) {
        store<uint32_t>(warp.mask, out<uint32_t>(warp, d[r]), [&](unsigned lane) {
          const T *pair = &acc[lane / 4 + 8 * r][2 * (lane % 4)];
          return uint32_t(floatToHalf(pair[0])) | uint32_t(floatToHalf(pair[1])) << 16;
        });
        continue;
      }
    store<T>(warp.mask, out<T>(warp, d[r]), [&](unsigned lane) {
      const T value = acc[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2];
      if constexpr (std::is_same_v<T, float>)
        return canonical(value);
      else
        return value;
    });
  }
}

/// Whether hardware has an instruction of that shape for the element type.
bool shapeExists(const Shape &s) {
  switch (s.a) {
  case Type::F16:
  case Type::BF16:
    return s.m == 16 && (s.k == 8 || s.k == 16);
  case Type::TF32:
    return s.m == 16 && (s.k == 4 || s.k == 8);
  case Type::E4M3:
  case Type::E5M2:
    return s.m == 16 && (s.k == 16 || s.k == 32);
  case Type::S8:
  case Type::U8:
    return (s.m == 8 && s.k == 16) || (s.m == 16 && (s.k == 16 || s.k == 32));
  case Type::S4:
  case Type::U4:
    return (s.m == 8 && s.k == 32) || (s.m == 16 && (s.k == 32 || s.k == 64));
  case Type::F64:
    return (s.m == 8 && s.k == 4) || (s.m == 16 && (s.k == 4 || s.k == 8 || s.k == 16));
  default:
    return false;
  }
}

enum class Domain { None, Float, Integer, Double };

Domain domainOf(const Shape &s) {
  const auto isByteFloat = [](Type t) { return t == Type::E4M3 || t == Type::E5M2; };
  const auto isByte = [](Type t) { return t == Type::S8 || t == Type::U8; };
  const auto isNibble = [](Type t) { return t == Type::S4 || t == Type::U4; };
  const auto isAccumulator = [](Type t) { return t == Type::F32 || t == Type::F16; };
  if (s.a == Type::F64 && s.b == s.a && s.c == s.a && s.d == s.a)
    return Domain::Double;
  if ((isByte(s.a) && isByte(s.b)) || (isNibble(s.a) && isNibble(s.b)))
    return s.c == Type::S32 && s.d == Type::S32 ? Domain::Integer : Domain::None;
  if ((s.a == Type::F16 && s.b == s.a) || (isByteFloat(s.a) && isByteFloat(s.b)))
    return isAccumulator(s.c) && isAccumulator(s.d) ? Domain::Float : Domain::None;
  if ((s.a == Type::BF16 || s.a == Type::TF32) && s.b == s.a)
    return s.c == Type::F32 && s.d == Type::F32 ? Domain::Float : Domain::None;
  return Domain::None;
}

} // namespace

bool decodeMatrix(Decoder &d) {
  if (!d.take("sync"))
    return d.fail("expected 'mma.sync'");
  d.take("aligned");
  Shape shape;
  const std::string_view text = d.takePrefix("m");
  unsigned m = 0, n = 0, k = 0;
  if (std::sscanf(std::string(text).c_str(), "m%un%uk%u", &m, &n, &k) != 3 || n != N || m > MaxM || k > MaxK)
    return d.fail("unknown shape '" + std::string(text) + "' of mma");
  shape.m = static_cast<uint8_t>(m);
  shape.k = static_cast<uint8_t>(k);
  if (!d.take("row") || !d.take("col"))
    return d.fail("mma of " + std::string(text) + " takes A by rows and B by columns");
  d.take("kind::f8f6f4");
  shape.saturate = d.take("satfinite");
  shape.d = d.takeType();
  shape.a = d.takeType();
  shape.b = d.takeType();
  shape.c = d.takeType();
  const Domain domain = domainOf(shape);
  if (domain == Domain::None || !shapeExists(shape))
    return d.fail("mma of " + std::string(text) + " has no form of types " + ptx::name(shape.d) + ", " +
                  ptx::name(shape.a) + ", " + ptx::name(shape.b) + ", " + ptx::name(shape.c));
  if (d.operandCount() != 4)
    return d.fail("mma takes 4 operands, found " + std::to_string(d.operandCount()));

  const Type word = domain == Domain::Double ? Type::F64 : Type::B32;
  if (!d.gatherDefinitions(d.operand(0), registersOfC(shape, shape.d), bits(word)) ||
      !d.gatherUses(d.operand(1), registersOfA(shape), word) ||
      !d.gatherUses(d.operand(2), registersOfB(shape), word) ||
      !d.gatherUses(d.operand(3), registersOfC(shape, shape.c), word))
    return false;
  d.instr.kind = Kind::WarpSync;
  d.instr.imm = std::bit_cast<int64_t>(shape);
  d.instr.exec = domain == Domain::Float ? mma<float> : domain == Domain::Integer ? mma<int32_t> : mma<double>;
  return d.done(4);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
