//===- Kernel.cpp - from a signature to a function --------------------------===//
//
// Decides what each parameter of a kernel is (an argument of the entry, a tuple
// of such, a descriptor, or a constant), makes the module and its function, and
// has the body emitted.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <numeric>

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

namespace tessera::emit {
/// One use: emits one kernel with an Emitter.
class KernelEmitter {
public:
  KernelEmitter(Emitter &emitter, const DeviceFunction &function, const Signature &signature)
      : emitter(emitter), function(function), def(*function.def), signature(signature) {}

  EmittedKernel run();

private:
  struct Parameter {
    const ast::Param *param = nullptr;
    bool isConstexpr = false;
    std::optional<ArgumentSpec> spec;
    Value constant; ///< if it is one
  };

  bool matchSignature();
  bool completeParameters();
  void useHeuristics();
  void useAutotune();
  bool hasMissing() const;
  void setConstant(Parameter &parameter, Value value);
  Value toValue(const ConstantValue &constant, SourceLoc loc);
  ConstantValue toConstant(const Value &value);
  Value makeArgument(const ArgumentSpec &spec, const Twine &name, unsigned index);
  void addArgument(ElementType element, const Twine &name, unsigned index, int64_t divisibility);
  Value takeArgument(const ArgumentSpec &spec);
  void describeSpecialisation(Frame &frame);
  bool verify();

  Emitter &emitter;
  const DeviceFunction &function;
  const ast::FunctionDef &def;
  const Signature &signature;
  EmittedKernel result;
  llvm::SmallVector<Parameter> parameters;
  llvm::SmallVector<mlir::Type> types;
  llvm::SmallVector<ElementType> elements;
  llvm::SmallVector<mlir::DictionaryAttr> attributes;
  mlir::Block *entry = nullptr;
  unsigned nextArgument = 0;
  std::optional<int> configWarps, configStages, configCtas;
  std::string heuristicProblem;
};
} // namespace tessera::emit

//===----------------------------------------------------------------------===//
// Constants in and out
//===----------------------------------------------------------------------===//

Value KernelEmitter::toValue(const ConstantValue &constant, SourceLoc loc) {
  switch (constant.kind) {
  case ConstantValue::Kind::None:
    return Value::none();
  case ConstantValue::Kind::Bool:
    return Value::ofBool(constant.integer);
  case ConstantValue::Kind::Int:
    return Value::ofInt(constant.isUnsigned64 ? static_cast<Integer>(static_cast<uint64_t>(constant.integer))
                                              : static_cast<Integer>(constant.integer));
  case ConstantValue::Kind::Float:
    return Value::ofFloat(constant.number);
  case ConstantValue::Kind::String:
    return emitter.arena.string(constant.text);
  case ConstantValue::Kind::Type:
    return Value::ofType(constant.type);
  case ConstantValue::Kind::Function: {
    Value value = emitter.lookUpGlobal(emitter.getMainUnit(), constant.text);
    if (!value.isUndefined() && !value.is(ValueKind::Opaque))
      return value;
    return emitter.error(loc,
                         "the signature gives the function '" + constant.text + "', which the file does not define");
  }
  case ConstantValue::Kind::Tuple: {
    llvm::SmallVector<Value> elements;
    for (const ConstantValue &element : constant.elements)
      elements.push_back(toValue(element, loc));
    return emitter.arena.tuple(elements);
  }
  }
  return Value::none();
}

ConstantValue KernelEmitter::toConstant(const Value &value) {
  switch (value.kind) {
  case ValueKind::Bool:
    return ConstantValue::boolean(value.integer != 0);
  case ValueKind::Int: {
    ConstantValue constant = ConstantValue::integerOf(static_cast<int64_t>(value.integer));
    constant.isUnsigned64 = value.integer > INT64_MAX;
    return constant;
  }
  case ValueKind::Float:
    return ConstantValue::floating(value.number);
  case ValueKind::String:
    return ConstantValue::string(value.getString().str());
  case ValueKind::Type:
    return ConstantValue::dtype(value.element);
  case ValueKind::Tuple: {
    std::vector<ConstantValue> elements;
    for (const Value &element : value.tupleData->elements)
      elements.push_back(toConstant(element));
    return ConstantValue::tuple(std::move(elements));
  }
  case ValueKind::Function:
  case ValueKind::Builtin:
  case ValueKind::Class:
    return ConstantValue::function(toPython(value, false));
  default:
    return ConstantValue::none();
  }
}

//===----------------------------------------------------------------------===//
// Matching parameters and signature
//===----------------------------------------------------------------------===//

bool KernelEmitter::hasMissing() const {
  return llvm::any_of(parameters, [](const Parameter &p) { return p.isConstexpr && !p.spec; });
}

void KernelEmitter::setConstant(Parameter &parameter, Value value) {
  parameter.spec = ArgumentSpec::constant(toConstant(value));
  parameter.constant = value;
}

bool KernelEmitter::matchSignature() {
  for (const ast::Param &param : def.params) {
    if (param.kind == ast::ParamKind::VarPositional || param.kind == ast::ParamKind::VarKeyword) {
      emitter.error(param.range.begin, "a kernel has a fixed number of parameters: '*' is not possible here");
      return false;
    }
    parameters.push_back({&param, emitter.isConstexprAnnotation(param.annotation), std::nullopt, Value()});
  }
  // Items with names first; the others fill what is left, in order.
  llvm::SmallVector<const SignatureItem *> unnamed;
  for (const SignatureItem &item : signature.items) {
    if (item.name.empty()) {
      unnamed.push_back(&item);
      continue;
    }
    Parameter *found = llvm::find_if(parameters, [&](const Parameter &p) { return p.param->name.text == item.name; });
    if (found != parameters.end()) {
      found->spec = item.spec;
      continue;
    }
    if (item.spec.kind == ArgumentSpec::Kind::Constant && item.spec.value.kind == ConstantValue::Kind::Int) {
      int value = static_cast<int>(item.spec.value.integer);
      if (item.name == "num_warps" || item.name == "num_stages" || item.name == "num_ctas") {
        (item.name == "num_warps" ? configWarps : item.name == "num_stages" ? configStages : configCtas) = value;
        continue;
      }
    }
    llvm::SmallVector<StringRef> names;
    for (const Parameter &parameter : parameters)
      names.push_back(parameter.param->name.text);
    emitter.error(def.name.range.begin, "the signature names '" + item.name + "', but '" + def.name.text +
                                            "' has no such parameter" + emitter.suggest(item.name, names));
    return false;
  }
  size_t next = 0;
  for (const SignatureItem *item : unnamed) {
    while (next < parameters.size() && parameters[next].spec)
      ++next;
    if (next == parameters.size()) {
      emitter.error(def.name.range.begin, "the signature has " + Twine(signature.items.size()) + " items, but '" +
                                              def.name.text + "' has " + Twine(parameters.size()) + " parameters");
      return false;
    }
    parameters[next++].spec = item->spec;
  }
  return true;
}

/// The type that an annotation states: `tl.int32`, `tl.pointer_type(tl.float16)`, "*fp16:16".
static std::optional<ArgumentSpec> getAnnotatedSpec(const ast::Expr *annotation) {
  if (!annotation)
    return std::nullopt;
  if (auto *text = llvm::dyn_cast<ast::StringLiteral>(annotation)) {
    std::string error;
    std::optional<Signature> parsed = parseSignature(text->value, error);
    if (parsed && parsed->items.size() == 1 && parsed->items[0].spec.kind != ArgumentSpec::Kind::Constant)
      return parsed->items[0].spec;
    return std::nullopt;
  }
  if (auto *attribute = llvm::dyn_cast<ast::Attribute>(annotation)) {
    auto *base = llvm::dyn_cast<ast::Name>(attribute->value);
    bool isLanguage = base && (base->id == "tl" || base->id == "tile");
    if (std::optional<ElementType> type = ElementType::fromLanguageName(attribute->attr.text);
        isLanguage && type && type->hasMLIRType())
      return ArgumentSpec::scalar(*type);
    return std::nullopt;
  }
  if (auto *call = llvm::dyn_cast<ast::Call>(annotation)) {
    std::string name = ast::getDottedName(call->callee);
    if (StringRef(name).ends_with("pointer_type") && !call->args.empty())
      if (std::optional<ArgumentSpec> inner = getAnnotatedSpec(call->args[0]))
        return ArgumentSpec::scalar(ElementType::pointerTo(inner->element));
  }
  return std::nullopt;
}

bool KernelEmitter::completeParameters() {
  Unit &unit = emitter.getMainUnit();
  for (Parameter &parameter : parameters) {
    SourceLoc loc = parameter.param->name.range.begin;
    if (parameter.spec && parameter.spec->kind == ArgumentSpec::Kind::Constant) {
      parameter.constant = toValue(parameter.spec->value, loc);
      if (parameter.constant.isPoison())
        return false;
    }
    std::optional<ArgumentSpec> annotated = getAnnotatedSpec(parameter.param->annotation);
    if (parameter.spec && annotated && !parameter.isConstexpr && parameter.spec->kind == ArgumentSpec::Kind::Scalar &&
        annotated->kind == ArgumentSpec::Kind::Scalar && annotated->element != parameter.spec->element) {
      emitter.error(loc, "the parameter '" + parameter.param->name.text + "' is annotated as " +
                             annotated->element.getSpelling() + ", but the signature says " +
                             parameter.spec->element.getSpelling());
      return false;
    }
    if (parameter.spec)
      continue;
    if (annotated && !parameter.isConstexpr) {
      parameter.spec = annotated;
      continue;
    }
    if (parameter.param->defaultValue) {
      Frame module;
      module.unit = &unit;
      module.isHost = true;
      module.name = "<module>";
      module.caller = emitter.frame;
      Frame *old = std::exchange(emitter.frame, &module);
      Value value = emitter.evaluate(parameter.param->defaultValue);
      emitter.frame = old;
      if (value.isPoison())
        return false;
      setConstant(parameter, value);
    }
  }
  if (hasMissing())
    useHeuristics();
  if (hasMissing() || !emitter.options.numWarps || !emitter.options.numStages)
    useAutotune();
  if (hasMissing())
    useHeuristics();
  bool complete = true;
  for (Parameter &parameter : parameters) {
    StringRef name = parameter.param->name.text;
    SourceLoc loc = parameter.param->name.range.begin;
    if (!parameter.spec) {
      if (parameter.isConstexpr)
        emitter.error(loc, "the constexpr '" + name + "' has no value; give it one in the signature: " + name + "=..." +
                               (heuristicProblem.empty() ? "" : " (" + heuristicProblem + ")"));
      else
        emitter.error(loc, "the type of the parameter '" + name + "' is not known; give it in the signature: " + name +
                               ": *fp32, i32, ...");
      complete = false;
    } else if (parameter.isConstexpr && parameter.spec->kind != ArgumentSpec::Kind::Constant) {
      emitter.error(loc, "'" + name + "' is a constexpr, so the signature must give its value, " + name +
                             "=..., not the type " + parameter.spec->getSpelling());
      complete = false;
    }
  }
  return complete;
}

void KernelEmitter::useHeuristics() {
  for (const ast::Expr *wrapper : function.wrappers) {
    auto *call = llvm::dyn_cast<ast::Call>(wrapper);
    if (!call || !StringRef(ast::getDottedName(call->callee)).ends_with("heuristics"))
      continue;
    const ast::Expr *values = !call->args.empty()       ? call->args.front()
                              : !call->keywords.empty() ? call->keywords.front().value
                                                        : nullptr;
    if (!values)
      continue;
    Attempt whole(emitter);
    Value table = emitter.evaluateConstant(values);
    if (table.is(ValueKind::Dict))
      for (auto &[key, rule] : table.dictData->items) {
        if (!key.isString())
          continue;
        Parameter *target =
            llvm::find_if(parameters, [&](const Parameter &p) { return p.param->name.text == key.getString(); });
        if (target == parameters.end() || target->spec)
          continue;
        // What the rule may ask for: constants, values of the launch, and that an argument is there at all.
        DictData known;
        for (const Parameter &parameter : parameters) {
          StringRef name = parameter.param->name.text;
          Value value = parameter.constant;
          for (auto &[launchName, constant] : signature.launchValues)
            if (launchName == name)
              value = toValue(constant, {});
          if (value.isUndefined() && parameter.spec)
            value = Value::ofString(emitter.arena.save(("the argument '" + name + "'").str()), ValueKind::Opaque);
          if (!value.isUndefined())
            known.items.push_back({Value::ofString(name), value});
        }
        Value arguments = emitter.arena.dict(std::move(known));
        Attempt attempt(emitter);
        HostScope host(emitter);
        Value value = emitter.call(rule, {{arguments, SourceRange(), {}}}, call->range.begin);
        if (attempt.failed() || value.isPoison())
          heuristicProblem = "its heuristic needs values that are known only at launch";
        else
          setConstant(*target, value);
      }
  }
}

void KernelEmitter::useAutotune() {
  for (const ast::Expr *wrapper : function.wrappers) {
    auto *call = llvm::dyn_cast<ast::Call>(wrapper);
    if (!call)
      continue;
    const ast::Expr *configs = nullptr;
    for (const ast::Keyword &keyword : call->keywords)
      if (keyword.name.text == "configs")
        configs = keyword.value;
    if (!configs && StringRef(ast::getDottedName(call->callee)).ends_with("autotune") && !call->args.empty())
      configs = call->args.front();
    if (!configs)
      continue;
    Attempt attempt(emitter);
    Value list = emitter.evaluateConstant(configs);
    llvm::SmallVector<Value> elements;
    bool usable = !list.isPoison() && emitter.getIterable(list, configs->getLoc(), elements) && !elements.empty() &&
                  elements.front().isTuple() && !elements.front().tupleData->fields.empty() &&
                  elements.front().tupleData->elements.front().is(ValueKind::Dict);
    if (!usable) {
      heuristicProblem = "the configurations of '@triton.autotune' are not known at compile time";
      continue;
    }
    bool wasMissing = hasMissing(), used = false;
    const TupleData &config = *elements.front().tupleData;
    for (auto &[key, value] : config.elements.front().dictData->items) {
      StringRef name = key.getString();
      Parameter *target = llvm::find_if(parameters, [&](const Parameter &p) { return p.param->name.text == name; });
      if (target == parameters.end() || target->spec)
        continue;
      setConstant(*target, value);
      used = true;
    }
    if (wasMissing && !used)
      continue;
    for (auto [name, value] : llvm::zip(config.fields, config.elements)) {
      if (!value.isIntLike())
        continue;
      int number = static_cast<int>(value.integer);
      if (name == "num_warps" && !configWarps)
        configWarps = number;
      if (name == "num_stages" && !configStages)
        configStages = number;
      if (name == "num_ctas" && !configCtas)
        configCtas = number;
    }
  }
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

void KernelEmitter::addArgument(ElementType element, const Twine &name, unsigned index, int64_t divisibility) {
  mlir::OpBuilder &builder = emitter.builder;
  // The largest power of two among the promises.
  int64_t power = divisibility & -divisibility;
  ParamInfo info;
  info.name = name.str();
  info.type = element.getSpelling();
  info.index = index;
  info.divisibility = power;
  llvm::SmallVector<mlir::NamedAttribute> attrs;
  if (power > 1)
    attrs.push_back(builder.getNamedAttr(tile::TileDialect::divisibilityAttrName, builder.getI32IntegerAttr(power)));
  attrs.push_back(builder.getNamedAttr(tile::TileDialect::argNameAttrName, builder.getStringAttr(info.name)));
  types.push_back(element.getMLIRType(builder.getContext()));
  attributes.push_back(builder.getDictionaryAttr(attrs));
  result.params.push_back(std::move(info));
}

/// Declares the arguments of the entry that one specification needs.
Value KernelEmitter::makeArgument(const ArgumentSpec &spec, const Twine &name, unsigned index) {
  int64_t divisibility = 1;
  for (int64_t divisor : spec.divisibility)
    divisibility = std::min<int64_t>(std::lcm(divisibility, divisor), int64_t(1) << 30);
  switch (spec.kind) {
  case ArgumentSpec::Kind::Constant:
    break;
  case ArgumentSpec::Kind::Scalar:
    addArgument(spec.element, name, index, divisibility);
    break;
  case ArgumentSpec::Kind::Tuple:
    for (auto [i, element] : llvm::enumerate(spec.elements))
      makeArgument(element, name + "." + Twine(i), index);
    break;
  case ArgumentSpec::Kind::Descriptor:
    // The base of a descriptor is aligned to 16 bytes, and so are its strides but the last, which is 1.
    addArgument(ElementType::pointerTo(spec.element), name + ".base", index, 16);
    for (size_t i = 0; i < spec.shape.size(); ++i)
      addArgument(DType::Int32, name + ".shape." + Twine(i), index, 1);
    for (size_t i = 0; i + 1 < spec.shape.size(); ++i)
      addArgument(DType::Int64, name + ".strides." + Twine(i), index,
                  std::max<int64_t>(1, 128 / std::max<int64_t>(8, ElementType(spec.element).getBitWidth())));
    break;
  }
  return Value();
}

/// The value of a parameter in the body.
Value KernelEmitter::takeArgument(const ArgumentSpec &spec) {
  auto take = [&](ElementType element) { return Value::tensor(entry->getArgument(nextArgument++), element); };
  switch (spec.kind) {
  case ArgumentSpec::Kind::Constant:
    return toValue(spec.value, def.name.range.begin);
  case ArgumentSpec::Kind::Scalar:
    return take(spec.element);
  case ArgumentSpec::Kind::Tuple: {
    llvm::SmallVector<Value> parts;
    for (const ArgumentSpec &element : spec.elements)
      parts.push_back(takeArgument(element));
    return emitter.arena.tuple(parts);
  }
  case ArgumentSpec::Kind::Descriptor: {
    BlockPointerData data;
    data.base = take(ElementType::pointerTo(spec.element));
    data.blockShape.assign(spec.shape.begin(), spec.shape.end());
    for (size_t i = 0; i < spec.shape.size(); ++i)
      data.shape.push_back(take(DType::Int32));
    for (size_t i = 0; i + 1 < spec.shape.size(); ++i)
      data.strides.push_back(take(DType::Int64));
    data.strides.push_back(Value::ofInt(1));
    return emitter.arena.blockPointer(std::move(data), ValueKind::Descriptor);
  }
  }
  return Value::poison();
}

void KernelEmitter::describeSpecialisation(Frame &frame) {
  unsigned shown = 0;
  for (const Parameter &parameter : parameters) {
    if (!parameter.spec || parameter.spec->kind != ArgumentSpec::Kind::Constant || shown == 8)
      continue;
    frame.specialisation +=
        (shown++ ? ", " : "") + parameter.param->name.text.str() + "=" + parameter.spec->value.getSpelling();
  }
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

/// Removes what nothing uses: constants that were folded into others, above all.
static void eraseDeadOps(mlir::Operation *root) {
  for (mlir::Region &region : root->getRegions())
    for (mlir::Block &block : region)
      for (mlir::Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
        if (mlir::isOpTriviallyDead(&op))
          op.erase();
        else
          eraseDeadOps(&op);
      }
}

bool KernelEmitter::verify() {
  std::string problem;
  mlir::ScopedDiagnosticHandler handler(emitter.getContext(), [&](mlir::Diagnostic &diagnostic) {
    if (problem.empty()) {
      problem = diagnostic.str();
      std::string place;
      llvm::raw_string_ostream os(place);
      diagnostic.getLocation().print(os);
      problem += " at " + place;
    }
    return mlir::success();
  });
  if (mlir::succeeded(mlir::verify(*result.module)))
    return true;
  emitter.error(def.name.range.begin,
                "internal error: the emitted code of '" + def.name.text + "' is invalid: " + problem);
  return false;
}

EmittedKernel KernelEmitter::run() {
  Frame frame;
  frame.unit = &emitter.getMainUnit();
  frame.name = def.name.text;
  frame.callLoc = def.name.range.begin;
  emitter.frame = &frame;
  emitter.here = def.name.range.begin;
  if (!matchSignature() || !completeParameters())
    return {};
  auto choose = [](std::optional<int> given, std::optional<int> config, int fallback) {
    return given ? *given : config.value_or(fallback);
  };
  emitter.numWarps = result.numWarps = choose(emitter.options.numWarps, configWarps, 4);
  emitter.numStages = result.numStages = choose(emitter.options.numStages, configStages, 3);
  emitter.numCtas = result.numCtas = choose(emitter.options.numCtas, configCtas, 1);
  auto isPower = [](int value, int limit) { return value > 0 && value <= limit && (value & (value - 1)) == 0; };
  if (!isPower(result.numWarps, 32))
    emitter.error(def.name.range.begin,
                  "the number of warps must be 1, 2, 4, 8, 16 or 32, but is " + Twine(result.numWarps));
  if (!isPower(result.numCtas, 16))
    emitter.error(def.name.range.begin, "the number of CTAs must be 1, 2, 4, 8 or 16, but is " + Twine(result.numCtas));
  if (result.numStages < 0 || result.numStages > 64)
    emitter.error(def.name.range.begin, "the number of stages must be from 1 to 64, but is " + Twine(result.numStages));
  if (emitter.numErrors)
    return {};
  result.numStages = emitter.numStages = std::max(result.numStages, 1);

  for (auto [index, parameter] : llvm::enumerate(parameters)) {
    makeArgument(*parameter.spec, parameter.param->name.text, index);
    if (parameter.spec->kind == ArgumentSpec::Kind::Constant)
      result.constants.push_back({parameter.param->name.text.str(), parameter.spec->value});
  }
  describeSpecialisation(frame);

  mlir::OpBuilder &builder = emitter.builder;
  mlir::Location loc = emitter.loc();
  result.module = mlir::ModuleOp::create(loc);
  mlir::Operation *module = result.module->getOperation();
  module->setAttr(tile::TileDialect::numWarpsAttrName, builder.getI32IntegerAttr(result.numWarps));
  module->setAttr(tile::TileDialect::numStagesAttrName, builder.getI32IntegerAttr(result.numStages));
  module->setAttr(tile::TileDialect::numCtasAttrName, builder.getI32IntegerAttr(result.numCtas));
  module->setAttr(tile::TileDialect::targetAttrName, builder.getStringAttr(emitter.options.target));
  builder.setInsertionPointToEnd(result.module->getBody());
  auto kernel = mlir::func::FuncOp::create(builder, loc, def.name.text, builder.getFunctionType(types, {}));
  kernel->setAttr(tile::TileDialect::kernelAttrName, builder.getUnitAttr());
  kernel.setAllArgAttrs(attributes);
  entry = kernel.addEntryBlock();
  builder.setInsertionPointToEnd(entry);

  FunctionData data;
  data.unit = frame.unit;
  data.name = def.name.text;
  data.def = &def;
  frame.analysis = &frame.unit->getAnalysis(data);
  frame.slots.resize(frame.analysis->getNumVariables());
  frame.assignedAt.resize(frame.slots.size());
  for (auto [index, parameter] : llvm::enumerate(parameters)) {
    frame.assignedAt[index] = parameter.param->name.range.begin;
    bool isConstant = parameter.spec->kind == ArgumentSpec::Kind::Constant;
    frame.slots[index] = isConstant ? parameter.constant : takeArgument(*parameter.spec);
    // An integer that merely happens to be known behaves like one that is not: division truncates.
    if (isConstant && !parameter.isConstexpr && parameter.constant.is(ValueKind::Int))
      frame.slots[index] = emitter.toTensor(parameter.constant, parameter.param->name.range.begin);
  }
  VariableSet none(frame.slots.size());
  Exit exit = emitter.emitBlock(def.body, &none);
  if (exit.may(Returns) && !exit.result.isNone() && !exit.result.isPoison() && !emitter.numErrors)
    emitter.error(def.name.range.begin, "a kernel returns nothing, but '" + def.name.text + "' returns " +
                                            describe(exit.result) + "; store the result to memory");
  mlir::func::ReturnOp::create(builder, loc);
  emitter.here = def.name.range.begin;
  if (emitter.numErrors || emitter.shouldStop())
    return {};
  eraseDeadOps(kernel);
  if (!verify())
    return {};
  return std::move(result);
}

EmittedKernel Emitter::emitKernel(StringRef name, const Signature &signature) {
  const Program &program = getMainUnit().program;
  const DeviceFunction *function = program.findFunction(name);
  if (!function || function->def->role != ast::FunctionRole::Device) {
    llvm::SmallVector<StringRef> names;
    for (const DeviceFunction &candidate : program.getDeviceFunctions())
      names.push_back(candidate.getName());
    diagnostics.error(program.getModule().body.empty() ? SourceLoc() : program.getModule().body.front()->range.begin,
                      "there is no kernel '" + name + "' in this file" + suggest(name, names));
    return {};
  }
  if (function->def->hasErrors) {
    if (!diagnostics.hasErrors())
      diagnostics.error(function->def->name.range.begin, "'" + name + "' has syntax errors");
    return {};
  }
  EmittedKernel result = KernelEmitter(*this, *function, signature).run();
  frame = nullptr;
  return result;
}

//===----------------------------------------------------------------------===//
// Public functions
//===----------------------------------------------------------------------===//

void tessera::loadFrontendDialects(mlir::MLIRContext &context) {
  context.loadDialect<tile::TileDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                      mlir::scf::SCFDialect>();
}

EmittedKernel tessera::emitKernel(mlir::MLIRContext &context, const Program &program, StringRef kernel,
                                  const Signature &signature, const EmitOptions &options,
                                  DiagnosticEngine &diagnostics) {
  loadFrontendDialects(context);
  return Emitter(context, program, options, diagnostics).emitKernel(kernel, signature);
}

std::optional<std::vector<KernelParameter>> tessera::getKernelParameters(const Program &program, StringRef kernel) {
  const DeviceFunction *function = program.findFunction(kernel);
  if (!function || function->def->role != ast::FunctionRole::Device)
    return std::nullopt;
  // The names (or positions) in `do_not_specialize=[...]` and its likes.
  llvm::SmallVector<const ast::Expr *> unspecialised;
  if (const ast::Call *marker = function->getMarkerCall())
    for (const ast::Keyword &keyword : marker->keywords)
      if (keyword.name.text == "do_not_specialize" || keyword.name.text == "do_not_specialize_on_alignment") {
        if (auto *list = llvm::dyn_cast<ast::List>(keyword.value))
          unspecialised.append(list->elements.begin(), list->elements.end());
        else if (auto *tuple = llvm::dyn_cast<ast::Tuple>(keyword.value))
          unspecialised.append(tuple->elements.begin(), tuple->elements.end());
      }
  std::vector<KernelParameter> result;
  for (const ast::Param &param : function->def->params) {
    KernelParameter parameter;
    parameter.name = param.name.text.str();
    const ast::Expr *annotation = param.annotation;
    if (auto *text = llvm::dyn_cast_or_null<ast::StringLiteral>(annotation))
      parameter.isConstexpr = text->value.ends_with("constexpr");
    else if (annotation)
      parameter.isConstexpr = StringRef(ast::getDottedName(annotation)).ends_with("constexpr");
    parameter.hasDefault = param.defaultValue != nullptr;
    if (!parameter.isConstexpr)
      parameter.annotated = getAnnotatedSpec(annotation);
    for (const ast::Expr *entry : unspecialised) {
      if (auto *name = llvm::dyn_cast<ast::StringLiteral>(entry))
        parameter.specialise &= name->value != param.name.text;
      if (auto *index = llvm::dyn_cast<ast::IntLiteral>(entry))
        parameter.specialise &= index->value != result.size();
    }
    result.push_back(std::move(parameter));
  }
  return result;
}
