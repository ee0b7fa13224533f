"""What the model is told: which anchor is to find which object (task-aligned assignment, TOOD, arXiv 2108.07755) and
how far off it is (CIoU, arXiv 1911.08287; distribution focal loss, arXiv 2006.04388).

All boxes here are x1, y1, x2, y2 in input pixels. A batch's objects are one matrix (M, 6): picture, class, box.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from settings import SIDE_BINS

# Weights of the three parts, and the exponents of the alignment, as Ultralytics' YOLOv8 has them.
BOX_GAIN = 7.5
CLASS_GAIN = 0.5
SIDE_GAIN = 1.5
SCORE_POWER = 0.5
IOU_POWER = 6.0
CANDIDATES_PER_OBJECT = 10

# An assigned anchor's target score is never less, so that an object with only bad boxes still teaches its class.
LEAST_TARGET = 0.05

# Longest side, in input pixels, up to which the first and second grid suit an object that no anchor has found yet.
FINE_GRID_SIDE = 64.0
MIDDLE_GRID_SIDE = 160.0


@dataclass
class Assignment:
    """Which anchors (index into B*N, ascending) answer for which object, and the score each is to give."""

    anchors: torch.Tensor
    objects: torch.Tensor
    scores: torch.Tensor


def ciou(a, b, eps=1e-7):
    """Complete IoU of two equally shaped sets of boxes, at most 1."""
    wide = (torch.min(a[..., 2], b[..., 2]) - torch.max(a[..., 0], b[..., 0])).clamp(0)
    high = (torch.min(a[..., 3], b[..., 3]) - torch.max(a[..., 1], b[..., 1])).clamp(0)
    common = wide * high
    wa, ha, wb, hb = a[..., 2] - a[..., 0], a[..., 3] - a[..., 1], b[..., 2] - b[..., 0], b[..., 3] - b[..., 1]
    iou = common / (wa * ha + wb * hb - common + eps)
    hull_w = torch.max(a[..., 2], b[..., 2]) - torch.min(a[..., 0], b[..., 0])
    hull_h = torch.max(a[..., 3], b[..., 3]) - torch.min(a[..., 1], b[..., 1])
    off_x = b[..., 0] + b[..., 2] - a[..., 0] - a[..., 2]
    off_y = b[..., 1] + b[..., 3] - a[..., 1] - a[..., 3]
    distance = (off_x**2 + off_y**2) / 4 / (hull_w**2 + hull_h**2 + eps)
    shape = 4 / math.pi**2 * (torch.atan(wb / (hb + eps)) - torch.atan(wa / (ha + eps))) ** 2
    with torch.no_grad():
        weight = shape / (shape - iou + 1 + eps)
    return iou - distance - weight * shape


def boxes_at(model, anchors, reach):
    """Boxes of anchors (indices into B*N) whose sides lie `reach` (K, 4) strides left, up, right and down of them."""
    place = anchors % len(model.centres)
    centres, strides = model.centres[place], model.strides[place]
    return torch.cat((centres - reach[:, :2] * strides, centres + reach[:, 2:] * strides), 1)


def expected_reach(model, sides):
    """Mean of each side's distribution: (K, 4, bins) logits to (K, 4) strides."""
    return sides.softmax(2) @ model.bins


def covers(centres, boxes):
    """(M, N) whether anchor centre n lies strictly inside box m."""
    x, y = centres[:, 0][None], centres[:, 1][None]
    left, top, right, bottom = (boxes[:, i : i + 1] for i in range(4))
    return (x > left) & (y > top) & (x < right) & (y < bottom)


def nearest_anchors(model, boxes):
    """For each box the closest anchor of the grid that suits its size."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    side = (boxes[:, 2:] - boxes[:, :2]).amax(1, keepdim=True)
    wanted = torch.where(side < FINE_GRID_SIDE, 8.0, torch.where(side < MIDDLE_GRID_SIDE, 16.0, 32.0))
    distance = ((model.centres[None] - middle[:, None]) ** 2).sum(2)
    return (distance + (model.strides.view(1, -1) != wanted) * 1e6).argmin(1)


@torch.no_grad()
def assign(model, sides, scores, objects):
    """Give each object the up to ten anchors inside it that already agree best with it; an anchor wanted by two
    objects goes to the one it overlaps most. `sides` (B*N, 4, bins) and `scores` (B*N, classes) are logits."""
    count, grid = len(objects), len(model.centres)
    picture, label, boxes = objects[:, 0].long(), objects[:, 1].long(), objects[:, 2:]
    obj, place = covers(model.centres, boxes).nonzero(as_tuple=True)
    anchor = picture[obj] * grid + place
    overlap = ciou(boxes[obj], boxes_at(model, anchor, expected_reach(model, sides[anchor]))).clamp(0)
    likely = scores[anchor, label[obj]].sigmoid()
    alignment = torch.zeros(count, grid)
    alignment[obj, place] = likely.pow(SCORE_POWER) * overlap.pow(IOU_POWER)
    overlaps = torch.zeros(count, grid)
    overlaps[obj, place] = overlap

    best, places = torch.topk(alignment, CANDIDATES_PER_OBJECT, dim=1)
    taken = best > 1e-9
    lost = ~taken.any(1)
    if lost.any():
        places[lost, 0] = nearest_anchors(model, boxes[lost])
        taken[lost, 0] = True

    obj, rank = taken.nonzero(as_tuple=True)
    place = places[obj, rank]
    anchor = picture[obj] * grid + place
    overlap, aligned = overlaps[obj, place] + 1e-4, alignment[obj, place]
    most = torch.zeros(len(sides)).scatter_reduce(0, anchor, overlap, "amax")
    won = overlap >= most[anchor]
    obj, anchor, overlap, aligned = obj[won], anchor[won], overlap[won], aligned[won]

    owner = torch.full((len(sides),), -1)
    owner[anchor] = obj
    best_aligned = torch.zeros(count).scatter_reduce(0, obj, aligned, "amax")
    best_overlap = torch.zeros(count).scatter_reduce(0, obj, overlap, "amax")
    target = torch.zeros(len(sides))
    target[anchor] = (aligned * best_overlap[obj] / (best_aligned[obj] + 1e-9)).clamp(min=LEAST_TARGET)
    chosen = (owner >= 0).nonzero()[:, 0]
    return Assignment(chosen, owner[chosen], target[chosen])


@torch.no_grad()
def class_weights(model, pictures, ignored, chosen):
    """(B*N, 1): 0 for anchors inside an ignored box (no blame there), 1 elsewhere and for anchors with an object."""
    weight = torch.ones(pictures * len(model.centres), 1)
    box, place = covers(model.centres, ignored[:, 2:]).nonzero(as_tuple=True)
    weight[ignored[box, 0].long() * len(model.centres) + place] = 0
    weight[chosen] = 1
    return weight


def side_loss(model, sides, anchors, boxes):
    """Cross entropy between each side's distribution and the two bins around the true distance, (K,)."""
    place = anchors % len(model.centres)
    centres, strides = model.centres[place], model.strides[place]
    reach = torch.cat((centres - boxes[:, :2], boxes[:, 2:] - centres), 1) / strides
    reach = reach.clamp(0, SIDE_BINS - 1.01)
    lower = reach.long()
    upper_share = reach - lower
    logs = sides.log_softmax(2)
    at_lower = logs.gather(2, lower[..., None])[..., 0]
    at_upper = logs.gather(2, lower[..., None] + 1)[..., 0]
    return -(at_lower * (1 - upper_share) + at_upper * upper_share).mean(1)


def detection_loss(model, outputs, objects, ignored):
    """Total loss of one batch, and its parts (class, box, side) before their gains, for the log."""
    sides, scores = outputs
    pictures, classes, grid = scores.shape
    sides = sides.permute(0, 2, 1).reshape(pictures * grid, 4, SIDE_BINS)
    scores = scores.permute(0, 2, 1).reshape(pictures * grid, classes)
    found = assign(model, sides.detach(), scores.detach(), objects)
    targets = torch.zeros_like(scores)
    targets[found.anchors, objects[found.objects, 1].long()] = found.scores
    total = targets.sum().clamp(min=1)

    weight = class_weights(model, pictures, ignored, found.anchors)
    by_class = (functional.binary_cross_entropy_with_logits(scores, targets, reduction="none") * weight).sum() / total
    chosen, boxes = sides[found.anchors], objects[found.objects, 2:]
    predicted = boxes_at(model, found.anchors, expected_reach(model, chosen))
    by_box = ((1 - ciou(predicted, boxes)) * found.scores).sum() / total
    by_side = (side_loss(model, chosen, found.anchors, boxes) * found.scores).sum() / total
    loss = CLASS_GAIN * by_class + BOX_GAIN * by_box + SIDE_GAIN * by_side
    return loss, (by_class.item(), by_box.item(), by_side.item())
