"""Writes an ONNX file as OpenVINO's own format in f32, in a folder as Ultralytics' exporter lays it out.

to_openvino.py MODEL.onnx FOLDER
"""

import sys
from pathlib import Path

import onnxruntime
import openvino
import yaml
from yolo import metadata_of

path, folder = Path(sys.argv[1]), Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
openvino.save_model(openvino.Core().read_model(path), folder / f"{path.stem}.xml", compress_to_fp16=False)
metadata = metadata_of(onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]))
(folder / "metadata.yaml").write_text(yaml.safe_dump(metadata))
