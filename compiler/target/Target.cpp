//===- Target.cpp - The capability table ----------------------------------===//
//
// The rows of the table that Target.h describes. Sources: CUDA programming guide (technical specifications per compute
// capability) and the PTX ISA manual (target notes and "introduced in" of each instruction).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/target/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include <algorithm>
#include <initializer_list>

namespace tessera {
namespace {

constexpr uint64_t setOf(std::initializer_list<Feature> features) {
  uint64_t set = 0;
  for (Feature feature : features)
    set |= uint64_t(1) << unsigned(feature);
  return set;
}

constexpr uint64_t kAmpere = setOf({Feature::MmaF16, Feature::MmaF64, Feature::LdMatrix, Feature::CpAsync,
                                    Feature::AtomicF16, Feature::AtomicF64, Feature::Redux});
constexpr uint64_t kAda = kAmpere | setOf({Feature::MmaFp8, Feature::Fp8Convert});
constexpr uint64_t kHopperFamily =
    kAda | setOf({Feature::StMatrix, Feature::Bf16Arithmetic, Feature::AtomicBf16, Feature::Mbarrier, Feature::Tma,
                  Feature::Clusters, Feature::SetMaxRegister, Feature::GridDependency});
constexpr uint64_t kHopper = kHopperFamily | setOf({Feature::Wgmma});
constexpr uint64_t kBlackwell = kHopperFamily | setOf({Feature::Tcgen05, Feature::ReduxF32});

constexpr unsigned kKiB = 1024;

// name, cc, PTX, shared/CTA, shared/SM, registers/SM, registers/thread, warps/SM, warps/CTA, features
constexpr Target kTargets[] = {
    {"sm_80", 80, 70, 163 * kKiB, 164 * kKiB, 65536, 255, 64, 32, kAmpere},
    {"sm_86", 86, 71, 99 * kKiB, 100 * kKiB, 65536, 255, 48, 32, kAmpere},
    {"sm_89", 89, 78, 99 * kKiB, 100 * kKiB, 65536, 255, 48, 32, kAda},
    {"sm_90a", 90, 80, 227 * kKiB, 228 * kKiB, 65536, 255, 64, 32, kHopper},
    {"sm_100a", 100, 86, 227 * kKiB, 228 * kKiB, 65536, 255, 64, 32, kBlackwell},
    {"sm_120a", 120, 87, 99 * kKiB, 100 * kKiB, 65536, 255, 48, 32, kHopperFamily},
};

} // namespace

llvm::ArrayRef<Target> Target::all() { return kTargets; }

const Target *Target::find(llvm::StringRef name) {
  for (const Target &target : kTargets)
    if (target.name == name || (target.name.ends_with("a") && target.name.drop_back() == name))
      return &target;
  return nullptr;
}

const Target *Target::parse(llvm::StringRef name, std::string &error) {
  if (const Target *target = find(name))
    return target;
  error = ("unknown target '" + name + "'; known are ").str();
  llvm::interleave(all(), [&](const Target &target) { error += target.name; }, [&] { error += ", "; });
  return nullptr;
}

unsigned Target::ptxVersionOf(Feature feature) const {
  unsigned introduced = 0;
  switch (feature) {
  case Feature::Fp8Convert:
    introduced = computeCapability == 89 ? 81 : 78;
    break;
  case Feature::MmaFp8:
    introduced = 84;
    break;
  case Feature::StMatrix:
  case Feature::AtomicBf16:
    introduced = 78;
    break;
  default:
    break;
  }
  return std::max(introduced, basePtxVersion);
}

llvm::StringRef describe(Feature feature) {
  switch (feature) {
  case Feature::MmaF16:
    return "tensor-core products of f16";
  case Feature::MmaF64:
    return "tensor-core products of f64";
  case Feature::MmaFp8:
    return "tensor-core products of fp8";
  case Feature::LdMatrix:
    return "ldmatrix";
  case Feature::StMatrix:
    return "stmatrix";
  case Feature::CpAsync:
    return "asynchronous copies";
  case Feature::Fp8Convert:
    return "fp8 conversions";
  case Feature::Bf16Arithmetic:
    return "bf16 arithmetic";
  case Feature::AtomicF16:
    return "atomic addition of f16";
  case Feature::AtomicBf16:
    return "atomic addition of bf16";
  case Feature::AtomicF64:
    return "atomic addition of f64";
  case Feature::Redux:
    return "integer reductions across a warp";
  case Feature::ReduxF32:
    return "f32 reductions across a warp";
  case Feature::Mbarrier:
    return "transaction barriers";
  case Feature::Tma:
    return "tensor memory accelerator copies";
  case Feature::Clusters:
    return "thread block clusters";
  case Feature::Wgmma:
    return "wgmma";
  case Feature::SetMaxRegister:
    return "register reallocation";
  case Feature::GridDependency:
    return "programmatic dependent launch";
  case Feature::Tcgen05:
    return "tcgen05";
  }
  return "an unnamed feature";
}

} // namespace tessera
