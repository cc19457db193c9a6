"""Writes backbones.json: what plain PyTorch versions of the backbones make of weights and images filled by a formula.

The modules are written here from the papers and from torchvision's and timm's published state-dict names, independently of
src/backbones. Run: python3 tests/golden/make_backbones.py
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn


def wave(seed, count):
    """sin of a quadratic phase in double precision; tests/golden/fill.ts has the same formula."""
    return [math.sin(seed + 0.7 * j + 0.013 * j * j) for j in range(count)]


def seed_of(key):
    return sum((i + 1) * ord(c) for i, c in enumerate(key)) % 1000


def value_of(key, shape):
    count = math.prod(shape)
    base = torch.tensor(wave(seed_of(key), count), dtype=torch.float64).reshape(shape)
    if key.endswith("running_var"):
        return 1 + 0.5 * base
    if key.endswith(("bias", "running_mean")):
        return 0.1 * base
    if len(shape) == 1:
        return 1 + 0.2 * base
    if key in ("cls_token", "pos_embed"):
        return 0.3 * base
    return base * math.sqrt(2 / math.prod(shape[1:]))


def fill(module):
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                tensor.copy_(value_of(key, tuple(tensor.shape)))
    return module


def images(*shape):
    return torch.tensor(wave(5, math.prod(shape)), dtype=torch.float32).reshape(shape)


class Basic(nn.Module):
    growth = 1

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        if stride != 1 or before != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class Bottleneck(nn.Module):
    growth = 4

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        if stride != 1 or before != 4 * channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, 4 * channels, 1, stride, bias=False), nn.BatchNorm2d(4 * channels)
            )

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    def __init__(self, block, depths, width, small):
        super().__init__()
        self.small = small
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False) if small else nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        before = width
        for i, depth in enumerate(depths):
            blocks = []
            for j in range(depth):
                blocks.append(block(before, width * 2**i, 2 if i > 0 and j == 0 else 1))
                before = width * 2**i * block.growth
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))

    def maps(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        out = {"stem": x if self.small else F.max_pool2d(x, 3, 2, 1)}
        x = out["stem"]
        for i in range(1, 5):
            x = out[f"layer{i}"] = getattr(self, f"layer{i}")(x)
        return out


class Unit(nn.Module):
    def __init__(self, before, channels, kernel):
        super().__init__()
        self.conv = nn.Conv2d(before, channels, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class NetworkInNetwork(nn.Module):
    def __init__(self, a, b, c):
        super().__init__()
        self.block1 = nn.Sequential(Unit(3, a, 5), Unit(a, b, 1), Unit(b, c, 1))
        self.block2 = nn.Sequential(Unit(c, a, 5), Unit(a, a, 1), Unit(a, a, 1))
        self.block3 = nn.Sequential(Unit(a, a, 3), Unit(a, a, 1), Unit(a, a, 1))
        self.block4 = nn.Sequential(Unit(a, a, 3), Unit(a, a, 1), Unit(a, a, 1))

    def maps(self, x):
        one = F.max_pool2d(self.block1(x), 3, 2, 1)
        two = F.avg_pool2d(self.block2(one), 3, 2, 1)
        three = self.block3(two)
        return {"block1": one, "block2": two, "block3": three, "block4": self.block4(three)}


class AlexNet(nn.Module):
    def __init__(self, sizes, small):
        super().__init__()
        self.padding = 1 if small else 0
        first = nn.Conv2d(3, sizes[0], 5, 1, 2) if small else nn.Conv2d(3, sizes[0], 11, 4, 2)
        self.conv1 = nn.Sequential(first, nn.BatchNorm2d(sizes[0]))
        for i, kernel in enumerate([5, 3, 3, 3], start=1):
            conv = nn.Conv2d(sizes[i - 1], sizes[i], kernel, padding=kernel // 2)
            setattr(self, f"conv{i + 1}", nn.Sequential(conv, nn.BatchNorm2d(sizes[i])))

    def maps(self, x):
        pool = lambda map: F.max_pool2d(map, 3, 2, self.padding)
        one = torch.relu(self.conv1(x))
        two = torch.relu(self.conv2(pool(one)))
        three = torch.relu(self.conv3(pool(two)))
        four = torch.relu(self.conv4(three))
        five = torch.relu(self.conv5(four))
        self.flat = pool(five).flatten(1)
        return {"conv1": one, "conv2": two, "conv3": three, "conv4": four, "conv5": five}


class Dcgan(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.convs = nn.ModuleList()
        for i, size in enumerate(sizes):
            conv = nn.Conv2d(sizes[i - 1] if i > 0 else 3, size, 4, 2, 1, bias=False)
            self.convs.append(nn.Sequential(conv, nn.BatchNorm2d(size)) if i > 0 else nn.Sequential(conv))

    def maps(self, x):
        out = {}
        for i, conv in enumerate(self.convs):
            x = out[f"conv{i + 1}"] = F.leaky_relu(conv(x), 0.2)
        return out


class Vgg(nn.Module):
    def __init__(self, width, small, plain=False):
        super().__init__()
        self.small = small
        layers, before = [], 3
        for size in [1, 1, "M", 2, 2, "M", 4, 4, 4, "M", 8, 8, 8, "M", 8, 8, 8, "M"]:
            if size == "M":
                layers.append(nn.MaxPool2d(2, 2))
                continue
            layers.append(nn.Conv2d(before, size * width, 3, padding=1))
            layers += [nn.ReLU()] if plain else [nn.BatchNorm2d(size * width), nn.ReLU()]
            before = size * width
        self.features = nn.Sequential(*layers)

    def maps(self, x):
        out = {}
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                out[f"conv{len(out) + 1}"] = x
                if self.small and len(out) == 1:
                    continue
            x = layer(x)
        self.flat = x.flatten(1)
        return out


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).split(d, dim=-1)
        outs = []
        size = d // self.heads
        for h in range(self.heads):
            part = slice(h * size, (h + 1) * size)
            scores = q[..., part] @ k[..., part].transpose(1, 2) / math.sqrt(size)
            outs.append(scores.softmax(-1) @ v[..., part])
        return self.proj(torch.cat(outs, dim=-1))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)


class ViT(nn.Module):
    def __init__(self, width, depth, heads, patch, grid):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.patch_embed = PatchEmbed(width, patch)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.grid = grid

    def maps(self, x):
        x = self.patch_embed.proj(x)
        n, d, h, w = x.shape
        side = self.pos_embed[:, 1:].reshape(1, self.grid, self.grid, d).permute(0, 3, 1, 2)
        if (h, w) != (self.grid, self.grid):
            side = F.interpolate(side, size=(h, w), mode="bicubic", antialias=True, align_corners=False)
        x = (x + side).flatten(2).transpose(1, 2)
        x = torch.cat([(self.cls_token + self.pos_embed[:, :1]).expand(n, -1, -1), x], dim=1)
        out = {}
        for i, block in enumerate(self.blocks):
            x = block(x)
            read = self.norm(x) if i == len(self.blocks) - 1 else x
            out[f"block{i + 1}"] = read[:, 1:].transpose(1, 2).reshape(n, d, h, w)
        self.class_token = read[:, 0]
        return out


class ColorNet(nn.Module):
    """model1 to model7 of github.com/richzhang/colorization, colorizers/eccv16.py."""

    def __init__(self, inputs, width, small):
        super().__init__()
        before = inputs
        plan = [(1, 2, 1 if small else 2, 1), (2, 2, 2, 1), (4, 3, 2, 1), (8, 3, 1, 1), (8, 3, 1, 2), (8, 3, 1, 2), (8, 3, 1, 1)]
        for i, (factor, count, stride, dilation) in enumerate(plan):
            layers = []
            for j in range(count):
                step = stride if j == count - 1 else 1
                layers += [nn.Conv2d(before, factor * width, 3, step, dilation, dilation), nn.ReLU()]
                before = factor * width
            setattr(self, f"model{i + 1}", nn.Sequential(*layers, nn.BatchNorm2d(before)))

    def maps(self, x):
        out = {}
        for i in range(1, 8):
            x = out[f"conv{i}"] = getattr(self, f"model{i}")(x)
        return out


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.flatten().tolist()]


def product(tensor):
    """Inner product with a wave over the square root of the size: no permutation of positions or channels leaves it alone."""
    weights = torch.tensor(wave(9, tensor.numel()), dtype=torch.float64).reshape(tensor.shape)
    return float(f"{(tensor.double() * weights).sum() / math.sqrt(tensor.numel()):.7g}")


def layer_summary(maps):
    out = {}
    for name, map in maps.items():
        out[name] = {"shape": list(map.shape), "product": product(map)}
    return out


def case(module, *shape):
    # In double precision: processors round single precision differently, and deep gradients show it.
    fill(module).double()
    x = images(*shape).double()
    with torch.no_grad():
        module.eval()
        maps = module.maps(x)
        out = {"input": list(shape), "layers": layer_summary(maps), "eval": numbers(maps[list(maps)[-1]].mean((2, 3)))}
        if hasattr(module, "flat"):
            out["flat"] = numbers(module.flat)
        if hasattr(module, "class_token"):
            out["class"] = numbers(module.class_token)
        means = [key for key in module.state_dict() if key.endswith("running_mean")]
        if means:
            module.train()
            maps = module.maps(x)
            out["train"] = numbers(maps[list(maps)[-1]].mean((2, 3)))
            state = module.state_dict()
            out["statistics"] = {
                key: numbers(state[key]) for key in (means[0], means[-1].replace("running_mean", "running_var"))
            }
    # The gradient of the features' product with a wave, with respect to the first convolution; in train mode with batch norm.
    features = list(module.maps(x).values())[-1].mean((2, 3))
    (features * torch.tensor(wave(3, features.numel()), dtype=torch.float64).reshape(features.shape)).sum().backward()
    key, first = next((key, p) for key, p in module.named_parameters() if p.ndim == 4)
    out["gradient"] = {"key": key, "product": product(first.grad), "first": numbers(first.grad.flatten()[:20])}
    return out


torch.set_num_threads(1)
cases = {
    "resnet18-small": case(ResNet(Basic, [2, 2, 2, 2], 8, True), 2, 3, 17, 15),
    "resnet18-imagenet": case(ResNet(Basic, [2, 2, 2, 2], 8, False), 2, 3, 67, 50),
    "resnet50-small": case(ResNet(Bottleneck, [3, 4, 6, 3], 4, True), 2, 3, 16, 18),
    "nin": case(NetworkInNetwork(12, 10, 6), 2, 3, 13, 12),
    "alexnet-imagenet": case(AlexNet([8, 24, 48, 32, 32], False), 3, 3, 96, 96),
    "alexnet-small": case(AlexNet([8, 24, 48, 32, 32], True), 2, 3, 17, 17),
    "caffenet-small": case(AlexNet([12, 32, 48, 48, 32], True), 2, 3, 12, 12),
    "dcgan": case(Dcgan([4, 4, 8, 16, 32]), 2, 3, 48, 37),
    "colornet-imagenet": case(ColorNet(1, 4, False), 2, 1, 40, 33),
    "colornet-small": case(ColorNet(3, 4, True), 2, 3, 17, 17),
    "vgg16-imagenet": case(Vgg(4, False), 2, 3, 37, 37),
    "vgg16-small": case(Vgg(4, True), 2, 3, 19, 19),
    "vgg16-plain": case(Vgg(4, False, True), 2, 3, 37, 37),
    "vit": case(ViT(16, 6, 4, 4, 4), 2, 3, 16, 16),
    "vit-larger": case(ViT(16, 6, 4, 4, 4), 2, 3, 24, 20),
    "vit-smaller": case(ViT(16, 6, 4, 4, 4), 2, 3, 8, 12),
}
path = pathlib.Path(__file__).with_name("backbones.json")
lines = (f"{json.dumps(name)}: {json.dumps(values)}" for name, values in cases.items())
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{path}: {path.stat().st_size} bytes")
