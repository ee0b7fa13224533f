"""What the reference makers share: where things go, the two pictures, and how one reference is written down."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from pycocotools import mask as coco_mask

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ["SIGHTLINE_REFERENCES"])
# The picture of ../shared/fixtures, and a part of it whose size gives letterboxes odd padding and unequal gains.
FRAME = HERE.parents[3] / "shared" / "fixtures" / "frame40.png"
ODD_CROP = (slice(37, 37 + 333), slice(120, 120 + 501))
# Code under these gives numbers that may be committed here. AGPL's stay in the cache.
FREE_LICENCES = ("Apache-2.0", "MIT")
# How every answer is made.
CONFS = (0.001, 0.25)
IOU = 0.45
MAX_DETECTIONS = 300
# Share of candidates that are to pass 0.25.
TARGET_SHARE = 0.10


def picture(kind="frame40"):
    """The picture as BGR uint8, height x width x 3. kind: frame40 (768x432) or odd (501x333)."""
    image = cv2.imread(str(FRAME))
    if image is None:
        raise SystemExit(f"{FRAME} is missing: the references are made for that picture")
    return np.ascontiguousarray(image[ODD_CROP]) if kind == "odd" else image


def run_length(mask):
    """A binary mask as COCO's compressed run lengths (the `counts` string)."""
    return coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode("ascii")


def rounded(values, digits=5):
    return [round(float(value), digits) for value in np.asarray(values).reshape(-1)]


def found(cls, conf, xyxy, **more):
    """One object of an answer, in source px, as the authors' code gives it."""
    return {"cls": int(cls), "conf": round(float(conf), 7), "xyxy": rounded(xyxy), **more}


def bias_shift(best_scores, share=TARGET_SHARE):
    """What to add to the last layer's class biases so that `share` of the candidates pass 0.25.

    best_scores   the best class probability of each candidate
    """
    scores = np.clip(np.asarray(best_scores, dtype=np.float64), 1e-9, 1 - 1e-9)
    logits = np.log(scores / (1 - scores))
    return float(np.log(0.25 / 0.75) - np.quantile(logits, 1 - share))


def run_onnx(path, feeds):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def _dims(value):
    return [d.dim_value if d.HasField("dim_value") else d.dim_param for d in value.type.tensor_type.shape.dim]


def _described(values, tensors):
    return [
        {"name": v.name, "dims": _dims(v), "dtype": str(tensors[v.name].dtype), "runDims": list(tensors[v.name].shape)}
        for v in values
    ]


def write_compact(entry, outputs):
    """The part that is committed: raw outputs and answers as text, so that decoding is proven without the cache too."""
    values = {key: [float(f"{value:.8g}") for value in tensor.reshape(-1).tolist()] for key, tensor in outputs.items()}
    described = [{**output, "values": values[output["name"]]} for output in entry["outputs"]]
    text = json.dumps({**entry, "outputs": described}, separators=(",", ":"))
    (HERE / "answers" / f"{entry['name']}.json").write_text(text.replace('},{', '},\n{') + "\n")


def write_reference(path, feeds, answers, *, family, task, source, picture_kind="frame40", sidecar=None, note=""):
    """Writes down one reference beside its ONNX file: tensors as they go in and come out, and the authors' answers.

    path      the ONNX file, inside CACHE; its base name is the reference's name
    feeds     input tensors by name
    answers   a function from the model's outputs (by name) to {conf: objects or probabilities}
    source    {package, version, licence} of the code that made it
    sidecar   what a person has to say of the model, because nothing in it does
    """
    model = onnx.load(str(path), load_external_data=False)
    outputs = run_onnx(path, feeds)
    name = Path(path).stem
    for kind, tensors in (("in", feeds), ("out", outputs)):
        for key, tensor in tensors.items():
            np.ascontiguousarray(tensor).tofile(CACHE / f"{name}.{kind}.{key}.bin")
    height, width = picture(picture_kind).shape[:2]
    entry = {
        "name": name,
        "family": family,
        "task": task,
        "source": source,
        "note": note,
        "sidecar": sidecar,
        "picture": {"kind": picture_kind, "widthPx": width, "heightPx": height},
        "inputs": _described([v for v in model.graph.input if v.name in feeds], feeds),
        "outputs": _described(model.graph.output, outputs),
        "metadata": {p.key: p.value for p in model.metadata_props},
        "operators": sorted({node.op_type for node in model.graph.node}),
        "opset": [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")],
        "limits": {"iou": IOU, "maxDetections": MAX_DETECTIONS, "agnostic": False},
        "answers": {str(conf): objects for conf, objects in answers(outputs).items()},
    }
    (CACHE / f"{name}.json").write_text(json.dumps(entry))
    if sidecar:
        # JSON is YAML too.
        (CACHE / f"{name}.yaml").write_text(json.dumps(sidecar))
    if os.environ.get("SIGHTLINE_REFERENCES_COMMIT") and source["licence"].startswith(FREE_LICENCES):
        write_compact(entry, outputs)
    counts = {conf: len(objects) for conf, objects in entry["answers"].items()}
    print(f"{name}: {[o['runDims'] for o in entry['outputs']]}, objects {counts}", flush=True)
