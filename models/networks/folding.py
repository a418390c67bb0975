"""Folds batch norms into the convolutions before them, which makes a network that only predicts faster."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """The same network in evaluation mode, with each batch norm folded into the convolution right before it.

    If there was any, the memory format becomes channels last, which is fastest then. It is not with instance norm.
    """
    network.eval()
    folded = False
    for module in network.modules():
        for (name, layer), (norm_name, norm) in pairwise(list(module.named_children())):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(layer, norm))
                setattr(module, norm_name, nn.Identity())
                folded = True
    return network.to(memory_format=torch.channels_last) if folded else network
