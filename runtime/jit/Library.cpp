// The shared library is made of archives; a target of CMake needs a source of its own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
