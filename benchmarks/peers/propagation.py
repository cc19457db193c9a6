"""The peer of propagation.ts: the same network and the same rule in Python PyTorch, as videowalk's test.py writes it.

All cells are compared with all, those outside of the window are masked. Waits for a line before each frame and prints its seconds."""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)) + shortcut, inplace=True)


class ResNet18(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        stages = [
            nn.Sequential(Block(widths[i], widths[i + 1], 1 if i == 0 else 2), Block(widths[i + 1], widths[i + 1], 1))
            for i in range(depth)
        ]
        self.stages = nn.Sequential(*stages)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.stages(F.max_pool2d(x, 3, 2, 1))


def window(height, width, radius):
    """0 within the disk, -1e10 outside: (cells, cells)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    y, x = y.flatten().float(), x.flatten().float()
    far = (y[:, None] - y[None]) ** 2 + (x[:, None] - x[None]) ** 2 >= radius**2
    return torch.zeros(len(y), len(y)).masked_fill_(far, -1e10)


@torch.no_grad()
def main():
    config = json.loads(sys.argv[1])
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    depth = int(config["layer"][-1])
    network = ResNet18(config["width"], depth).eval().to(memory_format=torch.channels_last)
    height, width = config["height"], config["frameWidth"]
    frames = [torch.randint(0, 256, (1, height, width, 3), dtype=torch.uint8).permute(0, 3, 1, 2) for _ in range(8)]
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

    def features(frame):
        return F.normalize(network((frame.float() / 255 - mean) / std)[0], dim=0)

    first = features(frames[0])
    _, h, w = first.shape
    first = first.flatten(1)
    labels = torch.rand(config["classes"], h * w).softmax(0)
    mask = window(h, w, config["radius"])
    recent = []

    def step(frame):
        query = features(frame).flatten(1)  # (D, hw)
        keys = torch.stack([first] + [key for key, _ in recent])  # (n, D, hw)
        known = torch.cat([labels] + [label for _, label in recent], dim=1)  # (C, n hw)
        affinity = torch.einsum("ndk,dq->nkq", keys, query)
        affinity[1:] += mask
        affinity = affinity.flatten(0, 1) / config["temperature"]  # (n hw, hw)
        weights, places = affinity.topk(config["topK"], dim=0)
        found = (known[:, places] * weights.softmax(0)).sum(1)  # (C, hw)
        recent.append((query, found))
        if len(recent) > config["last"]:
            recent.pop(0)
        large = F.interpolate(found.view(1, -1, h, w), size=(height, width), mode="bilinear", align_corners=False)
        return large[0].argmax(0).to(torch.uint8).numpy().tobytes()

    for i in range(config["warmup"] + config["steps"]):
        sys.stdin.readline()
        began = time.perf_counter()
        step(frames[i % 8])
        print(time.perf_counter() - began, flush=True)
    print("null")


main()
