"""The detector: a small YOLO with a v8-style head, about 0.7 million weights.

Pictures go in as (B, 3, 224, 384), RGB in 0..1. While training it gives raw outputs for the loss; in evaluation
mode it gives what the ONNX file gives: (B, 4 + classes, 1764), rows cx, cy, width, height in input pixels, then one
score per class in 0..1.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from settings import CLASS_NAMES, INPUT_HEIGHT, INPUT_WIDTH, SIDE_BINS, STRIDES

STEM_CHANNELS = 16
STAGE_CHANNELS = (32, 64, 64, 96)
BOX_HEAD_CHANNELS = 32
CLASS_HEAD_CHANNELS = 64


class ConvUnit(nn.Module):
    """Convolution, batch normalisation, SiLU. `export.fuse` folds the first two into one."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        # Not in place: autograd would have to copy the input first.
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    """Two 3x3 convolutions, added to their input when `residual`."""

    def __init__(self, channels, residual):
        super().__init__()
        self.first = ConvUnit(channels, channels, 3)
        self.second = ConvUnit(channels, channels, 3)
        self.residual = residual

    def forward(self, x):
        y = self.second(self.first(x))
        return x + y if self.residual else y


class SplitJoin(nn.Module):
    """Half of the channels pass by, half go through bottlenecks, and all of them are joined (C2f of YOLOv8)."""

    def __init__(self, inputs, outputs, depth=1, residual=True):
        super().__init__()
        self.half = outputs // 2
        self.enter = ConvUnit(inputs, outputs)
        self.steps = nn.ModuleList(Bottleneck(self.half, residual) for _ in range(depth))
        self.leave = ConvUnit(self.half * (2 + depth), outputs)

    def split(self, x):
        return list(x.split(self.half, 1))

    def forward(self, x):
        parts = self.split(self.enter(x))
        for step in self.steps:
            parts.append(step(parts[-1]))
        return self.leave(torch.cat(parts, 1))


class PooledPyramid(nn.Module):
    """The same map seen through windows of 1, 5, 9 and 13 cells (SPPF of YOLOv5)."""

    def __init__(self, channels):
        super().__init__()
        self.enter = ConvUnit(channels, channels // 2)
        self.leave = ConvUnit(channels * 2, channels)

    def forward(self, x):
        maps = [self.enter(x)]
        for _ in range(3):
            maps.append(functional.max_pool2d(maps[-1], 5, 1, 2))
        return self.leave(torch.cat(maps, 1))


class Head(nn.Module):
    """Box sides and class scores of one grid, from two separate towers."""

    def __init__(self, inputs, stride, class_count):
        super().__init__()
        self.box = nn.Sequential(
            ConvUnit(inputs, BOX_HEAD_CHANNELS, 3),
            ConvUnit(BOX_HEAD_CHANNELS, BOX_HEAD_CHANNELS, 3),
            nn.Conv2d(BOX_HEAD_CHANNELS, 4 * SIDE_BINS, 1),
        )
        self.score = nn.Sequential(
            ConvUnit(inputs, inputs, 3, groups=inputs),
            ConvUnit(inputs, CLASS_HEAD_CHANNELS),
            ConvUnit(CLASS_HEAD_CHANNELS, CLASS_HEAD_CHANNELS, 3, groups=CLASS_HEAD_CHANNELS),
            ConvUnit(CLASS_HEAD_CHANNELS, CLASS_HEAD_CHANNELS),
            nn.Conv2d(CLASS_HEAD_CHANNELS, class_count, 1),
        )
        nn.init.constant_(self.box[-1].bias, 1.0)
        # Start from "about 8 objects in a picture of 640 x 640", or the first steps are lost on the background.
        nn.init.constant_(self.score[-1].bias, math.log(8 / class_count / (640 / stride) ** 2))

    def forward(self, x):
        return self.box(x).flatten(2), self.score(x).flatten(2)


def anchor_grid():
    """Centres (N, 2) and strides (N, 1) of all anchors in input pixels, finest grid first, row by row."""
    centres, strides = [], []
    for stride in STRIDES:
        rows, columns = INPUT_HEIGHT // stride, INPUT_WIDTH // stride
        y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
        centres.append(torch.stack((x, y), -1).view(-1, 2) * stride)
        strides.append(torch.full((rows * columns, 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


class StreetNet(nn.Module):
    """Backbone of four stages, fusion from coarse to fine and back, three heads."""

    def __init__(self, class_count=len(CLASS_NAMES)):
        super().__init__()
        c4, c8, c16, c32 = STAGE_CHANNELS
        self.class_count = class_count
        self.stage4 = nn.Sequential(
            ConvUnit(3, STEM_CHANNELS, 3, 2), ConvUnit(STEM_CHANNELS, c4, 3, 2), SplitJoin(c4, c4)
        )
        self.stage8 = nn.Sequential(ConvUnit(c4, c8, 3, 2), SplitJoin(c8, c8, 2))
        self.stage16 = nn.Sequential(ConvUnit(c8, c16, 3, 2), SplitJoin(c16, c16, 2))
        self.stage32 = nn.Sequential(ConvUnit(c16, c32, 3, 2), SplitJoin(c32, c32), PooledPyramid(c32))
        self.narrow32 = ConvUnit(c32, c16)
        self.down_to_16 = SplitJoin(2 * c16, c16, residual=False)
        self.narrow16 = ConvUnit(c16, c8)
        self.fine8 = SplitJoin(2 * c8, c8, residual=False)
        self.step16 = ConvUnit(c8, c8, 3, 2)
        self.fine16 = SplitJoin(2 * c8, c16, residual=False)
        self.step32 = ConvUnit(c16, c16, 3, 2)
        self.fine32 = SplitJoin(2 * c16, c32, residual=False)
        self.heads = nn.ModuleList(
            Head(channels, stride, class_count) for channels, stride in zip((c8, c16, c32), STRIDES)
        )
        centres, strides = anchor_grid()
        self.register_buffer("centres", centres, persistent=False)
        self.register_buffer("strides", strides, persistent=False)
        self.register_buffer("bins", torch.arange(SIDE_BINS).float(), persistent=False)

    def features(self, x):
        """The three maps the heads look at, at strides 8, 16 and 32."""
        at8 = self.stage8(self.stage4(x))
        at16 = self.stage16(at8)
        at32 = self.narrow32(self.stage32(at16))
        mid16 = self.narrow16(self.down_to_16(torch.cat((double(at32), at16), 1)))
        out8 = self.fine8(torch.cat((double(mid16), at8), 1))
        out16 = self.fine16(torch.cat((self.step16(out8), mid16), 1))
        out32 = self.fine32(torch.cat((self.step32(out16), at32), 1))
        return out8, out16, out32

    def forward(self, x):
        pairs = [head(feature) for head, feature in zip(self.heads, self.features(x))]
        sides = torch.cat([pair[0] for pair in pairs], 2)
        scores = torch.cat([pair[1] for pair in pairs], 2)
        if self.training:
            return sides, scores
        spread = sides.view(x.shape[0], 4, SIDE_BINS, -1).softmax(2)
        reach = (spread * self.bins.view(1, 1, -1, 1)).sum(2) * self.strides.view(1, 1, -1)
        centres = self.centres.t().unsqueeze(0)
        top_left, bottom_right = centres - reach[:, :2], centres + reach[:, 2:]
        return torch.cat(((top_left + bottom_right) / 2, bottom_right - top_left, scores.sigmoid()), 1)


def double(x):
    """A map twice as large, each cell repeated."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
