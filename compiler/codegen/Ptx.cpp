//===- Ptx.cpp - LLVM dialect to PTX text ---------------------------------===//
//
// Translation, optimisation and instruction selection, as Ptx.h describes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/codegen/Ptx.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/ADCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include <chrono>
#include <mutex>

namespace tessera {
namespace {

/// Sets a flag of the NVPTX back end that exists only as a command-line option.
void setBackendFlag(llvm::StringRef name, bool value) {
  auto &options = llvm::cl::getRegisteredOptions();
  auto it = options.find(name);
  if (it != options.end())
    static_cast<llvm::cl::opt<bool> *>(it->second)->setValue(value);
}

const llvm::Target *nvptxTarget(std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    // Pointers to shared memory are 32 bits wide, and widening products of addresses are one instruction.
    setBackendFlag("nvptx-short-ptr", true);
    setBackendFlag("nvptx-mad-wide-opt", true);
  });
  return llvm::TargetRegistry::lookupTarget(llvm::Triple("nvptx64-nvidia-cuda"), error);
}

std::unique_ptr<llvm::TargetMachine> createTargetMachine(const PtxOptions &options, std::string &error) {
  const llvm::Target *target = nvptxTarget(error);
  if (!target)
    return nullptr;
  llvm::TargetOptions targetOptions;
  // Standard: products and sums that carry `contract` are fused; the elementary functions rely on the others staying
  // apart.
  targetOptions.AllowFPOpFusion = options.fpContract ? llvm::FPOpFusion::Standard : llvm::FPOpFusion::Strict;
  targetOptions.NoTrappingFPMath = true;
  targetOptions.TrapUnreachable = false;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      llvm::Triple("nvptx64-nvidia-cuda"), options.target->name, "+ptx" + std::to_string(options.ptxVersion),
      targetOptions, llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
  if (!machine)
    error = "the NVPTX back end cannot be created";
  return machine;
}

/// Turns what LLVM reports into MLIR diagnostics and remembers whether there was an error.
struct DiagnosticForwarder : llvm::DiagnosticHandler {
  DiagnosticForwarder(mlir::Location location, bool &failed) : location(location), failed(failed) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() != llvm::DS_Error)
      return true;
    std::string text;
    llvm::raw_string_ostream stream(text);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    mlir::emitError(location) << text;
    failed = true;
    return true;
  }
  mlir::Location location;
  bool &failed;
};

/// Takes back the leave that single operations give to be fused.
void forbidContraction(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (llvm::isa<llvm::FPMathOperator>(instruction))
        instruction.setHasAllowContract(false);
}

void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loopAnalyses;
  llvm::FunctionAnalysisManager functionAnalyses;
  llvm::CGSCCAnalysisManager callGraphAnalyses;
  llvm::ModuleAnalysisManager moduleAnalyses;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(moduleAnalyses);
  builder.registerCGSCCAnalyses(callGraphAnalyses);
  builder.registerFunctionAnalyses(functionAnalyses);
  builder.registerLoopAnalyses(loopAnalyses);
  builder.crossRegisterProxies(loopAnalyses, functionAnalyses, callGraphAnalyses, moduleAnalyses);

  llvm::InstCombineOptions oneIteration;
  oneIteration.setMaxIterations(1).setVerifyFixpoint(false);
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::InstCombinePass(oneIteration));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()), /*UseMemorySSA=*/true));
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::InstCombinePass(oneIteration));
  passes.addPass(llvm::ADCEPass());
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      passes.run(function, functionAnalyses);
}

/// From this many instructions on a function is spared passes that take time quadratic in the length of a block.
constexpr unsigned hugeFunction = 20000;

/// More than this would take a thread's code past any instruction cache, and the back end and the assembler minutes.
constexpr unsigned mostInstructions = 400000;

/// The back end's pass manager without straight-line strength reduction: it takes a quarter of the back end's time to
/// look for addresses that differ by constants, which the lowering has already split into base and immediate. Sinking
/// asks anew for the register pressure of the whole block whenever it moves something, which takes minutes in the
/// unrolled body of a large product; preparing for selection begins a block anew after each change.
class BackendPasses : public llvm::legacy::PassManager {
public:
  explicit BackendPasses(const llvm::Module &module) : huge(module.getInstructionCount() > hugeFunction) {}

  void add(llvm::Pass *pass) override {
    llvm::StringRef name = pass->getPassName();
    if (name == "Straight line strength reduction" ||
        (huge && (name == "Machine code sinking" || name == "CodeGen Prepare")))
      delete pass;
    else
      llvm::legacy::PassManager::add(pass);
  }

private:
  bool huge;
};

/// The empty section that line directives without debug information leave behind.
void dropEmptySections(std::string &ptx) {
  constexpr std::string_view empty = "\t.section\t.debug_macinfo\t{\t}\n";
  size_t at = ptx.rfind(empty);
  if (at != std::string::npos)
    ptx.erase(at, empty.size());
}

class Stopwatch {
public:
  double lap() {
    auto now = std::chrono::steady_clock::now();
    double ms = std::chrono::duration<double, std::milli>(now - start).count();
    start = now;
    return ms;
  }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

} // namespace

mlir::FailureOr<PtxResult> emitPtx(mlir::ModuleOp module, const PtxOptions &options, StageTimer onStage) {
  Stopwatch watch;
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = createTargetMachine(options, error);
  if (!machine)
    return module.emitError() << error;
  llvm::DataLayout layout = machine->createDataLayout();
  module->setAttr(mlir::LLVM::LLVMDialect::getDataLayoutAttrName(),
                  mlir::StringAttr::get(module.getContext(), layout.getStringRepresentation()));
  module->setAttr(mlir::LLVM::LLVMDialect::getTargetTripleAttrName(),
                  mlir::StringAttr::get(module.getContext(), "nvptx64-nvidia-cuda"));

  llvm::LLVMContext context;
  bool failed = false;
  context.setDiagnosticHandler(std::make_unique<DiagnosticForwarder>(module.getLoc(), failed));
  std::unique_ptr<llvm::Module> llvmModule =
      mlir::translateModuleToLLVMIR(module, context, "tessera", /*disableVerification=*/true);
  if (!llvmModule)
    return mlir::failure();
  for (const llvm::Function &function : *llvmModule)
    if (unsigned count = function.getInstructionCount(); count > mostInstructions) {
      mlir::Operation *kernel = module.lookupSymbol(function.getName());
      return (kernel ? kernel : module.getOperation())->emitError("'")
             << function.getName() << "' becomes " << count << " instructions a thread, but at most "
             << mostInstructions << " are possible; use smaller blocks or more warps";
    }
  if (!options.fpContract)
    forbidContraction(*llvmModule);
  onStage("translate", watch.lap());

  if (options.optimize)
    optimizeModule(*llvmModule, *machine);
  onStage("optimize", watch.lap());

  PtxResult result;
  if (options.wantLlvmIr) {
    llvm::raw_string_ostream stream(result.llvmIr);
    llvmModule->print(stream, nullptr);
    watch.lap();
  }
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  BackendPasses passes(*llvmModule);
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile,
                                   /*DisableVerify=*/true))
    return module.emitError() << "the NVPTX back end cannot write text";
  passes.run(*llvmModule);
  onStage("nvptx", watch.lap());
  if (failed)
    return mlir::failure();
  result.ptx = std::string(text.begin(), text.end());
  dropEmptySections(result.ptx);
  return result;
}

void registerPtxTranslations(mlir::DialectRegistry &registry) {
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  mlir::registerNVVMDialectTranslation(registry);
}

} // namespace tessera
