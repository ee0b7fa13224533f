"""References by Ultralytics (AGPL-3.0): models from the library's own YAML files, answers by its own predictor."""

import os
import shutil

import numpy as np
import torch
import ultralytics
import yaml
from ultralytics import RTDETR, YOLO
from ultralytics.utils import YAML

from common import CACHE, CONFS, FRAME, IOU, MAX_DETECTIONS, bias_shift, found, picture, rounded, run_length, write_reference
from settling import settle

SOURCE = {"package": "ultralytics", "version": ultralytics.__version__, "licence": "AGPL-3.0"}
MODELS_DIR = os.path.join(os.path.dirname(ultralytics.__file__), "cfg", "models")
SIDE = 96
SETTLING_SIDE = 256

# name, YAML, task, classes, width (None: the YAML's own), export arguments, picture
MODELS = [
    ("yolov9t-det", "v9/yolov9t.yaml", "detect", 20, None, {}, "frame40"),
    ("yolov10n-det-end2end", "v10/yolov10n.yaml", "detect", 20, 0.125, {"nms": False}, "frame40"),
    ("yolov10n-det-raw", "v10/yolov10n.yaml", "detect", 20, 0.125, {}, "frame40"),
    ("yolo12n-det", "12/yolo12.yaml", "detect", 20, 0.25, {}, "frame40"),
    ("yolo11n-det-odd", "11/yolo11.yaml", "detect", 6, 0.125, {}, "odd"),
    ("yolo11n-seg", "11/yolo11-seg.yaml", "segment", 20, 0.125, {}, "frame40"),
    ("yolo11n-seg-odd", "11/yolo11-seg.yaml", "segment", 3, 0.125, {}, "odd"),
    ("yolo11n-pose", "11/yolo11-pose.yaml", "pose", 1, 0.125, {}, "frame40"),
    ("yolo11n-pose-odd", "11/yolo11-pose.yaml", "pose", 2, 0.125, {}, "odd"),
    ("yolo11n-obb", "11/yolo11-obb.yaml", "obb", 15, 0.125, {}, "frame40"),
    ("yolo11n-obb-odd", "11/yolo11-obb.yaml", "obb", 2, 0.125, {}, "odd"),
    ("yolo11n-cls", "11/yolo11-cls.yaml", "classify", 20, 0.125, {}, "frame40"),
    ("yolov8n-seg-nms", "v8/yolov8-seg.yaml", "segment", 20, 0.125, {"nms": True, "conf": 0.001}, "frame40"),
    ("yolov8n-pose-nms", "v8/yolov8-pose.yaml", "pose", 1, 0.125, {"nms": True, "conf": 0.001}, "frame40"),
    ("yolov8n-obb-nms", "v8/yolov8-obb.yaml", "obb", 15, 0.125, {"nms": True, "conf": 0.001}, "frame40"),
    ("rtdetr-ultralytics", "v8/yolov8-rtdetr.yaml", "detect", 6, 0.125, {}, "frame40"),
]


def tiny_yaml(name, source, classes, width):
    """The library's YAML with fewer classes and channels, as a file whose name says scale n."""
    config = YAML.load(os.path.join(MODELS_DIR, source))
    config["nc"] = classes
    if width is not None:
        config["scales"] = {"n": [0.33, width, 1024]}
    if name.startswith("rtdetr"):
        # Classes, width, queries, points, heads, layers.
        config["head"][-1][-1] = [classes, 64, 40, 4, 4, 2]
    path = CACHE / "yaml" / f"yolov8n-{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return str(path)


def last_layers(head, names):
    """(name, last convolution) of each branch of the head that there is."""
    branches = [(name, branch) for name in names for branch in getattr(head, name, None) or []]
    return [(name, [m for m in branch.modules() if isinstance(m, torch.nn.Conv2d)][-1]) for name, branch in branches]


def liven(network, image, generator):
    """Spreads what the last layers say, whatever comes into them: boxes of many sizes, classes apart from each other."""
    layers = last_layers(network.model[-1], ("cv2", "cv3", "one2one_cv2", "one2one_cv3"))
    sizes = {}
    hooks = [layer.register_forward_pre_hook(lambda m, x: sizes.update({m: x[0].square().mean().sqrt().item()})) for _, layer in layers]
    network(image)
    for hook in hooks:
        hook.remove()
    for name, layer in layers:
        # A head that is not run yet (one-to-one, or one-to-many) takes what the other one takes.
        incoming = sizes.get(layer) or max(sizes.values())
        spread = 1.5 / (layer.weight[0].numel() ** 0.5 * incoming)
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * spread)
        layer.bias.zero_()
        if name.endswith("cv2"):
            # Early bins weigh more: boxes of some pixels, not of the whole picture.
            layer.bias.copy_((torch.arange(layer.bias.numel() // 4) * -0.4).repeat(4))


def shift_classes(head, shift):
    for _, layer in last_layers(head, ("cv3", "one2one_cv3")):
        layer.bias.add_(shift)


def best_scores(model, image, classes):
    output = model(image)
    output = output[0] if isinstance(output, (list, tuple)) else output
    output = output[0] if isinstance(output, (list, tuple)) else output
    if output.shape[-1] in (6, 7, 38, 57):
        return output[0, :, 4].numpy()
    return output[0, 4 : 4 + classes].amax(0).numpy()


def prepare(yolo, task, classes, kind, seed):
    network = yolo.model.float()
    image = torch.from_numpy(letterboxed(kind, SIDE))
    large = torch.from_numpy(letterboxed("frame40", SETTLING_SIDE))
    settle(network, torch.cat([large, large.flip(3), large.flip(2)]), least_variance=0.01)
    if task == "classify":
        linear = network.model[-1].linear
        linear.weight.data.mul_(6)
        return
    generator = torch.Generator().manual_seed(seed)
    head = network.model[-1]
    with torch.no_grad():
        if type(head).__name__ == "RTDETRDecoder":
            last = head.dec_score_head[-1]
            last.weight.data.copy_(torch.randn(last.weight.shape, generator=generator) * 0.4)
            last.bias.data.zero_()
            for layer in [m for m in head.dec_bbox_head.modules() if isinstance(m, torch.nn.Linear)]:
                layer.weight.data.copy_(torch.randn(layer.weight.shape, generator=generator) * 1.2 / layer.weight.shape[1] ** 0.5)
            last.bias.data.add_(bias_shift(best_scores(network, image, classes), 0.25))
            return
        liven(network, image, generator)
        shift_classes(head, bias_shift(best_scores(network, image, classes)))


def letterboxed(kind, side):
    from ultralytics.data.augment import LetterBox

    image = LetterBox((side, side), auto=False)(image=picture(kind))
    return np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))[None].astype(np.float32) / 255


def objects_of(result):
    """The predictor's results as plain objects."""
    if result.probs is not None:
        return rounded(result.probs.data.numpy(), 7)
    if result.obb is not None:
        data = zip(result.obb.cls, result.obb.conf, result.obb.xyxy, result.obb.xyxyxyxy, result.obb.xywhr)
        return [found(c, s, box, corners=rounded(q), xywhr=rounded(r)) for c, s, box, q, r in data]
    objects = [found(c, s, box) for c, s, box in zip(result.boxes.cls, result.boxes.conf, result.boxes.xyxy)]
    if result.masks is not None:
        for each, mask in zip(objects, result.masks.data.numpy()):
            each["mask"] = run_length(mask)
    if result.keypoints is not None:
        for each, points in zip(objects, result.keypoints.data.numpy()):
            each["keypoints"] = rounded(points)
    return objects


def predict(path, task, image, conf):
    model = RTDETR(str(path)) if "rtdetr" in str(path) else YOLO(str(path), task=task)
    fed = []
    model.add_callback("on_predict_start", lambda predictor: spy(predictor, fed))
    retina = {"retina_masks": True} if task == "segment" else {}
    [result] = model.predict(image, conf=conf, iou=IOU, max_det=MAX_DETECTIONS, imgsz=SIDE, verbose=False, device="cpu", **retina)
    return fed[0], objects_of(result.cpu())


def spy(predictor, fed):
    """Keeps what the predictor feeds the model."""
    infer = predictor.inference

    def kept(tensor, *args, **more):
        fed.append(tensor.cpu().numpy().astype(np.float32))
        return infer(tensor, *args, **more)

    predictor.inference = kept


def make(name, source, task, classes, width, arguments, kind):
    torch.manual_seed(sum(map(ord, name)))
    config = tiny_yaml(name, source, classes, width)
    yolo = RTDETR(config) if name.startswith("rtdetr") else YOLO(config, task=task)
    prepare(yolo, task, classes, kind, seed=7)
    yolo.model.names = {i: f"class{i}" for i in range(classes)}
    exported = yolo.export(format="onnx", imgsz=SIDE, simplify=True, device="cpu", verbose=False, **arguments)
    path = CACHE / f"{name}.onnx"
    os.replace(exported, path)
    image = picture(kind)
    family = "rtdetr" if name.startswith("rtdetr") else "end2end" if "nms" in name or "end2end" in name else "yolov8"
    answered = {conf: predict(path, task, image, conf) for conf in CONFS}
    write_reference(
        path,
        {"images": answered[CONFS[0]][0]},
        lambda _: {conf: objects for conf, (_, objects) in answered.items()},
        family=family, task=task, source=SOURCE, picture_kind=kind,
    )


def remake_fixture(name):
    """The masks of a model of ../shared/fixtures pixel by pixel, which are told there by their outline and area only."""
    path = CACHE / f"fixture-{name}.onnx"
    shutil.copyfile(FRAME.parent / f"{name}.onnx", path)
    image = picture()
    answered = {conf: predict(path, "segment", image, conf) for conf in CONFS}
    write_reference(
        path, {"images": answered[CONFS[0]][0]}, lambda _: {conf: objects for conf, (_, objects) in answered.items()},
        family="end2end" if "end2end" in name else "yolov8", task="segment", source=SOURCE,
    )


def main(only):
    os.chdir(CACHE)
    for model in MODELS:
        if not only or any(word in model[0] for word in only):
            make(*model)
    for name in ("yolov8n-seg", "yolo26n-seg-end2end"):
        if not only or any(word in f"fixture-{name}" for word in only):
            remake_fixture(name)
