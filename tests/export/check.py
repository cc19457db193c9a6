"""Loads exported folders from disk with timm, torchvision, transformers and ONNX Runtime, and compares their features.

Usage: python check.py <folder with cases.json>. Ends with 1 when a program disagrees by more than 1e-5 of the largest number, when one
flipped sign in a weight goes unseen, or when too few networks were loaded.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent))
import torchvision_beside_cpu  # noqa: F401  (before timm and torchvision)
import onnxruntime
import timm
import torchvision

try:
    import transformers
except ImportError:
    transformers = None

TOLERANCE = 1e-5
LEAST_NETWORKS = 6


def pixels_of(case):
    """float32 (N, C, H, W) in [0, 1]"""
    mode = "L" if case["channels"] == 1 else "RGB"
    images = [numpy.asarray(Image.open(path).convert(mode)) for path in case["images"]]
    batch = torch.from_numpy(numpy.stack(images)).float() / 255
    return batch[:, None] if case["channels"] == 1 else batch.permute(0, 3, 1, 2)


def standardized(pixels, folder):
    cfg = json.loads((folder / "config.json").read_text())["pretrained_cfg"]
    mean, std = (torch.tensor(cfg[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    return (pixels - mean) / std


def flipped(weights):
    """One sign in the largest number of the first convolution."""
    name = next(key for key, value in weights.items() if value.ndim == 4)
    value = weights[name].clone()
    place = value.abs().argmax()
    value.view(-1)[place] *= -1
    return {**weights, name: value}


def by_timm(case, folder, change):
    net = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=0).eval()
    if change:
        net.load_state_dict(flipped(net.state_dict()))
    return net(standardized(pixels_of(case), folder))


def by_torchvision(case, folder, change):
    name = json.loads((folder / "config.json").read_text())["autodidact"]["architecture"]
    net = getattr(torchvision.models, "vgg16_bn" if name == "vgg16" else name)()
    weights = load_file(folder / "model.safetensors")
    missing, unexpected = net.load_state_dict(flipped(weights) if change else weights, strict=False)
    if unexpected or not all(key.startswith(("fc.", "classifier.")) for key in missing):
        raise SystemExit(f"{name}: {missing} {unexpected}")
    net.eval()
    preparation = json.loads((folder / "config.json").read_text())["autodidact"]["preparation"]
    mean, std = (torch.tensor(preparation[key]).view(1, -1, 1, 1) for key in ("mean", "std"))
    x = (pixels_of(case) - mean) / std
    if name == "vgg16":
        return net.features[:-1](x).mean((2, 3))
    net.fc = torch.nn.Identity()
    return net(x)


def by_transformers(case, folder, change):
    net = transformers.AutoModel.from_pretrained(folder).eval()
    if change:
        net.load_state_dict(flipped(net.state_dict()))
    processor = json.loads((folder / "preprocessor_config.json").read_text())
    mean, std = (torch.tensor(processor[key]).view(1, -1, 1, 1) for key in ("image_mean", "image_std"))
    return net((pixels_of(case) - mean) / std).pooler_output.flatten(1)


def by_onnxruntime(case, folder, change):
    model = (folder / "onnx" / "model.onnx").read_bytes()
    if change:
        weights = load_file(folder / "model.safetensors")
        name = next(key for key, value in weights.items() if value.ndim == 4 and value.numpy().tobytes() in model)
        changed = flipped({name: weights[name]})[name]
        model = model.replace(weights[name].numpy().tobytes(), changed.contiguous().numpy().tobytes())
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    processor = json.loads((folder / "preprocessor_config.json").read_text())
    x = pixels_of(case)
    x = x.expand(-1, 3, -1, -1)
    if processor["do_normalize"]:
        mean, std = (torch.tensor(processor[key]).view(1, -1, 1, 1) for key in ("image_mean", "image_std"))
        x = (x - mean) / std
    return torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0])


PROGRAMS = {
    "onnxruntime": by_onnxruntime,
    "timm": by_timm,
    "torchvision": by_torchvision,
    "transformers": by_transformers,
}


def main(root):
    failures = []
    loaded = set()
    for case in json.loads((root / "cases.json").read_text()):
        folder = Path(case["folder"])
        expected = load_file(case["expected"])["features"]
        for program in ["onnxruntime", *case["libraries"]]:
            if program == "transformers" and transformers is None:
                continue

            def difference(change):
                with torch.inference_mode():
                    given = PROGRAMS[program](case, folder, change)
                return ((given - expected).abs().max() / expected.abs().max()).item()

            own, control = difference(False), difference(True)
            is_right = own <= TOLERANCE < control
            print(f"{case['name']:20} {program:12} {own:.2e}   one flipped sign {control:.2e}   {'' if is_right else 'WRONG'}")
            if not is_right:
                failures.append((case["name"], program))
        loaded.add(case["name"])
    if len(loaded) < LEAST_NETWORKS:
        raise SystemExit(f"only {len(loaded)} networks")
    if failures:
        raise SystemExit(f"they disagree: {failures}")


main(Path(sys.argv[1]))
