import socket
import threading
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from inference import pretrained
from inference.networks.registry import NetworkError, build
from inference.schema import MaskClass, Schema
from inference.torchvision_first import torchvision

SCHEMA = Schema((MaskClass(0, "a"),))
NAME = "mobilenetv2-unet"


@pytest.fixture(autouse=True)
def quick(one_thread):
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def published():
    """A state dict with torchvision's key names, classifier included."""
    torch.manual_seed(3)
    return torchvision.models.mobilenet_v2(weights=None).state_dict()


def test_local_weights_fill_the_encoder(tmp_path, published):
    torch.save(published, tmp_path / "w.pt")
    save_file({k: t.contiguous() for k, t in published.items()}, tmp_path / "w.safetensors")
    torch.save({"state_dict": published, "epoch": torch.tensor(3)}, tmp_path / "checkpoint.pth")
    for name in ("w.pt", "w.safetensors", "checkpoint.pth"):
        encoder = build(NAME, SCHEMA, {"weights": str(tmp_path / name)}).encoder.state_dict()
        for key, tensor in encoder.items():
            assert torch.equal(tensor, published[f"features.{key}"]), (name, key)


def test_counters_may_be_missing(tmp_path, published):
    torch.save({k: t for k, t in published.items() if "num_batches" not in k}, tmp_path / "w.pt")
    encoder = build(NAME, SCHEMA, {"weights": str(tmp_path / "w.pt")}).encoder
    assert torch.equal(encoder[0][0].weight, published["features.0.0.weight"])


def test_keys_that_do_not_fit_are_counted_and_named(tmp_path, published):
    wrong = dict(published)
    del wrong["features.0.0.weight"], wrong["features.18.0.weight"]
    wrong["extra.weight"] = torch.zeros(1)
    wrong["features.99.weight"] = torch.zeros(1)
    wrong["features.1.conv.0.0.weight"] = torch.zeros(2, 2)
    torch.save(wrong, tmp_path / "w.pt")
    with pytest.raises(NetworkError) as caught:
        build(NAME, SCHEMA, {"weights": str(tmp_path / "w.pt")})
    sentence = str(caught.value)
    assert "2 keys are missing (such as “features.0.0.weight”)" in sentence
    assert "2 keys are unexpected (such as “extra.weight”)" in sentence
    assert (
        "1 have another shape (such as “features.1.conv.0.0.weight”: [2, 2] instead of [32, 1, 3, 3])"
        in sentence
    )


def test_files_that_are_no_weights(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"x": Evil()}, tmp_path / "evil.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "noise.pt").write_bytes(b"\x80\x02nonsense")
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "noise.safetensors").write_bytes(b"nonsense")
    names = ("evil.pt", "list.pt", "noise.pt", "empty.pth", "noise.safetensors", "missing.pt")
    for name in names:
        with pytest.raises(NetworkError, match=name) as caught:
            build(NAME, SCHEMA, {"weights": str(tmp_path / name)})
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_a_frozen_encoder_learns_nothing():
    network = build(NAME, SCHEMA, {"frozen": True}).train()
    before = {k: t.clone() for k, t in network.encoder.state_dict().items()}
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    head = network.mask_head.weight.clone()
    network(torch.rand(2, 3, 64, 64)).masks.square().mean().backward()
    optimiser.step()
    assert all(torch.equal(t, before[k]) for k, t in network.encoder.state_dict().items())
    assert not torch.equal(network.mask_head.weight, head)
    free = build(NAME, SCHEMA).train()
    free(torch.rand(2, 3, 64, 64))
    assert free.encoder[0][1].num_batches_tracked == 1


def test_skips_are_taken_where_the_resolution_halves():
    network = build(NAME, SCHEMA).eval()
    x = torch.rand(1, 3, 64, 96)
    shapes = []
    from inference.networks.mobilenet_unet import _TAPS

    for index, block in enumerate(network.encoder):
        x = block(x)
        if index in _TAPS:
            shapes.append((x.shape[1], 64 // x.shape[2], 96 // x.shape[3]))
    assert shapes == [(16, 2, 2), (24, 4, 4), (32, 8, 8), (96, 16, 16), (1280, 32, 32)]


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))


def refused_quickly():
    start = time.perf_counter()
    with pytest.raises(NetworkError, match="there is no connection to download") as caught:
        build(NAME, SCHEMA, {"weights": "torchvision"})
    assert time.perf_counter() - start < 2.0
    assert "\n" not in str(caught.value)


def test_offline_is_said_when_the_host_refuses(no_cache, monkeypatch):
    def refuse(*args, **kwargs):
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    refused_quickly()


def test_offline_is_said_in_time_when_looking_up_the_name_hangs(no_cache, monkeypatch):
    release = threading.Event()

    def hang(*args, **kwargs):
        release.wait(10)
        raise OSError("no answer")

    monkeypatch.setattr(socket, "create_connection", hang)
    try:
        refused_quickly()
    finally:
        release.set()


def test_a_server_that_answers_and_then_stalls_is_offline_too(no_cache, monkeypatch):
    """The probe succeeds; the download meets the socket's time limit."""
    monkeypatch.setattr(pretrained, "_reachable", lambda url, seconds: True)

    def stall(*args, **kwargs):
        assert socket.getdefaulttimeout() is not None
        raise TimeoutError("timed out")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", stall)
    monkeypatch.setattr(torchvision.models._api, "load_state_dict_from_url", stall)
    refused_quickly()
    assert socket.getdefaulttimeout() is None


def test_a_download_that_is_in_the_cache_needs_no_network(tmp_path, no_cache, monkeypatch, published):
    weights = torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1
    file = tmp_path / "checkpoints" / Path(weights.url).name
    file.parent.mkdir()
    torch.save(published, file)

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    network = build(NAME, SCHEMA, {"weights": "torchvision"})
    assert torch.equal(network.encoder[0][0].weight, published["features.0.0.weight"])


def test_the_probe_knocks_at_the_proxy_where_there_is_one(monkeypatch):
    asked = []

    def note(address, timeout):
        asked.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", note)
    monkeypatch.setattr(
        pretrained.urllib.request, "getproxies", lambda: {"https": "http://proxy.example:3128"}
    )
    monkeypatch.setattr(pretrained.urllib.request, "proxy_bypass", lambda host: False)
    assert not pretrained._reachable("https://download.example/file.pth", 1.0)
    assert asked == [("proxy.example", 3128)]


@pytest.mark.real_images
def test_the_imagenet_weights_load_and_see(real_images):
    """The file's own classifier on a photograph of a horse: the weights are in the right places."""
    from inference.images import read_rgb8
    from inference.preprocess import PreprocessConfig, prepare

    path = real_images / "weights/mobilenet_v2_imagenet.pt"
    network = build(NAME, SCHEMA, {"weights": str(path)}).eval()
    state = torch.load(path, weights_only=True)
    config = PreprocessConfig(size=(224, 224), normalise="minus-one-one")
    hits = 0
    photographs = sorted((real_images / "horses/images").iterdir())[:12]
    for photograph in photographs:
        values, _ = prepare(read_rgb8(photograph), config)
        with torch.inference_mode():
            features = network.encoder(torch.from_numpy(values.copy())[None]).mean((2, 3))
            logits = features @ state["classifier.1.weight"].T + state["classifier.1.bias"]
        hits += 339 in logits[0].topk(5).indices  # ImageNet's sorrel
    assert hits >= 8
