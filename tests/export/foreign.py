"""Writes networks of torchvision, timm and transformers as their own files, with the features that they give.

Usage: python foreign.py <folder>. Random weights: what is checked is that every number comes to its place.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parent))
import torchvision_beside_cpu  # noqa: F401
import timm
import torchvision
from timm.models import save_for_hf

try:
    import transformers
except ImportError:
    transformers = None

root = Path(sys.argv[1])
made = []


def unsettle(net):
    """Moves the statistics of batch norms, and widens linear layers so that a class token sees the image."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
        if isinstance(module, torch.nn.Linear):
            module.weight.mul_(4)


def keep(name, net, size, features):
    images = torch.rand(4, 3, size, size)
    net.eval()
    with torch.inference_mode():
        expected = features(net, images)
    save_file({"images": images, "features": expected.contiguous()}, root / f"{name}.expected.safetensors")
    made.append(name)


with torch.no_grad():
    torch.manual_seed(0)
    for name, size in [("resnet18", 64), ("resnet50", 64), ("vgg16_bn", 64)]:
        net = getattr(torchvision.models, name)()
        unsettle(net)
        save_file(net.state_dict(), root / f"torchvision-{name}.safetensors")

        def features(net, x, name=name):
            if name.startswith("vgg"):
                return net.features[:-1](x).mean((2, 3))
            net.fc = torch.nn.Identity()
            return net(x)

        keep(f"torchvision-{name}", net, size, features)
    for name in ["resnet34", "vit_tiny_patch16_224", "vit_small_patch16_224"]:
        net = timm.create_model(name, num_classes=7)
        unsettle(net)
        save_for_hf(net, root / f"timm-{name}", safe_serialization=True)
        size = net.pretrained_cfg["input_size"][1]
        keep(f"timm-{name}", net, size, lambda net, x: net.forward_head(net.forward_features(x), pre_logits=True))
    if transformers is not None:
        for name, depths, layer, widths in [
            ("resnet-18", [2, 2, 2, 2], "basic", [64, 128, 256, 512]),
            ("resnet-50", [3, 4, 6, 3], "bottleneck", [256, 512, 1024, 2048]),
        ]:
            config = transformers.ResNetConfig(depths=depths, layer_type=layer, hidden_sizes=widths)
            net = transformers.ResNetForImageClassification(config)
            unsettle(net)
            net.save_pretrained(root / f"transformers-{name}")
            keep(f"transformers-{name}", net, 64, lambda net, x: net.resnet(x).pooler_output.flatten(1))
        config = transformers.ViTConfig(
            hidden_size=192, num_attention_heads=3, intermediate_size=768, image_size=64, layer_norm_eps=1e-6
        )
        net = transformers.ViTModel(config, add_pooling_layer=False)
        unsettle(net)
        net.save_pretrained(root / "transformers-vit")
        keep("transformers-vit", net, 64, lambda net, x: net(x).last_hidden_state[:, 0])
(root / "foreign.json").write_text(json.dumps(made))
