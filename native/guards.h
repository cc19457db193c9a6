// Checks of arguments that libtorch's own kernels leave out: without them the calls below end the process or never end.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace autodidact {

// The values of a call in the order of the operator's schema, whose names they go by.
class Call {
 public:
  Call(const torch::jit::Stack& values, const std::vector<std::string>& names) : values_(values), names_(names) {}

  const c10::IValue* find(const char* name) const {
    for (size_t i = 0; i < names_.size() && i < values_.size(); i++)
      if (names_[i] == name) return &values_[i];
    return nullptr;
  }
  const c10::IValue& operator[](const char* name) const {
    const c10::IValue* value = find(name);
    TORCH_CHECK(value != nullptr, "the operator has no argument ", name);
    return *value;
  }
  const torch::jit::Stack& values() const { return values_; }
  const std::vector<std::string>& names() const { return names_; }

 private:
  const torch::jit::Stack& values_;
  const std::vector<std::string>& names_;
};

using Guard = void (*)(const Call&);

// The kernels walk over all lists by the sizes of the parameters.
inline void checkFusedLists(const Call& call) {
  const auto self = call["self"].toTensorVector();
  for (size_t i = 0; i < call.values().size(); i++) {
    if (!call.values()[i].isTensorList()) continue;
    const auto& name = call.names()[i];
    const auto list = call.values()[i].toTensorVector();
    if (list.empty() && name != "grads") continue;  // not used by these options
    TORCH_CHECK(list.size() == self.size(), "`", name, "` has ", list.size(), " tensors, `self` has ", self.size());
    for (size_t k = 0; k < list.size(); k++) {
      if (name == "state_steps") {
        TORCH_CHECK(list[k].numel() == 1, "`state_steps` has a tensor of shape ", list[k].sizes(), " at ", k, ", expected one number");
        continue;
      }
      TORCH_CHECK(list[k].sizes() == self[k].sizes() && list[k].scalar_type() == self[k].scalar_type(), "`", name, "` has ",
                  c10::toString(list[k].scalar_type()), list[k].sizes(), " at ", k, ", `self` has ",
                  c10::toString(self[k].scalar_type()), self[k].sizes());
    }
  }
}

// The kernels take sizes for granted, oneDNN's among them: they read as many weights as the layers need, of the sizes that the
// states announce. The checks are those of PyTorch's modules, which stand before the operators there.
inline void checkRecurrent(const Call& call) {
  const auto& input = call["input"].toTensor();
  const bool isLstm = call["hx"].isTensorList();
  const auto states = isLstm ? call["hx"].toTensorVector() : std::vector<at::Tensor>{call["hx"].toTensor()};
  const auto weights = call["params"].toTensorVector();
  const int64_t layers = call["num_layers"].toInt();
  const int64_t directions = call["bidirectional"].toBool() ? 2 : 1;
  const bool hasBiases = call["has_biases"].toBool();
  const auto count = static_cast<int64_t>(weights.size());
  TORCH_CHECK(layers >= 1, "`num_layers` must be at least 1, received ", layers);
  TORCH_CHECK(layers <= count, "`params` has ", count, " tensors, too few for `num_layers` ", layers);
  TORCH_CHECK(input.dim() == 3, "`input` must have 3 dimensions, received ", input.sizes());
  TORCH_CHECK(!isLstm || states.size() == 2, "`hx` must be two tensors, received ", states.size());
  const auto batch = input.size(call["batch_first"].toBool() ? 0 : 1);
  for (const auto& state : states)
    TORCH_CHECK(state.dim() == 3 && state.size(0) == layers * directions && state.size(1) == batch, "`hx` must be of shape [",
                layers * directions, ", ", batch, ", ...], received ", state.sizes());
  const auto hidden = states.back().size(2);
  const auto output = states.front().size(2);  // another size with projections
  const bool isProjected = output != hidden;
  const int64_t each = (hasBiases ? 4 : 2) + (isProjected ? 1 : 0);
  TORCH_CHECK(count == layers * directions * each, "`params` must be ", layers * directions * each, " tensors, received ", count);
  const int64_t gates = (isLstm ? 4 : 3) * hidden;
  int64_t at = 0;
  const auto expect = [&](std::vector<int64_t> sizes) {
    TORCH_CHECK(weights[at].sizes() == c10::IntArrayRef(sizes), "`params` must have a tensor of shape ", c10::IntArrayRef(sizes), " at ",
                at, ", received ", weights[at].sizes());
    TORCH_CHECK(weights[at].scalar_type() == weights[0].scalar_type(), "`params` must be of one dtype");
    at++;
  };
  for (int64_t layer = 0; layer < layers; layer++)
    for (int64_t direction = 0; direction < directions; direction++) {
      expect({gates, layer == 0 ? input.size(2) : directions * output});
      expect({gates, output});
      if (hasBiases) expect({gates});
      if (hasBiases) expect({gates});
      if (isProjected) expect({output, hidden});
    }
}

// The number of queries is divided by the number of keys.
inline void checkGroupedHeads(const Call& call) {
  if (!call["enable_gqa"].toBool()) return;
  for (const char* name : {"key", "value"}) {
    const auto& tensor = call[name].toTensor();
    TORCH_CHECK(tensor.dim() >= 3 && tensor.size(-3) > 0, "`", name, "` must have at least one head for `enable_gqa`, received ", tensor.sizes());
  }
}

// As the pooling over two dimensions has it: one that is larger is walked over element by element.
inline void checkPoolingKernel(const Call& call) {
  for (const int64_t size : call["kernel_size"].toIntVector())
    TORCH_CHECK(size <= std::numeric_limits<int32_t>::max(), "`kernel_size` must fit into 32 bits, received ", size);
}

inline Guard guardOf(const std::string& name) {
  if (name.rfind("aten::_fused_", 0) == 0) return checkFusedLists;
  if (name == "aten::lstm" || name == "aten::gru") return checkRecurrent;
  if (name == "aten::scaled_dot_product_attention") return checkGroupedHeads;
  if (name == "aten::max_pool1d") return checkPoolingKernel;
  return nullptr;
}

// The part of libtorch's message that says what was wrong: without stack frames, lists of backends, or pleas to report it.
inline std::string shortened(std::string message) {
  for (const char* end : {"\nException raised from", "  Available functions are", "  (Could this error message be improved?"}) {
    const auto at = message.find(end);
    if (at != std::string::npos) message.resize(at);
  }
  return message;
}

}  // namespace autodidact
