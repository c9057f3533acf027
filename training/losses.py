"""Losses on logits, by name. Every mask loss takes logits, targets and validity, each (N, C, H, W).

Targets are 0 to 1, validity is 0 or 1: what is not valid (ignored areas, classes nobody reviewed)
takes no part. Everything is computed in float32 whatever the network's precision.

The overlap losses (Dice, Jaccard) pool each class's pixels over the batch, and leave out a class that no
image of the batch shows. Taken image by image, an image without a lesion has its lowest loss where every
pixel is driven to zero, however far it is there already: on images that mostly lack a class the network ends
up predicting nothing at all. Over the batch, what is wrongly predicted there counts like any other pixel, and
for a class that the batch lacks, the cross-entropy or focal term speaks alone. "The batch" is what is
computed at once: less of it where memory ran out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from training.config import LossConfig
from training.errors import ConfigError

# Of logits, targets, validity (N, C, H, W) and the images' weights (N,): (N, C).
MaskLoss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
WholeLoss = Callable[..., Tensor]
_MASK_LOSSES: Final[dict[str, Callable[[LossConfig], MaskLoss]]] = {}


def register(name: str) -> Callable[[Callable[[LossConfig], MaskLoss]], Callable[[LossConfig], MaskLoss]]:
    """Makes a mask loss known by ``name``; what is registered builds the loss from its parameters."""

    def keep(factory: Callable[[LossConfig], MaskLoss]) -> Callable[[LossConfig], MaskLoss]:
        _MASK_LOSSES[name] = factory
        return factory

    return keep


def loss_names() -> tuple[str, ...]:
    """The names that ``mask_loss`` knows."""
    return tuple(sorted(_MASK_LOSSES))


def mask_loss(config: LossConfig, classes: tuple[str, ...] = ()) -> WholeLoss:
    """The loss that ``config`` names, a scalar over a batch; 0 where nothing in the batch is valid.

    It may be given the images' weights (N,) as a fourth argument. ``classes`` name the channels, for
    ``config.class_weights``. Raises ConfigError for an unknown name or class.
    """
    factory = _MASK_LOSSES.get(config.name)
    if factory is None:
        raise ConfigError(f'There is no loss "{config.name}"; known are {", ".join(loss_names())}.')
    strangers = sorted(set(config.class_weights) - set(classes))
    if strangers:
        raise ConfigError(f'"loss.class_weights" names "{strangers[0]}", which is no class of this run.')
    per_class = factory(config)
    weights = torch.tensor([config.class_weights.get(name, 1.0) for name in classes])

    def whole(logits: Tensor, targets: Tensor, valid: Tensor, images: Tensor | None = None) -> Tensor:
        shares = torch.ones(len(logits), device=logits.device) if images is None else images.float()
        losses = per_class(logits.float(), targets.float(), valid.float(), shares)  # (N, C)
        counts = (valid.flatten(2).sum(2) > 0).float() * shares[:, None]
        if len(weights):
            counts = counts * weights.to(counts.device)
        return (losses * counts).sum() / counts.sum().clamp_min(1e-6)

    return whole


def binary_cross_entropy(logits: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
    """Mean of -[y log p + (1 - y) log(1 - p)] over the valid pixels, per image and class: (N, C)."""
    pixels = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return _mean(pixels, valid)


def focal(
    logits: Tensor, targets: Tensor, valid: Tensor, *, alpha: float, gamma: float, scale: float = 1.0
) -> Tensor:
    """-alpha_t (1 - p_t)^gamma log p_t, meaned over the valid pixels, times ``scale``: (N, C).

    Lin, Goyal, Girshick, He, Dollár, "Focal Loss for Dense Object Detection" (2017), equation 5;
    ``alpha`` weighs the positive pixels and 1 - alpha the others.
    """
    # softplus(-x) = -log p and softplus(x) = -log(1 - p), without a difference of near-equal numbers.
    miss, hit = functional.softplus(logits), functional.softplus(-logits)
    positive = alpha * targets * torch.exp(-gamma * miss) * hit
    negative = (1 - alpha) * (1 - targets) * torch.exp(-gamma * hit) * miss
    return scale * _mean(positive + negative, valid)


def dice(logits: Tensor, targets: Tensor, valid: Tensor, images: Tensor, *, smooth: float) -> Tensor:
    """1 - (2 sum(p y) + s) / (sum(p) + sum(y) + s) per class, the same for every image: (N, C).

    The sums run over the valid pixels of all images, weighted by ``images`` (N,); 0 for a class without a
    true pixel among them.

    Milletari, Navab, Ahmadi, "V-Net" (2016), with the plain sums of Sudre et al. (2017) in the denominator,
    over the batch as one volume: the batch Dice of Isensee et al., "nnU-Net" (2021). What sums over images or
    over the batch do where labels are empty: Tilborghs et al., "The Dice Loss in the Context of Missing or
    Empty Labels" (2022).
    """
    overlap, predicted, true = _sums(logits, targets, valid, images)
    return _where_shown(
        1 - (2 * overlap + smooth) / (predicted + true + smooth).clamp_min(1e-7), true, logits
    )


def jaccard(logits: Tensor, targets: Tensor, valid: Tensor, images: Tensor, *, smooth: float) -> Tensor:
    """1 - (sum(p y) + s) / (sum(p) + sum(y) - sum(p y) + s), with sums like those of ``dice``: (N, C).

    Rahman, Wang, "Optimizing Intersection-Over-Union in Deep Neural Networks" (2016).
    """
    overlap, predicted, true = _sums(logits, targets, valid, images)
    union = (predicted + true - overlap + smooth).clamp_min(1e-7)
    return _where_shown(1 - (overlap + smooth) / union, true, logits)


@register("bce")
def _bce(_config: LossConfig) -> MaskLoss:
    return lambda x, y, v, _images: binary_cross_entropy(x, y, v)


@register("dice")
def _dice(config: LossConfig) -> MaskLoss:
    return lambda x, y, v, images: dice(x, y, v, images, smooth=config.smooth)


@register("jaccard")
def _jaccard(config: LossConfig) -> MaskLoss:
    return lambda x, y, v, images: jaccard(x, y, v, images, smooth=config.smooth)


@register("focal")
def _focal(config: LossConfig) -> MaskLoss:
    return lambda x, y, v, _images: focal(
        x, y, v, alpha=config.focal_alpha, gamma=config.focal_gamma, scale=config.focal_scale
    )


@register("bce-dice")
def _bce_dice(config: LossConfig) -> MaskLoss:
    """The sum of cross-entropy and Dice loss."""
    overlap = _dice(config)
    return lambda x, y, v, images: binary_cross_entropy(x, y, v) + overlap(x, y, v, images)


@register("combined")
def _combined(config: LossConfig) -> MaskLoss:
    """The mean of the losses in ``terms``."""
    if not config.terms or "combined" in config.terms:
        raise ConfigError('"loss.terms" must name losses, and not "combined" itself.')
    parts = [_MASK_LOSSES[name](config) for name in config.terms]
    return lambda x, y, v, images: torch.stack([part(x, y, v, images) for part in parts]).mean(0)


def grade_loss(logits: Tensor, targets: Tensor, class_weight: Tensor | None = None) -> Tensor:
    """Cross-entropy of one scale: logits (N, K), targets (N,) int64 with -1 for "no grade"; 0 without any.

    With ``class_weight`` (K,) the mean is weighted: sum(w_y l) / sum(w_y).
    """
    if not bool((targets >= 0).any()):
        return logits.float().sum() * 0.0
    return functional.cross_entropy(logits.float(), targets, weight=class_weight, ignore_index=-1)


def finding_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy over findings: logits and targets (N, F); -1 is "not assessed"."""
    valid = (targets >= 0).float()
    pixels = functional.binary_cross_entropy_with_logits(
        logits.float(), targets.clamp_min(0).float(), reduction="none"
    )
    return (pixels * valid).sum() / valid.sum().clamp_min(1.0)


def balanced_weights(counts: Mapping[int, int], values: int) -> Tensor:
    """Weights inverse to how often each value occurs, mean 1 over the images; absent ones weigh 1."""
    total, present = sum(counts.values()), sum(1 for count in counts.values() if count)
    weights = [total / (present * counts[k]) if counts.get(k) else 1.0 for k in range(values)]
    return torch.tensor(weights, dtype=torch.float32)


def _mean(pixels: Tensor, valid: Tensor) -> Tensor:
    return (pixels * valid).flatten(2).sum(2) / valid.flatten(2).sum(2).clamp_min(1.0)


def _sums(logits: Tensor, targets: Tensor, valid: Tensor, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """sum(p y), sum(p) and sum(y) of each class over the batch: (C,) each."""
    counted = valid * images[:, None, None, None]
    probabilities = torch.sigmoid(logits)
    return (
        (probabilities * targets * counted).sum((0, 2, 3)),
        (probabilities * counted).sum((0, 2, 3)),
        (targets * counted).sum((0, 2, 3)),
    )


def _where_shown(losses: Tensor, true: Tensor, logits: Tensor) -> Tensor:
    """The classes' losses (C,) for each image (N, C), 0 for a class without a true pixel."""
    return torch.where(true > 0, losses, torch.zeros_like(losses)).expand(logits.shape[:2])
