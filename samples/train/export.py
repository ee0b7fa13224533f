"""Writes trained weights as ONNX, the way Ultralytics writes a YOLOv8: input `images` (1, 3, 224, 384), output
`output0` (1, 8, 1764), and the model's own description in its metadata."""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch
from torch import nn

from model import ConvUnit, SplitJoin, StreetNet
from settings import CLASS_NAMES, INPUT_HEIGHT, INPUT_WIDTH, STRIDES

OPSET = 17
# Between ONNX Runtime and PyTorch, of a score or relative to a coordinate.
LARGEST_DIFFERENCE = 1e-4
LARGEST_BYTES = 3_000_000

METADATA = {
    "description": "sightline street detector, trained on drawn streets",
    "author": "sightline",
    "license": "Apache-2.0",
    "task": "detect",
    "stride": str(max(STRIDES)),
    "batch": "1",
    "imgsz": str([INPUT_HEIGHT, INPUT_WIDTH]),
    "names": str(dict(enumerate(CLASS_NAMES))),
}


def fuse(net):
    """Folds every batch normalisation into the convolution before it."""
    for unit in net.modules():
        if not isinstance(unit, ConvUnit):
            continue
        conv, norm = unit.conv, unit.norm
        scale = norm.weight.data / torch.sqrt(norm.running_var + norm.eps)
        fused = nn.Conv2d(
            conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, groups=conv.groups
        )
        fused.weight.data = conv.weight.data * scale.view(-1, 1, 1, 1)
        fused.bias.data = norm.bias.data - norm.running_mean * scale
        unit.conv, unit.norm = fused, nn.Identity()
    return net


class TwoEntrances(nn.Module):
    """A fused `SplitJoin.enter` as two convolutions of half the outputs: the same numbers, but nothing to cut in two
    afterwards. ONNX Runtime keeps channels in blocks and would reorder the map for the cut (5 to 8 % of a run)."""

    def __init__(self, enter):
        super().__init__()
        self.act = enter.act
        self.halves = nn.ModuleList()
        for weight, bias in zip(enter.conv.weight.data.chunk(2), enter.conv.bias.data.chunk(2)):
            half = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
            half.weight.data, half.bias.data = weight.clone(), bias.clone()
            self.halves.append(half)

    def forward(self, x):
        return [self.act(half(x)) for half in self.halves]


def unsplit(net):
    """Gives every `SplitJoin` two entrances. The model must be fused."""
    for block in net.modules():
        if isinstance(block, SplitJoin):
            block.enter = TwoEntrances(block.enter)
            block.split = lambda parts: parts
    return net


def load_average(path):
    """The averaged weights that `train.py` saved, as a model ready to use."""
    net = StreetNet()
    net.load_state_dict(torch.load(path, map_location="cpu")["average"])
    return net.eval()


@torch.no_grad()
def export(weights, path):
    """Writes the file and compares it, in ONNX Runtime, with the model as it was trained."""
    net = load_average(weights)
    generator = np.random.default_rng(0)
    picture = torch.from_numpy(generator.random((1, 3, INPUT_HEIGHT, INPUT_WIDTH), np.float32))
    expected = net(picture).numpy()
    names = {"input_names": ["images"], "output_names": ["output0"]}
    torch.onnx.export(unsplit(fuse(net)), (picture,), path, opset_version=OPSET, dynamo=False, **names)
    model = onnxslim.slim(onnx.load(path))
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, METADATA)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = session.run(None, {"images": picture.numpy()})[0]
    difference = float((np.abs(given - expected) / np.maximum(np.abs(expected), 1)).max())
    size = Path(path).stat().st_size
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    print(f"{path}: {size} bytes, {len(model.graph.node)} nodes, differs by {difference:.1e}, sha256 {digest}")
    if difference > LARGEST_DIFFERENCE or size > LARGEST_BYTES:
        raise SystemExit("not good enough to ship")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", help="file that train.py wrote")
    parser.add_argument("onnx", help="file to write")
    args = parser.parse_args()
    export(args.weights, args.onnx)


if __name__ == "__main__":
    main()
