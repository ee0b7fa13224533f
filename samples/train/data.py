"""Drawn frames from disk, and the pictures the model is shown: placed on the 384 x 224 input, sometimes larger or
smaller, mirrored, and spoilt the way cameras and codecs spoil pictures."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from settings import FRAME_HEIGHT, FRAME_WIDTH, INPUT_HEIGHT, INPUT_WIDTH, PAD_GREY

# Scale of a whole frame that just fits the input.
FIT = min(INPUT_WIDTH / FRAME_WIDTH, INPUT_HEIGHT / FRAME_HEIGHT)

ZOOM_SHARE, ZOOM_LEAST, ZOOM_MOST = 0.6, 0.75, 1.4
BLUR_SHARE, BLUR_LEAST, BLUR_MOST = 0.15, 0.3, 0.9
LIGHT_SHARE, GAIN_LEAST, GAIN_MOST, BIAS_MOST = 0.6, 0.8, 1.2, 12.0
COLOUR_SHARE, COLOUR_MOST = 0.3, 0.1
NOISE_SHARE, NOISE_LEVELS = 0.45, 9
JPEG_SHARE, JPEG_WORST, JPEG_BEST = 0.3, 35, 90

# An object cut by the picture's edge is ignored when less than this share, or fewer square pixels, of it are left.
LEAST_SHARE_LEFT = 0.3
LEAST_AREA_LEFT = 30.0
LEAST_WIDTH_LEFT, LEAST_HEIGHT_LEFT = 2.0, 4.0


@dataclass
class Frames:
    """One folder of drawn frames: `pictures` (n, 360, 640, 3) RGB on disk, and each frame's label line."""

    pictures: np.ndarray
    labels: list

    def __len__(self):
        return len(self.labels)

    def truth(self, index):
        """Class, x1, y1, x2, y2 in frame pixels, and 1 for "ignore", of each object: (n, 6) float32."""
        rows = [[o["classId"], *o["box"], float(o["ignore"])] for o in self.labels[index]["objects"]]
        return np.array(rows, np.float32).reshape(-1, 6)


def load_frames(folder):
    """Opens the `frames.rgb` and `labels.jsonl` that the scene renderer has left in `folder`."""
    with open(Path(folder) / "labels.jsonl", encoding="utf-8") as lines:
        labels = [json.loads(line) for line in lines]
    raw = np.memmap(Path(folder) / "frames.rgb", np.uint8, "r")
    pictures = raw.reshape(-1, FRAME_HEIGHT, FRAME_WIDTH, 3)
    if len(pictures) != len(labels):
        raise SystemExit(f"{folder}: {len(pictures)} pictures, but {len(labels)} lines of labels")
    return Frames(pictures, labels)


def letterbox(picture, interpolation=cv2.INTER_LINEAR):
    """The frame, fitted to the input with grey above and below."""
    canvas = np.full((INPUT_HEIGHT, INPUT_WIDTH, 3), PAD_GREY, np.uint8)
    place(canvas, picture, FIT, *margins(FIT), interpolation)
    return canvas


def margins(scale):
    """Left and top of a frame of this scale in the middle of the input; negative when it is larger."""
    return (INPUT_WIDTH - FRAME_WIDTH * scale) / 2, (INPUT_HEIGHT - FRAME_HEIGHT * scale) / 2


def place(canvas, picture, scale, left, top, interpolation):
    """Draws the part of a scaled frame that falls on `canvas`; whole pixels on both sides. Returns where: the
    rectangle on the canvas, the scales and the offsets that take frame coordinates to it."""
    spans = []
    for start, length, room in ((left, FRAME_WIDTH, INPUT_WIDTH), (top, FRAME_HEIGHT, INPUT_HEIGHT)):
        low, high = max(0, round(start)), min(room, round(start + length * scale))
        first = min(max(0, round((low - start) / scale)), length - 1)
        last = max(first + 1, min(length, round((high - start) / scale)))
        stretch = (high - low) / (last - first)
        spans.append((low, high, first, last, stretch, low - first * stretch))
    (x0, x1, sx0, sx1, kx, ox), (y0, y1, sy0, sy1, ky, oy) = spans
    canvas[y0:y1, x0:x1] = cv2.resize(picture[sy0:sy1, sx0:sx1], (x1 - x0, y1 - y0), interpolation=interpolation)
    return (x0, y0, x1, y1), (kx, ky), (ox, oy)


class Augmenter:
    """Makes training samples. Draws every decision from its own generator, so the same seed gives the same samples."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        base = self.random.standard_normal((1 << 20) + INPUT_HEIGHT * INPUT_WIDTH * 3).astype(np.float32)
        self.noise = [np.rint(base * level).astype(np.int16) for level in range(1, NOISE_LEVELS + 1)]

    def chance(self, share):
        return self.random.random() < share

    def sample(self, frames, index, zoom, out):
        """Writes one picture into `out` (224, 384, 3) and returns its (objects, ignored), both (n, 5): class, box.
        `zoom` allows other sizes than the fitted one."""
        truth = frames.truth(index)
        boxes = self.position(frames.pictures[index], truth[:, 1:5], zoom, out)
        keep, ignore = self.clip(boxes, truth[:, 5] > 0)
        if self.chance(0.5):
            out[:] = out[:, ::-1].copy()
            boxes[:, [0, 2]] = INPUT_WIDTH - boxes[:, [2, 0]]
        self.spoil(out)
        rows = np.concatenate((truth[:, :1], boxes), 1)
        return rows[keep & ~ignore], rows[keep & ignore]

    def position(self, picture, boxes, zoom, out):
        """Draws the frame on `out` and returns its boxes there, not yet clipped."""
        scale, (left, top) = FIT, margins(FIT)
        if zoom and self.chance(ZOOM_SHARE):
            scale = FIT * self.random.uniform(ZOOM_LEAST, ZOOM_MOST)
            left, top = margins(scale)
            left += self.random.uniform(-1, 1) * abs(left)
            top += self.random.uniform(-1, 1) * abs(top)
        # Both, since a pipeline's own scaler may lie anywhere between the sharp and the soft one.
        interpolation = cv2.INTER_AREA if self.chance(0.5) else cv2.INTER_LINEAR
        out[:] = PAD_GREY
        self.window, (kx, ky), (ox, oy) = place(out, picture, scale, left, top, interpolation)
        return boxes * np.float32([kx, ky, kx, ky]) + np.float32([ox, oy, ox, oy])

    def clip(self, boxes, ignore):
        """Clips boxes (in place) to the part of the input that shows the frame; says which to keep and to ignore."""
        x0, y0, x1, y1 = self.window
        whole = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        boxes[:, [0, 2]] = boxes[:, [0, 2]].clip(x0, x1)
        boxes[:, [1, 3]] = boxes[:, [1, 3]].clip(y0, y1)
        wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        left = wide * high
        stub = (left < LEAST_SHARE_LEFT * whole) | (left < LEAST_AREA_LEFT)
        stub |= (wide < LEAST_WIDTH_LEFT) | (high < LEAST_HEIGHT_LEFT)
        return (wide > 1) & (high > 1), ignore | stub

    def spoil(self, out):
        """Blur, light, colour, noise and JPEG blocks, each now and then, in the order a camera adds them."""
        if self.chance(BLUR_SHARE):
            cv2.GaussianBlur(out, (5, 5), self.random.uniform(BLUR_LEAST, BLUR_MOST), dst=out)
        self.relight(out)
        if self.chance(NOISE_SHARE):
            pool = self.noise[self.random.integers(NOISE_LEVELS)]
            start = self.random.integers(len(pool) - out.size)
            cv2.add(out, pool[start : start + out.size].reshape(out.shape), dst=out, dtype=cv2.CV_8U)
        if self.chance(JPEG_SHARE):
            quality = int(self.random.integers(JPEG_WORST, JPEG_BEST + 1))
            _, coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
            out[:] = cv2.imdecode(coded, cv2.IMREAD_COLOR)

    def relight(self, out):
        """Gain, bias and a colour cast, as one table per channel."""
        gain, bias = np.ones(3, np.float32), 0.0
        if self.chance(LIGHT_SHARE):
            gain *= self.random.uniform(GAIN_LEAST, GAIN_MOST)
            bias = self.random.uniform(-BIAS_MOST, BIAS_MOST)
        if self.chance(COLOUR_SHARE):
            gain *= self.random.uniform(1 - COLOUR_MOST, 1 + COLOUR_MOST, 3).astype(np.float32)
        if bias or (gain != 1).any():
            table = np.arange(256, dtype=np.float32)[:, None] * gain + bias
            cv2.LUT(out, np.clip(table, 0, 255).astype(np.uint8)[None], dst=out)
