"""From model outputs to COCO's figures: decode, class-aware NMS, back to frame pixels, mAP by pycocotools."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from data import FIT, margins
from settings import CLASS_NAMES, FRAME_HEIGHT, FRAME_WIDTH

# Low, so that most of the precision-recall curve is seen; a program that shows boxes wants about 0.3.
SCORE_LEAST = 0.01
NMS_IOU = 0.6
DETECTIONS_MOST = 100


def suppress(boxes, scores):
    """Indices of the boxes that greedy NMS keeps, best first."""
    order = np.argsort(-scores, kind="stable")
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while len(order):
        first, rest = order[0], order[1:]
        kept.append(first)
        low = np.maximum(boxes[first, :2], boxes[rest, :2])
        high = np.minimum(boxes[first, 2:], boxes[rest, 2:])
        common = np.prod(np.clip(high - low, 0, None), axis=1)
        order = rest[common <= NMS_IOU * (area[first] + area[rest] - common)]
    return np.array(kept, int)


def detections(output, score_least=SCORE_LEAST):
    """Detections of one picture: its (4 + classes, N) output to boxes (n, 4) in frame pixels, scores, classes."""
    scores, classes = output[4:].max(0), output[4:].argmax(0)
    likely = scores > score_least
    scores, classes, centre = scores[likely], classes[likely], output[:4, likely].T
    boxes = np.concatenate((centre[:, :2] - centre[:, 2:] / 2, centre[:, :2] + centre[:, 2:] / 2), 1)
    # Moving each class to a place of its own lets one NMS treat the classes apart.
    kept = suppress(boxes + classes[:, None] * 10_000.0, scores)[:DETECTIONS_MOST]
    boxes = (boxes[kept] - np.tile(margins(FIT), 2)) / FIT
    boxes[:, [0, 2]] = boxes[:, [0, 2]].clip(0, FRAME_WIDTH)
    boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(0, FRAME_HEIGHT)
    return boxes, scores[kept], classes[kept]


def nothing_in(image):
    """A detection of nothing: an empty box outside the picture, with score 0."""
    return {"image_id": image, "category_id": 0, "bbox": [-1.0, -1.0, 0.0, 0.0], "score": 0.0}


def coco_figures(found, frames, chosen):
    """COCO's figures over the frames whose indices are `chosen`: {"map50", "map", "classes": {name: (map50, map)}}.
    `found` holds each frame's `detections`."""
    truth = {"info": {}, "images": [{"id": i} for i in chosen], "annotations": []}
    truth["categories"] = [{"id": i, "name": name} for i, name in enumerate(CLASS_NAMES)]
    results = []
    for i in chosen:
        for label, x1, y1, x2, y2, ignore in frames.truth(i).tolist():
            truth["annotations"].append({
                "id": len(truth["annotations"]) + 1, "image_id": i, "category_id": int(label),
                "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": int(ignore),
            })
        for (x1, y1, x2, y2), score, label in zip(*(part.tolist() for part in found[i])):
            results.append({
                "image_id": i, "category_id": label, "bbox": [x1, y1, x2 - x1, y2 - y1], "score": score,
            })
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        # pycocotools cannot load an empty list; a detection that no score threshold lets pass stands for none.
        judge = COCOeval(coco, coco.loadRes(results or [nothing_in(chosen[0])]), "bbox")
        judge.evaluate()
        judge.accumulate()
    # Precision at [IoU threshold, recall, class, every area, 100 detections]; -1 where a class has no object.
    precision = judge.eval["precision"][:, :, :, 0, 2]
    seen = [i for i in range(len(CLASS_NAMES)) if (precision[:, :, i] > -1).all()]
    per_class = {CLASS_NAMES[i]: (float(precision[0, :, i].mean()), float(precision[:, :, i].mean())) for i in seen}
    means = np.mean(list(per_class.values()), axis=0)
    return {"map50": float(means[0]), "map": float(means[1]), "classes": per_class}
