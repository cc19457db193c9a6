"""Golden values for src/engine/nn: outputs and gradients of PyTorch's layers. Run: python3 tests/golden/make_nn.py"""
import json
import pathlib
import struct

import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)


class Attend(nn.Module):
    """PyTorch's module with the arguments of one call; its boolean masks are true where attention is forbidden."""

    def __init__(self, dim, heads, bias=True, **call):
        super().__init__()
        self.inner, self.call = nn.MultiheadAttention(dim, heads, bias=bias, batch_first=True), call

    def forward(self, query, key=None, value=None):
        key = query if key is None else key
        return self.inner(query, key, key if value is None else value, need_weights=False, **self.call)[0]


def grid(*shape):
    return (torch.randn(*shape) * 100).round() / 100


allowed = torch.tensor([[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0]], dtype=torch.bool)
real_keys = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]], dtype=torch.bool)
biases = grid(3, 4)
image, wide, sequence, clip = (1, 4, 5, 6), (2, 3, 8), (5, 2, 3), (1, 2, 3, 4, 5)

# name: (layer, inputs)
cases = {
    "Linear": (nn.Linear(3, 2), [grid(4, 3)]),
    "Conv1d": (nn.Conv1d(4, 2, 3, stride=2, padding=1), [grid(2, 4, 9)]),
    "Conv2d": (nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2, bias=False), [grid(*image)]),
    "Conv3d": (nn.Conv3d(2, 3, 2, dilation=2), [grid(1, 2, 3, 4, 4)]),
    "ConvTranspose2d": (nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1), [grid(2, 4, 3, 3)]),
    "BatchNorm": (nn.BatchNorm2d(4), [grid(*image)]),
    "BatchNorm, cumulative": (nn.BatchNorm2d(4, momentum=None), [grid(*image)]),
    "BatchNorm, eval": (nn.BatchNorm1d(3).eval(), [grid(5, 3)]),
    "LayerNorm": (nn.LayerNorm(8), [grid(*wide)]),
    "GroupNorm": (nn.GroupNorm(2, 4), [grid(*image)]),
    "ReLU": (nn.ReLU(), [grid(*wide)]),
    "LeakyReLU": (nn.LeakyReLU(0.2), [grid(*wide)]),
    "PReLU": (nn.PReLU(3), [grid(*wide)]),
    "GELU": (nn.GELU(), [grid(*wide)]),
    "GELU, tanh": (nn.GELU(approximate="tanh"), [grid(*wide)]),
    "SiLU": (nn.SiLU(), [grid(*wide)]),
    "Tanh": (nn.Tanh(), [grid(*wide)]),
    "Sigmoid": (nn.Sigmoid(), [grid(*wide)]),
    "MaxPool2d": (nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), [grid(*image)]),
    "MaxPool2d, default stride": (nn.MaxPool2d(2), [grid(*image)]),
    "AvgPool2d": (nn.AvgPool2d(2, padding=1, count_include_pad=False), [grid(*image)]),
    "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d((2, 3)), [grid(*image)]),
    "GlobalAvgPool": (nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), [grid(*image)]),
    "PixelShuffle": (nn.PixelShuffle(2), [grid(*image)]),
    "PixelUnshuffle": (nn.PixelUnshuffle(2), [grid(1, 2, 4, 6)]),
    "Embedding": (nn.Embedding(5, 3, padding_idx=1), [torch.tensor([[0, 1, 4], [4, 2, 1]])]),
    "MultiheadAttention": (Attend(8, 2), [grid(*wide)]),
    "MultiheadAttention, no bias": (Attend(8, 4, bias=False), [grid(*wide)]),
    "MultiheadAttention, keys": (Attend(8, 2), [grid(*wide), grid(2, 4, 8)]),
    "MultiheadAttention, keys and values": (Attend(8, 2), [grid(*wide), grid(2, 4, 8), grid(2, 4, 8)]),
    "MultiheadAttention, causal": (
        Attend(8, 2, attn_mask=torch.ones(3, 3, dtype=torch.bool).triu(1), is_causal=True),
        [grid(*wide)],
    ),
    "MultiheadAttention, mask": (Attend(8, 2, attn_mask=~allowed), [grid(*wide), grid(2, 4, 8)]),
    "MultiheadAttention, key mask": (Attend(8, 2, key_padding_mask=~real_keys), [grid(*wide), grid(2, 4, 8)]),
    "MultiheadAttention, numbers and key mask": (
        Attend(8, 2, attn_mask=biases, key_padding_mask=torch.zeros(2, 4).masked_fill(~real_keys, float("-inf"))),
        [grid(*wide), grid(2, 4, 8)],
    ),
    "MultiheadAttention, causal and key mask": (
        Attend(8, 2, attn_mask=torch.ones(3, 4, dtype=torch.bool).triu(1), key_padding_mask=~real_keys),
        [grid(*wide), grid(2, 4, 8)],
    ),
    "GRU": (nn.GRU(3, 4), [grid(*sequence)]),
    "GRU, deep": (nn.GRU(3, 4, 2, bidirectional=True), [grid(*sequence), grid(4, 2, 4)]),
    "GRU, batch first": (nn.GRU(3, 4, bias=False, batch_first=True), [grid(2, 5, 3)]),
    "LSTM": (nn.LSTM(3, 4), [grid(*sequence)]),
    "LSTM, deep": (nn.LSTM(3, 4, 2, bidirectional=True), [grid(*sequence), grid(4, 2, 4), grid(4, 2, 4)]),
    "LSTM, batch first": (nn.LSTM(3, 4, bias=False, batch_first=True), [grid(2, 5, 3)]),
    "LSTM, projection": (nn.LSTM(3, 4, 2, proj_size=2), [grid(*sequence)]),
    "BatchNorm, clips": (nn.BatchNorm3d(2), [grid(*clip)]),
    "MaxPool3d": (nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1), ceil_mode=True), [grid(*clip)]),
    "MaxPool3d, default stride": (nn.MaxPool3d(2), [grid(*clip)]),
    "AdaptiveAvgPool3d": (nn.AdaptiveAvgPool3d((2, 1, 3)), [grid(*clip)]),
}


def run(layer, inputs):
    """The outputs in a flat list, whatever the layer returns."""
    if isinstance(layer, nn.LSTM) and len(inputs) == 3:
        inputs = [inputs[0], (inputs[1], inputs[2])]
    result = layer(*inputs)
    flat = lambda value: [value] if isinstance(value, torch.Tensor) else [x for item in value for x in flat(item)]
    return flat(result)


def shortest(value):
    """The shortest decimal number that is this float32."""
    single = lambda number: struct.unpack("f", struct.pack("f", number))[0]
    return next(short for digits in range(1, 10) if single(short := float(f"{value:.{digits}g}")) == value)


def numbers(tensor):
    if tensor.dim() == 0:
        return shortest(tensor.item()) if tensor.is_floating_point() else tensor.item()
    return [numbers(row) for row in tensor]


golden = {"allowed": numbers(allowed.int()), "realKeys": numbers(real_keys.int()), "biases": numbers(biases), "cases": {}}
for name, (layer, inputs) in cases.items():
    inner = layer.inner if isinstance(layer, Attend) else layer
    with torch.no_grad():
        for key, param in inner.named_parameters():
            if key != "weight" or not isinstance(inner, nn.PReLU):
                param.copy_(grid(*param.shape) / 2)
    state = {key: numbers(value) for key, value in inner.state_dict().items()}
    inputs = [x.requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = run(layer, inputs)
    # The loss weighs every output and depends on it in a way that normalized outputs do not hide.
    loss = sum((output**3 + output).mean() for output in outputs)
    loss.backward()
    golden["cases"][name] = {
        "state": state,
        "inputs": [numbers(x.detach()) for x in inputs],
        "outputs": [numbers(x.detach()) for x in outputs],
        "inputGradients": [None if x.grad is None else numbers(x.grad) for x in inputs],
        "gradients": {key: numbers(param.grad) for key, param in inner.named_parameters()},
        "buffers": {key: numbers(value) for key, value in inner.named_buffers()},
    }

pathlib.Path(__file__).with_name("nn.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
