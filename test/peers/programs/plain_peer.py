"""The loop that most people write: cv2 reads, onnxruntime runs. way "two": two threads with a session of one thread each."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import local

import cv2
import onnxruntime
from common import PLAN, result, tell
from yolo import objects_in, prepare, size_of

tell("ready", versions={"onnxruntime": onnxruntime.__version__, "opencv": cv2.__version__})


def session(threads):
    options = onnxruntime.SessionOptions()
    if threads:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(PLAN["model"], options, providers=["CPUExecutionProvider"])


def detect(run, picture):
    place = run.get_inputs()[0]
    outputs = run.run(None, {place.name: prepare(picture, *size_of(place.shape))})
    return len(objects_in(outputs[0], PLAN["conf"], PLAN["iou"]))


def pictures():
    video = cv2.VideoCapture(PLAN["source"])
    while True:
        there, picture = video.read()
        if not there:
            return
        yield picture


frames = 0
if PLAN["way"] == "one":
    only = session(0)
    for picture in pictures():
        result(0, frames, detect(only, picture), picture)
        frames += 1
else:
    own = local()

    def in_thread(picture):
        if not hasattr(own, "session"):
            own.session = session(1)
        return picture, detect(own.session, picture)

    # Twice as many under way as threads, taken out in order.
    with ThreadPoolExecutor(2) as threads:
        under_way = deque()

        def take():
            global frames
            picture, objects = under_way.popleft().result()
            result(0, frames, objects, picture)
            frames += 1

        for picture in pictures():
            under_way.append(threads.submit(in_thread, picture))
            if len(under_way) == 4:
                take()
        while under_way:
            take()
tell("end", frames=frames)
