"""Whether a network may run in half precision here: asked of the hardware, then proven on the first image."""

from __future__ import annotations

import torch
from torch import Tensor

# Reduced precision must not change what people see: Dice of the thresholded masks, and the graded
# probabilities.
LEAST_DICE = 0.99
MOST_PROBABILITY_SHIFT = 0.02
_LEAST_FOREGROUND = 64  # network pixels; with fewer, a Dice says little

# (model digest, device type) -> the dtype proven for it in this process.
_proven: dict[tuple[str, str], torch.dtype | None] = {}


def candidate(device: torch.device) -> torch.dtype | None:
    """The half precision the device computes natively: bfloat16, float16, or None.

    On CPUs without AVX-512 bfloat16 or AMX it is emulated and slower than float32.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"):
            return torch.bfloat16
    return None


def proven(digest: str, device: torch.device) -> tuple[bool, torch.dtype | None]:
    """(whether this model was tried on this kind of device in this process, the dtype it may use)."""
    key = (digest, device.type)
    return key in _proven, _proven.get(key)


def remember(digest: str, device: torch.device, dtype: torch.dtype | None) -> None:
    """Keep the outcome for this process; None means full precision."""
    _proven[digest, device.type] = dtype


def agree(exact: Tensor, other: Tensor, thresholds: Tensor) -> bool:
    """Whether two mask logits (N, C, H, W) lead to the same masks: Dice >= 0.99 for every class.

    A class with hardly any foreground is judged by its probabilities: their mean difference stays below 0.02.

    Args:
        exact: float32 logits.
        other: logits computed in half precision.
        thresholds: (C,) probabilities.
    """
    if not bool(torch.isfinite(other).all()):
        return False
    a, b = torch.sigmoid(exact.float()), torch.sigmoid(other.float())
    limit = thresholds.to(a).view(1, -1, 1, 1)
    inside_a, inside_b = a >= limit, b >= limit
    dims = (0, 2, 3)
    total = inside_a.sum(dims) + inside_b.sum(dims)
    dice = 2 * (inside_a & inside_b).sum(dims) / total.clamp(min=1)
    shift = (a - b).abs().mean(dims)
    fine = torch.where(total >= 2 * _LEAST_FOREGROUND, dice >= LEAST_DICE, shift <= MOST_PROBABILITY_SHIFT)
    return bool(fine.all())


def same_probabilities(exact: Tensor, other: Tensor) -> bool:
    """Whether two tensors of probabilities differ by at most 0.02 anywhere."""
    return bool(((exact - other).abs() <= MOST_PROBABILITY_SHIFT).all())
