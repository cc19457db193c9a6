"""Golden values for src/evaluate/metrics/coco-detection.ts: what pycocotools says of 200 random scenes. Needs pycocotools 2.0.

    python3 tests/golden/make_coco.py
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random = np.random.default_rng(0)
CATEGORIES = 3


def box():
    """Of all three sizes, on halves of pixels, so that equal overlaps occur."""
    side = float(random.choice([16, 40, 120]))
    width, height = np.maximum(2, np.round(side * random.uniform(0.4, 1.6, 2) * 2) / 2)
    left, top = np.round(random.uniform(0, 200, 2) * 2) / 2
    return [float(left), float(top), float(width), float(height)]


def near(b):
    shift = np.round(random.normal(0, 0.12, 4) * [b[2], b[3], b[2], b[3]] * 2) / 2
    left, top, width, height = np.array(b) + shift
    return [float(left), float(top), float(max(1, width)), float(max(1, height))]


def scene():
    objects, detections = [], []
    for image in range(1, int(random.integers(1, 5)) + 1):
        for _ in range(int(random.integers(0, 6))):
            b = box()
            category = int(random.integers(1, CATEGORIES + 1))
            area = round(b[2] * b[3] * float(random.choice([1, 1, 0.7])), 2)
            objects.append([image, category, *b, area, int(random.random() < 0.15)])
            for _ in range(int(random.integers(0, 4))):
                detected = category if random.random() < 0.9 else int(random.integers(1, CATEGORIES + 1))
                # Scores in tenths, so that ties occur.
                detections.append([image, detected, *(b if random.random() < 0.2 else near(b)), int(random.integers(1, 11))])
        for _ in range(int(random.integers(0, 3))):
            detections.append([image, int(random.integers(1, CATEGORIES + 1)), *box(), int(random.integers(1, 11))])
    return objects, detections


def crowded():
    """More detections of one image and category than count."""
    objects = [[1, 1, *box(), 100.0, 0] for _ in range(30)]
    detections = [[1, 1, *near(objects[int(random.integers(30))][2:6]), int(random.integers(1, 200))] for _ in range(150)]
    return objects, detections


def measure(objects, detections):
    images = sorted({o[0] for o in objects} | {d[0] for d in detections})
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": i} for i in images],
        "categories": [{"id": c} for c in range(1, CATEGORIES + 1)],
        "annotations": [
            {"id": i + 1, "image_id": o[0], "category_id": o[1], "bbox": o[2:6], "area": o[6], "iscrowd": o[7]}
            for i, o in enumerate(objects)
        ],
    }
    truth.createIndex()
    found = truth.loadRes(
        [{"image_id": d[0], "category_id": d[1], "bbox": d[2:6], "score": d[6] / 10} for d in detections]
    )
    evaluation = COCOeval(truth, found, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [float(value) for value in evaluation.stats]


scenes = []
while len(scenes) < 200:
    objects, detections = crowded() if len(scenes) % 40 == 7 else scene()
    if not objects or not detections:
        continue
    with contextlib.redirect_stdout(io.StringIO()):
        stats = measure(objects, detections)
    scenes.append({"objects": objects, "detections": detections, "stats": stats})
path = Path(__file__).with_name("coco-detection.json")
lines = ",\n".join(json.dumps(s, separators=(",", ":")).replace(".0,", ",").replace(".0]", "]") for s in scenes)
path.write_text("[\n" + lines + "\n]\n")
print(path, len(scenes), path.stat().st_size)
