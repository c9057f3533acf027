"""What runs before the first paint must not bring torch in; measured in processes of their own."""

import subprocess
import sys

import pytest

LIGHT = [
    "errors",
    "records",
    "schema",
    "hashing",
    "images",
    "image_headers",
    "image_decoders",
    "prediction",
    "preprocess",
    "preprocess_config",
    "postprocess",
    "bundle",
    "networks.registry",
]

USE = """
import sys, tempfile, pathlib
import numpy as np
from PIL import Image
from inference import bundle, hashing, images, postprocess, prediction, preprocess, schema
folder = pathlib.Path(tempfile.mkdtemp())
Image.new("RGB", (40, 30)).save(folder / "a.jpg")
rgb = images.read_rgb8(folder / "a.jpg")
hashing.perceptual_hash(rgb)
_, geometry = preprocess.prepare(rgb, preprocess.PreprocessConfig(size=(16, 16)))
answer = prediction.Prediction("d", ("a",), np.zeros((1, 16, 16), np.uint8), geometry)
postprocess.class_mask(prediction.decode(prediction.encode(answer)), "a")
bundle.save_bundle(folder / "m", bundle.Manifest(name="m", network="n"), {"w": np.zeros(3, np.float32)})
bundle.read_manifest(folder / "m"), bundle.read_tensors(folder / "m"), bundle.bundle_digest(folder / "m")
"""


def loaded_after(code):
    check = f"{code}\nimport sys; print([m for m in ('torch', 'torchvision', 'PySide6') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("code", ["\n".join(f"import inference.{name}" for name in LIGHT), USE])
def test_light_modules_neither_import_nor_use_torch(code):
    assert loaded_after(code) == "[]"


def test_reading_manifests_brings_no_image_library_in():
    code = "import inference.bundle, inference.schema, sys\nassert 'cv2' not in sys.modules"
    assert loaded_after(code) == "[]"


def test_torchvision_imports_with_this_torch():
    """The whole point of torchvision_first; in a process of its own, as the first import of torch."""
    code = (
        "from inference.torchvision_first import torchvision\n"
        "import torch, segmentation_models_pytorch\n"
        "torchvision.models.mobilenet_v2(weights=None).eval()(torch.zeros(1, 3, 32, 32))"
    )
    assert "torch" in loaded_after(code)
