"""The peers of evaluation.ts: PyTorch's product and topk, scikit-learn's logistic regression, pycocotools.

Waits for a line before each step and prints the processor's seconds; at the end what it found."""
import contextlib
import io
import json
import os
import sys
import time

import numpy as np

config = json.loads(sys.argv[1])
train, test, size, classes = (config[name] for name in ("train", "test", "size", "classes"))


def read(name, dtype):
    return np.fromfile(os.path.join(config["folder"], name), dtype=dtype)


def neighbors():
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(1)
    features = torch.from_numpy(read("features", np.float32)).view(-1, size)
    labels = torch.from_numpy(read("labels", np.int32)).long()
    memory, queries = features[:train], features[train:]

    # As MoCo's and InstDisc's evaluation codes write it.
    @torch.no_grad()
    def step():
        bank = F.normalize(memory, dim=1).t().contiguous()
        right = 0
        for chunk, truth in zip(queries.split(512), labels[train:].split(512)):
            similarity, index = (F.normalize(chunk, dim=1) @ bank).topk(200, dim=1)
            votes = labels[:train][index]
            weights = (similarity / 0.1).exp()
            scores = torch.zeros(len(chunk), classes).scatter_add_(1, votes, weights)
            right += (scores.argmax(1) == truth).sum().item()
        return right / test

    return step


def probe():
    from sklearn.linear_model import LogisticRegression

    x = read("features", np.float32).reshape(-1, size).astype(np.float64)
    labels = read("labels", np.int32)
    x = (x - x.mean(0)) / x.std(0)
    l2 = 1e-3

    def step():
        # The mean loss has the penalty l2 / 2 |W|^2. The gradient's largest number is compared with `tol`.
        model = LogisticRegression(C=1 / (l2 * train), tol=1e-7, max_iter=5000).fit(x, labels)
        step.model = model
        return 0.0

    def loss():
        logits = x @ step.model.coef_.T + step.model.intercept_
        logits -= logits.max(1, keepdims=True)
        log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return float(-log[np.arange(train), labels].mean() + l2 / 2 * (step.model.coef_**2).sum())

    step.value = loss
    return step


def coco():
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with open(os.path.join(config["folder"], "boxes.json")) as file:
        boxes = json.load(file)

    def annotations(rows):
        return [
            {
                **{"id": i + 1, "image_id": int(row[0]), "category_id": int(row[1]), "bbox": row[2:6]},
                **{"area": row[4] * row[5], "iscrowd": 0, "score": row[6]},
            }
            for i, row in enumerate(rows)
        ]

    def quiet(work):
        with contextlib.redirect_stdout(io.StringIO()):
            return work()

    images = [{"id": i} for i in range(train)]
    categories = [{"id": c} for c in range(classes)]

    def made(rows):
        one = COCO()
        one.dataset = {"images": images, "categories": categories, "annotations": annotations(rows)}
        quiet(one.createIndex)
        return one

    truth, found = made(boxes["truth"]), made(boxes["found"])

    def step():
        evaluation = COCOeval(truth, found, "bbox")
        quiet(evaluation.evaluate)
        quiet(evaluation.accumulate)
        quiet(evaluation.summarize)
        return float(evaluation.stats[0])

    return step


step = {"knn": neighbors, "linear": probe, "coco": coco}[config["kind"]]()
value = 0.0
for _ in range(config["warmup"] + config["steps"]):
    sys.stdin.readline()
    began = time.process_time()
    value = step()
    print(time.process_time() - began, flush=True)
print(json.dumps({"value": step.value() if hasattr(step, "value") else value}), flush=True)
