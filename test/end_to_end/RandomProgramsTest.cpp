// Random programs of shape operations, reductions, scans and products on one tensor of integers, against an interpreter
// of a few lines. What they try are layouts: each operation asks for its own, and conversions of every kind come
// between.
//
// TESSERA_TEST_SEED=N tries other programs; a failure prints the program.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <numeric>

using namespace tessera;
using namespace tessera::endtoend;

namespace {

using Shape = std::vector<int>;

/// Row-major, with integers that wrap.
struct Tensor {
  Shape shape;
  std::vector<int> values;

  int size() const { return int(values.size()); }
  int stride(std::size_t axis) const {
    return std::accumulate(shape.begin() + std::ptrdiff_t(axis) + 1, shape.end(), 1, std::multiplies<>());
  }
};

std::string spell(const Shape &shape) {
  std::string text = "(";
  for (int side : shape)
    text += std::to_string(side) + ", ";
  return text + ")";
}

class RandomProgram {
public:
  explicit RandomProgram(int length) {
    tensor.shape = {1 << below(3, 7), 1 << below(2, 6)};
    input = anyIntegers<int>(std::size_t(tensor.shape[0] * tensor.shape[1]));
    tensor.values = input;
    line("x = tl.reshape(tl.load(x_ptr + tl.arange(0, " + std::to_string(tensor.size()) + ")), " + spell(tensor.shape) +
         ")");
    line("y = x");
    other = tensor;
    for (int i = 0; i != length; ++i)
      step();
    line("tl.store(o + tl.arange(0, " + std::to_string(tensor.size()) + "), tl.reshape(x, (" +
         std::to_string(tensor.size()) + ",)))");
  }

  std::string text() const { return "@triton.jit\ndef f(x_ptr, tmp, o, n):\n" + body; }
  const std::vector<int> &given() const { return input; }
  const std::vector<int> &want() const { return tensor.values; }
  static constexpr int kMaxSize = 8192;

private:
  static int below(int low, int high) { return low + int(generator()() % std::uint64_t(high - low + 1)); }
  void line(const std::string &text) { body += std::string(std::size_t(indent), ' ') + text + "\n"; }
  std::size_t randomAxis() const { return std::size_t(below(0, int(tensor.shape.size()) - 1)); }

  void step() {
    switch (below(0, 14)) {
    case 0:
    case 1:
      return reshape();
    case 2:
    case 3:
      return permute();
    case 4:
      return reduce();
    case 5:
      return scan();
    case 6:
      return splitAndJoin();
    case 7:
      return combine();
    case 8:
      return gather();
    case 9:
      return dot();
    case 10:
      return throughMemory();
    case 11:
      return loop();
    case 12:
      return flip();
    case 13:
      return index();
    default:
      line("y = x");
      other = tensor;
    }
  }

  void reshape() {
    Shape shape;
    int left = tensor.size();
    for (int rank = below(1, 4); left > 1 && rank > 1; --rank) {
      const int side = 1 << below(0, std::min(6, int(std::log2(left))));
      shape.push_back(side);
      left /= side;
    }
    shape.push_back(left);
    line("x = tl.reshape(x, " + spell(shape) + ")");
    tensor.shape = shape;
  }

  static Tensor permuted(const Tensor &from, const std::vector<std::size_t> &order) {
    Tensor result;
    for (std::size_t axis : order)
      result.shape.push_back(from.shape[axis]);
    result.values.resize(from.values.size());
    for (int i = 0; i != from.size(); ++i) {
      int place = 0;
      for (std::size_t k = 0; k != order.size(); ++k)
        place += i / result.stride(k) % result.shape[k] * from.stride(order[k]);
      result.values[std::size_t(i)] = from.values[std::size_t(place)];
    }
    return result;
  }

  void permute() {
    std::vector<std::size_t> order(tensor.shape.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), generator());
    std::string text;
    for (std::size_t axis : order)
      text += std::to_string(axis) + ", ";
    line("x = tl.permute(x, (" + text + "))");
    tensor = permuted(tensor, order);
  }

  /// Calls fn(place, place of the first element of its line, position in the line).
  template <typename F> void along(std::size_t axis, F fn) {
    const int stride = tensor.stride(axis), length = tensor.shape[axis];
    for (int i = 0; i != tensor.size(); ++i) {
      const int position = i / stride % length;
      fn(std::size_t(i), std::size_t(i - position * stride), position);
    }
  }

  void reduce() {
    const std::size_t axis = randomAxis();
    const bool isSum = below(0, 1);
    const std::string name = isSum ? "tl.sum" : "tl.max";
    std::vector<int> result(tensor.values.size(), isSum ? 0 : INT_MIN);
    along(axis, [&](std::size_t i, std::size_t line, int) {
      result[line] =
          isSum ? int(unsigned(result[line]) + unsigned(tensor.values[i])) : std::max(result[line], tensor.values[i]);
    });
    if (tensor.shape.size() > 1 && tensor.size() / tensor.shape[axis] >= 32 && below(0, 1)) { // the axis goes
      line("x = " + name + "(x, " + std::to_string(axis) + ")");
      Tensor smaller;
      smaller.shape = tensor.shape;
      smaller.shape.erase(smaller.shape.begin() + std::ptrdiff_t(axis));
      along(axis, [&](std::size_t i, std::size_t, int position) {
        if (position == 0)
          smaller.values.push_back(result[i]);
      });
      tensor = smaller;
      return;
    }
    line("x = x * 3 - " + name + "(x, " + std::to_string(axis) + ", keep_dims=True)");
    std::vector<int> values = tensor.values;
    along(axis, [&](std::size_t i, std::size_t line, int) {
      values[i] = int(unsigned(values[i]) * 3 - unsigned(result[line]));
    });
    tensor.values = values;
  }

  void scan() {
    const std::size_t axis = randomAxis();
    const bool reverse = below(0, 1);
    line("x = tl.cumsum(x, " + std::to_string(axis) + (reverse ? ", reverse=True)" : ")"));
    const int stride = tensor.stride(axis), length = tensor.shape[axis];
    std::vector<int> values(tensor.values.size());
    along(axis, [&](std::size_t i, std::size_t line, int position) {
      unsigned sum = 0;
      for (int k = reverse ? position : 0; k != (reverse ? length : position + 1); ++k)
        sum += unsigned(tensor.values[line + std::size_t(k * stride)]);
      values[i] = int(sum);
    });
    tensor.values = values;
  }

  void splitAndJoin() {
    const int n = tensor.size();
    line("a, b = tl.split(tl.reshape(x, (" + std::to_string(n / 2) + ", 2)))");
    line("x = tl.reshape(tl.join(b, a * 5), " + spell(tensor.shape) + ")");
    for (std::size_t i = 0; i != std::size_t(n); i += 2) {
      const int a = tensor.values[i];
      tensor.values[i] = tensor.values[i + 1];
      tensor.values[i + 1] = int(unsigned(a) * 5);
    }
  }

  /// With an earlier value, seen in another shape and so in another layout.
  void combine() {
    if (other.size() != tensor.size())
      return;
    line("x = tl.where(x > tl.reshape(y, " + spell(tensor.shape) + "), x ^ 21, tl.reshape(y, " + spell(tensor.shape) +
         ") + x)");
    for (std::size_t i = 0; i != tensor.values.size(); ++i) {
      int &x = tensor.values[i];
      x = x > other.values[i] ? x ^ 21 : int(unsigned(other.values[i]) + unsigned(x));
    }
  }

  void gather() {
    const std::size_t axis = randomAxis();
    const int length = tensor.shape[axis], stride = tensor.stride(axis);
    line("x = tl.gather(x, (x >> 3) & " + std::to_string(length - 1) + ", " + std::to_string(axis) + ")");
    std::vector<int> values(tensor.values.size());
    along(axis, [&](std::size_t i, std::size_t line, int) {
      values[i] = tensor.values[line + std::size_t(((tensor.values[i] >> 3) & (length - 1)) * stride)];
    });
    tensor.values = values;
  }

  void dot() {
    if (tensor.shape.size() != 2 || tensor.shape[0] < 16 || tensor.shape[1] < 16 || tensor.shape[0] > 64)
      return reshape();
    const int m = tensor.shape[0], k = tensor.shape[1];
    const bool isInt = k >= 32 && below(0, 1);
    line(std::string("z = (x & 7).to(") + (isInt ? "tl.int8)" : "tl.float16)"));
    line("x = tl.dot(z, tl.trans(z)).to(tl.int32)");
    Tensor product;
    product.shape = {m, m};
    auto at = [&](int i, int l) { return tensor.values[std::size_t(i * k + l)] & 7; };
    for (int i = 0; i != m; ++i)
      for (int j = 0; j != m; ++j) {
        int sum = 0;
        for (int l = 0; l != k; ++l)
          sum += at(i, l) * at(j, l);
        product.values.push_back(sum);
      }
    tensor = product;
  }

  void throughMemory() {
    const std::string n = std::to_string(tensor.size());
    line("tl.store(tmp + tl.arange(0, " + n + "), tl.reshape(x, (" + n + ",)))");
    line("x = tl.reshape(tl.load(tmp + (" + n + " - 1 - tl.arange(0, " + n + "))), " + spell(tensor.shape) + ")");
    std::reverse(tensor.values.begin(), tensor.values.end());
  }

  void flip() {
    const std::size_t axis = randomAxis();
    line("x = tl.flip(x, " + std::to_string(axis) + ")");
    const int stride = tensor.stride(axis), length = tensor.shape[axis];
    std::vector<int> values(tensor.values.size());
    along(axis, [&](std::size_t i, std::size_t line, int position) {
      values[i] = tensor.values[line + std::size_t((length - 1 - position) * stride)];
    });
    tensor.values = values;
  }

  void index() {
    const std::size_t axis = randomAxis();
    std::string subscript;
    for (std::size_t k = 0; k != tensor.shape.size(); ++k)
      subscript += k == axis ? ":, " : "None, ";
    line("x = x * tl.arange(0, " + std::to_string(tensor.shape[axis]) + ")[" + subscript + "]");
    along(axis, [&](std::size_t i, std::size_t, int position) {
      tensor.values[i] = int(unsigned(tensor.values[i]) * unsigned(position));
    });
  }

  /// What keeps the shape, three times.
  void loop() {
    if (indent > 8)
      return;
    line("for _ in range(n):");
    indent += 4;
    const std::size_t axis = randomAxis();
    const bool isSquare = tensor.shape.size() == 2 && tensor.shape[0] == tensor.shape[1];
    line("x = x + tl.sum(x, " + std::to_string(axis) + ", keep_dims=True)");
    if (isSquare)
      line("x = tl.trans(x)");
    indent -= 4;
    for (int round = 0; round != 3; ++round) {
      std::vector<unsigned> sums(tensor.values.size());
      along(axis, [&](std::size_t i, std::size_t line, int) { sums[line] += unsigned(tensor.values[i]); });
      along(axis, [&](std::size_t i, std::size_t line, int) {
        tensor.values[i] = int(unsigned(tensor.values[i]) + sums[line]);
      });
      if (isSquare)
        tensor = permuted(tensor, {1, 0});
    }
  }

  Tensor tensor, other;
  std::vector<int> input;
  std::string body;
  int indent = 4;
};

class RandomPrograms : public testing::TestWithParam<int> {};

} // namespace

TEST_P(RandomPrograms, Compute) {
  for (int program = 0; program != 6; ++program) {
    RandomProgram random(4 + 2 * program);
    const Configuration configuration = everyConfiguration()[std::size_t((GetParam() + program) % 4)];
    SCOPED_TRACE(testing::Message() << configuration << "\n" << random.text());
    std::vector<int> tmp(RandomProgram::kMaxSize), out(random.want().size());
    Launch launch(random.text());
    launch.in(random.given()).out(tmp).out(out).scalar(3);
    if (launch.run(configuration))
      expectSame(out, random.want());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPrograms, testing::Range(0, 8));
