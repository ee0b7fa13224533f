"""Trains the built-in detector: on hard frames, on frames like those it will meet, then a short polish on these.

Two processes of one thread each hold the same model, see half of every batch and share their gradients: on two cores
that is faster than one process of two threads, and the same seed gives the same model. The schedule counts steps, not
time: the learning rate stays up through the first stage and falls to almost nothing through the others. Needs less
than an hour of two cores; see README.md for the command.
"""

import argparse
import copy
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import distributed, multiprocessing

from data import Augmenter, letterbox, load_frames
from loss import detection_loss
from model import StreetNet
from score import coco_figures, detections
from settings import CLASS_NAMES, INPUT_HEIGHT, INPUT_WIDTH

PROCESSES = 2
BATCH = 16
WEIGHT_DECAY = 0.03
ADAM_BETAS = (0.9, 0.99)
GRADIENT_NORM_MOST = 10.0
RATE = 2e-3
POLISH_RATE = 1e-3
WARM_UP_STEPS = 150
LAST_RATE_SHARE = 0.01
AVERAGE_DECAY = 0.998

LOG_EVERY_STEPS = 50
SAVE_EVERY_STEPS = 100
CHECK_EVERY_STEPS = 400
CHECK_FRAMES = 200


@dataclass(frozen=True)
class Stage:
    """One part of the schedule: which frames, for how many steps, the learning rate it begins with and whether that
    falls meanwhile, and for which share of the steps pictures are zoomed."""

    name: str
    folder: str
    steps: int
    seed: int
    rate: float
    falls: bool
    zoom_share: float


def rate_at(stage, step):
    """Learning rate: up in a straight line at the very start, then level, or straight down to a hundredth."""
    if stage.falls:
        return stage.rate * max(LAST_RATE_SHARE, 1 - step / stage.steps)
    return stage.rate * min(1, (step + 1) / WARM_UP_STEPS)


def make_optimizer(net):
    """AdamW that does not decay norms and biases."""
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=ADAM_BETAS, fused=True)


class Batches:
    """This process's share of endless batches: every frame once, shuffled, then again."""

    def __init__(self, frames, seed, rank):
        self.frames = frames
        # The order is the same in both processes, each takes its own half of every batch.
        self.order = np.random.default_rng(seed)
        self.augmenter = Augmenter([seed, rank])
        self.rank = rank
        self.queue = []
        self.pictures = np.empty((BATCH // PROCESSES, INPUT_HEIGHT, INPUT_WIDTH, 3), np.uint8)

    def next(self, zoom):
        """Pictures (B, 3, H, W) in 0..1, channels last in memory; objects and ignored, (n, 6): picture, class, box."""
        while len(self.queue) < BATCH:
            self.queue.extend(self.order.permutation(len(self.frames)).tolist())
        indices, self.queue = self.queue[self.rank : BATCH : PROCESSES], self.queue[BATCH:]
        objects, ignored = [], []
        for row, index in enumerate(indices):
            sample = self.augmenter.sample(self.frames, index, zoom, self.pictures[row])
            for rows, into in zip(sample, (objects, ignored)):
                into.append(np.concatenate((np.full((len(rows), 1), row, np.float32), rows), 1))
        x = torch.from_numpy(self.pictures).permute(0, 3, 1, 2).float().div_(255)
        return x, torch.from_numpy(np.concatenate(objects)), torch.from_numpy(np.concatenate(ignored))


def share(net):
    """Replaces every process's gradients and running statistics by their mean."""
    tensors = [p.grad for p in net.parameters()]
    tensors += [b for b in net.buffers() if b.dtype.is_floating_point]
    flat = torch.cat([t.reshape(-1) for t in tensors])
    distributed.all_reduce(flat)
    flat /= PROCESSES
    start = 0
    for tensor in tensors:
        tensor.copy_(flat[start : start + tensor.numel()].view(tensor.shape))
        start += tensor.numel()


@torch.no_grad()
def follow(average, net, step):
    """Moves the running average of the weights towards the weights; quickly at first."""
    decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
    for mean, now in zip(average.state_dict().values(), net.state_dict().values()):
        if mean.dtype.is_floating_point:
            mean.lerp_(now, 1 - decay)
        else:
            mean.copy_(now)


@torch.no_grad()
def check(net, frames, count):
    """COCO figures of the model on the first `count` frames."""
    found = []
    for index in range(count):
        x = torch.from_numpy(letterbox(frames.pictures[index])).permute(2, 0, 1)[None].float() / 255
        found.append(detections(net(x.contiguous(memory_format=torch.channels_last))[0].numpy()))
    return coco_figures(found, frames, range(count))


def line_of(figures):
    per_class = ", ".join(f"{name} {a:.3f}/{b:.3f}" for name, (a, b) in figures["classes"].items())
    return f"mAP50 {figures['map50']:.4f} mAP50:95 {figures['map']:.4f} ({per_class})"


class Clock:
    """Wall and processor seconds of this process since the start."""

    def __init__(self):
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def line(self):
        return f"wall {time.monotonic() - self.wall:.0f} s, cpu {time.process_time() - self.cpu:.0f} s a process"


def report(stage, done, losses, clock):
    parts = "class {:.3f} box {:.3f} side {:.3f}".format(*losses)
    print(f"{stage.name} {done}/{stage.steps} {parts}, {clock.line()}", flush=True)


def save(args, stage, done, net, average, optimizer):
    """Writes what the second stage, or the export, needs to go on from here."""
    state = {"stage": stage.name, "steps": done, "average": average.state_dict(), "net": net.state_dict()}
    torch.save(state | {"optimizer": optimizer.state_dict()}, f"{args.out}.part")
    os.replace(f"{args.out}.part", args.out)


def run_stage(stage, before, net, average, optimizer, args, rank, clock):
    """One stage, after `before` steps of earlier ones. The first process logs, checks and saves; the other waits for it
    at the next shared gradient."""
    batches = Batches(load_frames(stage.folder), stage.seed, rank)
    smooth = np.zeros(3)
    for step in range(stage.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(stage, step)
        x, objects, ignored = batches.next(zoom=step < stage.zoom_share * stage.steps)
        loss, parts = detection_loss(net, net(x), objects, ignored)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        share(net)
        torch.nn.utils.clip_grad_norm_(net.parameters(), GRADIENT_NORM_MOST)
        optimizer.step()
        if rank > 0:
            continue
        done, last = step + 1, step + 1 == stage.steps
        follow(average, net, before + step)
        smooth = smooth * 0.98 + np.array(parts) * 0.02
        if done % LOG_EVERY_STEPS == 0 or last:
            report(stage, done, smooth, clock)
        if done % SAVE_EVERY_STEPS == 0 or last:
            save(args, stage, done, net, average, optimizer)
        if args.check and (done % CHECK_EVERY_STEPS == 0 or last):
            frames = load_frames(args.check)
            figures = check(average, frames, min(CHECK_FRAMES, len(frames)))
            print(f"{stage.name} {done}/{stage.steps} {line_of(figures)}", flush=True)


def worker(rank, args, stages):
    """The whole training, as process `rank` of two."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.set_flush_denormal(True)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    meeting = f"file://{Path(args.out).resolve()}.meeting"
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=PROCESSES)
    torch.manual_seed(args.seed)
    net = StreetNet(len(CLASS_NAMES)).to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(net).eval()
    optimizer = make_optimizer(net)
    if args.resume:
        state = torch.load(args.resume)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
    names = [stage.name for stage in stages]
    done = names.index(state["stage"]) + 1 if args.resume else 0
    clock = Clock()
    for number in range(done, len(stages)):
        before = sum(stage.steps for stage in stages[:number])
        run_stage(stages[number], before, net, average, optimizer, args, rank, clock)
    distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hard", required=True, help="folder of the first stage's frames")
    parser.add_argument("--tame", required=True, help="folder of the second stage's frames")
    parser.add_argument("--check", help="folder of frames to score checkpoints on")
    parser.add_argument("--out", required=True, help="file for the weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hard-steps", type=int, default=2000)
    parser.add_argument("--tame-steps", type=int, default=3600)
    parser.add_argument("--resume", help="weights after some stage; go on with the next")
    parser.add_argument("--polish-steps", type=int, default=600)
    args = parser.parse_args()
    # Zooming stops before the end: the fitted size is the one that will be used.
    stages = [
        Stage("hard", args.hard, args.hard_steps, args.seed, RATE, falls=False, zoom_share=1.0),
        Stage("tame", args.tame, args.tame_steps, args.seed, RATE, falls=True, zoom_share=0.8),
        Stage("polish", args.tame, args.polish_steps, args.seed + 1, POLISH_RATE, falls=True, zoom_share=0.0),
    ]
    Path(f"{args.out}.meeting").unlink(missing_ok=True)
    multiprocessing.spawn(worker, (args, stages), nprocs=PROCESSES)


if __name__ == "__main__":
    main()
