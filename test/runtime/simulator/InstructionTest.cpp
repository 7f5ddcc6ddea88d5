//===- InstructionTest.cpp - Single instructions on random inputs ---------===//
//
// Each check makes a kernel of one instruction, runs it on random and on special values, some of them under a partial
// mask, and compares every lane with a computation on the host.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

#include <bit>
#include <cfenv>
#include <cmath>
#include <functional>
#include <limits>
#include <type_traits>

namespace tessera::sim {
namespace {

/// How values of a host type are declared, loaded and stored in PTX.
template <typename T> struct PtxType;
#define TESSERA_PTX_TYPE(T, REGISTER, MEMORY)                                                                          \
  template <> struct PtxType<T> {                                                                                      \
    static constexpr const char *reg = REGISTER, *memory = MEMORY;                                                     \
  };
TESSERA_PTX_TYPE(uint16_t, "b16", "b16")
TESSERA_PTX_TYPE(int16_t, "b16", "b16")
TESSERA_PTX_TYPE(uint32_t, "b32", "b32")
TESSERA_PTX_TYPE(int32_t, "b32", "b32")
TESSERA_PTX_TYPE(uint64_t, "b64", "b64")
TESSERA_PTX_TYPE(int64_t, "b64", "b64")
TESSERA_PTX_TYPE(float, "f32", "f32")
TESSERA_PTX_TYPE(double, "f64", "f64")

template <typename T> bool same(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return (a != a && b != b) || std::memcmp(&a, &b, sizeof a) == 0;
  else
    return a == b;
}

class Instructions : public SimulatorTest {
protected:
  static constexpr int Count = 512;

  template <typename T> std::vector<T> values() {
    std::vector<T> result(Count);
    if constexpr (std::is_integral_v<T>) {
      for (T &v : result) {
        v = static_cast<T>(random());
        if (random() % 4 == 0)
          v = static_cast<T>(v >> (random() % (8 * sizeof(T))));
      }
      const T special[] = {0, 1, T(-1), std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), 31, 32, 33};
      for (int i = 0; i < 64; ++i)
        result[i] = special[random() % std::size(special)];
    } else {
      for (T &v : result)
        v = std::ldexp(std::uniform_real_distribution<T>(-2, 2)(random), static_cast<int>(random() % 20) - 10);
      const T special[] = {0,
                           T(-0.0),
                           1,
                           -1,
                           std::numeric_limits<T>::infinity(),
                           -std::numeric_limits<T>::infinity(),
                           std::numeric_limits<T>::quiet_NaN(),
                           std::numeric_limits<T>::denorm_min(),
                           -std::numeric_limits<T>::min() / 3,
                           std::numeric_limits<T>::max(),
                           T(0.5),
                           T(1.5),
                           T(2.5),
                           T(-2.5)};
      for (int i = 0; i < 96; ++i)
        result[i] = special[random() % std::size(special)];
    }
    return result;
  }

  template <typename R, typename... S> std::string kernelText(const std::string &body) {
    const char *names = "abc";
    std::string text = ".version 8.7\n.target sm_90\n.address_size 64\n.visible .entry k(.param .u64 out";
    std::string registers, loads;
    int i = 0;
    (
        [&] {
          const std::string n(1, names[i++]);
          text += ", .param .u64 " + n;
          registers += ".reg ." + std::string(PtxType<S>::reg) + " %" + n + ";\n";
          loads += "ld.param.u64 %rd2, [" + n + "];\nmad.wide.u32 %rd2, %r1, " + std::to_string(sizeof(S)) +
                   ", %rd2;\nld.global." + PtxType<S>::memory + " %" + n + ", [%rd2];\n";
        }(),
        ...);
    return text + ")\n{\n.reg .b32 %r<10>;\n.reg .b64 %rd<10>;\n.reg .pred %p<4>;\n.reg .b16 %h<4>;\n.reg ." +
           PtxType<R>::reg + " %d;\n" + registers +
           "mov.u32 %r1, %ctaid.x;\nmov.u32 %r2, %ntid.x;\nmov.u32 %r3, %tid.x;\nmad.lo.s32 %r1, %r1, %r2, %r3;\n" +
           loads + "mov." + (sizeof(R) == 2 ? "b16" : PtxType<R>::reg) + " %d, 0" +
           (std::is_same_v<R, float>    ? "f00000000"
            : std::is_same_v<R, double> ? "d0000000000000000"
                                        : "") +
           ";\n// the upper half of the block runs under a divergent mask\nsetp.lt.u32 %p0, %r3, 32;\nand.b32 %r4, "
           "%r3, 1;\nsetp.eq.or.u32 %p1, %r4, 0, %p0;\n@!%p1 bra SKIP;\n" +
           body + "\nSKIP:\nld.param.u64 %rd2, [out];\nmad.wide.u32 %rd2, %r1, " + std::to_string(sizeof(R)) +
           ", %rd2;\nst.global." + PtxType<R>::memory + " [%rd2], %d;\nret;\n}\n";
  }

  /// `same` decides; by default bit for bit, all NaN alike.
  template <typename R, typename... S>
  void check(const std::string &body, std::type_identity_t<std::function<R(S...)>> expected,
             std::type_identity_t<std::function<bool(R, R)>> equal = same<R>) {
    const auto module = parse(kernelText<R, S...>(body));
    ASSERT_TRUE(module) << body;
    ASSERT_EQ(module->prepare(*module->kernel("k")), "");
    DeviceArray<R> out(memory, Count);
    std::tuple<std::vector<S>...> inputs{values<S>()...};
    std::apply(
        [&](const auto &...vectors) {
          std::tuple<std::unique_ptr<DeviceArray<S>>...> arrays{std::make_unique<DeviceArray<S>>(memory, vectors)...};
          std::apply([&](const auto &...array) { run(*module, "k", {Count / 64}, {64}, out, *array...); }, arrays);
          const auto result = out.host();
          int failures = 0;
          for (int i = 0; i < Count; ++i) {
            const bool active = i % 64 < 32 || i % 2 == 0;
            const R wanted = active ? expected(vectors[i]...) : R(0);
            if (!equal(result[i], wanted) && ++failures < 4) {
              std::string text;
              ((text += " " + std::to_string(vectors[i])), ...);
              ADD_FAILURE() << body << "\nof" << text << ": " << result[i] << ", expected " << wanted;
            }
          }
        },
        inputs);
  }

  template <typename R, typename A>
  void unary(const std::string &op, std::type_identity_t<std::function<R(A)>> f,
             std::type_identity_t<std::function<bool(R, R)>> equal = same<R>) {
    check<R, A>(op + " %d, %a;", f, equal);
  }
  template <typename T> void binary(const std::string &op, std::function<T(T, T)> f) {
    check<T, T, T>(op + " %d, %a, %b;", f);
  }
  template <typename T> void ternary(const std::string &op, std::function<T(T, T, T)> f) {
    check<T, T, T, T>(op + " %d, %a, %b, %c;", f);
  }

  static std::function<bool(float, float)> relative(double bound) {
    return [bound](float a, float b) {
      return same(a, b) || std::fabs(double(a) - b) <= bound * std::fabs(double(b)) + 1.2e-38 ||
             (std::isinf(b) && std::isinf(a));
    };
  }
};

template <typename T> using Unsigned = std::make_unsigned_t<T>;

TEST_F(Instructions, IntegerArithmetic) {
  binary<int32_t>("add.s32", [](int32_t a, int32_t b) { return int32_t(uint32_t(a) + uint32_t(b)); });
  binary<uint64_t>("sub.u64", [](uint64_t a, uint64_t b) { return a - b; });
  binary<int16_t>("add.s16", [](int16_t a, int16_t b) { return int16_t(a + b); });
  binary<int32_t>("add.sat.s32", [](int32_t a, int32_t b) {
    return int32_t(std::clamp<int64_t>(int64_t(a) + b, INT32_MIN, INT32_MAX));
  });
  binary<int32_t>("mul.lo.s32", [](int32_t a, int32_t b) { return int32_t(uint32_t(a) * uint32_t(b)); });
  binary<int16_t>("mul.lo.s16", [](int16_t a, int16_t b) { return int16_t(int(a) * b); });
  binary<uint16_t>("mul.hi.u16", [](uint16_t a, uint16_t b) { return uint16_t(uint32_t(a) * b >> 16); });
  binary<uint32_t>("mul.hi.u32", [](uint32_t a, uint32_t b) { return uint32_t(uint64_t(a) * b >> 32); });
  binary<int32_t>("mul.hi.s32", [](int32_t a, int32_t b) { return int32_t(int64_t(a) * b >> 32); });
  binary<int64_t>("mul.hi.s64", [](int64_t a, int64_t b) { return int64_t(__int128(a) * b >> 64); });
  check<int64_t, int32_t, int32_t>("mul.wide.s32 %d, %a, %b;", [](int32_t a, int32_t b) { return int64_t(a) * b; });
  check<uint32_t, uint16_t, uint16_t>("mul.wide.u16 %d, %a, %b;",
                                      [](uint16_t a, uint16_t b) { return uint32_t(a) * b; });
  check<int64_t, int32_t, int32_t, int64_t>("mad.wide.s32 %d, %a, %b, %c;", [](int32_t a, int32_t b, int64_t c) {
    return int64_t(uint64_t(int64_t(a) * b) + uint64_t(c));
  });
  ternary<uint32_t>("mad.lo.u32", [](uint32_t a, uint32_t b, uint32_t c) { return a * b + c; });
  ternary<uint32_t>("mad.hi.u32",
                    [](uint32_t a, uint32_t b, uint32_t c) { return uint32_t(uint64_t(a) * b >> 32) + c; });
  binary<int32_t>("div.s32", [](int32_t a, int32_t b) {
    return b == 0 ? -1 : b == -1 ? int32_t(-uint32_t(a)) : a / b;
  });
  binary<uint64_t>("div.u64", [](uint64_t a, uint64_t b) { return b == 0 ? ~uint64_t(0) : a / b; });
  binary<int64_t>("rem.s64", [](int64_t a, int64_t b) { return b == 0 ? a : b == -1 ? 0 : a % b; });
  binary<uint32_t>("rem.u32", [](uint32_t a, uint32_t b) { return b == 0 ? a : a % b; });
  binary<int32_t>("min.s32", [](int32_t a, int32_t b) { return std::min(a, b); });
  binary<uint64_t>("max.u64", [](uint64_t a, uint64_t b) { return std::max(a, b); });
  binary<int32_t>("max.relu.s32", [](int32_t a, int32_t b) { return std::max({a, b, 0}); });
  unary<int32_t, int32_t>("abs.s32", [](int32_t a) { return a < 0 ? int32_t(-uint32_t(a)) : a; });
  unary<int64_t, int64_t>("neg.s64", [](int64_t a) { return int64_t(-uint64_t(a)); });
  ternary<int32_t>("sad.s32", [](int32_t a, int32_t b, int32_t c) {
    return int32_t(uint32_t(c) + (a < b ? uint32_t(b) - uint32_t(a) : uint32_t(a) - uint32_t(b)));
  });
  binary<uint32_t>("mul24.lo.u32",
                   [](uint32_t a, uint32_t b) { return uint32_t(uint64_t(a & 0xFFFFFF) * (b & 0xFFFFFF)); });
  ternary<uint32_t>("dp4a.s32.u32", [](uint32_t a, uint32_t b, uint32_t c) {
    for (int i = 0; i < 32; i += 8)
      c += uint32_t(int8_t(a >> i) * int(uint8_t(b >> i)));
    return c;
  });
  ternary<uint32_t>("dp2a.hi.s32.s32", [](uint32_t a, uint32_t b, uint32_t c) {
    for (int i = 0; i < 2; ++i)
      c += uint32_t(int16_t(a >> 16 * i) * int(int8_t(b >> (16 + 8 * i))));
    return c;
  });
  check<uint32_t, uint32_t, uint32_t>("add.s16x2 %d, %a, %b;", [](uint32_t a, uint32_t b) {
    return uint32_t(uint16_t(a + b)) | uint32_t(uint16_t((a >> 16) + (b >> 16))) << 16;
  });
}

TEST_F(Instructions, Carry) {
  check<uint64_t, uint64_t, uint64_t>("{.reg .b32 %l<6>; mov.b64 {%l0, %l1}, %a; mov.b64 {%l2, %l3}, %b;\n"
                                      "add.cc.u32 %l4, %l0, %l2; addc.u32 %l5, %l1, %l3; mov.b64 %d, {%l4, %l5};}",
                                      [](uint64_t a, uint64_t b) { return a + b; });
  check<uint64_t, uint64_t, uint64_t>("{.reg .b32 %l<6>; mov.b64 {%l0, %l1}, %a; mov.b64 {%l2, %l3}, %b;\n"
                                      "sub.cc.u32 %l4, %l0, %l2; subc.u32 %l5, %l1, %l3; mov.b64 %d, {%l4, %l5};}",
                                      [](uint64_t a, uint64_t b) { return a - b; });
  check<uint64_t, uint32_t, uint32_t, uint64_t>(
      "{.reg .b32 %l<6>; mov.b64 {%l0, %l1}, %c;\n"
      "mad.lo.cc.u32 %l2, %a, %b, %l0; madc.hi.u32 %l3, %a, %b, %l1; mov.b64 %d, {%l2, %l3};}",
      [](uint32_t a, uint32_t b, uint64_t c) { return uint64_t(a) * b + c; });
}

TEST_F(Instructions, BitsAndShifts) {
  binary<uint32_t>("and.b32", [](uint32_t a, uint32_t b) { return a & b; });
  binary<uint64_t>("xor.b64", [](uint64_t a, uint64_t b) { return a ^ b; });
  binary<uint16_t>("or.b16", [](uint16_t a, uint16_t b) { return uint16_t(a | b); });
  unary<uint16_t, uint16_t>("not.b16", [](uint16_t a) { return uint16_t(~a); });
  unary<uint32_t, uint32_t>("cnot.b32", [](uint32_t a) { return uint32_t(a == 0); });
  check<uint64_t, uint64_t, uint32_t>("shl.b64 %d, %a, %b;",
                                      [](uint64_t a, uint32_t b) { return b > 63 ? 0 : a << b; });
  check<uint16_t, uint16_t, uint32_t>("shl.b16 %d, %a, %b;",
                                      [](uint16_t a, uint32_t b) { return uint16_t(b > 15 ? 0 : a << b); });
  check<int32_t, int32_t, uint32_t>("shr.s32 %d, %a, %b;", [](int32_t a, uint32_t b) { return a >> std::min(b, 31u); });
  check<int16_t, int16_t, uint32_t>("shr.s16 %d, %a, %b;",
                                    [](int16_t a, uint32_t b) { return int16_t(a >> std::min(b, 15u)); });
  check<uint64_t, uint64_t, uint32_t>("shr.u64 %d, %a, %b;",
                                      [](uint64_t a, uint32_t b) { return b > 63 ? 0 : a >> b; });
  ternary<uint32_t>("shf.l.wrap.b32", [](uint32_t a, uint32_t b, uint32_t c) {
    return uint32_t(((uint64_t(b) << 32 | a) << (c & 31)) >> 32);
  });
  ternary<uint32_t>("shf.r.clamp.b32", [](uint32_t a, uint32_t b, uint32_t c) {
    return uint32_t((uint64_t(b) << 32 | a) >> std::min(c, 32u));
  });
  unary<uint32_t, uint32_t>("popc.b32", [](uint32_t a) { return uint32_t(std::popcount(a)); });
  unary<uint32_t, uint64_t>("clz.b64", [](uint64_t a) { return uint32_t(std::countl_zero(a)); });
  unary<uint32_t, int32_t>("bfind.s32", [](int32_t a) {
    const uint32_t bits = a < 0 ? ~uint32_t(a) : uint32_t(a);
    return bits ? 31u - std::countl_zero(bits) : ~0u;
  });
  unary<uint32_t, uint64_t>("bfind.shiftamt.u64", [](uint64_t a) { return a ? uint32_t(std::countl_zero(a)) : ~0u; });
  unary<uint32_t, uint32_t>("brev.b32", [](uint32_t a) {
    uint32_t r = 0;
    for (int i = 0; i < 32; ++i)
      r |= (a >> i & 1) << (31 - i);
    return r;
  });
  // As the manual's pseudo code has it, bit by bit.
  const auto bfe = [](auto a, uint32_t position, uint32_t length, bool isSigned) {
    const int msb = 8 * sizeof(a) - 1;
    const int pos = position & 0xFF, len = length & 0xFF;
    const auto bit = [&](int i) { return i <= msb ? uint64_t(a) >> i & 1 : 0; };
    uint64_t sign = !isSigned || len == 0 ? 0 : bit(std::min(pos + len - 1, msb));
    uint64_t d = 0;
    for (int i = 0; i <= msb; ++i)
      d |= (i < len && pos + i <= msb ? bit(pos + i) : sign) << i;
    return d;
  };
  check<uint32_t, uint32_t, uint32_t, uint32_t>(
      "bfe.u32 %d, %a, %b, %c;", [&](uint32_t a, uint32_t b, uint32_t c) { return uint32_t(bfe(a, b, c, false)); });
  check<int32_t, uint32_t, uint32_t, uint32_t>(
      "bfe.s32 %d, %a, %b, %c;", [&](uint32_t a, uint32_t b, uint32_t c) { return int32_t(bfe(a, b, c, true)); });
  check<int64_t, uint64_t, uint32_t, uint32_t>(
      "bfe.s64 %d, %a, %b, %c;", [&](uint64_t a, uint32_t b, uint32_t c) { return int64_t(bfe(a, b, c, true)); });
  check<uint32_t, uint32_t, uint32_t, uint32_t>(
      "and.b32 %r4, %c, 31; shr.u32 %r5, %c, 27; bfi.b32 %d, %a, %b, %r4, %r5;",
      [](uint32_t a, uint32_t b, uint32_t c) {
        const unsigned pos = c & 31, len = c >> 27;
        for (unsigned i = 0; i < len && pos + i <= 31; ++i)
          b = (b & ~(1u << (pos + i))) | (a >> i & 1) << (pos + i);
        return b;
      });
  ternary<uint32_t>("prmt.b32", [](uint32_t a, uint32_t b, uint32_t c) {
    uint32_t d = 0;
    for (int i = 0; i < 4; ++i) {
      const uint32_t selector = c >> (4 * i);
      uint8_t byte = uint8_t((uint64_t(b) << 32 | a) >> (8 * (selector & 7)));
      if (selector & 8)
        byte = byte & 0x80 ? 0xFF : 0;
      d |= uint32_t(byte) << (8 * i);
    }
    return d;
  });
  for (const int table : {0x80, 0xE8, 0x96, 0x1B})
    check<uint32_t, uint32_t, uint32_t, uint32_t>(
        "lop3.b32 %d, %a, %b, %c, " + std::to_string(table) + ";", [table](uint32_t a, uint32_t b, uint32_t c) {
          uint32_t d = 0;
          for (int i = 0; i < 32; ++i)
            d |= uint32_t(table >> ((a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1)) & 1) << i;
          return d;
        });
  check<uint32_t, uint32_t, uint32_t>("bmsk.clamp.b32 %d, %a, %b;", [](uint32_t a, uint32_t b) {
    uint32_t d = 0;
    for (uint64_t i = a; i < uint64_t(a) + b && i < 32; ++i)
      d |= 1u << i;
    return d;
  });
}

// ---- Floating point -------------------------------------------------------------------------------------------------

float flushed(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

TEST_F(Instructions, SinglePrecision) {
  binary<float>("add.f32", [](float a, float b) { return a + b; });
  binary<float>("add.rn.ftz.f32", [](float a, float b) { return flushed(flushed(a) + flushed(b)); });
  binary<float>("sub.sat.f32", [](float a, float b) {
    const float d = a - b;
    return d > 0 ? std::min(d, 1.0f) : 0.0f;
  });
  binary<float>("mul.f32", [](float a, float b) { return a * b; });
  binary<float>("div.rn.f32", [](float a, float b) { return a / b; });
  binary<float>("div.full.f32", [](float a, float b) { return a / b; });
  ternary<float>("fma.rn.f32", [](float a, float b, float c) { return std::fmaf(a, b, c); });
  ternary<float>("fma.rn.ftz.f32",
                 [](float a, float b, float c) { return flushed(std::fmaf(flushed(a), flushed(b), flushed(c))); });
  const struct {
    const char *name;
    int mode;
  } roundings[] = {{"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};
  for (const auto &rounding : roundings) {
    const auto under = [&rounding](auto f) {
      std::fesetround(rounding.mode);
      volatile float r = f();
      std::fesetround(FE_TONEAREST);
      return float(r);
    };
    binary<float>(std::string("add.") + rounding.name + ".f32", [&](float a, float b) {
      volatile float x = a, y = b;
      return under([&] { return x + y; });
    });
    binary<float>(std::string("mul.") + rounding.name + ".f32", [&](float a, float b) {
      volatile float x = a, y = b;
      return under([&] { return x * y; });
    });
    ternary<float>(std::string("fma.") + rounding.name + ".f32", [&](float a, float b, float c) {
      volatile float x = a, y = b, z = c;
      return under([&] { return std::fmaf(x, y, z); });
    });
    unary<float, float>(std::string("sqrt.") + rounding.name + ".f32", [&](float a) {
      volatile float x = a;
      return under([&] { return std::sqrt(x); });
    });
    unary<float, double>(std::string("cvt.") + rounding.name + ".f32.f64", [&](double a) {
      volatile double x = a;
      return under([&] { return float(x); });
    });
    unary<float, int32_t>(std::string("cvt.") + rounding.name + ".f32.s32", [&](int32_t a) {
      volatile int32_t x = a;
      return under([&] { return float(x); });
    });
  }
  const auto least = [](float a, float b) {
    return a != a ? b : b != b ? a : a == b ? (std::signbit(a) ? a : b) : std::min(a, b);
  };
  binary<float>("min.f32", least);
  binary<float>("max.f32", [&](float a, float b) { return -least(-a, -b); });
  binary<float>("max.NaN.f32", [&](float a, float b) { return a != a || b != b ? NAN : -least(-a, -b); });
  binary<float>("min.xorsign.abs.f32", [&](float a, float b) {
    const float m = least(std::fabs(a), std::fabs(b));
    return std::copysign(m, std::signbit(a) != std::signbit(b) ? -1.0f : 1.0f);
  });
  unary<float, float>("abs.ftz.f32", [](float a) { return flushed(std::fabs(a)); });
  unary<float, float>("neg.f32", [](float a) { return -a; });
  binary<float>("copysign.f32", [](float a, float b) { return std::copysign(b, a); });
  unary<float, float>("rcp.rn.f32", [](float a) { return 1.0f / a; });
  unary<float, float>("sqrt.rn.f32", [](float a) { return std::sqrt(a); });
}

TEST_F(Instructions, Approximations) {
  // Bounds of the manual's, or tighter.
  unary<float, float>("rcp.approx.f32", [](float a) { return 1.0f / a; }, relative(1.2e-7));
  unary<float, float>("sqrt.approx.f32", [](float a) { return std::sqrt(a); }, relative(1.2e-7));
  unary<float, float>("rsqrt.approx.f32", [](float a) { return float(1.0 / std::sqrt(double(a))); }, relative(1.2e-7));
  unary<float, float>("ex2.approx.f32", [](float a) { return float(std::exp2(double(a))); }, relative(1.2e-7));
  unary<float, float>("lg2.approx.f32", [](float a) { return float(std::log2(double(a))); }, relative(1.2e-7));
  unary<float, float>("tanh.approx.f32", [](float a) { return float(std::tanh(double(a))); }, relative(1.2e-7));
  unary<float, float>(
      "sin.approx.f32", [](float a) { return float(std::sin(double(a))); },
      [](float a, float b) { return same(a, b) || std::fabs(a - b) < 1e-6 || std::fabs(b) <= 1; });
  unary<float, float>(
      "cos.approx.f32",
      [](float a) { return std::fabs(a) < 1e5 || a != a || std::isinf(a) ? float(std::cos(double(a))) : 0; },
      [](float a, float b) { return same(a, b) || std::fabs(a - b) < 1e-6 || b == 0; });
}

TEST_F(Instructions, DoublePrecision) {
  binary<double>("add.f64", [](double a, double b) { return a + b; });
  binary<double>("mul.rn.f64", [](double a, double b) { return a * b; });
  binary<double>("div.rn.f64", [](double a, double b) { return a / b; });
  ternary<double>("fma.rn.f64", [](double a, double b, double c) { return std::fma(a, b, c); });
  unary<double, double>("sqrt.rn.f64", [](double a) { return std::sqrt(a); });
  unary<double, double>("neg.f64", [](double a) { return -a; });
  unary<double, float>("cvt.f64.f32", [](float a) { return double(a); });
  unary<float, double>("cvt.rn.f32.f64", [](double a) { return float(a); });
}

bool sameHalf(uint16_t a, uint16_t b) { return a == b || ((a & 0x7FFF) > 0x7C00 && (b & 0x7FFF) > 0x7C00); }
bool sameBfloat(uint16_t a, uint16_t b) { return a == b || ((a & 0x7FFF) > 0x7F80 && (b & 0x7FFF) > 0x7F80); }

/// Rounded once: the sum is compared exactly with the point half way between the two candidates.
uint16_t fmaOfBfloats(uint16_t a, uint16_t b, uint16_t c) {
  using Long = long double;
  const Long p = Long(hostBfloatValue(a)) * hostBfloatValue(b), q = hostBfloatValue(c);
  const double near = static_cast<double>(p + q);
  if (!std::isfinite(near) || near == 0 || std::fabs(near) > 3.4e38)
    return hostBfloat(static_cast<float>(near));
  const auto towardsZero = static_cast<uint16_t>([&] {
    float f = static_cast<float>(near);
    if (std::fabs(double(f)) > std::fabs(near))
      f = std::nextafterf(f, 0);
    return std::bit_cast<uint32_t>(f) >> 16;
  }());
  const Long middle = (Long(hostBfloatValue(towardsZero)) + hostBfloatValue(towardsZero + 1)) / 2;
  const Long x = fabsl(p) >= fabsl(q) ? p - middle : q - middle, y = fabsl(p) >= fabsl(q) ? -q : -p;
  const bool beyond = near > 0 ? x > y : x < y;
  return x == y ? towardsZero + (towardsZero & 1) : towardsZero + beyond;
}

TEST_F(Instructions, HalfPrecision) {
  const auto h = hostHalfValue;
  const std::function<bool(uint16_t, uint16_t)> equal = sameHalf;
  check<uint16_t, uint16_t, uint16_t>(
      "add.f16 %d, %a, %b;", [&](uint16_t a, uint16_t b) { return hostHalf(h(a) + h(b)); }, equal);
  check<uint16_t, uint16_t, uint16_t>(
      "mul.f16 %d, %a, %b;", [&](uint16_t a, uint16_t b) { return hostHalf(h(a) * h(b)); }, equal);
  // Exact in long double: 64 bits of significand hold any product and sum here that decides a rounding.
  check<uint16_t, uint16_t, uint16_t, uint16_t>(
      "fma.rn.f16 %d, %a, %b, %c;", [&](uint16_t a, uint16_t b, uint16_t c) { return hostHalf(h(a) * h(b) + h(c)); },
      equal);
  check<uint16_t, uint16_t, uint16_t, uint16_t>(
      "fma.rn.relu.f16 %d, %a, %b, %c;",
      [&](uint16_t a, uint16_t b, uint16_t c) {
        const double v = h(a) * h(b) + h(c);
        return hostHalf(v < 0 ? 0 : v);
      },
      [](uint16_t a, uint16_t b) { return sameHalf(a, b) || ((a | b) & 0x7FFF) == 0; });
  const auto larger = [&](uint16_t a, uint16_t b) -> uint16_t {
    if (h(a) != h(a) || h(b) != h(b))
      return h(a) != h(a) ? b : a;
    return h(a) == h(b) ? (a & 0x8000 ? b : a) : h(a) > h(b) ? a : b;
  };
  check<uint16_t, uint16_t, uint16_t>("max.f16 %d, %a, %b;", larger, equal);
  check<uint32_t, uint32_t, uint32_t>(
      "add.f16x2 %d, %a, %b;",
      [&](uint32_t a, uint32_t b) {
        return hostHalf(h(uint16_t(a)) + h(uint16_t(b))) |
               uint32_t(hostHalf(h(uint16_t(a >> 16)) + h(uint16_t(b >> 16)))) << 16;
      },
      [](uint32_t a, uint32_t b) {
        return sameHalf(uint16_t(a), uint16_t(b)) && sameHalf(uint16_t(a >> 16), uint16_t(b >> 16));
      });
  check<uint16_t, uint16_t>("neg.f16 %d, %a;", [](uint16_t a) { return uint16_t(a ^ 0x8000); });
  check<uint16_t, uint16_t, uint16_t>(
      "mul.bf16 %d, %a, %b;",
      [](uint16_t a, uint16_t b) { return hostBfloat(float(hostBfloatValue(a) * hostBfloatValue(b))); },
      [](uint16_t a, uint16_t b) { return sameBfloat(a, b) || (a & 0x7F80) == 0; });
  check<uint16_t, uint16_t, uint16_t, uint16_t>("fma.rn.bf16 %d, %a, %b, %c;", fmaOfBfloats, sameBfloat);
}

TEST_F(Instructions, Conversions) {
  unary<uint16_t, float>("cvt.rn.f16.f32", [](float a) { return hostHalf(a); }, sameHalf);
  unary<float, uint16_t>("cvt.f32.f16", [](uint16_t a) { return float(hostHalfValue(a)); });
  unary<uint16_t, float>("cvt.rn.bf16.f32", [](float a) { return hostBfloat(a); }, sameBfloat);
  unary<float, uint16_t>("cvt.f32.bf16", [](uint16_t a) { return float(hostBfloatValue(a)); });
  unary<uint16_t, double>("cvt.rn.f16.f64", [](double a) { return hostHalf(a); }, sameHalf);
  unary<uint16_t, int64_t>("cvt.rn.f16.s64", [](int64_t a) { return hostHalf(double(a)); }, sameHalf);
  unary<uint16_t, int32_t>("cvt.rn.f16.s32", [](int32_t a) { return hostHalf(a); }, sameHalf);
  unary<float, int64_t>("cvt.rn.f32.s64", [](int64_t a) { return float(a); });
  unary<float, uint64_t>("cvt.rn.f32.u64", [](uint64_t a) { return float(a); });
  unary<double, uint64_t>("cvt.rn.f64.u64", [](uint64_t a) { return double(a); });
  unary<float, uint32_t>("cvt.rn.f32.u32", [](uint32_t a) { return float(a); });
  const auto toInt = [](double a, double low, double high) { return a != a ? 0.0 : std::clamp(a, low, high); };
  unary<int32_t, float>("cvt.rzi.s32.f32",
                        [&](float a) { return int32_t(toInt(std::trunc(a), INT32_MIN, INT32_MAX)); });
  unary<uint32_t, float>("cvt.rni.u32.f32", [&](float a) { return uint32_t(toInt(std::nearbyint(a), 0, UINT32_MAX)); });
  unary<int32_t, float>("cvt.rmi.s32.f32",
                        [&](float a) { return int32_t(toInt(std::floor(a), INT32_MIN, INT32_MAX)); });
  unary<int16_t, float>("cvt.rzi.s16.f32",
                        [&](float a) { return int16_t(toInt(std::trunc(a), INT16_MIN, INT16_MAX)); });
  unary<int64_t, float>("cvt.rni.ftz.s64.f32", [](float a) {
    if (a != a)
      return INT64_MIN;
    a = std::nearbyint(a);
    return a >= 0x1p63f ? INT64_MAX : a < -0x1p63f ? INT64_MIN : int64_t(a);
  });
  unary<float, float>("cvt.rmi.ftz.f32.f32", [](float a) { return std::floor(flushed(a)); });
  unary<float, float>("cvt.rpi.f32.f32", [](float a) { return std::ceil(a); });
  unary<float, float>("cvt.rzi.f32.f32", [](float a) { return std::trunc(a); });
  unary<float, float>("cvt.rni.f32.f32", [](float a) { return std::nearbyint(a); });
  unary<float, float>("cvt.sat.f32.f32", [](float a) { return a > 0 ? std::min(a, 1.0f) : 0.0f; });
  unary<int64_t, int32_t>("cvt.s64.s32", [](int32_t a) { return int64_t(a); });
  unary<int32_t, uint32_t>("cvt.s32.s8", [](uint32_t a) { return int32_t(int8_t(a)); });
  unary<int32_t, uint16_t>("cvt.s32.s8", [](uint16_t a) { return int32_t(int8_t(a)); });
  unary<uint32_t, uint64_t>("cvt.u32.u64", [](uint64_t a) { return uint32_t(a); });
  unary<int16_t, int32_t>("cvt.sat.s16.s32", [](int32_t a) { return int16_t(std::clamp(a, -32768, 32767)); });
  unary<uint32_t, int32_t>("cvt.sat.u8.s32", [](int32_t a) { return uint32_t(std::clamp(a, 0, 255)); });
  unary<uint32_t, int64_t>("cvt.s8.s64", [](int64_t a) { return uint32_t(int32_t(int8_t(a))); });
  check<uint32_t, float, float>("cvt.rn.f16x2.f32 %d, %a, %b;",
                                [](float a, float b) { return uint32_t(hostHalf(a)) << 16 | hostHalf(b); });
  check<uint32_t, float, float>("cvt.rn.bf16x2.f32 %d, %a, %b;",
                                [](float a, float b) { return uint32_t(hostBfloat(a)) << 16 | hostBfloat(b); });
  unary<uint32_t, float>(
      "cvt.rna.tf32.f32",
      [](float a) {
        const auto bits = std::bit_cast<uint32_t>(a);
        return std::isfinite(a) ? (bits + 0x1000) & 0xFFFFE000 : bits;
      },
      [](uint32_t a, uint32_t b) {
        return a == b || (std::isnan(std::bit_cast<float>(a)) && std::isnan(std::bit_cast<float>(b)));
      });
}

/// All 256 values of an 8-bit format, by its definition.
double byteFloat(uint8_t v, bool e5) {
  const int fractionBits = e5 ? 2 : 3, bias = e5 ? 15 : 7, exponent = (v & 0x7F) >> fractionBits,
            fraction = v & ((1 << fractionBits) - 1);
  double r = exponent ? std::ldexp(1 + std::ldexp(fraction, -fractionBits), exponent - bias)
                      : std::ldexp(fraction, 1 - bias - fractionBits);
  if (e5 && exponent == 31)
    r = fraction ? NAN : INFINITY;
  if (!e5 && (v & 0x7F) == 0x7F)
    r = NAN;
  return v & 0x80 ? -r : r;
}
uint8_t toByteFloat(double x, bool e5) {
  if (x != x)
    return 0x7F;
  const int top = e5 ? 0x7B : 0x7E;
  int best = 0;
  const double m = std::fabs(x);
  for (int v = 1; v <= top; ++v) {
    const double distance = std::fabs(byteFloat(uint8_t(v), e5) - m),
                 known = std::fabs(byteFloat(uint8_t(best), e5) - m);
    if (distance < known || (distance == known && v % 2 == 0))
      best = v;
  }
  if (m > byteFloat(uint8_t(top), e5))
    best = top;
  return uint8_t(best | (std::signbit(x) ? 0x80 : 0));
}

TEST_F(Instructions, EightBitFloats) {
  for (const bool e5 : {false, true}) {
    const std::string name = e5 ? "e5m2x2" : "e4m3x2";
    check<uint16_t, float, float>("cvt.rn.satfinite." + name + ".f32 %d, %a, %b;", [e5](float a, float b) {
      return uint16_t(toByteFloat(a, e5) << 8 | toByteFloat(b, e5));
    });
    check<uint32_t, uint16_t>("cvt.rn.f16x2." + name + " %d, %a;", [e5](uint16_t a) {
      return uint32_t(hostHalf(byteFloat(uint8_t(a >> 8), e5))) << 16 | hostHalf(byteFloat(uint8_t(a), e5));
    });
    check<uint16_t, uint32_t>("cvt.rn.satfinite." + name + ".f16x2 %d, %a;", [e5](uint32_t a) {
      return uint16_t(toByteFloat(hostHalfValue(uint16_t(a >> 16)), e5) << 8 |
                      toByteFloat(hostHalfValue(uint16_t(a)), e5));
    });
  }
}

TEST_F(Instructions, Comparisons) {
  const auto asBits = [](bool p, bool q) { return uint32_t(p) | uint32_t(q) << 1; };
  const std::string tail = "selp.b32 %r5, 1, 0, %p2; selp.b32 %r6, 2, 0, %p3; or.b32 %d, %r5, %r6;";
  check<uint32_t, float, float>("setp.ltu.f32 %p2|%p3, %a, %b;" + tail,
                                [&](float a, float b) { return asBits(!(a >= b), a >= b); });
  check<uint32_t, float, float>("setp.ne.f32 %p2|%p3, %a, %b;" + tail, [&](float a, float b) {
    const bool r = a == a && b == b && a != b;
    return asBits(r, !r);
  });
  check<uint32_t, float, float>("setp.nan.f32 %p2|%p3, %a, %b;" + tail,
                                [&](float a, float b) { return asBits(a != a || b != b, a == a && b == b); });
  check<uint32_t, int32_t, int32_t>("setp.gt.s32 %p3, %a, 0; setp.le.and.s32 %p2, %a, %b, !%p3;" + tail,
                                    [&](int32_t a, int32_t b) { return asBits(a <= b && !(a > 0), a > 0); });
  check<uint32_t, uint64_t, uint64_t>("setp.hi.u64 %p2, %a, %b; setp.ls.xor.u64 %p3, %a, %b, %p2;" + tail,
                                      [&](uint64_t a, uint64_t b) { return asBits(a > b, (a <= b) != (a > b)); });
  check<uint32_t, uint16_t, uint16_t>(
      "setp.gt.f16 %p2, %a, %b; setp.eq.u16 %p3, %a, %b;" + tail,
      [&](uint16_t a, uint16_t b) { return asBits(hostHalfValue(a) > hostHalfValue(b), a == b); });
  check<uint32_t, uint32_t, uint32_t>("setp.ge.f16x2 %p2|%p3, %a, %b;" + tail, [&](uint32_t a, uint32_t b) {
    return asBits(hostHalfValue(uint16_t(a)) >= hostHalfValue(uint16_t(b)),
                  hostHalfValue(uint16_t(a >> 16)) >= hostHalfValue(uint16_t(b >> 16)));
  });
  check<uint32_t, float, float>("set.gt.u32.f32 %d, %a, %b;", [](float a, float b) { return a > b ? ~0u : 0; });
  check<uint32_t, float>("testp.normal.f32 %p2, %a; testp.infinite.f32 %p3, %a;" + tail,
                         [&](float a) { return asBits(std::isnormal(a) || a == 0, std::isinf(a)); });
  check<uint32_t, uint32_t, uint32_t, int32_t>("slct.b32.s32 %d, %a, %b, %c;",
                                               [](uint32_t a, uint32_t b, int32_t c) { return c >= 0 ? a : b; });
}

TEST_F(Instructions, PackingAndMoves) {
  check<uint64_t, uint32_t, uint32_t>("mov.b64 %d, {%a, %b};",
                                      [](uint32_t a, uint32_t b) { return uint64_t(b) << 32 | a; });
  check<uint32_t, uint32_t>("{.reg .b16 %l<2>; mov.b32 {%l0, %l1}, %a; mov.b32 %d, {%l1, %l0};}",
                            [](uint32_t a) { return a << 16 | a >> 16; });
  check<uint32_t, uint64_t>("{.reg .b16 %l<4>; mov.b64 {%l0, %l1, _, %l3}, %a; mov.b32 %d, {%l3, %l0};}",
                            [](uint64_t a) { return uint32_t(a >> 48) | uint32_t(a) << 16; });
  check<uint64_t, uint64_t, uint64_t>(
      "{.reg .b128 %q; .reg .b64 %l<2>; mov.b128 %q, {%a, %b}; mov.b128 {%l0, %l1}, %q; sub.s64 %d, %l0, %l1;}",
      [](uint64_t a, uint64_t b) { return a - b; });
  check<uint32_t, uint32_t>("{.reg .pred %l<3>; setp.ne.b32 %l0, %a, 0; mov.pred %l1, %l0; not.pred %l2, %l1; xor.pred "
                            "%l2, %l2, %l1; selp.b32 %d, %a, 7, %l1; @!%l2 mov.u32 %d, 1;}",
                            [](uint32_t a) { return a ? a : 7; });
}

TEST_F(Instructions, RegistersOfVectors) {
  check<uint32_t, uint32_t, uint32_t>(
      "{.reg .v2 .b32 %v<3>; mov.b32 %v1.x, %a; mov.b32 %v1.y, %b; sub.u32 %v2.y, %v1.x, %v1.y; mov.b32 %d, %v2.y;}",
      [](uint32_t a, uint32_t b) { return a - b; });
  check<uint64_t, uint32_t, uint32_t>("{.reg .v2 .b32 v; mov.b32 v.r, %a; mov.b32 v.g, %b; mov.b64 %d, v;}",
                                      [](uint32_t a, uint32_t b) { return uint64_t(b) << 32 | a; });
  check<uint32_t, uint64_t, uint64_t>(
      "{.reg .v4 .u32 v, w; .shared .align 16 .v4 .u32 s; mov.b64 {v.x, v.y}, %a; mov.b64 "
      "{v.z, v.w}, %b; mov.v4.u32 w, v; xor.b32 %d, w.x, w.y; xor.b32 w.z, w.z, w.a; xor.b32 "
      "%d, %d, w.b;}",
      [](uint64_t a, uint64_t b) { return uint32_t(a ^ a >> 32 ^ b ^ b >> 32); });
}

} // namespace
} // namespace tessera::sim
