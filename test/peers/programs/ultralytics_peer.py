"""Ultralytics' predict(stream=True). way "one": one model. "threads": two threads with a model of their own each, made in
the thread, as the project's guide on thread safety shows. intraOpThreads: how many threads each session may have; null =
as Ultralytics makes it."""

from threading import Thread

import cv2
import onnxruntime
from common import PLAN, result, tell

THREADS = PLAN["intraOpThreads"]
if THREADS is not None:
    made = onnxruntime.InferenceSession

    class ByHand(made):
        """Ultralytics has no setting for it."""

        def __init__(self, path, sess_options=None, **more):
            options = sess_options or onnxruntime.SessionOptions()
            options.intra_op_num_threads = THREADS
            super().__init__(path, options, **more)

    onnxruntime.InferenceSession = ByHand

import torch  # noqa: E402
import ultralytics  # noqa: E402

versions = {"ultralytics": ultralytics.__version__, "onnxruntime": onnxruntime.__version__, "torch": torch.__version__.split("+")[0], "opencv": cv2.__version__}
tell("ready", versions=versions)


def predict(stream):
    model = ultralytics.YOLO(PLAN["model"], task="detect")
    wishes = {"stream": True, "verbose": False, "conf": PLAN["conf"], "iou": PLAN["iou"], "device": "cpu", "stream_buffer": PLAN["buffer"]}
    frame = 0
    for seen in model.predict(PLAN["source"], **wishes):
        result(stream, frame, len(seen.boxes), seen.orig_img)
        frame += 1
    tell("end", frames=frame)


if PLAN["way"] == "one":
    predict(0)
else:
    threads = [Thread(target=predict, args=(stream,)) for stream in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
