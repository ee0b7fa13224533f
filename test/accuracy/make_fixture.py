"""Writes fixture.ts: a small random set of pictures and what pycocotools says about them.

    python make_fixture.py > fixture.ts     (needs the packages of samples/train/requirements.txt)
"""

import contextlib
import io
import random

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SEED = 20240607
PICTURES = 24
CLASSES = 3
SIDE = 200


def some_box(chance):
    x, y = chance.randrange(SIDE - 20), chance.randrange(SIDE - 20)
    return [x, y, x + chance.randrange(8, 90), y + chance.randrange(8, 90)]


def picture(chance):
    """Objects [class, x1, y1, x2, y2, ignored] and detections [class, x1, y1, x2, y2, score]: most near an object."""
    truth = []
    for _ in range(chance.randrange(7)):
        truth.append([chance.randrange(CLASSES), *some_box(chance), int(chance.random() < 0.2)])
    found = []
    for label, *box, _ in truth:
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            near = [v + chance.randrange(-6, 7) for v in box]
            seen = label if chance.random() < 0.9 else chance.randrange(CLASSES)
            right, bottom = max(near[2], near[0] + 4), max(near[3], near[1] + 4)
            found.append([seen, *near[:2], right, bottom, chance.randrange(20, 100) / 100])
    for _ in range(chance.randrange(3)):
        found.append([chance.randrange(CLASSES), *some_box(chance), chance.randrange(1, 60) / 100])
    return truth, found


def judge(pictures):
    """Per class [AP at 0.5, AP over 0.5 to 0.95] by COCOeval."""
    data = {"info": {}, "images": [{"id": i} for i in range(len(pictures))], "annotations": []}
    data["categories"] = [{"id": i} for i in range(CLASSES)]
    results = []
    for i, (truth, found) in enumerate(pictures):
        for label, x1, y1, x2, y2, ignored in truth:
            box = [x1, y1, x2 - x1, y2 - y1]
            data["annotations"].append({
                "id": len(data["annotations"]) + 1, "image_id": i, "category_id": label,
                "bbox": box, "area": box[2] * box[3], "iscrowd": ignored,
            })
        for label, x1, y1, x2, y2, score in found:
            box = [x1, y1, x2 - x1, y2 - y1]
            results.append({"image_id": i, "category_id": label, "bbox": box, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = data
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    by_class = [precision[:, :, k] for k in range(CLASSES)]
    per_class = [[float(each[0].mean()), float(each.mean())] for each in by_class]
    return per_class, float(evaluation.stats[1]), float(evaluation.stats[0])


def main():
    chance = random.Random(SEED)
    pictures = [picture(chance) for _ in range(PICTURES)]
    per_class, map50, map50to95 = judge(pictures)
    print("// Made by make_fixture.py with pycocotools 2.0.11 and numpy " + np.__version__ + "; not edited by hand.")
    print("\n/** Per picture: objects [class, x1, y1, x2, y2, ignored], detections [class, x1, y1, x2, y2, score]. */")
    print("export const PICTURES: readonly { truth: readonly number[][]; found: readonly number[][] }[] = [")
    for truth, found in pictures:
        print("  {\n    truth: [")
        for row in truth:
            print(f"      {row},")
        print("    ],\n    found: [")
        for row in found:
            print(f"      {row},")
        print("    ],\n  },")
    print("];\n\n/** What COCOeval says of them. */\nexport const COCO_SAYS = {")
    print(f"  map50: {map50!r},\n  map50to95: {map50to95!r},")
    print("  /** Per class: average precision at IoU 0.5, and over 0.5 to 0.95. */")
    print("  classes: [")
    for row in per_class:
        print(f"    {row},")
    print("  ],\n};")


if __name__ == "__main__":
    main()
