"""References of RF-DETR: a small network from `transformers` in the form of Roboflow's export, answers by their code.

The package `rfdetr` (Apache-2.0) builds its networks around a DINOv2 of 22 million weights, which it would fetch.
`transformers` has the same network for any size. Input, pre-processing, names and order of the outputs, and the decoding
of them are those of `rfdetr`'s ONNX export.
"""

import os
from importlib.metadata import version

import numpy as np
import torch
import transformers
from PIL import Image
from rfdetr.export._runtime.decode import decode_detections
from rfdetr.export._runtime.preprocess import preprocess_to_nchw

from common import CACHE, CONFS, bias_shift, found, picture, write_reference

SIDE = 128
QUERIES = 40
# Slots of the class head: as Roboflow counts them, classes and one more, which is the background.
SLOTS = 7
SOURCE = {"package": "rfdetr", "version": version("rfdetr"), "licence": "Apache-2.0 (network: transformers, Apache-2.0)"}


class Exported(torch.nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, input):
        answer = self.network(input)
        return answer.pred_boxes, answer.logits


def freeze_positions(network):
    """As Roboflow's exporter does: the position embeddings are computed before, for the size of the export."""
    for module in network.modules():
        if hasattr(module, "interpolate_pos_encoding"):
            embeddings = torch.zeros(1, (SIDE // 16) ** 2 + 1, module.position_embeddings.shape[-1])
            fixed = module.interpolate_pos_encoding(embeddings, SIDE, SIDE).detach()
            module.interpolate_pos_encoding = lambda *_, fixed=fixed: fixed


def network_of():
    torch.manual_seed(31)
    config = transformers.RfDetrConfig(
        backbone_config=transformers.RfDetrDinov2Config(
            hidden_size=48, num_hidden_layers=4, num_attention_heads=4, image_size=SIDE, patch_size=16, num_windows=2,
            out_features=["stage1", "stage2", "stage3", "stage4"],
        ),
        num_labels=SLOTS, d_model=32, decoder_ffn_dim=64, decoder_layers=2, decoder_self_attention_heads=4,
        decoder_cross_attention_heads=4, decoder_n_points=2, num_queries=QUERIES, group_detr=1, c2f_num_blocks=1,
        auxiliary_loss=False, attn_implementation="eager",
    )
    network = transformers.RfDetrForObjectDetection(config).eval()
    freeze_positions(network)
    generator = torch.Generator().manual_seed(32)
    image = torch.from_numpy(fed())
    with torch.no_grad():
        for name, layer in network.named_modules():
            if isinstance(layer, torch.nn.Linear) and (layer.out_features == SLOTS or "bbox_embed" in name):
                spread = 2.5 if layer.out_features == SLOTS else 1.0
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * spread / layer.weight.shape[1] ** 0.5)
                layer.bias.zero_()
        scores = network(image).logits.sigmoid()[0].amax(-1).numpy()
        shift = bias_shift(scores, 0.25)
        for layer in network.modules():
            if isinstance(layer, torch.nn.Linear) and layer.out_features == SLOTS:
                layer.bias.add_(shift)
    return network


def fed():
    return preprocess_to_nchw(Image.fromarray(picture()[..., ::-1]), SIDE, SIDE)


def answers(outputs, background):
    height, width = picture().shape[:2]
    result = {}
    for conf in CONFS:
        decoded = decode_detections(outputs["dets"][0], outputs["labels"][0], (width, height), conf, background_class_id=background)
        result[conf] = [found(c, s, b) for c, s, b in zip(decoded.class_id, decoded.confidence, decoded.xyxy)]
    return result


def main(only):
    os.chdir(CACHE)
    network = Exported(network_of()).eval()
    # The last slot is the background (the package's default), or a class like all others (its COCO checkpoints).
    for name, background, labels in (("rfdetr", -1, SLOTS - 1), ("rfdetr-all-slots", None, SLOTS)):
        if only and not any(word in name for word in only):
            continue
        path = CACHE / f"{name}.onnx"
        torch.onnx.export(network, torch.from_numpy(fed()), str(path), opset_version=17, input_names=["input"],
                          output_names=["dets", "labels"], dynamo=False)
        write_reference(path, {"input": fed()}, lambda outputs: answers(outputs, background), family="rfdetr", task="detect",
                        source=SOURCE, sidecar={"labels": [f"class{i}" for i in range(labels)]}, note=f"background slot: {background}")
