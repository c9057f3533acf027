"""The residual U-Nets: `residual-unet` (masks) and `multitask-unet` (masks, grades, findings)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inference.networks.blocks import Heads, ResidualDouble, crop_like, pad_to_multiple
from inference.networks.output import NetworkOutput
from inference.networks.registry import NetworkError, check_fraction, check_int, register
from inference.schema import Schema

_STRIDE = 16


class ResidualUNetBody(nn.Module):
    """Encoder w, 2w, 4w, 8w with max pooling, bottleneck 16w, decoder of transposed convolutions with skips.

    Every level is a `ResidualDouble`. Source of the shape: Ronneberger et al., "U-Net" (2015).
    """

    def __init__(self, width: int, dropout: float, *, decode: bool) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width]
        self.encoder = nn.ModuleList(
            ResidualDouble(a, b, dropout) for a, b in zip([3, *widths[:-1]], widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.bottleneck = ResidualDouble(widths[-1], 16 * width, dropout)
        steps = list(reversed(widths)) if decode else []
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in steps)
        self.decoder = nn.ModuleList(ResidualDouble(2 * w, w, dropout) for w in steps)

    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, 3, H, W) with sides divisible by 16: (N, 16w, H/16, W/16) and the four skips, finest first."""
        skips: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
            x = self.pool(x)
        return self.bottleneck(x), skips

    def decode(self, x: Tensor, skips: list[Tensor]) -> Tensor:
        """(N, 16w, H/16, W/16) and the skips: (N, w, H, W)."""
        for up, stage, skip in zip(self.up, self.decoder, reversed(skips), strict=True):
            x = stage(torch.cat([skip, up(x)], dim=1))
        return x


class _ResidualNetwork(nn.Module):
    """The common part of both: (N, 3, H, W) of any size to NetworkOutput; padded to whole strides inside."""

    def __init__(self, schema: Schema, width: int, dropout: float, *, heads: bool) -> None:
        super().__init__()
        classes = len(schema.active_classes)
        self.body = ResidualUNetBody(width, dropout, decode=classes > 0)
        self.mask_head = nn.Conv2d(width, classes, 1) if classes else None
        self.heads = Heads(16 * width, schema, dropout) if heads else None

    def forward(self, x: Tensor) -> NetworkOutput:
        """(N, 3, H, W) float to logits: masks (N, C, H, W), grades (N, K) by scale, findings (N, F)."""
        height, width = x.shape[-2:]
        bottleneck, skips = self.body.encode(pad_to_multiple(x, _STRIDE))
        masks = None
        if self.mask_head is not None:
            masks = crop_like(self.mask_head(self.body.decode(bottleneck, skips)), height, width)
        grades, findings = ({}, None) if self.heads is None else self.heads(bottleneck)
        return NetworkOutput(masks, grades, findings)


@register("residual-unet")
class ResidualUNet(_ResidualNetwork):
    """U-Net of residual double convolutions: one mask channel per active class, no grades.

    Args:
        schema: its active classes become the mask channels; at least one is needed.
        width: channels of the first level, 64 as published; the bottleneck has 16 times as many.
        dropout: probability of Dropout2d inside each double convolution.

    `forward`: (N, 3, H, W) float, any H and W from 1 (padded to multiples of 16 inside), to masks (N, C, H,
    W). Raises NetworkError for values that make no sense.
    """

    def __init__(self, schema: Schema, *, width: int = 64, dropout: float = 0.1) -> None:
        name = "residual-unet"
        if not schema.active_classes:
            raise NetworkError(f"The network “{name}” predicts masks; the schema has no class.")
        check_int(name, "width", width, 1, 512)
        super().__init__(schema, width, check_fraction(name, "dropout", dropout), heads=False)


@register("multitask-unet")
class MultitaskUNet(_ResidualNetwork):
    """The residual U-Net with a grading head per scale, and a findings head where the schema has findings.

    The heads see the bottleneck's global average. Without mask classes there is no decoder.

    Args:
        schema: at least one grade scale or finding is needed.
        width: channels of the first level, 64 as published.
        dropout: probability of the dropouts in the double convolutions and before the heads.

    `forward`: (N, 3, H, W) float, any size, to masks (N, C, H, W) or None, grades {scale: (N, K)}, findings
    (N, F) or None. Raises NetworkError for values that make no sense.
    """

    def __init__(self, schema: Schema, *, width: int = 64, dropout: float = 0.1) -> None:
        name = "multitask-unet"
        if not schema.grades and not schema.findings:
            raise NetworkError(f"The network “{name}” grades; the schema has no grade scale and no finding.")
        check_int(name, "width", width, 1, 512)
        super().__init__(schema, width, check_fraction(name, "dropout", dropout), heads=True)
