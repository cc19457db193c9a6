"""Opens exported folders as models of the Python package transformers, and compares their tokens and their logits.

Usage: python check_published.py <folder with published.json>
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

TOLERANCE = 1e-5


def difference(given, expected, real):
    """The largest over the real tokens, as a share of the largest number."""
    return ((given - expected) * real).abs().max().item() / (expected * real).abs().max().item()


def open_model(loader, folder):
    model, report = getattr(transformers, loader).from_pretrained(folder, output_loading_info=True)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise SystemExit(f"{folder}: {report}")
    return model.eval(), sorted(report["unexpected_keys"])


def flipped(model):
    """One sign of one weight."""
    weight = next(value for name, value in model.named_parameters() if name.endswith(("c_proj.weight", "output.dense.weight", "ffn_output.weight")))
    with torch.no_grad():
        weight[0, weight[0].abs().argmax()] *= -1
    return model


@torch.no_grad()
def main(root):
    failures = []
    for case in json.loads((root / "published.json").read_text()):
        expected = load_file(case["expected"])
        tokenizer = transformers.AutoTokenizer.from_pretrained(case["folder"])
        rows = tokenizer(list(case["texts"]), padding=True, truncation=True, return_tensors="pt")
        ids = rows["input_ids"].masked_fill(rows["attention_mask"] == 0, -1)
        has_tokens = torch.equal(ids, expected["ids"][:, : ids.shape[1]])
        real = rows["attention_mask"].unsqueeze(2).float()
        wanted = expected["logits"][:, : ids.shape[1]]
        model, left = open_model(case["loader"], case["folder"])
        own = difference(model(**rows).logits, wanted, real)
        control = difference(flipped(model)(**rows).logits, wanted, real)
        order = ""
        if case["hasOrder"]:
            both, _ = open_model("AutoModelForPreTraining", case["folder"])
            answers = both(**rows)
            second = answers.get("seq_relationship_logits", answers.get("sop_logits"))
            order = f"   order {difference(second, expected['order'], torch.ones(1)):.2e}"
            own = max(own, difference(answers.prediction_logits, wanted, real), difference(second, expected["order"], torch.ones(1)))
        is_right = has_tokens and own <= TOLERANCE < control
        print(
            f"{case['name']:22} {type(model).__name__:34} {own:.2e}   one flipped sign {control:.2e}{order}"
            f"   tokens {'equal' if has_tokens else 'DIFFER'}   {len(left)} left   {'' if is_right else 'WRONG'}"
        )
        if not is_right:
            failures.append(case["name"])
    if failures:
        raise SystemExit(f"they disagree: {failures}")


main(Path(sys.argv[1]))
