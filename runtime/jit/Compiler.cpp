// From text to any form of a kernel: calls the frontend and the compiler, and turns what they say into values of the
// public API. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Compiler.h"

#include "compiler/Compile.h"
#include "frontend/emit/Emit.h"
#include "frontend/syntax/Dump.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "runtime/jit/BuildId.h"
#include "runtime/jit/Source.h"
#include "llvm/ADT/StringExtras.h"

#include <chrono>

namespace tessera {
namespace {

using Clock = std::chrono::steady_clock;

/// Appends stages with the time since the last one.
class Stages {
public:
  explicit Stages(std::vector<CompileStage> &stages) : stages(stages) {}
  void end(std::string name) {
    const Clock::time_point now = Clock::now();
    stages.push_back({std::move(name), std::chrono::duration<double, std::milli>(now - last).count()});
    last = now;
  }
  void skip() { last = Clock::now(); }

private:
  std::vector<CompileStage> &stages;
  Clock::time_point last = Clock::now();
};

/// The place in the user's text that a location means: the callee's where functions were inlined, with the callers as
/// notes.
struct Place {
  SourceLoc loc;
  std::vector<SourceLoc> callers;
};

void findPlaces(mlir::Location location, const SourceManager &sources, Place &place) {
  if (auto at = llvm::dyn_cast<mlir::FileLineColLoc>(location)) {
    std::optional<FileId> file = sources.findFile(at.getFilename().strref());
    SourceLoc loc = file ? sources.getLoc(*file, at.getLine(), at.getColumn()) : SourceLoc();
    if (!place.loc)
      place.loc = loc;
    else if (loc)
      place.callers.push_back(loc);
  } else if (auto call = llvm::dyn_cast<mlir::CallSiteLoc>(location)) {
    findPlaces(call.getCallee(), sources, place);
    findPlaces(call.getCaller(), sources, place);
  } else if (auto named = llvm::dyn_cast<mlir::NameLoc>(location)) {
    findPlaces(named.getChildLoc(), sources, place);
  } else if (auto fused = llvm::dyn_cast<mlir::FusedLoc>(location)) {
    if (!fused.getLocations().empty())
      findPlaces(fused.getLocations().front(), sources, place);
  }
}

Severity severityOf(mlir::DiagnosticSeverity severity) {
  switch (severity) {
  case mlir::DiagnosticSeverity::Note:
    return Severity::Note;
  case mlir::DiagnosticSeverity::Remark:
    return Severity::Remark;
  case mlir::DiagnosticSeverity::Warning:
    return Severity::Warning;
  case mlir::DiagnosticSeverity::Error:
    break;
  }
  return Severity::Error;
}

/// Hands what MLIR reports to the frontend's engine, so that the compiler's errors look like the parser's.
void forward(mlir::Diagnostic &from, const SourceManager &sources, DiagnosticEngine &to) {
  Place place;
  findPlaces(from.getLocation(), sources, place);
  Diagnostic diagnostic;
  diagnostic.severity = severityOf(from.getSeverity());
  diagnostic.loc = place.loc;
  diagnostic.message = from.str();
  for (SourceLoc caller : place.callers)
    diagnostic.note(caller, "called from here");
  for (mlir::Diagnostic &note : from.getNotes()) {
    Place at;
    findPlaces(note.getLocation(), sources, at);
    diagnostic.note(at.loc == place.loc ? SourceLoc() : at.loc, note.str());
  }
  to.add(std::move(diagnostic));
}

/// The name of the kernel to compile: the one asked for, else the only one.
Expected<std::string> chooseKernel(const Program &program, const CompileRequest &request) {
  if (!request.kernel.empty())
    return request.kernel;
  std::vector<std::string> kernels = listKernels(program);
  if (kernels.size() == 1)
    return kernels.front();
  if (kernels.empty())
    return Error(ErrorCode::NotFound,
                 "'" + request.name + "' has no kernels: no function is marked with @triton.jit or @tile.kernel");
  return Error(ErrorCode::NotFound,
               "'" + request.name + "' has several kernels, one must be named: " + llvm::join(kernels, ", "));
}

/// A bare word names a device function where the file has one of that name; else it is a string that somebody did not
/// quote.
void mendBareWord(ConstantValue &value, const Program &program) {
  if (value.kind == ConstantValue::Kind::Function && !program.findFunction(value.text))
    value = ConstantValue::string(value.text);
  for (ConstantValue &element : value.elements)
    mendBareWord(element, program);
}

Expected<Signature> makeSignature(const CompileRequest &request, const Program &program) {
  std::string problem;
  std::optional<Signature> signature = parseSignature(request.signature, problem);
  if (!signature)
    return Error(ErrorCode::InvalidArgument, "signature: " + problem);
  for (const Constexpr &constant : request.constants) {
    std::optional<ConstantValue> value = parseConstant(constant.value.spelling(), problem);
    if (!value)
      return Error(ErrorCode::InvalidArgument, "constant '" + constant.name + "': " + problem);
    signature->add(constant.name, ArgumentSpec::constant(std::move(*value)));
  }
  for (SignatureItem &item : signature->items)
    mendBareWord(item.spec.value, program);
  for (const LaunchValue &value : request.launchValues)
    signature->launchValues.emplace_back(value.name, value.isFloat ? ConstantValue::floating(value.real)
                                                                   : ConstantValue::integerOf(value.integer));
  return std::move(*signature);
}

void describeArtifact(Artifact &artifact, const CompileRequest &request, const EmittedKernel &kernel,
                      const CompiledKernel &compiled, const Signature &signature) {
  artifact.ptx = compiled.ptx;
  artifact.cubin.assign(compiled.cubin.bytes.begin(), compiled.cubin.bytes.end());
  artifact.setFact("kernel", compiled.name);
  artifact.setFact("entry", compiled.name);
  artifact.setFact("source", request.name);
  artifact.setFact("signature", signature.getSpelling());
  std::string constants, parameters;
  for (const auto &[name, value] : kernel.constants)
    constants += (constants.empty() ? "" : ", ") + name + "=" + value.getSpelling();
  for (const ParamInfo &parameter : kernel.params)
    parameters += (parameters.empty() ? "" : " ") + std::to_string(parameter.index);
  artifact.setFact("constants", constants);
  artifact.setFact("parameters", parameters);
  artifact.setFact("target", compiled.target);
  artifact.setFact("num_warps", std::to_string(compiled.numWarps));
  artifact.setFact("num_stages", std::to_string(kernel.numStages));
  artifact.setFact("shared_bytes", std::to_string(compiled.sharedBytes));
  artifact.setFact("dynamic_shared_bytes", std::to_string(compiled.sharedBytes));
  artifact.setFact("compiler", std::string(compilerBuild()));
}

CompileOptions compilerOptions(const CompileRequest &request, const Target &target, llvm::raw_ostream &printStream) {
  CompileOptions options;
  options.target = &target;
  options.maxRegisters = unsigned(request.options.maxRegisters);
  options.stopAfter = request.stopAfter;
  if (!request.printAfter.empty())
    options.printAfter = {request.printAfter};
  options.printStream = &printStream;
  options.keepLayoutIr = request.form == Form::Layout;
  options.keepLlvmIr = request.form == Form::Llvm;
  options.assemble = request.form == Form::Cubin;
  return options;
}

} // namespace

std::string_view compilerBuild() { return kBuildId; }

Expected<CompileResult> compile(const CompileRequest &request) {
  CompileResult result;
  Stages stages(result.stages);
  detail::Source source(request.source, request.name);
  if (!source.isUsable())
    return source.takeError(request.diagnosticsAsJson);
  stages.end("parse");
  auto failure = [&] {
    if (source.diagnostics.hasErrors())
      return source.takeError(request.diagnosticsAsJson);
    return Error(ErrorCode::Internal,
                 "compiling '" + request.name + "' failed without a word: this is a fault of Tessera");
  };
  if (request.form == Form::Ast) {
    llvm::raw_string_ostream stream(result.output);
    dump(stream, source.program->getModule());
    result.warnings = source.render(request.diagnosticsAsJson);
    return result;
  }
  Expected<std::string> name = chooseKernel(*source.program, request);
  if (!name)
    return name.takeError();
  Expected<Signature> signature = makeSignature(request, *source.program);
  if (!signature)
    return signature.takeError();
  EmitOptions emitOptions{request.options.numWarps, request.options.numStages, request.options.numCtas, "",
                          request.options.assertions};
  std::string problem;
  const Target *target =
      Target::parse(request.options.target.empty() ? emitOptions.target : request.options.target, problem);
  if (!target)
    return Error(ErrorCode::InvalidArgument, problem);
  emitOptions.target = target->name.str();

  mlir::DialectRegistry registry;
  registerCompilerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false); // the user wrote none of those
  loadFrontendDialects(context);
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &diagnostic) { forward(diagnostic, source.sources, source.diagnostics); });
  stages.end("context");
  EmittedKernel kernel = emitKernel(context, *source.program, *name, *signature, emitOptions, source.diagnostics);
  if (!kernel || source.diagnostics.hasErrors())
    return failure();
  stages.end("emit");
  if (request.form == Form::Tile && request.stopAfter.empty()) {
    llvm::raw_string_ostream stream(result.output);
    kernel.module->print(stream);
    result.warnings = source.render(request.diagnosticsAsJson);
    return result;
  }

  llvm::raw_string_ostream printStream(result.printed);
  auto compiled = compile(*kernel.module, compilerOptions(request, *target, printStream));
  printStream.flush();
  if (mlir::failed(compiled) || source.diagnostics.hasErrors())
    return failure();
  for (const StageTime &stage : compiled->times)
    result.stages.push_back({stage.stage, stage.milliseconds});
  result.warnings = source.render(request.diagnosticsAsJson);
  if (!request.stopAfter.empty()) {
    result.output = std::move(compiled->layoutIr);
    return result;
  }
  describeArtifact(result.artifact, request, kernel, *compiled, *signature);
  switch (request.form) {
  case Form::Layout:
    result.output = std::move(compiled->layoutIr);
    break;
  case Form::Llvm:
    result.output = std::move(compiled->llvmIr);
    break;
  case Form::Cubin:
    result.output = result.artifact.cubin;
    break;
  case Form::Ast:
  case Form::Tile:
  case Form::Ptx:
    result.output = result.artifact.ptx;
    break;
  }
  return result;
}

} // namespace tessera
