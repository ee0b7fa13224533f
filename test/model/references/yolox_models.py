"""References of YOLOX from pixeltable-yolox (Megvii's code, Apache-2.0): the raw head, and decoded in the graph.

The package has no NMS of numpy as Megvii's demo has; its evaluator's `postprocess` is the authors' other one, and is
what answers here: class-aware, IoU as intervals by torchvision, the best class of an anchor. Our YOLOX follows the demo
(corners as whole pixels, several classes an anchor), so the answers are made by the demo's rules, which ../shared/oracle
has proven, written down again here in numpy; the package's part is the network, its decode and its pre-processing.
"""

import os
from importlib.metadata import version

import numpy as np
import torch
from yolox.data.data_augment import preproc
from yolox.models import YoloPafpn, YoloxHead, YoloxModule

from common import CACHE, CONFS, IOU, MAX_DETECTIONS, bias_shift, found, picture, write_reference
from settling import settle

SIDE = 96
CLASSES = 4
SOURCE = {"package": "pixeltable-yolox", "version": version("pixeltable-yolox"), "licence": "Apache-2.0"}


def fed(side=SIDE):
    tensor, ratio = preproc(picture(), (side, side))
    return tensor[None], ratio


def network_of():
    torch.manual_seed(3)
    model = YoloxModule(YoloPafpn(0.33, 0.125), YoloxHead(CLASSES, 0.125))
    image = torch.from_numpy(fed(256)[0])
    model.eval()
    settle(model, torch.cat([image, image.flip(3)]), least_variance=0.01)
    generator = torch.Generator().manual_seed(4)
    head = model.head
    with torch.no_grad():
        for layers, spread in ((head.cls_preds, 2), (head.reg_preds, 0.7), (head.obj_preds, 2)):
            for layer in layers:
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * spread / layer.weight.shape[1] ** 0.5)
                layer.bias.zero_()
        rows = model(torch.from_numpy(fed()[0]))[0]
        wanted = (0.25 / rows[:, 5:].amax(1)).clamp(max=0.999)
        shift = float((torch.logit(wanted) - torch.logit(rows[:, 4].clamp(1e-6, 1 - 1e-6))).quantile(0.10))
        for layer in head.obj_preds:
            layer.bias += shift
    return model


def overlap(box, others):
    """IoU with corners read as whole pixels."""
    left, top = np.maximum(box[:2], others[:, :2]).T
    right, bottom = np.minimum(box[2:], others[:, 2:]).T
    both = np.maximum(0, right - left + 1) * np.maximum(0, bottom - top + 1)
    area = lambda b: (b[..., 2] - b[..., 0] + 1) * (b[..., 3] - b[..., 1] + 1)
    return both / (area(box) + area(others) - both)


def answers(rows, ratio):
    """rows: anchors x (5 + classes), decoded, input px."""
    centre, size = rows[:, :2], rows[:, 2:4]
    boxes = np.concatenate([centre - size / 2, centre + size / 2], 1) / ratio
    scores = rows[:, 4:5] * rows[:, 5:]
    result = {}
    for conf in CONFS:
        objects = []
        for cls in range(CLASSES):
            order = [i for i in np.argsort(-scores[:, cls], kind="stable") if scores[i, cls] > conf]
            while order:
                best = order.pop(0)
                objects.append(found(cls, scores[best, cls], boxes[best]))
                keep = overlap(boxes[best], boxes[order]) <= IOU if order else []
                order = [i for i, kept in zip(order, keep) if kept]
        result[conf] = sorted(objects, key=lambda each: -each["conf"])[:MAX_DETECTIONS]
    return result


def main(only):
    os.chdir(CACHE)
    tensor, ratio = fed()
    model = network_of()
    for name, decoded in (("yolox-raw", False), ("yolox-decoded", True)):
        if only and not any(word in name for word in only):
            continue
        with torch.no_grad():
            rows = model(torch.from_numpy(tensor))[0].numpy()
        model.head.decode_in_inference = decoded
        path = CACHE / f"{name}.onnx"
        torch.onnx.export(model, torch.from_numpy(tensor), str(path), opset_version=17, input_names=["images"],
                          output_names=["output"], dynamo=False)
        model.head.decode_in_inference = True
        write_reference(path, {"images": tensor}, lambda _: answers(rows, ratio), family="yolox", task="detect",
                        source=SOURCE, sidecar={"labels": [f"class{i}" for i in range(CLASSES)]}, note="decoded in the graph" if decoded else "raw head")
