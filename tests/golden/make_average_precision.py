"""Writes average-precision.json: what pycocotools and scikit-learn say of random scenes and random scores.

The scenes are not in the file: both sides make them with the same generator, see `Draws` here and in src/evaluate/metrics/scenes.test-util.ts.
Needs pycocotools 2.0.11 and scikit-learn.

    python3 tests/golden/make_average_precision.py
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import average_precision_score

SETS = 200
RANKINGS = 40


class Draws:
    """A linear congruential generator: the same numbers in every language."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 16) % limit


def scene_set(seed):
    """Objects and detections of a few images; all coordinates are multiples of 1/4 and all scores of 1/16, with many ties."""
    draws = Draws(seed)
    classes = 1 + draws.below(4)
    truth, found = [], []
    for image in range(1 + draws.below(6)):
        for _ in range(draws.below(8)):
            side = (16, 64, 200)[draws.below(3)]
            box = [draws.below(800) / 4, draws.below(800) / 4, side / 2 + draws.below(4 * side) / 4, side / 2 + draws.below(4 * side) / 4]
            label = draws.below(classes)
            area = box[2] * box[3] * (4 + draws.below(5)) / 8
            truth.append({'image': image, 'class': label, 'box': box, 'area': area, 'crowd': int(draws.below(8) == 0)})
            for _ in range(draws.below(4)):
                moved = [value + (draws.below(2 * side // 4 + 1) - side // 4) / 4 for value in box]
                guess = label if draws.below(6) else draws.below(classes)
                found.append({'image': image, 'class': guess, 'box': moved, 'score': draws.below(16) / 16})
        for _ in range(120 if draws.below(40) == 0 else draws.below(6)):
            box = [draws.below(800) / 4, draws.below(800) / 4, 4 + draws.below(400) / 4, 4 + draws.below(400) / 4]
            found.append({'image': image, 'class': draws.below(classes), 'box': box, 'score': draws.below(16) / 16})
    return classes, truth, found


def coco_stats(classes, truth, found):
    images = sorted({one['image'] for one in truth + found} | {0})
    ground = COCO()
    ground.dataset = {
        'images': [{'id': image + 1} for image in images],
        'categories': [{'id': label + 1} for label in range(classes)],
        'annotations': [
            {'id': i + 1, 'image_id': one['image'] + 1, 'category_id': one['class'] + 1, 'bbox': one['box'], 'area': one['area'], 'iscrowd': one['crowd']}
            for i, one in enumerate(truth)
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        ground.createIndex()
        answers = ground.loadRes(
            [{'image_id': one['image'] + 1, 'category_id': one['class'] + 1, 'bbox': one['box'], 'score': one['score']} for one in found]
        )
        evaluation = COCOeval(ground, answers, 'bbox')
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [None if value == -1 else float(value) for value in evaluation.stats]


def ranking(seed):
    draws = Draws(seed)
    count = 2 + draws.below(60)
    scores = [draws.below(32) / 32 for _ in range(count)]
    truth = [int(draws.below(3) == 0) for _ in range(count)]
    truth[draws.below(count)] = 1
    return truth, scores


def main():
    sets, seed = [], 0
    while len(sets) < SETS:
        classes, truth, found = scene_set(seed)
        # pycocotools cannot load an empty list of results.
        if found:
            sets.append({'seed': seed, 'objects': len(truth), 'detections': len(found), 'stats': coco_stats(classes, truth, found)})
        seed += 1
    rankings = [{'seed': s, 'area': float(average_precision_score(*map(np.array, ranking(s))))} for s in range(RANKINGS)]
    lines = ',\n'.join(json.dumps(one) for one in sets)
    more = ',\n'.join(json.dumps(one) for one in rankings)
    text = '{\n"scenes": [\n' + lines + '\n],\n"rankings": [\n' + more + '\n]\n}\n'
    Path(__file__).with_name('average-precision.json').write_text(text)


if __name__ == '__main__':
    main()
