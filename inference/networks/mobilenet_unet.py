"""`mobilenetv2-unet`: a U-Net whose encoder is torchvision's MobileNetV2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.networks.blocks import Heads, crop_like, pad_to_multiple
from inference.networks.output import NetworkOutput
from inference.networks.registry import NetworkError, check_fraction, register
from inference.pretrained import TORCHVISION, download_mobilenet_v2, load_encoder, read_state_dict
from inference.schema import Schema

_STRIDE = 32
# Where the features' resolution has just been halved: index of the last block at strides 2, 4, 8, 16, 32, and
# the channels there (Sandler et al., "MobileNetV2" (2018), table 2; the last is the 1x1 convolution to 1280).
_TAPS = {1: 16, 3: 24, 6: 32, 13: 96, 18: 1280}
_DECODER = (256, 128, 64, 32, 16)


class _Step(nn.Module):
    """Bilinear x2, the skip beside it, twice (conv3, BN, ReLU): (N, a, h, w) to (N, b, 2h, 2w)."""

    def __init__(self, channels_in: int, channels_skip: int, channels_out: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in + channels_skip, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Dropout2d(dropout),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.body(x if skip is None else torch.cat([x, skip], dim=1))


def _mobilenet_features() -> nn.Sequential:
    from inference.torchvision_first import torchvision

    network: Any = torchvision.models.mobilenet_v2(weights=None)
    return network.features


@register("mobilenetv2-unet")
class MobileNetUNet(nn.Module):
    """U-Net on MobileNetV2 1.0 features with skips at strides 2, 4, 8 and 16, bottleneck 1280 at stride 32.

    Where the schema has grades or findings, heads on the bottleneck's global average predict them.

    Args:
        schema: at least one class, grade or finding.
        weights: where the encoder begins: None (random), "torchvision" (its download of ImageNet weights;
        offline
            a NetworkError within 2 s), or the path of a local state dict with torchvision's key names (`.pt`,
            `.pth`, `.safetensors`); its classifier is left out. Such weights expect the normalisation they
            were trained with. A bundle never states this argument: it brings all weights itself.
        frozen: the encoder keeps its weights and its batch statistics.
        dropout: probability of the decoder's Dropout2d and of the heads' dropout.

    `forward`: (N, 3, H, W) float, any size (padded to multiples of 32 inside), to a NetworkOutput with masks
    (N, C, H, W) or None, grades {scale: (N, K)}, findings (N, F) or None.
    """

    def __init__(
        self, schema: Schema, *, weights: str | None = None, frozen: bool = False, dropout: float = 0.1
    ) -> None:
        super().__init__()
        name = "mobilenetv2-unet"
        check_fraction(name, "dropout", dropout)
        if not isinstance(frozen, bool):
            raise NetworkError(f"The argument “frozen” of {name} must be true or false, not {frozen}.")
        if weights is not None and not isinstance(weights, str | Path):
            raise NetworkError(
                f"The argument “weights” of {name} must be a path, “{TORCHVISION}” or nothing."
            )
        classes = len(schema.active_classes)
        if not classes and not schema.grades and not schema.findings:
            raise NetworkError(f"The network “{name}” has nothing to predict: the schema is empty.")
        self.encoder = _mobilenet_features()
        self.frozen = frozen
        deepest, *skips = reversed(_TAPS.values())
        channels = [deepest, *_DECODER]
        steps = zip(channels[:-1], [*skips, 0], channels[1:], strict=True)
        self.decoder = nn.ModuleList(_Step(a, s, b, dropout) for a, s, b in steps if classes)
        self.mask_head = nn.Conv2d(_DECODER[-1], classes, 1) if classes else None
        self.heads = Heads(deepest, schema, dropout) if schema.grades or schema.findings else None
        if weights is not None:
            state = download_mobilenet_v2() if weights == TORCHVISION else read_state_dict(Path(weights))
            load_encoder(
                self.encoder, state, prefix="features.", unused=("classifier.",), source=str(weights)
            )
        if frozen:
            self.encoder.requires_grad_(False)

    def train(self, mode: bool = True) -> MobileNetUNet:
        """As `Module.train`, but a frozen encoder keeps its batch statistics: it stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self

    def forward(self, x: Tensor) -> NetworkOutput:
        """(N, 3, H, W) float to logits: masks (N, C, H, W), grades (N, K) by scale, findings (N, F)."""
        height, width = x.shape[-2:]
        x = pad_to_multiple(x, _STRIDE)
        taps: list[Tensor] = []
        for index, block in enumerate(self.encoder):
            x = block(x)
            if index in _TAPS:
                taps.append(x)
        bottleneck = taps.pop()
        masks = None
        if self.mask_head is not None:
            for step, skip in zip(self.decoder, [*reversed(taps), None], strict=True):
                x = step(x, skip)
            masks = crop_like(self.mask_head(x), height, width)
        grades, findings = ({}, None) if self.heads is None else self.heads(bottleneck)
        return NetworkOutput(masks, grades, findings)
