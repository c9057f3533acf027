import json
import os

import numpy as np
import pytest
from safetensors.numpy import load_file

from inference.bundle import (
    BundleError,
    Manifest,
    SeenImages,
    bundle_digest,
    check_tensors,
    portable_arguments,
    read_manifest,
    read_tensors,
    save_bundle,
    write_manifest,
)
from inference.preprocess_config import PreprocessConfig
from inference.schema import Schema

TENSORS = {
    "w": np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4),
    "b.x": np.array([0.1, 0.2], np.float32),
    "count": np.array(7, np.int64),
}


def manifest(**changes):
    values = {
        "name": "retina v2",
        "network": "residual-unet",
        "arguments": {"width": 8},
        "schema": Schema().add_class("MA").add_class("HE"),
        "preprocessing": PreprocessConfig(size=(320, 480), clahe=True),
        "thresholds": {"MA": 0.3},
        "metrics": {"test": {"dice": 0.5, "images": 12}},
        "dataset_digest": "ab" * 8,
        "parent": "cd" * 32,
        "licence": "CC BY 4.0",
        "attribution": "Porwal 2018",
        "domain": "fundus",
        "seen": SeenImages(content_hashes=("a",), perceptual_hashes=("b",), group_keys=("c",), salt="s"),
        "recipe": {"epochs": 3},
        **changes,
    }
    return Manifest(**values)


@pytest.fixture
def bundle(tmp_path):
    save_bundle(tmp_path / "m", manifest(), TENSORS)
    return tmp_path / "m"


def edit(bundle, **changes):
    path = bundle / "model.json"
    record = json.loads(path.read_text())
    record.update(changes)
    path.write_text(json.dumps(record))


def test_a_bundle_gives_back_what_was_saved(bundle):
    assert sorted(p.name for p in bundle.iterdir()) == ["model.json", "weights.safetensors"]
    found = read_manifest(bundle)
    assert found == manifest(created=found.created)
    assert found.created.endswith("+00:00")
    assert (found.threshold("MA"), found.threshold("HE")) == (0.3, 0.5)
    tensors = read_tensors(bundle)
    assert tensors.keys() == TENSORS.keys()
    for key, array in TENSORS.items():
        assert tensors[key].shape == array.shape
        assert np.array_equal(tensors[key], array)


def test_half_precision_halves_the_file_and_comes_back_as_float32(tmp_path):
    big = {"w": np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32), "n": np.array(3)}
    save_bundle(tmp_path / "full", manifest(), big)
    save_bundle(tmp_path / "half", manifest(), big, half=True)
    sizes = [(tmp_path / n / "weights.safetensors").stat().st_size for n in ("full", "half")]
    assert sizes[1] < 0.52 * sizes[0]
    assert load_file(tmp_path / "half" / "weights.safetensors")["w"].dtype == np.float16
    back = read_tensors(tmp_path / "half")
    assert back["w"].dtype == np.float32
    assert back["n"] == 3
    assert np.abs(back["w"] - big["w"]).max() < 2e-3


def test_torch_tensors_are_taken_too(tmp_path):
    import torch

    tensors = {
        "w": torch.arange(6.0).reshape(2, 3).T,
        "h": torch.ones(2, dtype=torch.bfloat16),
        "n": torch.tensor(5),
    }
    save_bundle(tmp_path / "m", manifest(), tensors)
    back = read_tensors(tmp_path / "m")
    assert back["w"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert back["h"].tolist() == [1, 1]
    assert back["n"].shape == ()


def test_saving_replaces_a_bundle_and_nothing_else(bundle, tmp_path):
    save_bundle(bundle, manifest(name="next"), {"w": TENSORS["w"]})
    assert read_manifest(bundle).name == "next"
    assert list(read_tensors(bundle)) == ["w"]
    other = tmp_path / "photos"
    other.mkdir()
    (other / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(BundleError, match="holds other things"):
        save_bundle(other, manifest(), TENSORS)
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("user-")) == ["m", "photos"]


def test_a_save_that_fails_leaves_the_old_bundle(bundle, monkeypatch):
    before = bundle_digest(bundle)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.bundle.write_manifest", full)
    with pytest.raises(OSError, match="No space"):
        save_bundle(bundle, manifest(name="next"), TENSORS)
    assert bundle_digest(bundle) == before
    assert [p.name for p in bundle.parent.iterdir() if p.name.startswith(".")] == []


def test_the_digest_follows_both_files_and_nothing_else(bundle):
    first = bundle_digest(bundle)
    assert len(first) == 64
    (bundle / "notes.txt").write_text("hello")
    assert bundle_digest(bundle) == first
    edit(bundle, name="other")
    second = bundle_digest(bundle)
    weights = bundle / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert len({first, second, bundle_digest(bundle)}) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": 1}, "unknown key “colour”"),
        ({"treshold": {}}, "did you mean “thresholds”"),
        ({"format": 2}, "needs a newer Overread"),
        ({"format": "1"}, "unknown format"),
        ({"format": 0}, "unknown format"),
        ({"name": "../../etc"}, "file name cannot have"),
        ({"name": ".."}, "dot"),
        ({"network": "a/b"}, "file name cannot have"),
        ({"arguments": []}, "must be a table"),
        ({"arguments": {"weights": "/etc/passwd"}}, "outside the bundle"),
        ({"schema": {"classes": [{"name": "MA", "x": 1}]}}, "unknown key “x”"),
        ({"schema": {"classes": [{"name": "a/b"}]}}, "file name cannot have"),
        ({"preprocessing": {"modes": "squash"}}, "did you mean “mode”"),
        ({"preprocessing": {"size": "big"}}, "size"),
        ({"thresholds": {"XX": 0.5}}, "no class of its schema"),
        ({"thresholds": {"MA": 1.5}}, "between 0 and 1"),
        ({"thresholds": {"MA": "high"}}, "between 0 and 1"),
        ({"input": {"values": "rgb9"}}, "rgb9"),
        ({"input": {"value": "rgb8"}}, "did you mean “values”"),
        ({"seen": {"content_hashes": "abc"}}, "list of texts"),
        ({"seen": {"hashes": []}}, "unknown key “hashes”"),
        ({"parent": 5}, "text or null"),
        ({"licence": None}, "must be a text"),
    ],
)
def test_descriptions_are_strict(bundle, changes, words):
    edit(bundle, **changes)
    with pytest.raises(BundleError) as caught:
        read_manifest(bundle)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["format", "name", "network", "schema", "preprocessing"])
def test_a_missing_key_is_named(bundle, key):
    record = json.loads((bundle / "model.json").read_text())
    del record[key]
    (bundle / "model.json").write_text(json.dumps(record))
    with pytest.raises(BundleError, match=f"lacks the key “{key}”"):
        read_manifest(bundle)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_missing_file_is_named(bundle, name):
    (bundle / name).unlink()
    for call in (read_manifest, bundle_digest):
        with pytest.raises(BundleError, match=f"lacks its file {name}"):
            call(bundle)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\udcff".encode("utf-8", "surrogateescape"), "[" * 100000])
def test_a_description_that_is_none(bundle, text):
    data = text if isinstance(text, bytes) else text.encode()
    (bundle / "model.json").write_bytes(data)
    with pytest.raises(BundleError):
        read_manifest(bundle)


def test_damaged_weights_are_refused(bundle):
    path = bundle / "weights.safetensors"
    data = path.read_bytes()
    damaged = [b"", data[:5], data[: len(data) // 2], data[:-3], b"\xff" * 400, os.urandom(999)]
    damaged.append((10**9).to_bytes(8, "little") + data[8:])
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(BundleError, match="damaged"):
            read_tensors(bundle)


def test_a_pickle_is_never_loaded(bundle, tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    (bundle / "weights.safetensors").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(BundleError, match="damaged"):
        read_tensors(bundle)
    assert not (tmp_path / "ran").exists()


def test_links_out_of_the_folder_are_refused(bundle, tmp_path):
    outside = tmp_path / "outside.safetensors"
    (bundle / "weights.safetensors").rename(outside)
    (bundle / "weights.safetensors").symlink_to(outside)
    for call in (read_manifest, read_tensors, bundle_digest):
        with pytest.raises(BundleError, match="links out of the folder"):
            call(bundle)


def test_what_is_no_bundle_is_said(tmp_path):
    with pytest.raises(BundleError, match="not a folder"):
        read_manifest(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match=r"lacks its file model\.json"):
        read_manifest(tmp_path / "empty")


def test_tensors_must_fit_the_network_exactly(tmp_path):
    expected = {key: array.shape for key, array in TENSORS.items()}
    check_tensors(tmp_path, expected, TENSORS)
    cases = [
        ({k: v for k, v in TENSORS.items() if k != "w"}, "lack a tensor that the network needs, such as “w”"),
        ({**TENSORS, "y": TENSORS["w"], "z": TENSORS["w"]}, "hold 2 tensors that the network does not have"),
        ({**TENSORS, "w": TENSORS["w"].T}, r"shape \[4, 3\], the network needs \[3, 4\]"),
        ({**TENSORS, "w": np.full((3, 4), np.nan, np.float32)}, "not finite"),
    ]
    for tensors, words in cases:
        with pytest.raises(BundleError, match=words):
            check_tensors(tmp_path, expected, tensors)


def test_values_that_json_cannot_hold_are_refused(tmp_path):
    for value in (float("nan"), {1, 2}, np.float32(1)):
        with pytest.raises(BundleError, match="JSON"):
            write_manifest(tmp_path, manifest(metrics={"x": value}))
    assert not (tmp_path / "model.json").exists()


def test_start_weights_stay_out_of_a_bundle():
    assert portable_arguments({"weights": "file.pt", "frozen": True}) == {"frozen": True}
