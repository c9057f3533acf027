import numpy as np
import pytest
import torch
from PIL import Image

from inference import predictor
from inference.bundle import BundleError, bundle_digest, read_manifest, read_tensors, save_bundle
from inference.images import ImageError, read_image, to_rgb8
from inference.networks.registry import build
from inference.prediction import dequantise
from inference.predictor import (
    DeviceError,
    NetworkFailed,
    PredictionCancelled,
    Predictor,
    choose_device,
    load_network,
)
from inference.preprocess import PreprocessConfig, prepare
from tests.inference.pictures import answer, picture, same

pytestmark = pytest.mark.usefixtures("nothing_proven")


def photographs(folder, count):
    paths = []
    for index in range(count):
        paths.append(folder / f"{index}.png")
        Image.fromarray(picture(index)).save(paths[-1])
    return paths


def test_a_prediction_is_what_the_network_says(make_bundle):
    bundle = make_bundle()
    found = Predictor(bundle, device="cpu").predict(picture())
    network, manifest = load_network(bundle)
    values, geometry = prepare(picture(), manifest.preprocessing)
    with torch.inference_mode():
        output = network(torch.from_numpy(values.copy())[None])
    assert found.model_digest == bundle_digest(bundle)
    assert found.classes == ("MA", "HE")
    assert found.geometry == geometry
    assert np.abs(dequantise(found.logits) - output.masks[0].clamp(-8, 8).numpy()).max() < 0.04
    assert found.grades["dr"] == pytest.approx(torch.softmax(output.grades["dr"][0], 0).tolist(), abs=1e-4)
    assert sum(found.grades["dr"]) == pytest.approx(1, abs=1e-5)
    assert found.findings["edema"] == pytest.approx(float(torch.sigmoid(output.findings[0, 0])), abs=1e-4)


@pytest.mark.parametrize("shape", [(70, 50), (70, 50, 3), (70, 50, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_native_values_of_every_kind_are_taken(make_bundle, shape, dtype):
    native = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    found = Predictor(make_bundle(), device="cpu").predict(native)
    assert found.geometry.image_size == (70, 50)
    assert same(found, Predictor(make_bundle(), device="cpu").predict(to_rgb8(native)))


def test_without_classes_there_are_grades_alone(make_bundle, schema):
    from dataclasses import replace

    graded = replace(schema, classes=())
    path = make_bundle()
    network = build("multitask-unet", graded, {"width": 4})
    save_bundle(path, replace(read_manifest(path), schema=graded), network.state_dict())
    found = Predictor(path, device="cpu").predict(picture())
    assert found.classes == ()
    assert found.logits.shape == (0, 64, 96)
    assert len(found.grades["dr"]) == 3


def test_letterbox_padding_predicts_nothing(make_bundle):
    config = PreprocessConfig(mode="letterbox", size=(64, 64))
    found = Predictor(make_bundle(preprocessing=config), device="cpu").predict(picture(0, 50, 200))
    assert not found.logits[:, :24].any()
    assert not found.logits[:, 40:].any()
    assert found.logits[:, 24:40].any()


def test_files_come_in_order_whatever_the_batch(make_bundle, tmp_path):
    paths = photographs(tmp_path, 7)
    one = Predictor(make_bundle(), device="cpu")
    expected = [one.predict(read_image(path)) for path in paths]
    for batch in (1, 3, 7, 20):
        results = []
        one.predict_files([(p, 0) for p in paths], on_result=results.append, batch=batch)
        assert [r.index for r in results] == list(range(7))
        assert [r.path for r in results] == paths
        assert all(r.error is None and same(r.prediction, e) for r, e in zip(results, expected, strict=True))


def test_broken_files_are_results_and_stop_nothing(make_bundle, tmp_path):
    paths = photographs(tmp_path, 4)
    paths[1].write_bytes(b"")
    paths[2] = tmp_path / "missing.png"
    results = []
    Predictor(make_bundle(), device="cpu").predict_files(
        [(p, 0) for p in paths], on_result=results.append, batch=2
    )
    assert [r.prediction is None for r in results] == [False, True, True, False]
    assert isinstance(results[1].error, ImageError)
    assert "empty" in str(results[1].error)
    assert "no longer there" in str(results[2].error)
    nothing = []
    Predictor(make_bundle(), device="cpu").predict_files([], on_result=nothing.append)
    assert nothing == []


def test_cancelling_stops_between_files_and_stages(make_bundle, tmp_path):
    paths = photographs(tmp_path, 12)
    results = []
    one = Predictor(make_bundle(), device="cpu")
    with pytest.raises(PredictionCancelled):
        one.predict_files(
            [(p, 0) for p in paths], on_result=results.append, cancelled=lambda: len(results) >= 3, batch=1
        )
    assert len(results) == 3
    asked = []

    def after_three():
        asked.append(None)
        return len(asked) > 2

    with pytest.raises(PredictionCancelled):
        one.predict(picture(), cancelled=after_three)
    assert len(asked) == 3


def test_decoding_runs_ahead_of_the_network(make_bundle, tmp_path, monkeypatch):
    """While the network holds the first image, the next ones are read; but never the whole folder."""
    import threading

    paths = photographs(tmp_path, 9)
    read = []
    ahead = threading.Event()

    def note(path, frame):
        read.append(path.name)
        if len(read) >= 3:
            ahead.set()
        return read_image(path, frame)

    monkeypatch.setattr(predictor, "read_image", note)
    counts = []
    one = Predictor(make_bundle(), device="cpu")
    run = one._run

    def slow(inputs):
        assert ahead.wait(5)
        counts.append(len(read))
        return run(inputs)

    monkeypatch.setattr(one, "_run", slow)
    one.predict_files([(p, 0) for p in paths], on_result=lambda r: None, batch=2)
    assert 3 <= counts[0] <= 6
    assert len(read) == 9


def test_on_a_processor_whole_files_run_side_by_side(make_bundle, tmp_path, monkeypatch):
    """Two cores: two files are in the network at once, each on one thread of torch; the order is kept."""
    import threading

    one = Predictor(make_bundle(), device="cpu", threads=2)
    run, both = one._run, threading.Barrier(2, timeout=5)
    threads = []

    def together(inputs):
        both.wait()
        threads.append(torch.get_num_threads())
        return run(inputs)

    monkeypatch.setattr(one, "_run", together)
    results = []
    try:
        one.predict_files([(p, 0) for p in photographs(tmp_path, 6)], on_result=results.append)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert [r.index for r in results] == list(range(6))
    assert all(r.error is None for r in results)
    assert threads == [1] * 6


class Scripted(torch.nn.Module):
    """A network whose calls do what the test says."""

    def __init__(self, action):
        super().__init__()
        self.action = action
        self.batches = []

    def forward(self, x):
        self.batches.append(x.shape[0])
        return self.action(x)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_halves_the_batch_and_says_so(make_bundle, tmp_path, error):
    def limited(x):
        if x.shape[0] > 2:
            raise error
        return answer(x)

    notices, results = [], []
    one = Predictor(make_bundle(), device="cpu", notice=notices.append)
    one.network = Scripted(limited)
    one.predict_files([(p, 0) for p in photographs(tmp_path, 8)], on_result=results.append, batch=8)
    assert len(results) == 8
    assert all(r.error is None for r in results)
    assert one.network.batches == [8, 4, 2, 2, 2, 2]
    assert len(notices) == 2
    assert all(n.endswith(".") for n in notices)
    one.network.batches.clear()
    one.predict_files([(p, 0) for p in photographs(tmp_path, 4)], on_result=results.append, batch=8)
    assert one.network.batches == [2, 2]  # it is remembered


def test_no_memory_even_for_one_is_one_sentence(make_bundle):
    def never(x):
        raise torch.OutOfMemoryError("CUDA out of memory")

    one = Predictor(make_bundle(), device="cpu")
    one.network = Scripted(never)
    with pytest.raises(DeviceError, match="not enough memory"):
        one.predict(picture())


def test_a_gpu_too_small_hands_over_to_the_processor(make_bundle, monkeypatch):
    notices = []
    one = Predictor(make_bundle(), device="cpu", notice=notices.append)
    expected = one.predict(picture())
    call = one._call

    def small(inputs, dtype):
        if one.device.type == "meta":
            raise torch.OutOfMemoryError("out of memory")
        return call(inputs, dtype)

    monkeypatch.setattr(one, "_call", small)
    one.device = torch.device("meta")  # stands for the GPU
    assert same(one.predict(picture()), expected)
    assert one.device.type == "cpu"
    assert "processor" in notices[0]


def test_values_that_are_not_finite_are_an_error_for_that_image(make_bundle, tmp_path):
    def half_broken(x):
        output = answer(x)
        output.masks[0] = float("nan")
        return output

    results = []
    one = Predictor(make_bundle(), device="cpu")
    one.network = Scripted(half_broken)
    one.predict_files([(p, 0) for p in photographs(tmp_path, 2)], on_result=results.append, batch=2)
    assert isinstance(results[0].error, NetworkFailed)
    assert results[1].prediction is not None
    with pytest.raises(NetworkFailed, match="not finite"):
        one.predict(picture())


def test_a_network_that_fails_is_one_sentence(make_bundle):
    def fail(x):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied\n(at length)")

    one = Predictor(make_bundle(), device="cpu")
    one.network = Scripted(fail)
    with pytest.raises(NetworkFailed, match="“tiny” failed") as caught:
        one.predict(picture())
    assert "\n" not in str(caught.value)


def test_weights_that_do_not_fit_are_refused(make_bundle):
    bundle = make_bundle()
    manifest, tensors = read_manifest(bundle), read_tensors(bundle)
    name = next(iter(tensors))
    for changed, words in [
        ({k: v for k, v in tensors.items() if k != name}, "lack a tensor"),
        ({**tensors, "x": np.zeros(1, np.float32)}, "hold a tensor"),
        ({**tensors, name: np.zeros((1, 2), np.float32)}, "shape"),
    ]:
        save_bundle(bundle, manifest, changed)
        with pytest.raises(BundleError, match=words):
            load_network(bundle)


def test_unknown_networks_and_arguments_are_refused(make_bundle):
    from dataclasses import replace

    bundle = make_bundle()
    manifest, tensors = read_manifest(bundle), read_tensors(bundle)
    save_bundle(bundle, replace(manifest, network="residual-net"), tensors)
    with pytest.raises(BundleError, match="Did you mean “residual-unet”"):
        load_network(bundle)
    save_bundle(bundle, replace(manifest, arguments={"widht": 4}), tensors)
    with pytest.raises(BundleError, match="did you mean “width”"):
        load_network(bundle)


def test_half_precision_weights_predict_the_same(make_bundle):
    bundle = make_bundle()
    full = Predictor(bundle, device="cpu").predict(picture())
    save_bundle(bundle, read_manifest(bundle), read_tensors(bundle), half=True)
    half = Predictor(bundle, device="cpu").predict(picture())
    assert np.abs(full.logits.astype(int) - half.logits.astype(int)).max() <= 2
    assert next(load_network(bundle)[0].parameters()).dtype == torch.float32


def test_devices_that_are_not_there(monkeypatch):
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(DeviceError, match="no kind of device “abacus”"):
        choose_device("abacus")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="no GPU"):
        choose_device("cuda")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")


def test_the_number_of_threads_is_set(make_bundle):
    bundle = make_bundle()
    Predictor(bundle, device="cpu", threads=2)
    assert torch.get_num_threads() == 2
    Predictor(bundle, device="cpu", threads=0)
    assert torch.get_num_threads() == 1


@pytest.mark.gpu
def test_the_gpu_says_what_the_cpu_says(make_bundle):
    bundle = make_bundle()
    cpu, gpu = (Predictor(bundle, device=d).predict(picture()) for d in ("cpu", "cuda"))
    assert np.abs(cpu.logits.astype(int) - gpu.logits.astype(int)).max() <= 6
