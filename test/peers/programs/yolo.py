"""What is written around a YOLO model by hand, as most people write it: letterbox, tensor, boxes, NMS."""

import ast

import cv2
import numpy as np


def size_of(shape):
    """Width and height of an input of 1 x 3 x height x width, px."""
    return int(shape[3]), int(shape[2])


def prepare(picture, width, height):
    """Picture (BGR, uint8) to float32 1 x 3 x height x width, RGB, 0 to 1, in the middle of grey."""
    high, wide = picture.shape[:2]
    gain = min(width / wide, height / high)
    inner_width, inner_height = round(wide * gain), round(high * gain)
    if (inner_width, inner_height) != (wide, high):
        picture = cv2.resize(picture, (inner_width, inner_height), interpolation=cv2.INTER_LINEAR)
    across, down = width - inner_width, height - inner_height
    left, top = across // 2, down // 2
    picture = cv2.copyMakeBorder(picture, top, down - top, left, across - left, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32) / 255


def objects_in(output, conf, iou):
    """Output 1 x (4 + classes) x anchors to the indexes of the boxes that remain."""
    rows = output[0]
    scores = rows[4:].max(axis=0)
    passed = np.flatnonzero(scores > conf)
    if len(passed) == 0:
        return passed
    rows, scores = rows[:, passed], scores[passed]
    classes = rows[4:].argmax(axis=0)
    boxes = np.stack([rows[0] - rows[2] / 2, rows[1] - rows[3] / 2, rows[2], rows[3]], axis=1)
    return np.array(cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), classes.tolist(), conf, iou))


def metadata_of(session):
    """What Ultralytics' exporter has written into the ONNX file, as Python values."""

    def value(text):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text

    return {key: value(text) for key, text in session.get_modelmeta().custom_metadata_map.items()}
