"""The peer of pretraining.ts: lightly 1.6 as its examples use it - transforms on PIL images, a DataLoader with workers that
stay; fp32, or bfloat16 by autocast."""
import copy
import json
import sys
import time

import numpy
import torch
from lightly.loss import NegativeCosineSimilarity, NTXentLoss, SwaVLoss
from lightly.models import ResNetGenerator
from lightly.models.modules import (
    BYOLPredictionHead,
    BYOLProjectionHead,
    MoCoProjectionHead,
    SimCLRProjectionHead,
    SwaVProjectionHead,
    SwaVPrototypes,
)
from lightly.models.utils import deactivate_requires_grad, update_momentum
from lightly.transforms import BYOLTransform, MoCoV2Transform, SimCLRTransform, SwaVTransform
from lightly.transforms.byol_transform import BYOLView1Transform, BYOLView2Transform
from PIL import Image
from torch import nn


class Pictures(torch.utils.data.Dataset):
    """Images in memory, given as PIL images, as torchvision's CIFAR10 does."""

    def __init__(self, count, size, transform):
        self.pixels = numpy.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=numpy.uint8)
        self.transform = transform

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.pixels[index])), index


def encoder():
    """lightly's ResNet-18 for small images and the mean over positions: (N, 512)."""
    layers = list(ResNetGenerator("resnet-18").children())[:-1]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class SimCLR(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.backbone = encoder()
        self.head = SimCLRProjectionHead(512, 512, 128)
        self.criterion = NTXentLoss(temperature=config["options"]["temperature"])
        self.transform = SimCLRTransform(input_size=config["size"], cj_strength=0.5, gaussian_blur=0.0)

    def forward(self, views):
        return self.criterion(*(self.head(self.backbone(view)) for view in views))


class MoCo(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.backbone, self.head = encoder(), MoCoProjectionHead(512, 512, 128)
        self.key_backbone, self.key_head = copy.deepcopy(self.backbone), copy.deepcopy(self.head)
        for part in (self.key_backbone, self.key_head):
            deactivate_requires_grad(part)
        self.criterion = NTXentLoss(temperature=0.1, memory_bank_size=(config["options"]["queueSize"], 128))
        self.transform = MoCoV2Transform(input_size=config["size"], gaussian_blur=0.0)

    def forward(self, views):
        update_momentum(self.backbone, self.key_backbone, m=0.99)
        update_momentum(self.head, self.key_head, m=0.99)
        query = self.head(self.backbone(views[0]))
        with torch.no_grad():
            key = self.key_head(self.key_backbone(views[1]))
        return self.criterion(query, key)


class BYOL(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden = config["options"]["hiddenSize"]
        self.backbone, self.head = encoder(), BYOLProjectionHead(512, hidden, 256)
        self.predictor = BYOLPredictionHead(256, hidden, 256)
        self.target_backbone, self.target_head = copy.deepcopy(self.backbone), copy.deepcopy(self.head)
        for part in (self.target_backbone, self.target_head):
            deactivate_requires_grad(part)
        self.criterion = NegativeCosineSimilarity()
        self.transform = BYOLTransform(
            BYOLView1Transform(input_size=config["size"], gaussian_blur=0.0),
            BYOLView2Transform(input_size=config["size"], gaussian_blur=0.0),
        )

    def forward(self, views):
        update_momentum(self.backbone, self.target_backbone, m=0.99)
        update_momentum(self.head, self.target_head, m=0.99)
        predicted = [self.predictor(self.head(self.backbone(view))) for view in views]
        with torch.no_grad():
            targets = [self.target_head(self.target_backbone(view)) for view in views]
        return 0.5 * (self.criterion(predicted[0], targets[1]) + self.criterion(predicted[1], targets[0]))


class SwAV(nn.Module):
    def __init__(self, config):
        super().__init__()
        options = config["options"]
        self.backbone, self.head = encoder(), SwaVProjectionHead(512, 512, 128)
        self.prototypes = SwaVPrototypes(128, options["prototypes"])
        self.criterion = SwaVLoss()
        sizes, counts = (config["size"], options["smallCropSize"]), (2, options["smallCrops"])
        self.transform = SwaVTransform(crop_sizes=sizes, crop_counts=counts, gaussian_blur=0.0)

    def forward(self, views):
        self.prototypes.normalize()
        scores = [self.prototypes(nn.functional.normalize(self.head(self.backbone(view)), dim=1)) for view in views]
        return self.criterion(scores[:2], scores[2:])


METHODS = {"simclr": SimCLR, "moco": MoCo, "byol": BYOL, "swav": SwAV}


def main():
    config = json.loads(sys.argv[1])
    torch.set_num_threads(config["threads"])
    torch.manual_seed(0)
    model = METHODS[config["method"]](config)
    dataset = Pictures(config["images"], config["size"], model.transform)
    loader = torch.utils.data.DataLoader(
        dataset,
        batch_size=config["batch"],
        shuffle=True,
        drop_last=True,
        num_workers=config["workers"],
        persistent_workers=True,
    )
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.06, momentum=0.9, weight_decay=5e-4)
    total = config["warmup"] + config["steps"]
    ends = []
    while len(ends) < total:
        for views, _ in loader:
            with torch.autocast("cpu", torch.bfloat16, enabled=config["precision"] == "bf16"):
                loss = model(views)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            value = loss.item()
            ends.append(time.perf_counter())
            if len(ends) == total:
                break
    seconds = ends[-1] - ends[config["warmup"] - 1]
    speed = config["steps"] * config["batch"] / seconds
    print(json.dumps({"imagesPerSecond": speed, "loss": value, "version": torch.__version__}))


main()
