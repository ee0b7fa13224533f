"""Roboflow's InferencePipeline with a callable of our own, since its models come from a hub. way "one": one session as
onnxruntime makes it. "threads": two streams, whose frames come together and go to two sessions of one thread each."""

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import cv2
import onnxruntime
from common import PLAN, result, tell
from inference import InferencePipeline
from yolo import objects_in, prepare, size_of

tell("ready", versions={"inference": version("inference"), "onnxruntime": onnxruntime.__version__, "opencv": cv2.__version__})

STREAMS = 1 if PLAN["way"] == "one" else 2


def session():
    options = onnxruntime.SessionOptions()
    if STREAMS > 1:
        options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(PLAN["model"], options, providers=["CPUExecutionProvider"])


sessions = [session() for _ in range(STREAMS)]
place = sessions[0].get_inputs()[0]
width, height = size_of(place.shape)
threads = ThreadPoolExecutor(STREAMS)
frames = [0] * STREAMS


def detect(run, frame):
    outputs = run.run(None, {place.name: prepare(frame.image, width, height)})
    return len(objects_in(outputs[0], PLAN["conf"], PLAN["iou"]))


def on_video_frame(given):
    return list(threads.map(detect, sessions, given)) if STREAMS > 1 else [detect(sessions[0], frame) for frame in given]


def on_prediction(predictions, given):
    if STREAMS == 1:
        predictions, given = [predictions], [given]
    for objects, frame in zip(predictions, given):
        if frame is None:
            continue
        stream = frame.source_id or 0
        result(stream, frames[stream], objects, frame.image)
        frames[stream] += 1


pipeline = InferencePipeline.init_with_custom_logic(
    video_reference=PLAN["source"] if STREAMS == 1 else [PLAN["source"]] * STREAMS,
    on_video_frame=on_video_frame,
    on_prediction=on_prediction,
)
pipeline.start()
pipeline.join()
for count in frames:
    tell("end", frames=count)
