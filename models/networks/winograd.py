"""3x3 convolution by Winograd's minimal filtering F(2x2, 3x3): 16 products instead of 36, the same but for rounding.

Lavin and Gray 2016 (arXiv:1509.09308), section 4.1: Y = A'[(G g G') * (B' d B)] A for tiles d of 4x4 pixels that
overlap by two. Each bracket is one matrix product over all tiles, so that any BLAS makes it fast, both ways.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def _twice(rows: list[list[float]]) -> Tensor:
    matrix = torch.tensor(rows, dtype=torch.float64).t()
    return torch.kron(matrix, matrix).contiguous().t()  # in columns: BLAS is twice as fast on such thin products


TO_TILES = _twice([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])  # B', 16x16
TO_FILTERS = _twice([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])  # G, 16x9
TO_PIXELS = _twice([[1, 1, 1, 0], [0, 1, -1, -1]])  # A', 4x16
EVERYWHERE = 5  # what is added to this of the 16 products is added to each of the tile's four pixels


class WinogradConv2d(nn.Conv2d):
    """nn.Conv2d of 3x3, stride 1, without padding; same weights and keys, same values up to rounding.

    It multiplies less where that pays: on the CPU, in float32 or float64, with many channels. Elsewhere processors have
    better ways of their own.
    """

    LEAST_CHANNELS = 64  # [1] with fewer the transforms cost what the products save

    def __init__(self, into: int, out: int, bias: bool = True) -> None:
        super().__init__(into, out, 3, bias=bias)
        self.shared: list[Tensor] | None = None
        with torch.no_grad():  # so that each of the nine weights of all channels lies in rows
            self.weight.data = self.weight.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        if not self._pays(x):
            return super().forward(x)
        height, width = x.shape[-2] - 2, x.shape[-1] - 2
        if height % 2 or width % 2:
            x = F.pad(x, (0, width % 2, 0, height % 2))
        y = _Filter.apply(x.permute(0, 2, 3, 1).contiguous(), self._filters(), self.bias)
        return y.permute(0, 3, 1, 2)[..., :height, :width]

    def _pays(self, x: Tensor) -> bool:
        return (
            x.device.type == "cpu"
            and x.dtype in (torch.float32, torch.float64)
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()  # which would take minutes, and exports know the plain one alone
            and min(self.in_channels, self.out_channels) >= self.LEAST_CHANNELS
        )

    def _filters(self) -> Tensor:
        """The filters (16, out, in) that the tiles are multiplied with."""
        if self.shared:
            return self.shared[0]
        nine = self.weight.permute(2, 3, 0, 1).reshape(9, -1)
        filters = (TO_FILTERS.to(nine) @ nine).view(16, self.out_channels, self.in_channels)
        if self.shared is not None:
            self.shared.append(filters)
        return filters


@contextmanager
def filters_shared(*networks: nn.Module) -> Iterator[None]:
    """Within it the networks' filters are transformed once, however often they are applied: their weights must stay."""
    convolutions = [layer for one in networks for layer in one.modules() if isinstance(layer, WinogradConv2d)]
    for layer in convolutions:
        layer.shared = []
    try:
        yield
    finally:
        for layer in convolutions:
            layer.shared = None


class _Filter(torch.autograd.Function):
    """Images (N, 2h+2, 2w+2, C), filters (16, O, C) and biases (O,) to images (N, 2h, 2w, O)."""

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
            products[EVERYWHERE] += bias
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
        to_bias = products[EVERYWHERE].sum(0) if ctx.needs_input_grad[2] else None
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
