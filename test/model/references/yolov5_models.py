"""References of anchor YOLOv5, detect and seg, from the package yolov5 (its code is Ultralytics' YOLOv5, AGPL-3.0)."""

import os
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import torch
import yaml
import yolov5
from yolov5.models.yolo import DetectionModel, SegmentationModel
from yolov5.utils.augmentations import letterbox
from yolov5.utils.general import non_max_suppression, scale_boxes
from yolov5.utils.segment.general import process_mask_native

from common import CACHE, CONFS, IOU, MAX_DETECTIONS, bias_shift, found, picture, run_length, write_reference
from settling import settle

SIDE = 96
SETTLING_SIDE = 256
CLASSES = 12
MASKS = 32
SOURCE = {"package": "yolov5", "version": version("yolov5"), "licence": "AGPL-3.0"}


def fed(side):
    """As the package's loader does it: letterbox, BGR to RGB, channels first, 0..1."""
    image = letterbox(picture(), (side, side), stride=32, auto=False)[0]
    return np.ascontiguousarray(image.transpose(2, 0, 1)[::-1])[None].astype(np.float32) / np.float32(255)


def network_of(kind):
    folder = Path(yolov5.__file__).parent / "models"
    config = yaml.safe_load((folder / ("segment/yolov5n-seg.yaml" if kind == "seg" else "yolov5n.yaml")).read_text())
    config.update(nc=CLASSES, width_multiple=0.125)
    torch.manual_seed(5)
    model = (SegmentationModel if kind == "seg" else DetectionModel)(config, ch=3)
    model.names = {i: f"class{i}" for i in range(CLASSES)}
    image = torch.from_numpy(fed(SETTLING_SIDE))
    settle(model, torch.cat([image, image.flip(3), image.flip(2)]), least_variance=0.01)
    liven(model)
    model.model[-1].export = True
    return model


def liven(model):
    """Random last layers; the objectness is shifted until a tenth of the anchors pass 0.25."""
    head = model.model[-1]
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for layer in head.m:
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * 2 / layer.weight.shape[1] ** 0.5)
            layer.bias.zero_()
        rows = model(torch.from_numpy(fed(SIDE)))[0][0]
        classes = rows[:, 5 : 5 + CLASSES].amax(1)
        # The score is a product: the objectness alone has to get to 0.25 / class.
        wanted = (0.25 / classes).clamp(max=0.999)
        distance = torch.logit(wanted) - torch.logit(rows[:, 4].clamp(1e-6, 1 - 1e-6))
        shift = float(distance.quantile(0.10))
        for layer in head.m:
            layer.bias.view(head.na, -1)[:, 4] += shift


def answers(kind, outputs):
    """The package's own detect.py and segment/predict.py, masks at the size of the picture."""
    image = picture()
    result = {}
    for conf in CONFS:
        rows = torch.from_numpy(outputs["output0"].copy())
        [kept] = non_max_suppression(rows, conf, IOU, None, False, max_det=MAX_DETECTIONS, nm=MASKS if kind == "seg" else 0)
        kept[:, :4] = scale_boxes((SIDE, SIDE), kept[:, :4], image.shape)
        objects = [found(row[5], row[4], row[:4]) for row in kept]
        if kind == "seg":
            protos = torch.from_numpy(outputs["output1"][0])
            for each, mask in zip(objects, process_mask_native(protos, kept[:, 6:], kept[:, :4], image.shape[:2])):
                each["mask"] = run_length(mask.numpy())
        result[conf] = objects
    return result


def export(model, kind, path):
    outputs = ["output0", "output1"] if kind == "seg" else ["output0"]
    torch.onnx.export(model, torch.from_numpy(fed(SIDE)), str(path), opset_version=17, input_names=["images"],
                      output_names=outputs, dynamo=False)
    # The two keys that the package's exporter writes.
    whole = onnx.load(str(path))
    for key, value in {"stride": int(max(model.stride)), "names": model.names}.items():
        entry = whole.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(whole, str(path))


def main(only):
    os.chdir(CACHE)
    for kind in ("det", "seg"):
        name = f"yolov5n-anchor-{kind}"
        if only and not any(word in name for word in only):
            continue
        path = CACHE / f"{name}.onnx"
        export(network_of(kind), kind, path)
        write_reference(
            path, {"images": fed(SIDE)}, lambda outputs: answers(kind, outputs),
            family="yolov5", task="segment" if kind == "seg" else "detect", source=SOURCE,
        )
