"""The other peer of pretraining.ts: PyTorch as one tunes it by hand - whole batches augmented at once, channels-last, bfloat16.

Waits for a line before each step and prints the seconds that the step took."""
import copy
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CONFIG = json.loads(sys.argv[1])
torch.set_default_device(CONFIG["device"])
torch.backends.cudnn.benchmark = True
GRAY = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
# RGB to YIQ, in which a hue is an angle.
YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


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


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def encoder(width=64):
    stem = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    widths = [width, width, 2 * width, 4 * width, 8 * width]
    blocks = []
    for i in range(4):
        blocks += [Block(widths[i], widths[i + 1], 1 if i == 0 else 2), Block(widths[i + 1], widths[i + 1], 1)]
    return nn.Sequential(*stem, *blocks, Mean())


def head(inputs, hidden, outputs):
    return nn.Sequential(
        nn.Linear(inputs, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs)
    )


def crops(pixels, size, scale):
    """Random resized crops with a flip of each image of a batch, in one grid sample: uint8 (N, 3, H, W) to float in [0, 1]."""
    count = len(pixels)
    area = torch.empty(count).uniform_(*scale)
    ratio = torch.empty(count).uniform_(math.log(3 / 4), math.log(4 / 3)).exp()
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    x, y = (torch.rand(count) * 2 - 1) * (1 - width), (torch.rand(count) * 2 - 1) * (1 - height)
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    zero = torch.zeros(count)
    theta = torch.stack([torch.stack([width * flip, zero, x], 1), torch.stack([zero, height, y], 1)], 1)
    grid = F.affine_grid(theta, (count, 3, size, size), align_corners=False)
    return F.grid_sample(pixels.float() / 255, grid, padding_mode="reflection", align_corners=False)


def jitter(x, brightness, contrast, saturation, hue, p=0.8, gray=0.2):
    """Brightness, contrast, saturation and hue of each image by its own factors, then some images gray."""
    count = len(x)

    def factor(strength):
        return torch.empty(count, 1, 1, 1).uniform_(max(0, 1 - strength), 1 + strength)

    y = (x * factor(brightness)).clamp_(0, 1)
    mean = (y * GRAY).sum(1, keepdim=True).mean((2, 3), keepdim=True)
    y = torch.lerp(mean.expand_as(y), y, factor(contrast)).clamp_(0, 1)
    light = (y * GRAY).sum(1, keepdim=True)
    y = torch.lerp(light.expand_as(y), y, factor(saturation)).clamp_(0, 1)
    angle = torch.empty(count).uniform_(-hue, hue) * 2 * math.pi
    turn = torch.zeros(count, 3, 3)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    matrix = torch.linalg.inv(YIQ) @ turn @ YIQ
    y = torch.einsum("nij,njhw->nihw", matrix, y).clamp_(0, 1)
    y = torch.where(torch.rand(count, 1, 1, 1) < p, y, x)
    light = (y * GRAY).sum(1, keepdim=True).expand_as(y)
    return torch.where(torch.rand(count, 1, 1, 1) < gray, light, y).contiguous(memory_format=torch.channels_last)


def follow(copies, originals, decay):
    """EMA of all parameters in one call."""
    ours = [p for part in copies for p in part.parameters()]
    theirs = [p for part in originals for p in part.parameters()]
    torch._foreach_lerp_(ours, theirs, 1 - decay)


def nt_xent(first, second, temperature):
    z = F.normalize(torch.cat([first, second]).float(), dim=1)
    logits = z @ z.t() / temperature
    logits.fill_diagonal_(-math.inf)
    count = len(first)
    return F.cross_entropy(logits, torch.arange(2 * count).roll(count))


class SimCLR(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.size, self.temperature = config["size"], config["options"]["temperature"]
        self.online = nn.Sequential(encoder(), head(512, 512, 128))

    def views(self, pixels):
        return jitter(crops(torch.cat([pixels, pixels]), self.size, (0.08, 1)), 0.4, 0.4, 0.4, 0.1)

    def forward(self, views):
        return nt_xent(*self.online(views).chunk(2), self.temperature)


class MoCo(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.size = config["size"]
        self.online = nn.Sequential(encoder(), head(512, 512, 128))
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.queue, self.place = F.normalize(torch.randn(config["options"]["queueSize"], 128), dim=1), 0

    def views(self, pixels):
        return jitter(crops(torch.cat([pixels, pixels]), self.size, (0.2, 1)), 0.4, 0.4, 0.4, 0.1)

    def forward(self, views):
        follow([self.target], [self.online], 0.99)
        first, second = views.chunk(2)
        query = F.normalize(self.online(first).float(), dim=1)
        with torch.no_grad():
            key = F.normalize(self.target(second).float(), dim=1)
        logits = torch.cat([(query * key).sum(1, keepdim=True), query @ self.queue.t()], 1) / 0.1
        loss = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))
        self.queue[self.place : self.place + len(key)] = key
        self.place = (self.place + len(key)) % len(self.queue)
        return loss


class BYOL(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.size, hidden = config["size"], config["options"]["hiddenSize"]
        self.online = nn.Sequential(encoder(), head(512, hidden, 256))
        self.predictor = head(256, hidden, 256)
        self.target = copy.deepcopy(self.online).requires_grad_(False)

    def views(self, pixels):
        return jitter(crops(torch.cat([pixels, pixels]), self.size, (0.08, 1)), 0.4, 0.4, 0.2, 0.1)

    def forward(self, views):
        follow([self.target], [self.online], 0.99)
        views = views.chunk(2)
        predicted = [self.predictor(self.online(view)).float() for view in views]
        with torch.no_grad():
            targets = [self.target(view).float() for view in views]
        return -(F.cosine_similarity(predicted[0], targets[1]) + F.cosine_similarity(predicted[1], targets[0])).mean()


class SwAV(nn.Module):
    def __init__(self, config):
        super().__init__()
        options = config["options"]
        self.size, self.small, self.count = config["size"], options["smallCropSize"], options["smallCrops"]
        self.online = nn.Sequential(encoder(), head(512, 512, 128))
        self.prototypes = nn.Linear(128, options["prototypes"], bias=False)

    def views(self, pixels):
        large = jitter(crops(pixels.repeat(2, 1, 1, 1), self.size, (0.14, 1)), 0.4, 0.4, 0.4, 0.1)
        small = jitter(crops(pixels.repeat(self.count, 1, 1, 1), self.small, (0.05, 0.14)), 0.4, 0.4, 0.4, 0.1)
        return large, small

    def forward(self, views):
        with torch.no_grad():
            self.prototypes.weight.copy_(F.normalize(self.prototypes.weight, dim=1))
        count = len(views[0]) // 2
        features = torch.cat([self.online[0](view) for view in views])
        scores = (F.normalize(self.online[1](features).float(), dim=1) @ self.prototypes.weight.t()).split(count)
        with torch.no_grad():
            codes = [self.sinkhorn(score) for score in scores[:2]]
        parts = [
            -(code * F.log_softmax(score / 0.1, 1)).sum(1).mean()
            for i, code in enumerate(codes)
            for j, score in enumerate(scores)
            if i != j
        ]
        return sum(parts) / len(parts)

    @staticmethod
    def sinkhorn(scores):
        q = (scores / 0.05).exp().t()
        q /= q.sum()
        for _ in range(3):
            q /= q.sum(1, keepdim=True) * len(q)
            q /= q.sum(0, keepdim=True) * q.shape[1]
        return (q * q.shape[1]).t()


METHODS = {"simclr": SimCLR, "moco": MoCo, "byol": BYOL, "swav": SwAV}


def main():
    config = CONFIG
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    model = METHODS[config["method"]](config).to(memory_format=torch.channels_last)
    size, batch = config["size"], config["batch"]
    pixels = torch.randint(0, 256, (config["images"], 3, size, size), dtype=torch.uint8)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.06, momentum=0.9, weight_decay=5e-4, foreach=True)

    def step(indices):
        with torch.no_grad():
            views = model.views(pixels[indices])
        with torch.autocast(config["device"], torch.bfloat16):
            loss = model(views)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    while True:
        for indices in torch.randperm(len(pixels)).split(batch):
            if not sys.stdin.readline():
                return
            began = time.perf_counter()
            step(indices)
            print(time.perf_counter() - began, flush=True)


main()
