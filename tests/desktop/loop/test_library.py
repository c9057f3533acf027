"""Models that can be named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop.loop import library
from desktop.loop.library import (
    LibraryError,
    UnknownModelError,
    add_model,
    find_model,
    known_models,
    registered_models,
    tensor_shapes,
)
from desktop.places import models_dir
from inference.bundle import BundleError
from tests.desktop.cli_support import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


def test_a_name_a_path_and_nothing(model: Path, tmp_path: Path) -> None:
    added = add_model(model)
    assert find_model("tiny") == added.path == models_dir() / "tiny"
    assert find_model(model) == model
    with pytest.raises(UnknownModelError, match=r"did you mean tiny\?"):
        find_model("tniy")
    with pytest.raises(UnknownModelError, match="no model and no folder"):
        find_model("")
    with pytest.raises(UnknownModelError):
        find_model("../tiny-of-nobody")


def test_a_registered_model_goes_before_a_bundled_one_of_its_name(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(model, tmp_path / "resources/models/tiny")
    monkeypatch.setattr(library, "RESOURCES", tmp_path / "resources")
    assert find_model("tiny") == tmp_path / "resources/models/tiny"
    assert [(m.name, m.origin) for m in known_models()] == [("tiny", "bundled")]
    add_model(model)
    assert find_model("tiny") == models_dir() / "tiny"
    assert [(m.name, m.origin) for m in known_models()] == [("tiny", "registered")]


def test_a_broken_bundle_is_listed_with_its_problem(model: Path) -> None:
    add_model(model)
    (models_dir() / "tiny/model.json").write_text("{")
    (known,) = registered_models()
    assert known.manifest is None and known.problem is not None and "JSON" in known.problem


def test_adding_copies_whole_bundles_only(model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "cut")
    weights = tmp_path / "cut/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(BundleError, match="not a whole"):
        add_model(tmp_path / "cut", "cut")
    with pytest.raises(LibraryError, match="cannot be used"):
        add_model(model, "a/b")
    assert not models_dir().exists() or list(models_dir().iterdir()) == []
    (model / "notes.txt").write_text("private")
    assert sorted(p.name for p in add_model(model).path.iterdir()) == ["model.json", "weights.safetensors"]
    (model / "notes.txt").unlink()


def test_the_shapes_in_the_header_are_those_of_the_tensors(model: Path) -> None:
    from inference.bundle import read_tensors

    expected = {name: array.shape for name, array in read_tensors(model).items()}
    assert tensor_shapes(model / "weights.safetensors") == expected
