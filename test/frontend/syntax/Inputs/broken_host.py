# Host code that is no Python, around kernels that are fine.
import triton
import triton.language as tl

%matplotlib inline
!pip install triton

def broken(x:
    return x +
    print x

class Broken(:
    def method(self)
        return [1, 2
    y = = 3

@triton.jit
def first(x_ptr, n, BLOCK: tl.constexpr):
    offs = tl.arange(0, BLOCK)
    tl.store(x_ptr + offs, offs, mask=offs < n)

def unclosed():
    x = foo(1, 2, {
        "a": [3

@custom.wrapper(lambda: 0
@triton.jit
def second(x_ptr):
    tl.store(x_ptr, 2)

for i in range(3)
    print(i))

def unterminated():
    return 'abc
      if x:
    pass
   y

@triton.jit
def third(x_ptr):
    tl.store(x_ptr, 3)

if __name__ == "__main__"
    run(first
