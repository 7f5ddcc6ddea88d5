//===- BuiltinsDebug.cpp - printing, assertions, inline assembly -------------===//
//
// What a kernel says while it is compiled and while it runs, and PTX in it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

static Value emitStaticPrint(BuiltinCall &call) {
  // *values, sep, end, file, flush
  std::optional<StringRef> separator = getString(call, 1);
  if (!separator)
    return Value::poison();
  std::string text;
  for (auto [i, value] : llvm::enumerate(call[0].tupleData->elements)) {
    std::optional<Value> known = call.emitter.getConstant(value);
    text += (i ? separator->str() : "") + toPython(known ? *known : value, /*repr=*/false);
  }
  if (!call.emitter.silenced)
    call.emitter.diagnostics.remark(call.loc, text);
  return Value::none();
}

static Value emitStaticAssert(BuiltinCall &call) {
  std::optional<Value> condition = call.emitter.getConstant(call[0]);
  if (!condition)
    return wrongArgument(call, 0, "known at compile time");
  if (isTruthy(*condition))
    return Value::none();
  std::string message = toPython(call[1], /*repr=*/false);
  // The library's own are how it checks its arguments.
  if (call.emitter.frame->unit->isLibrary && !message.empty())
    return call.emitter.error(call.loc, message);
  return std::move(call.emitter.error(call.loc, "static assertion failed" + (message.empty() ? "" : ": " + message))
                       .range(call.ranges[0]));
}

static Value emitPrint(Emitter &emitter, std::string prefix, llvm::ArrayRef<Value> values, bool hex, SourceLoc loc) {
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<int32_t> isSigned;
  for (Value value : values) {
    value = emitter.toTensor(value, loc);
    if (value.isPoison())
      return value;
    if (value.element.isFloat8())
      value = emitter.cast(value, DType::Float32, loc);
    operands.push_back(value.getSSA());
    isSigned.push_back(value.element.isSigned());
  }
  tile::PrintOp::create(emitter.builder, emitter.loc(), prefix, hex, operands, isSigned);
  return Value::none();
}

static Value emitDevicePrint(BuiltinCall &call) {
  // prefix, *args, hex=False
  std::optional<bool> hex = getBool(call, 2);
  std::optional<StringRef> given = getString(call, 0);
  if (!hex || !given)
    return Value::poison();
  // The prefix ends in ": " where values follow, and starts with a space.
  std::string prefix = given->str();
  llvm::ArrayRef<Value> values = call[1].tupleData->elements;
  if (!values.empty()) {
    if (!StringRef(prefix).ends_with(" "))
      prefix += " ";
    if (!StringRef(prefix).ends_with(": "))
      prefix = prefix.substr(0, prefix.size() - 1) + ": ";
  }
  if (prefix.size() > 2 && prefix[0] != ' ')
    prefix = " " + prefix;
  return emitPrint(call.emitter, prefix, values, *hex, call.loc);
}

static Value emitDeviceAssert(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<StringRef> message = getString(call, 1);
  if (!message)
    return Value::poison();
  Value condition = emitter.toCondition(call[0], call.loc);
  if (condition.isPoison() || !emitter.options.assertions)
    return condition.isPoison() ? condition : Value::none();
  mlir::Value mask;
  if (!call[2].isNone()) {
    Value given = emitter.toCondition(call[2], call.loc);
    if (!emitter.broadcastPair(condition, given, call.loc, "'tl.device_assert'"))
      return Value::poison();
    mask = given.getSSA();
  }
  tile::AssertOp::create(emitter.builder, emitter.loc(), condition.getSSA(), emitter.builder.getStringAttr(*message),
                         mask);
  return Value::none();
}

//===----------------------------------------------------------------------===//
// Inline assembly
//===----------------------------------------------------------------------===//

static Value createAsm(Emitter &emitter, StringRef text, StringRef constraints, llvm::ArrayRef<Value> args,
                       llvm::ArrayRef<ElementType> types, bool isTuple, bool isPure, int64_t pack) {
  llvm::ArrayRef<int64_t> shape;
  llvm::SmallVector<mlir::Value> operands;
  for (const Value &arg : args) {
    operands.push_back(arg.getSSA());
    shape = arg.getShape();
  }
  llvm::SmallVector<mlir::Type> results;
  for (ElementType type : types)
    results.push_back(emitter.getType(type, shape));
  auto op =
      tile::InlineAsmOp::create(emitter.builder, emitter.loc(), results, operands, text, constraints, isPure, pack);
  llvm::SmallVector<Value> values;
  for (auto [result, type] : llvm::zip(op.getResults(), types))
    values.push_back(Value::tensor(result, type));
  return isTuple ? emitter.arena.tuple(values) : values[0];
}

/// How many registers a pack of elements takes: small elements share one of 32 bits.
static unsigned countWords(ElementType type, int64_t pack) {
  unsigned bits = type.isPointer() ? 64 : type.getBitWidth();
  return bits >= 32 ? pack : pack / std::min<int64_t>(32 / std::max(8u, bits), pack);
}

/// What is wrong with the constraints of inline assembly, if anything: the back end ends the process over some
/// mistakes.
static std::string checkConstraints(StringRef constraints, unsigned outputs, unsigned inputs) {
  unsigned numOutputs = 0, numInputs = 0;
  for (StringRef item : llvm::split(constraints, ',')) {
    item = item.trim();
    if (item.empty() || item.starts_with("~{"))
      continue;
    StringRef letter = item;
    bool isOutput = letter.consume_front("=");
    if (isOutput)
      letter.consume_front("&");
    unsigned tied = 0;
    bool isTied = !isOutput && !letter.getAsInteger(10, tied) && tied < outputs;
    if (!isTied && (letter.size() != 1 || !StringRef("bhrlqfd").contains(letter)))
      return ("has the constraint '" + item +
              "', which is none of b, h, r, l, f, d (registers), with '=' before a result, and numbers of results")
          .str();
    ++(isOutput ? numOutputs : numInputs);
  }
  if (numOutputs == outputs && numInputs == inputs)
    return {};
  return ("needs a constraint for each result and argument: there are " + Twine(outputs) + " and " + Twine(inputs) +
          ", the constraints are for " + Twine(numOutputs) + " and " + Twine(numInputs))
      .str();
}

/// The same for the text: `$0` and `${0}` are operands, `$$` is a dollar, `$( | $)` separate variants.
static std::string checkAsmText(StringRef text, unsigned operands) {
  for (size_t at = text.find('$'); at != StringRef::npos; at = text.find('$', at)) {
    StringRef rest = text.drop_front(at + 1);
    if (!rest.empty() && StringRef("$(|)").contains(rest.front())) {
      at += 2;
      continue;
    }
    bool isBraced = rest.consume_front("{");
    unsigned number = 0;
    if (rest.consumeInteger(10, number) || (isBraced && !rest.starts_with("}")))
      return "has a '$' in its text that begins no operand such as $0; a dollar is written $$";
    if (number >= operands)
      return ("speaks of $" + Twine(number) + ", but has " + Twine(operands) + " operands, from $0").str();
    at = text.size() - rest.size();
  }
  return {};
}

static Value emitInlineAsm(BuiltinCall &call) {
  // asm, constraints, args, dtype, is_pure, pack
  Emitter &emitter = call.emitter;
  std::optional<StringRef> text = getString(call, 0), constraints = getString(call, 1);
  std::optional<bool> isPure = getBool(call, 4);
  std::optional<int64_t> pack = getInt(call, 5);
  if (!text || !constraints || !isPure || !pack)
    return Value::poison();
  if (*pack < 1 || (*pack & (*pack - 1)))
    return wrongArgument(call, 5, "a power of two");
  llvm::SmallVector<Value> args;
  if (call[2].isTuple())
    args.assign(call[2].tupleData->elements.begin(), call[2].tupleData->elements.end());
  else
    args.push_back(call[2]);
  llvm::SmallVector<ElementType> types;
  bool isTuple = call[3].isTuple();
  llvm::SmallVector<Value> typeValues;
  if (isTuple)
    typeValues.assign(call[3].tupleData->elements.begin(), call[3].tupleData->elements.end());
  else
    typeValues.push_back(call[3]);
  for (const Value &type : typeValues) {
    if (!type.isType() || !type.element.hasMLIRType())
      return wrongArgument(call, 3, "a type such as tl.float32, or a tuple of types");
    types.push_back(type.element);
  }
  if (types.empty())
    return wrongArgument(call, 3, "at least one type");
  llvm::SmallVector<Value *> parts;
  for (Value &arg : args) {
    arg = emitter.toTensor(arg, getArgumentLoc(call, 2));
    if (arg.isPoison())
      return arg;
    parts.push_back(&arg);
  }
  if (!emitter.broadcastAll(parts, call.loc, "'tl.inline_asm_elementwise'"))
    return Value::poison();
  unsigned outputs = 0, inputs = 0;
  for (ElementType type : types)
    outputs += countWords(type, *pack);
  for (const Value &arg : args)
    inputs += countWords(arg.element, *pack);
  if (std::string problem = checkConstraints(*constraints, outputs, inputs); !problem.empty())
    return emitter.error(getArgumentLoc(call, 1), "'tl.inline_asm_elementwise' " + problem).range(call.ranges[1]);
  if (std::string problem = checkAsmText(*text, outputs + inputs); !problem.empty())
    return emitter.error(getArgumentLoc(call, 0), "'tl.inline_asm_elementwise' " + problem).range(call.ranges[0]);
  return createAsm(emitter, *text, *constraints, args, types, isTuple, *isPure, *pack);
}

static Value emitMapElementwise(BuiltinCall &call) {
  return callError(call, "is not supported; write the function on tensors with 'tl.where'");
}

llvm::ArrayRef<Builtin> emit::getDebugBuiltins() {
  static constexpr Builtin table[] = {
      {"static_print", "*values, sep=' ', end='', file=None, flush=False", emitStaticPrint},
      {"static_assert", "cond, msg=''", emitStaticAssert},
      {"device_print", "prefix, *args, hex=False", emitDevicePrint},
      {"device_assert", "cond, msg='', mask=None", emitDeviceAssert},
      {"inline_asm_elementwise", "asm, constraints, args, dtype, is_pure, pack", emitInlineAsm},
      {"map_elementwise", "scalar_fn, *args, pack=1", emitMapElementwise},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// tl.extra.cuda and tl.target_info
//===----------------------------------------------------------------------===//

static Value emitNumWarps(BuiltinCall &call) {
  return Value::ofInt(call.builtin.variant ? call.emitter.numWarps * 32 : call.emitter.numWarps);
}

static Value emitSpecialRegister(BuiltinCall &call) {
  if (call.builtin.variant)
    return createAsm(call.emitter, "mov.u64 $0, %globaltimer;", "=l", {}, {DType::Int64}, false, /*isPure=*/false, 1);
  return createAsm(call.emitter, "mov.u32 $0, %smid;", "=r", {}, {DType::Int32}, false, /*isPure=*/true, 1);
}

/// sm_90a → 90.
static int getCapability(StringRef target) {
  int number = 0;
  target.consume_front("sm_");
  target.consumeInteger(10, number);
  return number;
}

/// Without a launch that allows programs to overlap those of the kernel before, both do nothing.
static Value emitDependentLaunch(BuiltinCall &call) {
  StringRef target = call.emitter.options.target;
  if (getCapability(target) < 90)
    return callError(call, "needs sm_90 or later, but the target is " + target);
  createAsm(call.emitter,
            call.builtin.variant ? "griddepcontrol.launch_dependents;\n\tmov.b32 $0, 0;"
                                 : "griddepcontrol.wait;\n\tmov.b32 $0, 0;",
            "=r", {}, {DType::Int32}, false, /*isPure=*/false, 1);
  return Value::none();
}

static Value emitTargetQuery(BuiltinCall &call) { return Value::ofBool(call.builtin.variant); }

static Value emitCapability(BuiltinCall &call) {
  std::optional<int64_t> major = getInt(call, 0), minor = getInt(call, 1);
  if (!major || !minor)
    return Value::poison();
  return Value::ofBool(getCapability(call.emitter.options.target) >= *major * 10 + *minor);
}

/// What host functions ask the driver for, to choose among configurations: a named tuple.
static Value emitCurrentTarget(BuiltinCall &call) {
  TupleData *data = call.emitter.arena.newTuple();
  data->fields = {"backend", "arch", "warp_size"};
  data->elements = {Value::ofString("cuda"), Value::ofInt(getCapability(call.emitter.options.target)),
                    Value::ofInt(32)};
  return ValueArena::wrap(data);
}

llvm::ArrayRef<Builtin> emit::getCudaBuiltins() {
  static constexpr Builtin table[] = {
      {"num_warps", "", emitNumWarps},       {"num_threads", "", emitNumWarps, PlainFunction, 1},
      {"smid", "", emitSpecialRegister},     {"globaltimer", "", emitSpecialRegister, PlainFunction, 1},
      {"gdc_wait", "", emitDependentLaunch}, {"gdc_launch_dependents", "", emitDependentLaunch, PlainFunction, 1},
  };
  return table;
}

llvm::ArrayRef<Builtin> emit::getTargetInfoBuiltins() {
  static constexpr Builtin table[] = {
      {"is_cuda", "", emitTargetQuery, PlainFunction, 1},
      {"is_hip", "", emitTargetQuery},
      {"is_hip_cdna3", "", emitTargetQuery},
      {"is_hip_cdna4", "", emitTargetQuery},
      {"cuda_capability_geq", "major, minor=0", emitCapability},
      {"get_current_target", "", emitCurrentTarget, HostFunction},
  };
  return table;
}
