//===- Target.h - What each GPU can do
//--------------------------------------------------------------------------------===//
//
// The capability table: the one place in the project that knows numbers of GPUs. A `Target` is a compute capability
// with its feature flags, the PTX version that introduced it, and its limits. Every other part asks
// `target.has(Feature::X)` or reads a limit; none compares compute capabilities.
//
//   target   cc    PTX   shared memory/CTA   warps/SM   mma.sync fp8   cvt fp8   stmatrix   wgmma
//   sm_80     8.0   7.0   163 KiB             64         -              -         -          -
//   sm_86     8.6   7.1    99 KiB             48         -              -         -          -
//   sm_89     8.9   7.8    99 KiB             48         yes            yes       -          -
//   sm_90a    9.0   8.0   227 KiB             64         yes            yes       yes        yes
//   sm_100a  10.0   8.6   227 KiB             64         yes            yes       yes        -
//   sm_120a  12.0   8.7    99 KiB             48         yes            yes       yes        -
//
// The PTX version of a kernel is the lowest that has what it uses, so that older drivers load it: it starts at
// `basePtxVersion` and rises to `ptxVersionOf(feature)` with each feature the lowering uses.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===------------------------------------------------------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_TARGET_TARGET_H
#define TESSERA_COMPILER_TARGET_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace tessera {

/// What a GPU may or may not have. Everything that every supported target has (mma.sync on f16, ldmatrix, cp.async) is
/// listed too, so that the lowering asks in one way for all.
enum class Feature : uint8_t {
  MmaF16,         ///< mma.sync m16n8k16 on f16, bf16; m16n8k8 on tf32; m16n8k32 on s8
  MmaF64,         ///< mma.sync m8n8k4 on f64
  MmaFp8,         ///< mma.sync m16n8k32 on e4m3, e5m2
  LdMatrix,       ///< ldmatrix, 8x8 matrices of 16-bit elements, plain and transposed
  StMatrix,       ///< stmatrix, the same
  CpAsync,        ///< cp.async of 4, 8, 16 bytes
  Fp8Convert,     ///< cvt between f32/f16x2 and pairs of e4m3, e5m2
  Bf16Arithmetic, ///< add, sub, mul on bf16 (fma, min, max are on every target)
  AtomicF16,      ///< atom.add on f16, f16x2
  AtomicBf16,     ///< atom.add on bf16, bf16x2
  AtomicF64,      ///< atom.add on f64
  Redux,          ///< redux.sync on 32-bit integers
  ReduxF32,       ///< redux.sync min and max on f32
  Mbarrier,       ///< mbarrier with transaction counts and try_wait
  Tma,            ///< cp.async.bulk.tensor
  Clusters,       ///< thread block clusters, distributed shared memory
  Wgmma,          ///< wgmma.mma_async
  SetMaxRegister, ///< setmaxnreg
  GridDependency, ///< griddepcontrol
  Tcgen05,        ///< tensor memory and tcgen05.mma
};

/// One row of the capability table. Rows are static: a `const Target *` stays valid for ever.
class Target {
public:
  /// The target called `name` ("sm_90a"); null if there is none. `sm_90`, as people write it, means `sm_90a`, and the
  /// same for the other targets that are kept in their architecture-specific form alone.
  static const Target *find(llvm::StringRef name);

  /// As `find`, with the diagnostic to give the user: "unknown target 'sm_70'; known are sm_80, ...".
  static const Target *parse(llvm::StringRef name, std::string &error);

  /// All targets, oldest first.
  static llvm::ArrayRef<Target> all();

  bool has(Feature feature) const { return (features >> unsigned(feature)) & 1; }

  /// The lowest PTX version (70 for 7.0) in which this target has `feature`; `basePtxVersion` if it came with the
  /// target.
  unsigned ptxVersionOf(Feature feature) const;

  /// "sm_90a": as the user names it and as LLVM and ptxas do.
  llvm::StringRef name;
  /// 90 for compute capability 9.0.
  unsigned computeCapability;
  /// The PTX version that introduced the target, times ten.
  unsigned basePtxVersion;
  /// Bytes of shared memory one CTA may have (opt-in), and an SM has.
  unsigned sharedPerCta;
  unsigned sharedPerSm;
  unsigned registersPerSm;
  unsigned registersPerThread;
  unsigned warpsPerSm;
  unsigned warpsPerCta;
  uint64_t features;
};

/// The name of a feature in diagnostics: "fp8 conversions".
llvm::StringRef describe(Feature feature);

} // namespace tessera

#endif // TESSERA_COMPILER_TARGET_TARGET_H
