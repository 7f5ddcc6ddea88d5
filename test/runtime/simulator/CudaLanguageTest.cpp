//===- CudaLanguageTest.cpp - What C++ adds, by nvcc ----------------------===//
//
// Inputs/language-{80,90a}.ptx is what nvcc 13.0 makes of Inputs/language.cu: calls of all kinds, the heap, printf,
// assert, constants, wide integers, integer intrinsics.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>
#include <bit>
#include <complex>

namespace tessera::sim {
namespace {

class CudaLanguage : public CudaTest {
protected:
  void each(const std::function<void()> &body, unsigned seeds = Seeds) {
    CudaTest::each({"language-80.ptx", "language-90a.ptx"}, body, seeds);
  }
};

// ---- Calls ----------------------------------------------------------------------------------------------------------

TEST_F(CudaLanguage, VirtualCalls) {
  each([&] {
    const auto x = randomFloats(64, 0.5, 4);
    DeviceArray<float> dx(memory, x), out(memory, poisoned<float>(128));
    run(*module, "virtual_calls", {1}, {64}, dx, out);
    const auto result = out.host();
    for (int i = 0; i < 64; ++i) {
      const double square = double(x[i]) * x[i];
      const double area[] = {square, 3 * square, square - 0.5};
      EXPECT_NEAR(result[2 * i], area[i % 3], 3 * 0x1p-24 * (area[i % 3] + 0.5));
      EXPECT_EQ(result[2 * i + 1], i % 3 == 0 ? 4 : i % 3 == 1 ? 0 : 5);
    }
  });
}

TEST_F(CudaLanguage, ListsOnTheHeap) {
  each([&] {
    const auto x = randomIntegers<int>(50, -100, 100);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64));
    run(*module, "lists", {1}, {64}, dx, out, 50);
    expectAll(out.host(), [&](size_t t) {
      int sum = 0;
      for (int i = static_cast<int>(t % 5); i >= 0; --i)
        sum = sum * 3 + x[(t + i) % 50];
      return sum;
    });
  });
}

TEST_F(CudaLanguage, Recursion) {
  each([&] {
    DeviceArray<int> out(memory, poisoned<int>(128)), towers(memory, poisoned<int>(128));
    run(*module, "recursions", {1}, {64}, out);
    run(*module, "arrays_of_callers", {1}, {64}, towers);
    expectAll(out.host(), [](size_t i) { return i % 2 ? i / 2 % 2 == 0 : 2 * (i / 2 % 4) + 3; });
    expectAll(towers.host(), [](size_t i) { return i % 2 ? i / 2 % 6 : (1 << i / 2 % 6) - 1; });
  });
}

TEST_F(CudaLanguage, StructuresByValue) {
  struct Wide {
    double a;
    int b[5];
    char c;
  };
  each([&] {
    std::vector<Wide> x(64);
    std::memset(static_cast<void *>(x.data()), 0, x.size() * sizeof(Wide));
    for (Wide &w : x) {
      w.a = randomFloats(1)[0];
      for (int &b : w.b)
        b = static_cast<int>(random());
      w.c = static_cast<char>(random() % 100);
    }
    DeviceArray<Wide> dx(memory, x), out(memory, poisoned<Wide>(64));
    run(*module, "structures", {1}, {64}, dx, out);
    const auto result = out.host();
    for (int i = 0; i < 64; ++i) {
      EXPECT_EQ(result[i].a, x[i].a * (i % 5));
      for (int k = 0; k < 5; ++k)
        EXPECT_EQ(result[i].b[k], x[i].b[(k + i % 5 + 1) % 5]);
      EXPECT_EQ(result[i].c, x[i].c + 3);
    }
  });
}

TEST_F(CudaLanguage, TableOfFunctions) {
  each([&] {
    const int steps = 9;
    const auto program = randomIntegers<uint8_t>(64 * steps, 0, 20);
    DeviceArray<uint8_t> dProgram(memory, program);
    DeviceArray<int> out(memory, poisoned<int>(64));
    run(*module, "machine", {1}, {64}, dProgram, out, steps);
    expectAll(out.host(), [&](size_t t) {
      int state = 1;
      for (int s = 0; s < steps; ++s) {
        const int code = program[t * steps + s], v = code / 3;
        state = code % 3 == 0 ? state * 10 + v : code % 3 == 1 ? state / 10 : v & 1 ? -state : state;
      }
      return state;
    });
  });
}

// ---- Switches, constants --------------------------------------------------------------------------------------------

TEST_F(CudaLanguage, Switches) {
  each([&] {
    const auto x = randomIntegers<int>(64, -1, 11);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64));
    run(*module, "dense_switch", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) -> int {
      const int v = x[i];
      const int cases[] = {
          11,        x[(i + 1) % 64] * 7, v ^ 0x55,        -v, v << 5, v << 5, std::popcount(unsigned(v) * 12345u),
          v * v * v, int(i / 8),          v == 9 ? 200 : 0};
      return v >= 0 && v <= 9 ? cases[v] : 99999;
    });
  });
}

TEST_F(CudaLanguage, ConstantsAndVariables) {
  each([&] {
    const GlobalVariable *table = module->global("table"), *counter = module->global("counter");
    ASSERT_TRUE(table && counter);
    EXPECT_TRUE(table->isConstant);
    const auto values = randomIntegers<int>(64, -500, 500);
    memory.write(table->address, values.data(), 256);
    int before = 0, after = 0;
    memory.read(counter->address, &before, 4);
    const auto x = randomFloats(64, -2, 2);
    DeviceArray<float> dx(memory, x), out(memory, poisoned<float>(64));
    run(*module, "constants", {1}, {64}, dx, out);
    memory.read(counter->address, &after, 4);
    EXPECT_EQ(after, before + 37);
    const auto result = out.host();
    expectNear(
        64, [&](size_t i) { return result[i]; },
        [&](size_t i) {
          const double v = x[i], polynomial = ((1.5 * v - 2) * v + 0.25) * v + 8;
          const int lengths[] = {4, 3, 3};
          const double sum = polynomial + values[i * 7 % 64] + lengths[i % 3] * 1000;
          // Eight roundings of what is at most 33, two of what is at most 4600.
          return Expected{sum, 8 * 33 * 0x1p-24 + 2 * 4600 * 0x1p-24};
        });
  });
}

// ---- The host's ears ------------------------------------------------------------------------------------------------

TEST_F(CudaLanguage, Printf) {
  each(
      [&] {
        const double value = 1234.56789;
        const std::string text = "from the host";
        DeviceArray<char> dText(memory, std::vector<char>(text.c_str(), text.c_str() + text.size() + 1));
        printed.clear();
        run(*module, "formats", {1}, {32}, value, dText);
        char expected[2048];
        int n = std::snprintf(expected, sizeof expected, "%d %i %u %x %X %o|%5d|%-5d|%05d|%+d|% d|%#x|%#o\n", -7, 42,
                              3000000000u, 0xbeefu, 0xBEEFu, 8u, 42, 42, 42, 42, 42, 255u, 8u);
        n += std::snprintf(expected + n, sizeof expected - n, "%f %.3f %10.2f|%-10.2f|%e %.2E %g %G %a\n", value, value,
                           value, value, value, value, value, 1e-10, 1.0);
        n += std::snprintf(expected + n, sizeof expected - n, "%c%c %s|%10s|%-10s|%.2s|%%\n", 'o', 'k', text.c_str(),
                           "right", "left", "cut");
        n += std::snprintf(expected + n, sizeof expected - n, "-5 5 123456789abcdef -3 200 4 -1099511627776\n");
        n += std::snprintf(expected + n, sizeof expected - n, "%*d|%-*d|%.*f|0x1234\n", 6, 1, 6, 2, 1, 2.25);
        n += std::snprintf(expected + n, sizeof expected - n, "nothing to format\n%s %f %d %d %c %f\n", "mixed", 0.5, 1,
                           2, '3', 4.0);
        EXPECT_EQ(printed, expected);
      },
      2);
}

TEST_F(CudaLanguage, FailedAssertions) {
  each(
      [&] {
        auto x = randomIntegers<int>(100, 0, 50);
        DeviceArray<int> good(memory, x), out(memory, poisoned<int>(100));
        run(*module, "asserting", {2}, {64}, good, out, 100);
        EXPECT_EQ(out.host(), x);
        x[70] = -1;
        DeviceArray<int> bad(memory, x);
        const Report report = tryRun(*module, "asserting", {2}, {64}, bad, out, 100);
        ASSERT_EQ(report.errors.size(), 1u);
        const Error &error = report.errors[0];
        EXPECT_EQ(error.kind, ErrorKind::Assert);
        EXPECT_EQ(error.block.x, 1u);
        EXPECT_EQ(error.thread.x, 6u);
        EXPECT_EQ(error.source.file, "language.cu");
        EXPECT_NE(error.message.find("x[i] >= 0 && \"negative input\""), std::string::npos) << error.message;
        EXPECT_NE(error.message.find("language.cu:"), std::string::npos) << error.message;
      },
      2);
}

// ---- Integers -------------------------------------------------------------------------------------------------------

using u128 = unsigned __int128;
using s128 = __int128;

TEST_F(CudaLanguage, IntegersOf128Bits) {
  each([&] {
    const auto draw = [&] { return u128(random()) << 64 | random(); };
    std::vector<u128> x(128), y(128);
    for (int i = 0; i < 128; ++i) {
      x[i] = draw() >> (random() % 100);
      y[i] = draw() >> (random() % 100);
    }
    DeviceArray<u128> dx(memory, x), dy(memory, y), out(memory, poisoned<u128>(128 * 8));
    run(*module, "wide_integers", {1}, {128}, dx, dy, out);
    const auto result = out.host();
    unsigned wrong = 0;
    for (unsigned i = 0; i < 128; ++i) {
      const u128 a = x[i], b = y[i], divisor = (b >> 64) + 1;
      const u128 expected[] = {a * b,
                               a + b,
                               a - b,
                               a << i,
                               a >> (i * 3 & 127),
                               u128(s128(a) >> (i * 5 & 127)),
                               std::min(a, b),
                               s128(a) < s128(b) ? a / divisor : a % divisor};
      for (int k = 0; k < 8; ++k)
        if (result[i * 8 + k] != expected[k] && ++wrong < 8)
          ADD_FAILURE() << "operation " << k << " of " << i << std::hex << " high " << uint64_t(a >> 64) << " low "
                        << uint64_t(a) << " with " << uint64_t(b >> 64) << " low " << uint64_t(b) << ": "
                        << uint64_t(result[i * 8 + k] >> 64) << " low " << uint64_t(result[i * 8 + k]);
    }
    EXPECT_EQ(wrong, 0u);
  });
}

/// The intrinsics as CUDA's programming guide and math API define them, in the order of the kernel.
std::vector<int> integerIntrinsics(int a, int b, int c) {
  std::vector<int> r;
  const auto ua = unsigned(a), ub = unsigned(b), uc = unsigned(c);
  const auto byteOf = [](unsigned v, int i) { return v >> 8 * i & 255; };
  const auto halfOf = [](unsigned v, int i) { return v >> 16 * i & 0xFFFF; };
  const auto bytes = [&](auto f) {
    unsigned out = 0;
    for (int i = 0; i < 4; ++i)
      out |= (unsigned(f(int(byteOf(ua, i)), int(byteOf(ub, i)))) & 255) << 8 * i;
    return int(out);
  };
  const auto signedBytes = [&](auto f) { return bytes([&](int p, int q) { return f(int8_t(p), int8_t(q)); }); };
  const auto halves = [&](auto f) {
    unsigned out = 0;
    for (int i = 0; i < 2; ++i)
      out |= (unsigned(f(int(halfOf(ua, i)), int(halfOf(ub, i)))) & 0xFFFF) << 16 * i;
    return int(out);
  };
  const auto signedHalves = [&](auto f) { return halves([&](int p, int q) { return f(int16_t(p), int16_t(q)); }); };
  int dotSigned = 0, low = 0, high = 0;
  unsigned dotUnsigned = 0;
  for (int i = 0; i < 4; ++i) {
    dotSigned += int8_t(byteOf(ua, i)) * int8_t(byteOf(ub, i));
    dotUnsigned += byteOf(ua, i) * byteOf(ub, i);
  }
  for (int i = 0; i < 2; ++i) {
    low += int16_t(halfOf(ua, i)) * int8_t(byteOf(ub, i));
    high += int16_t(halfOf(ua, i)) * int8_t(byteOf(ub, i + 2));
  }
  r.push_back(int(unsigned(dotSigned) + uc));
  r.push_back(int(dotUnsigned + uc));
  r.push_back(int(unsigned(low) + uc));
  r.push_back(int(unsigned(high) + uc));
  unsigned permuted = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned selector = uc >> 4 * i & 7;
    permuted |= byteOf(selector < 4 ? ua : ub, selector & 3) << 8 * i;
  }
  r.push_back(int(permuted));
  const uint64_t pair = uint64_t(ub) << 32 | ua; // funnel shifts: the first operand is the low word
  r.push_back(int(pair << (uc & 31) >> 32));
  r.push_back(int(pair >> (uc & 31)));
  const unsigned clamped = std::min(uc & 63, 32u);
  r.push_back(int(pair << clamped >> 32));
  r.push_back(int(pair >> clamped));
  r.push_back(int(unsigned(std::llabs((long long)a - b)) + uc));
  r.push_back(int((ua > ub ? ua - ub : ub - ua) + uc));
  r.push_back(int((long long)a * b >> 32));
  r.push_back(int((unsigned long long)ua * ub >> 32));
  const auto low24 = [](int v) { return int(unsigned(v) << 8) >> 8; };
  r.push_back(int((long long)low24(a) * low24(b)));
  r.push_back(int((unsigned long long)(ua & 0xFFFFFF) * (ub & 0xFFFFFF)));
  r.push_back(std::countl_zero(ua & ub));
  r.push_back((ua & ub & uc) ? std::countr_zero(ua & ub & uc) + 1 : 0);
  r.push_back(std::popcount(ua ^ ub));
  unsigned reversed = 0;
  for (int i = 0; i < 32; ++i)
    reversed |= (ua >> i & 1) << (31 - i);
  r.push_back(int(reversed));
  r.push_back(int(((long long)a + b) >> 1));
  r.push_back(int(((long long)a + b + 1) >> 1));
  r.push_back(int(((unsigned long long)ua + ub) >> 1));
  r.push_back(int(((unsigned long long)ua + ub + 1) >> 1));
  r.push_back(bytes([](int p, int q) { return p + q; }));
  r.push_back(halves([](int p, int q) { return p - q; }));
  r.push_back(bytes([](int p, int q) { return std::abs(p - q); }));
  r.push_back(signedHalves([](int p, int q) { return std::max(p, q); }));
  r.push_back(bytes([](int p, int q) { return std::min(p, q); }));
  r.push_back(halves([](int p, int q) { return (p + q + 1) >> 1; }));
  r.push_back(signedBytes([](int p, int q) { return p > q ? 255 : 0; }));
  r.push_back(signedHalves([](int p, int q) { return std::clamp(p + q, -32768, 32767); }));
  r.push_back(bytes([](int p, int q) { return std::max(p - q, 0); }));
  r.push_back(bytes([](int p, int q) { return p < q; }));
  r.push_back(std::max(int(ua + ub), c));
  r.push_back(std::min({a, b, c}));
  // The third bit set from position c&31 upwards.
  unsigned found = 0, position = ~0u;
  for (unsigned i = uc & 31; i < 32 && position == ~0u; ++i)
    if (ua >> i & 1 && ++found == 3)
      position = i;
  r.push_back(int(position));
  r.push_back(b == 0 ? 0 : a / b);
  r.push_back(b == 0 ? 0 : int(ua % ub));
  r.push_back(int((long long)a * b >> (uc & 31)));
  r.push_back(a > b ? int((long long)b * c >> 32) : std::min(std::abs(a), c));
  return r;
}

TEST_F(CudaLanguage, IntegerIntrinsics) {
  each([&] {
    const int n = 128;
    auto a = randomIntegers<int>(n, INT32_MIN + 1, INT32_MAX), b = randomIntegers<int>(n, INT32_MIN + 1, INT32_MAX),
         c = randomIntegers<int>(n, INT32_MIN + 1, INT32_MAX);
    for (int i = 0; i < n; i += 5)
      b[i] >>= i % 31; // quotients of all sizes
    a[1] = b[2] = c[3] = 0;
    b[4] = -1;
    DeviceArray<int> da(memory, a), db(memory, b), dc(memory, c), out(memory, poisoned<int>(n * 40));
    run(*module, "intrinsics", {1}, {n}, da, db, dc, out);
    const auto result = out.host();
    for (int i = 0; i < n; ++i) {
      const auto expected = integerIntrinsics(a[i], b[i], c[i]);
      ASSERT_EQ(expected.size(), 40u);
      for (int k = 0; k < 40; ++k)
        EXPECT_EQ(result[i * 40 + k], expected[k])
            << "function " << k << " of " << a[i] << ", " << b[i] << ", " << c[i];
    }
  });
}

TEST_F(CudaLanguage, IntegerIntrinsicsOf64Bits) {
  each([&] {
    const int n = 96;
    std::vector<int64_t> a(n), b(n);
    for (int i = 0; i < n; ++i) {
      a[i] = int64_t(random()) >> random() % 60;
      b[i] = int64_t(random()) >> random() % 60;
    }
    b[3] = 0;
    DeviceArray<int64_t> da(memory, a), db(memory, b), out(memory, poisoned<int64_t>(n * 12));
    run(*module, "intrinsics64", {1}, {n}, da, db, out);
    expectAll(out.host(), [&](size_t at) -> int64_t {
      const int64_t p = a[at / 12], q = b[at / 12];
      const auto up = uint64_t(p), uq = uint64_t(q);
      switch (at % 12) {
      case 0:
        return int64_t(s128(p) * q >> 64);
      case 1:
        return int64_t(u128(up) * uq >> 64);
      case 2:
        return std::countl_zero(up & uq);
      case 3:
        return up & uq ? std::countr_zero(up & uq) + 1 : 0;
      case 4:
        return std::popcount(up ^ uq);
      case 5: {
        uint64_t reversed = 0;
        for (int i = 0; i < 64; ++i)
          reversed |= (up >> i & 1) << (63 - i);
        return int64_t(reversed);
      }
      case 6:
        return q == 0 ? 0 : p / q;
      case 7:
        return q == 0 ? 0 : int64_t(up % uq);
      case 8:
        return (p >> (uq & 63)) | int64_t(up << (-uq & 63));
      case 9:
        return p > q ? p - q : std::abs(q);
      case 10: {
        // Conversions to nearest; back, values past the range saturate.
        const auto back = [](double v) { return v >= 0x1p63 ? INT64_MAX : int64_t(v); };
        return int64_t(uint64_t(back(double(p))) + uint64_t(back(double(float(q)))));
      }
      default:
        return int64_t(std::floor(double(p) * 0.37)) ^ int64_t(std::ceil(double(float(q) * 0.001f)));
      }
    });
  });
}

TEST_F(CudaLanguage, BitFields) {
  struct Fields {
    unsigned a : 5;
    int b : 9;
    unsigned c : 18;
    signed char d;
    unsigned short e;
  };
  each([&] {
    std::vector<Fields> x(64);
    std::memset(static_cast<void *>(x.data()), 0, x.size() * sizeof(Fields));
    for (Fields &f : x) {
      f.a = random() & 31;
      f.b = int(random() % 512) - 256;
      f.c = random() & 0x3FFFF;
      f.d = static_cast<signed char>(random());
      f.e = static_cast<unsigned short>(random());
    }
    DeviceArray<Fields> dx(memory, x), out(memory, poisoned<Fields>(64));
    run(*module, "fields", {1}, {64}, dx, out);
    const auto result = out.host();
    for (int i = 0; i < 64; ++i) {
      Fields f = x[i];
      f.a = (f.a + 3) & 31;
      f.b = static_cast<int>(static_cast<unsigned>(-f.b - 1) << 23) >> 23;
      f.c = (f.c ^ f.a << 4) & 0x3FFFF;
      f.d = static_cast<signed char>(f.d >> 1);
      f.e = static_cast<unsigned short>(f.e * 259);
      EXPECT_EQ(result[i].a, f.a);
      EXPECT_EQ(result[i].b, f.b);
      EXPECT_EQ(result[i].c, f.c);
      EXPECT_EQ(result[i].d, f.d);
      EXPECT_EQ(result[i].e, f.e);
    }
  });
}

// ---- Control flow, libraries ----------------------------------------------------------------------------------------

/// The kernel's control flow, in C++ once more.
int controlled(const std::vector<int> &x, int i, int poison) {
  const int n = static_cast<int>(x.size());
  int steps = 0, r = 0;
  const auto finish = [&] {
    do {
      r += steps & 1 ? steps : -1;
      steps /= 2;
    } while (steps > 0 && r < 2000);
    return r;
  };
  for (int a = 0; a < n; ++a) {
    if (x[a] % 7 == i % 7)
      continue;
    for (int b = a; b < n; ++b) {
      ++steps;
      if (x[a] + x[b] == i) {
        r += 1000;
        return i & 1 ? poison : finish();
      }
      if (steps > 40 + i)
        return finish();
      if ((x[b] & 3) == 3 && ++r > 6)
        break;
    }
  }
  return finish();
}

TEST_F(CudaLanguage, ControlFlow) {
  each([&] {
    const auto x = randomIntegers<int>(20, 0, 60);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(96));
    run(*module, "control", {1}, {96}, dx, out, 20);
    const int poison = poisoned<int>(1)[0];
    expectAll(out.host(), [&](size_t i) { return controlled(x, static_cast<int>(i), poison); });
  });
}

TEST_F(CudaLanguage, ComplexNumbers) {
  each([&] {
    const auto x = randomFloats(128, 0.5, 2);
    DeviceArray<float> dx(memory, x), out(memory, poisoned<float>(128));
    run(*module, "library", {1}, {64}, dx, out);
    const auto result = out.host();
    for (int i = 0; i < 64; ++i) {
      const std::complex<double> z(x[2 * i], x[2 * i + 1]);
      const std::complex<double> power = i % 3 == 0   ? z
                                         : i % 3 == 1 ? z * z
                                                      : z * z * z,
                                 w = power / std::complex<double>(2, 1);
      // About twenty roundings of what is no larger than |z|^3 (normwise).
      const double bound = 20 * 0x1p-24 * std::abs(power);
      EXPECT_NEAR(result[2 * i], w.real(), bound);
      EXPECT_NEAR(result[2 * i + 1], w.imag(), bound);
    }
  });
}

TEST_F(CudaLanguage, Clocks) {
  each([&] {
    DeviceArray<unsigned> out(memory, poisoned<unsigned>(64));
    run(*module, "clocks", {1}, {64}, out);
    expectAll(out.host(), [](size_t) { return 7u; });
  });
}

} // namespace
} // namespace tessera::sim
