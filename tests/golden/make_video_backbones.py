"""Writes video-backbones.json: state-dict keys and shapes of torchvision's video networks and what they make of weights and clips
filled by a formula; for C3D, which torchvision lacks, a plain PyTorch version at a small width.

Run: python3 tests/golden/make_video_backbones.py
"""

import json
import math
import pathlib

import torch
import torchvision.models.video as video
from torch import nn


def wave(seed, count):
    """Numbers in [-1, 1) from whole numbers alone, the same in every language."""
    places = torch.arange(count, dtype=torch.int64)
    return (places * 7919 + places * places % 65521 * 31 + seed * 104729) % 65521 / 32760.5 - 1


def seed_of(key):
    return sum((i + 1) * ord(c) for i, c in enumerate(key)) % 1000


def value_of(key, shape):
    base = wave(seed_of(key), math.prod(shape)).double().reshape(shape)
    if key.endswith("running_var"):
        return 1 + 0.5 * base
    if key.endswith(("bias", "running_mean")):
        return 0.1 * base
    if len(shape) == 1:
        return 1 + 0.2 * base
    return base * math.sqrt(6 / math.prod(shape[1:]))


def fill(module):
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                tensor.copy_(value_of(key, tuple(tensor.shape)))
    return module.double().eval()


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.flatten().tolist()]


def summary(map):
    weights = wave(9, map.numel()).double().reshape(map.shape)
    return {"shape": list(map.shape), "product": numbers((map * weights).sum() / math.sqrt(map.numel()))[0]}


class C3d(nn.Module):
    def __init__(self, width, small):
        super().__init__()
        self.small = small
        before = 3
        for i, (count, multiple) in enumerate([(1, 1), (1, 2), (2, 4), (2, 8), (2, 8)]):
            parts = []
            for _ in range(count):
                parts += [nn.Conv3d(before, multiple * width, 3, padding=1), nn.BatchNorm3d(multiple * width)]
                before = multiple * width
            setattr(self, f"conv{i + 1}", nn.Sequential(*parts))

    def maps(self, x):
        out = {}
        for i in range(5):
            if i == 1 and not self.small:
                x = nn.functional.max_pool3d(x, (1, 2, 2))
            if i > 1:
                x = nn.functional.max_pool3d(x, (2, 2, 2) if x.shape[2] > 1 else (1, 2, 2))
            for part in getattr(self, f"conv{i + 1}"):
                x = part(x)
                if isinstance(part, nn.BatchNorm3d):
                    x = torch.relu(x)
            out[f"conv{i + 1}"] = x
        return out


def resnet_maps(network, x):
    out = {}
    for name in ["stem", "layer1", "layer2", "layer3", "layer4"]:
        x = out[name] = getattr(network, name)(x)
    return out


def case(network, read, clip):
    fill(network)
    x = wave(5, math.prod(clip)).double().reshape(clip)
    with torch.no_grad():
        maps = read(network, x.transpose(1, 2))
    state = {key: list(value.shape) for key, value in network.state_dict().items() if not key.startswith("fc.")}
    return {
        "parameters": sum(value.numel() for key, value in network.named_parameters() if not key.startswith("fc.")),
        "state": state,
        "input": list(clip),
        "layers": {name: summary(map) for name, map in maps.items()},
        "features": numbers(list(maps.values())[-1].mean((2, 3, 4))),
    }


torch.set_num_threads(1)
c3d_maps = lambda network, x: network.maps(x)
cases = {
    "r3d18": case(video.r3d_18(), resnet_maps, (1, 3, 3, 18, 17)),
    "r2plus1d18": case(video.r2plus1d_18(), resnet_maps, (1, 3, 3, 18, 17)),
    "c3d": case(C3d(4, False), c3d_maps, (2, 9, 3, 35, 32)),
    "c3d-small": case(C3d(4, True), c3d_maps, (2, 3, 3, 17, 16)),
}
path = pathlib.Path(__file__).with_name("video-backbones.json")
lines = (f"{json.dumps(name)}: {json.dumps(values)}" for name, values in cases.items())
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{path}: {path.stat().st_size} bytes")
