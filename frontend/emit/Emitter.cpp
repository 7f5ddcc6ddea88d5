//===- Emitter.cpp - state, errors, locations and names -------------------===//
//
// What every part of the emitter leans on: reporting with the call stack,
// locations of operations, and finding out what a name means.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "frontend/emit/Library.h"

#include "llvm/ADT/StringSwitch.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

Emitter::Emitter(mlir::MLIRContext &context, const Program &program, const EmitOptions &options,
                 DiagnosticEngine &diagnostics)
    : builder(&context), options(options), diagnostics(diagnostics),
      mainUnit(std::make_unique<Unit>(program, diagnostics.getSources(), /*isLibrary=*/false)),
      librarySources(std::make_unique<SourceManager>()) {
  libraryUnits.resize(getLibraryFiles().size());
  libraryPrograms.resize(getLibraryFiles().size());
}

Emitter::~Emitter() = default;

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// Errors past this many are the consequence of earlier ones more often than not.
static constexpr unsigned maxErrors = 20;
/// Loop iterations, calls and statements executed at compile time. A kernel needs thousands at most.
static constexpr uint64_t maxWork = 2'000'000;

ErrorBuilder::~ErrorBuilder() {
  if (diagnostic)
    emitter.addStackNotes(*diagnostic);
}

ErrorBuilder &ErrorBuilder::range(SourceRange range) {
  if (diagnostic && inUserCode && range.isValid())
    diagnostic->range(range);
  return *this;
}

ErrorBuilder &ErrorBuilder::note(SourceLoc loc, const Twine &message) {
  if (diagnostic && (inUserCode || !loc))
    diagnostic->note(loc, message);
  return *this;
}

ErrorBuilder &ErrorBuilder::fixIt(SourceRange range, StringRef replacement) {
  if (diagnostic && inUserCode && range.isValid())
    diagnostic->fixItReplace(range, replacement);
  return *this;
}

ErrorBuilder Emitter::error(SourceLoc loc, const Twine &message) {
  ++numErrors;
  if (silenced)
    return ErrorBuilder(*this, nullptr, false);
  const Frame *user = frame;
  SourceLoc place = loc;
  while (user && user->unit->isLibrary) {
    place = user->callLoc;
    user = user->caller;
  }
  Diagnostic &diagnostic = diagnostics.error(place, message);
  if (diagnostics.getNumErrors() >= maxErrors)
    aborted = true;
  return ErrorBuilder(*this, &diagnostic, user == frame);
}

ErrorBuilder Emitter::error(const ast::Expr *expr, const Twine &message) {
  return std::move(error(expr->getLoc(), message).range(expr->range));
}

ErrorBuilder Emitter::warning(SourceLoc loc, const Twine &message) {
  if (silenced || (frame && frame->unit->isLibrary))
    return ErrorBuilder(*this, nullptr, false);
  // Once a place, however often it is inlined or unrolled.
  std::string key = std::to_string(loc.getRaw()) + message.str();
  if (!warned.try_emplace(key, true).second)
    return ErrorBuilder(*this, nullptr, false);
  return ErrorBuilder(*this, &diagnostics.warning(loc, message), true);
}

void Emitter::addStackNotes(Diagnostic &diagnostic) {
  unsigned shown = 0;
  for (const Frame *at = frame; at; at = at->caller) {
    if (!at->caller) {
      if (!at->specialisation.empty())
        diagnostic.note(at->callLoc, "in '" + Twine(at->name) + "' specialised with " + at->specialisation);
      break;
    }
    if (at->unit->isLibrary || at->caller->unit->isLibrary || !at->callLoc || ++shown > 8)
      continue;
    diagnostic.note(at->callLoc, "in '" + Twine(at->name) + "' called here" +
                                     (at->specialisation.empty() ? Twine() : " with " + at->specialisation));
  }
}

bool Emitter::spend(SourceLoc loc, unsigned amount) {
  if (aborted)
    return false;
  work += amount;
  if (work <= maxWork)
    return true;
  error(loc, "the kernel executes too much at compile time: more than " + Twine(maxWork) +
                 " statements after unrolling and inlining");
  abort();
  return false;
}

//===----------------------------------------------------------------------===//
// Locations
//===----------------------------------------------------------------------===//

mlir::Location Emitter::loc() {
  if (lastLocation && lastLoc == here && lastFrame == frame)
    return *lastLocation;
  lastLoc = here;
  lastFrame = frame;
  lastLocation = getLocation(here);
  return *lastLocation;
}

mlir::Location Emitter::getLocation(SourceLoc loc) {
  if (!frame)
    return builder.getUnknownLoc();
  // What the library does happens where it is called.
  if (frame->unit->isLibrary && frame->callSite)
    return *frame->callSite;
  mlir::Location location = builder.getUnknownLoc();
  if (loc) {
    LineColumn place = frame->unit->sources.getLineColumn(loc);
    location = mlir::FileLineColLoc::get(builder.getStringAttr(place.file), place.line, place.column);
  }
  if (frame->callSite)
    return mlir::CallSiteLoc::get(location, *frame->callSite);
  return location;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// The edit distance where two neighbours exchanged are one slip, not two.
static unsigned getSlips(StringRef wrong, StringRef right, unsigned limit) {
  if (wrong.size() == right.size()) {
    size_t at = 0;
    while (at < wrong.size() && wrong[at] == right[at])
      ++at;
    if (at + 1 < wrong.size() && wrong[at] == right[at + 1] && wrong[at + 1] == right[at])
      return 1 + wrong.drop_front(at + 2).edit_distance(right.drop_front(at + 2), /*AllowReplacements=*/true, limit);
  }
  return wrong.edit_distance(right, /*AllowReplacements=*/true, limit);
}

std::string Emitter::suggest(StringRef wrong, llvm::ArrayRef<StringRef> names) {
  // A name of one or two letters resembles every other.
  if (wrong.size() < 3)
    return {};
  StringRef best;
  unsigned bestDistance = std::max<unsigned>(1, wrong.size() / 3) + 1;
  for (StringRef name : names) {
    unsigned distance = getSlips(wrong, name, bestDistance);
    // Of two that are as near, the one that the wrong name begins with; then the first of the alphabet.
    bool nearer = distance == bestDistance && !best.empty() &&
                  std::pair(!wrong.starts_with(name), name) < std::pair(!wrong.starts_with(best), best);
    if (distance < bestDistance || nearer) {
      best = name;
      bestDistance = distance;
    }
  }
  return best.empty() ? std::string() : ("; did you mean '" + best + "'?").str();
}

Value Emitter::lookUp(const ast::Name *name) {
  for (auto &[id, value] : llvm::reverse(frame->overlay))
    if (id == name->id)
      return value;
  int slot = frame->analysis ? frame->analysis->getSlot(name) : -1;
  if (slot >= 0) {
    const Value &value = frame->slots[slot];
    if (value.is(ValueKind::Deferred)) {
      const DeferredData &reason = *value.deferred;
      error(name, reason.message).note(reason.noteLoc, reason.note);
      return frame->slots[slot] = Value::poison();
    }
    if (!value.isUndefined())
      return value;
  }
  Value value = lookUpGlobal(*frame->unit, name->id);
  if (!value.isUndefined())
    return value;
  if (slot >= 0) {
    error(name, "'" + name->id + "' is used before it is assigned")
        .note(frame->analysis->getFirstAssignment(slot), "it is assigned here");
    return frame->slots[slot] = Value::poison();
  }
  llvm::SmallVector<StringRef> names;
  if (frame->analysis)
    for (unsigned i = 0; i < frame->analysis->getNumVariables(); ++i)
      names.push_back(frame->analysis->getName(i));
  frame->unit->collectNames(names);
  collectBuiltinNames(ModuleId::Unknown, names);
  return error(name, "'" + name->id + "' is not defined" + suggest(name->id, names));
}

Value Emitter::lookUpGlobal(Unit &unit, StringRef name) {
  if (auto it = unit.globals.find(name); it != unit.globals.end()) {
    if (!it->second.isUndefined())
      return it->second;
    return Value::ofString("a module-level variable defined by itself", ValueKind::Opaque);
  }
  llvm::ArrayRef<const ModuleItem *> items = unit.findItems(name);
  if (!items.empty()) {
    unit.globals[name] = Value();
    Value result;
    // Which branch of a module-level `if` or `try` ran is not known: the first that gives something usable.
    for (const ModuleItem *item : items) {
      Value value = evaluateGlobalItem(unit, *item, name);
      if (!item->conditional || result.isUndefined() || result.is(ValueKind::Opaque))
        result = value;
    }
    unit.globals[name] = result;
    return result;
  }
  if (unit.isLibrary)
    if (Value value = lookUpLibrary(ModuleId::Language, name); !value.isUndefined())
      return value;
  if (name == "tl" || name == "tile")
    return Value::ofModule(ModuleId::Language);
  if (name == "triton")
    return Value::ofModule(ModuleId::Triton);
  if (const Builtin *builtin = findPythonBuiltin(name))
    return Value::ofBuiltin(builtin);
  // A star import may have bound it.
  for (const ModuleItem &item : unit.program.getItems())
    if (auto *import = llvm::dyn_cast<ast::ImportFrom>(item.stmt))
      if (import->names.size() == 1 && import->names[0].name.text == "*") {
        Value module = importModule(import->module.text);
        if (module.is(ValueKind::Module)) {
          Attempt attempt(*this);
          Value value = getModuleAttribute(module.moduleId, name, import->range.begin, {});
          if (!value.isPoison())
            return value;
        }
      }
  return Value();
}

Value Emitter::makeFunction(Unit &unit, const ast::FunctionDef *def) {
  FunctionData data;
  data.unit = &unit;
  data.name = def->name.text;
  data.def = def;
  data.isHost = def->role != ast::FunctionRole::Device;
  return arena.function(std::move(data));
}

Value Emitter::evaluateGlobalItem(Unit &unit, const ModuleItem &item, StringRef name) {
  const ast::Stmt *stmt = item.stmt;
  if (auto *def = llvm::dyn_cast<ast::FunctionDef>(stmt))
    return makeFunction(unit, def);
  if (auto *def = llvm::dyn_cast<ast::ClassDef>(stmt)) {
    if (const ClassData *cls = makeClass(unit, def)) {
      Value value = Value::make(ValueKind::Class);
      value.classData = cls;
      return value;
    }
    return Value::ofString(arena.save(("the class '" + name + "' of the host").str()), ValueKind::Opaque);
  }
  if (llvm::isa<ast::Import, ast::ImportFrom>(stmt)) {
    if (std::optional<Value> imported = evaluateImport(unit, stmt, name))
      return *imported;
    return Value();
  }
  // An assignment: run the right-hand side as Python. What it needs may be out of reach (torch, os.environ); then the
  // name stands for something unknown, which is an error only where a kernel uses it.
  const ast::Expr *right = nullptr, *target = nullptr;
  if (auto *assignment = llvm::dyn_cast<ast::Assign>(stmt)) {
    right = assignment->value;
    for (const ast::Expr *candidate : assignment->targets) {
      auto *named = llvm::dyn_cast<ast::Name>(candidate);
      if (!target || (named && named->id == name))
        target = candidate;
    }
  } else if (auto *annotated = llvm::dyn_cast<ast::AnnAssign>(stmt)) {
    right = annotated->value;
    target = annotated->target;
  }
  Value result;
  if (right) {
    Frame module;
    module.unit = &unit;
    module.isHost = true;
    module.name = "<module>";
    module.depth = frame ? frame->depth + 1 : 0;
    module.caller = frame;
    Frame *old = frame;
    frame = &module;
    Attempt attempt(*this);
    result = evaluate(right);
    if (auto *tuple = llvm::dyn_cast<ast::Tuple>(target); tuple && result.isTuple()) {
      Value element;
      for (auto [i, part] : llvm::enumerate(tuple->elements))
        if (auto *named = llvm::dyn_cast<ast::Name>(part);
            named && named->id == name && i < result.tupleData->elements.size())
          element = result.tupleData->elements[i];
      result = element;
    }
    if (attempt.failed())
      result = Value();
    frame = old;
  }
  if (result.isUndefined() || result.isPoison())
    return Value::ofString(arena.save(("the module-level variable '" + name +
                                       "', whose value is not known at compile "
                                       "time,")
                                          .str()),
                           ValueKind::Opaque);
  return result;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

Value Emitter::importModule(StringRef dotted) {
  auto module =
      llvm::StringSwitch<std::optional<ModuleId>>(dotted)
          .Cases({"triton", "tessera"}, ModuleId::Triton)
          .Cases(
              {"triton.language", "triton.language.core", "triton.language.standard", "tile", "tl", "tessera.language"},
              ModuleId::Language)
          .Case("triton.language.math", ModuleId::Math)
          .Cases({"triton.language.extra", "tl.extra"}, ModuleId::Extra)
          .Cases({"triton.language.extra.cuda", "triton.language.extra.cuda.utils", "triton.language.extra.cuda.gdc",
                  "triton.language.extra.cuda.language_extra"},
                 ModuleId::Cuda)
          .Cases({"triton.language.target_info", "triton.runtime", "triton.runtime.driver"}, ModuleId::TargetInfo)
          .Case("triton.language.random", ModuleId::Random)
          .Cases({"math", "numpy", "builtins"}, ModuleId::PyMath)
          .Default(std::nullopt);
  if (!module && (dotted.ends_with(".libdevice") || dotted == "libdevice" || dotted.ends_with("tl_extra_shim")))
    module = ModuleId::LibDevice;
  if (module)
    return Value::ofModule(*module);
  return Value::ofString(arena.save(("the module '" + dotted + "' of the host").str()), ValueKind::Opaque);
}

std::optional<Value> Emitter::evaluateImport(Unit &unit, const ast::Stmt *stmt, StringRef name) {
  if (auto *import = llvm::dyn_cast<ast::Import>(stmt)) {
    for (const ast::Alias &alias : import->names)
      if (alias.getBoundName() == name)
        return importModule(alias.asName.text.empty() ? name : alias.name.text);
    return std::nullopt;
  }
  auto *import = llvm::cast<ast::ImportFrom>(stmt);
  for (const ast::Alias &alias : import->names) {
    if (alias.getBoundName() != name)
      continue;
    Value module = importModule(import->module.text);
    if (module.is(ValueKind::Module)) {
      Attempt attempt(*this);
      Value value = getModuleAttribute(module.moduleId, alias.name.text, import->range.begin, alias.name.range);
      if (!value.isPoison())
        return value;
    }
    if (alias.name.text == "namedtuple" || alias.name.text == "NamedTuple")
      return Value::ofBuiltin(findPythonBuiltin("namedtuple"));
    Value inside = importModule((import->module.text + "." + alias.name.text).str());
    if (inside.is(ValueKind::Module))
      return inside;
    return Value::ofString(arena.save(("'" + alias.name.text + "' of the module '" + std::string(import->level, '.') +
                                       import->module.text + "', which is not available here,")
                                          .str()),
                           ValueKind::Opaque);
  }
  return std::nullopt;
}

static StringRef getModuleName(ModuleId module) {
  switch (module) {
  case ModuleId::Triton:
    return "triton";
  case ModuleId::Language:
    return "tl";
  case ModuleId::Math:
    return "tl.math";
  case ModuleId::Extra:
    return "tl.extra";
  case ModuleId::Cuda:
    return "tl.extra.cuda";
  case ModuleId::LibDevice:
    return "libdevice";
  case ModuleId::TargetInfo:
    return "tl.target_info";
  case ModuleId::Random:
    return "tl.random";
  case ModuleId::PyMath:
    return "math";
  case ModuleId::Unknown:
    break;
  }
  return "the module";
}

Value Emitter::lookUpLibrary(ModuleId module, StringRef name) {
  int file = findLibraryFile(name);
  if (file < 0)
    return Value();
  std::unique_ptr<Unit> &unit = libraryUnits[file];
  if (!unit) {
    const LibraryFile &text = getLibraryFiles()[file];
    std::optional<FileId> id = librarySources->addText(text.text, text.name);
    if (!id)
      return Value();
    if (!libraryDiagnostics)
      libraryDiagnostics = std::make_unique<DiagnosticEngine>(*librarySources);
    libraryPrograms[file] = parseProgram(*id, *libraryDiagnostics);
    unit = std::make_unique<Unit>(*libraryPrograms[file], *librarySources, /*isLibrary=*/true);
  }
  return lookUpGlobal(*unit, name);
}

Value Emitter::getModuleAttribute(ModuleId module, StringRef name, SourceLoc loc, SourceRange range) {
  // Modules in modules.
  switch (module) {
  case ModuleId::Triton:
    if (name == "language")
      return Value::ofModule(ModuleId::Language);
    if (name == "runtime") // triton.runtime.driver.active tells host code what the target is
      return Value::ofModule(ModuleId::TargetInfo);
    break;
  case ModuleId::TargetInfo:
    if (name == "driver" || name == "active")
      return Value::ofModule(ModuleId::TargetInfo);
    break;
  case ModuleId::Language: {
    auto inner = llvm::StringSwitch<ModuleId>(name)
                     .Case("math", ModuleId::Math)
                     .Case("extra", ModuleId::Extra)
                     .Case("target_info", ModuleId::TargetInfo)
                     .Case("random", ModuleId::Random)
                     .Cases({"core", "standard"}, ModuleId::Language)
                     .Case("libdevice", ModuleId::LibDevice)
                     .Default(ModuleId::Unknown);
    if (inner != ModuleId::Unknown)
      return Value::ofModule(inner);
    if (std::optional<ElementType> type = ElementType::fromLanguageName(name))
      return Value::ofType(*type);
    if (name == "pi32_t")
      return Value::ofType(ElementType::pointerTo(DType::Int32));
    if (name == "PropagateNan")
      return Value::ofString("tl.PropagateNan", ValueKind::Opaque);
    break;
  }
  case ModuleId::Math:
  case ModuleId::Extra:
  case ModuleId::Cuda:
    if (name == "cuda" || name == "intel" || name == "hip")
      return Value::ofModule(ModuleId::Cuda);
    if (name == "libdevice")
      return Value::ofModule(ModuleId::LibDevice);
    if (name == "PropagateNan")
      return Value::ofString("tl.PropagateNan", ValueKind::Opaque);
    break;
  case ModuleId::PyMath:
    if (name == "pi")
      return Value::ofFloat(3.141592653589793);
    if (name == "e")
      return Value::ofFloat(2.718281828459045);
    if (name == "tau")
      return Value::ofFloat(6.283185307179586);
    if (name == "inf")
      return Value::ofFloat(__builtin_inf());
    if (name == "nan")
      return Value::ofFloat(__builtin_nan(""));
    break;
  default:
    break;
  }
  if (const Builtin *builtin = findBuiltin(module, name))
    return Value::ofBuiltin(builtin);
  if (module != ModuleId::PyMath && module != ModuleId::Triton && module != ModuleId::TargetInfo)
    if (Value value = lookUpLibrary(module, name); !value.isUndefined())
      return value;
  if (module == ModuleId::Triton)
    return Value::ofString(arena.save(("'triton." + name + "', which belongs to the host,").str()), ValueKind::Opaque);
  llvm::SmallVector<StringRef> names;
  collectBuiltinNames(module, names);
  if (module != ModuleId::PyMath)
    for (const LibraryName &entry : getLibraryNames())
      if (!entry.name.starts_with("_"))
        names.push_back(entry.name);
  return std::move(
      error(loc, "'" + getModuleName(module) + "' has no '" + name + "'" + suggest(name, names)).range(range));
}
