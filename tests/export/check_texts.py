"""Loads exported folders of text encoders from disk with ONNX Runtime and tokenizers for Python, and compares their features.

Usage: python check_texts.py <folder with texts.json>
"""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime
from safetensors.numpy import load_file
from transformers import AutoTokenizer

TOLERANCE = 1e-5


def flipped(model, case):
    """One sign in the row of a token that the texts have."""
    table = load_file(Path(case["folder"]) / "model.safetensors")[case["table"]]
    if table.tobytes() not in model:
        raise SystemExit(f"{case['table']} does not stand in the model")
    changed = table.copy()
    row = changed[case["token"]]
    row[abs(row).argmax()] *= -1
    return model.replace(table.tobytes(), changed.tobytes())


def features(case, change):
    folder = Path(case["folder"])
    model = (folder / "onnx" / "model.onnx").read_bytes()
    session = onnxruntime.InferenceSession(flipped(model, case) if change else model, providers=["CPUExecutionProvider"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    padding = True if case["rowLength"] is None else "max_length"
    rows = tokenizer(list(case["texts"]), padding=padding, truncation=True, return_tensors="np")
    given = {name: rows[name].astype(numpy.int64) for name in ("input_ids", "attention_mask")}
    return session.run(["sentence_embedding"], given)[0]


def main(root):
    failures = []
    for case in json.loads((root / "texts.json").read_text()):
        expected = load_file(case["expected"])["features"]
        own, control = (abs(features(case, change) - expected).max() / abs(expected).max() for change in (False, True))
        is_right = own <= TOLERANCE < control
        print(f"{case['name']:20} onnxruntime  {own:.2e}   one flipped sign {control:.2e}   {'' if is_right else 'WRONG'}")
        if not is_right:
            failures.append(case["name"])
    if failures:
        raise SystemExit(f"they disagree: {failures}")


main(Path(sys.argv[1]))
