// The bridge between JavaScript and libtorch, with operators.h, values.h, guards.h and large-blocks.h; word2vec.cc is the only other C++ in
// the project.
//
// No operator is wrapped by hand: operators.h calls all of them. Tensors live in a table on this side; JavaScript holds only identifiers
// (numbers that carry a generation), so that the use of a freed tensor is detected and memory does not depend on the garbage collector.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <node_api.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <cstring>
#include <mutex>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "guards.h"
#include "large-blocks.h"
#include "operators.h"
#include "values.h"
#include "word2vec.h"

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// Tensors: made, read, described, freed.

napi_value fromBytes(const Arguments& args) {  // (typed array, dtype, shape) -> id; one copy
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  check(napi_get_typedarray_info(args.env, args[0], &type, &length, &data, nullptr, nullptr), "read a typed array");
  const auto shape = toVector(args.env, args[2], [&](napi_value v) { return toInteger(args.env, v); });
  auto tensor = at::empty(shape, at::TensorOptions().dtype(static_cast<at::ScalarType>(toInteger(args.env, args[1]))));
  if (tensor.nbytes() > 0) std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
  return number(args.env, store(std::move(tensor)));
}

// An empty ArrayBuffer. Node-API ends the process when it cannot make a large one; the constructor throws.
napi_value arrayBuffer(napi_env env, size_t bytes, void** data) {
  napi_value buffer;
  if (bytes < autodidact::kCheckedBytes) {
    check(napi_create_arraybuffer(env, bytes, data, &buffer), "make an array buffer");
    return buffer;
  }
  autodidact::requireMemory(bytes);
  napi_value global, constructor, length = number(env, static_cast<double>(bytes));
  check(napi_get_global(env, &global), "read the global object");
  check(napi_get_named_property(env, global, "ArrayBuffer", &constructor), "find ArrayBuffer");
  if (napi_new_instance(env, constructor, 1, &length, &buffer) == napi_pending_exception) {
    napi_value exception;
    check(napi_get_and_clear_last_exception(env, &exception), "clear an exception");
    throw BridgeError("ENGINE", "JavaScript cannot hold an array of " + autodidact::showBytes(bytes));
  }
  check(napi_get_arraybuffer_info(env, buffer, data, &bytes), "read an array buffer");
  return buffer;
}

// (id, optional dtype to convert to) -> ArrayBuffer with the elements in row-major order; one copy
napi_value toBytes(const Arguments& args) {
  auto tensor = load(toNumber(args.env, args[0])).detach();
  if (args.count > 1) tensor = tensor.to(static_cast<at::ScalarType>(toInteger(args.env, args[1])));
  tensor = tensor.to(at::kCPU).contiguous();
  void* data = nullptr;
  napi_value buffer = arrayBuffer(args.env, tensor.nbytes(), &data);
  if (tensor.nbytes() > 0) std::memcpy(data, tensor.data_ptr(), tensor.nbytes());
  return buffer;
}

napi_value freeTensors(const Arguments& args) {  // (id, id, ...) or ([id, ...])
  for (size_t i = 0; i < args.count; i++) {
    if (typeOf(args.env, args[i]) == napi_number) release(toNumber(args.env, args[i]));
    else for (double id : toVector(args.env, args[i], [&](napi_value v) { return toNumber(args.env, v); })) release(id);
  }
  return nullptr;
}

template <typename Read>
napi_value read(const Arguments& args, Read&& property) {
  return property(load(toNumber(args.env, args[0])));
}

napi_value sizes(const Arguments& args) {
  return read(args, [&](const at::Tensor& t) { return list(args.env, t.sizes(), [&](int64_t n) { return number(args.env, n); }); });
}

napi_value strides(const Arguments& args) {
  return read(args, [&](const at::Tensor& t) { return list(args.env, t.strides(), [&](int64_t n) { return number(args.env, n); }); });
}

napi_value dtype(const Arguments& args) {
  return read(args, [&](const at::Tensor& t) { return number(args.env, static_cast<double>(t.scalar_type())); });
}

napi_value device(const Arguments& args) {
  return read(args, [&](const at::Tensor& t) { return text(args.env, t.device().str()); });
}

napi_value item(const Arguments& args) {
  const at::Tensor& tensor = load(toNumber(args.env, args[0]));
  if (tensor.numel() != 1) throw BridgeError("SHAPE", "expected a tensor of one element, received " + describe(tensor));
  const at::Scalar scalar = tensor.item();
  const double value = scalar.toDouble();
  if (scalar.isIntegral(/*includeBool=*/false) && (value >= 0x1p63 || static_cast<int64_t>(value) != scalar.toLong()))
    throw BridgeError("SHAPE", "expected an integer that a JavaScript number holds exactly, received " + std::to_string(scalar.toLong()));
  return number(args.env, value);
}

napi_value isContiguous(const Arguments& args) {  // (id, memory format)
  return boolean(args.env, load(toNumber(args.env, args[0])).is_contiguous(static_cast<at::MemoryFormat>(toInteger(args.env, args[1]))));
}

napi_value isAlive(const Arguments& args) {
  return boolean(args.env, find(toNumber(args.env, args[0])) != nullptr);
}

// ---------------------------------------------------------------------------------------------------------------------
// Autograd, autocast, randomness, memory, threads, devices.

napi_value requiresGrad(const Arguments& args) {
  return read(args, [&](const at::Tensor& t) { return boolean(args.env, t.requires_grad()); });
}

napi_value setRequiresGrad(const Arguments& args) {
  load(toNumber(args.env, args[0])).set_requires_grad(toBool(args.env, args[1]));
  return nullptr;
}

napi_value getGrad(const Arguments& args) {
  return read(args, [&](const at::Tensor& t) { return number(args.env, store(t.grad())); });
}

napi_value setGrad(const Arguments& args) {  // (id, gradient id or 0)
  const double gradient = toNumber(args.env, args[1]);
  load(toNumber(args.env, args[0])).mutable_grad() = gradient == 0 ? at::Tensor() : load(gradient);
  return nullptr;
}

torch::autograd::variable_list variables(napi_env env, napi_value value) {
  return toVector(env, value, [&](napi_value v) {
    const double id = toNumber(env, v, "a tensor");
    return id == 0 ? at::Tensor() : load(id);
  });
}

napi_value backward(const Arguments& args) {  // (roots, gradients, retainGraph)
  torch::autograd::backward(variables(args.env, args[0]), variables(args.env, args[1]), toBool(args.env, args[2]));
  return nullptr;
}

napi_value gradients(const Arguments& args) {  // (outputs, inputs, gradients, retainGraph, createGraph)
  const auto computed = torch::autograd::grad(variables(args.env, args[0]), variables(args.env, args[1]), variables(args.env, args[2]),
                                              toBool(args.env, args[3]), toBool(args.env, args[4]), /*allow_unused=*/true);
  return list(args.env, computed, [&](const at::Tensor& tensor) { return number(args.env, store(tensor)); });
}

// Grad mode and autocast belong to the calling thread. The JavaScript callers are synchronous and restore them in a `finally`,
// so that they never span an `await`.
napi_value setGradMode(const Arguments& args) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(toBool(args.env, args[0]));
  return boolean(args.env, before);
}

napi_value setAutocast(const Arguments& args) {  // (device, enabled, dtype) -> enabled before
  const auto type = c10::Device(toString(args.env, args[0])).type();
  const bool before = at::autocast::is_autocast_enabled(type);
  at::autocast::set_autocast_enabled(type, toBool(args.env, args[1]));
  at::autocast::set_autocast_dtype(type, static_cast<at::ScalarType>(toInteger(args.env, args[2])));
  if (!toBool(args.env, args[1])) at::autocast::clear_cache();
  return boolean(args.env, before);
}

napi_value newGenerator(const Arguments& args) {  // (device, seed) -> generator id
  auto generator = at::globalContext().defaultGenerator(c10::Device(toString(args.env, args[0]))).clone();
  generator.set_current_seed(static_cast<uint64_t>(toInteger(args.env, args[1])));
  if (freeGenerators.empty()) {
    freeGenerators.push_back(generators.size());
    generators.emplace_back();
  }
  const auto index = freeGenerators.back();
  freeGenerators.pop_back();
  generators[index] = std::move(generator);
  return number(args.env, static_cast<double>(index));
}

at::Generator generatorOf(napi_env env, napi_value value) {  // a generator id, or a device's name for its default generator
  if (typeOf(env, value) == napi_number) return generatorAt(toInteger(env, value));
  return at::globalContext().defaultGenerator(c10::Device(toString(env, value)));
}

napi_value freeGenerator(const Arguments& args) {  // (generator id)
  const auto index = static_cast<size_t>(toInteger(args.env, args[0]));
  generators.at(index) = at::Generator();
  freeGenerators.push_back(index);
  return nullptr;
}

napi_value seedGenerator(const Arguments& args) {  // (generator, seed)
  auto generator = generatorOf(args.env, args[0]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(static_cast<uint64_t>(toInteger(args.env, args[1])));
  return nullptr;
}

napi_value getGeneratorState(const Arguments& args) {  // (generator) -> id of a uint8 tensor
  return number(args.env, store(generatorOf(args.env, args[0]).get_state()));
}

napi_value setGeneratorState(const Arguments& args) {  // (generator, id)
  auto generator = generatorOf(args.env, args[0]);
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(load(toNumber(args.env, args[1])));
  return nullptr;
}

napi_value memory(const Arguments& args) {  // -> [live tensors, bytes of their storages]
  std::unordered_set<const void*> seen;
  double count = 0, bytes = 0;
  for (const auto& slot : slots) {
    if (!slot.value.defined()) continue;
    count++;
    if (slot.value.has_storage() && seen.insert(slot.value.storage().unsafeGetStorageImpl()).second)
      bytes += static_cast<double>(slot.value.storage().nbytes());
  }
  return list(args.env, std::vector<double>{count, bytes}, [&](double value) { return number(args.env, value); });
}

napi_value setMemoryLimit(const Arguments& args) {  // (bytes that the process may use)
  autodidact::setMemoryLimit(static_cast<size_t>(toInteger(args.env, args[0])));
  return nullptr;
}

napi_value requireMemory(const Arguments& args) {  // (bytes): throws when they are not available
  autodidact::requireMemory(static_cast<size_t>(toInteger(args.env, args[0])));
  return nullptr;
}

napi_value threads(const Arguments& args) {  // (count or 0) -> the count in force
  const auto count = toInteger(args.env, args[0]);
  if (count > 0) at::set_num_threads(static_cast<int>(count));
  return number(args.env, at::get_num_threads());
}

napi_value devices(const Arguments& args) {  // -> ["cpu", "cuda:0", ..., "mps"]
  std::vector<std::string> names{"cpu"};
  if (at::hasCUDA())
    for (size_t i = 0; i < at::getNumGPUs(); i++) names.push_back("cuda:" + std::to_string(i));
  if (at::hasMPS()) names.emplace_back("mps");
  return list(args.env, names, [&](const std::string& name) { return text(args.env, name); });
}

napi_value synchronize(const Arguments& args) {  // (device): waits for queued work
  const c10::Device target(toString(args.env, args[0]));
  if (!target.is_cpu()) c10::impl::VirtualGuardImpl(target.type()).synchronizeDevice(target.has_index() ? target.index() : 0);
  return nullptr;
}

// ---------------------------------------------------------------------------------------------------------------------
// Word vectors, see word2vec.cc.

// The elements of a CPU tensor of this type and shape; null for identifier 0.
template <typename Element>
Element* elements(napi_env env, napi_value id, const char* name, at::IntArrayRef shape) {
  const double identifier = toNumber(env, id, "a tensor");
  if (identifier == 0) return nullptr;
  const at::Tensor& tensor = load(identifier);
  TORCH_CHECK(tensor.is_cpu() && tensor.is_contiguous() && tensor.scalar_type() == c10::CppTypeToScalarType<Element>::value &&
                  tensor.sizes() == shape,
              "expected ", c10::toString(c10::CppTypeToScalarType<Element>::value), shape, " without gaps on the CPU for `", name,
              "`, received ", describe(tensor));
  return tensor.data_ptr<Element>();
}

template <typename Element>
void checkRange(const Element* values, int64_t count, int64_t least, int64_t bound, const char* name) {
  for (int64_t i = 0; i < count; i++)
    TORCH_CHECK(values[i] >= least && values[i] < bound, "`", name, "` has ", values[i], " at ", i, ", expected ", least, " to ", bound - 1);
}

// ([ids, sentences or 0, lengths], input, noise output or 0, node output or 0, keep, noise words or 0, [starts, nodes, bits of paths] or [], window, negatives,
//  [rate, final rate], seed, threads, [is skip-gram, is true gradient])
napi_value trainWords(const Arguments& args) {
  const auto env = args.env;
  const auto rows = toVector(env, args[0], [](napi_value v) { return v; });
  const at::Tensor& ids = load(toNumber(env, rows.at(0)));
  const at::Tensor& input = load(toNumber(env, args[1]));
  TORCH_CHECK(ids.dim() == 2, "expected `ids` of shape [rows, length], received ", describe(ids));
  TORCH_CHECK(input.dim() == 2 && input.size(0) >= 2, "expected `input` of shape [words, size] with at least two words, received ", describe(input));
  const int64_t words = input.size(0), size = input.size(1);
  const auto paths = toVector(env, args[6], [](napi_value v) { return v; });
  const auto lengthOf = [&](napi_value id) { return load(toNumber(env, id)).numel(); };
  const int64_t cells = toNumber(env, args[5]) == 0 ? 0 : lengthOf(args[5]);
  const int64_t nodes = paths.empty() ? 0 : lengthOf(paths.at(1));

  autodidact::WordText text{elements<int64_t>(env, rows.at(0), "ids", ids.sizes()), elements<int64_t>(env, rows.at(1), "sentences", ids.sizes()),
                            elements<int64_t>(env, rows.at(2), "lengths", {ids.size(0)}), ids.size(0), ids.size(1)};
  autodidact::WordTables tables{words,
                                size,
                                elements<float>(env, args[1], "input", input.sizes()),
                                elements<float>(env, args[2], "noiseOutput", {words, size}),
                                elements<float>(env, args[3], "nodeOutput", {words - 1, size}),
                                elements<float>(env, args[4], "keep", {words}),
                                elements<int32_t>(env, args[5], "noise", {cells}),
                                cells,
                                {}};
  if (!paths.empty())
    tables.tree = {elements<int64_t>(env, paths.at(0), "starts", {words + 1}), elements<int32_t>(env, paths.at(1), "nodes", {nodes}),
                   elements<uint8_t>(env, paths.at(2), "bits", {nodes})};
  TORCH_CHECK(text.lengths != nullptr && tables.keep != nullptr, "`lengths` and `keep` are missing");
  TORCH_CHECK((tables.noiseOutput == nullptr) == (tables.noise == nullptr || cells == 0), "negative sampling needs `noise` and `noiseOutput`");
  TORCH_CHECK((tables.nodeOutput == nullptr) == paths.empty(), "hierarchical softmax needs paths and `nodeOutput`");
  checkRange(text.lengths, text.rows, 0, text.length + 1, "lengths");
  checkRange(tables.noise, cells, 0, words, "noise");
  if (!paths.empty()) {
    checkRange(tables.tree.starts, words + 1, 0, nodes + 1, "starts");
    for (int64_t i = 0; i < words; i++) TORCH_CHECK(tables.tree.starts[i] <= tables.tree.starts[i + 1], "`starts` falls at ", i);
    checkRange(tables.tree.nodes, nodes, 0, words - 1, "nodes");
  }
  const auto rates = toVector(env, args[9], [&](napi_value v) { return toNumber(env, v); });
  const auto kinds = toVector(env, args[12], [&](napi_value v) { return toBool(env, v); });
  const autodidact::WordSettings settings{kinds.at(0),  kinds.at(1),  toInteger(env, args[7]), toInteger(env, args[8]), rates.at(0),
                                          rates.at(1), static_cast<uint64_t>(toInteger(env, args[10])), toInteger(env, args[11])};
  TORCH_CHECK(settings.window >= 1 && settings.negatives >= 0 && settings.threads >= 1, "`window` and `threads` must be at least 1");
  const auto totals = autodidact::trainWords(tables, text, settings);
  const std::vector<double> numbers{totals.loss, static_cast<double>(totals.words), static_cast<double>(totals.kept),
                                    static_cast<double>(totals.examples), static_cast<double>(totals.terms),
                                    static_cast<double>(totals.decisions), totals.right};
  return list(env, numbers, [&](double value) { return number(env, value); });
}

napi_value setErrorClass(const Arguments& args) {
  check(napi_create_reference(args.env, args[0], 1, &errorClass), "keep the error class");
  return nullptr;
}

napi_value version(const Arguments& args) {
  return text(args.env, TORCH_VERSION);
}

napi_value initialize(napi_env env, napi_value exports) {
  autodidact::installAllocator();
  at::globalContext().setDeterministicCuDNN(true);  // a resumed run must reproduce the losses
  const std::pair<const char*, napi_callback> entries[] = {
      {"resolve", entry<resolve>}, {"call", entry<call>}, {"schemas", entry<schemas>}, {"fromBytes", entry<fromBytes>}, {"toBytes", entry<toBytes>},
      {"free", entry<freeTensors>}, {"sizes", entry<sizes>}, {"strides", entry<strides>}, {"dtype", entry<dtype>}, {"device", entry<device>}, {"item", entry<item>},
      {"isContiguous", entry<isContiguous>}, {"isAlive", entry<isAlive>}, {"requiresGrad", entry<requiresGrad>},
      {"setRequiresGrad", entry<setRequiresGrad>}, {"getGrad", entry<getGrad>}, {"setGrad", entry<setGrad>}, {"backward", entry<backward>},
      {"gradients", entry<gradients>}, {"setGradMode", entry<setGradMode>}, {"setAutocast", entry<setAutocast>}, {"newGenerator", entry<newGenerator>}, {"freeGenerator", entry<freeGenerator>},
      {"seedGenerator", entry<seedGenerator>}, {"getGeneratorState", entry<getGeneratorState>}, {"setGeneratorState", entry<setGeneratorState>},
      {"memory", entry<memory>}, {"setMemoryLimit", entry<setMemoryLimit>}, {"requireMemory", entry<requireMemory>}, {"threads", entry<threads>}, {"devices", entry<devices>}, {"synchronize", entry<synchronize>}, {"version", entry<version>},
      {"trainWords", entry<trainWords>},
      {"setErrorClass", entry<setErrorClass>}};
  for (const auto& [name, callback] : entries) {
    napi_value function;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) != napi_ok) return nullptr;
    if (napi_set_named_property(env, exports, name, function) != napi_ok) return nullptr;
  }
  return exports;
}

}  // namespace

NAPI_MODULE_INIT() { return initialize(env, exports); }
