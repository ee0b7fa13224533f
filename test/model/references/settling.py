"""Batch statistics for networks with random weights: without them random layers die or explode."""

import torch


def settle(model, views, least_variance=None):
    """Gives batch norm the statistics of some pictures, and leaves the model ready for use.

    views            float32 n x 3 x height x width, as the model is fed
    least_variance   channels that vary less are taken to vary so much; None = as they are
    """
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
        norm.train()
    with torch.no_grad():
        model(views)
    model.eval()
    for norm in norms if least_variance is not None else []:
        norm.running_var.clamp_(min=least_variance)
