"""Golden values for LAMB and Adafactor: five steps of timm's, transformers' and PyTorch's optimizers.

Run: python3 tests/golden/make_adaptive_optim.py, with the packages torch, transformers and timm. Variants differ; these settings are ours:
- timm scales the gradients to a joint norm of 1 before the step, and adapts only parameters with weight decay: both off. It corrects the
  bias of the means as the paper does; ALBERT's code does not.
- transformers scales the rate by the step (`relative_step`): off. It factors the last two dimensions of any tensor.
- PyTorch's rate is at most 1 / sqrt(step), more than ours here; its eps stands elsewhere, which these gradients do not show.
"""
import importlib.util
import json
import pathlib
import sys
import types

import torch
from transformers.optimization import Adafactor

# The folder of the optimizers alone: the whole package wants torchvision.
timm_optim = types.ModuleType("timm_optim")
timm_optim.__path__ = [str(pathlib.Path(importlib.util.find_spec("timm").origin).parent / "optim")]
sys.modules["timm_optim"] = timm_optim
Lamb = importlib.import_module("timm_optim.lamb").Lamb

torch.manual_seed(0)
torch.set_num_threads(1)
STEPS = 5
FACTORS = [1.0, 1.0, 0.5, 0.5, 0.1]
start = [torch.randn(5, 3), torch.randn(7), torch.randn(2, 3, 4)]
# Of growing size, so that updates are clipped.
gradients = [[torch.randn_like(p) * 2**step for p in start] for step in range(STEPS)]

rules = {
    "lamb": lambda params: Lamb(params, lr=0.05, weight_decay=0.1, eps=1e-6, max_grad_norm=None, always_adapt=True),
    "adafactor, transformers": lambda params: Adafactor(params, lr=0.05, relative_step=False, scale_parameter=True),
    "adafactor, PyTorch": lambda params: torch.optim.Adafactor(params, lr=0.05, weight_decay=0.1),
}

results = {}
for name, make in rules.items():
    params = [p.clone().requires_grad_() for p in start]
    optimizer = make(params)
    results[name] = []
    for step in range(STEPS):
        for param, gradient in zip(params, gradients[step]):
            param.grad = gradient.clone()
        for group in optimizer.param_groups:
            group["lr"] = 0.05 * FACTORS[step]
        optimizer.step()
        results[name].append([p.detach().tolist() for p in params])

golden = {
    "start": [p.tolist() for p in start],
    "gradients": [[g.tolist() for g in row] for row in gradients],
    "factors": FACTORS,
    "rules": results,
}
pathlib.Path(__file__).with_name("adaptive-optim.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
