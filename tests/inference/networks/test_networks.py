"""What every network must do, whichever it is."""

import pytest
import torch
from safetensors.torch import load, save

from inference.networks.output import NetworkOutput
from inference.networks.registry import NetworkError, allowed_arguments, build, names
from inference.schema import Finding, GradeScale, MaskClass, Schema

SMALL = {
    "residual-unet": {"width": 4},
    "multitask-unet": {"width": 4},
    "mobilenetv2-unet": {},
}
MASKS = (MaskClass(0, "MA"), MaskClass(1, "HE"), MaskClass(2, "gone", retired=True))
GRADES = (GradeScale("dr.level", ("0", "1", "2")), GradeScale("quality", ("good", "bad"), "nominal"))
FULL = Schema(MASKS, GRADES, (Finding("a"), Finding("b"), Finding("c")))


@pytest.fixture(autouse=True)
def quick(one_thread):
    torch.manual_seed(0)


def test_every_network_is_covered_here():
    assert set(names()) == set(SMALL)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("height", "width"), [(64, 64), (70, 101), (1, 33), (16, 200)])
def test_shapes_for_any_input_size(name, height, width):
    network = build(name, FULL, SMALL[name]).eval()
    output = network(torch.rand(2, 3, height, width))
    assert isinstance(output, NetworkOutput)
    assert output.masks is not None
    assert output.masks.shape == (2, 2, height, width)
    if name == "residual-unet":
        assert output.grades == {}
        assert output.findings is None
    else:
        assert {k: tuple(v.shape) for k, v in output.grades.items()} == {
            "dr.level": (2, 3),
            "quality": (2, 2),
        }
        assert output.findings.shape == (2, 3)


@pytest.mark.parametrize("name", SMALL)
def test_gradients_reach_every_parameter(name):
    network = build(name, FULL, SMALL[name]).train()
    output = network(torch.rand(2, 3, 64, 64))
    total = output.masks.square().mean()
    for logits in output.grades.values():
        total = total + logits.square().mean()
    if output.findings is not None:
        total = total + output.findings.square().mean()
    total.backward()
    without = [k for k, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert without == []


@pytest.mark.parametrize("name", SMALL)
def test_saved_and_loaded_networks_agree_bit_for_bit(name):
    network = build(name, FULL, SMALL[name])
    network.train()(torch.rand(2, 3, 64, 64))  # moves the batch statistics off their start
    network.eval()
    state = {key: t.contiguous() for key, t in network.state_dict().items()}
    other = build(name, FULL, SMALL[name]).eval()
    x = torch.rand(1, 3, 48, 80)
    with torch.inference_mode():
        expected = network(x)
        assert not torch.equal(other(x).masks, expected.masks)
        other.load_state_dict(load(save(state)))
        found = other(x)
    assert torch.equal(found.masks, expected.masks)
    for key, logits in expected.grades.items():
        assert torch.equal(found.grades[key], logits)


@pytest.mark.parametrize("name", SMALL)
def test_one_image_does_not_influence_another(name):
    network = build(name, FULL, SMALL[name]).eval()
    x = torch.rand(3, 3, 64, 64)
    with torch.inference_mode():
        together, alone = network(x).masks[1], network(x[1:2]).masks[0]
    assert torch.allclose(together, alone, atol=1e-4)


@pytest.mark.parametrize("name", SMALL)
def test_unknown_arguments_are_named_with_the_nearest(name):
    known = allowed_arguments(name)[0]
    with pytest.raises(NetworkError, match=f"no argument “{known}s”; did you mean “{known}”"):
        build(name, FULL, {f"{known}s": 1})
    with pytest.raises(NetworkError, match="it takes"):
        build(name, FULL, {"zzz": 1})


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("arguments", [{"width": 0}, {"width": 2.5}, {"width": True}, {"dropout": 1.0}])
def test_values_without_sense_are_refused(name, arguments):
    if next(iter(arguments)) not in allowed_arguments(name):
        pytest.skip(f"{name} has no such argument")
    with pytest.raises(NetworkError, match=next(iter(arguments))):
        build(name, FULL, arguments)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("residual-unet", Schema((), GRADES)),
        ("multitask-unet", Schema(MASKS)),
        ("mobilenetv2-unet", Schema((MaskClass(0, "gone", retired=True),))),
    ],
)
def test_a_schema_without_anything_to_predict_is_refused(name, schema):
    with pytest.raises(NetworkError, match=name):
        build(name, schema, SMALL[name])


@pytest.mark.parametrize("name", ["multitask-unet", "mobilenetv2-unet"])
def test_without_classes_there_are_grades_alone(name):
    network = build(name, Schema((), GRADES[:1]), SMALL[name]).eval()
    output = network(torch.rand(2, 3, 64, 64))
    assert output.masks is None
    assert output.grades["dr.level"].shape == (2, 3)
    assert not any("decoder" in key or key.startswith("body.up") for key in network.state_dict())


def test_the_residual_unet_has_the_published_widths():
    network = build("residual-unet", Schema(tuple(MaskClass(i, f"c{i}") for i in range(5))), {"width": 64})
    shapes = {key: tuple(t.shape) for key, t in network.state_dict().items()}
    firsts = [shapes[f"body.encoder.{i}.body.0.weight"][:2] for i in range(4)]
    assert firsts == [(64, 3), (128, 64), (256, 128), (512, 256)]
    assert shapes["body.bottleneck.body.0.weight"][:2] == (1024, 512)
    assert shapes["mask_head.weight"] == (5, 64, 1, 1)
    assert "body.encoder.1.shortcut.weight" in shapes


def test_the_residual_block_is_what_it_says():
    """Against the formula: relu(body(x) + x) with channels kept."""
    from inference.networks.blocks import ResidualDouble

    block = ResidualDouble(6, 6, 0.1).eval()
    x = torch.randn(2, 6, 9, 9)
    first, norm1, second, norm2 = block.body[0], block.body[1], block.body[4], block.body[5]
    expected = torch.relu(norm2(second(torch.relu(norm1(first(x))))) + x)
    assert torch.allclose(block(x), expected, atol=1e-6)
    assert isinstance(ResidualDouble(3, 6, 0.1).shortcut, torch.nn.Conv2d)


@pytest.mark.gpu
@pytest.mark.parametrize("name", SMALL)
def test_the_gpu_agrees_with_the_cpu(name):
    network = build(name, FULL, SMALL[name]).eval()
    x = torch.rand(1, 3, 96, 96)
    with torch.inference_mode():
        cpu = network(x).masks
        gpu = network.to("cuda")(x.to("cuda")).masks.cpu()
    assert torch.allclose(cpu, gpu, atol=2e-2)
