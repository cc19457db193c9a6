// What every entry point of bridge.cc stands on: errors, the table of tensors, and JavaScript values to C++ and back. Included by bridge.cc
// alone, whose state it holds.
#pragma once

#include <ATen/ATen.h>
#include <node_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "guards.h"

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// Errors. Every entry point runs inside `entry`, which turns C++ exceptions into JavaScript errors with a code.

struct BridgeError : std::runtime_error {
  const char* code;
  BridgeError(const char* errorCode, const std::string& message) : std::runtime_error(message), code(errorCode) {}
};

void check(napi_status status, const char* what) {
  if (status != napi_ok) throw BridgeError("ENGINE", std::string("Node-API refused to ") + what);
}

// The JavaScript error class, called as `new Class(code, message)`; without it, plain errors with the code are thrown.
thread_local napi_ref errorClass = nullptr;

void throwError(napi_env env, const char* code, const char* message) {
  napi_value constructor, error, arguments[2];
  if (errorClass != nullptr && napi_get_reference_value(env, errorClass, &constructor) == napi_ok &&
      napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &arguments[0]) == napi_ok &&
      napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &arguments[1]) == napi_ok &&
      napi_new_instance(env, constructor, 2, arguments, &error) == napi_ok) {
    napi_throw(env, error);
    return;
  }
  napi_throw_error(env, code, message);
}

// ---------------------------------------------------------------------------------------------------------------------
// The tensor table. identifier = generation * 2^24 + slot, exact in a double; 0 means no tensor.

constexpr uint64_t kSlotBits = 24;
constexpr uint64_t kSlotMask = (1ULL << kSlotBits) - 1;

struct Slot {
  at::Tensor value;
  uint64_t generation = 1;
};

thread_local std::vector<Slot> slots;
thread_local std::vector<uint32_t> freeSlots;
thread_local std::vector<at::Generator> generators;
thread_local std::vector<size_t> freeGenerators;

// libtorch's kernels store sets of dimensions in 64 bits.
constexpr int64_t kMostDimensions = 64;

const at::Generator& generatorAt(int64_t index) {
  if (index < 0 || static_cast<size_t>(index) >= generators.size() || !generators[static_cast<size_t>(index)].defined())
    throw BridgeError("FREED", "a generator that was already freed");
  return generators[static_cast<size_t>(index)];
}

double store(at::Tensor value) {
  if (!value.defined()) return 0;
  if (value.dim() > kMostDimensions)
    throw BridgeError("SHAPE", "expected at most 64 dimensions, received " + std::to_string(value.dim()));
  uint32_t index;
  if (freeSlots.empty()) {
    index = static_cast<uint32_t>(slots.size());
    if (index > kSlotMask) throw BridgeError("ENGINE", "More than 16 million tensors are alive; free some, or work in a scope");
    slots.emplace_back();
  } else {
    index = freeSlots.back();
    freeSlots.pop_back();
  }
  slots[index].value = std::move(value);
  return static_cast<double>((slots[index].generation << kSlotBits) | index);
}

Slot* find(double id) {
  if (!(id > 0)) return nullptr;
  const auto bits = static_cast<uint64_t>(id);
  const auto index = bits & kSlotMask;
  if (index >= slots.size() || slots[index].generation != bits >> kSlotBits || !slots[index].value.defined()) return nullptr;
  return &slots[index];
}

const at::Tensor& load(double id) {
  Slot* slot = find(id);
  if (slot == nullptr) throw BridgeError("FREED", "a tensor that was already freed");
  return slot->value;
}

void release(double id) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  slot->value.reset();
  slot->generation = (slot->generation + 1) & ((1ULL << 28) - 1);
  if (slot->generation == 0) slot->generation = 1;
  freeSlots.push_back(static_cast<uint32_t>(static_cast<uint64_t>(id) & kSlotMask));
}

// ---------------------------------------------------------------------------------------------------------------------
// JavaScript values to C++ and back.

struct Arguments {
  static constexpr size_t kMost = 40;
  napi_env env;
  size_t count = kMost;
  napi_value values[kMost];
  Arguments(napi_env environment, napi_callback_info info) : env(environment) {
    check(napi_get_cb_info(env, info, &count, values, nullptr, nullptr), "read the arguments");
  }
  napi_value operator[](size_t index) const {
    if (index >= count) throw BridgeError("ENGINE", "The bridge was called with too few arguments");
    return values[index];
  }
};

// Every entry point: reads the arguments, runs the body, and turns C++ exceptions into JavaScript errors with a code.
template <napi_value (*body)(const Arguments&)>
napi_value entry(napi_env env, napi_callback_info info) {
  try {
    return body(Arguments(env, info));
  } catch (const BridgeError& error) {
    throwError(env, error.code, error.what());
  } catch (const c10::Error& error) {
    throwError(env, "ENGINE", autodidact::shortened(error.what_without_backtrace()).c_str());
  } catch (const std::bad_alloc&) {
    throwError(env, "ENGINE", "not enough memory");
  } catch (const std::exception& error) {
    throwError(env, "ENGINE", error.what());
  }
  return nullptr;
}

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(napi_typeof(env, value, &type), "read a type");
  return type;
}

double toNumber(napi_env env, napi_value value, const char* what = "a number") {
  double result;
  if (napi_get_value_double(env, value, &result) != napi_ok) throw BridgeError("SHAPE", std::string("expected ") + what);
  return result;
}

bool isIntegral(double value) { return std::abs(value) < 0x1p53 && value == std::floor(value); }

std::string show(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

int64_t toInteger(napi_env env, napi_value value) {
  const double number = toNumber(env, value, "an integer");
  if (!isIntegral(number)) throw BridgeError("SHAPE", "expected an integer, received " + show(number));
  return static_cast<int64_t>(number);
}

bool toBool(napi_env env, napi_value value) {
  bool result;
  if (napi_get_value_bool(env, value, &result) != napi_ok) throw BridgeError("SHAPE", "expected true or false");
  return result;
}

std::string toString(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) throw BridgeError("SHAPE", "expected a string");
  std::string result(length, '\0');
  check(napi_get_value_string_utf8(env, value, result.data(), length + 1, &length), "read a string");
  return result;
}

template <typename Convert>
auto toVector(napi_env env, napi_value value, Convert&& convert) {
  bool isArray = false;
  napi_is_array(env, value, &isArray);
  if (!isArray) throw BridgeError("SHAPE", "expected a list");
  uint32_t length = 0;
  check(napi_get_array_length(env, value, &length), "read a list's length");
  std::vector<decltype(convert(value))> result;
  result.reserve(std::min<uint32_t>(length, 1 << 16));  // the length of a sparse list costs nothing
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(napi_get_element(env, value, i, &element), "read a list");
    result.push_back(convert(element));
  }
  return result;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  check(napi_create_double(env, value, &result), "make a number");
  return result;
}

napi_value boolean(napi_env env, bool value) {
  napi_value result;
  check(napi_get_boolean(env, value, &result), "make a boolean");
  return result;
}

napi_value text(napi_env env, const std::string& value) {
  napi_value result;
  check(napi_create_string_utf8(env, value.c_str(), value.size(), &result), "make a string");
  return result;
}

template <typename List, typename Convert>
napi_value list(napi_env env, const List& values, Convert&& convert) {
  napi_value result;
  check(napi_create_array_with_length(env, values.size(), &result), "make a list");
  uint32_t i = 0;
  for (const auto& value : values) check(napi_set_element(env, result, i++, convert(value)), "fill a list");
  return result;
}

// A JavaScript number is boxed as int64 when it is integral, since a double would promote integer tensors. The object
// {float: x} is boxed as a double.
at::Scalar toScalar(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_boolean:
      return at::Scalar(toBool(env, value));
    case napi_object: {
      napi_value inner;
      check(napi_get_named_property(env, value, "float", &inner), "read a scalar");
      return at::Scalar(toNumber(env, inner, "a number, a boolean or float(x)"));
    }
    default: {
      const double scalar = toNumber(env, value, "a number, a boolean or float(x)");
      return isIntegral(scalar) ? at::Scalar(static_cast<int64_t>(scalar)) : at::Scalar(scalar);
    }
  }
}

}  // namespace
