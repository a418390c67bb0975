"""3x3 convolution by Winograd's minimal filtering F(2x2, 3x3): 16 products instead of 36, equal up to rounding.

Lavin and Gray 2016 (arXiv:1509.09308), section 4.1: Y = A'[(G g G') * (B' d B)] A for tiles d of 4x4 pixels that
overlap by two. Each bracket is one matrix product over all tiles, so any BLAS is fast, forward and backward.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def _kron_square(rows: list[list[float]]) -> Tensor:
    matrix = torch.tensor(rows, dtype=torch.float64).t()
    return torch.kron(matrix, matrix).contiguous().t()  # column-major: BLAS is twice as fast on such thin products


TO_TILES = _kron_square([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])  # B', 16x16
TO_FILTERS = _kron_square([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])  # G, 16x9
TO_PIXELS = _kron_square([[1, 1, 1, 0], [0, 1, -1, -1]])  # A', 4x16
BIAS_INDEX = 5  # a value added to this one of the 16 products is added to all four pixels of the tile


class WinogradConv2d(nn.Conv2d):
    """nn.Conv2d of 3x3, stride 1, without padding; same weights and keys, same outputs up to rounding.

    Winograd's algorithm is used where it is faster: on the CPU, in float32 or float64, with many channels. Otherwise
    the convolution of PyTorch is used.
    """

    MIN_CHANNELS = 64  # with fewer channels the transforms cost as much time as is saved

    def __init__(self, into: int, out: int, bias: bool = True) -> None:
        super().__init__(into, out, 3, bias=bias)
        self.shared_filters: list[Tensor] | None = None
        with torch.no_grad():  # in memory, all channels of one of the nine taps are neighbours
            self.weight.data = self.weight.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        if not self._is_faster(x):
            return super().forward(x)
        height, width = x.shape[-2] - 2, x.shape[-1] - 2
        if height % 2 or width % 2:
            x = F.pad(x, (0, width % 2, 0, height % 2))
        y = _Filter.apply(x.permute(0, 2, 3, 1).contiguous(), self._transform_filters(), self.bias)
        return y.permute(0, 3, 1, 2)[..., :height, :width]

    def _is_faster(self, x: Tensor) -> bool:
        return (
            x.device.type == "cpu"
            and x.dtype in (torch.float32, torch.float64)
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()  # it would take minutes; and ONNX has only the plain operator
            and min(self.in_channels, self.out_channels) >= self.MIN_CHANNELS
        )

    def _transform_filters(self) -> Tensor:
        """The transformed filters (16, out, in), by which the tiles are multiplied."""
        if self.shared_filters:
            return self.shared_filters[0]
        nine = self.weight.permute(2, 3, 0, 1).reshape(9, -1)
        filters = (TO_FILTERS.to(nine) @ nine).view(16, self.out_channels, self.in_channels)
        if self.shared_filters is not None:
            self.shared_filters.append(filters)
        return filters


@contextmanager
def share_filters(*networks: nn.Module) -> Iterator[None]:
    """Inside this context the filters of the networks are transformed only once; the weights must not change."""
    convolutions = [layer for network in networks for layer in network.modules() if isinstance(layer, WinogradConv2d)]
    for layer in convolutions:
        layer.shared_filters = []
    try:
        yield
    finally:
        for layer in convolutions:
            layer.shared_filters = None


class _Filter(torch.autograd.Function):
    """Images (N, 2h+2, 2w+2, C), transformed filters (16, O, C) and biases (O,) to images (N, 2h, 2w, O)."""

    @staticmethod
    def forward(ctx, x: Tensor, filters: Tensor, bias: Tensor | None) -> Tensor:
        count, height, width, into = x.shape
        h, w = height // 2 - 1, width // 2 - 1
        pairs = x.view(count, h + 1, 2, w + 1, 2, into)
        tiles = x.new_empty(2, 2, 2, 2, count, h, w, into)
        for a in (0, 1):
            for b in (0, 1):
                tiles[a, :, b] = pairs[:, a : a + h, :, b : b + w].permute(2, 4, 0, 1, 3, 5)
        tiles = (TO_TILES.to(x) @ tiles.view(16, -1)).view(16, -1, into)
        products = torch.bmm(tiles, filters.transpose(1, 2))
        if bias is not None:
            products[BIAS_INDEX] += bias
        pixels = (TO_PIXELS.to(x) @ products.view(16, -1)).view(2, 2, count, h, w, -1)
        ctx.save_for_backward(tiles, filters)
        ctx.shape = x.shape
        return pixels.permute(2, 3, 0, 4, 1, 5).reshape(count, 2 * h, 2 * w, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        tiles, filters = ctx.saved_tensors
        count, height, width, into = ctx.shape
        h, w = height // 2 - 1, width // 2 - 1
        pixels = gradient.reshape(count, h, 2, w, 2, -1).permute(2, 4, 0, 1, 3, 5).reshape(4, -1)
        products = (TO_PIXELS.t().to(gradient) @ pixels).view(16, -1, filters.shape[1])
        to_bias = products[BIAS_INDEX].sum(0) if ctx.needs_input_grad[2] else None
        to_filters = torch.bmm(products.transpose(1, 2), tiles) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[0]:
            return None, to_filters, to_bias
        tiles = TO_TILES.t().to(gradient) @ torch.bmm(products, filters).view(16, -1)
        tiles = tiles.view(2, 2, 2, 2, count, h, w, into)
        pairs = gradient.new_zeros(count, h + 1, 2, w + 1, 2, into)
        for a in (0, 1):
            for b in (0, 1):
                pairs[:, a : a + h, :, b : b + w] += tiles[a, :, b].permute(2, 3, 0, 4, 1, 5)
        return pairs.view(ctx.shape), to_filters, to_bias
