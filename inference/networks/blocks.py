"""Parts that several networks share: the residual double convolution, the heads, padding to whole strides."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.schema import Schema


class ResidualDouble(nn.Module):
    """relu(BN(conv3(dropout(relu(BN(conv3(x)))))) + shortcut(x)): (N, in, H, W) to (N, out, H, W).

    The shortcut is the identity, or a 1x1 convolution where the channel counts differ. Source: He et al.,
    "Deep Residual Learning" (2015), in the U-Net form of Zhang et al., "Road Extraction by Deep
    Residual U-Net" (2017).
    """

    def __init__(self, channels_in: int, channels_out: int, dropout: float) -> None:
        super().__init__()
        # No biases before batch normalisation: it subtracts them again.
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Dropout2d(dropout),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        same = channels_in == channels_out
        self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) to (N, out, H, W)."""
        return functional.relu(self.body(x) + self.shortcut(x))


class Heads(nn.Module):
    """Grades and findings from one feature map: global average pool, dropout, one linear layer each.

    (N, F, h, w) to per-scale logits (N, K) and findings (N, n) or None.
    """

    def __init__(self, features: int, schema: Schema, dropout: float) -> None:
        super().__init__()
        self.names = tuple(scale.name for scale in schema.grades)
        # A list, not a dictionary of modules: names of scales may hold dots, names of modules must not.
        self.grades = nn.ModuleList(nn.Linear(features, len(scale.values)) for scale in schema.grades)
        self.findings = nn.Linear(features, len(schema.findings)) if schema.findings else None
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
        """(N, C, H, W) to logits: (N, K) of each scale by name, and (N, F) of the findings or None."""
        pooled = self.dropout(x.mean(dim=(2, 3)))
        grades = {name: layer(pooled) for name, layer in zip(self.names, self.grades, strict=True)}
        return grades, None if self.findings is None else self.findings(pooled)


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """(N, C, H, W) padded at the bottom and right to multiples of `multiple`, by repeating the border.

    The border is repeated because black would look like the edge of the field of view.
    """
    height, width = x.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    if bottom == 0 and right == 0:
        return x
    return functional.pad(x, (0, right, 0, bottom), mode="replicate")


def crop_like(x: Tensor, height: int, width: int) -> Tensor:
    """The top left (N, C, height, width) of x: undoes `pad_to_multiple`."""
    return x if x.shape[-2:] == torch.Size((height, width)) else x[..., :height, :width]
