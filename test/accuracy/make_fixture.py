"""Writes fixture.ts and fixture.json: random pictures and what pycocotools says about them.

    python make_fixture.py     (needs numpy 2.4.6 and pycocotools 2.0.11)

fixture.ts: a few pictures with whole numbers, to be read by people. fixture.json: many, as COCO files, with crowds, objects
that are marked to be ignored (which COCOeval pays no heed to), areas of outlines that are less than their boxes, sizes on both
sides of and exactly on 32 x 32 and 96 x 96, equal scores, more than a hundred detections in one picture, pictures with nothing
in them, a class that is never there but found, one that is there only as a crowd, and gaps in the numbers.
"""

import contextlib
import io
import json
import pathlib
import random

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

HERE = pathlib.Path(__file__).parent
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


def evaluate(data, results):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = data
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


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
    evaluation = evaluate(data, results)
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    by_class = [precision[:, :, k] for k in range(CLASSES)]
    per_class = [[float(each[0].mean()), float(each.mean())] for each in by_class]
    return per_class, float(evaluation.stats[1]), float(evaluation.stats[0])


def small_fixture():
    chance = random.Random(SEED)
    pictures = [picture(chance) for _ in range(PICTURES)]
    per_class, map50, map50to95 = judge(pictures)
    lines = ["// Made by make_fixture.py with pycocotools 2.0.11 and numpy " + np.__version__ + "; not edited by hand."]
    lines.append("\n/** Per picture: objects [class, x1, y1, x2, y2, ignored], detections [class, x1, y1, x2, y2, score]. */")
    lines.append("export const PICTURES: readonly { truth: readonly number[][]; found: readonly number[][] }[] = [")
    for truth, found in pictures:
        lines.append("  {\n    truth: [")
        lines += [f"      {row}," for row in truth]
        lines.append("    ],\n    found: [")
        lines += [f"      {row}," for row in found]
        lines.append("    ],\n  },")
    lines.append("];\n\n/** What COCOeval says of them. */\nexport const COCO_SAYS = {")
    lines.append(f"  map50: {map50!r},\n  map50to95: {map50to95!r},")
    lines.append("  /** Per class: average precision at IoU 0.5, and over 0.5 to 0.95. */")
    lines.append("  classes: [")
    lines += [f"    {row}," for row in per_class]
    lines.append("  ],\n};")
    return "\n".join(lines) + "\n"


WIDE, HIGH = 640, 480
# Numbers with gaps, not in order, as COCO's own; 44 is never there, 90 only as a crowd.
CATEGORIES = [(3, "car"), (1, "person"), (17, "cat"), (44, "bottle"), (90, "toothbrush")]
EDGES = (32, 96)
# One picture has more of one class than are looked at.
FULL, MANY_OBJECTS, MANY = 139, 24, 130


def real_box(chance):
    """x, y, width, height, two decimals; every fourth with a side on the edge between two sizes."""
    if chance.random() < 0.25:
        side = chance.choice(EDGES)
        wide, high = side, side
    else:
        scale = chance.choice((12, 40, 140))
        wide, high = (round(scale * chance.uniform(0.5, 1.6), 2) for _ in range(2))
    return [round(chance.uniform(0, WIDE - wide), 2), round(chance.uniform(0, HIGH - high), 2), wide, high]


def nudged(chance, box):
    reach = chance.choice((0.02, 0.1, 0.3))
    x, y, wide, high = box
    return [
        round(x + chance.uniform(-reach, reach) * wide, 2), round(y + chance.uniform(-reach, reach) * high, 2),
        round(wide * chance.uniform(1 - reach, 1 + reach), 2), round(high * chance.uniform(1 - reach, 1 + reach), 2),
    ]


def large_picture(chance, data, results, image_id):
    labels = [number for number, _ in CATEGORIES]
    is_full = image_id == FULL
    found = []
    for _ in range(MANY_OBJECTS if is_full else chance.randrange(12)):
        label = 1 if is_full else chance.choice([number for number in labels if number != 44])
        box = real_box(chance)
        crowd = label == 90 or chance.random() < 0.12
        annotation = {
            "id": len(data["annotations"]) + 1, "image_id": image_id, "category_id": label, "bbox": box,
            "area": round(box[2] * box[3] * chance.choice((1, 1, 0.6)), 4), "iscrowd": int(crowd),
        }
        if chance.random() < 0.1:
            annotation["ignore"] = 1
        data["annotations"].append(annotation)
        for _ in range(chance.choice((0, 1, 1, 1, 2)) if not crowd else 3):
            seen = label if chance.random() < 0.9 else chance.choice(labels)
            found.append((seen, nudged(chance, box), chance.randrange(1 if is_full else 30, 100)))
    for _ in range(MANY if is_full else chance.randrange(4)):
        found.append((1 if is_full else chance.choice(labels), real_box(chance), chance.randrange(1, 70)))
    for label, box, percent in found:
        # Two decimals: many scores are equal, within a picture and between pictures.
        results.append({"image_id": image_id, "category_id": label, "bbox": box, "score": percent / 100})


def large_fixture():
    chance = random.Random(SEED + 1)
    ids = [FULL, 7, 1000, 285, *range(400, 440), 12]
    data = {
        "images": [{"id": i, "file_name": f"{i:012d}.jpg", "width": WIDE, "height": HIGH} for i in ids],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in CATEGORIES],
    }
    results = []
    for image_id in ids:
        if image_id == 7:
            continue
        if image_id == 12:
            box = real_box(chance)
            results.append({"image_id": 12, "category_id": 1, "bbox": box, "score": 0.99})
            continue
        large_picture(chance, data, results, image_id)
    evaluation = evaluate(data, results)
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]

    def mean(values):
        values = values[values > -1]
        return float(values.mean()) if values.size else None

    names = "ap50to95 ap50 ap75 apSmall apMedium apLarge ar1 ar10 ar100 arSmall arMedium arLarge".split()
    classes = {}
    for k, number in enumerate(evaluation.params.catIds):
        p, r = precision[:, :, k], recall[:, k]
        values = [
            p[:, :, 0, 2], p[0, :, 0, 2], p[5, :, 0, 2], p[:, :, 1, 2], p[:, :, 2, 2], p[:, :, 3, 2],
            r[:, 0, 0], r[:, 0, 1], r[:, 0, 2], r[:, 1, 2], r[:, 2, 2], r[:, 3, 2],
        ]
        classes[str(number)] = dict(zip(names, map(mean, values)))
    curve = {str(number): [float(v) for v in precision[0, :, k, 0, 2]] for k, number in enumerate(evaluation.params.catIds)}
    scores = {str(number): [float(v) for v in evaluation.eval["scores"][0, :, k, 0, 2]] for k, number in enumerate(evaluation.params.catIds)}
    says = {
        "mean": dict(zip(names, (None if v < 0 else float(v) for v in evaluation.stats))), "classes": classes, "precision": curve, "scores": scores,
    }
    made = f"make_fixture.py with pycocotools 2.0.11 and numpy {np.__version__}; not edited by hand"
    return json.dumps({"made": made, "data": data, "results": results, "says": says}, separators=(",", ":")).replace("},{", "},\n{") + "\n"


if __name__ == "__main__":
    (HERE / "fixture.ts").write_text(small_fixture())
    (HERE / "fixture.json").write_text(large_fixture())
