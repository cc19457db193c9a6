"""Lets timm and torchvision be imported beside a build of PyTorch that torchvision's compiled operators do not fit.

torchvision describes its operators when it is imported, which fails where they are not there; here they get a name and no body.
"""

import importlib.util
import pathlib
import re

import torch

found = importlib.util.find_spec("torchvision")
source = pathlib.Path(found.submodule_search_locations[0], "_meta_registrations.py").read_text()
try:
    import torchvision  # noqa: F401
except RuntimeError:
    library = torch.library.Library("torchvision", "DEF")
    for name in sorted(set(re.findall(r'register_(?:fake|meta)\("(?:torchvision::)?(\w+)"', source))):
        library.define(f"{name}(Tensor x) -> Tensor")
