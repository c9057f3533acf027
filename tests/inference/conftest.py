"""What the inference tests share: a schema, bundles of small untrained networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inference import precision
from inference.bundle import Manifest, save_bundle
from inference.preprocess_config import PreprocessConfig
from inference.schema import Finding, GradeScale, MaskClass, Schema

SCHEMA = Schema(
    (MaskClass(0, "MA"), MaskClass(2, "HE", color="#56B4E9"), MaskClass(1, "old", retired=True)),
    (GradeScale("dr", ("none", "mild", "severe")),),
    (Finding("edema"),),
)


@pytest.fixture
def schema() -> Schema:
    return SCHEMA


@pytest.fixture
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_bundle(tmp_path: Path, one_thread: None) -> Callable[..., Path]:
    """Save an untrained network of width 4 as a bundle; its random weights are always the same."""

    def make(name: str = "tiny", network: str = "multitask-unet", **manifest: object) -> Path:
        import torch

        from inference.networks.registry import build

        arguments = {} if network == "mobilenetv2-unet" else {"width": 4}
        torch.manual_seed(7)
        model = build(network, SCHEMA, arguments)
        values: dict[str, object] = {
            "name": name,
            "network": network,
            "arguments": arguments,
            "schema": SCHEMA,
            "preprocessing": PreprocessConfig(size=(64, 96)),
            **manifest,
        }
        save_bundle(tmp_path / name, Manifest(**values), model.state_dict())  # type: ignore[arg-type]
        return tmp_path / name

    return make


@pytest.fixture
def nothing_proven(monkeypatch):
    """Every test proves precision anew, on a processor without half precision."""
    monkeypatch.setattr(precision, "_proven", {})
    monkeypatch.setattr(precision, "candidate", lambda device: None)
