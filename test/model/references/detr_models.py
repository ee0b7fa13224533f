"""References of the DETR families: small models from `transformers` (Apache-2.0) and from D-FINE's own code.

The two-input deploy form is that of the original repositories (RT-DETR, D-FINE, DEIM): the network and their
post-processor in one graph. The post-processor is the authors' own, from the package d-fine-project (D-FINE's sources);
D-FINE took it from RT-DETR, DEIM from D-FINE. The answers come by another way: `transformers`' post-processing of what
the network says in torch.
"""

import importlib
import os
import sys
import types

import cv2
import numpy as np
import torch
import transformers

from common import CACHE, CONFS, MAX_DETECTIONS, bias_shift, found, picture, write_reference
from settling import settle

SIDE = 128
QUERIES = 40
CLASSES = 6
WIDTH = 32
TRANSFORMERS = {"package": "transformers", "version": transformers.__version__, "licence": "Apache-2.0"}
D_FINE = {"package": "d-fine-project", "version": "1.0.0", "licence": "MIT (D-FINE itself: Apache-2.0)"}


def d_fine_sources():
    """D-FINE's own modules. The package's folder is no proper package when installed: it is entered by hand.

    Its configuration imports tensorboard, for training only: an empty module stands in for it.
    """
    sys.modules.setdefault("torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=object))
    package = types.ModuleType("d_fine")
    package.__path__ = [str(CACHE / "d-fine-sources")]
    sys.modules["d_fine"] = package
    names = ("core", "zoo.dfine.postprocessor", "zoo.dfine.dfine", "zoo.dfine.hybrid_encoder", "zoo.dfine.dfine_decoder",
             "nn.backbone.hgnetv2")
    sys.modules["d_fine.zoo"] = folder("zoo")
    sys.modules["d_fine.zoo.dfine"] = folder("zoo/dfine")
    sys.modules["d_fine.nn"] = folder("nn")
    sys.modules["d_fine.nn.backbone"] = folder("nn/backbone")
    return [importlib.import_module(f"d_fine.{name}") for name in names]


def folder(path):
    module = types.ModuleType(f"d_fine.{path.replace('/', '.')}")
    module.__path__ = [str(CACHE / "d-fine-sources" / path)]
    return module


def stretched(mean=(0, 0, 0), std=(1, 1, 1), side=SIDE):
    """RGB, stretched to the input, 0..1, normalised: float32 1 x 3 x side x side."""
    image = cv2.resize(picture(), (side, side), interpolation=cv2.INTER_LINEAR)[..., ::-1].astype(np.float32) / 255
    image = (image - np.float32(mean)) / np.float32(std)
    return np.ascontiguousarray(image.transpose(2, 0, 1))[None].astype(np.float32)


def liven(class_layers, box_networks, scores_of, seed):
    """Random last layers, so that the queries differ, and about a quarter of them pass 0.25."""
    generator = torch.Generator().manual_seed(seed)
    box_layers = [m for network in box_networks for m in network.modules() if isinstance(m, torch.nn.Linear)]
    with torch.no_grad():
        for layers, spread in ((class_layers, 2.5), (box_layers, 1.4)):
            for layer in layers:
                width = layer.weight.shape[1]
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * spread / width**0.5)
                layer.bias.zero_()
        shift = bias_shift(scores_of(), 0.25)
        for layer in class_layers:
            layer.bias.add_(shift)


class Deploy(torch.nn.Module):
    """Network and post-processor as the original repositories' export puts them together."""

    def __init__(self, network, postprocessor):
        super().__init__()
        self.network = network
        self.postprocessor = postprocessor

    def forward(self, images, orig_target_sizes):
        answer = self.network(images)
        if not isinstance(answer, dict) or "pred_logits" not in answer:
            answer = {"pred_logits": answer.logits, "pred_boxes": answer.pred_boxes}
        return self.postprocessor(answer, orig_target_sizes)


def export(model, inputs, path, input_names, output_names):
    torch.onnx.export(model, inputs, str(path), input_names=input_names, output_names=output_names, opset_version=17,
                      dynamo=False, do_constant_folding=True)


def filtered(results):
    """What the authors' tools show: everything above the threshold, in the order of the top-k."""
    scores, labels, boxes = results["scores"].numpy(), results["labels"].numpy(), results["boxes"].numpy()
    return {
        conf: [found(c, s, b) for c, s, b in zip(labels, scores, boxes) if s > np.float32(conf)][:MAX_DETECTIONS]
        for conf in CONFS
    }


def write_two_inputs(name, network, answer, source, note, mean=(0, 0, 0), std=(1, 1, 1)):
    core, postprocessing = d_fine_sources()[:2]
    postprocessor = postprocessing.DFINEPostProcessor(num_classes=CLASSES, num_top_queries=QUERIES).deploy()
    image = stretched(mean, std)
    height, width = picture().shape[:2]
    # Width first.
    sizes = np.array([[width, height]], dtype=np.int64)
    path = CACHE / f"{name}.onnx"
    export(Deploy(network, postprocessor).eval(), (torch.from_numpy(image), torch.from_numpy(sizes)), path,
           ["images", "orig_target_sizes"], ["labels", "boxes", "scores"])
    with torch.no_grad():
        answers = filtered(answer(torch.from_numpy(image), height, width))
    write_reference(path, {"images": image, "orig_target_sizes": sizes}, lambda _: answers, family="detr", task="detect",
                    source=source, note=note, sidecar={"labels": [f"class{i}" for i in range(CLASSES)]})


def by_transformers(network):
    from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil as Processor

    def answer(image, height, width):
        [result] = Processor().post_process_object_detection(network(image), threshold=0.0, target_sizes=[(height, width)])
        return result

    return answer


def common_config():
    return dict(
        num_sidecar={"labels": [f"class{i}" for i in range(CLASSES)]}, d_model=WIDTH, encoder_hidden_dim=WIDTH, encoder_ffn_dim=64, encoder_attention_heads=4,
        encoder_in_channels=[32, 48, 64], decoder_in_channels=[WIDTH] * 3, decoder_ffn_dim=64, decoder_layers=2,
        decoder_attention_heads=4, num_queries=QUERIES, num_denoising=0, freeze_backbone_batch_norms=False,
        auxiliary_loss=False, disable_custom_kernels=True,
    )


def resnet():
    return transformers.RTDetrResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )


def hgnet():
    return transformers.HGNetV2Config(
        stem_channels=[3, 8, 8], stage_in_channels=[8, 16, 32, 48], stage_mid_channels=[8, 8, 16, 16],
        stage_out_channels=[16, 32, 48, 64], hidden_sizes=[16, 32, 48, 64], stage_num_blocks=[1, 1, 1, 1], stage_numb_of_layers=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )


def from_transformers(name, config_class, model_class, backbone, seed, **more):
    torch.manual_seed(seed)
    config = config_class(backbone_config=backbone, **{**common_config(), **more})
    config.num_labels = CLASSES
    network = model_class(config)
    large = torch.from_numpy(stretched(side=256))
    settle(network, torch.cat([large, large.flip(3)]))
    classes = [layer for layer in network.class_embed] if hasattr(network, "class_embed") else list(network.model.decoder.class_embed)
    boxes = network.bbox_embed if hasattr(network, "bbox_embed") else network.model.decoder.bbox_embed
    image = torch.from_numpy(stretched())
    liven(classes, list(boxes),
          lambda: network(image).logits.sigmoid()[0].amax(-1).numpy(), seed)
    write_two_inputs(name, network, by_transformers(network), TRANSFORMERS,
                     f"{model_class.__name__} with D-FINE's deploy post-processor")


def d_fine_original():
    """D-FINE by its own code from end to end."""
    _, postprocessing, whole, encoding, decoding, backbones = d_fine_sources()
    torch.manual_seed(11)
    backbones.HGNetv2.arch_configs["tiny"] = {
        "stem_channels": [3, 8, 8],
        "stage_config": {
            "stage1": [8, 8, 16, 1, False, False, 3, 1], "stage2": [16, 8, 32, 1, True, False, 3, 1],
            "stage3": [32, 16, 48, 1, True, True, 5, 1], "stage4": [48, 16, 64, 1, True, True, 5, 1],
        },
        "url": "",
    }
    network = whole.DFINE(
        backbones.HGNetv2("tiny", pretrained=False, freeze_norm=False, freeze_stem_only=True, freeze_at=-1),
        encoding.HybridEncoder(in_channels=[32, 48, 64], hidden_dim=WIDTH, nhead=4, dim_feedforward=64, depth_mult=0.34),
        decoding.DFINETransformer(
            num_classes=CLASSES, hidden_dim=WIDTH, num_queries=QUERIES, feat_channels=[WIDTH] * 3, nhead=4, num_layers=2,
            dim_feedforward=64, num_denoising=0, aux_loss=False,
        ),
    ).eval()
    large = torch.from_numpy(stretched(side=256))
    settle(network, torch.cat([large, large.flip(3)]))
    image = torch.from_numpy(stretched())
    liven(list(network.decoder.dec_score_head), list(network.decoder.dec_bbox_head),
          lambda: network(image)["pred_logits"].sigmoid()[0].amax(-1).numpy(), 11)
    network.deploy()
    plain = postprocessing.DFINEPostProcessor(num_classes=CLASSES, num_top_queries=QUERIES)

    def answer(tensor, height, width):
        [result] = plain(network(tensor), torch.tensor([[width, height]]))
        return result

    write_two_inputs("dfine-original", network, answer, D_FINE, "D-FINE's own network, deploy() and post-processor")


def main(only):
    os.chdir(CACHE)
    makers = {
        "rtdetr-two-inputs": lambda name: from_transformers(name, transformers.RTDetrConfig, transformers.RTDetrForObjectDetection, resnet(), 21),
        "rtdetrv2-two-inputs": lambda name: from_transformers(name, transformers.RTDetrV2Config, transformers.RTDetrV2ForObjectDetection, resnet(), 22),
        "dfine-two-inputs": lambda name: from_transformers(name, transformers.DFineConfig, transformers.DFineForObjectDetection, hgnet(), 23),
        "deimv2-two-inputs": lambda name: from_transformers(name, transformers.Deimv2Config, transformers.Deimv2ForObjectDetection, hgnet(), 24),
        "dfine-original": lambda _: d_fine_original(),
    }
    for name, maker in makers.items():
        if not only or any(word in name for word in only):
            maker(name)
