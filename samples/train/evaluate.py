"""Scores ONNX files on drawn frames: COCO's figures over all of them, per class, per time of day, in rain."""

import argparse
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import onnxruntime

from data import letterbox, load_frames
from score import SCORE_LEAST, coco_figures, detections

RESIZES = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR}


def open_session(path):
    """A session that uses one core, so that several can run side by side."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(session, picture, interpolation, score_least):
    """Detections of one frame. The model is to take (1, 3, 224, 384) and give (1, 8, N)."""
    x = letterbox(picture, interpolation).transpose(2, 0, 1)[None].astype(np.float32) / 255
    return detections(session.run(None, {session.get_inputs()[0].name: x})[0][0], score_least)


def groups(frames):
    """Name and frames of each slice that is scored on its own."""
    everything = range(len(frames))
    yield "all", list(everything)
    for key in ("time", "view"):
        for value in sorted({label[key] for label in frames.labels}):
            yield value, [i for i in everything if frames.labels[i][key] == value]
    yield "rain", [i for i in everything if frames.labels[i]["rain"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", help="folder with frames.rgb and labels.jsonl")
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--resize", choices=RESIZES, default="linear", help="how 640 pixels become 384")
    parser.add_argument("--score", type=float, default=SCORE_LEAST, help="detections below it are left out")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    frames = load_frames(args.frames)
    for path in args.models:
        session = open_session(path)
        with ThreadPoolExecutor(args.threads) as threads:
            resize = RESIZES[args.resize]
            found = list(threads.map(lambda picture: run(session, picture, resize, args.score), frames.pictures))
        print(f"{path} on {len(frames)} frames of {args.frames}, resize {args.resize}, scores from {args.score}")
        for name, chosen in groups(frames):
            figures = coco_figures(found, frames, chosen) if chosen else None
            if figures is None:
                continue
            print(f"  {name:8s} {len(chosen):4d} frames  mAP50 {figures['map50']:.4f}  mAP50:95 {figures['map']:.4f}")
            if name == "all":
                for label, (at50, overall) in figures["classes"].items():
                    print(f"    {label:8s} {at50:.3f} / {overall:.3f}")


if __name__ == "__main__":
    main()
