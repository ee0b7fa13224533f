#!/usr/bin/env python3
"""Makes ONNX models with random weights and the answers of their authors' own code, to prove our decoders against.

    python3 test/model/references/make_references.py [WORD...]

All of them, or those whose name holds one of the words. Needs Python 3.11 and pip; everything else goes into a virtual
environment of its own inside the cache folder: $SIGHTLINE_REFERENCES, or sightline/references in the user's cache
folder. That takes 6 GB (torch brings its CUDA libraries, without which it does not load) and some minutes. Nothing
else is fetched, no weights above all: they are drawn from fixed seeds. See README.md beside this file.
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
USER_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("SIGHTLINE_REFERENCES") or USER_CACHE / "sightline" / "references")

# With all that they need. setuptools: yolov5 imports pkg_resources, which later ones have no more.
WHOLE = [
    "torch==2.15.0", "torchvision==0.29.2", "onnx==1.23.2", "onnxruntime==1.31.1", "opencv-python-headless==5.0.0.93",
    "pycocotools==2.0.11", "numpy==2.4.6", "pillow==13.0.0", "scipy==1.17.1", "matplotlib==3.11.2", "pandas==3.1.1",
    "seaborn==0.13.2", "polars==2.1.0", "psutil==7.2.2", "pyyaml==6.0.4", "requests==2.34.2", "tqdm==4.70.1",
    "loguru==0.7.3", "pydantic==2.14.4", "gitpython==3.2.1", "tabulate==0.10.0", "huggingface-hub==2.4.0",
    "tokenizers==0.23.3", "safetensors==0.8.0", "regex==2026.11.19", "typer==0.29.2", "defusedxml==0.7.1",
    "packaging==26.4", "setuptools==80.9.0",
]
# Alone: what they ask for besides is not imported here, or contradicts the others.
ALONE = [
    "ultralytics==8.4.190", "ultralytics-thop==2.2.3", "onnxslim==0.1.98", "transformers==5.23.0", "rfdetr==1.11.2",
    "pyDeprecate==0.14.0", "supervision==0.31.2", "yolov5==7.0.14", "thop==0.1.1.post2209072238",
    "pixeltable-yolox==0.4.3", "faster-coco-eval==1.8.0",
]
# D-FINE's sources, which only work as a folder: see detr_models.py.
D_FINE = "d-fine-project==1.0.0"
MAKERS = ["ultralytics_models", "yolov5_models", "yolox_models", "detr_models", "rfdetr_models"]

# Nothing phones home or installs by itself.
QUIET = {
    "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(CACHE / "settings"), "HF_HUB_OFFLINE": "1",
    "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "2", "SIGHTLINE_REFERENCES": str(CACHE),
}


def environment():
    """The interpreter of the virtual environment, which is made at the first run and after a change of the lists."""
    folder = CACHE / "venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = json.dumps([WHOLE, ALONE, D_FINE])
    stamp = folder / "made-of.json"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"making {folder}", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *WHOLE], check=True)
    subprocess.run([*install, "--no-deps", *ALONE], check=True)
    subprocess.run([*install, "--no-deps", "--upgrade", "--target", str(CACHE / "d-fine-sources"), D_FINE], check=True)
    stamp.write_text(wanted)
    return python


def main(words):
    (CACHE / "settings").mkdir(parents=True, exist_ok=True)
    python = environment()
    failed = []
    for maker in MAKERS:
        code = f"import sys, {maker}; {maker}.main(sys.argv[1:])"
        # A process each: the packages set up torch, logging and the environment each in its own way.
        done = subprocess.run([str(python), "-B", "-W", "ignore", "-c", code, *words], cwd=HERE, env={**os.environ, **QUIET})
        if done.returncode != 0:
            failed.append(maker)
    made = sorted(path.stem for path in CACHE.glob("*.json"))
    print(f"{len(made)} references in {CACHE}: {', '.join(made)}")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
