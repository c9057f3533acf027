"""The one module that imports torchvision; import it before anything else that might (smp, timm).

A CPU-only torch beside the torchvision of PyPI (built for CUDA) makes `import torchvision` fail with
"operator torchvision::nms does not exist": its compiled operators do not load, yet its Python
code describes them. Only after that very error are the two operators declared (declared, not implemented: we
use neither), and the import tried again. Declaring them beforehand would abort a healthy installation.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_MISSING = "operator torchvision::nms does not exist"
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _forget_half_imported() -> None:
    for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
        del sys.modules[name]


def _import() -> ModuleType:
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if _MISSING not in str(error):
            raise
    import torch

    _forget_half_imported()
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", _SIGNATURE)
    return importlib.import_module("torchvision")


torchvision: ModuleType = _import()
