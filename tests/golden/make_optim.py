"""Golden values for src/engine/optim: five steps of PyTorch's optimizers. Run: python3 tests/golden/make_optim.py"""
import json
import pathlib

import torch

torch.manual_seed(0)
torch.set_num_threads(1)
STEPS = 5
# The rate changes between steps, as under a schedule; the last parameter has no gradient in the first two steps.
FACTORS = [1.0, 1.0, 0.5, 0.5, 0.1]
start = [torch.randn(3, 4), torch.randn(19), torch.randn(2)]
gradients = [[torch.randn_like(p) if step >= 2 or i < 2 else None for i, p in enumerate(start)] for step in range(STEPS)]

rules = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd, weight decay": (torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    "sgd, momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
    "sgd, dampening": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3)),
    "sgd, Nesterov": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.05, nesterov=True)),
    "adam": (torch.optim.Adam, dict(lr=0.01)),
    "adam, weight decay": (torch.optim.Adam, dict(lr=0.01, betas=(0.5, 0.98), eps=1e-6, weight_decay=0.05)),
    "adamw": (torch.optim.AdamW, dict(lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.1)),
    "adagrad, weight decay": (torch.optim.Adagrad, dict(lr=0.1, weight_decay=0.05, eps=1e-6)),
}

results = {}
for name, (rule, options) in rules.items():
    params = [p.clone().requires_grad_() for p in start]
    optimizer = rule(params, foreach=False, **options)
    results[name] = []
    for step in range(STEPS):
        for param, gradient in zip(params, gradients[step]):
            param.grad = None if gradient is None else gradient.clone()
        for group in optimizer.param_groups:
            group["lr"] = options["lr"] * FACTORS[step]
        optimizer.step()
        results[name].append([p.detach().tolist() for p in params])

clipped = {}
for limit in [0.5, 100.0]:
    params = [p.clone().requires_grad_() for p in start]
    for param, gradient in zip(params, gradients[2]):
        param.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(params, limit)
    clipped[str(limit)] = {"norm": norm.item(), "gradients": [p.grad.tolist() for p in params]}

golden = {
    "start": [p.tolist() for p in start],
    "gradients": [[g if g is None else g.tolist() for g in row] for row in gradients],
    "factors": FACTORS,
    "rules": results,
    "clipped": clipped,
}
pathlib.Path(__file__).with_name("optim.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
