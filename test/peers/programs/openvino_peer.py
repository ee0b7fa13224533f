"""cv2 reads, OpenVINO's AsyncInferQueue runs, with the hint for throughput and in f32; results are taken out in order."""

import cv2
import openvino
from common import PLAN, result, tell
from yolo import objects_in, prepare, size_of

tell("ready", versions={"openvino": openvino.__version__.split("-")[0], "opencv": cv2.__version__})

hints = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
model = openvino.Core().compile_model(PLAN["model"], "CPU", hints)
width, height = size_of(model.input(0).shape)
queue = openvino.AsyncInferQueue(model)
waiting = {}
frames = 0


def flush():
    global frames
    while frames in waiting:
        result(0, frames, *waiting.pop(frames))
        frames += 1


def done(request, given):
    number, picture = given
    waiting[number] = (len(objects_in(request.get_output_tensor(0).data, PLAN["conf"], PLAN["iou"])), picture)


queue.set_callback(done)
video = cv2.VideoCapture(PLAN["source"])
number = 0
while True:
    there, picture = video.read()
    if not there:
        break
    queue.start_async({0: prepare(picture, width, height)}, (number, picture))
    number += 1
    flush()
queue.wait_all()
flush()
tell("end", frames=frames)
