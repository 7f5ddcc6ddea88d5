//===- Compile.cpp - From a kernel of the tile dialect to PTX -----------------===//
//
// Strings the stages together, times them, and refuses what does not fit the target.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===------------------------------------------------------------------------------------------------------------------===//
#include "compiler/Compile.h"

#include "compiler/analysis/Scratch.h"
#include "compiler/codegen/Ptx.h"
#include "compiler/lowering/Passes.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <mutex>

using namespace mlir;

namespace tessera {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Times each pass on the module, and prints the IR after those that were asked for.
class Observer : public PassInstrumentation {
public:
  Observer(const CompileOptions &options, std::vector<StageTime> &times) : options(options), times(times) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (isa<ModuleOp>(op) && !pass->getArgument().empty())
      start = Clock::now();
  }

  void runAfterPass(Pass *pass, Operation *op) override {
    if (!isa<ModuleOp>(op) || pass->getArgument().empty())
      return;
    times.push_back({pass->getArgument().str(), millisecondsSince(start)});
    for (const std::string &name : options.printAfter)
      if (name == "all" || name == pass->getArgument()) {
        llvm::raw_ostream &stream = options.printStream ? *options.printStream : llvm::errs();
        stream << "// after " << pass->getArgument() << "\n";
        op->print(stream);
        stream << "\n";
        break;
      }
  }

private:
  const CompileOptions &options;
  std::vector<StageTime> &times;
  Clock::time_point start;
};

std::string printed(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, OpPrintingFlags().enableDebugInfo(false));
  return text;
}

void addVerifier(OpPassManager &passes) { passes.addPass(createVerifyLaidOutPass()); }

/// All passes up to `last` inclusive; all there are if `last` is empty. Failure if there is no such pass.
LogicalResult addPasses(OpPassManager &passes, const Target &target, llvm::StringRef last) {
  if (last.empty()) {
    buildTilePipeline(passes, target);
    return success();
  }
  static std::once_flag once;
  std::call_once(once, [] { registerTilePassesAndPipeline(); });
  OpPassManager all(ModuleOp::getOperationName());
  buildTilePipeline(all, target);
  for (Pass &pass : all.getPasses()) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    pass.printAsTextualPipeline(stream);
    if (failed(parsePassPipeline(text, passes)))
      return failure();
    if (pass.getArgument() == last)
      return success();
  }
  return failure();
}

int64_t integerAttr(ModuleOp module, llvm::StringRef name, int64_t otherwise) {
  auto attr = module->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getInt() : otherwise;
}

/// Whether PTX has the kernel's name as a symbol of the kernel's own: Python's names may have letters of any alphabet.
LogicalResult checkName(func::FuncOp kernel) {
  llvm::StringRef name = kernel.getName();
  bool isSymbol =
      llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '$'; }) && name != "_" && name != "$";
  if (!isSymbol)
    return kernel.emitError() << "a kernel cannot be named '" << name
                              << "': names of PTX are made of ASCII letters, digits and '_', which cannot stand alone";
  if (llvm::is_contained({"WARP_SZ", "vprintf", "__assertfail"}, name))
    return kernel.emitError() << "a kernel cannot be named '" << name << "': PTX has a meaning of its own for it";
  return success();
}

/// Whether the passes exist whose names the user gave.
LogicalResult checkPassNames(ModuleOp module, const Target &target, const CompileOptions &options) {
  std::vector<std::string> known = passNames(target), given = options.printAfter;
  if (!options.stopAfter.empty())
    given.push_back(options.stopAfter);
  for (const std::string &name : given) {
    if (llvm::is_contained(known, name) || (name == "all" && name != options.stopAfter))
      continue;
    InFlightDiagnostic diagnostic = module.emitError() << "there is no pass '" << name << "'";
    diagnostic.attachNote() << "passes are " << llvm::join(known, ", ");
    return diagnostic;
  }
  return success();
}

LogicalResult checkLaunch(ModuleOp module, func::FuncOp kernel, const Target &target) {
  int64_t warps = integerAttr(module, tile::TileDialect::numWarpsAttrName, 4);
  if (warps < 1 || warps > int64_t(target.warpsPerCta) || !llvm::isPowerOf2_64(warps))
    return kernel.emitError() << "num_warps is " << warps << "; it has to be a power of two from 1 to "
                              << target.warpsPerCta;
  int64_t ctas = integerAttr(module, tile::TileDialect::numCtasAttrName, 1);
  if (ctas != 1)
    return kernel.emitError() << "num_ctas is " << ctas << "; only 1 is supported";
  return success();
}

} // namespace

FailureOr<CompiledKernel> compile(ModuleOp module, const CompileOptions &options) {
  MLIRContext *context = module.getContext();
  const Target *target = options.target;
  if (target) {
    module->setAttr(tile::TileDialect::targetAttrName, StringAttr::get(context, target->name));
  } else {
    auto name = module->getAttrOfType<StringAttr>(tile::TileDialect::targetAttrName);
    std::string error = "no target given, and the module names none";
    target = name ? Target::parse(name.getValue(), error) : nullptr;
    if (!target)
      return module.emitError() << error;
    module->setAttr(tile::TileDialect::targetAttrName, StringAttr::get(context, target->name));
  }
  auto kernels = module.getOps<func::FuncOp>();
  if (!llvm::hasSingleElement(kernels))
    return module.emitError() << "a module has one kernel; this one has "
                              << std::distance(kernels.begin(), kernels.end()) << " functions";
  func::FuncOp kernel = *kernels.begin();
  if (failed(checkName(kernel)) || failed(checkLaunch(module, kernel, *target)) ||
      failed(checkPassNames(module, *target, options)))
    return failure();

  CompiledKernel result;
  result.name = kernel.getName().str();
  result.target = target->name.str();
  result.numWarps = unsigned(integerAttr(module, tile::TileDialect::numWarpsAttrName, 4));
  module->setAttr(tile::TileDialect::numWarpsAttrName,
                  IntegerAttr::get(IntegerType::get(context, 32), result.numWarps));
  if (options.keepTileIr)
    result.tileIr = printed(module);

  bool stopsAtLowering = options.stopAfter == "convert-tile-to-nvvm";
  llvm::StringRef last = stopsAtLowering ? llvm::StringRef() : llvm::StringRef(options.stopAfter);
  {
    PassManager passes(context, ModuleOp::getOperationName());
    passes.enableVerifier(options.verifyEach);
    passes.addInstrumentation(std::make_unique<Observer>(options, result.times));
    if (failed(addPasses(passes, *target, last)))
      return failure();
    if (options.verifyEach && last.empty())
      addVerifier(passes);
    if (failed(passes.run(module)))
      return failure();
  }
  if (options.keepLayoutIr || !last.empty())
    result.layoutIr = printed(module);
  if (!last.empty())
    return result;
  result.sharedBytes = unsigned(integerAttr(module, sharedBytesAttrName, 0));
  {
    PassManager passes(context, ModuleOp::getOperationName());
    passes.enableVerifier(options.verifyEach);
    passes.addInstrumentation(std::make_unique<Observer>(options, result.times));
    ConvertTileToNVVMPassOptions lowering;
    lowering.lineInfo = options.lineInfo;
    passes.addPass(createConvertTileToNVVMPass(lowering));
    if (failed(passes.run(module)))
      return failure();
  }
  if (stopsAtLowering) {
    result.layoutIr = printed(module);
    return result;
  }
  if (options.maxRegisters != 0)
    for (auto function : module.getOps<LLVM::LLVMFuncOp>())
      if (function->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()))
        function->setAttr(NVVM::NVVMDialect::getMaxnregAttrName(),
                          IntegerAttr::get(IntegerType::get(context, 32), options.maxRegisters));

  PtxOptions ptxOptions;
  ptxOptions.target = target;
  ptxOptions.ptxVersion = result.ptxVersion = unsigned(integerAttr(module, kPtxVersionAttr, target->basePtxVersion));
  ptxOptions.fpContract = options.fpContract;
  ptxOptions.wantLlvmIr = options.keepLlvmIr;
  auto ptx = emitPtx(module, ptxOptions, [&](llvm::StringRef stage, double milliseconds) {
    result.times.push_back({stage.str(), milliseconds});
  });
  if (failed(ptx))
    return failure();
  result.ptx = std::move(ptx->ptx);
  result.llvmIr = std::move(ptx->llvmIr);

  if (options.assemble) {
    auto start = Clock::now();
    llvm::Expected<Cubin> cubin = assemblePtx(result.ptx, result.target);
    if (!cubin)
      return module.emitError() << llvm::toString(cubin.takeError());
    result.cubin = std::move(*cubin);
    result.times.push_back({"ptxas", millisecondsSince(start)});
  }
  return result;
}

std::vector<std::string> passNames(const Target &target) {
  OpPassManager passes(ModuleOp::getOperationName());
  buildTilePipeline(passes, target);
  std::vector<std::string> names;
  for (Pass &pass : passes.getPasses())
    if (!pass.getArgument().empty())
      names.push_back(pass.getArgument().str());
  names.push_back("convert-tile-to-nvvm");
  return names;
}

void registerCompilerDialects(DialectRegistry &registry) {
  registry.insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect, NVVM::NVVMDialect,
                  scf::SCFDialect, tile::TileDialect, ub::UBDialect>();
  registerPtxTranslations(registry);
}

} // namespace tessera
