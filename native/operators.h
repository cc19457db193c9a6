// Operators: `resolve` finds one in the c10 dispatcher, `call` converts JavaScript values to IValues by its schema, calls it boxed and converts
// the results back. Included by bridge.cc alone, whose state it holds.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <node_api.h>

#include <cmath>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "guards.h"
#include "values.h"

namespace {

enum class Kind { Tensor, Scalar, Int, Float, Bool, String, Dtype, Layout, MemoryFormat, Device, Generator,
                  TensorList, OptionalTensorList, IntList, FloatList, BoolList, ScalarList };

struct Parameter {
  std::string name;
  Kind kind;
  bool isOptional;
  std::optional<int32_t> length;
  std::optional<c10::IValue> fallback;
};

struct Operator {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Parameter> parameters;
  std::vector<std::string> names;  // of the parameters
  autodidact::Guard guard;         // null for most
  bool returnsSelf;  // in-place operator: JavaScript already holds the result
};

thread_local std::vector<Operator> operators;

Kind kindOf(const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType: return Kind::Int;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::StringType: return Kind::String;
    case c10::TypeKind::ScalarTypeType: return Kind::Dtype;
    case c10::TypeKind::LayoutType: return Kind::Layout;
    case c10::TypeKind::MemoryFormatType: return Kind::MemoryFormat;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::GeneratorType: return Kind::Generator;
    case c10::TypeKind::ListType: {
      const auto& element = *type.containedType(0);
      if (element.kind() == c10::TypeKind::OptionalType) return Kind::OptionalTensorList;
      switch (kindOf(element)) {
        case Kind::Tensor: return Kind::TensorList;
        case Kind::Int: return Kind::IntList;
        case Kind::Float: return Kind::FloatList;
        case Kind::Bool: return Kind::BoolList;
        case Kind::Scalar: return Kind::ScalarList;
        default: break;
      }
      break;
    }
    default: break;
  }
  throw BridgeError("ENGINE", "The bridge has no conversion for arguments of type " + type.str());
}

napi_value resolve(const Arguments& args) {
  const auto name = toString(args.env, args[0]);
  const auto overload = toString(args.env, args[1]);
  auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!handle) throw BridgeError("ENGINE", "This libtorch (" TORCH_VERSION ") has no operator " + name + "." + overload);
  const auto& schema = handle->schema();
  Operator op{*handle, overload.empty() ? name : name + "." + overload, {}, {}, autodidact::guardOf(name), false};
  for (const auto& argument : schema.arguments()) {
    auto type = argument.real_type();
    const bool isOptional = type->kind() == c10::TypeKind::OptionalType;
    if (isOptional) type = type->containedType(0);
    op.names.push_back(argument.name());
    op.parameters.push_back({argument.name(), kindOf(*type), isOptional, argument.N(), argument.default_value()});
  }
  op.returnsSelf = name.back() == '_' && schema.returns().size() == 1 && schema.returns()[0].alias_info() != nullptr;
  operators.push_back(std::move(op));
  return number(args.env, static_cast<double>(operators.size() - 1));
}

c10::IValue convert(napi_env env, napi_value value, const Parameter& parameter) {
  const auto type = value == nullptr ? napi_undefined : typeOf(env, value);
  if (type == napi_undefined || type == napi_null) {
    if (type == napi_undefined && parameter.fallback) return *parameter.fallback;
    if (parameter.isOptional) return c10::IValue();
    throw BridgeError("SHAPE", "it is missing");
  }
  switch (parameter.kind) {
    case Kind::Tensor: return load(toNumber(env, value, "a tensor"));
    case Kind::Scalar: return toScalar(env, value);
    case Kind::Int: return toInteger(env, value);
    case Kind::Float: return toNumber(env, value);
    case Kind::Bool: return toBool(env, value);
    case Kind::String: return toString(env, value);
    case Kind::Dtype:
    case Kind::Layout:
    case Kind::MemoryFormat: return toInteger(env, value);
    case Kind::Device: return c10::Device(toString(env, value));
    case Kind::Generator: return generatorAt(toInteger(env, value));
    case Kind::TensorList:
      return c10::List<at::Tensor>(c10::ArrayRef<at::Tensor>(
          toVector(env, value, [&](napi_value v) { return load(toNumber(env, v, "a tensor")); })));
    case Kind::OptionalTensorList: {
      c10::List<std::optional<at::Tensor>> result;
      for (double id : toVector(env, value, [&](napi_value v) { return typeOf(env, v) == napi_number ? toNumber(env, v) : 0; }))
        result.push_back(id == 0 ? std::optional<at::Tensor>() : std::optional<at::Tensor>(load(id)));
      return result;
    }
    case Kind::IntList:
      if (type == napi_number)
        return c10::List<int64_t>(std::vector<int64_t>(parameter.length.value_or(1), toInteger(env, value)));
      return c10::List<int64_t>(toVector(env, value, [&](napi_value v) { return toInteger(env, v); }));
    case Kind::FloatList: return c10::List<double>(toVector(env, value, [&](napi_value v) { return toNumber(env, v); }));
    case Kind::BoolList: {
      c10::List<bool> result;
      for (bool item : toVector(env, value, [&](napi_value v) { return toBool(env, v); })) result.push_back(item);
      return result;
    }
    case Kind::ScalarList: {
      c10::List<at::Scalar> result;
      for (const auto& item : toVector(env, value, [&](napi_value v) { return toScalar(env, v); })) result.push_back(item);
      return result;
    }
  }
  throw BridgeError("ENGINE", "unreachable");
}

napi_value result(napi_env env, const c10::IValue& value) {
  if (value.isTensor()) return number(env, store(value.toTensor()));
  if (value.isTensorList())
    return list(env, value.toTensorVector(), [&](const at::Tensor& tensor) { return number(env, store(tensor)); });
  if (value.isBool()) return boolean(env, value.toBool());
  if (value.isInt()) return number(env, static_cast<double>(value.toInt()));
  if (value.isDouble()) return number(env, value.toDouble());
  if (value.isScalar()) return number(env, value.toScalar().toDouble());
  if (value.isIntList())
    return list(env, value.toIntVector(), [&](int64_t item) { return number(env, static_cast<double>(item)); });
  if (value.isNone()) return nullptr;
  throw BridgeError("ENGINE", "The bridge has no conversion for results of type " + value.tagKind());
}

std::string describe(const at::Tensor& tensor) {
  std::string shape;
  for (const auto size : tensor.sizes()) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  return std::string(c10::toString(tensor.scalar_type())) + "[" + shape + "]" +
         (tensor.is_cpu() ? "" : " on " + tensor.device().str());
}

// The tensors among the arguments, for error messages: "self Float[2, 3], mat2 Float[4, 5]".
std::string describeArguments(const Arguments& args, const Operator& op) {
  std::string described;
  for (size_t i = 0; i < op.parameters.size() && i + 1 < args.count; i++) {
    napi_value value = args.values[i + 1];
    const auto& parameter = op.parameters[i];
    const auto add = [&](const std::string& what) { described += (described.empty() ? "" : ", ") + parameter.name + " " + what; };
    double id = 0;
    if (parameter.kind == Kind::Tensor && napi_get_value_double(args.env, value, &id) == napi_ok)
      add(find(id) == nullptr ? "(freed)" : describe(find(id)->value));
    bool isArray = false;
    if (parameter.kind == Kind::IntList && napi_is_array(args.env, value, &isArray) == napi_ok && isArray) {
      std::string items;
      for (double item : toVector(args.env, value, [&](napi_value v) { double n = NAN; napi_get_value_double(args.env, v, &n); return n; }))
        items += (items.empty() ? "" : ", ") + (std::isnan(item) ? "?" : std::to_string(static_cast<int64_t>(item)));
      add("[" + items + "]");
    }
  }
  return described;
}

thread_local torch::jit::Stack stack;

napi_value call(const Arguments& args) {
  auto& op = operators.at(static_cast<size_t>(toNumber(args.env, args[0])));
  stack.clear();
  size_t current = 0;
  try {
    for (; current < op.parameters.size(); current++)
      stack.push_back(convert(args.env, current + 1 < args.count ? args.values[current + 1] : nullptr, op.parameters[current]));
  } catch (const BridgeError& error) {
    stack.clear();
    throw BridgeError(error.code, "`" + op.name + "`: argument `" + op.parameters[current].name + "`: " + error.what());
  }
  try {
    if (op.guard != nullptr) op.guard(autodidact::Call(stack, op.names));
    op.handle.callBoxed(stack);
  } catch (const std::exception& error) {
    const auto* native = dynamic_cast<const c10::Error*>(&error);
    const std::string message = autodidact::shortened(native != nullptr ? native->what_without_backtrace() : error.what());
    stack.clear();
    const std::string described = describeArguments(args, op);
    throw BridgeError("ENGINE", "`" + op.name + "`: " + message + (described.empty() ? "" : " (" + described + ")"));
  }
  if (op.returnsSelf || stack.empty()) {
    stack.clear();
    return nullptr;
  }
  napi_value returned = stack.size() == 1 ? result(args.env, stack[0])
                                          : list(args.env, stack, [&](const c10::IValue& value) { return result(args.env, value); });
  stack.clear();
  return returned;
}

// Every overload of an operator as plain objects, for the generator of the typed functions.
napi_value schemas(const Arguments& args) {
  const auto name = toString(args.env, args[0]);
  napi_value result;
  check(napi_create_array(args.env, &result), "make a list");
  uint32_t count = 0;
  for (const auto& operatorName : c10::Dispatcher::singleton().getAllOpNames()) {
    if (operatorName.name != name) continue;
    const auto handle = c10::Dispatcher::singleton().findSchema(operatorName);
    if (!handle) continue;
    const auto set = [&](napi_value object, const char* key, napi_value value) {
      check(napi_set_named_property(args.env, object, key, value), "fill an object");
    };
    const auto describeArgument = [&](const c10::Argument& argument) {
      napi_value object;
      check(napi_create_object(args.env, &object), "make an object");
      set(object, "name", text(args.env, argument.name()));
      set(object, "type", text(args.env, argument.real_type()->str()));
      set(object, "isKeywordOnly", boolean(args.env, argument.kwarg_only()));
      set(object, "hasDefault", boolean(args.env, argument.default_value().has_value()));
      set(object, "isFixedLength", boolean(args.env, argument.N().has_value()));
      return object;
    };
    napi_value object;
    check(napi_create_object(args.env, &object), "make an object");
    set(object, "overload", text(args.env, operatorName.overload_name));
    set(object, "arguments", list(args.env, handle->schema().arguments(), describeArgument));
    set(object, "returns", list(args.env, handle->schema().returns(), describeArgument));
    check(napi_set_element(args.env, result, count++, object), "fill a list");
  }
  return result;
}

}  // namespace
